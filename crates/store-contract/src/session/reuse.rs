//! Two holders of one refresh token.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::mail::{MailState, Template};
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Refresh, SessionKind};

use super::{STRICT, refresh, renew, rotate, rotate_by};
use crate::fixture::{ADA, RACERS, activity, at, count, events, race, request_context, sign_in, stored};

pub async fn an_older_generation_ends_the_session_and_is_recorded(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    let before = renew(&stores, session.id, 1, 20).await;
    let request = request_context(30);

    let rotation = rotate_by(&stores, &refresh(session.id, 0), &request).await;

    let ended = before.ended(EndReason::Reuse, at(30));
    assert_eq!(rotation, Rotation::ReuseFound(ended.clone()));
    assert_eq!(stored(&stores, session.id).await, ended);
    let recorded = session.activity(Event::RefreshReuseDetected, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
    for presented in [0, 1, 2, 3] {
        assert_eq!(rotate(&stores, session.id, presented, 40).await, Rotation::Over);
    }
    assert_eq!(events(&stores, user.id).await, [Event::RefreshReuseDetected, Event::SignedIn]);
}

pub async fn racing_reuses_end_the_session_once(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    renew(&stores, session.id, 1, 20).await;
    let id = session.id;

    let rotations = race(&stores, RACERS, |stores, _| async move { rotate(&stores, id, 0, 30).await }).await;

    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::ReuseFound(_))), 1);
    assert_eq!(count(&rotations, |rotation| *rotation == Rotation::Over), RACERS - 1);
    assert_eq!(events(&stores, user.id).await, [Event::RefreshReuseDetected, Event::SignedIn]);
}

pub async fn a_reuse_is_mailed_once(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    renew(&stores, session.id, 1, 20).await;
    let id = session.id;

    race(&stores, RACERS, |stores, _| async move { rotate(&stores, id, 0, 30).await }).await;

    let mails = stores.mails.newest(9).await.unwrap();
    let told: Vec<_> = mails.iter().filter(|mail| mail.template == Template::RefreshReuse(id)).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].to.as_str(), told[0].created_at, told[0].state),
        (ADA, at(30), MailState::Due(at(30)))
    );
    assert_eq!(mails.len(), 2, "the other one signed in");
}

pub async fn a_retired_successor_is_reuse(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    renew(&stores, session.id, 0, 80).await;

    let rotation = rotate(&stores, session.id, 1, 81).await;

    assert!(matches!(rotation, Rotation::ReuseFound(_)), "{rotation:?}");
}

pub async fn the_parent_is_reuse_after_the_lost_response_window(stores: Stores) {
    let (in_time, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (late, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    for session in [&in_time, &late] {
        renew(&stores, session.id, 0, 10).await;
    }

    let taken = rotate(&stores, in_time.id, 0, 10 + 3599).await;
    let refused = rotate(&stores, late.id, 0, 10 + 3600).await;

    assert!(matches!(taken, Rotation::Renewed(_)), "{taken:?}");
    assert!(matches!(refused, Rotation::ReuseFound(_)), "{refused:?}");
}

pub async fn a_replacement_does_not_move_the_lost_response_window(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    renew(&stores, session.id, 0, 10).await;
    renew(&stores, session.id, 0, 3500).await;

    let repeated = rotate(&stores, session.id, 0, 3559).await;
    let rotation = rotate(&stores, session.id, 0, 3610).await;

    assert!(matches!(repeated, Rotation::Renewed(_)), "{repeated:?}");
    assert!(matches!(rotation, Rotation::ReuseFound(_)), "{rotation:?}");
}

pub async fn strict_mode_renews_one_racer_and_the_next_ends_the_session(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let strict = Refresh { rules: STRICT, ..refresh(session.id, 0) };

    let rotations = race(&stores, RACERS, |stores, _| {
        let strict = strict.clone();
        async move { rotate_by(&stores, &strict, &request_context(10)).await }
    })
    .await;

    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::Renewed(_))), 1);
    assert_eq!(count(&rotations, |rotation| matches!(rotation, Rotation::ReuseFound(_))), 1);
    assert_eq!(count(&rotations, |rotation| *rotation == Rotation::Over), RACERS - 2);
    assert_eq!(events(&stores, user.id).await, [Event::RefreshReuseDetected, Event::SignedIn]);
}

pub async fn strict_mode_treats_a_racer_with_an_earlier_instant_as_reuse(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let strict = Refresh { rules: STRICT, ..refresh(session.id, 0) };
    rotate_by(&stores, &strict, &request_context(10)).await;

    let rotation = rotate_by(&stores, &strict, &request_context(5)).await;

    assert!(matches!(rotation, Rotation::ReuseFound(_)), "{rotation:?}");
}
