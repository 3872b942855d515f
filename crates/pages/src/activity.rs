//! What happened, as the account's page tells it.

use keywright_domain::RequestContext;
use keywright_domain::activity::{Activity, Event};

use crate::client_info::whereabouts;
use crate::wording::Wording;
use crate::wording::account::Events;

/// One entry.
pub struct Happened {
    pub what: &'static str,
    pub when: String,
    pub whereabouts: String,
}

impl Happened {
    /// `activity` for somebody who looks at it now.
    pub fn of(activity: &Activity, words: &'static Wording, at: &RequestContext) -> Self {
        Self {
            what: words.account.activity.events.of(activity.event),
            when: words.spans.ago(at.now - activity.occurred_at),
            whereabouts: whereabouts(&activity.client_info),
        }
    }
}

impl Events {
    fn of(&self, event: Event) -> &'static str {
        match event {
            Event::SignedIn => self.signed_in,
            Event::SignedOut => self.signed_out,
            Event::SessionEnded => self.session_ended,
            Event::RefreshReuseDetected => self.refresh_reuse_detected,
            Event::RefreshAheadOfStore => self.refresh_ahead_of_store,
            Event::DeviceApproved => self.device_approved,
            Event::DeviceDenied => self.device_denied,
            Event::PasskeyAdded => self.passkey_added,
            Event::PasskeyRenamed => self.passkey_renamed,
            Event::PasskeyRemoved => self.passkey_removed,
            Event::PasskeyCounterRejected => self.passkey_counter_rejected,
            Event::ProfileChanged => self.profile_changed,
            Event::EmailChangeRequested => self.email_change_requested,
            Event::EmailChanged => self.email_changed,
            Event::AccountDisabled => self.account_disabled,
        }
    }
}
