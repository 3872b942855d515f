//! A page on the wire: its headers are what keeps it from leaking, being framed or running foreign code.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, HeaderValue, LOCATION,
    PERMISSIONS_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use url::{Url, form_urlencoded};

use crate::problem;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// The page that `template` makes.
pub fn html(status: StatusCode, template: &impl Template) -> HttpResponse {
    html_leading_to(status, template, &[])
}

/// The same, with a form whose answer may lead to one of `origins`: browsers hold a redirect against the
/// policy of the page that has the form.
pub fn html_leading_to(status: StatusCode, template: &impl Template, origins: &[String]) -> HttpResponse {
    match template.render() {
        Ok(page) => dressed(status, origins).content_type(header::ContentType::html()).body(page),
        Err(error) => {
            tracing::error!(error.cause = %error, "a page could not be written");
            problem::unwritten()
        }
    }
}

/// Sends the browser to `target`, a path here or a URL that has been found good, with a GET.
pub fn see_other(target: &str) -> HttpResponse {
    // What is no ASCII would be no header; the rest is left as it was found good.
    let location = utf8_percent_encode(target, &AsciiSet::EMPTY).to_string();
    dressed(StatusCode::SEE_OTHER, &[]).insert_header((LOCATION, location)).finish()
}

/// The first value of `name` in the query of `request`.
pub fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn dressed(status: StatusCode, origins: &[String]) -> HttpResponseBuilder {
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
    // Written anew, so that nothing but an origin gets in.
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
