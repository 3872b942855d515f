//! The decision about a device (RFC 8628 §3.3).
//!
//! 1. The person signs in, if needed, and enters the code. A code in the address only fills in the form (§3.3.1).
//! 2. The page shows the client, its address and the time of its request (§5.4).
//! 3. The person approves or denies it.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::RequestContext;
use keywright_domain::client::ClientName;
use keywright_domain::client_info::UserAgent;
use keywright_domain::device_authorization::{
    Action, DeviceAuthorization, DeviceAuthorizationState, UserCode,
};
use keywright_domain::rate_limit::network;
use keywright_domain::user_agent::Described;
use keywright_service::Service;
use keywright_service::device_authorization::{DecideError, decide, look};
use keywright_service::session::Principal;
use keywright_web::{At, Endpoint, Problem};
use url::form_urlencoded;

use crate::form::Form;
use crate::notice::Notice;
use crate::page;
use crate::problem::{ProblemPage, report};
use crate::visitor::Visitor;
use crate::wording::{Announcement, Wording};

pub fn routes(config: &mut ServiceConfig) {
    config.service(Endpoint::at("/device-verify").get(enter).post(submit));
}

#[derive(Template)]
#[template(path = "device_sign_in.html")]
struct DeviceSignInPage {
    words: &'static Wording,
    /// The page to come back to, encoded as a query value.
    next: String,
}

#[derive(Template)]
#[template(path = "device_code.html")]
struct EnterCode<'a> {
    words: &'static Wording,
    notice: Option<Notice>,
    email: &'a str,
    code: &'a str,
}

#[derive(Template)]
#[template(path = "device_consent.html")]
struct Consent<'a> {
    words: &'static Wording,
    email: &'a str,
    code: String,
    client: &'a str,
    client_id: &'a str,
    client_name: Option<&'a str>,
    address: Option<String>,
    /// The visitor's address, if the device asked from another network.
    other_network: Option<&'a str>,
    program: Described,
    user_agent: Option<&'a str>,
    asked: String,
}

/// A result after which the page offers no decision.
#[derive(Clone, Copy)]
enum Outcome {
    Approved,
    Denied,
    AlreadyDecided,
    OpenedByDevice,
    NotFresh,
}

#[derive(Template)]
#[template(path = "device_outcome.html")]
struct OutcomePage {
    words: &'static Wording,
    announcement: &'static Announcement,
    is_alarm: bool,
    /// The path and the text of the link below.
    next: Option<(&'static str, &'static str)>,
}

/// The page about `outcome`.
fn outcome_page(status: StatusCode, outcome: Outcome, words: &'static Wording) -> HttpResponse {
    let outcomes = &words.outcomes;
    let (announcement, next) = match outcome {
        Outcome::Approved => (&outcomes.approved, None),
        Outcome::Denied => (&outcomes.denied, None),
        Outcome::AlreadyDecided => (&outcomes.already_decided, Some(("/device-verify", outcomes.new_code))),
        Outcome::OpenedByDevice => (&outcomes.opened_by_device, None),
        Outcome::NotFresh => (&outcomes.not_fresh, Some(("/sign-in", outcomes.sign_in_again))),
    };
    page::html(status, &OutcomePage { words, announcement, is_alarm: !status.is_success(), next })
}

/// `GET /device-verify`
async fn enter(request: HttpRequest, visitor: Visitor) -> HttpResponse {
    let given = page::parameter(&request, "code").or_else(|| page::parameter(&request, "user_code"));
    // A link must not put other text into this page.
    let code = given.as_deref().and_then(UserCode::parse).map(|code| code.to_string()).unwrap_or_default();
    let words = visitor.words;
    match &visitor.principal {
        Some(principal) => {
            let email = principal.user.email.as_str();
            page::html(StatusCode::OK, &EnterCode { words, notice: None, email, code: &code })
        }
        None => sign_in_first(StatusCode::OK, &code, words),
    }
}

