//! `/api/docs`: the description of the API for people.

mod description;
mod span;

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_api::openapi;
use keywright_web::Endpoint;

use self::description::Description;
use self::span::Span;
use crate::page;
use crate::wording::{self, Wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/api/docs").get(show));
}

/// Read once: the document never changes while the server runs.
static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| Description::from_document(&serde_json::from_str(openapi::text()).unwrap_or_default()));

#[derive(Template)]
#[template(path = "api.html")]
struct Docs {
    words: &'static Wording,
    description: &'static Description,
}

/// `GET /api/docs`
async fn show(request: HttpRequest) -> HttpResponse {
    page::html(StatusCode::OK, &Docs { words: wording::for_request(&request), description: &DESCRIPTION })
}
