//! Signing in by mail.
//!
//! 1. [`request`]: a link is made and its mail queued, whoever the address belongs to.
//! 2. [`verify`]: its token or its code is redeemed for a session, once.

use chrono::TimeDelta;
use keywright_domain::access_token::SigningFailed;
use keywright_domain::activity::Event;
use keywright_domain::client::UnknownClient;
use keywright_domain::credential::Kind;
use keywright_domain::email::{EmailAddress, NotAnAddress};
use keywright_domain::error::StoreError;
use keywright_domain::id::{MagicLinkId, UserId};
use keywright_domain::magic_link::port::{Issued, Redeem, Redemption};
use keywright_domain::magic_link::redirect::LeadsElsewhere;
use keywright_domain::magic_link::{MagicLink, MagicLinkState, Proof, RedirectTo};
use keywright_domain::mail::{Mail, Template};
use keywright_domain::request_context::RequestContext;
use keywright_domain::security_event::SecurityEvent;
use keywright_domain::session::Session;
use keywright_domain::user::User;
use uuid::Uuid;

use crate::service::Service;
use crate::session::seed;
use crate::session::sign_in::{Grant, Wanted};

/// The answer to a request: nothing in it depends on the address.
#[derive(Clone, Copy, Debug)]
pub struct Requested {
    pub request_id: MagicLinkId,
    pub expires_in: TimeDelta,
}

/// Why no link is made. Says nothing about accounts.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("email {0}")]
    Email(#[from] NotAnAddress),
    #[error("redirect_to {0}")]
    RedirectTo(#[from] LeadsElsewhere),
    #[error("too many links were asked for")]
    OverBudget { retry_after: TimeDelta },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The presented proof.
#[derive(Clone, Debug)]
pub enum Presented {
    /// From the link.
    Token(String),
    /// From the text of the mail, on the device that asked.
    Code { request_id: Uuid, code: String },
}

/// A sign-in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub is_new: bool,
    pub session: Session,
    pub redirect_to: Option<RedirectTo>,
    pub grant: Grant,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Unknown, used, expired, a wrong code, a disabled account: all alike.
    #[error("the link or code is invalid, used or expired: ask for a new one")]
    Refused,
    #[error(transparent)]
    UnknownClient(#[from] UnknownClient),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// Makes a link for `email` and queues its mail. Whether the address has an account, or may have one, is
/// asked only when the mail is sent: so the answer and its time are the same.
pub async fn request(
    service: &Service,
    email: &str,
    redirect_to: Option<&str>,
    at: &RequestContext,
) -> Result<Requested, RequestError> {
    let rules = &service.rules;
    let email = EmailAddress::parse(email)?;
    let redirect_to = redirect_to
        .map(|text| RedirectTo::parse(text, &rules.public_url, &rules.redirect_origins))
        .transpose()?;
    let link = MagicLink {
        id: new_id(service, at),
        email: email.clone(),
        redirect_to,
        requested_at: at.now,
        expires_at: at.now + rules.magic_link_lifetime,
        client_info: at.client_info.clone(),
        state: MagicLinkState::Open { wrong_codes: 0 },
    };
    let mail = Mail::new(at.mail_id(), email, Template::MagicLink(link.id), at.now);
    match service.stores.magic_links.issue(&link, &mail, &rules.link_budget, &at.wait_budget).await? {
        Issued::Issued => Ok(Requested { request_id: link.id, expires_in: rules.magic_link_lifetime }),
        Issued::OverBudget(over) => {
            service.count(SecurityEvent::MailLimited);
            Err(RequestError::OverBudget { retry_after: over.free_at - at.now })
        }
    }
}

/// A new id whose token has no six digits in a row: in the mail only the code is to look like one.
fn new_id(service: &Service, at: &RequestContext) -> MagicLinkId {
    let draw = || MagicLinkId::new(at.now, service.entropy.as_ref());
    let mut id = draw();
    // One in a thousand has them: ten draws are as good as endless.
    for _ in 0..10 {
        let token = service.keyring.issue(Kind::MagicLink, id.0, 0);
        let looks_like_a_code = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
        if !token.expose().as_bytes().windows(6).any(looks_like_a_code) {
            break;
        }
        id = draw();
    }
    id
}

/// Redeems what is presented for a session.
pub async fn verify(
    service: &Service,
    presented: &Presented,
    wanted: Wanted,
    at: &RequestContext,
) -> Result<SignedIn, VerifyError> {
    let (kind, client_id, renew) = wanted.resolve(service)?;
    let refused = || {
        service.count(SecurityEvent::SignInFailed);
        VerifyError::Refused
    };
    let (link, proof) = proof(service, presented).ok_or_else(refused)?;
    let redeem = Redeem {
        link,
        proof,
        seed: seed(service, kind, client_id, None, at)?,
        renew,
        new_user: UserId::new(service.entropy.as_ref()),
        signup: service.rules.signup.clone(),
    };
    match service.stores.magic_links.redeem(&redeem, at).await? {
        Redemption::Refused => Err(refused()),
        Redemption::Redeemed { session, user, is_new, redirect_to } => {
            service.count(Event::SignedIn);
            let grant = Grant::of(service, &session, at)?;
            Ok(SignedIn { user, is_new, session, redirect_to, grant })
        }
    }
}

/// The link that is meant and how well it is proved. None if the token is not genuine.
fn proof(service: &Service, presented: &Presented) -> Option<(MagicLinkId, Proof)> {
    match presented {
        Presented::Token(token) => {
            let genuine = service.keyring.parse(Kind::MagicLink, token).ok()?;
            Some((MagicLinkId(genuine.record), Proof::Token))
        }
        Presented::Code { request_id, code } => {
            let is_right = service.keyring.is_sign_in_code(*request_id, code.trim());
            Some((MagicLinkId(*request_id), Proof::Code { is_right }))
        }
    }
}
