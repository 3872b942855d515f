//! The account's e-mail address: asking for another one (contract §7). What the mails offer is in `action`.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use keywright_domain::email::EmailAddress;
use keywright_domain::user::{ProfileChange, User};
use keywright_service::Service;
use keywright_service::email_change::{AskError, ask, wanted};
use keywright_web::{At, Endpoint, Problem, Settings};

use crate::form::Form;
use crate::page;
use crate::problem::{ProblemPage, about};
use crate::session::Visitor;
use crate::step_up::{self, Draft, Reason};
use crate::user;

/// Where it is to be seen.
const HERE: &str = "/account#email";

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/account/email").get(back).post(change));
}

/// The address on the account's page.
#[derive(Debug)]
pub struct Section {
    /// The address that is wanted and has yet to be proven.
    pub pending: Option<String>,
    pub typed: String,
    pub told: Option<Told>,
}

/// What is told above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It took a sign-in to get here.
    GoOn,
    Wrong,
    TooMany,
}

impl Section {
    /// What there is of `user`.
    pub fn of(user: &User) -> Self {
        let pending = user.pending_email.as_ref().map(EmailAddress::as_str).map(ToOwned::to_owned);
        Self { pending, typed: String::new(), told: None }
    }

    /// The same with what was typed before a sign-in.
    pub fn going_on(self, draft: &Draft) -> Self {
        Self { typed: draft.text.clone(), told: Some(Told::GoOn), ..self }
    }

    /// Whether it tells of something that went wrong.
    pub fn is_refused(&self) -> bool {
        matches!(self.told, Some(Told::Wrong | Told::TooMany))
    }
}

/// GET of what only a form leads to.
async fn back() -> HttpResponse {
    page::see_other(HERE)
}

/// `POST /account/email`
async fn change(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let Some(principal) = &visitor.principal else { return Ok(user::sign_in_first()) };
    let typed: String = form.text("email").trim().chars().take(254).collect();
    let asked = match wanted(&service, principal, &typed, &at) {
        Ok(email) => ask(&service, principal, email, &ProfileChange::default(), &at).await,
        Err(error) => Err(error),
    };
    let (told, error) = match asked {
        Ok(_) => return Ok(back().await),
        Err(AskError::NotFresh) => {
            let draft = Draft::new(Reason::ChangeEmail, principal.user.id, &typed);
            return step_up::sign_in_again_with(&draft, HERE, &settings);
        }
        Err(error @ AskError::Invalid) => (Told::Wrong, error),
        Err(error @ AskError::OverBudget { .. }) => (Told::TooMany, error),
        Err(error) => return Err(Problem::from(error).into()),
    };
    let problem = Problem::from(error);
    let mut page = user::account(&service, principal, visitor.words, &at).await?;
    page.email_change.typed = typed;
    page.email_change.told = Some(told);
    Ok(about(&problem, page::html(problem.status, &page)))
}
