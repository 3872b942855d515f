//! Withdrawn approvals: no session is opened, and one that was opened ends.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::{Polled, Withdrawn};
use keywright_domain::device_authorization::{Action, DeviceAuthorization, DeviceAuthorizationState};
use keywright_domain::id::DeviceAuthorizationId;
use keywright_domain::mail::{Mail, Template};
use keywright_domain::session::{EndReason, Session, SessionKind};
use keywright_domain::wait_budget::WaitBudget;

use super::{found, is_claimed, nothing_is_left, poll};
use crate::fixture::{
    ADA, ENTROPY, RACERS, activity, approve, at, begin, count, decision, events, race, request_context,
    sign_in, stored,
};

async fn withdraw(stores: &Stores, id: DeviceAuthorizationId, second: i64) -> Withdrawn {
    stores.device_authorizations.withdraw(id, &request_context(second)).await.unwrap()
}

async fn claim(stores: &Stores, id: DeviceAuthorizationId, second: i64) -> Session {
    match poll(stores, id, second).await {
        Polled::Claimed { session, .. } => session,
        other => panic!("not claimed: {other:?}"),
    }
}

/// Only an approval is mailed.
pub async fn an_approval_is_mailed_to_its_owner(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (approved, denied) = (begin(&stores, 1).await.id, begin(&stores, 1).await.id);
    let (request, later) = (request_context(5), [request_context(6), request_context(7)]);
    let decide = |id, action, at| stores.device_authorizations.decide(id, decision(&session, action), at);

    decide(approved, Action::Approve, &request).await.unwrap();
    decide(denied, Action::Deny, &later[0]).await.unwrap();
    decide(approved, Action::Approve, &later[1]).await.unwrap();

    let mails = stores.mails.newest(9).await.unwrap();
    let told: Vec<_> = mails.iter().filter(|mail| !matches!(mail.template, Template::MagicLink(_))).collect();
    let expected = Mail::for_approval(crate::fixture::email(ADA), approved, &request);
    assert_eq!(told, [&expected]);
    assert_eq!(stores.mails.find(expected.id, &WaitBudget::NONE).await.unwrap(), Some(expected));
}

pub async fn a_withdrawn_approval_opens_nothing(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let approved = approve(&stores, &begin(&stores, 1).await, &session, 5).await;
    let request = request_context(8);

    let withdrawn = stores.device_authorizations.withdraw(approved.id, &request).await.unwrap();

    let denied = DeviceAuthorization {
        state: DeviceAuthorizationState::Denied { by: user.id, at: at(8) },
        ..approved
    };
    assert_eq!(withdrawn, Withdrawn::Withdrawn);
    assert_eq!(found(&stores, denied.id).await, denied);
    assert_eq!(poll(&stores, denied.id, 9).await, Polled::Denied);
    assert_eq!(withdraw(&stores, denied.id, 10).await, Withdrawn::Over);
    let recorded = denied.activity(Event::DeviceDenied, user.id, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
    let happened = [Event::DeviceDenied, Event::DeviceApproved, Event::SignedIn];
    assert_eq!(events(&stores, user.id).await, happened);
}

pub async fn withdrawing_a_claimed_approval_ends_its_session(stores: Stores) {
    let (approver, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let id = approve(&stores, &begin(&stores, 1).await, &approver, 5).await.id;
    let session = claim(&stores, id, 6).await;
    let request = request_context(2000);

    let withdrawn = stores.device_authorizations.withdraw(id, &request).await.unwrap();

    let ended = session.ended(EndReason::Ended, at(2000));
    assert_eq!(withdrawn, Withdrawn::Ended(ended.clone()));
    assert_eq!(stored(&stores, session.id).await, ended);
    assert_eq!(stored(&stores, approver.id).await, approver);
    assert_eq!(withdraw(&stores, id, 2001).await, Withdrawn::Over);
    let recorded = ended.activity(Event::SessionEnded, &request);
    assert_eq!(activity(&stores, user.id).await.first(), Some(&recorded));
    assert_eq!(count(&events(&stores, user.id).await, |event| *event == Event::SessionEnded), 1);
}

pub async fn an_authorization_without_approval_is_not_withdrawn(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 1).await;
    let expired = approve(&stores, &begin(&stores, 1).await, &session, 5).await;
    let unknown = DeviceAuthorizationId::new(at(0), &ENTROPY);

    for id in [pending.id, expired.id, unknown] {
        assert_eq!(withdraw(&stores, id, 601).await, Withdrawn::Over);
    }

    assert_eq!(found(&stores, pending.id).await, pending);
    assert_eq!(found(&stores, expired.id).await, expired);
}

/// In either order, no session is live afterwards.
pub async fn no_session_survives_a_race_with_a_withdrawal(stores: Stores) {
    let (approver, user) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    for round in 0..4 {
        let id = approve(&stores, &begin(&stores, round).await, &approver, 5).await.id;

        let answers = race(&stores, RACERS, |stores, racer| async move {
            if racer % 2 == 0 {
                return (is_claimed(&poll(&stores, id, 6).await), false);
            }
            (false, withdraw(&stores, id, 6).await != Withdrawn::Over)
        })
        .await;

        assert!(count(&answers, |(is_claimed, _)| *is_claimed) <= 1);
        // A claim after the last withdrawal finds nothing to claim; one before it is ended.
        assert_eq!(count(&answers, |(_, is_withdrawn)| *is_withdrawn), 1, "{answers:?}");
        nothing_is_left(&stores, id, user.id).await;
    }
}
