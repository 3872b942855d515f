//! What the promises are made of: instants, stamps, seeds, links, authorizations and accounts. Nothing here asks
//! what time it is, and nothing sleeps.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::activity::{Activity, Event};
use keywright_domain::client::{ClientId, ClientName};
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_domain::clock::Clock;
use keywright_domain::device_authorization::port::{Begun, Decided};
use keywright_domain::device_authorization::{
    Action, Decision, DeviceAuthorization, DeviceAuthorizationState, UserCodeDigest,
};
use keywright_domain::email::EmailAddress;
use keywright_domain::entropy::{Entropy, random};
use keywright_domain::id::{DeviceAuthorizationId, MagicLinkId, SessionId, UserId};
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::magic_link::{LinkBudget, MagicLink, MagicLinkState, Proof};
use keywright_domain::mail::{Mail, Template};
use keywright_domain::page::Page;
use keywright_domain::rate_limit::Rate;
use keywright_domain::session::{
    Generation, Lifetimes, Refresh, RotationRules, Session, SessionKind, SessionSeed,
};
use keywright_domain::user::{SignupPolicy, User};
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, Stores};

pub use crate::race::{count, race};

/// The address of whoever signs in unless a promise needs somebody else.
pub const ADA: &str = "ada@example.com";
/// Somebody else.
pub const BOB: &str = "bob@example.org";

/// How long sessions last here.
pub const LIFETIMES: Lifetimes = Lifetimes { idle: TimeDelta::days(30), absolute: TimeDelta::days(180) };

/// As good as no budget.
pub const UNLIMITED: LinkBudget = LinkBudget {
    per_network: Rate { count: u32::MAX, per: TimeDelta::minutes(15) },
    per_email: Rate { count: u32::MAX, per: TimeDelta::hours(1) },
};

/// How many race.
pub const RACERS: usize = 16;

/// Instants are counted in seconds from 2026-01-01T00:00:00.123Z: no store may round them.
pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_767_225_600_123).unwrap() + TimeDelta::seconds(second)
}

/// Bytes that look random and come in the same order in every run.
pub struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: a counter, well mixed, so that no two draws are alike.
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.iter_mut().zip(word.to_be_bytes()).for_each(|(byte, random)| *byte = random);
        }
    }
}

/// The randomness of every promise.
pub static ENTROPY: Seeded = Seeded(AtomicU64::new(0));

struct Still(DateTime<Utc>);

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// A request of its own at [`at`]`(second)`.
pub fn request_context(second: i64) -> RequestContext {
    context_at(at(second))
}

/// A request of its own at `instant`.
pub fn context_at(instant: DateTime<Utc>) -> RequestContext {
    context_from(instant, client_info("203.0.113.7", "keywright/1.0 (Linux)"))
}

/// A request of its own at `instant` from `origin`.
pub fn context_from(instant: DateTime<Utc>, client_info: ClientInfo) -> RequestContext {
    RequestContext::new(&Still(instant), &ENTROPY, None, client_info)
}

/// An address and a user agent.
pub fn client_info(ip: &str, user_agent: &str) -> ClientInfo {
    ClientInfo { ip: Some(ip.parse().unwrap()), user_agent: UserAgent::new(user_agent) }
}

/// The address in `text`.
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// An id that no store knows.
pub fn unknown_session() -> SessionId {
    SessionId::new(at(0), &ENTROPY)
}

/// An id that no store knows.
pub fn unknown_user() -> UserId {
    UserId::new(&ENTROPY)
}

/// What a session of `kind` will be: through `web` for browsers, else through `cli`.
pub fn seed(kind: SessionKind, second: i64) -> SessionSeed {
    let client = if kind == SessionKind::Browser { ClientId::WEB } else { ClientId::CLI };
    SessionSeed {
        id: SessionId::new(at(second), &ENTROPY),
        kind,
        client_id: ClientId::from_trusted(client),
        client_name: ClientName::parse("Ada's laptop (2)").unwrap(),
        lifetimes: LIFETIMES,
    }
}

/// A link to `address` that is good for 15 minutes.
pub fn link(address: &str, second: i64) -> MagicLink {
    MagicLink {
        id: MagicLinkId::new(at(second), &ENTROPY),
        email: email(address),
        redirect_to: None,
        requested_at: at(second),
        expires_at: at(second) + TimeDelta::minutes(15),
        client_info: client_info("2001:db8::7", "Mozilla/5.0"),
        state: MagicLinkState::Open { wrong_codes: 0 },
    }
}

