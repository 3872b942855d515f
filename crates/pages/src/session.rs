//! Who looks at a page, and signing out.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::RequestContext;
use keywright_domain::client::ClientName;
use keywright_domain::id::SessionId;
use keywright_domain::session::Session;
use keywright_service::Service;
use keywright_service::session::manage::{EndError, end_others, end_session};
use keywright_service::session::{
    AuthenticateError, Principal, authenticate_cookie, session_of_cookie, sign_out,
};
use keywright_web::caller::Shown;
use keywright_web::{At, Endpoint, Problem, Settings, cookie};
use uuid::Uuid;

use crate::client_info::whereabouts;
use crate::form::Form;
use crate::problem::ProblemPage;
use crate::wording::Wording;
use crate::{page, user, wording};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/sign-out").post(leave))
        .service(Endpoint::at("/account/sessions/end").get(back).post(end))
        .service(Endpoint::at("/account/sessions/end-others").get(back).post(end_all_others));
}

/// Where what is done about sessions is to be seen.
const SESSIONS: &str = "/account#sessions";

/// A session, as the account's page shows it.
pub struct Open {
    pub id: Uuid,
    pub title: String,
    pub is_current: bool,
    pub whereabouts: String,
    pub signed_in: String,
    pub used: String,
}

impl Open {
    /// `session` for its owner, who looks at it now by the session `current`.
    pub fn of(
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
            signed_in: texts.signed_in.with(&words.spans.ago(at.now - session.created_at)),
            used: texts.used.with(&words.spans.ago(at.now - session.last_used_at)),
        }
    }
}

/// Who looks at a page.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who is signed in in this browser; none is a normal visitor, too.
    pub principal: Option<Principal>,
    /// What the page says to them.
    pub words: &'static Wording,
}

impl FromRequest for Visitor {
    type Error = ProblemPage;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ProblemPage>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let service = request.app_data::<web::Data<Service>>().cloned();
        let settings = request.app_data::<web::Data<Settings>>().cloned();
        let shown = settings.map(|settings| Shown::by(request, &settings));
        let at = At::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let (Some(service), Some(shown)) = (service, shown) else {
                return Err(Problem::internal().into());
            };
            let stranger = Self { principal: None, words: wording::of(&request) };
            let Shown::Cookie(cookie) = shown else { return Ok(stranger) };
            let at = at.await?;
            match authenticate_cookie(&service, &cookie, &at).await {
                Ok(principal) => {
                    let words = wording::of_user(&request, &principal.user);
                    Ok(Self { principal: Some(principal), words })
                }
                Err(AuthenticateError::Store(error)) => Err(error.into()),
                Err(_) => Ok(stranger),
            }
        })
    }
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedIn<'a> {
    words: &'static Wording,
    email: &'a str,
    next: &'a str,
}

/// The page for somebody who is signed in; `next` is where they were going, or empty.
pub fn signed_in(principal: &Principal, next: &str, words: &'static Wording) -> HttpResponse {
    page::html(StatusCode::OK, &SignedIn { words, email: principal.user.email.as_str(), next })
}

/// GET of what only a form leads to: somebody came back to its address.
async fn back() -> HttpResponse {
    page::see_other(SESSIONS)
}

/// `POST /account/sessions/end`
async fn end(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let session = Uuid::try_parse(form.text("session"));
    let session = session.map_err(|_| Problem::validation("session", "is no identifier"))?;
    match end_session(&service, principal, SessionId(session), &at).await {
        // One that is over already is what was wanted.
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
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    end_others(&service, principal, &at).await?;
    Ok(page::see_other(SESSIONS))
}

/// `POST /sign-out`
async fn leave(
    request: HttpRequest,
    _: Form,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let session = cookie::of(&request, &settings).and_then(|cookie| session_of_cookie(&service, &cookie));
    if let Some(session) = session {
        sign_out(&service, session, &at).await?;
    }
    let mut response = page::see_other("/sign-in");
    // Fails only for a cookie that is no header value, and this one is ours.
    let _ = response.add_cookie(&cookie::cleared(&settings));
    Ok(response)
}
