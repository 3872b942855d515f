//! The hosted pages (contract §10).
//!
//! The server renders them and loads nothing from elsewhere. A handler calls one use case and renders a page; every
//! text is in `wording/`. Scripts exist only where a browser needs them: for passkeys, and on `/magic-link`, whose token
//! must not reach a server before the person presses the button. `/action` works without one (docs/adr/0004).

mod account;
mod action;
mod activity;
mod api;
mod asset;
mod client_info;
mod device_authorization;
mod email_change;
mod form;
mod inbox;
mod inbox_key;
mod next;
mod notice;
mod page;
mod passkey;
mod problem;
mod session;
mod settings;
mod sign_in;
mod step_up;
mod visitor;
mod wording;

pub use inbox_key::InboxKey;
pub use problem::{errors_as_pages, not_found};
pub use settings::PageSettings;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use keywright_web::Endpoint;

/// The routes of the pages, for the public listener.
pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/").get(redirect_to_sign_in));
    action::routes(config);
    asset::routes(config);
    sign_in::routes(config);
    session::routes(config);
    account::routes(config);
    email_change::routes(config);
    passkey::routes(config);
    device_authorization::routes(config);
    inbox::routes(config);
    api::routes(config);
}

/// `GET /`: redirects to the sign-in page.
async fn redirect_to_sign_in() -> HttpResponse {
    page::see_other("/sign-in")
}
