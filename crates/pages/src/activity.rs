//! The activity on /account.

use keywright_domain::RequestContext;
use keywright_domain::activity::Activity;

use crate::client_info::whereabouts;
use crate::wording::Wording;

/// An event in the list.
pub struct ActivityEntry {
    pub what: &'static str,
    pub when: String,
    pub whereabouts: String,
}

impl ActivityEntry {
    /// The entry of `activity`.
    pub fn new(activity: &Activity, words: &'static Wording, at: &RequestContext) -> Self {
        Self {
            what: (words.account.activity.event)(activity.event),
            when: words.durations.ago(at.now - activity.occurred_at),
            whereabouts: whereabouts(&activity.client_info),
        }
    }
}
