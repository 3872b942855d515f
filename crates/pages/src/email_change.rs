//! Requests to change the account's email address (contract §7). The links in the mails lead to `action`.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use keywright_domain::user::ProfileChange;
use keywright_service::Service;
use keywright_service::email_change::{AskError, ask, wanted};
use keywright_web::{At, Endpoint, Problem, Settings};

use crate::account::{EmailNotice, account};
use crate::form::Form;
use crate::page;
use crate::problem::{ProblemPage, report};
use crate::step_up::{self, Draft, Reason};
use crate::visitor::{Visitor, sign_in_first};

/// The section about the address.
const SECTION: &str = "/account#email";

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/account/email").get(redirect_back).post(change));
}

/// Redirects a GET for an address that only takes a form.
async fn redirect_back() -> HttpResponse {
    page::see_other(SECTION)
}

/// `POST /account/email`
async fn change(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(sign_in_first()) };
    let typed: String = form.text("email").trim().chars().take(254).collect();
    let asked = match wanted(&service, principal, &typed, &at) {
        Ok(email) => ask(&service, principal, email, &ProfileChange::default(), &at).await,
        Err(error) => Err(error),
    };
    let (notice, error) = match asked {
        Ok(_) => return Ok(redirect_back().await),
        Err(AskError::NotFresh) => {
            let draft = Draft::new(Reason::ChangeEmail, principal.user.id, &typed);
            return step_up::sign_in_again_with_draft(&draft, SECTION, &settings);
        }
        Err(error @ AskError::Invalid) => (EmailNotice::Invalid, error),
        Err(error @ AskError::OverBudget { .. }) => (EmailNotice::TooMany, error),
        Err(error) => return Err(Problem::from(error).into()),
    };
    let problem = Problem::from(error);
    let mut page = account(&service, principal, visitor.words, &at).await?;
    page.email_change.typed = typed;
    page.email_change.notice = Some(notice);
    Ok(report(&problem, page::html(problem.status, &page)))
}