/// `POST /device-verify`: without an action it shows the consent page.
async fn submit(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let code = match form.text("code") {
        "" => form.text("user_code"),
        code => code,
    };
    let words = visitor.words;
    let Some(principal) = visitor.principal else {
        let code = UserCode::parse(code).map(|code| code.to_string()).unwrap_or_default();
        let problem = Problem::unauthorized();
        return Ok(report(&problem, sign_in_first(problem.status, &code, words)));
    };
    let page = match form.text("action") {
        "" => consent_page(&service, &principal, code, &at, words).await,
        "approve" => {
            let approved = decide(&service, &principal, code, Action::Approve, &at).await;
            approved.map(|_| outcome_page(StatusCode::OK, Outcome::Approved, words))
        }
        "deny" => {
            let denied = decide(&service, &principal, code, Action::Deny, &at).await;
            denied.map(|_| outcome_page(StatusCode::OK, Outcome::Denied, words))
        }
        _ => return Err(Problem::validation("action", "can be approve or deny").into()),
    };
    Ok(page.unwrap_or_else(|error| error_page(error, &principal, code, words)))
}

async fn consent_page(
    service: &Service,
    principal: &Principal,
    code: &str,
    at: &RequestContext,
    words: &'static Wording,
) -> Result<HttpResponse, DecideError> {
    let (code, found) = look(service, principal, code, at).await?;
    if found.state != DeviceAuthorizationState::Pending {
        return Err(DecideError::AlreadyDecided);
    }
    let client = service.clients.find(Some(found.client_id.as_str()), "");
    let client = client.map_or(found.client_id.as_str(), |client| &client.name);
    let here = other_network(&found, at).map(|here| here.to_string());
    let email = principal.user.email.as_str();
    let page = Consent { other_network: here.as_deref(), ..consent(email, &code, client, &found, at, words) };
    Ok(page::html(StatusCode::OK, &page))
}

/// The visitor's address, if the device asked from another network.
fn other_network(found: &DeviceAuthorization, at: &RequestContext) -> Option<IpAddr> {
    let (device, here) = (found.client_info.ip?, at.client_info.ip?);
    (network(device) != network(here)).then_some(here)
}

fn consent<'a>(
    email: &'a str,
    code: &UserCode,
    client: &'a str,
    found: &'a DeviceAuthorization,
    at: &RequestContext,
    words: &'static Wording,
) -> Consent<'a> {
    let user_agent = found.client_info.user_agent.as_ref().map(UserAgent::as_str);
    Consent {
        words,
        email,
        code: code.to_string(),
        client,
        client_id: found.client_id.as_str(),
        client_name: found.client_name.as_ref().map(ClientName::as_str),
        address: found.client_info.ip.map(|ip| ip.to_string()),
        other_network: None,
        program: user_agent.map(Described::of).unwrap_or_default(),
        user_agent,
        asked: words.durations.ago(at.now - found.requested_at),
    }
}

/// The page about `error`: the form again if another try may help.
fn error_page(
    error: DecideError,
    principal: &Principal,
    code: &str,
    words: &'static Wording,
) -> HttpResponse {
    let outcome = match error {
        DecideError::AlreadyDecided => Some(Outcome::AlreadyDecided),
        DecideError::OpenedByDevice => Some(Outcome::OpenedByDevice),
        DecideError::NotFresh => Some(Outcome::NotFresh),
        _ => None,
    };
    let problem = Problem::from(error);
    let page = if let Some(outcome) = outcome {
        outcome_page(problem.status, outcome, words)
    } else {
        let notice = Some(Notice::of(&problem));
        // The page repeats the code, and no valid one is longer.
        let code: String = code.chars().take(64).collect();
        let email = principal.user.email.as_str();
        page::html(problem.status, &EnterCode { words, notice, email, code: &code })
    };
    report(&problem, page)
}

