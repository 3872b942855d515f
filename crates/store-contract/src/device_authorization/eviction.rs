//! Approvals go with the sessions of who approved: nothing that was begun before is left.

use keywright_domain::Stores;
use keywright_domain::device_authorization::State;
use keywright_domain::device_authorization::port::Polled;
use keywright_domain::session::SessionKind;

use super::{found, is_claimed, poll};
use crate::fixture::{ADA, BOB, RACERS, approve, at, begin, count, race, sign_in, stamp, stored};

pub async fn approvals_go_with_the_other_sessions_of_an_account(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (hers, his) = (begin(&stores, 1).await, begin(&stores, 1).await);
    let (expired, pending) = (begin(&stores, -600).await, begin(&stores, 1).await);
    let expired = approve(&stores, &expired, &of_ada, -1).await;
    for (device, session) in [(&hers, &of_ada), (&his, &of_bob)] {
        approve(&stores, device, session, 2).await;
    }

    let ended = stores.sessions.end_others(ada.id, Some(of_ada.id), &stamp(3)).await.unwrap();

    assert_eq!(ended, 0);
    assert_eq!(found(&stores, hers.id).await.state, State::Denied { by: ada.id, at: at(3) });
    assert_eq!(poll(&stores, hers.id, 4).await, Polled::Denied);
    assert_eq!(found(&stores, expired.id).await, expired);
    assert_eq!(found(&stores, pending.id).await, pending);
    assert!(is_claimed(&poll(&stores, his.id, 4).await));
}

pub async fn approvals_go_with_everybodys_sessions(stores: Stores) {
    let (of_ada, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (hers, his) = (begin(&stores, 1).await, begin(&stores, 1).await);
    approve(&stores, &hers, &of_ada, 2).await;
    approve(&stores, &his, &of_bob, 2).await;

    let mut last = None;
    loop {
        let part = stores.sessions.end_some(last, 1, &stamp(3)).await.unwrap();
        last = part.last;
        if last.is_none() {
            break;
        }
    }

    for id in [hers.id, his.id] {
        assert_eq!(poll(&stores, id, 4).await, Polled::Denied);
    }
}

/// Whichever comes first, no session is live afterwards.
pub async fn no_session_survives_a_race_with_the_end_of_the_others(stores: Stores) {
    let (approver, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    for round in 0..4 {
        let id = approve(&stores, &begin(&stores, round).await, &approver, 5).await.id;

        let answers = race(&stores, RACERS, |stores, racer| async move {
            if racer % 2 == 0 {
                return is_claimed(&poll(&stores, id, 6).await);
            }
            stores.sessions.end_others(user.id, Some(approver.id), &stamp(6)).await.unwrap();
            false
        })
        .await;

        assert!(count(&answers, |is_claimed| *is_claimed) <= 1);
        match found(&stores, id).await.state {
            State::Denied { by, .. } => assert_eq!(by, user.id),
            State::Claimed { session, .. } => assert!(!stored(&stores, session).await.is_live(at(7))),
            other => panic!("{other:?}"),
        }
    }
}
