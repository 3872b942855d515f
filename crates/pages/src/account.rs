//! /account: a person's profile, address, passkeys, sessions and activity (contract §10).
//!
//! Every form is plain, except for adding a passkey. Each answer redirects, so that a reload repeats nothing.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::email::EmailAddress;
use keywright_domain::page::Page;
use keywright_domain::user::{Profile, ProfileChange, User};
use keywright_domain::{RequestContext, StoreError};
use keywright_service::Service;
use keywright_service::activity::list_activity;
use keywright_service::session::Principal;
use keywright_service::session::manage::list_sessions;
use keywright_service::user::{ChangeProfileError, FieldError, change_profile};
use keywright_web::{At, Endpoint, Problem, Settings};

use crate::activity::ActivityEntry;
use crate::form::Form;
use crate::page;
use crate::passkey::PasskeySection;
use crate::problem::{ProblemPage, report};
use crate::session::SessionEntry;
use crate::step_up::{self, Draft, Reason};
use crate::visitor::{Visitor, sign_in_first};
use crate::wording::{Field, Wording};

pub const PATH: &str = "/account";

/// The target after the profile is saved.
const SAVED: &str = "/account?saved=1";

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at(PATH).get(show).post(save));
}

#[derive(Template)]
#[template(path = "account.html")]
pub struct Account<'a> {
    words: &'static Wording,
    email: &'a str,
    is_saved: bool,
    is_refused: bool,
    fields: [ProfileField; 4],
    pub email_change: EmailSection,
    passkeys: PasskeySection,
    sessions: Vec<SessionEntry>,
    /// True if the list leaves some out.
    has_more_sessions: bool,
    activity: Vec<ActivityEntry>,
}

/// A field of the profile.
struct ProfileField {
    name: &'static str,
    /// The types of the input and of its autofill (HTML §4.10.5 and §4.10.18.7).
    kind: &'static str,
    autocomplete: &'static str,
    words: &'static Field,
    value: String,
    is_wrong: bool,
}

/// The values in the form of the profile.
#[derive(Debug, Default)]
struct ProfileForm {
    name: String,
    avatar_url: String,
    locale: String,
    time_zone: String,
}

/// The section about the email address.
#[derive(Debug)]
pub struct EmailSection {
    /// The requested address, which has yet to be confirmed.
    pub pending: Option<String>,
    pub typed: String,
    pub notice: Option<EmailNotice>,
}

/// The notice above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailNotice {
    /// The visitor has signed in again for this.
    SignedInAgain,
    Invalid,
    TooMany,
}

impl EmailSection {
    /// The section of `user`.
    fn new(user: &User) -> Self {
        let pending = user.pending_email.as_ref().map(EmailAddress::as_str).map(ToOwned::to_owned);
        Self { pending, typed: String::new(), notice: None }
    }

    /// The section with the text typed before the sign-in.
    fn with_draft(self, draft: &Draft) -> Self {
        Self { typed: draft.text.clone(), notice: Some(EmailNotice::SignedInAgain), ..self }
    }

    /// True if the notice reports an error.
    fn is_refused(&self) -> bool {
        matches!(self.notice, Some(EmailNotice::Invalid | EmailNotice::TooMany))
    }
}

/// `GET /account`
async fn show(
    request: HttpRequest,
    visitor: Visitor,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let is_saved = page::parameter(&request, "saved").is_some();
    let done = page::parameter(&request, "passkey");
    let page = account(&service, principal, visitor.words, &at).await?;
    let passkeys = page.passkeys.with_done(done.as_deref(), &visitor.words.passkeys.list);
    let page = Account { is_saved, passkeys, ..page };
    match Draft::from_request(&request, principal.user.id, &settings) {
        Some(draft) => step_up::clear_draft(page::html(StatusCode::OK, &page.with_draft(&draft)), &settings),
        None => Ok(page::html(StatusCode::OK, &page)),
    }
}

impl Account<'_> {
    /// The page with the text typed before the sign-in.
    fn with_draft(self, draft: &Draft) -> Self {
        match draft.reason {
            Reason::ChangeEmail => Self { email_change: self.email_change.with_draft(draft), ..self },
            Reason::AddPasskey => Self { passkeys: self.passkeys.with_draft(draft), ..self },
            Reason::RemovePasskey => self,
        }
    }
}

