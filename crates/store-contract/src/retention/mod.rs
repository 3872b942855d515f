//! Retention: what is over goes, what is needed stays, and old addresses and user agents are cleared.

mod origin;
mod record;

use keywright_domain::Stores;
use keywright_domain::email_change::{EmailChange, State as ChangeState};
use keywright_domain::id::EmailChangeId;
use keywright_domain::mail::Mail;
use keywright_domain::session::Session;
use keywright_domain::user::{ProfileChange, User};

pub use self::origin::*;
pub use self::record::*;
use crate::fixture::{ENTROPY, email, origin, stamp};

/// Asks for another address, whatever became of earlier wishes.
async fn ask(stores: &Stores, user: &User, session: &Session, second: i64) -> EmailChange {
    let at = stamp(second);
    let change = EmailChange {
        id: EmailChangeId::new(at.now, &ENTROPY),
        user_id: user.id,
        old: user.email.clone(),
        new: email("new@example.net"),
        session_id: session.id,
        asked_at: at.now,
        origin: origin("198.51.100.1", "Mozilla/5.0 (X11)"),
        state: ChangeState::Asked,
    };
    stores
        .email_changes
        .ask(&change, &ProfileChange::default(), &Mail::of_asked_change(&change, &at), &at)
        .await
        .unwrap();
    change
}
