//! Retention: how long what is over stays in the store, and how long it is known where people came from.
//!
//! 1. A record that nobody can use any more, and that nothing refers to any more, is removed.
//! 2. What stays longer loses the address and the user agent of whoever made it.

pub mod port;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use crate::action;
use crate::device_authorization::DeviceAuthorization;
use crate::email_change::{PROVABLE, UNDOABLE};
use crate::magic_link::LinkBudget;
use crate::mail::{self, Mail};
use crate::session::{Session, SessionState};

/// A kind of record to remove, and the time from which it counts as expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Removal {
    /// Device authorizations that nobody decided, from their expiry on. Their user codes are free again then.
    UndecidedDevices,
    /// Those that somebody decided, from their expiry on.
    DecidedDevices,
    /// Links, from their expiry on.
    MagicLinks,
    /// Records of addresses apart from their links, once they are empty.
    MagicLinkAddresses,
    /// Mails, from when they were sent, dropped or given up. One that waits stays.
    Mails,
    /// Changes of addresses, from when they were asked for.
    EmailChanges,
    /// Activity, from when it occurred.
    Activities,
    /// Sessions that were ended, from then on.
    EndedSessions,
    /// Sessions that ended by themselves, from then on.
    LapsedSessions,
    /// Challenges of passkeys that nobody answered, from their expiry on.
    Challenges,
}

impl Removal {
    /// Everything that is removed.
    pub const ALL: [Self; 10] = [
        Self::UndecidedDevices,
        Self::DecidedDevices,
        Self::MagicLinks,
        Self::MagicLinkAddresses,
        Self::Mails,
        Self::EmailChanges,
        Self::Activities,
        Self::EndedSessions,
        Self::LapsedSessions,
        Self::Challenges,
    ];

    /// Which of the two `device` is.
    pub const fn of_device(device: &DeviceAuthorization) -> Self {
        if device.state.decided_by().is_some() { Self::DecidedDevices } else { Self::UndecidedDevices }
    }

    /// Which of the two `session` will be.
    pub const fn of_session(session: &Session) -> Self {
        match session.state {
            SessionState::Open => Self::LapsedSessions,
            SessionState::Ended { .. } => Self::EndedSessions,
        }
    }
}

/// Whose addresses and user agents are cleared, counted from when the record was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientInfoTable {
    Sessions,
    Activities,
    DeviceAuthorizations,
    MagicLinks,
    EmailChanges,
}

impl ClientInfoTable {
    /// All that have them.
    pub const ALL: [Self; 5] =
        [Self::Sessions, Self::Activities, Self::DeviceAuthorizations, Self::MagicLinks, Self::EmailChanges];
}

/// Time that expired records stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Addresses and user agents, in whatever stays longer.
    pub client_info: TimeDelta,
    /// Sessions after their end.
    pub sessions: TimeDelta,
    pub activity: TimeDelta,
    /// Device authorizations after their expiry.
    pub device_authorizations: TimeDelta,
    /// Links after their expiry.
    pub magic_links: TimeDelta,
    /// Mails after they were sent or given up.
    pub mails: TimeDelta,
    /// Changes of addresses after they were asked for.
    pub email_changes: TimeDelta,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            client_info: TimeDelta::days(30),
            sessions: TimeDelta::days(30),
            activity: TimeDelta::days(365),
            device_authorizations: TimeDelta::days(1),
            magic_links: TimeDelta::days(1),
            mails: TimeDelta::days(14),
            email_changes: TimeDelta::days(60),
        }
    }
}

impl Retention {
    /// What was over before this instant may be removed at `now`. Whatever the operator set, nothing goes that a mail
    /// still offers an action on, that a budget still counts, or that the deletion of an account must still find.
    pub fn before(&self, removal: Removal, links: &LinkBudget, now: DateTime<Utc>) -> DateTime<Utc> {
        now - match removal {
            Removal::UndecidedDevices => self.device_authorizations,
            // The mail about an approval came before the expiry.
            Removal::DecidedDevices => self.device_authorizations.max(action::LIFETIME),
            Removal::MagicLinks => self.magic_links.max(links.period()),
            Removal::MagicLinkAddresses | Removal::Challenges => TimeDelta::zero(),
            Removal::Mails => self.mails(),
            // An old address is known by its change alone, and a mail to it may be given up and queued again.
            Removal::EmailChanges => self.email_changes.max(PROVABLE + UNDOABLE + self.mails() * 2),
            // What a mail tells of a passkey, or of a reuse, is written out from the activity, or the session, when it
            // is sent.
            Removal::Activities => self.activity.max(action::LIFETIME),
            Removal::EndedSessions | Removal::LapsedSessions => self.sessions.max(action::LIFETIME),
        }
    }

    /// The addresses and user agents of records that were made before this instant may be cleared at `now`.
    pub fn client_info_before(&self, links: &LinkBudget, now: DateTime<Utc>) -> DateTime<Utc> {
        // Links are counted by the networks that asked for them.
        now - self.client_info.max(links.period())
    }

    /// An action is found by its mail.
    fn mails(&self) -> TimeDelta {
        self.mails.max(action::LIFETIME)
    }
}

/// Since when `session` is over, or from when on if it is not used.
pub fn session_over_at(session: &Session) -> DateTime<Utc> {
    match session.state {
        SessionState::Open => session.expires_at(),
        SessionState::Ended { at, .. } => at,
    }
}

/// Since when `mail` does not wait any more.
pub const fn mail_settled_at(mail: &Mail) -> Option<DateTime<Utc>> {
    match mail.state {
        mail::MailState::Due(_) => None,
        mail::MailState::Sent(at) | mail::MailState::Dropped(at) | mail::MailState::Dead(at) => Some(at),
    }
}
