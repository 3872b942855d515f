//! The passkeys of an account (contract §4).
//!
//! 1. /account lists them. Its script adds one through the API, because only a script can use an authenticator.
//! 2. /account/passkey renames and removes one with plain forms.
//! 3. The script of /sign-in signs in with one through the API.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::id::PasskeyId;
use keywright_domain::page::Page;
use keywright_domain::passkey::Passkey;
use keywright_domain::{RequestContext, StoreError};
use keywright_service::Service;
use keywright_service::passkey::{ManageError, list, remove, rename};
use keywright_service::session::Principal;
use keywright_web::{At, Endpoint, Problem, Settings};
use uuid::Uuid;

use crate::form::Form;
use crate::page;
use crate::problem::{ProblemPage, report};
use crate::step_up::{self, Draft, Reason};
use crate::visitor::{Visitor, sign_in_first};
use crate::wording::{PasskeyList, Wording};

/// The list of the passkeys.
const LIST: &str = "/account#passkeys";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/account/passkey").get(show).post(submit_name))
        .service(Endpoint::at("/account/passkey/remove").get(redirect_back).post(submit_removal))
        .service(Endpoint::at("/account/passkey/add").get(redirect_back).post(sign_in_to_add));
}

/// The section about passkeys, with the values that the script signals to authenticators (WebAuthn §5.1.10).
#[derive(Debug)]
pub struct PasskeySection {
    pub rp_id: String,
    /// In base64url, like the credential of each entry.
    pub user_handle: String,
    pub display_name: String,
    pub entries: Vec<PasskeyEntry>,
    /// The name typed for a new passkey.
    pub typed: String,
    /// True if the visitor has just signed in again to add a passkey.
    pub goes_on: bool,
    /// The text about a change just made.
    pub done: Option<&'static str>,
}

/// A passkey in the list.
#[derive(Debug)]
pub struct PasskeyEntry {
    pub id: Uuid,
    pub credential: String,
    pub name: String,
    pub provider: Option<&'static str>,
    pub added: String,
    pub used: String,
}

impl PasskeySection {
    /// Loads the section of `principal`.
    pub async fn load(
        service: &Service,
        principal: &Principal,
        words: &'static Wording,
        at: &RequestContext,
    ) -> Result<Self, StoreError> {
        let passkeys = list(service, principal, Page::default(), at).await?;
        let user = &principal.user;
        Ok(Self {
            rp_id: service.webauthn.rp_id().to_owned(),
            user_handle: URL_SAFE_NO_PAD.encode(user.id.0),
            display_name: user.profile.name.clone().unwrap_or_else(|| user.email.as_str().to_owned()),
            entries: passkeys.items.iter().map(|passkey| PasskeyEntry::new(passkey, words, at)).collect(),
            typed: String::new(),
            goes_on: false,
            done: None,
        })
    }

    /// The section with the name typed before the sign-in.
    pub fn with_draft(self, draft: &Draft) -> Self {
        Self { typed: draft.text.clone(), goes_on: true, ..self }
    }

    /// The section with the text about `change`, which the query names.
    pub fn with_done(self, change: Option<&str>, words: &PasskeyList) -> Self {
        let done = match change {
            Some("added") => Some(words.was_added),
            Some("renamed") => Some(words.was_renamed),
            Some("removed") => Some(words.was_removed),
            _ => None,
        };
        Self { done, ..self }
    }
}

impl PasskeyEntry {
    fn new(passkey: &Passkey, words: &'static Wording, at: &RequestContext) -> Self {
        let texts = &words.passkeys.list;
        let ago = |instant| words.durations.ago(at.now - instant);
        Self {
            id: passkey.id.0,
            credential: URL_SAFE_NO_PAD.encode(&passkey.credential_id.0),
            name: passkey.name.as_str().to_owned(),
            provider: passkey.provider(),
            added: texts.added.with(&ago(passkey.created_at)),
            used: passkey
                .last_used_at
                .map_or_else(|| texts.never_used.to_owned(), |used| texts.used.with(&ago(used))),
        }
    }
}

