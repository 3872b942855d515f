//! Rotations: what is stored and which tokens result.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::session::Session;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{Chain, EndReason, Generation, Lifetimes, Refresh, SessionKind, SessionSeed};
use keywright_domain::wait_budget::WaitBudget;

use super::{STRICT, refresh, renew, rotate, rotate_by};
use crate::fixture::{
    ADA, LIFETIMES, RACERS, activity, at, context_at, count, events, race, request_context, seed, sign_in,
    sign_in_with, stored, unknown_session,
};

pub async fn twenty_racing_refreshes_get_one_successor(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;

    // The racers carry instants before and after the winner's, whichever wins.
    let instants = [10, 8, 12, 9, 11];
    let rotations = race(&stores, 20, |stores, racer| async move {
        rotate(&stores, id, 0, instants[racer % instants.len()]).await
    })
    .await;

    let after = stored(&stores, id).await;
    assert_eq!((after.chain.current, after.chain.parent), (Generation(1), Some(Generation(0))));
    assert!(rotations.iter().all(|rotation| *rotation == Rotation::Renewed(after.clone())), "{rotations:?}");
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);
}

pub async fn a_refresh_is_stored_as_returned(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let idle = TimeDelta::days(7);

    let refresh = Refresh { idle, client_id: Some("cli".to_owned()), ..refresh(session.id, 0) };
    let rotation = rotate_by(&stores, &refresh, &request_context(10)).await;

    let expected = Session {
        last_used_at: at(10),
        idle_ends_at: at(10) + idle,
        chain: Chain {
            current: Generation(1),
            parent: Some(Generation(0)),
            seen: Generation(0),
            spent_at: at(10),
            made_at: at(10),
        },
        ..session.clone()
    };
    assert_eq!(rotation, Rotation::Renewed(expected.clone()));
    assert_eq!(stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(), Some((expected, user)));
}

pub async fn generations_follow_each_other(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;

    for generation in 0..20 {
        let second = i64::from(generation) * 1000;
        let renewed = renew(&stores, session.id, generation, second).await;

        assert_eq!(renewed.chain.current, Generation(generation + 1));
        assert_eq!((renewed.chain.seen, renewed.chain.made_at), (Generation(generation), at(second)));
        assert_eq!(stored(&stores, session.id).await, renewed);
    }
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);
}

pub async fn a_repeated_parent_gets_the_same_successor_and_nothing_is_stored(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let first = renew(&stores, session.id, 0, 10).await;

    let again = renew(&stores, session.id, 0, 69).await;
    let earlier = renew(&stores, session.id, 0, 5).await;

    assert_eq!((&again, &earlier), (&first, &first));
    assert_eq!(stored(&stores, session.id).await, first);
}

pub async fn a_late_parent_replaces_an_unseen_successor(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let lost = renew(&stores, session.id, 0, 10).await;

    let replaced = renew(&stores, session.id, 0, 70).await;

    let expected = Session {
        last_used_at: at(70),
        idle_ends_at: at(70) + LIFETIMES.idle,
        chain: Chain { current: Generation(2), made_at: at(70), ..lost.chain },
        ..session.clone()
    };
    assert_eq!(replaced, expected);
    assert_eq!(stored(&stores, session.id).await, expected);
    assert_eq!(renew(&stores, session.id, 2, 80).await.chain.current, Generation(3));
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);
}

pub async fn racing_retries_after_a_lost_response_get_one_replacement(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    let id = session.id;

    let rotations = race(&stores, RACERS, |stores, _| async move { rotate(&stores, id, 0, 100).await }).await;

    let after = stored(&stores, id).await;
    assert_eq!(after.chain.current, Generation(2));
    assert!(rotations.iter().all(|rotation| *rotation == Rotation::Renewed(after.clone())), "{rotations:?}");
}

