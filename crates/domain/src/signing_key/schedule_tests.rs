use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::schedule::{KEY_SET_MAX_AGE, KeyRules, LEAD, LINGER, SigningKeyState, Step, next_step, schedule};
use super::{Algorithm, Place, SigningKey};

const HOUR: TimeDelta = TimeDelta::hours(1);
const RULES: KeyRules = KeyRules {
    algorithm: Algorithm::EdDsa,
    rotation: TimeDelta::days(30),
    token_lifetime: TimeDelta::hours(4),
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn key(kid: &str, place: Place, rules: &KeyRules) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
        algorithm: rules.algorithm,
        public_jwk: Value::Null,
        sealed_private_key: Vec::new(),
        place,
        token_lifetime: rules.token_lifetime,
    }
}

/// Keys "0", "1", …, each following the one before, that sign from these seconds on.
fn keys<const N: usize>(signs_from: [i64; N]) -> Vec<SigningKey> {
    let place = |(index, second): (usize, &i64)| {
        let follows = index.checked_sub(1).map(|before| before.to_string());
        let signs_from = at(*second);
        key(&index.to_string(), Place { follows, created_at: signs_from - LEAD, signs_from }, &RULES)
    };
    signs_from.iter().enumerate().map(place).collect()
}

fn states(keys: &[SigningKey], now: DateTime<Utc>) -> Vec<SigningKeyState> {
    schedule(keys, now).into_iter().map(|scheduled| scheduled.state).collect()
}

fn make(follows: Option<&str>, created_at: DateTime<Utc>, signs_from: DateTime<Utc>) -> Step {
    Step::Make(Place { follows: follows.map(str::to_owned), created_at, signs_from })
}

#[test]
fn the_lead_is_longer_than_any_verifier_may_cache() {
    assert!(LEAD > KEY_SET_MAX_AGE);
}

#[test]
fn one_key_is_current_those_before_it_previous_and_those_after_it_next() {
    use SigningKeyState::{Current, Next, Previous};
    let keys = keys([0, 1000, 2000]);

    for (now, expected) in [
        (at(-1), [Current, Next, Next]),
        (at(0), [Current, Next, Next]),
        (at(999), [Current, Next, Next]),
        (at(1000), [Previous, Current, Next]),
        (at(2000), [Previous, Previous, Current]),
        (at(9_000_000), [Previous, Previous, Current]),
    ] {
        assert_eq!(states(&keys, now), expected, "{now}");
    }
    assert_eq!(states(&[], at(0)), []);
}

#[test]
fn the_order_of_the_keys_does_not_matter() {
    let (mut shuffled, sorted) = (keys([0, 1000, 2000]), keys([0, 1000, 2000]));
    shuffled.rotate_left(1);

    let kids = |keys| schedule(keys, at(0)).into_iter().map(|s| s.key.kid.clone()).collect::<Vec<_>>();

    assert_eq!(kids(&shuffled), kids(&sorted));
}

#[test]
fn a_key_signs_until_the_next_does_and_stays_until_its_last_token_is_over() {
    let keys = keys([0, 1000]);

    let [first, second] = schedule(&keys, at(0)).try_into().unwrap();

    assert_eq!((first.signs_until, first.expires_at), (Some(at(1000)), Some(at(1000 + 14_400 + 60))));
    assert_eq!((second.signs_until, second.expires_at), (None, None));
}

#[test]
fn the_first_key_signs_at_once() {
    assert_eq!(next_step(&[], &RULES, at(7)), Some(make(None, at(7), at(7))));
}

#[test]
fn the_next_key_is_made_a_lead_before_its_turn_and_not_earlier() {
    let keys = keys([0]);
    let turn = at(0) + RULES.rotation;

    assert_eq!(next_step(&keys, &RULES, turn - LEAD - TimeDelta::milliseconds(1)), None);
    assert_eq!(next_step(&keys, &RULES, turn - LEAD), Some(make(Some("0"), turn - LEAD, turn)));
}

#[test]
fn a_next_key_that_is_made_late_still_has_its_lead() {
    let late = at(0) + RULES.rotation + TimeDelta::days(100);

    assert_eq!(next_step(&keys([0]), &RULES, late), Some(make(Some("0"), late, late + LEAD)));
}

#[test]
fn there_is_one_next_key_at_a_time() {
    let short = KeyRules { rotation: TimeDelta::seconds(1), ..RULES };

    assert_eq!(next_step(&keys([0, 600]), &short, at(599)), None);
    assert_eq!(next_step(&keys([0, 600]), &short, at(600)), Some(make(Some("1"), at(600), at(1200))));
}

#[test]
fn another_algorithm_makes_the_next_key_at_once_with_its_lead() {
    let other = KeyRules { algorithm: Algorithm::Es256, ..RULES };

    assert_eq!(next_step(&keys([0]), &other, at(50)), Some(make(Some("0"), at(50), at(650))));
    assert_eq!(next_step(&keys([0, 600]), &other, at(50)), None, "one next key at a time");
}

#[test]
fn a_previous_key_goes_when_its_last_token_is_over_and_no_other_does() {
    let keys = keys([0, 1000]);
    let over = at(1000) + RULES.token_lifetime + LINGER;

    assert_eq!(next_step(&keys, &RULES, over - TimeDelta::milliseconds(1)), None);
    assert_eq!(next_step(&keys, &RULES, over), Some(Step::Remove("0".to_owned())));
}

