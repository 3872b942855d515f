//! Retention: expired records are purged, needed ones kept, and old client info cleared.

mod client_info;
mod record;

use keywright_domain::Stores;
use keywright_domain::email_change::{EmailChange, EmailChangeState};
use keywright_domain::id::EmailChangeId;
use keywright_domain::session::Session;
use keywright_domain::user::{ProfileChange, User};

pub use self::client_info::*;
pub use self::record::*;
use crate::fixture::{ENTROPY, client_info, email, request_context};

/// Requests an email change, whatever the outcome of earlier requests.
async fn ask(stores: &Stores, user: &User, session: &Session, second: i64) -> EmailChange {
    let at = request_context(second);
    let change = EmailChange {
        id: EmailChangeId::new(at.now, &ENTROPY),
        user_id: user.id,
        old: user.email.clone(),
        new: email("new@example.net"),
        session_id: session.id,
        asked_at: at.now,
        client_info: client_info("198.51.100.1", "Mozilla/5.0 (X11)"),
        state: EmailChangeState::Asked,
    };
    stores.email_changes.ask(&change, &ProfileChange::default(), &change.asked_mail(&at), &at).await.unwrap();
    change
}
