//! The sessions on /account (contract §7).

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use keywright_domain::RequestContext;
use keywright_domain::client::ClientName;
use keywright_domain::id::SessionId;
use keywright_domain::session::Session;
use keywright_service::Service;
use keywright_service::session::manage::{EndError, end_others, end_session};
use keywright_web::{At, Endpoint, Problem};
use uuid::Uuid;

use crate::client_info::whereabouts;
use crate::form::Form;
use crate::page;
use crate::problem::ProblemPage;
use crate::visitor::{Visitor, sign_in_first};
use crate::wording::Wording;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/account/sessions/end").get(redirect_back).post(end))
        .service(Endpoint::at("/account/sessions/end-others").get(redirect_back).post(end_all_others));
}

/// The list of the sessions.
const SESSIONS: &str = "/account#sessions";

/// A session in the list on /account.
pub struct SessionEntry {
    pub id: Uuid,
    pub title: String,
    pub is_current: bool,
    pub whereabouts: String,
    pub signed_in: String,
    pub used: String,
}

impl SessionEntry {
    /// The entry of `session` for its owner, whose own session is `current`.
    pub fn new(
        session: &Session,
        current: SessionId,
        service: &Service,
        words: &'static Wording,
        at: &RequestContext,
    ) -> Self {
        let client = service.clients.find(Some(session.client_id.as_str()), "");
        let client = client.map_or(session.client_id.as_str(), |client| &client.name);
        let texts = &words.account.sessions;
        Self {
            id: session.id.0,
            title: session.client_name.as_ref().map_or(client, ClientName::as_str).to_owned(),
            is_current: session.id == current,
            whereabouts: whereabouts(&session.client_info),
            signed_in: texts.signed_in.with(&words.durations.ago(at.now - session.created_at)),
            used: texts.used.with(&words.durations.ago(at.now - session.last_used_at)),
        }
    }
}

/// Redirects a GET for an address that only takes a form.
async fn redirect_back() -> HttpResponse {
    page::see_other(SESSIONS)
}

/// `POST /account/sessions/end`
async fn end(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let session = Uuid::try_parse(form.text("session"));
    let session = session.map_err(|_| Problem::validation("session", "is no identifier"))?;
    match end_session(&service, principal, SessionId(session), &at).await {
        // Ending a session that is already over is no error.
        Ok(()) | Err(EndError::NotFound) => Ok(page::see_other(SESSIONS)),
        Err(EndError::Store(error)) => Err(error.into()),
    }
}

/// `POST /account/sessions/end-others`
async fn end_all_others(
    _: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    end_others(&service, principal, &at).await?;
    Ok(page::see_other(SESSIONS))
}
