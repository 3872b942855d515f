//! The API of Keywright under `/api/v1`, and the discovery and health endpoints beside it.
//!
//! A handler extracts, calls one flow and shapes the answer. Each concept is the file with its name.

pub mod activity;
pub mod body;
pub mod caller;
pub mod context;
pub mod cookie;
pub mod cors;
pub mod csrf;
pub mod device_authorization;
pub mod discovery;
pub mod endpoint;
pub mod forwarded;
pub mod health;
pub mod introspection;
pub mod magic_link;
pub mod metrics;
pub mod openapi;
pub mod organization;
pub mod page;
pub mod passkey;
pub mod problem;
pub mod rate_limit;
pub mod session;
pub mod settings;
pub mod time;
pub mod user;
mod waiting;

pub use context::At;
pub use endpoint::Endpoint;
pub use metrics::Metrics;
pub use problem::Problem;
pub use settings::Settings;

use actix_web::web::{self, ServiceConfig};

/// The most bytes that a request's body may have.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The routes of the public listener, without the pages.
pub fn routes(config: &mut ServiceConfig) {
    device_authorization::routes(config);
    magic_link::routes(config);
    passkey::routes(config);
    session::routes(config);
    session::manage::routes(config);
    activity::routes(config);
    organization::routes(config);
    introspection::routes(config);
    user::routes(config);
    discovery::routes(config);
    openapi::routes(config);
    health::routes(config);
}

/// What is answered where there is no route.
pub async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

/// The routes of the admin listener.
pub fn admin_routes(config: &mut ServiceConfig) {
    health::routes(config);
    metrics::routes(config);
    config.default_service(web::to(not_found));
}