/// The mail that carries `link`, due when the link was asked for.
pub fn mail(link: &MagicLink) -> Mail {
    let id = context_at(link.requested_at).mail_id();
    Mail::new(id, link.email.clone(), Template::MagicLink(link.id), link.requested_at)
}

/// The redemption of `link` with its token, for a session of `kind`; everybody may open an account.
pub fn redeem(link: &MagicLink, kind: SessionKind, second: i64) -> Redeem {
    Redeem {
        link: link.id,
        proof: Proof::Token,
        seed: seed(kind, second),
        renew: None,
        new_user: UserId::new(&ENTROPY),
        signup: SignupPolicy::Open,
    }
}

/// A link to `address` that the store has issued.
pub async fn issue(stores: &Stores, address: &str, second: i64) -> MagicLink {
    let link = link(address, second);
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED, &WaitBudget::NONE).await.unwrap();
    link
}

/// Redeems a new link to `address`: the one way to an account.
pub async fn sign_in(stores: &Stores, address: &str, kind: SessionKind, second: i64) -> (Session, User) {
    let seed = seed(kind, second);
    sign_in_with(stores, address, seed, &request_context(second)).await
}

/// The same for a session of `seed`.
pub async fn sign_in_with(
    stores: &Stores,
    address: &str,
    seed: SessionSeed,
    at: &RequestContext,
) -> (Session, User) {
    let link =
        MagicLink { requested_at: at.now, expires_at: at.now + TimeDelta::minutes(15), ..link(address, 0) };
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED, &at.wait_budget).await.unwrap();
    let redeem = Redeem { seed, ..redeem(&link, SessionKind::Tokens, 0) };
    match stores.magic_links.redeem(&redeem, at).await.unwrap() {
        Redemption::Redeemed { session, user, .. } => (session, user),
        Redemption::Refused => panic!("{address} was not signed in"),
    }
}

/// A device that asks to be signed in within ten minutes.
pub fn authorization(second: i64) -> DeviceAuthorization {
    DeviceAuthorization {
        id: DeviceAuthorizationId::new(at(second), &ENTROPY),
        user_code: UserCodeDigest(random(&ENTROPY)),
        client_id: ClientId::from_trusted("acme-tool"),
        client_name: ClientName::parse("Zoë's TV").unwrap(),
        scope_was_narrowed: false,
        requested_at: at(second),
        expires_at: at(second) + TimeDelta::minutes(10),
        client_info: client_info("198.51.100.9", "acme-tool/2"),
        state: DeviceAuthorizationState::Pending,
    }
}

/// The same, and the store knows it.
pub async fn begin(stores: &Stores, second: i64) -> DeviceAuthorization {
    let authorization = authorization(second);
    assert_eq!(
        stores.device_authorizations.begin(&authorization, &WaitBudget::NONE).await.unwrap(),
        Begun::Begun
    );
    authorization
}

/// What whoever is signed in by `session` decides.
pub fn decision(session: &Session, action: Action) -> Decision {
    Decision { by: session.user_id, session: session.id, authentication: session.authentication, action }
}

/// Has whoever is signed in by `session` approve `authorization`.
pub async fn approve(
    stores: &Stores,
    authorization: &DeviceAuthorization,
    session: &Session,
    second: i64,
) -> DeviceAuthorization {
    let decision = decision(session, Action::Approve);
    let decided =
        stores.device_authorizations.decide(authorization.id, decision, &request_context(second)).await;
    match decided.unwrap() {
        Decided::Decided(approved) => approved,
        other => panic!("not approved: {other:?}"),
    }
}

/// What windows a refresh has here.
pub const RULES: RotationRules =
    RotationRules { retry_window: TimeDelta::seconds(60), lost_response_window: TimeDelta::hours(1) };

/// A refresh with `presented` by a client that does not say who it is.
pub fn refresh(session: SessionId, presented: u32) -> Refresh {
    let presented = Generation(presented);
    Refresh { session, presented, client_id: None, rules: RULES, idle: LIFETIMES.idle }
}

/// The session as it is stored.
pub async fn stored(stores: &Stores, session: SessionId) -> Session {
    let found = stores.sessions.find(session, &WaitBudget::NONE).await.unwrap();
    found.map(|(session, _)| session).unwrap()
}

/// The activity of `user`, newest first.
pub async fn activity(stores: &Stores, user: UserId) -> Vec<Activity> {
    stores.activities.list(user, Page::WIDEST, &WaitBudget::NONE).await.unwrap().items
}

/// What happened to `user`, newest first.
pub async fn events(stores: &Stores, user: UserId) -> Vec<Event> {
    activity(stores, user).await.into_iter().map(|entry| entry.event).collect()
}
