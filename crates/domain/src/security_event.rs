//! Security events, counted for operators; no personal data.

use crate::activity::Event;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecurityEvent {
    /// An event that is also in the account's activity.
    Activity(Event),
    /// Somebody presented a link, a code or a passkey that signs nobody in.
    SignInFailed,
    /// A request that a browser session must not take came from elsewhere.
    CsrfRejected,
    /// An address asked for more than it may.
    RateLimited,
    /// An account or an address guessed too often.
    GuessLimited,
    /// An address of a person was to get more mail than it may.
    MailLimited,
}

impl SecurityEvent {
    /// Every incident there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::SignInFailed,
            Self::CsrfRejected,
            Self::RateLimited,
            Self::GuessLimited,
            Self::MailLimited,
        ];
        Event::ALL.iter().map(|event| Self::Activity(*event)).chain(others)
    }

    /// Name of the event; for an activity its name in the HTTP contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activity(event) => event.as_str(),
            Self::SignInFailed => "sign_in_failed",
            Self::CsrfRejected => "csrf_rejected",
            Self::RateLimited => "rate_limited",
            Self::GuessLimited => "guess_limited",
            Self::MailLimited => "mail_limited",
        }
    }
}

impl From<Event> for SecurityEvent {
    fn from(event: Event) -> Self {
        Self::Activity(event)
    }
}

/// Counts incidents, by each server for itself. Never blocks, never fails.
pub trait SecurityCounters: Send + Sync {
    /// One more.
    fn count(&self, incident: SecurityEvent);
}

/// Counts nothing: for tests, and for commands that serve nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecurityCounters;

impl SecurityCounters for NoSecurityCounters {
    fn count(&self, _: SecurityEvent) {}
}
