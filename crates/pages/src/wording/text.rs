//! The fields of a catalogue. Its texts are in one file per language, and each page's template puts them together.

use keywright_domain::activity::Event;

use super::duration::{Affixes, Durations};
use crate::notice::Notice;

/// Every text of the pages in one language.
#[derive(Debug)]
pub struct Wording {
    /// The primary language as a BCP 47 tag.
    pub language: &'static str,
    /// The start of the title of a page that reports an error.
    pub error: &'static str,
    pub sign_in: SignIn,
    pub check_mail: CheckMail,
    pub magic_link: MagicLink,
    pub signed_in: SignedIn,
    pub device: Device,
    pub consent: Consent,
    pub outcomes: Outcomes,
    /// The text above a form that failed.
    pub notice: fn(Notice) -> &'static str,
    pub problems: Problems,
    pub actions: Actions,
    pub account: Account,
    pub email_change: EmailChange,
    pub passkeys: Passkeys,
    pub api: Api,
    pub inbox: Inbox,
    pub durations: Durations,
}

/// A text that contains a link.
#[derive(Debug)]
pub struct Linked {
    pub before: &'static str,
    pub link: &'static str,
    pub after: &'static str,
}

/// A heading with a text below.
#[derive(Debug)]
pub struct Announcement {
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

/// The reasons why a signed-in person has to sign in again.
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
    pub sent: Affixes,
    /// Around a duration.
    pub good_for: Affixes,
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
    pub who: Affixes,
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
    pub who: Affixes,
    pub not_you: &'static str,
}

#[derive(Debug)]
pub struct Consent {
    pub title: &'static str,
    pub heading: &'static str,
    /// Around the address.
    pub asks: Affixes,
    pub only_if: &'static str,
    pub code: &'static str,
    pub device_name: &'static str,
    pub none_given: &'static str,
    pub client: &'static str,
    /// Around the client id.
    pub client_id: Affixes,
    pub address: &'static str,
    pub browser: &'static str,
    pub system: &'static str,
    pub user_agent: &'static str,
    pub unknown: &'static str,
    pub asked: &'static str,
    /// Around the visitor's address.
    pub other_network: Affixes,
    pub confirm: &'static str,
    pub deny: &'static str,
    pub approve: &'static str,
}

/// The results after which the page of a device offers no decision.
#[derive(Debug)]
pub struct Outcomes {
    pub approved: Announcement,
    pub denied: Announcement,
    pub already_decided: Announcement,
    pub new_code: &'static str,
    pub opened_by_device: Announcement,
    pub not_fresh: Announcement,
    pub sign_in_again: &'static str,
}

/// The errors that have a page of their own.
#[derive(Debug)]
pub struct Problems {
    pub forbidden: Announcement,
    pub not_found: Announcement,
    pub method_not_allowed: Announcement,
    pub too_large: Announcement,
    pub too_many: Announcement,
    pub unavailable: Announcement,
    pub broken: Announcement,
    pub bad_request: Announcement,
    pub to_sign_in: &'static str,
}

#[derive(Debug)]
pub struct Inbox {
    pub heading: &'static str,
    pub about: &'static str,
    pub reload: &'static str,
    pub empty: &'static str,
    /// Around the address of the recipient.
    pub to: Affixes,
}

/// /account
#[derive(Debug)]
pub struct Account {
    pub heading: &'static str,
    /// Around the address.
    pub who: Affixes,
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
    /// The text beside a value that was refused.
    pub wrong: &'static str,
}

#[derive(Debug)]
pub struct Sessions {
    pub heading: &'static str,
    pub about: &'static str,
    pub this_one: &'static str,
    /// Around a duration.
    pub signed_in: Affixes,
    pub used: Affixes,
    pub end: &'static str,
    pub end_others: &'static str,
    /// The hint that there are more sessions than the page lists.
    pub more: &'static str,
}

#[derive(Debug)]
pub struct Activity {
    pub heading: &'static str,
    pub about: &'static str,
    /// The name of an event.
    pub event: fn(Event) -> &'static str,
}

/// The email address on /account.
#[derive(Debug)]
pub struct EmailChange {
    pub heading: &'static str,
    /// Around the address.
    pub now: Affixes,
    /// Around the requested address.
    pub pending: Affixes,
    pub new: Field,
    pub button: &'static str,
    /// After the required sign-in.
    pub go_on: &'static str,
    pub too_many: &'static str,
}

#[derive(Debug)]
pub struct Passkeys {
    pub sign_in: PasskeySignIn,
    pub list: PasskeyList,
    pub add: AddPasskey,
    pub edit: EditPasskey,
    pub troubles: PasskeyTroubles,
    /// While the browser asks for the passkey.
    pub working: &'static str,
}

/// On /sign-in.
#[derive(Debug)]
pub struct PasskeySignIn {
    pub button: &'static str,
    pub cancelled: &'static str,
    pub unknown: &'static str,
    pub refused: &'static str,
}

/// The list on /account.
#[derive(Debug)]
pub struct PasskeyList {
    pub heading: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    /// Around a duration.
    pub added: Affixes,
    pub used: Affixes,
    pub never_used: &'static str,
    pub change: &'static str,
    pub was_added: &'static str,
    pub was_renamed: &'static str,
    pub was_removed: &'static str,
}

#[derive(Debug)]
pub struct AddPasskey {
    pub name: Field,
    pub button: &'static str,
    /// After the required sign-in.
    pub go_on: &'static str,
    pub no_script: &'static str,
    pub unsupported: &'static str,
    pub cancelled: &'static str,
    pub conflict: &'static str,
    pub full: &'static str,
    pub refused: &'static str,
}

/// The page of one passkey.
#[derive(Debug)]
pub struct EditPasskey {
    pub heading: &'static str,
    pub name: Field,
    pub rename: &'static str,
    pub remove_heading: &'static str,
    pub remove_about: &'static str,
    pub confirm: &'static str,
    pub remove: &'static str,
    /// The refusal to remove the last way to sign in.
    pub last: &'static str,
    pub unconfirmed: &'static str,
    pub back: &'static str,
}

/// The failures that adding a passkey and signing in with one have in common.
#[derive(Debug)]
pub struct PasskeyTroubles {
    pub limited: &'static str,
    pub busy: &'static str,
    pub offline: &'static str,
    pub foreign: &'static str,
}

/// /action
#[derive(Debug)]
pub struct Actions {
    pub refused: Announcement,
    /// Below the text about a refused link.
    pub see_account: Linked,
    pub end_device: ActionTexts,
    pub prove_email: ActionTexts,
    pub undo_email: ActionTexts,
    pub old: &'static str,
    pub new: &'static str,
}

/// The texts about one action, around the account's address.
#[derive(Debug)]
pub struct ActionTexts {
    /// The action can be taken.
    pub open: Step,
    /// The action has just been taken.
    pub done: Step,
    /// The action can no longer be taken.
    pub over: Step,
    pub button: &'static str,
}

#[derive(Debug)]
pub struct Step {
    pub heading: &'static str,
    pub text: Affixes,
}

/// The page about the API, around the description, which is in English.
#[derive(Debug)]
pub struct Api {
    pub heading: &'static str,
    pub contents: &'static str,
    pub source: &'static str,
    pub must_authenticate: &'static str,
    pub may_authenticate: &'static str,
    pub parameters: &'static str,
    pub body: &'static str,
    pub required: &'static str,
    pub errors: &'static str,
    pub schemas: &'static str,
}