#[test]
fn a_longer_token_lifetime_is_noted_on_the_keys_that_sign_with_it() {
    let longer = KeyRules { token_lifetime: HOUR * 24, ..RULES };
    let shorter = KeyRules { token_lifetime: HOUR, ..RULES };
    let mut keys = keys([0, 1000, 2000]);

    assert_eq!(next_step(&keys, &shorter, at(1500)), None);
    assert_eq!(next_step(&keys, &longer, at(1500)), Some(Step::Lengthen("1".to_owned())));
    keys[1].token_lifetime = HOUR * 24;
    assert_eq!(next_step(&keys, &longer, at(1500)), Some(Step::Lengthen("2".to_owned())));
    keys[2].token_lifetime = HOUR * 24;
    assert_eq!(next_step(&keys, &longer, at(1500)), None);
}

#[test]
fn no_span_leads_beyond_the_calendar() {
    let endless = KeyRules { rotation: TimeDelta::MAX, token_lifetime: TimeDelta::MAX, ..RULES };
    let mut keys = keys([0, 600]);
    keys[0].token_lifetime = TimeDelta::MAX;
    keys[1].token_lifetime = TimeDelta::MAX;

    assert_eq!(next_step(&keys, &endless, at(1_000_000_000)), None);
    assert!(schedule(&keys, at(0))[0].expires_at.is_some());
}

/// What a store and its servers do over time: steps are taken at these moments, after so many seconds each.
fn lived(pauses: &[i64], rules: impl Fn(usize) -> KeyRules) -> Vec<(DateTime<Utc>, Vec<SigningKey>)> {
    let (mut now, mut keys, mut made) = (at(0), Vec::<SigningKey>::new(), 0);
    let mut history = Vec::new();
    for (moment, pause) in pauses.iter().enumerate() {
        let rules = rules(moment);
        let mut steps = 0;
        while let Some(step) = next_step(&keys, &rules, now) {
            match step {
                Step::Make(place) => {
                    keys.push(key(&made.to_string(), place, &rules));
                    made += 1;
                }
                Step::Lengthen(kid) => {
                    keys.iter_mut().find(|key| key.kid == kid).unwrap().token_lifetime = rules.token_lifetime;
                }
                Step::Remove(kid) => keys.retain(|key| key.kid != kid),
            }
            steps += 1;
            assert!(steps < 50, "the steps have no end");
        }
        history.push((now, keys.clone()));
        now += TimeDelta::seconds(*pause);
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the pauses between the ticks, and however the rules change.
    #[test]
    fn every_token_verifies_all_its_life_for_whoever_caches_as_long_as_they_may(
        pauses in proptest::collection::vec(prop_oneof![1_i64..120, 1_i64..4000, 1_i64..400_000], 1..120),
        rotation in prop_oneof![1_i64..3600, 3600_i64..10_000_000],
        lifetimes in proptest::collection::vec(1_i64..100_000, 3),
        algorithms in proptest::collection::vec(proptest::sample::select(Algorithm::ALL.as_slice()), 3),
    ) {
        let rules = |moment: usize| KeyRules {
            algorithm: algorithms[moment / 40 % 3],
            rotation: TimeDelta::seconds(rotation),
            token_lifetime: TimeDelta::seconds(lifetimes[moment / 40 % 3]),
        };
        let history = lived(&pauses, rules);

        let has = |keys: &[SigningKey], kid: &str| keys.iter().any(|key| key.kid == kid);
        for (moment, (now, keys)) in history.iter().enumerate() {
            let scheduled = schedule(keys, *now);
            let signer = scheduled.iter().find(|key| key.state == SigningKeyState::Current).unwrap();
            prop_assert!(scheduled.iter().filter(|key| key.state == SigningKeyState::Next).count() <= 1);
            let expires_at = *now + rules(moment).token_lifetime;
            // What a verifier has fetched earlier than its cache lasts, and later until the token is over.
            for (seen_at, seen) in &history {
                let may_be_used = *seen_at > *now - KEY_SET_MAX_AGE && *seen_at <= expires_at + TimeDelta::seconds(30);
                let is_first = signer.key.place.follows.is_none();
                if may_be_used && !(is_first && *seen_at < signer.key.place.created_at) {
                    prop_assert!(has(seen, &signer.key.kid), "{} at {seen_at}, signed at {now}", signer.key.kid);
                }
            }
        }
    }

    /// No more keys than the tokens' lifetime needs.
    #[test]
    fn the_number_of_keys_is_bounded(
        pauses in proptest::collection::vec(1_i64..900, 1..400),
        rotation in 1_i64..20_000,
        lifetime in 1_i64..20_000,
    ) {
        let rules = KeyRules {
            algorithm: Algorithm::EdDsa,
            rotation: TimeDelta::seconds(rotation),
            token_lifetime: TimeDelta::seconds(lifetime),
        };
        let period = rotation.max(LEAD.num_seconds());

        for (_, keys) in lived(&pauses, |_| rules) {
            let most = (lifetime + LINGER.num_seconds()) / period + 3;
            prop_assert!(keys.len() <= usize::try_from(most).unwrap(), "{} keys", keys.len());
        }
    }
}
