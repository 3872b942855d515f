//! Activity: what happened to an account, for its owner to see.

pub mod port;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::client::ClientId;
use crate::client_info::ClientInfo;
use crate::id::{ActivityId, SessionId, UserId};
use crate::request_context::RequestContext;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident => $text:literal),+ $(,)?) => {
        /// An event of an account. The texts are part of the HTTP contract.
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
    /// An entry about `user_id`, caused by the request of `at`.
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

    /// A change of these `fields` of the profile of `user_id`.
    pub fn for_profile_change(user_id: UserId, fields: &[&'static str], at: &RequestContext) -> Self {
        Self::new(Event::ProfileChanged, user_id, at).with_details(json!({ "fields": fields }))
    }

    /// The same as one of several that the request of `at` causes, counted from 0.
    #[must_use]
    pub fn nth(self, number: u32, at: &RequestContext) -> Self {
        Self { id: at.nth_activity_id(number), ..self }
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
