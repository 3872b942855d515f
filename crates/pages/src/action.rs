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
use keywright_domain::action::flow::{ActionError, Done, Offered, act, look};
use keywright_domain::client::ClientName;
use keywright_domain::origin::UserAgent;
use keywright_domain::{Service, Stamp};
use keywright_http::body::JsonOrForm;
use keywright_http::{At, Endpoint, Problem};

use crate::problem::{ProblemPage, about};
use crate::{page, wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/action").get(show).post(press));
}

/// What the page says besides the device.
#[derive(Clone, Copy)]
enum Told {
    /// It can be done: there is a button.
    Open,
    /// It has been done just now.
    Done,
    /// There is nothing left to do.
    Over,
}

#[derive(Template)]
#[template(path = "action_device.html")]
struct Device<'a> {
    told: Told,
    token: &'a str,
    email: &'a str,
    client: &'a str,
    client_name: Option<&'a str>,
    address: Option<String>,
    user_agent: Option<&'a str>,
    asked: String,
}

#[derive(Template)]
#[template(path = "action_refused.html")]
struct Refused;

/// `GET /action`
async fn show(
    request: HttpRequest,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let token = page::parameter(&request, "token").unwrap_or_default();
    shown(&service, &token, None, &at).await
}

/// `POST /action`
async fn press(
    form: Result<JsonOrForm, Problem>,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let JsonOrForm(form) = form?;
    let token = form.text("token")?.unwrap_or_default();
    match act(&service, token, &at).await {
        Ok(done) => shown(&service, token, Some(done), &at).await,
        Err(error) => refused(error),
    }
}

async fn shown(
    service: &Service,
    token: &str,
    done: Option<Done>,
    at: &Stamp,
) -> Result<HttpResponse, ProblemPage> {
    let offer = match look(service, token, at).await {
        Ok(offer) => offer,
        Err(error) => return refused(error),
    };
    let told = match done {
        Some(Done::Done) => Told::Done,
        None if offer.is_open => Told::Open,
        Some(Done::NothingLeft) | None => Told::Over,
    };
    let Offered::EndDeviceSession(device) = &offer.offered;
    let client = service.clients.find(Some(device.client_id.as_str()), "");
    let page = Device {
        told,
        token,
        email: offer.to.as_str(),
        client: client.map_or(device.client_id.as_str(), |client| &client.name),
        client_name: device.client_name.as_ref().map(ClientName::as_str),
        address: device.origin.ip.map(|ip| ip.to_string()),
        user_agent: device.origin.user_agent.as_ref().map(UserAgent::as_str),
        asked: wording::ago(at.now - device.requested_at),
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// The page for a link that is none, or too old: it says nothing about which.
fn refused(error: ActionError) -> Result<HttpResponse, ProblemPage> {
    match error {
        ActionError::Refused => {
            let problem = Problem::not_found(error.to_string());
            Ok(about(&problem, page::html(problem.status, &Refused)))
        }
        ActionError::Store(error) => Err(error.into()),
    }
}
