//! A form sent from one of the pages.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use keywright_web::body::{Body, FORM};
use keywright_web::csrf::require_same_origin;
use keywright_web::{Problem, Settings};

use crate::problem::ProblemPage;

/// The fields of a form. A form from another origin is refused before it is read.
#[derive(Debug)]
pub struct Form(BTreeMap<String, Option<String>>);

impl Form {
    /// The text of `name`; empty if the form has none.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl FromRequest for Form {
    type Error = ProblemPage;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ProblemPage>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let same_origin = request
            .app_data::<web::Data<Settings>>()
            .ok_or_else(Problem::internal)
            .and_then(|settings| require_same_origin(request, settings));
        let body = Body::<_, FORM>::from_request(request, payload);
        Box::pin(async move {
            same_origin?;
            let Body(fields) = body.await?;
            Ok(Self(fields))
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, ResponseError};

    use super::*;

    async fn sent(request: TestRequest, body: &'static str) -> Result<Form, StatusCode> {
        let settings = Settings::new("http://localhost:8080".into(), false);
        let request = request
            .method(actix_web::http::Method::POST)
            .app_data(web::Data::new(settings))
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(body);
        let (request, mut payload) = request.to_http_parts();
        Form::from_request(&request, &mut payload).await.map_err(|error| error.status_code())
    }

    #[actix_web::test]
    async fn only_this_server_s_own_pages_may_send_a_form() {
        let own = || TestRequest::default().insert_header(("sec-fetch-site", "same-origin"));
        let without_metadata = TestRequest::default().insert_header(("origin", "http://localhost:8080"));

        assert_eq!(sent(own(), "email=a%40b.c").await.unwrap().text("email"), "a@b.c");
        assert_eq!(sent(without_metadata, "").await.unwrap().text("email"), "");
        // `Referrer-Policy: no-referrer` makes browsers send a null origin with a form.
        assert!(sent(own().insert_header(("origin", "null")), "").await.is_ok());
        for foreign in [
            TestRequest::default(),
            TestRequest::default().insert_header(("sec-fetch-site", "cross-site")),
            TestRequest::default().insert_header(("sec-fetch-site", "same-site")),
            TestRequest::default().insert_header(("origin", "null")),
        ] {
            assert_eq!(sent(foreign, "email=a%40b.c").await.unwrap_err(), StatusCode::FORBIDDEN);
        }
    }

    #[actix_web::test]
    async fn an_unreadable_form_is_refused() {
        let own = || TestRequest::default().insert_header(("sec-fetch-site", "same-origin"));
        let long: &str = Box::leak("a".repeat(keywright_web::BODY_LIMIT + 1).into_boxed_str());

        assert_eq!(sent(own(), "code=1&code=2").await.unwrap_err(), StatusCode::BAD_REQUEST);
        assert_eq!(sent(own(), long).await.unwrap_err(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
