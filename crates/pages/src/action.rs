//! The actions that mails offer (contract §10).
//!
//! 1. The link in the mail leads here with its token. The page only describes the action, because mail scanners open
//!    links too.
//! 2. The button takes the action, without a script or a cookie. The token is the only authority, so the request may
//!    come from any origin.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::RequestContext;
use keywright_domain::device_authorization::DeviceAuthorization;
use keywright_service::Service;
use keywright_service::action::{ActionError, Done, Offered, act, look};
use keywright_web::body::{Body, FORM};
use keywright_web::{At, Endpoint, Problem};
use serde::Deserialize;

use crate::problem::{ProblemPage, report};
use crate::wording::{ActionTexts, Step, Wording};
use crate::{page, wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/action").get(show).post(press));
}

#[derive(Template)]
#[template(path = "action.html")]
struct ActionPage<'a> {
    words: &'static Wording,
    step: &'static Step,
    is_open: bool,
    token: &'a str,
    email: &'a str,
    facts: Vec<(&'static str, String)>,
    button: &'static str,
}

#[derive(Template)]
#[template(path = "action_refused.html")]
struct RefusalPage {
    words: &'static Wording,
}

/// The form of the page's button.
#[derive(Deserialize)]
struct Press {
    token: Option<String>,
}

/// `GET /action`
async fn show(
    request: HttpRequest,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let token = page::parameter(&request, "token").unwrap_or_default();
    action_page(&service, &request, &token, None, &at).await
}

/// `POST /action`
async fn press(
    request: HttpRequest,
    form: Result<Body<Press, FORM>, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Body(Press { token }) = form?;
    let token = token.as_deref().unwrap_or_default();
    match act(&service, token, &at).await {
        Ok(done) => action_page(&service, &request, token, Some(done), &at).await,
        Err(error) => refused(error, wording::for_request(&request)),
    }
}

async fn action_page(
    service: &Service,
    request: &HttpRequest,
    token: &str,
    done: Option<Done>,
    at: &RequestContext,
) -> Result<HttpResponse, ProblemPage> {
    let words = wording::for_request(request);
    let offer = match look(service, token, at).await {
        Ok(offer) => offer,
        Err(error) => return refused(error, words),
    };
    let texts = texts_of(&offer.offered, words);
    let is_open = done.is_none() && offer.is_open;
    let step = match done {
        Some(Done::Done) => &texts.done,
        None if is_open => &texts.open,
        Some(Done::NothingLeft) | None => &texts.over,
    };
    let facts = facts(service, &offer.offered, words, at);
    let (email, button) = (offer.to.as_str(), texts.button);
    Ok(page::html(StatusCode::OK, &ActionPage { words, step, is_open, token, email, facts, button }))
}

fn texts_of(offered: &Offered, words: &'static Wording) -> &'static ActionTexts {
    match offered {
        Offered::EndDeviceSession(_) => &words.actions.end_device,
        Offered::ProveEmail(_) => &words.actions.prove_email,
        Offered::UndoEmail(_) => &words.actions.undo_email,
    }
}

/// The facts in the list, each with its name.
fn facts(
    service: &Service,
    offered: &Offered,
    words: &'static Wording,
    at: &RequestContext,
) -> Vec<(&'static str, String)> {
    match offered {
        Offered::EndDeviceSession(device) => device_facts(service, device, words, at),
        Offered::ProveEmail(change) | Offered::UndoEmail(change) => vec![
            (words.actions.old, change.old.to_string()),
            (words.actions.new, change.new.to_string()),
            (words.consent.asked, words.durations.ago(at.now - change.asked_at)),
        ],
    }
}

fn device_facts(
    service: &Service,
    device: &DeviceAuthorization,
    words: &'static Wording,
    at: &RequestContext,
) -> Vec<(&'static str, String)> {
    let texts = &words.consent;
    let or = |value: Option<String>, otherwise: &str| value.unwrap_or_else(|| otherwise.to_owned());
    let client = service.clients.find(Some(device.client_id.as_str()), "");
    let client = client.map_or(device.client_id.as_str(), |client| &client.name);
    let name = device.client_name.as_ref().map(|name| name.as_str().to_owned());
    let agent = device.client_info.user_agent.as_ref().map(|agent| agent.as_str().to_owned());
    vec![
        (texts.device_name, or(name, texts.none_given)),
        (texts.client, client.to_owned()),
        (texts.address, or(device.client_info.ip.map(|ip| ip.to_string()), texts.unknown)),
        (texts.user_agent, or(agent, texts.unknown)),
        (texts.asked, words.durations.ago(at.now - device.requested_at)),
    ]
}

/// The page for an unknown or expired link. It does not tell which.
fn refused(error: ActionError, words: &'static Wording) -> Result<HttpResponse, ProblemPage> {
    match error {
        ActionError::Refused => {
            let problem = Problem::not_found(error.to_string());
            Ok(report(&problem, page::html(problem.status, &RefusalPage { words })))
        }
        ActionError::Store(error) => Err(error.into()),
    }
}
