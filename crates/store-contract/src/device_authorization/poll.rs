//! Polls: exactly one claims the session.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::device_authorization::{
    Action, Decision, DeviceAuthorization, DeviceAuthorizationState,
};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::session::{
    Authentication, AuthenticationMethod, Lifetimes, Session, SessionKind, SessionSeed,
};
use keywright_domain::wait_budget::WaitBudget;

use super::{found, is_claimed, poll};
use crate::fixture::{
    ADA, BOB, ENTROPY, RACERS, activity, approve, at, authorization, begin, client_info, context_at,
    context_from, count, decision, events, race, request_context, seed, sign_in,
};

/// Finds many at once by the rule of a poll; the last instant before the expiry is in time.
pub async fn undecided_authorizations_are_found_in_bulk(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (old, young) = (begin(&stores, 0).await, begin(&stores, 1).await);
    let (approved, denied) = (begin(&stores, 1).await, begin(&stores, 1).await);
    approve(&stores, &approved, &session, 2).await;
    let denial = decision(&session, Action::Deny);
    stores.device_authorizations.decide(denied.id, denial, &request_context(2)).await.unwrap();
    let unknown = authorization(1);
    let all = [&old, &young, &approved, &denied, &unknown].map(|one| one.id);
    let last = old.expires_at - TimeDelta::milliseconds(1);

    let mut undecided = stores.device_authorizations.undecided(&all, last, &WaitBudget::NONE).await.unwrap();
    undecided.sort_unstable();
    let late = stores.device_authorizations.undecided(&all, old.expires_at, &WaitBudget::NONE).await.unwrap();

    assert_eq!(undecided, [old.id, young.id]);
    assert_eq!(late, [young.id]);
    assert_eq!(stores.device_authorizations.undecided(&[], last, &WaitBudget::NONE).await.unwrap(), []);
}

pub async fn a_pending_poll_changes_nothing(stores: Stores) {
    let pending = begin(&stores, 0).await;
    let id = pending.id;

    let polled = race(&stores, RACERS, |stores, _| async move { poll(&stores, id, 5).await }).await;

    assert_eq!(count(&polled, |polled| *polled == Polled::Pending), RACERS);
    assert_eq!(found(&stores, id).await, pending);
}

pub async fn one_of_racing_polls_claims_the_session(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    let approved = approve(&stores, &pending, &session, 2).await;
    let seeds: Vec<_> = (0..RACERS).map(|_| seed(SessionKind::Device, 5)).collect();

    let polled = race(&stores, RACERS, |stores, racer| {
        let (poll, seed) = (Poll { id: approved.id, client_id: None }, seeds[racer].clone());
        async move { stores.device_authorizations.poll(&poll, &seed, &request_context(5)).await.unwrap() }
    })
    .await;

    let winner = polled.iter().position(is_claimed).unwrap();
    assert_eq!(count(&polled, is_claimed), 1);
    assert_eq!(count(&polled, |polled| *polled == Polled::Spent), RACERS - 1);
    for (racer, seed) in seeds.iter().enumerate() {
        let opened = stores.sessions.find(seed.id, &WaitBudget::NONE).await.unwrap();
        assert_eq!(opened.is_some(), racer == winner, "{racer}");
    }
    let claimed = approved.claimed(seeds[winner].id, at(5));
    assert_eq!(found(&stores, approved.id).await, claimed);
    assert_eq!(poll(&stores, approved.id, 6).await, Polled::Spent);
    let happened = [Event::SignedIn, Event::DeviceApproved, Event::SignedIn];
    assert_eq!(events(&stores, user.id).await, happened);
}

pub async fn devices_of_one_account_are_claimed_concurrently(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let mut devices = vec![];
    for _ in 0..RACERS {
        let pending = begin(&stores, 1).await;
        devices.push(approve(&stores, &pending, &session, 2).await.id);
    }

    let polled = race(&stores, RACERS, |stores, racer| {
        let device = devices[racer];
        async move { poll(&stores, device, 5).await }
    })
    .await;

    assert_eq!(count(&polled, is_claimed), RACERS);
    for answer in polled {
        let Polled::Claimed { session, authorization } = answer else { panic!("{answer:?}") };
        assert_eq!(
            stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(),
            Some((session, user.clone()))
        );
        assert_eq!(found(&stores, authorization.id).await, authorization);
    }
}

