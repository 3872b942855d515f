//! The life of a session, from opening to end.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::id::SessionId;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Lifetimes, Session, SessionKind, SessionSeed, SessionState};
use keywright_domain::wait_budget::WaitBudget;

use super::rotate;
use crate::fixture::{
    ADA, BOB, LIFETIMES, RACERS, activity, at, context_at, count, events, race, request_context, seed,
    sign_in, sign_in_with, stored, unknown_session,
};

pub async fn a_session_is_found_with_its_owner(stores: Stores) {
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    for kind in [SessionKind::Tokens, SessionKind::Browser, SessionKind::Device] {
        let (session, user) = sign_in(&stores, ADA, kind, 1).await;

        assert_eq!(stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(), Some((session, user)));
    }
    let (_, bob) = stores.sessions.find(of_bob.id, &WaitBudget::NONE).await.unwrap().unwrap();
    assert_eq!(bob.email.as_str(), BOB);
    assert_eq!(stores.sessions.find(unknown_session(), &WaitBudget::NONE).await.unwrap(), None);
}

pub async fn a_session_is_found_after_its_end(stores: Stores) {
    let reasons = [EndReason::SignedOut, EndReason::Ended, EndReason::Reuse, EndReason::AccountDisabled];
    for reason in reasons {
        let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;

        assert!(
            stores.sessions.end(session.id, reason, Event::SessionEnded, &request_context(5)).await.unwrap()
        );

        let ended = Session { state: SessionState::Ended { at: at(5), reason }, ..session.clone() };
        assert_eq!(stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(), Some((ended, user)));
    }
}

pub async fn one_of_racing_ends_succeeds_and_is_recorded(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;
    let requests: Vec<_> = (0..RACERS).map(|_| request_context(5)).collect();

    let ended = race(&stores, RACERS, |stores, racer| {
        let request = requests[racer].clone();
        async move { stores.sessions.end(id, EndReason::SignedOut, Event::SignedOut, &request).await.unwrap() }
    })
    .await;

    assert_eq!(count(&ended, |ended| *ended), 1);
    assert_eq!(events(&stores, user.id).await, [Event::SignedOut, Event::SignedIn]);
    let winner = &requests[ended.iter().position(|ended| *ended).unwrap()];
    let recorded = session.activity(Event::SignedOut, winner);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
}

pub async fn an_ended_session_does_not_change(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    assert!(end(&stores, session.id, 5).await);
    let before = stored(&stores, session.id).await;
    let happened = events(&stores, user.id).await;

    assert!(!end(&stores, session.id, 6).await);
    stores.sessions.touch(session.id, at(7200), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();

    assert_eq!(stored(&stores, session.id).await, before);
    assert_eq!(events(&stores, user.id).await, happened);
}

pub async fn an_expired_or_unknown_session_cannot_be_ended(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let late = context_at(session.idle_ends_at);

    let expired = stores.sessions.end(session.id, EndReason::SignedOut, Event::SignedOut, &late).await;

    assert!(!expired.unwrap());
    assert!(!end(&stores, unknown_session(), 5).await);
    assert_eq!(stored(&stores, session.id).await, session);
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);
}

pub async fn an_end_racing_with_refreshes_is_final(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = session.id;

    let ended = race(&stores, RACERS, |stores, racer| async move {
        if racer == RACERS / 2 {
            return end(&stores, id, 10).await;
        }
        rotate(&stores, id, 0, 10).await;
        false
    })
    .await;

    assert_eq!(count(&ended, |ended| *ended), 1);
    let reason = EndReason::Ended;
    assert_eq!(stored(&stores, id).await.state, SessionState::Ended { at: at(10), reason });
    assert_eq!(rotate(&stores, id, 1, 11).await, Rotation::Over);
    assert_eq!(events(&stores, user.id).await, [Event::SessionEnded, Event::SignedIn]);
}

pub async fn use_keeps_a_browser_session_alive(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;

    stores.sessions.touch(session.id, at(7200), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();

    let used = Session { last_used_at: at(7200), idle_ends_at: at(7200) + LIFETIMES.idle, ..session.clone() };
    assert_eq!(stored(&stores, session.id).await, used);
}

pub async fn use_that_changes_nothing_is_not_written(stores: Stores) {
    let (browser, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (tokens, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;

    stores.sessions.touch(browser.id, at(3599), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();
    stores.sessions.touch(tokens.id, at(7200), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();
    stores.sessions.touch(unknown_session(), at(7200), LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();

    assert_eq!(stored(&stores, browser.id).await, browser);
    assert_eq!(stored(&stores, tokens.id).await, tokens);
}

pub async fn use_never_revives_an_expired_session(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;

    stores.sessions.touch(session.id, session.idle_ends_at, LIFETIMES.idle, &WaitBudget::NONE).await.unwrap();

    assert_eq!(stored(&stores, session.id).await, session);
}

pub async fn use_never_extends_past_the_absolute_end(stores: Stores) {
    let lifetimes = Lifetimes { idle: TimeDelta::days(2), absolute: TimeDelta::days(3) };
    let seed = SessionSeed { lifetimes, ..seed(SessionKind::Browser, 0) };
    let (session, _) = sign_in_with(&stores, ADA, seed, &request_context(0)).await;
    let late = at(0) + TimeDelta::hours(40);

    stores.sessions.touch(session.id, late, lifetimes.idle, &WaitBudget::NONE).await.unwrap();

    let used = stored(&stores, session.id).await;
    assert_eq!((used.last_used_at, used.idle_ends_at), (late, at(0) + TimeDelta::days(3)));
}

async fn end(stores: &Stores, session: SessionId, second: i64) -> bool {
    let ended =
        stores.sessions.end(session, EndReason::Ended, Event::SessionEnded, &request_context(second)).await;
    ended.unwrap()
}
