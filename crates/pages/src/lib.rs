//! The hosted pages: what a person sees of Keywright in a browser (contract §10).
//!
//! Rendered on the server, in one look, with nothing from elsewhere. A handler extracts, calls one flow and
//! shows a page; every text is in `wording/`. A script is needed where a browser has no other way: for passkeys, and
//! on `/magic-link`, whose token must not reach a server before the person presses the button. `/action` does
//! without (docs/adr/0004).

mod action;
mod activity;
mod api;
mod asset;
mod client_info;
mod device_authorization;
mod email_change;
mod form;
mod inbox_key;
mod magic_link;
mod mail;
mod next;
mod notice;
mod page;
mod passkey;
mod problem;
mod session;
mod step_up;
mod user;
mod wording;

pub use inbox_key::InboxKey;
pub use problem::{errors_as_pages, not_found};

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;
use keywright_web::Endpoint;

/// What the composition root decides about the pages. One for all workers, as `web::Data`.
#[derive(Debug, Default)]
pub struct PageSettings {
    /// Only in development: what opens `/dev/inbox`. With none there is no inbox.
    pub inbox_key: Option<InboxKey>,
}

/// The routes of the pages, for the public listener.
pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/").get(front_door));
    action::routes(config);
    asset::routes(config);
    magic_link::routes(config);
    session::routes(config);
    user::routes(config);
    email_change::routes(config);
    passkey::routes(config);
    device_authorization::routes(config);
    mail::routes(config);
    api::routes(config);
}

/// `GET /`: there is nothing to see, but whoever types the server's name wants to sign in.
async fn front_door() -> HttpResponse {
    page::see_other("/sign-in")
}
