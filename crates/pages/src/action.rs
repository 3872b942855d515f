//! What a mail offers to do (contract §10).
//!
//! 1. The mail's link leads here with its token. The page shows what would be done, and nothing is: programs that
//!    look at mail open its links, too.
//! 2. A press does it. It needs neither a script nor a cookie: the token is all the authority there is, so where
//!    the press comes from is of no matter.

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

use crate::problem::{ProblemPage, about};
use crate::wording::Wording;
use crate::wording::action::{ActionWords, Step};
use crate::{page, wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/action").get(show).post(press));
}

#[derive(Template)]
#[template(path = "action.html")]
struct Page<'a> {
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
struct Refused {
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
    shown(&service, &request, &token, None, &at).await
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
        Ok(done) => shown(&service, &request, token, Some(done), &at).await,
        Err(error) => refused(error, wording::of(&request)),
    }
}

async fn shown(
    service: &Service,
    request: &HttpRequest,
    token: &str,
    done: Option<Done>,
    at: &RequestContext,
) -> Result<HttpResponse, ProblemPage> {
    let words = wording::of(request);
    let offer = match look(service, token, at).await {
        Ok(offer) => offer,
        Err(error) => return refused(error, words),
    };
    let said = said_about(&offer.offered, words);
    let is_open = done.is_none() && offer.is_open;
    let step = match done {
        Some(Done::Done) => &said.done,
        None if is_open => &said.open,
        Some(Done::NothingLeft) | None => &said.over,
    };
    let facts = facts(service, &offer.offered, words, at);
    let (email, button) = (offer.to.as_str(), said.button);
    Ok(page::html(StatusCode::OK, &Page { words, step, is_open, token, email, facts, button }))
}

fn said_about(offered: &Offered, words: &'static Wording) -> &'static ActionWords {
    match offered {
        Offered::EndDeviceSession(_) => &words.actions.end_device,
        Offered::ProveEmail(_) => &words.actions.prove_email,
        Offered::UndoEmail(_) => &words.actions.undo_email,
    }
}

/// What the page lists: a name and what goes by it.
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
            (words.consent.asked, words.spans.ago(at.now - change.asked_at)),
        ],
    }
}

fn device_facts(
    service: &Service,
    device: &DeviceAuthorization,
    words: &'static Wording,
    at: &RequestContext,
) -> Vec<(&'static str, String)> {
    let said = &words.consent;
    let or = |value: Option<String>, otherwise: &str| value.unwrap_or_else(|| otherwise.to_owned());
    let client = service.clients.find(Some(device.client_id.as_str()), "");
    let client = client.map_or(device.client_id.as_str(), |client| &client.name);
    let name = device.client_name.as_ref().map(|name| name.as_str().to_owned());
    let agent = device.client_info.user_agent.as_ref().map(|agent| agent.as_str().to_owned());
    vec![
        (said.device_name, or(name, said.none_given)),
        (said.client, client.to_owned()),
        (said.address, or(device.client_info.ip.map(|ip| ip.to_string()), said.unknown)),
        (said.user_agent, or(agent, said.unknown)),
        (said.asked, words.spans.ago(at.now - device.requested_at)),
    ]
}

/// The page for a link that is none, or too old: it says nothing about which.
fn refused(error: ActionError, words: &'static Wording) -> Result<HttpResponse, ProblemPage> {
    match error {
        ActionError::Refused => {
            let problem = Problem::not_found(error.to_string());
            Ok(about(&problem, page::html(problem.status, &Refused { words })))
        }
        ActionError::Store(error) => Err(error.into()),
    }
}
