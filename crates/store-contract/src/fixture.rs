//! Fixtures of the promises: instants, request contexts, seeds, links, authorizations and accounts. Nothing
//! here reads the wall clock or sleeps.

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
use keywright_domain::{RequestContext, Stores};

pub use crate::race::{count, race};

/// The address of the default account.
pub const ADA: &str = "ada@example.com";
/// The address of the other account.
pub const BOB: &str = "bob@example.org";

/// The lifetimes of sessions.
pub const LIFETIMES: Lifetimes = Lifetimes { idle: TimeDelta::days(30), absolute: TimeDelta::days(180) };

/// A budget that is never reached.
pub const UNLIMITED: LinkBudget = LinkBudget {
    per_network: Rate { count: u32::MAX, per: TimeDelta::minutes(15) },
    per_email: Rate { count: u32::MAX, per: TimeDelta::hours(1) },
};

/// The default number of racing tasks.
pub const RACERS: usize = 16;

/// Returns 2026-01-01T00:00:00.123Z plus `second` seconds: no store may round it.
pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_767_225_600_123).unwrap() + TimeDelta::seconds(second)
}

/// Deterministic bytes that look random.
pub struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: a well-mixed counter, so that no two draws are equal.
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            chunk.iter_mut().zip(word.to_be_bytes()).for_each(|(byte, random)| *byte = random);
        }
    }
}

/// The entropy source of all promises.
pub static ENTROPY: Seeded = Seeded(AtomicU64::new(0));

struct Still(DateTime<Utc>);

impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// Returns a new request context at [`at`]`(second)`.
pub fn request_context(second: i64) -> RequestContext {
    context_at(at(second))
}

/// Returns a new request context at `instant`.
pub fn context_at(instant: DateTime<Utc>) -> RequestContext {
    context_from(instant, client_info("203.0.113.7", "keywright/1.0 (Linux)"))
}

/// Returns a new request context at `instant` from `client_info`.
pub fn context_from(instant: DateTime<Utc>, client_info: ClientInfo) -> RequestContext {
    RequestContext::new(&Still(instant), &ENTROPY, None, client_info)
}

/// Client info with an IP address and a user agent.
pub fn client_info(ip: &str, user_agent: &str) -> ClientInfo {
    ClientInfo { ip: Some(ip.parse().unwrap()), user_agent: UserAgent::new(user_agent) }
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// Returns an id that no store knows.
pub fn unknown_session() -> SessionId {
    SessionId::new(at(0), &ENTROPY)
}

/// Returns an id that no store knows.
pub fn unknown_user() -> UserId {
    UserId::new(&ENTROPY)
}

/// The seed of a session of `kind`: client `web` for browsers, else `cli`.
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

/// A link to `address`, valid for 15 minutes.
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

/// The mail that carries `link`, due when the link was requested.
pub fn mail(link: &MagicLink) -> Mail {
    let id = context_at(link.requested_at).mail_id();
    Mail::new(id, link.email.clone(), Template::MagicLink(link.id), link.requested_at)
}

/// The redemption of `link` by its token, for a session of `kind`; sign-up is open.
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

/// Issues a link to `address`.
pub async fn issue(stores: &Stores, address: &str, second: i64) -> MagicLink {
    let link = link(address, second);
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED).await.unwrap();
    link
}

/// Redeems a new link to `address`: the only way to open an account.
pub async fn sign_in(stores: &Stores, address: &str, kind: SessionKind, second: i64) -> (Session, User) {
    let seed = seed(kind, second);
    sign_in_with(stores, address, seed, &request_context(second)).await
}

/// Redeems a new link to `address` for a session from `seed`.
pub async fn sign_in_with(
    stores: &Stores,
    address: &str,
    seed: SessionSeed,
    at: &RequestContext,
) -> (Session, User) {
    let link =
        MagicLink { requested_at: at.now, expires_at: at.now + TimeDelta::minutes(15), ..link(address, 0) };
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED).await.unwrap();
    let redeem = Redeem { seed, ..redeem(&link, SessionKind::Tokens, 0) };
    match stores.magic_links.redeem(&redeem, at).await.unwrap() {
        Redemption::Redeemed { session, user, .. } => (session, user),
        Redemption::Refused => panic!("{address} was not signed in"),
    }
}

/// A pending authorization, valid for ten minutes.
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

/// Stores a pending authorization.
pub async fn begin(stores: &Stores, second: i64) -> DeviceAuthorization {
    let authorization = authorization(second);
    assert_eq!(stores.device_authorizations.begin(&authorization).await.unwrap(), Begun::Begun);
    authorization
}

/// The decision of the account that owns `session`.
pub fn decision(session: &Session, action: Action) -> Decision {
    Decision { by: session.user_id, session: session.id, authentication: session.authentication, action }
}

/// Approves `authorization` as the account that owns `session`.
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

/// The refresh windows.
pub const RULES: RotationRules =
    RotationRules { retry_window: TimeDelta::seconds(60), lost_response_window: TimeDelta::hours(1) };

/// A refresh with `presented`, without a client id.
pub fn refresh(session: SessionId, presented: u32) -> Refresh {
    let presented = Generation(presented);
    Refresh { session, presented, client_id: None, rules: RULES, idle: LIFETIMES.idle }
}

/// Returns the stored session.
pub async fn stored(stores: &Stores, session: SessionId) -> Session {
    let found = stores.sessions.find(session).await.unwrap();
    found.map(|(session, _)| session).unwrap()
}

/// Returns the activity of `user`, newest first.
pub async fn activity(stores: &Stores, user: UserId) -> Vec<Activity> {
    stores.activities.list(user, Page::WIDEST).await.unwrap().items
}

/// Returns the events of `user`, newest first.
pub async fn events(stores: &Stores, user: UserId) -> Vec<Event> {
    activity(stores, user).await.into_iter().map(|entry| entry.event).collect()
}