pub async fn the_session_belongs_to_the_client_and_has_the_approvers_authentication(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    let authentication = Authentication { at: at(-90), method: AuthenticationMethod::BoundPasskey };
    let decision = Decision { authentication, ..decision(&of_ada, Action::Approve) };
    stores.device_authorizations.decide(pending.id, decision, &request_context(2)).await.unwrap();
    let lifetimes = Lifetimes { idle: TimeDelta::days(3), absolute: TimeDelta::days(9) };
    let seed = SessionSeed { lifetimes, ..seed(SessionKind::Device, 5) };
    let request = context_from(at(5), client_info("2001:db8::1:2", "cli/3 (Zoë)"));

    let poll = Poll { id: pending.id, client_id: Some("acme-tool".to_owned()) };
    let polled = stores.device_authorizations.poll(&poll, &seed, &request).await.unwrap();

    let expected = Session {
        client_id: pending.client_id.clone(),
        client_name: pending.client_name.clone(),
        ..seed.open(ada.id, authentication, &request)
    };
    let state = DeviceAuthorizationState::Claimed { by: ada.id, at: at(5), session: seed.id };
    let authorization = DeviceAuthorization { state, ..pending };
    assert_eq!(polled, Polled::Claimed { session: expected.clone(), authorization });
    let recorded = expected.activity(Event::SignedIn, &request);
    assert_eq!(activity(&stores, ada.id).await.first(), Some(&recorded));
    assert_eq!(stores.sessions.find(seed.id, &WaitBudget::NONE).await.unwrap(), Some((expected, ada)));
}

pub async fn a_foreign_client_claims_nothing(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    let by = |client_id: &str| {
        let poll = Poll { id: pending.id, client_id: Some(client_id.to_owned()) };
        let stores = stores.clone();
        async move {
            let seed = seed(SessionKind::Device, 5);
            stores.device_authorizations.poll(&poll, &seed, &request_context(5)).await.unwrap()
        }
    };

    assert_eq!(by("cli").await, Polled::Spent);
    let approved = approve(&stores, &pending, &session, 2).await;
    for client_id in ["cli", "ACME-TOOL", ""] {
        assert_eq!(by(client_id).await, Polled::Spent);
    }

    assert_eq!(found(&stores, pending.id).await, approved);
    assert_eq!(events(&stores, user.id).await, [Event::DeviceApproved, Event::SignedIn]);
    let polled = by("acme-tool").await;
    assert!(is_claimed(&polled), "{polled:?}");
}

pub async fn an_account_disabled_since_the_approval_gets_no_session(stores: Stores) {
    let (of_ada, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (hers, his) = (begin(&stores, 1).await, begin(&stores, 1).await);
    let approved = approve(&stores, &hers, &of_ada, 2).await;
    approve(&stores, &his, &of_bob, 2).await;
    stores.users.disable(ada.id, &request_context(3)).await.unwrap();
    let seed = seed(SessionKind::Device, 5);

    let hers = Poll { id: hers.id, client_id: None };
    let polled = stores.device_authorizations.poll(&hers, &seed, &request_context(5)).await.unwrap();
    stores.users.enable(ada.id, at(6)).await.unwrap();
    let later = stores.device_authorizations.poll(&hers, &seed, &request_context(7)).await.unwrap();

    assert_eq!([polled, later], [Polled::Denied, Polled::Denied]);
    assert_eq!(stores.sessions.find(seed.id, &WaitBudget::NONE).await.unwrap(), None);
    let denied = DeviceAuthorizationState::Denied { by: ada.id, at: at(3) };
    assert_eq!(found(&stores, approved.id).await, DeviceAuthorization { state: denied, ..approved });
    let happened = [Event::AccountDisabled, Event::DeviceApproved, Event::SignedIn];
    assert_eq!(events(&stores, ada.id).await, happened);
    let polled = poll(&stores, his.id, 5).await;
    assert!(is_claimed(&polled), "{polled:?}");
}

pub async fn a_denied_expired_or_unknown_authorization_opens_nothing(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (denied, pending, approved) =
        (begin(&stores, 1).await, begin(&stores, 1).await, begin(&stores, 1).await);
    let deny = decision(&session, Action::Deny);
    stores.device_authorizations.decide(denied.id, deny, &request_context(2)).await.unwrap();
    let approved = approve(&stores, &approved, &session, 3).await;
    let unknown = DeviceAuthorizationId::new(at(0), &ENTROPY);

    for (id, second, expected) in [
        (denied.id, 5, Polled::Denied),
        (denied.id, 601, Polled::Denied),
        (pending.id, 601, Polled::Expired),
        (approved.id, 601, Polled::Expired),
        (unknown, 5, Polled::Spent),
    ] {
        assert_eq!(poll(&stores, id, second).await, expected, "{id} at {second}");
    }

    assert_eq!(found(&stores, pending.id).await, pending);
    assert_eq!(found(&stores, approved.id).await, approved);
    assert_eq!(count(&events(&stores, user.id).await, |event| *event == Event::SignedIn), 1);
}

pub async fn the_last_instant_of_an_approval_is_in_time(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    let approved = approve(&stores, &pending, &session, 2).await;
    let last = context_at(approved.expires_at - TimeDelta::milliseconds(1));

    let poll = Poll { id: approved.id, client_id: None };
    let seed = seed(SessionKind::Device, 5);
    let polled = stores.device_authorizations.poll(&poll, &seed, &last).await.unwrap();

    assert!(is_claimed(&polled), "{polled:?}");
}
