//! Begin and find.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::device_authorization::port::Begun;
use keywright_domain::device_authorization::{
    Action, Deciding, DeviceAuthorization, DeviceAuthorizationState, UserCodeDigest,
};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::session::SessionKind;

use super::{found, poll};
use crate::fixture::{
    ADA, ENTROPY, RACERS, approve, at, authorization, begin, count, decision, race, request_context, sign_in,
};

pub async fn an_authorization_is_found_as_it_was_stored(stores: Stores) {
    let full = DeviceAuthorization { scope_was_narrowed: true, ..authorization(0) };
    let bare =
        DeviceAuthorization { client_name: None, client_info: ClientInfo::default(), ..authorization(1) };

    for authorization in [&full, &bare] {
        assert_eq!(stores.device_authorizations.begin(authorization).await.unwrap(), Begun::Begun);
    }

    assert_eq!(found(&stores, full.id).await, full);
    assert_eq!(found(&stores, bare.id).await, bare);
    let unknown = DeviceAuthorizationId::new(at(0), &ENTROPY);
    assert_eq!(stores.device_authorizations.find(unknown).await.unwrap(), None);
}

pub async fn an_authorization_is_found_by_either_code(stores: Stores) {
    let one = begin(&stores, 0).await;
    let other = begin(&stores, 0).await;
    let unknown = authorization(0).user_code;
    let by = |codes: Vec<UserCodeDigest>| {
        let stores = stores.clone();
        async move { stores.device_authorizations.find_by_user_code(&codes, at(10)).await.unwrap() }
    };

    assert_eq!(by(vec![one.user_code]).await, Some(one.clone()));
    assert_eq!(by(vec![unknown, other.user_code]).await, Some(other));
    assert_eq!(by(vec![one.user_code, unknown]).await, Some(one));
    assert_eq!(by(vec![unknown]).await, None);
    assert_eq!(by(vec![]).await, None);
}

pub async fn an_expired_authorization_is_not_found_by_its_code(stores: Stores) {
    let authorization = begin(&stores, 0).await;
    let last = authorization.expires_at - TimeDelta::milliseconds(1);
    let by_code = |now| {
        let stores = stores.clone();
        async move {
            stores.device_authorizations.find_by_user_code(&[authorization.user_code], now).await.unwrap()
        }
    };

    assert_eq!(by_code(last).await, Some(authorization.clone()));
    assert_eq!(by_code(authorization.expires_at).await, None);
    assert_eq!(found(&stores, authorization.id).await, authorization);
}

pub async fn every_state_is_read_back_unchanged(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let approved = begin(&stores, 1).await;
    let denied = begin(&stores, 2).await;
    let claimed = begin(&stores, 3).await;

    let approved = approve(&stores, &approved, &session, 4).await;
    let decision = decision(&session, Action::Deny);
    let deciding = stores.device_authorizations.decide(denied.id, decision, &request_context(5)).await;
    deciding.unwrap();
    let before = approve(&stores, &claimed, &session, 6).await;
    poll(&stores, claimed.id, 7).await;

    let session = found(&stores, claimed.id).await.state;
    let DeviceAuthorizationState::Claimed { session, .. } = session else {
        panic!("not claimed: {session:?}")
    };
    let claimed = before.claimed(session, at(7));
    let state = denied.decide(decision, at(5));
    let Deciding::Decided(state) = state else { panic!("not decided: {state:?}") };
    for authorization in [approved, DeviceAuthorization { state, ..denied }, claimed] {
        let by_code =
            stores.device_authorizations.find_by_user_code(&[authorization.user_code], at(10)).await;

        assert_eq!(by_code.unwrap(), Some(authorization.clone()));
        assert_eq!(found(&stores, authorization.id).await, authorization);
    }
}

pub async fn a_user_code_stays_taken_while_it_is_stored(stores: Stores) {
    let first = begin(&stores, 0).await;
    // The first one expired long ago and is still stored.
    let second = DeviceAuthorization { user_code: first.user_code, ..authorization(86_400) };

    let begun = stores.device_authorizations.begin(&second).await.unwrap();

    assert_eq!(begun, Begun::UserCodeTaken);
    assert_eq!(stores.device_authorizations.find(second.id).await.unwrap(), None);
    assert_eq!(found(&stores, first.id).await, first);
}

pub async fn one_of_racing_requests_gets_a_user_code(stores: Stores) {
    let user_code = authorization(0).user_code;
    let authorizations: Vec<_> =
        (0..RACERS).map(|_| DeviceAuthorization { user_code, ..authorization(0) }).collect();

    let begun = race(&stores, RACERS, |stores, racer| {
        let authorization = authorizations[racer].clone();
        async move { stores.device_authorizations.begin(&authorization).await.unwrap() }
    })
    .await;

    assert_eq!(count(&begun, |begun| *begun == Begun::Begun), 1);
    let winner = &authorizations[begun.iter().position(|begun| *begun == Begun::Begun).unwrap()];
    let by_code = stores.device_authorizations.find_by_user_code(&[user_code], at(1)).await.unwrap();
    assert_eq!(by_code.as_ref(), Some(winner));
}
