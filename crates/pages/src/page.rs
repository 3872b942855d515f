//! Responses with pages. Their headers keep a page from leaking, being framed and running foreign code.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, HeaderValue, LOCATION,
    PERMISSIONS_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use url::{Url, form_urlencoded};

use keywright_web::Problem;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// Renders `template` as a page.
pub fn html(status: StatusCode, template: &impl Template) -> HttpResponse {
    html_leading_to(status, template, &[])
}

/// Renders a page with a form whose answer may redirect to one of `origins`: browsers apply the policy of the page
/// to the redirect.
pub fn html_leading_to(status: StatusCode, template: &impl Template, origins: &[String]) -> HttpResponse {
    match template.render() {
        Ok(page) => {
            with_security_headers(status, origins).content_type(header::ContentType::html()).body(page)
        }
        Err(error) => {
            tracing::error!(error.cause = %error, "page rendering failed");
            Problem::internal().error_response()
        }
    }
}

/// Redirects the browser with a GET to `target`, a path on this server or a validated URL.
pub fn see_other(target: &str) -> HttpResponse {
    // A header is ASCII; everything else stays as it was validated.
    let location = utf8_percent_encode(target, &AsciiSet::EMPTY).to_string();
    with_security_headers(StatusCode::SEE_OTHER, &[]).insert_header((LOCATION, location)).finish()
}

/// The first value of `name` in the query of `request`.
pub fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn with_security_headers(status: StatusCode, origins: &[String]) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((CONTENT_SECURITY_POLICY, policy(origins)))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .insert_header((PERMISSIONS_POLICY, PERMISSIONS))
        .insert_header((CACHE_CONTROL, "no-store"));
    response
}

fn policy(origins: &[String]) -> HeaderValue {
    let mut policy = POLICY.to_owned();
    // Serialized from the parsed URL, so that only an origin gets into the policy.
    for origin in origins.iter().filter_map(|origin| Url::parse(origin).ok()).map(|url| url.origin()) {
        if origin.is_tuple() {
            policy.push(' ');
            policy.push_str(&origin.ascii_serialization());
        }
    }
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Template)]
    #[template(source = "<p>{{ text }}</p>", ext = "html")]
    struct Plain {
        text: &'static str,
    }

    fn header<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
        response.headers().get(name).unwrap().to_str().unwrap()
    }

    #[test]
    fn every_page_forbids_foreign_and_inline_code_frames_caches_and_referrers() {
        let response = html(StatusCode::OK, &Plain { text: "" });

        let policy = header(&response, "content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.split("; ").any(|given| given == directive), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"));
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
        assert_eq!(header(&response, "cache-control"), "no-store");
    }

    #[test]
    fn a_form_may_lead_to_origins_and_nothing_else_gets_into_the_policy() {
        let origins =
            ["https://app.example.com:443/x;y", "data:text/html", "; script-src *"].map(ToOwned::to_owned);

        let response = html_leading_to(StatusCode::OK, &Plain { text: "" }, &origins);

        let policy = header(&response, "content-security-policy");
        assert!(policy.ends_with("; form-action 'self' https://app.example.com"), "{policy}");
    }

    #[test]
    fn a_redirect_keeps_its_target_and_is_no_page_to_keep() {
        let response = see_other("/ä?x=%2F&y=1#z");

        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(header(&response, "location"), "/%C3%A4?x=%2F&y=1#z");
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    }

    #[test]
    fn the_first_value_of_a_parameter_counts() {
        let request = TestRequest::with_uri("/x?a=1%2B2&b=&a=3").to_http_request();

        assert_eq!(parameter(&request, "a").as_deref(), Some("1+2"));
        assert_eq!(parameter(&request, "b").as_deref(), Some(""));
        assert_eq!(parameter(&request, "c"), None);
    }
}
