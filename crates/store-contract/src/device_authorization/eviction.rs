//! Ending the sessions of an approver withdraws their approvals: nothing that was begun earlier survives.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{Decided, Polled};
use keywright_domain::device_authorization::{Action, DeviceAuthorizationState};
use keywright_domain::session::{EndReason, SessionKind};

use super::{found, is_claimed, nothing_is_left, poll};
use crate::fixture::{
    ADA, BOB, RACERS, approve, at, begin, count, decision, race, request_context, sign_in, stored,
};

pub async fn ending_the_other_sessions_withdraws_their_approvals(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (hers, his) = (begin(&stores, 1).await, begin(&stores, 1).await);
    let (expired, pending) = (begin(&stores, -600).await, begin(&stores, 1).await);
    let expired = approve(&stores, &expired, &of_ada, -1).await;
    for (device, session) in [(&hers, &of_ada), (&his, &of_bob)] {
        approve(&stores, device, session, 2).await;
    }

    let ended = stores.sessions.end_others(ada.id, Some(of_ada.id), &request_context(3)).await.unwrap();

    assert_eq!(ended, 0);
    assert_eq!(
        found(&stores, hers.id).await.state,
        DeviceAuthorizationState::Denied { by: ada.id, at: at(3) }
    );
    assert_eq!(poll(&stores, hers.id, 4).await, Polled::Denied);
    assert_eq!(found(&stores, expired.id).await, expired);
    assert_eq!(found(&stores, pending.id).await, pending);
    assert!(is_claimed(&poll(&stores, his.id, 4).await));
}

pub async fn ending_all_sessions_withdraws_all_approvals(stores: Stores) {
    let (of_ada, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (hers, his) = (begin(&stores, 1).await, begin(&stores, 1).await);
    approve(&stores, &hers, &of_ada, 2).await;
    approve(&stores, &his, &of_bob, 2).await;

    // The first batch withdraws approvals, in case the caller is killed before the last batch.
    let mut part = stores.sessions.end_some(None, 1, &request_context(3)).await.unwrap();
    for id in [hers.id, his.id] {
        assert_eq!(poll(&stores, id, 4).await, Polled::Denied);
    }
    // The last batch withdraws them again, for approvers who were not signed out yet.
    let later = begin(&stores, 5).await;
    let of_either = if stored(&stores, of_ada.id).await.is_live(at(5)) { of_ada } else { of_bob };
    approve(&stores, &later, &of_either, 5).await;
    while part.last.is_some() {
        part = stores.sessions.end_some(part.last, 1, &request_context(6)).await.unwrap();
    }

    assert_eq!(poll(&stores, later.id, 7).await, Polled::Denied);
}

/// In either order, no session is live afterwards.
pub async fn no_session_survives_a_race_with_ending_the_others(stores: Stores) {
    let (approver, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    for round in 0..4 {
        let id = approve(&stores, &begin(&stores, round).await, &approver, 5).await.id;

        let answers = race(&stores, RACERS, |stores, racer| async move {
            if racer % 2 == 0 {
                return is_claimed(&poll(&stores, id, 6).await);
            }
            stores.sessions.end_others(user.id, Some(approver.id), &request_context(6)).await.unwrap();
            false
        })
        .await;

        assert!(count(&answers, |is_claimed| *is_claimed) <= 1);
        nothing_is_left(&stores, id, user.id).await;
    }
}

pub async fn an_ended_session_and_a_disabled_account_decide_nothing(stores: Stores) {
    let (ended, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (disabled, bob) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    stores.sessions.end(ended.id, EndReason::Ended, Event::SessionEnded, &request_context(2)).await.unwrap();
    stores.users.disable(bob.id, &request_context(2)).await.unwrap();

    for session in [&ended, &disabled] {
        for action in [Action::Approve, Action::Deny] {
            let (decision, request) = (decision(session, action), request_context(3));
            let decided = stores.device_authorizations.decide(pending.id, decision, &request).await;
            assert_eq!(decided.unwrap(), Decided::SessionOver);
        }
    }
    assert_eq!(found(&stores, pending.id).await, pending);
}

/// In either order, no approval is left afterwards, whether the other sessions of the account or the account
/// itself are ended.
pub async fn no_approval_survives_a_race_with_its_sessions_end(stores: Stores) {
    let (owner, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    for (round, disables) in [false, false, false, true].into_iter().enumerate() {
        let (thief, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
        let mut pending = Vec::new();
        for _ in 0..RACERS / 2 {
            pending.push(begin(&stores, i64::try_from(round).unwrap()).await.id);
        }

        race(&stores, RACERS / 2 + 1, |stores, racer| {
            let id = pending.get(racer).copied();
            let decision = decision(&thief, Action::Approve);
            async move {
                if let Some(id) = id {
                    drop(
                        stores.device_authorizations.decide(id, decision, &request_context(6)).await.unwrap(),
                    );
                } else if disables {
                    drop(stores.users.disable(ada.id, &request_context(6)).await.unwrap());
                } else {
                    stores.sessions.end_others(ada.id, Some(owner.id), &request_context(6)).await.unwrap();
                }
            }
        })
        .await;

        for id in pending {
            let state = found(&stores, id).await.state;
            assert!(
                matches!(state, DeviceAuthorizationState::Pending | DeviceAuthorizationState::Denied { .. }),
                "{state:?}"
            );
        }
    }
}
