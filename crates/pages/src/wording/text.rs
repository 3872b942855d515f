//! The shape of a catalogue. What a text says is beside it in `en.rs`; how it is put together is in the
//! template of its page.

use super::account::Account;
use super::action::Actions;
use super::api::Api;
use super::email_change::EmailChange;
use super::passkey::Passkeys;
use super::span::Spans;

/// Every text of the pages in one language.
#[derive(Debug)]
pub struct Wording {
    /// Its tag (BCP 47): one primary language.
    pub language: &'static str,
    /// What the title begins with when something went wrong.
    pub error: &'static str,
    pub sign_in: SignIn,
    pub check_mail: CheckMail,
    pub magic_link: MagicLink,
    pub signed_in: SignedIn,
    pub device: Device,
    pub consent: Consent,
    pub outcomes: Outcomes,
    pub notices: Notices,
    pub problems: Problems,
    pub actions: Actions,
    pub account: Account,
    pub email_change: EmailChange,
    pub passkeys: Passkeys,
    pub api: Api,
    pub inbox: Inbox,
    pub spans: Spans,
}

/// What stands before and after a value.
#[derive(Debug)]
pub struct Around(pub &'static str, pub &'static str);

impl Around {
    /// The whole text.
    pub fn with(&self, value: &str) -> String {
        let Self(before, after) = self;
        format!("{before}{value}{after}")
    }
}

/// A text with a link in it.
#[derive(Debug)]
pub struct Linked {
    pub before: &'static str,
    pub link: &'static str,
    pub after: &'static str,
}

/// A page about one thing that has happened.
#[derive(Debug)]
pub struct Told {
    pub heading: &'static str,
    pub text: &'static str,
}

#[derive(Debug)]
pub struct SignIn {
    pub heading: &'static str,
    pub again: Again,
    pub email: &'static str,
    pub email_hint: &'static str,
    pub send: &'static str,
}

/// Why whoever is signed in is asked to sign in once more.
#[derive(Debug)]
pub struct Again {
    pub heading: &'static str,
    pub add_passkey: &'static str,
    pub remove_passkey: &'static str,
    pub change_email: &'static str,
}

#[derive(Debug)]
pub struct CheckMail {
    pub heading: &'static str,
    /// Around the address.
    pub sent: Around,
    /// Around a span of time.
    pub good_for: Around,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub sign_in: &'static str,
    pub no_message: &'static str,
    pub send_another: &'static str,
    pub other_address: &'static str,
}

#[derive(Debug)]
pub struct MagicLink {
    pub heading: &'static str,
    pub press: &'static str,
    pub no_script: &'static str,
    pub missing: Linked,
    pub refused: Linked,
    pub busy: &'static str,
    pub offline: &'static str,
    pub foreign: &'static str,
    pub working: &'static str,
    pub sign_in: &'static str,
}

#[derive(Debug)]
pub struct SignedIn {
    pub title: &'static str,
    pub heading: &'static str,
    /// Around the address.
    pub who: Around,
    pub go_on: &'static str,
    pub device: &'static str,
    pub account: &'static str,
    pub sign_out: &'static str,
}

#[derive(Debug)]
pub struct Device {
    pub heading: &'static str,
    pub sign_in_first: &'static str,
    pub sign_in: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub code_shape: &'static str,
    pub go_on: &'static str,
    /// Around the address.
    pub who: Around,
    pub not_you: &'static str,
}

#[derive(Debug)]
pub struct Consent {
    pub title: &'static str,
    pub heading: &'static str,
    /// Around the address.
    pub asks: Around,
    pub only_if: &'static str,
    pub code: &'static str,
    pub device_name: &'static str,
    pub none_given: &'static str,
    pub client: &'static str,
    /// Around the client id.
    pub client_id: Around,
    pub address: &'static str,
    pub browser: &'static str,
    pub system: &'static str,
    pub user_agent: &'static str,
    pub unknown: &'static str,
    pub asked: &'static str,
    /// Around the address of whoever looks.
    pub other_network: Around,
    pub confirm: &'static str,
    pub deny: &'static str,
    pub approve: &'static str,
}

/// How a device stands, when nothing is left to do on its page.
#[derive(Debug)]
pub struct Outcomes {
    pub approved: Told,
    pub denied: Told,
    pub already_decided: Told,
    pub new_code: &'static str,
    pub opened_by_device: Told,
    pub not_fresh: Told,
    pub sign_in_again: &'static str,
}

/// What stands above a form that did not do what it should.
#[derive(Debug)]
pub struct Notices {
    pub bad_address: &'static str,
    pub bad_code: &'static str,
    pub wrong_code: &'static str,
    pub start_again: &'static str,
    pub no_such_device: &'static str,
    pub too_many: &'static str,
    pub unavailable: &'static str,
    pub broken: &'static str,
}

/// Errors with a page of their own.
#[derive(Debug)]
pub struct Problems {
    pub not_from_here: Told,
    pub not_found: Told,
    pub not_for_looking_at: Told,
    pub too_large: Told,
    pub too_many: Told,
    pub unavailable: Told,
    pub broken: Told,
    pub not_understood: Told,
    pub to_sign_in: &'static str,
}

#[derive(Debug)]
pub struct Inbox {
    pub heading: &'static str,
    pub about: &'static str,
    pub reload: &'static str,
    pub empty: &'static str,
    /// Around the address of the recipient.
    pub to: Around,
}
