//! The passkeys of an account (contract §4).
//!
//! 1. /account lists them, and its script adds one by the API: only a script can ask an authenticator.
//! 2. /account/passkey renames and removes one, by plain forms.
//! 3. /sign-in takes one, by the API as well.

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
use crate::problem::{ProblemPage, about};
use crate::session::Visitor;
use crate::step_up::{self, Draft, Reason};
use crate::user;
use crate::wording::Wording;
use crate::wording::passkey::Held as HeldWords;

/// Where they are to be seen.
const ALL: &str = "/account#passkeys";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/account/passkey").get(show).post(save))
        .service(Endpoint::at("/account/passkey/remove").get(back).post(take_away))
        .service(Endpoint::at("/account/passkey/add").get(back).post(sign_in_to_add));
}

/// The passkeys on the account's page, with what its script tells the authenticators (WebAuthn §5.1.10).
#[derive(Debug)]
pub struct Section {
    pub rp_id: String,
    /// In base64url, as is the credential of each.
    pub user_handle: String,
    pub display_name: String,
    pub held: Vec<Held>,
    /// The name of one that is to be added.
    pub typed: String,
    /// Whether it took a sign-in to get here.
    pub goes_on: bool,
    /// What has just been done.
    pub done: Option<&'static str>,
}

/// A passkey, as its owner sees it.
#[derive(Debug)]
pub struct Held {
    pub id: Uuid,
    pub credential: String,
    pub name: String,
    pub provider: Option<&'static str>,
    pub added: String,
    pub used: String,
}

impl Section {
    /// What there is of `principal`.
    pub async fn of(
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
            held: passkeys.items.iter().map(|passkey| Held::of(passkey, words, at)).collect(),
            typed: String::new(),
            goes_on: false,
            done: None,
        })
    }

    /// The same with what was typed before a sign-in.
    pub fn going_on(self, draft: &Draft) -> Self {
        Self { typed: draft.text.clone(), goes_on: true, ..self }
    }

    /// The same after what `word` says was done.
    pub fn after(self, word: Option<&str>, words: &HeldWords) -> Self {
        let done = match word {
            Some("added") => Some(words.was_added),
            Some("renamed") => Some(words.was_renamed),
            Some("removed") => Some(words.was_removed),
            _ => None,
        };
        Self { done, ..self }
    }
}

impl Held {
    fn of(passkey: &Passkey, words: &'static Wording, at: &RequestContext) -> Self {
        let said = &words.passkeys.held;
        let ago = |instant| words.spans.ago(at.now - instant);
        Self {
            id: passkey.id.0,
            credential: URL_SAFE_NO_PAD.encode(&passkey.credential_id.0),
            name: passkey.name.as_str().to_owned(),
            provider: passkey.provider(),
            added: said.added.with(&ago(passkey.created_at)),
            used: passkey
                .last_used_at
                .map_or_else(|| said.never_used.to_owned(), |used| said.used.with(&ago(used))),
        }
    }
}

/// The page of one passkey.
#[derive(Template)]
#[template(path = "passkey.html")]
struct One<'a> {
    words: &'static Wording,
    held: Held,
    /// What is in the field of its name.
    typed: &'a str,
    refused: Option<Refused>,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
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
    one(&service, &visitor, &id, None, &at).await
}

/// The page of the passkey `id` for who has it; for anybody else there is none.
async fn one(
    service: &Service,
    visitor: &Visitor,
    id: &str,
    refused: Option<(Refused, &Problem, &str)>,
    at: &RequestContext,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let words = visitor.words;
    let passkeys = list(service, principal, Page::default(), at).await?;
    let found = passkeys.items.iter().find(|passkey| Some(passkey.id) == parsed(id));
    let Some(held) = found.map(|passkey| Held::of(passkey, words, at)) else { return Ok(back().await) };
    let name = held.name.clone();
    Ok(match refused {
        None => page::html(StatusCode::OK, &One { words, held, typed: &name, refused: None }),
        Some((refused, problem, typed)) => {
            let typed = if refused == Refused::Name { typed } else { &name };
            let page = One { words, held, typed, refused: Some(refused) };
            about(problem, page::html(problem.status, &page))
        }
    })
}

fn parsed(id: &str) -> Option<PasskeyId> {
    Uuid::try_parse(id).ok().map(PasskeyId)
}

/// GET of what only a form leads to, and wherever there is no such passkey.
async fn back() -> HttpResponse {
    page::see_other(ALL)
}

/// `POST /account/passkey`: its name.
async fn save(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let (id, name) = (form.text("passkey"), form.text("name"));
    let Some(passkey) = parsed(id) else { return Ok(back().await) };
    match rename(&service, principal, passkey, name, &at).await {
        Ok(_) => Ok(page::see_other("/account?passkey=renamed#passkeys")),
        Err(ManageError::NotFound) => Ok(back().await),
        Err(error @ ManageError::Name(_)) => {
            let typed: String = name.chars().take(256).collect();
            let problem = Problem::from(error);
            one(&service, &visitor, id, Some((Refused::Name, &problem, &typed)), &at).await
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `POST /account/passkey/remove`
async fn take_away(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let id = form.text("passkey");
    let Some(passkey) = parsed(id) else { return Ok(back().await) };
    if form.text("confirm") != "yes" {
        let problem = Problem::validation("confirm", "must be yes");
        return one(&service, &visitor, id, Some((Refused::Unconfirmed, &problem, "")), &at).await;
    }
    match remove(&service, principal, passkey, &at).await {
        Ok(()) => Ok(page::see_other("/account?passkey=removed#passkeys")),
        Err(ManageError::NotFound) => Ok(back().await),
        Err(ManageError::NotFresh) => {
            Ok(step_up::sign_in_again(Reason::RemovePasskey, &format!("/account/passkey?id={}", passkey.0)))
        }
        Err(error @ ManageError::LastCredential) => {
            let problem = Problem::from(error);
            one(&service, &visitor, id, Some((Refused::Last, &problem, "")), &at).await
        }
        Err(error) => Err(Problem::from(error).into()),
    }
}

/// `POST /account/passkey/add`: the script was told that it takes a fresh sign-in.
async fn sign_in_to_add(
    form: Form,
    visitor: Visitor,
    settings: web::Data<Settings>,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let draft = Draft::new(Reason::AddPasskey, principal.user.id, form.text("passkey_name"));
    step_up::sign_in_again_with(&draft, ALL, &settings)
}
