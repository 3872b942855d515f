//! The person in front of a page.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use keywright_service::Service;
use keywright_service::session::{AuthenticateError, Principal, authenticate_cookie};
use keywright_web::caller::Shown;
use keywright_web::{At, Problem, Settings};

use crate::problem::ProblemPage;
use crate::wording::Wording;
use crate::{page, wording};

/// The sender of a request for a page, signed in or not.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The session of this browser; `None` if it is signed out.
    pub principal: Option<Principal>,
    /// The texts in their language.
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
            let stranger = Self { principal: None, words: wording::for_request(&request) };
            let Shown::Cookie(cookie) = shown else { return Ok(stranger) };
            let at = at.await?;
            match authenticate_cookie(&service, &cookie, &at).await {
                Ok(principal) => {
                    let words = wording::for_user(&request, &principal.user);
                    Ok(Self { principal: Some(principal), words })
                }
                Err(AuthenticateError::Store(error)) => Err(error.into()),
                Err(_) => Ok(stranger),
            }
        })
    }
}

/// Sends a signed-out visitor to the sign-in page, which leads back to /account.
pub fn sign_in_first() -> HttpResponse {
    page::see_other("/sign-in?next=%2Faccount")
}