/// The page of one passkey.
#[derive(Template)]
#[template(path = "passkey.html")]
struct PasskeyPage<'a> {
    words: &'static Wording,
    passkey: PasskeyEntry,
    /// The text in the field for its name.
    typed: &'a str,
    notice: Option<PasskeyNotice>,
}

/// The reason why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PasskeyNotice {
    Name,
    Unconfirmed,
    Last,
}

/// `GET /account/passkey`
async fn show(
    request: HttpRequest,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let id = page::parameter(&request, "id").unwrap_or_default();
    passkey_page(&service, &visitor, &id, None, &at).await
}

/// The page of the passkey `id`; redirects to the list unless it belongs to the visitor.
async fn passkey_page(
    service: &Service,
    visitor: &Visitor,
    id: &str,
    refusal: Option<(PasskeyNotice, &Problem, &str)>,
    at: &RequestContext,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let words = visitor.words;
    let passkeys = list(service, principal, Page::default(), at).await?;
    let found = passkeys.items.iter().find(|passkey| Some(passkey.id) == parsed(id));
    let Some(entry) = found.map(|passkey| PasskeyEntry::new(passkey, words, at)) else {
        return Ok(redirect_back().await);
    };
    let name = entry.name.clone();
    Ok(match refusal {
        None => {
            page::html(StatusCode::OK, &PasskeyPage { words, passkey: entry, typed: &name, notice: None })
        }
        Some((notice, problem, typed)) => {
            let typed = if notice == PasskeyNotice::Name { typed } else { &name };
            let page = PasskeyPage { words, passkey: entry, typed, notice: Some(notice) };
            report(problem, page::html(problem.status, &page))
        }
    })
}

fn parsed(id: &str) -> Option<PasskeyId> {
    Uuid::try_parse(id).ok().map(PasskeyId)
}

/// Redirects to the list: for a GET of an address that only takes a form, and for an unknown passkey.
async fn redirect_back() -> HttpResponse {
    page::see_other(LIST)
}

/// `POST /account/passkey`: renames it.
async fn submit_name(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let (id, name) = (form.text("passkey"), form.text("name"));
    let Some(passkey) = parsed(id) else { return Ok(redirect_back().await) };
    match rename(&service, principal, passkey, name, &at).await {
        Ok(_) => Ok(page::see_other("/account?passkey=renamed#passkeys")),
        Err(ManageError::NotFound) => Ok(redirect_back().await),
        Err(error @ ManageError::Name(_)) => {
            let typed: String = name.chars().take(256).collect();
            let problem = Problem::from(error);
            passkey_page(&service, &visitor, id, Some((PasskeyNotice::Name, &problem, &typed)), &at).await
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `POST /account/passkey/remove`
async fn submit_removal(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let id = form.text("passkey");
    let Some(passkey) = parsed(id) else { return Ok(redirect_back().await) };
    if form.text("confirm") != "yes" {
        let problem = Problem::validation("confirm", "must be yes");
        return passkey_page(&service, &visitor, id, Some((PasskeyNotice::Unconfirmed, &problem, "")), &at)
            .await;
    }
    match remove(&service, principal, passkey, &at).await {
        Ok(()) => Ok(page::see_other("/account?passkey=removed#passkeys")),
        Err(ManageError::NotFound) => Ok(redirect_back().await),
        Err(ManageError::NotFresh) => {
            Ok(step_up::sign_in_again(Reason::RemovePasskey, &format!("/account/passkey?id={}", passkey.0)))
        }
        Err(error @ ManageError::LastCredential) => {
            let problem = Problem::from(error);
            passkey_page(&service, &visitor, id, Some((PasskeyNotice::Last, &problem, "")), &at).await
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `POST /account/passkey/add`: the script sends the form if the API requires a recent sign-in.
async fn sign_in_to_add(
    form: Form,
    visitor: Visitor,
    settings: web::Data<Settings>,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let draft = Draft::new(Reason::AddPasskey, principal.user.id, form.text("passkey_name"));
    step_up::sign_in_again_with_draft(&draft, LIST, &settings)
}
