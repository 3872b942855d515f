//! Decisions: exactly one is final.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{Decided, Polled};
use keywright_domain::device_authorization::{Action, DeviceAuthorization, DeviceAuthorizationState};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::session::SessionKind;
use keywright_domain::wait_budget::WaitBudget;

use super::{found, is_claimed, is_decided, poll};
use crate::fixture::{
    ADA, BOB, ENTROPY, RACERS, activity, approve, at, authorization, begin, context_at, count, decision,
    events, race, request_context, sign_in,
};

pub async fn an_approval_is_stored_and_recorded(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let before = begin(&stores, 1).await;
    let (decision, request) = (decision(&session, Action::Approve), request_context(5));

    let decided = stores.device_authorizations.decide(before.id, decision, &request).await.unwrap();

    let state =
        DeviceAuthorizationState::Approved { by: user.id, at: at(5), authentication: session.authentication };
    let approved = DeviceAuthorization { state, ..before };
    assert_eq!(decided, Decided::Decided(approved.clone()));
    assert_eq!(found(&stores, approved.id).await, approved);
    let recorded = approved.activity(decision.event(), decision.by, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
}

pub async fn a_denial_is_stored_and_recorded(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let before = DeviceAuthorization { client_name: None, ..authorization(1) };
    stores.device_authorizations.begin(&before, &WaitBudget::NONE).await.unwrap();
    let (decision, request) = (decision(&session, Action::Deny), request_context(5));

    let decided = stores.device_authorizations.decide(before.id, decision, &request).await.unwrap();

    let denied =
        DeviceAuthorization { state: DeviceAuthorizationState::Denied { by: user.id, at: at(5) }, ..before };
    assert_eq!(decided, Decided::Decided(denied.clone()));
    assert_eq!(found(&stores, denied.id).await, denied);
    let recorded = denied.activity(decision.event(), decision.by, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
}

pub async fn one_of_two_racing_accounts_decides(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, bob) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let id = begin(&stores, 1).await.id;
    let decisions = [decision(&of_ada, Action::Approve), decision(&of_bob, Action::Approve)];

    let decided = race(&stores, RACERS, |stores, racer| async move {
        stores.device_authorizations.decide(id, decisions[racer % 2], &request_context(5)).await.unwrap()
    })
    .await;

    let winner = found(&stores, id).await.state.decided_by().unwrap();
    assert_eq!(count(&decided, is_decided), 1);
    assert_eq!(count(&decided, |decided| *decided == Decided::AlreadyDecided), RACERS / 2 - 1);
    assert_eq!(count(&decided, |decided| *decided == Decided::NotFound), RACERS / 2);
    for user in [ada, bob] {
        let expected: &[Event] =
            if user.id == winner { &[Event::DeviceApproved, Event::SignedIn] } else { &[Event::SignedIn] };
        assert_eq!(events(&stores, user.id).await, expected);
    }
}

pub async fn one_of_a_racing_approval_and_denial_stands(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let id = begin(&stores, 1).await.id;
    let decisions = [decision(&session, Action::Approve), decision(&session, Action::Deny)];

    let decided = race(&stores, RACERS, |stores, racer| async move {
        stores.device_authorizations.decide(id, decisions[racer % 2], &request_context(5)).await.unwrap()
    })
    .await;

    let standing = Decided::Decided(found(&stores, id).await);
    assert_eq!(count(&decided, |decided| *decided == standing), 1);
    assert_eq!(count(&decided, |decided| *decided == Decided::AlreadyDecided), RACERS - 1);
    assert_eq!(events(&stores, user.id).await.len(), 2);
}

pub async fn a_decided_authorization_does_not_change(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, bob) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let approved = begin(&stores, 1).await;
    let approved = approve(&stores, &approved, &of_ada, 5).await;

    for action in [Action::Approve, Action::Deny] {
        for (session, expected) in [(&of_ada, Decided::AlreadyDecided), (&of_bob, Decided::NotFound)] {
            let decision = decision(session, action);
            let again = stores.device_authorizations.decide(approved.id, decision, &request_context(6)).await;
            assert_eq!(again.unwrap(), expected, "{action:?}");
        }
    }

    assert_eq!(found(&stores, approved.id).await, approved);
    assert_eq!(events(&stores, ada.id).await, [Event::DeviceApproved, Event::SignedIn]);
    assert_eq!(events(&stores, bob.id).await, [Event::SignedIn]);
}

pub async fn an_expired_or_unknown_authorization_is_not_decided(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (expired, in_time) = (begin(&stores, 1).await, begin(&stores, 1).await);
    let decision = decision(&session, Action::Approve);
    let decide = |id, now| {
        let stores = stores.clone();
        async move { stores.device_authorizations.decide(id, decision, &context_at(now)).await.unwrap() }
    };

    assert_eq!(decide(expired.id, expired.expires_at).await, Decided::NotFound);
    let unknown = DeviceAuthorizationId::new(at(0), &ENTROPY);
    assert_eq!(decide(unknown, at(5)).await, Decided::NotFound);
    assert_eq!(found(&stores, expired.id).await, expired);
    assert_eq!(events(&stores, user.id).await, [Event::SignedIn]);

    let last = decide(in_time.id, in_time.expires_at - TimeDelta::milliseconds(1)).await;
    assert!(is_decided(&last), "{last:?}");
}

pub async fn an_approval_racing_with_polls_is_claimed_once(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let id = begin(&stores, 1).await.id;
    let decision = decision(&session, Action::Approve);

    let polled = race(&stores, RACERS, |stores, racer| async move {
        if racer == RACERS / 2 {
            let decided =
                stores.device_authorizations.decide(id, decision, &request_context(5)).await.unwrap();
            assert!(is_decided(&decided), "{decided:?}");
            return Polled::Pending;
        }
        poll(&stores, id, 5).await
    })
    .await;
    let last = poll(&stores, id, 6).await;

    assert_eq!(count(&polled, is_claimed) + usize::from(is_claimed(&last)), 1);
    assert!(is_claimed(&last) || last == Polled::Spent, "{last:?}");
    let signed_in = events(&stores, user.id).await;
    assert_eq!(count(&signed_in, |event| *event == Event::SignedIn), 2);
    assert_eq!(count(&signed_in, |event| *event == Event::DeviceApproved), 1);
}