/// The page without drafts and errors.
pub async fn account<'a>(
    service: &Service,
    principal: &'a Principal,
    words: &'static Wording,
    at: &RequestContext,
) -> Result<Account<'a>, StoreError> {
    let sessions = list_sessions(service, principal, Page::default(), at).await?;
    let activity = list_activity(service, principal, Page::default(), at).await?;
    let current = &principal.session;
    let others = sessions.items.iter().filter(|session| session.id != current.id);
    let shown = std::iter::once(current).chain(others);
    Ok(Account {
        words,
        email: principal.user.email.as_str(),
        is_saved: false,
        is_refused: false,
        fields: profile_fields(&ProfileForm::from_profile(&principal.user.profile), &[], words),
        email_change: EmailSection::new(&principal.user),
        passkeys: PasskeySection::load(service, principal, words, at).await?,
        has_more_sessions: sessions.pages(Page::USUAL) > 1,
        sessions: shown.map(|session| SessionEntry::new(session, current.id, service, words, at)).collect(),
        activity: activity.items.iter().map(|activity| ActivityEntry::new(activity, words, at)).collect(),
    })
}

/// `POST /account`: the profile.
async fn save(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let values = ProfileForm::from_form(&form);
    let change = values.to_change(&principal.user.profile);
    match change_profile(&service, principal, &change, &at).await {
        Ok(_) => Ok(page::see_other(SAVED)),
        Err(ChangeProfileError::Invalid(errors)) => {
            let problem = Problem::validations(errors.iter().copied());
            let fields = profile_fields(&values, &errors, visitor.words);
            let page = account(&service, principal, visitor.words, &at).await?;
            let page = Account { is_refused: true, fields, ..page };
            Ok(report(&problem, page::html(problem.status, &page)))
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

fn profile_fields(values: &ProfileForm, errors: &[FieldError], words: &'static Wording) -> [ProfileField; 4] {
    let profile = &words.account.profile;
    let entry = |name, kind, autocomplete, words, value: &str| ProfileField {
        name,
        kind,
        autocomplete,
        words,
        value: value.to_owned(),
        is_wrong: errors.iter().any(|(field, _)| *field == name),
    };
    [
        entry("name", "text", "name", &profile.name, &values.name),
        entry("avatar_url", "url", "photo", &profile.avatar_url, &values.avatar_url),
        entry("locale", "text", "language", &profile.locale, &values.locale),
        entry("time_zone", "text", "off", &profile.time_zone, &values.time_zone),
    ]
}

impl ProfileForm {
    /// The longest value that the page repeats; no valid one is longer.
    const LONGEST: usize = 2048;

    fn from_profile(profile: &Profile) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            name: text(&profile.name),
            avatar_url: text(&profile.avatar_url),
            locale: text(&profile.locale),
            time_zone: text(&profile.time_zone),
        }
    }

    fn from_form(form: &Form) -> Self {
        let text = |name| form.text(name).trim().chars().take(Self::LONGEST + 1).collect();
        Self {
            name: text("name"),
            avatar_url: text("avatar_url"),
            locale: text("locale"),
            time_zone: text("time_zone"),
        }
    }

    /// The change to `before`. A field that was and is empty stays as it is; only the picture can be removed.
    fn to_change(&self, before: &Profile) -> ProfileChange {
        let said = |text: &String, before: &Option<String>| {
            (!text.is_empty() || before.is_some()).then(|| text.clone())
        };
        ProfileChange {
            name: said(&self.name, &before.name),
            avatar_url: Some(Some(self.avatar_url.clone()).filter(|text| !text.is_empty())),
            locale: said(&self.locale, &before.locale),
            time_zone: said(&self.time_zone, &before.time_zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_changes_nothing_and_only_the_picture_can_be_removed() {
        let nothing = ProfileForm::default().to_change(&Profile::default());
        assert_eq!(nothing, ProfileChange { avatar_url: Some(None), ..ProfileChange::default() });

        let before = Profile { name: Some("Ada".to_owned()), ..Profile::default() };
        let emptied = ProfileForm::default().to_change(&before);
        assert_eq!(emptied.name.as_deref(), Some(""), "the service refuses it");
        assert_eq!(ProfileForm::from_profile(&before).to_change(&before).name.as_deref(), Some("Ada"));
    }
}
