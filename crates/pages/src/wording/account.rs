//! The shape of what /account says.

use super::Around;

/// /account
#[derive(Debug)]
pub struct Account {
    pub heading: &'static str,
    /// Around the address.
    pub who: Around,
    pub saved: &'static str,
    pub profile: Profile,
    pub sessions: Sessions,
    pub activity: Activity,
}

#[derive(Debug)]
pub struct Profile {
    pub heading: &'static str,
    pub name: Field,
    pub avatar_url: Field,
    pub locale: Field,
    pub time_zone: Field,
    pub save: &'static str,
    pub refused: &'static str,
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    pub label: &'static str,
    pub hint: &'static str,
    /// What is told of a value that it cannot have.
    pub wrong: &'static str,
}

#[derive(Debug)]
pub struct Sessions {
    pub heading: &'static str,
    pub about: &'static str,
    pub this_one: &'static str,
    /// Around a span of time.
    pub signed_in: Around,
    pub used: Around,
    pub end: &'static str,
    pub end_others: &'static str,
    /// More than are shown.
    pub more: &'static str,
}

#[derive(Debug)]
pub struct Activity {
    pub heading: &'static str,
    pub about: &'static str,
    pub events: Events,
}

/// What happened, by the names of the contract's §7.
#[derive(Debug)]
pub struct Events {
    pub signed_in: &'static str,
    pub signed_out: &'static str,
    pub session_ended: &'static str,
    pub refresh_reuse_detected: &'static str,
    pub refresh_ahead_of_store: &'static str,
    pub device_approved: &'static str,
    pub device_denied: &'static str,
    pub passkey_added: &'static str,
    pub passkey_renamed: &'static str,
    pub passkey_removed: &'static str,
    pub passkey_counter_rejected: &'static str,
    pub profile_changed: &'static str,
    pub email_change_requested: &'static str,
    pub email_changed: &'static str,
    pub account_disabled: &'static str,
}
