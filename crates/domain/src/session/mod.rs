//! A session: one sign-in on one device, from its opening to its end.

pub mod chain;
#[cfg(test)]
mod chain_tests;
pub mod port;
#[cfg(test)]
mod session_tests;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::chain::{Chain, Generation, Presentation, RotationRules};
use crate::activity::{Activity, Event};
use crate::client::{ClientId, ClientName};
use crate::client_info::ClientInfo;
use crate::id::{SessionId, UserId};
use crate::request_context::RequestContext;

/// Method of an authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// A link or a code from a mail.
    MagicLink,
    /// A passkey that can be backed up.
    SyncedPasskey,
    /// A passkey that cannot leave its authenticator.
    BoundPasskey,
}

impl AuthenticationMethod {
    /// The authentication method references of RFC 8176.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::MagicLink => &["otp"],
            Self::SyncedPasskey => &["swk", "user"],
            Self::BoundPasskey => &["hwk", "user"],
        }
    }
}

/// When and how a person last proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication {
    pub at: DateTime<Utc>,
    pub method: AuthenticationMethod,
}

/// Kind of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// Tokens that a person got by signing in.
    Tokens,
    /// A browser's cookie; it never has a refresh token.
    Browser,
    /// Tokens that a device got by a person's approval.
    Device,
}

/// Lifetimes of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Without a refresh, or without use of a browser session.
    pub idle: TimeDelta,
    /// In all.
    pub absolute: TimeDelta,
}

/// Why a session was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// By its holder.
    SignedOut,
    /// By its owner from another session, or by an operator.
    Ended,
    /// Two holders of one refresh token.
    Reuse,
    /// Its owner's account was disabled.
    AccountDisabled,
}

impl EndReason {
    /// True if somebody other than its holder ended it, so that nothing goes on that it had begun.
    pub const fn is_eviction(self) -> bool {
        match self {
            Self::SignedOut => false,
            Self::Ended | Self::Reuse | Self::AccountDisabled => true,
        }
    }
}

/// State of a session. A session that is [`SessionState::Open`] may still have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    Open,
    Ended { at: DateTime<Utc>, reason: EndReason },
}

/// One sign-in on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub kind: SessionKind,
    pub client_id: ClientId,
    pub client_name: Option<ClientName>,
    pub authentication: Authentication,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is used.
    pub idle_ends_at: DateTime<Utc>,
    /// When it ends whatever happens.
    pub ends_at: DateTime<Utc>,
    pub state: SessionState,
    /// Where it was opened.
    pub client_info: ClientInfo,
    pub chain: Chain,
}

/// A session before its account is known.
#[derive(Clone, Debug)]
pub struct SessionSeed {
    pub id: SessionId,
    pub kind: SessionKind,
    pub client_id: ClientId,
    pub client_name: Option<ClientName>,
    pub lifetimes: Lifetimes,
}

impl SessionSeed {
    /// The session that a sign-in opens for `user_id`.
    pub fn open(&self, user_id: UserId, authentication: Authentication, at: &RequestContext) -> Session {
        let ends_at = at.now + self.lifetimes.absolute;
        Session {
            id: self.id,
            user_id,
            kind: self.kind,
            client_id: self.client_id.clone(),
            client_name: self.client_name.clone(),
            authentication,
            created_at: at.now,
            last_used_at: at.now,
            idle_ends_at: (at.now + self.lifetimes.idle).min(ends_at),
            ends_at,
            state: SessionState::Open,
            client_info: at.client_info.clone(),
            chain: Chain::new(at.now),
        }
    }
}

/// A refresh token that is presented.
#[derive(Clone, Debug)]
pub struct Refresh {
    pub session: SessionId,
    pub presented: Generation,
    /// The client that the caller says it is, if it says so.
    pub client_id: Option<String>,
    pub rules: RotationRules,
    /// Time that the session lives without another refresh.
    pub idle: TimeDelta,
}

/// Judgement of a presented refresh token, with the session as it must be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The same successor again: nothing to store.
    Repeated(Session),
    /// Renewed, or its lost successor replaced.
    Renewed(Session),
    /// Renewed from a generation that the store had forgotten.
    Ahead(Session),
    /// A copy was presented: the session, ended.
    Reuse(Session),
    /// Ended, past its time, or another client's: alike to whoever asks.
    Over,
}

impl Session {
    /// True if it is neither ended nor past its time.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.state == SessionState::Open && now < self.expires_at()
    }

    /// When it ends if nothing else happens.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.idle_ends_at.min(self.ends_at)
    }

    /// Judges a presented refresh token.
    pub fn refresh(&self, refresh: &Refresh, now: DateTime<Utc>) -> Judgement {
        let is_client = refresh.client_id.as_deref().is_none_or(|id| id == self.client_id.as_str());
        if !self.is_live(now) || self.kind == SessionKind::Browser || !is_client {
            return Judgement::Over;
        }
        let renewed = |chain| Self {
            chain,
            last_used_at: now.max(self.last_used_at),
            idle_ends_at: (now + refresh.idle).min(self.ends_at),
            ..self.clone()
        };
        match self.chain.present(refresh.presented, now, refresh.rules) {
            Presentation::Repeat(_) => Judgement::Repeated(self.clone()),
            Presentation::Rotate(chain) | Presentation::Replace(chain) => Judgement::Renewed(renewed(chain)),
            Presentation::Ahead(chain) => Judgement::Ahead(renewed(chain)),
            Presentation::Reuse => Judgement::Reuse(self.ended(EndReason::Reuse, now)),
        }
    }

    /// An activity of its owner that concerns this session.
    pub fn activity(&self, event: Event, at: &RequestContext) -> Activity {
        Activity {
            client_id: Some(self.client_id.clone()),
            session_id: Some(self.id),
            ..Activity::new(event, self.user_id, at)
        }
    }

    /// The same session, ended.
    #[must_use]
    pub fn ended(&self, reason: EndReason, at: DateTime<Utc>) -> Self {
        Self { state: SessionState::Ended { at, reason }, ..self.clone() }
    }

    /// A browser session after a use that is worth a write: at most one an hour, and often enough that a
    /// short idle time is kept up.
    pub fn after_use(&self, now: DateTime<Utc>, idle: TimeDelta) -> Option<Self> {
        let rest = TimeDelta::hours(1).min(idle / 4);
        let is_due = self.kind == SessionKind::Browser && now - self.last_used_at >= rest;
        is_due.then(|| Self {
            last_used_at: now,
            idle_ends_at: (now + idle).min(self.ends_at),
            ..self.clone()
        })
    }

    /// A browser session whose owner has proved again who they are. None if it cannot be renewed by them.
    pub fn reauthenticated(&self, by: UserId, authentication: Authentication) -> Option<Self> {
        let is_theirs = self.kind == SessionKind::Browser && self.user_id == by;
        (is_theirs && self.is_live(authentication.at)).then(|| Self { authentication, ..self.clone() })
    }

    /// True if its owner's proof is recent enough for what is sensitive. A device's session never is: the
    /// person who approved it may be elsewhere.
    pub fn is_fresh(&self, now: DateTime<Utc>, fresh: TimeDelta) -> bool {
        self.kind != SessionKind::Device && now - self.authentication.at <= fresh
    }
}
