//! A simulated year: three servers on one store, and verifiers that cache the key set for the allowed time,
//! never reload it for an unknown key, and whose clocks lag by 30 s.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use keywright_domain::Stores;
use keywright_domain::access_token::AccessTokens;
use keywright_domain::signing_key::Algorithm;
use keywright_domain::signing_key::schedule::{KEY_SET_MAX_AGE, SigningKeyState, schedule};
use keywright_store::memory::MemoryStore;
use serde_json::Value;

use crate::server::{ISSUER, Server, rules, start};

const ROTATION: TimeDelta = TimeDelta::days(14);
/// Step around the moments that matter; between them nothing changes and steps are wider.
const FINE: TimeDelta = TimeDelta::seconds(20);
const LIFETIME: TimeDelta = TimeDelta::hours(4);
const SKEW: TimeDelta = TimeDelta::seconds(30);

struct Verifier {
    /// The offset of its fetch in each period of five minutes.
    phase: i64,
    period: i64,
    keys: HashMap<String, Jwk>,
}

impl Verifier {
    fn look(&mut self, servers: &[Server], now: DateTime<Utc>) {
        let period = (now.timestamp() + self.phase) / KEY_SET_MAX_AGE.num_seconds();
        if period != self.period {
            self.period = period;
            let server = &servers[usize::try_from(period).unwrap() % servers.len()];
            let set: JwkSet = serde_json::from_value(server.tokens.key_set()).unwrap();
            self.keys = set.keys.into_iter().map(|jwk| (jwk.common.key_id.clone().unwrap(), jwk)).collect();
        }
    }

    fn verifies(&self, token: &str) -> bool {
        let header = decode_header(token).unwrap();
        let Some(jwk) = self.keys.get(header.kid.as_deref().unwrap()) else { return false };
        let algorithm = jwk.common.key_algorithm.unwrap().to_string().parse().unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // The library uses the real clock.
        validation.validate_exp = false;
        decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).is_ok()
    }
}

struct Issued {
    text: String,
    kid: String,
    expires_at: DateTime<Utc>,
}

struct World {
    stores: Stores,
    servers: Vec<Server>,
    verifiers: Vec<Verifier>,
    live: VecDeque<Issued>,
    /// Each signing key, with its first and last use.
    signed: Vec<(String, DateTime<Utc>, DateTime<Utc>)>,
    published: BTreeSet<usize>,
}

impl World {
    async fn new() -> Self {
        let stores = Stores::of(Arc::new(MemoryStore::default()));
        let mut servers = Vec::new();
        for _ in 0..3 {
            servers.push(Server::start(&stores, rules(ROTATION), start()).await);
        }
        let verifiers =
            [0, 90, 180, 270].map(|phase| Verifier { phase, period: 0, keys: HashMap::new() }).into();
        let (live, signed, published) = (VecDeque::new(), Vec::new(), BTreeSet::new());
        Self { stores, servers, verifiers, live, signed, published }
    }

    /// Simulates one moment: a server ticks, one signs, and every verifier checks every unexpired token.
    async fn live(&mut self, moment: usize, now: DateTime<Utc>) {
        self.servers[moment % 3].tick(now).await;
        let text = self.servers[moment / 3 % 3].sign(now);
        let kid = decode_header(&text).unwrap().kid.unwrap();
        match self.signed.iter_mut().find(|(known, ..)| *known == kid) {
            Some((.., last)) => *last = now,
            None => self.signed.push((kid.clone(), now, now)),
        }
        let expires_at = now + LIFETIME;
        // One verifier checks the signature at the token's first and last moment; in between, the key's
        // presence suffices.
        let tried = moment % self.verifiers.len();
        for (number, verifier) in self.verifiers.iter_mut().enumerate() {
            verifier.look(&self.servers, now);
            assert!(verifier.keys.contains_key(&kid), "{kid} at its issue, {now}");
            assert!(number != tried || verifier.verifies(&text), "{kid} at its issue, {now}");
            for (kid, _, last) in &self.signed {
                let is_needed = now <= *last + LIFETIME + SKEW;
                assert!(!is_needed || verifier.keys.contains_key(kid), "{kid}, last signed {last}, at {now}");
            }
        }
        self.live.push_back(Issued { text, kid, expires_at });
        for server in &self.servers {
            self.published.insert(server.tokens.key_set()["keys"].as_array().unwrap().len());
        }
    }

    /// Drops the tokens that expire before `next`, after every verifier has checked them once more.
    fn let_go(&mut self, next: DateTime<Utc>) {
        while let Some(over) = self.live.pop_front_if(|token| token.expires_at + SKEW <= next) {
            let tried = usize::try_from(over.expires_at.timestamp()).unwrap() / 20 % self.verifiers.len();
            assert!(self.verifiers[tried].verifies(&over.text), "{}", over.kid);
        }
    }

    /// Returns true if a key is about to be created, to sign, or to be removed.
    async fn is_eventful(&self, now: DateTime<Utc>) -> bool {
        let keys = self.stores.signing_keys.list().await.unwrap();
        let near = |instant: DateTime<Utc>| (instant - now).abs() < TimeDelta::minutes(35);
        schedule(&keys, now).iter().any(|scheduled| {
            scheduled.state == SigningKeyState::Next
                || near(scheduled.key.place.signs_from)
                || near(scheduled.key.place.signs_from + ROTATION)
                || scheduled.expires_at.is_some_and(near)
        })
    }
}

#[tokio::test]
async fn over_a_year_every_token_verifies_throughout_its_lifetime() {
    let mut world = World::new().await;
    let (mut now, mut moment) = (start(), 0);
    let (end, change) = (start() + TimeDelta::days(365), start() + TimeDelta::days(180));

    while now < end {
        if now >= change && world.servers[0].keeper.rules.algorithm == Algorithm::EdDsa {
            for server in &mut world.servers {
                server.keeper.rules.algorithm = Algorithm::Es256;
            }
        }
        world.live(moment, now).await;
        let changes_soon = now < change && now + TimeDelta::minutes(30) > change;
        let is_fine = changes_soon || world.is_eventful(now).await;
        now += if is_fine { FINE } else { TimeDelta::minutes(20) };
        moment += 1;
        world.let_go(now);
    }

    assert!(world.published.iter().all(|count| (1..=3).contains(count)), "{:?}", world.published);
    // Every two weeks: twelve rotations before the algorithm changed, and thirteen after that.
    assert_eq!(world.signed.len(), 13 + 14);
    for pair in world.signed.windows(2) {
        let [(_, first, last), (_, next, _)] = pair else { panic!() };
        let lasted = *next - *first;
        let is_changed = *first < change && *next > change;
        assert!(*last < *next + TimeDelta::seconds(60), "no server signs with a key whose time is over");
        assert!(is_changed || (lasted - ROTATION).abs() <= FINE * 3, "{lasted} instead of {ROTATION}");
        assert!(!is_changed || *next - change < TimeDelta::minutes(20), "{next}");
    }
}
