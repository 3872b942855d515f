//! Who looks at a page, and signing out.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::Service;
use keywright_domain::session::flow::{
    AuthenticateError, Principal, authenticate_cookie, session_of_cookie, sign_out,
};
use keywright_http::caller::Shown;
use keywright_http::{At, Endpoint, Problem, Settings, cookie};

use crate::form::Form;
use crate::problem::ProblemPage;
use crate::wording::Wording;
use crate::{page, wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/sign-out").post(leave));
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