pub async fn a_generation_ahead_of_the_store_is_accepted_and_recorded(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let request = request_context(10);

    let rotation = rotate_by(&stores, &refresh(session.id, 7), &request).await;

    let expected = Session {
        last_used_at: at(10),
        idle_ends_at: at(10) + LIFETIMES.idle,
        chain: Chain {
            current: Generation(8),
            parent: Some(Generation(7)),
            seen: Generation(7),
            spent_at: at(10),
            made_at: at(10),
        },
        ..session.clone()
    };
    assert_eq!(rotation, Rotation::Ahead(expected.clone()));
    assert_eq!(stored(&stores, session.id).await, expected);
    let recorded = session.activity(Event::RefreshAheadOfStore, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
}

pub async fn racing_generations_ahead_of_the_store_get_one_successor_and_one_record(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;

    let rotations = race(&stores, RACERS, |stores, _| async move { rotate(&stores, id, 4, 10).await }).await;

    let after = stored(&stores, id).await;
    assert_eq!(after.chain.current, Generation(5));
    let is_repeated = |rotation: &Rotation| *rotation == Rotation::Renewed(after.clone());
    assert_eq!(count(&rotations, |rotation| *rotation == Rotation::Ahead(after.clone())), 1, "{rotations:?}");
    assert_eq!(count(&rotations, is_repeated), RACERS - 1, "{rotations:?}");
    assert_eq!(events(&stores, user.id).await, [Event::RefreshAheadOfStore, Event::SignedIn]);
}

pub async fn an_earlier_instant_does_not_move_the_last_use_back(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;

    let renewed = renew(&stores, session.id, 1, 5).await;

    assert_eq!((renewed.last_used_at, renewed.chain.spent_at), (at(10), at(5)));
    assert_eq!(stored(&stores, session.id).await, renewed);
}

pub async fn a_session_ends_after_its_idle_time(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let last = session.idle_ends_at - TimeDelta::milliseconds(1);

    let late = rotate_by(&stores, &refresh(session.id, 0), &context_at(session.idle_ends_at)).await;
    let in_time = rotate_by(&stores, &refresh(session.id, 0), &context_at(last)).await;

    assert_eq!(late, Rotation::Over);
    assert!(matches!(in_time, Rotation::Renewed(_)), "{in_time:?}");
    assert_eq!(stored(&stores, session.id).await.idle_ends_at, last + LIFETIMES.idle);
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);
}

pub async fn no_refresh_extends_past_the_absolute_end(stores: Stores) {
    let lifetimes = Lifetimes { idle: TimeDelta::days(10), absolute: TimeDelta::days(25) };
    let seed = SessionSeed { lifetimes, ..seed(SessionKind::Tokens, 0) };
    let (session, _) = sign_in_with(&stores, ADA, seed, &request_context(0)).await;
    let day = |day| context_at(at(0) + TimeDelta::days(day));
    let by = |presented| Refresh { idle: lifetimes.idle, ..refresh(session.id, presented) };

    for (generation, days) in [(0, 9), (1, 18), (2, 24)] {
        assert!(matches!(rotate_by(&stores, &by(generation), &day(days)).await, Rotation::Renewed(_)));
    }

    let before = stored(&stores, session.id).await;
    assert_eq!((before.idle_ends_at, before.ends_at), (day(25).now, day(25).now));
    assert_eq!(rotate_by(&stores, &by(3), &day(25)).await, Rotation::Over);
    assert_eq!(stored(&stores, session.id).await, before);
}

pub async fn a_foreign_client_is_refused_and_spends_no_generation(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let by = |client: &str, presented| Refresh {
        client_id: Some(client.to_owned()),
        rules: STRICT,
        ..refresh(session.id, presented)
    };

    for presented in [0, 3] {
        assert_eq!(rotate_by(&stores, &by("web", presented), &request_context(10)).await, Rotation::Over);
    }

    assert_eq!(stored(&stores, session.id).await, session);
    let rotation = rotate_by(&stores, &by("cli", 0), &request_context(11)).await;
    assert!(matches!(rotation, Rotation::Renewed(_)), "{rotation:?}");
    assert_eq!(rotate_by(&stores, &by("web", 0), &request_context(12)).await, Rotation::Over);
    assert!(stored(&stores, session.id).await.is_live(at(13)), "another client must not end it");
}

pub async fn an_ended_or_expired_session_is_not_refreshed_and_nothing_is_stored(stores: Stores) {
    let (ended, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    stores.sessions.end(ended.id, EndReason::SignedOut, Event::SignedOut, &request_context(1)).await.unwrap();
    let ended = stored(&stores, ended.id).await;
    let (browser, _) = sign_in(&stores, ADA, SessionKind::Browser, 2).await;
    let happened = events(&stores, user.id).await;

    for presented in [0, 5] {
        for session in [&ended, &browser] {
            assert_eq!(rotate(&stores, session.id, presented, 10).await, Rotation::Over);
            assert_eq!(stored(&stores, session.id).await, *session);
        }
        assert_eq!(rotate(&stores, unknown_session(), presented, 10).await, Rotation::Over);
    }
    assert_eq!(events(&stores, user.id).await, happened);
}

pub async fn sessions_are_refreshed_independently(stores: Stores) {
    let (one, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (other, _) = sign_in(&stores, ADA, SessionKind::Device, 1).await;
    let ids = [one.id, other.id];

    let rotations =
        race(&stores, RACERS, |stores, racer| async move { rotate(&stores, ids[racer % 2], 0, 10).await })
            .await;

    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::Renewed(_))), RACERS);
    for session in [one, other] {
        assert_eq!(stored(&stores, session.id).await.chain.current, Generation(1));
        assert_eq!(stored(&stores, session.id).await.kind, session.kind);
    }
}
