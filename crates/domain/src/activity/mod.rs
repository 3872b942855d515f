//! Activity: what happened to an account, for its owner to see.

pub mod port;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::client::ClientId;
use crate::client_info::ClientInfo;
use crate::device_authorization::{Decision, DeviceAuthorization};
use crate::id::{ActivityId, SessionId, UserId};
use crate::passkey::Passkey;
use crate::request_context::RequestContext;
use crate::session::Session;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $text:literal),+ $(,)?) => {
        /// What can happen to an account. The texts are part of the HTTP contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event { $($(#[$doc])* $name),+ }

        impl Event {
            /// Every event there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The event as clients see it and the store keeps it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

events! {
    SignedIn => "signed_in",
    SignedOut => "signed_out",
    /// A session was ended by another of its owner's, or by an operator.
    SessionEnded => "session_ended",
    /// Two holders of one refresh token: the session was ended (RFC 9700 §4.14).
    RefreshReuseDetected => "refresh_reuse_detected",
    /// A genuine refresh token that the store had forgotten: it was restored to an older state.
    RefreshAheadOfStore => "refresh_ahead_of_store",
    DeviceApproved => "device_approved",
    DeviceDenied => "device_denied",
    PasskeyAdded => "passkey_added",
    PasskeyRenamed => "passkey_renamed",
    PasskeyRemoved => "passkey_removed",
    PasskeyCounterRejected => "passkey_counter_rejected",
    ProfileChanged => "profile_changed",
    EmailChangeRequested => "email_change_requested",
    EmailChanged => "email_changed",
    AccountDisabled => "account_disabled",
}

impl Event {
    /// The event that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == text)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub id: ActivityId,
    pub user_id: UserId,
    pub event: Event,
    pub occurred_at: DateTime<Utc>,
    pub client_info: ClientInfo,
    pub client_id: Option<ClientId>,
    pub session_id: Option<SessionId>,
    /// A JSON object; never a secret.
    pub details: Value,
}

impl Activity {
    /// What the request of `at` did to `user_id`.
    pub fn new(event: Event, user_id: UserId, at: &RequestContext) -> Self {
        Self {
            id: at.activity_id(),
            user_id,
            event,
            occurred_at: at.now,
            client_info: at.client_info.clone(),
            client_id: None,
            session_id: None,
            details: Value::Object(serde_json::Map::new()),
        }
    }

    /// What the request of `at` did to, or by, `session`.
    pub fn of_session(event: Event, session: &Session, at: &RequestContext) -> Self {
        Self {
            client_id: Some(session.client_id.clone()),
            session_id: Some(session.id),
            ..Self::new(event, session.user_id, at)
        }
    }

    /// What the request of `at` decided about `authorization`, with the name that its client claims.
    pub fn of_decision(authorization: &DeviceAuthorization, decision: Decision, at: &RequestContext) -> Self {
        Self::of_device(decision.event(), authorization, decision.by, at)
    }

    /// That the request of `at` took back what `by` had approved, before a session came of it.
    pub fn of_withdrawal(authorization: &DeviceAuthorization, by: UserId, at: &RequestContext) -> Self {
        Self::of_device(Event::DeviceDenied, authorization, by, at)
    }

    fn of_device(event: Event, authorization: &DeviceAuthorization, by: UserId, at: &RequestContext) -> Self {
        let client_name = authorization.client_name.as_ref();
        let details = client_name.map_or(json!({}), |name| json!({ "client_name": name.as_str() }));
        let entry = Self::new(event, by, at).with_details(details);
        Self { client_id: Some(authorization.client_id.clone()), ..entry }
    }

    /// That the request of `at` changed these `fields` of the profile of `user_id`.
    pub fn of_profile_change(user_id: UserId, fields: &[&'static str], at: &RequestContext) -> Self {
        Self::new(Event::ProfileChanged, user_id, at).with_details(json!({ "fields": fields }))
    }

    /// The same as one of several that the request of `at` causes, counted from 0.
    #[must_use]
    pub fn nth(self, number: u32, at: &RequestContext) -> Self {
        Self { id: at.nth_activity_id(number), ..self }
    }

    /// What the request of `at` did to, or by, `passkey`.
    pub fn of_passkey(event: Event, passkey: &Passkey, at: &RequestContext) -> Self {
        let details = json!({ "passkey_id": passkey.id, "name": passkey.name.as_str() });
        Self::new(event, passkey.user_id, at).with_details(details)
    }

    /// The same with `details`.
    #[must_use]
    pub fn with_details(self, details: Value) -> Self {
        Self { details, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_found_by_its_text() {
        for event in Event::ALL {
            assert_eq!(Event::parse(event.as_str()), Some(*event));
        }
        assert_eq!(Event::parse("signed_up"), None);
    }
}
