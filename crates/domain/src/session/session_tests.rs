//! Sessions from their opening to their end, refreshes apart.

use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::entropy::Entropy;

pub(super) const NOW: DateTime<Utc> =
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant that chrono can hold");

const ADA: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));
const MILLISECOND: TimeDelta = TimeDelta::milliseconds(1);
const KINDS: [SessionKind; 3] = [SessionKind::Tokens, SessionKind::Browser, SessionKind::Device];
const REASONS: [EndReason; 4] =
    [EndReason::SignedOut, EndReason::Ended, EndReason::Reuse, EndReason::AccountDisabled];

pub(super) fn days(days: i64) -> TimeDelta {
    TimeDelta::days(days)
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        NOW
    }
}

impl Entropy for Stopped {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn by_link(at: DateTime<Utc>) -> Authentication {
    Authentication { at, method: AuthenticationMethod::MagicLink }
}

fn open(kind: SessionKind, idle: TimeDelta, absolute: TimeDelta) -> Session {
    let seed = SessionSeed {
        id: SessionId(Uuid::from_u128(3)),
        kind,
        client_id: ClientId::from_trusted("cli"),
        client_name: ClientName::parse("Ada's laptop").unwrap(),
        lifetimes: Lifetimes { idle, absolute },
    };
    let at = RequestContext::new(&Stopped, &Stopped, None, ClientInfo::default());
    seed.open(ADA, by_link(NOW), &at)
}

/// One of `kind` that Ada opened at [`NOW`].
pub(super) fn session(kind: SessionKind) -> Session {
    open(kind, days(30), days(180))
}

fn ended(kind: SessionKind, reason: EndReason) -> Session {
    session(kind).ended(reason, NOW)
}

#[test]
fn a_session_opens_with_an_unused_chain_and_both_its_ends() {
    for kind in KINDS {
        let session = session(kind);

        assert_eq!((session.user_id, session.kind, session.state), (ADA, kind, SessionState::Open));
        assert_eq!((session.created_at, session.last_used_at), (NOW, NOW));
        assert_eq!((session.idle_ends_at, session.ends_at), (NOW + days(30), NOW + days(180)));
        assert_eq!(session.chain, Chain::new(NOW));
        assert_eq!((session.chain.current, session.chain.parent), (Generation(0), None));
    }
}

#[test]
fn a_session_never_idles_past_its_absolute_end() {
    let session = open(SessionKind::Tokens, days(30), days(7));

    assert_eq!((session.idle_ends_at, session.ends_at), (NOW + days(7), NOW + days(7)));
}

#[test]
fn a_session_is_live_until_the_earlier_of_its_ends_and_not_at_it() {
    for (idle, absolute) in [(10, 20), (20, 10), (10, 10)] {
        let ends = Session {
            idle_ends_at: NOW + days(idle),
            ends_at: NOW + days(absolute),
            ..session(SessionKind::Tokens)
        };

        assert_eq!(ends.expires_at(), NOW + days(10));
        assert!(ends.is_live(NOW + days(10) - MILLISECOND));
        assert!(!ends.is_live(NOW + days(10)));
    }
}

#[test]
fn an_ended_session_is_the_same_one_and_never_live() {
    for (kind, reason) in KINDS.into_iter().flat_map(|kind| REASONS.map(|reason| (kind, reason))) {
        let ended = session(kind).ended(reason, NOW + days(1));

        let state = SessionState::Ended { at: NOW + days(1), reason };
        assert_eq!(ended, Session { state, ..session(kind) });
        assert!(!ended.is_live(NOW), "not even before it was ended");
        assert!(!ended.is_live(NOW + days(2)));
    }
}

#[test]
fn only_a_browser_sessions_use_is_worth_a_write_and_at_most_once_an_hour() {
    for kind in KINDS {
        for (unused, is_due) in [(-1, false), (0, false), (59, false), (60, true), (61, true), (9_000, true)]
        {
            let now = NOW + minutes(unused);

            let after = session(kind).after_use(now, days(30));

            let expected = (is_due && kind == SessionKind::Browser).then(|| Session {
                last_used_at: now,
                idle_ends_at: now + days(30),
                ..session(kind)
            });
            assert_eq!(after, expected, "{kind:?} after {unused} minutes");
        }
    }
}

#[test]
fn a_short_idle_time_is_kept_up_by_writes_each_quarter_of_it() {
    for (idle, rest) in [(4, 1), (20, 5), (239, 59), (240, 60), (241, 60), (10_000, 60)] {
        let session = open(SessionKind::Browser, minutes(idle), days(180));
        let is_due = |unused| session.after_use(NOW + unused, minutes(idle)).is_some();

        assert!(!is_due(minutes(rest) - MILLISECOND), "{idle}");
        assert!(is_due(minutes(rest + 1)), "{idle}");
    }
}

#[test]
fn no_use_prolongs_a_browser_session_past_its_absolute_end() {
    let session = session(SessionKind::Browser);

    let after = session.after_use(NOW + days(170), days(30)).unwrap();

    assert_eq!((after.idle_ends_at, after.ends_at), (NOW + days(180), NOW + days(180)));
}

#[test]
fn only_a_live_browser_session_is_renewed_and_only_by_its_owner() {
    let renewal = |after| Authentication { at: NOW + after, method: AuthenticationMethod::SyncedPasskey };
    for kind in KINDS {
        for (by, after) in [(ADA, days(1)), (ADA, days(30)), (BOB, days(1))] {
            let renewed = session(kind).reauthenticated(by, renewal(after));

            let may = kind == SessionKind::Browser && by == ADA && after == days(1);
            let expected = may.then(|| Session { authentication: renewal(after), ..session(kind) });
            assert_eq!(renewed, expected, "{kind:?} {by} {after}");
        }
        for reason in REASONS {
            let renewed = ended(kind, reason).reauthenticated(ADA, renewal(days(1)));

            assert_eq!(renewed, None, "{kind:?} {reason:?}");
        }
    }
}

#[test]
fn a_sign_in_is_fresh_for_its_time_the_last_instant_included_and_a_devices_never() {
    let ages = [
        (-MILLISECOND, true),
        (TimeDelta::zero(), true),
        (minutes(15), true),
        (minutes(15) + MILLISECOND, false),
        (days(1), false),
    ];
    for kind in KINDS {
        for (age, is_recent) in ages {
            let is_fresh = session(kind).is_fresh(NOW + age, minutes(15));

            assert_eq!(is_fresh, is_recent && kind != SessionKind::Device, "{kind:?} {age}");
        }
    }
}

#[test]
fn freshness_is_counted_from_the_last_proof_and_not_from_the_opening() {
    let old = session(SessionKind::Browser);
    let proof = Authentication { at: NOW + days(2), method: AuthenticationMethod::BoundPasskey };

    let renewed = old.reauthenticated(ADA, proof).unwrap();

    assert!(!old.is_fresh(NOW + days(2), minutes(15)));
    assert!(renewed.is_fresh(NOW + days(2), minutes(15)));
}

#[test]
fn every_method_has_its_references() {
    let table = [
        (AuthenticationMethod::MagicLink, ["otp"].as_slice()),
        (AuthenticationMethod::SyncedPasskey, &["swk", "user"]),
        (AuthenticationMethod::BoundPasskey, &["hwk", "user"]),
    ];

    for (method, references) in table {
        assert_eq!(method.amr(), references);
    }
}
