//! An action that a mail offers: who receives it can undo what happened, without signing in.
//!
//! 1. The mail's link carries a credential (`kwa_`) that names the mail and the action.
//! 2. The page that it opens shows what would be done, and changes nothing: scanners open links, too.
//! 3. A press does it. Doing it again changes nothing.
//!
//! What a mail offers follows from its template, so nothing is stored for it: the mail's row says what it is
//! about and how old it is.

use chrono::TimeDelta;

use crate::id::{DeviceAuthorizationId, EmailChangeId};
use crate::mail::Template;

/// Time after its mail in which an action can be done.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// An action that a mail offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ends the session of a device that was approved, or takes the approval back while nobody has claimed it.
    EndDeviceSession(DeviceAuthorizationId),
    /// Has the account go by the new address of a change that was asked for.
    ProveEmail(EmailChangeId),
    /// Has the account go by the old address of a change again.
    UndoEmail(EmailChangeId),
}

impl Action {
    /// The action that mails of `template` offer.
    pub const fn of(template: Template) -> Option<Self> {
        match template {
            Template::DeviceApproved(id) => Some(Self::EndDeviceSession(id)),
            Template::EmailChangeAsked(id) => Some(Self::ProveEmail(id)),
            Template::EmailChanged(id) => Some(Self::UndoEmail(id)),
            Template::MagicLink(_) | Template::Passkey(_) | Template::RefreshReuse(_) => None,
        }
    }

    /// Generation in a credential for this action. A credential for another action has another one.
    pub const fn code(self) -> u32 {
        match self {
            Self::EndDeviceSession(_) => 1,
            Self::ProveEmail(_) => 2,
            Self::UndoEmail(_) => 3,
        }
    }
}
