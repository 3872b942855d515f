//! Problems as pages for people, in other words than the API uses.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use keywright_domain::StoreError;
use keywright_web::Problem;

use crate::wording::{Announcement, Problems, Wording};
use crate::{page, wording};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemTemplate {
    words: &'static Wording,
    announcement: &'static Announcement,
    /// True if the page links to the sign-in page.
    leads_on: bool,
}

/// Marks an answer in the shape of the API that becomes a page, whatever the request accepts.
struct ShowAsPage;

impl Problems {
    fn for_status(&self, status: StatusCode) -> &Announcement {
        match status.as_u16() {
            403 => &self.forbidden,
            404 => &self.not_found,
            405 => &self.method_not_allowed,
            413 => &self.too_large,
            429 => &self.too_many,
            500 => &self.broken,
            503 => &self.unavailable,
            _ => &self.bad_request,
        }
    }
}

/// An error of a page handler. [`errors_as_pages`] makes it a page in the language of the request.
#[derive(Clone, Debug)]
pub struct ProblemPage(Problem);

impl fmt::Display for ProblemPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for ProblemPage {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.0.error_response();
        response.extensions_mut().insert(ShowAsPage);
        response
    }
}

impl From<Problem> for ProblemPage {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for ProblemPage {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// Adds to `page`, which reports `problem`, the headers that its status requires.
pub fn report(problem: &Problem, mut page: HttpResponse) -> HttpResponse {
    let plain = problem.error_response();
    for name in [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE] {
        if let Some(value) = plain.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page.extensions_mut().insert(problem.clone());
    page
}

fn problem_page(status: StatusCode, words: &'static Wording) -> HttpResponse {
    let leads_on = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    page::html(status, &ProblemTemplate { words, announcement: words.problems.for_status(status), leads_on })
}

/// Handler of unknown paths: a page for a browser, the error of the API for a program.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let problem = Problem::not_found("there is nothing at this path");
    let mut response = if wants_page(request.path(), request.headers()) {
        problem_page(problem.status, wording::for_request(&request))
    } else {
        problem.error_response()
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

/// Middleware: turns an error in the shape of the API, such as 405 or 429, into a page if a browser asked for one
/// outside the API. It goes around [`keywright_web::middleware::surround`].
pub async fn errors_as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wants_page = wants_page(request.path(), request.headers());
    let response = next.call(request).await?.map_into_boxed_body();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|media| media == "application/json");
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let is_page = response.response().extensions().get::<ShowAsPage>().is_some();
    if !(is_page || wants_page && is_json && is_error) {
        return Ok(response);
    }
    let page = problem_page(response.status(), wording::for_request(response.request()));
    let (request, plain) = response.into_parts();
    let (mut page, body) = page.into_parts();
    for (name, value) in plain.headers() {
        let is_there = page.headers().get_all(name).any(|there| there == value);
        if *name != CONTENT_TYPE && *name != CONTENT_LENGTH && !is_there {
            page.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, page.set_body(body)))
}

fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    !path.starts_with("/api/") && accepted.any(|accepted| accepted.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};

    use super::*;

    async fn answer(request: TestRequest) -> (StatusCode, HeaderMap, String) {
        let limited = || async { Problem::rate_limited(7) };
        let app = App::new()
            .wrap(from_fn(errors_as_pages))
            .route("/limited", web::to(limited))
            .route("/api/limited", web::to(limited))
            .default_service(web::to(not_found));
        let response = call_service(&init_service(app).await, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn an_unknown_path_is_a_page_to_a_browser_and_json_to_a_program() {
        let browser = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

        let (status, headers, page) = answer(TestRequest::with_uri("/nope").insert_header(browser)).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(headers.get("content-type").unwrap(), "text/html; charset=utf-8");
        assert!(headers.contains_key("content-security-policy"));
        assert!(page.contains("<h1>"));

        for program in [
            TestRequest::with_uri("/nope"),
            TestRequest::with_uri("/nope").insert_header(("accept", "*/*")),
            TestRequest::with_uri("/api/v1/nope").insert_header(browser),
        ] {
            let (status, headers, body) = answer(program).await;
            assert_eq!(
                (status, headers.get("content-type").unwrap().as_bytes()),
                (StatusCode::NOT_FOUND, &b"application/json"[..])
            );
            assert!(body.contains(r#""code":"not_found""#), "{body}");
        }
    }

    #[actix_web::test]
    async fn an_error_of_the_api_becomes_a_page_outside_of_it_and_keeps_its_headers() {
        let browser = ("accept", "text/html");

        let (status, headers, page) = answer(TestRequest::with_uri("/limited").insert_header(browser)).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(headers.get("retry-after").unwrap(), "7");
        assert_eq!(headers.get("content-type").unwrap(), "text/html; charset=utf-8");
        assert!(page.contains("<h1>"));

        let (_, _, body) = answer(TestRequest::with_uri("/api/limited").insert_header(browser)).await;
        assert!(body.contains(r#""code":"rate_limited""#), "{body}");
    }
}