fn sign_in_first(status: StatusCode, code: &str, words: &'static Wording) -> HttpResponse {
    let mut next = "/device-verify".to_owned();
    if !code.is_empty() {
        next.push_str("?code=");
        next.push_str(code);
    }
    let next = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    page::html(status, &DeviceSignInPage { words, next })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use keywright_domain::client::ClientId;
    use keywright_domain::client_info::ClientInfo;
    use keywright_domain::clock::Clock;
    use keywright_domain::device_authorization::UserCodeDigest;
    use keywright_domain::entropy::Entropy;
    use keywright_domain::id::DeviceAuthorizationId;
    use uuid::Uuid;

    use super::*;

    const HOSTILE: &str = "\"'><script>alert(1)</script>\u{202e}";

    fn english() -> &'static Wording {
        crate::wording::for_request(&actix_web::test::TestRequest::default().to_http_request())
    }

    struct FixedSource;

    impl Clock for FixedSource {
        fn now(&self) -> DateTime<chrono::Utc> {
            DateTime::UNIX_EPOCH + TimeDelta::seconds(130)
        }
    }

    impl Entropy for FixedSource {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn asked(client_name: Option<&str>, client_info: ClientInfo) -> DeviceAuthorization {
        DeviceAuthorization {
            id: DeviceAuthorizationId(Uuid::nil()),
            user_code: UserCodeDigest([0; 32]),
            client_id: ClientId::from_trusted("cli"),
            client_name: client_name.and_then(|name| ClientName::parse(name).unwrap()),
            scope_was_narrowed: false,
            requested_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(10),
            client_info,
            state: DeviceAuthorizationState::Pending,
        }
    }

    fn consent_to(found: &DeviceAuthorization) -> Consent<'_> {
        let at = RequestContext::new(&FixedSource, &FixedSource, None, ClientInfo::default());
        let code = UserCode::parse("WDJB-MJHT").unwrap();
        consent("ada@example.com", &code, "Command line", found, &at, english())
    }

    #[test]
    fn the_page_shows_the_client_its_address_and_the_time_of_its_request() {
        let origin = ClientInfo {
            ip: Some([203, 0, 113, 7].into()),
            user_agent: UserAgent::new("keywright/0.1 (Linux)"),
        };

        let page = consent_to(&asked(Some("Ada's laptop"), origin)).render().unwrap();

        for shown in [
            "WDJB-MJHT",
            "Ada&#39;s laptop",
            "unverified",
            "client id <bdi>cli</bdi>",
            "203.0.113.7",
            "keywright/0.1 (Linux)",
            "2 minutes ago",
            "Did you start this on your own device?",
            r#"name="action" value="approve""#,
            r#"name="action" value="deny""#,
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
    }

    #[test]
    fn a_device_s_own_words_are_isolated_text() {
        let origin = ClientInfo { ip: None, user_agent: UserAgent::new(HOSTILE) };
        let found = asked(None, origin);

        let by_agent = consent_to(&found).render().unwrap();
        let by_name = Consent { client_name: Some(HOSTILE), ..consent_to(&found) }.render().unwrap();

        for page in [by_agent, by_name] {
            assert!(!page.contains("<script"), "{page}");
            // A direction override ends with its element.
            assert!(page.contains("&#60;/script&#62;\u{202e}</bdi>"), "{page}");
        }
    }

    #[test]
    fn the_sign_in_link_keeps_the_code() {
        let bytes =
            |response: HttpResponse| actix_web::body::MessageBody::try_into_bytes(response.into_body());

        let page = bytes(sign_in_first(StatusCode::OK, "WDJB-MJHT", english())).unwrap();

        let page = std::str::from_utf8(&page).unwrap();
        assert!(page.contains(r#"href="/sign-in?next=%2Fdevice-verify%3Fcode%3DWDJB-MJHT""#), "{page}");
    }
}
