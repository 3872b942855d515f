//! A change of an account's address.
//!
//! 1. Its owner asks for it. The account stays as it is, and the new address gets a mail.
//! 2. Who receives that mail proves it, within a day. The account goes by the new address, its other sessions end, and
//!    the old address gets a mail.
//! 3. Who receives that one can undo it, for a week, whatever has become of the account since: all its sessions end then.

pub mod port;

use chrono::{DateTime, TimeDelta, Utc};

use crate::client_info::ClientInfo;
use crate::email::EmailAddress;
use crate::id::{EmailChangeId, SessionId, UserId};
use crate::mail::{Mail, Template};
use crate::request_context::RequestContext;
use crate::user::User;

/// Time after the request in which a change can be proven.
pub const PROVABLE: TimeDelta = TimeDelta::hours(24);
/// Time after the proof in which a change can be undone.
pub const UNDOABLE: TimeDelta = TimeDelta::days(7);
/// Number of changes that an account may request within [`PERIOD`]: each sends a mail to an address of its owner's choice.
pub const BUDGET: u32 = 5;
/// Period of [`BUDGET`].
pub const PERIOD: TimeDelta = TimeDelta::hours(1);

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChange {
    pub id: EmailChangeId,
    pub user_id: UserId,
    pub old: EmailAddress,
    pub new: EmailAddress,
    /// The session that asked, which outlives the change.
    pub session_id: SessionId,
    pub asked_at: DateTime<Utc>,
    /// The client that asked.
    pub client_info: ClientInfo,
    pub state: EmailChangeState,
}

/// Current state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChangeState {
    Asked,
    /// The account goes by the new address.
    Done {
        at: DateTime<Utc>,
    },
    /// The account went back to the old address.
    Undone {
        at: DateTime<Utc>,
    },
    /// Another was asked for, or the undoing of an earlier one took it along.
    Superseded {
        at: DateTime<Utc>,
    },
}

impl EmailChangeState {
    /// The state as the store keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done { .. } => "done",
            Self::Undone { .. } => "undone",
            Self::Superseded { .. } => "superseded",
        }
    }

    /// Since when it is no longer only asked for.
    pub const fn settled_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Asked => None,
            Self::Done { at } | Self::Undone { at } | Self::Superseded { at } => Some(at),
        }
    }
}

impl EmailChange {
    /// The mail to the new address, which asks for the proof.
    pub fn asked_mail(&self, at: &RequestContext) -> Mail {
        Mail::new(at.mail_id(), self.new.clone(), Template::EmailChangeAsked(self.id), at.now)
    }

    /// The mail to the old address about a proven change.
    pub fn changed_mail(&self, at: &RequestContext) -> Mail {
        Mail::new(at.mail_id(), self.old.clone(), Template::EmailChanged(self.id), at.now)
    }

    /// True if the new address can still be proven at `now`.
    pub fn is_provable(&self, now: DateTime<Utc>) -> bool {
        self.state == EmailChangeState::Asked && now < self.asked_at + PROVABLE
    }

    /// True if the change can still be undone at `now`.
    pub fn is_undoable(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, EmailChangeState::Done { at } if now < at + UNDOABLE)
    }

    /// True if undoing this change does away with `other`, which has the old address: an account that was opened under
    /// it since the change was done. Who opened it reads the same mail as who undoes, and came because the change had
    /// left them without their own.
    pub fn displaces(&self, other: &User) -> bool {
        matches!(self.state, EmailChangeState::Done { at } if other.id != self.user_id && other.is_enabled() && other.created_at >= at)
    }

    /// The same in another state.
    #[must_use]
    pub fn with(&self, state: EmailChangeState) -> Self {
        Self { state, ..self.clone() }
    }

    /// `user` after this change was proven.
    pub fn applied(&self, user: &User, now: DateTime<Utc>) -> User {
        let email = self.new.clone();
        User { email, email_verified: true, pending_email: None, updated_at: now, ..user.clone() }
    }

    /// `user` after this change was undone.
    pub fn reverted(&self, user: &User, now: DateTime<Utc>) -> User {
        let email = self.old.clone();
        User { email, email_verified: true, pending_email: None, updated_at: now, ..user.clone() }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn change(state: EmailChangeState) -> EmailChange {
        EmailChange {
            id: EmailChangeId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            old: EmailAddress::parse("old@example.com").unwrap(),
            new: EmailAddress::parse("new@example.com").unwrap(),
            session_id: SessionId(Uuid::nil()),
            asked_at: at(0),
            client_info: ClientInfo::default(),
            state,
        }
    }

    #[test]
    fn what_was_asked_can_be_proven_for_a_day_and_not_undone() {
        let asked = change(EmailChangeState::Asked);

        assert!(asked.is_provable(at(86_399)));
        assert!(!asked.is_provable(at(86_400)));
        assert!(!asked.is_undoable(at(1)));
    }

    #[test]
    fn what_was_done_can_be_undone_for_a_week_and_not_proven() {
        let done = change(EmailChangeState::Done { at: at(100) });

        assert!(done.is_undoable(at(100 + 7 * 86_400 - 1)));
        assert!(!done.is_undoable(at(100 + 7 * 86_400)));
        assert!(!done.is_provable(at(101)));
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in [EmailChangeState::Undone { at: at(1) }, EmailChangeState::Superseded { at: at(1) }] {
            assert!(!change(state).is_provable(at(2)) && !change(state).is_undoable(at(2)));
        }
    }
}
