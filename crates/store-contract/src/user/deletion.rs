//! Deleting an account.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::device_authorization::port::{Poll, Polled};
use keywright_domain::page::Page;
use keywright_domain::session::{Generation, Refresh, RotationRules, SessionKind};
use keywright_domain::user::ProfileChange;
use keywright_domain::user::port::Deletion;

use crate::fixture::{
    ADA, BOB, LIFETIMES, RACERS, activity, approve, at, begin, count, issue, race, request_context, seed,
    sign_in, stored,
};

/// An account is deleted with everything that belongs to it; shared records keep nothing of its owner.
pub async fn a_deleted_account_leaves_nothing(stores: Stores) {
    let (session, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let device = approve(&stores, &begin(&stores, 1).await, &session, 2).await;
    let link = issue(&stores, ADA, 3).await;
    let bobs_link = issue(&stores, BOB, 3).await;

    assert_eq!(stores.users.delete(ada.id).await.unwrap(), Deletion::Deleted);
    assert_eq!(stores.users.delete(ada.id).await.unwrap(), Deletion::NotFound);

    assert_eq!(stores.users.find(ada.id).await.unwrap(), None);
    assert_eq!(stores.users.find_by_email(&ada.email).await.unwrap(), None);
    assert_eq!(stores.sessions.find(session.id).await.unwrap(), None);
    assert_eq!(activity(&stores, ada.id).await, []);
    assert_eq!(stores.magic_links.find(link.id).await.unwrap(), None);
    let mails = stores.mails.newest(100).await.unwrap();
    assert!(mails.iter().all(|mail| mail.to == bob.email) && !mails.is_empty(), "{mails:?}");
    let kept = stores.device_authorizations.find(device.id).await.unwrap().unwrap();
    assert_eq!(
        (&kept.client_info, &kept.client_name, kept.state),
        (&ClientInfo::default(), &None, device.state)
    );
    let poll = Poll { id: device.id, client_id: None };
    let polled =
        stores.device_authorizations.poll(&poll, &seed(SessionKind::Device, 9), &request_context(9)).await;
    assert_eq!(polled.unwrap(), Polled::AccountUnavailable);
    assert_eq!(stored(&stores, of_bob.id).await, of_bob);
    assert!(stores.magic_links.find(bobs_link.id).await.unwrap().is_some());
}

/// Concurrent sign-ins, refreshes and approvals leave nothing behind.
pub async fn nothing_survives_a_race_with_deleting_the_account(stores: Stores) {
    let (session, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let device = approve(&stores, &begin(&stores, 1).await, &session, 2).await;
    let (id, session) = (ada.id, session.id);

    let deleted = race(&stores, RACERS, |stores, racer| async move {
        match racer % 4 {
            0 => return stores.users.delete(id).await.unwrap() == Deletion::Deleted,
            1 => {
                let rules = RotationRules {
                    retry_window: TimeDelta::seconds(60),
                    lost_response_window: TimeDelta::hours(1),
                };
                let presented = Generation(0);
                let refresh = Refresh { session, presented, client_id: None, rules, idle: LIFETIMES.idle };
                stores.sessions.rotate(&refresh, &request_context(10)).await.unwrap();
            }
            2 => {
                let poll = Poll { id: device.id, client_id: None };
                let seed = seed(SessionKind::Device, 10);
                stores.device_authorizations.poll(&poll, &seed, &request_context(10)).await.unwrap();
            }
            _ => {
                let change = ProfileChange { name: Some(racer.to_string()), ..ProfileChange::default() };
                stores.users.change_profile(id, &change, &request_context(10)).await.unwrap();
            }
        }
        false
    })
    .await;

    assert_eq!(count(&deleted, |deleted| *deleted), 1);
    assert_eq!(stores.sessions.list(ada.id, Page::default(), at(11)).await.unwrap().total, 0);
    assert_eq!(activity(&stores, ada.id).await, []);
}
