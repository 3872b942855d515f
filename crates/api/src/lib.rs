//! The API of Keywright under `/api/v1`, and the discovery and health endpoints beside it.
//!
//! A handler extracts the request, calls one flow and converts the result. Each concept is the file with its name.

pub mod activity;
pub mod device_authorization;
pub mod discovery;
pub mod health;
pub mod introspection;
pub mod magic_link;
pub mod openapi;
pub mod organization;
pub mod page;
pub mod passkey;
pub mod session;
pub mod sign_in;
pub mod user;
mod waiting;

use actix_web::web::{self, ServiceConfig};
use keywright_web::endpoint::Endpoint;
use keywright_web::problem::Problem;

/// The endpoints of the public listener, without the pages.
pub fn endpoints() -> Vec<Endpoint> {
    let concepts = [
        device_authorization::endpoints(),
        magic_link::endpoints(),
        passkey::endpoints(),
        session::endpoints(),
        session::manage::endpoints(),
        activity::endpoints(),
        organization::endpoints(),
        introspection::endpoints(),
        user::endpoints(),
        discovery::endpoints(),
        openapi::endpoints(),
        health::endpoints(),
    ];
    concepts.into_iter().flatten().collect()
}

/// Adds the endpoints of the public listener, without the pages.
pub fn routes(config: &mut ServiceConfig) {
    endpoints().into_iter().for_each(|endpoint| {
        config.service(endpoint);
    });
}

/// The answer where there is no route.
pub async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

/// The routes of the admin listener.
pub fn admin_routes(config: &mut ServiceConfig) {
    health::endpoints().into_iter().for_each(|endpoint| {
        config.service(endpoint);
    });
    keywright_web::metrics::routes(config);
    config.default_service(web::to(not_found));
}
