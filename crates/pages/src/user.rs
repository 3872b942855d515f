//! /account: what there is of a person here, for them to see and to change (contract §10).
//!
//! Plain forms, but for adding a passkey, each with an answer that leads back, so that a reload repeats nothing.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::page::Page;
use keywright_domain::user::{Profile, ProfileChange};
use keywright_domain::{RequestContext, StoreError};
use keywright_service::Service;
use keywright_service::activity::list_activity;
use keywright_service::session::Principal;
use keywright_service::session::manage::list_sessions;
use keywright_service::user::{ChangeProfileError, FieldError, change_profile};
use keywright_web::{At, Endpoint, Problem, Settings};

use crate::activity::Happened;
use crate::email_change::Told;
use crate::form::Form;
use crate::problem::{ProblemPage, about};
use crate::session::{Open, Visitor};
use crate::step_up::{self, Draft, Reason};
use crate::wording::Wording;
use crate::wording::account::Field;
use crate::{email_change, page, passkey};

pub const PATH: &str = "/account";

/// Where a saved profile leads.
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
    fields: [Entry; 4],
    pub email_change: email_change::Section,
    passkeys: passkey::Section,
    sessions: Vec<Open>,
    /// Whether there are more than these.
    has_more_sessions: bool,
    activity: Vec<Happened>,
}

/// A field of the profile.
struct Entry {
    name: &'static str,
    /// Types of an input and of what fills it in (HTML §4.10.5 and §4.10.18.7).
    kind: &'static str,
    autocomplete: &'static str,
    words: &'static Field,
    value: String,
    is_wrong: bool,
}

/// What is in the form of the profile.
#[derive(Debug, Default)]
struct Filled {
    name: String,
    avatar_url: String,
    locale: String,
    time_zone: String,
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
    let passkeys = page.passkeys.after(done.as_deref(), &visitor.words.passkeys.held);
    let page = Account { is_saved, passkeys, ..page };
    match Draft::of(&request, principal.user.id, &settings) {
        Some(draft) => step_up::picked_up(page::html(StatusCode::OK, &page.going_on(&draft)), &settings),
        None => Ok(page::html(StatusCode::OK, &page)),
    }
}

impl Account<'_> {
    /// The same with what was typed before a sign-in.
    fn going_on(self, draft: &Draft) -> Self {
        match draft.reason {
            Reason::ChangeEmail => Self { email_change: self.email_change.going_on(draft), ..self },
            Reason::AddPasskey => Self { passkeys: self.passkeys.going_on(draft), ..self },
            Reason::RemovePasskey => self,
        }
    }
}

/// The page as it is without anything special.
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
        fields: entries(&Filled::of(&principal.user.profile), &[], words),
        email_change: email_change::Section::of(&principal.user),
        passkeys: passkey::Section::of(service, principal, words, at).await?,
        has_more_sessions: sessions.pages(Page::USUAL) > 1,
        sessions: shown.map(|session| Open::of(session, current.id, service, words, at)).collect(),
        activity: activity.items.iter().map(|activity| Happened::of(activity, words, at)).collect(),
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
    let filled = Filled::by(&form);
    let change = filled.change(&principal.user.profile);
    match change_profile(&service, principal, &change, &at).await {
        Ok(_) => Ok(page::see_other(SAVED)),
        Err(ChangeProfileError::Invalid(errors)) => {
            let problem = Problem::validations(errors.iter().copied());
            let fields = entries(&filled, &errors, visitor.words);
            let page = account(&service, principal, visitor.words, &at).await?;
            let page = Account { is_refused: true, fields, ..page };
            Ok(about(&problem, page::html(problem.status, &page)))
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// Whoever is signed out comes back here afterwards.
pub fn sign_in_first() -> HttpResponse {
    page::see_other("/sign-in?next=%2Faccount")
}

fn entries(filled: &Filled, errors: &[FieldError], words: &'static Wording) -> [Entry; 4] {
    let profile = &words.account.profile;
    let entry = |name, kind, autocomplete, words, value: &str| Entry {
        name,
        kind,
        autocomplete,
        words,
        value: value.to_owned(),
        is_wrong: errors.iter().any(|(field, _)| *field == name),
    };
    [
        entry("name", "text", "name", &profile.name, &filled.name),
        entry("avatar_url", "url", "photo", &profile.avatar_url, &filled.avatar_url),
        entry("locale", "text", "language", &profile.locale, &filled.locale),
        entry("time_zone", "text", "off", &profile.time_zone, &filled.time_zone),
    ]
}

impl Filled {
    /// The longest value that comes back on a page: no right one is longer.
    const LONGEST: usize = 2048;

    fn of(profile: &Profile) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            name: text(&profile.name),
            avatar_url: text(&profile.avatar_url),
            locale: text(&profile.locale),
            time_zone: text(&profile.time_zone),
        }
    }

    fn by(form: &Form) -> Self {
        let text = |name| form.text(name).trim().chars().take(Self::LONGEST + 1).collect();
        Self {
            name: text("name"),
            avatar_url: text("avatar_url"),
            locale: text("locale"),
            time_zone: text("time_zone"),
        }
    }

    /// What is to change. A field that is as empty as before says nothing; only the picture can be removed.
    fn change(&self, before: &Profile) -> ProfileChange {
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
    fn what_is_left_empty_says_nothing_and_only_the_picture_can_be_removed() {
        let nothing = Filled::default().change(&Profile::default());
        assert_eq!(nothing, ProfileChange { avatar_url: Some(None), ..ProfileChange::default() });

        let before = Profile { name: Some("Ada".to_owned()), ..Profile::default() };
        let emptied = Filled::default().change(&before);
        assert_eq!(emptied.name.as_deref(), Some(""), "which is refused, and told");
        assert_eq!(Filled::of(&before).change(&before).name.as_deref(), Some("Ada"));
    }
}
