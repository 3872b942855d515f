//! Activity: recording and listing.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::device_authorization::Action;
use keywright_domain::device_authorization::port::Poll;
use keywright_domain::page::Page;
use keywright_domain::session::{EndReason, Generation, Refresh, RotationRules, SessionKind};
use keywright_domain::user::ProfileChange;

use crate::fixture::{
    ADA, BOB, LIFETIMES, activity, approve, at, begin, client_info, context_from, decision, issue, redeem,
    request_context, seed, sign_in, sign_in_with, unknown_user,
};

/// The page limit applies, too.
pub async fn activity_of_one_account_is_listed_newest_first(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    sign_in(&stores, BOB, SessionKind::Tokens, 5).await;
    sign_in(&stores, ADA, SessionKind::Tokens, 20).await;
    sign_in(&stores, ADA, SessionKind::Tokens, 10).await;

    let page = Page::new(1, 2).unwrap();
    let newest = stores.activities.list(ada.id, page).await.unwrap();

    let instants: Vec<_> = newest.items.iter().map(|entry| entry.occurred_at).collect();
    assert_eq!(instants, [at(20), at(10)]);
    assert_eq!(activity(&stores, ada.id).await.len(), 3);
}

/// Client info is stored verbatim; an unknown part stays unknown.
pub async fn client_info_is_stored_unchanged(stores: Stores) {
    let origins = [
        client_info("192.0.2.1", "Fire\u{1f98a}fox"),
        client_info("2001:db8::1", "ü"),
        client_info("::ffff:192.0.2.1", "x"),
        ClientInfo::default(),
    ];
    for (second, origin) in (0_i64..).zip(&origins) {
        let stamp = context_from(at(second), origin.clone());
        let (session, user) = sign_in_with(&stores, ADA, seed(SessionKind::Tokens, second), &stamp).await;

        let newest = activity(&stores, user.id).await.remove(0);

        assert_eq!((&newest.client_info, &session.client_info), (origin, origin));
    }
}

/// Each page holds its slice and reports the total count, even a page beyond the end.
pub async fn activity_comes_in_pages(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    for second in 1..5 {
        sign_in(&stores, ADA, SessionKind::Tokens, second).await;
    }

    for (number, seconds) in [(1, vec![4, 3]), (2, vec![2, 1]), (3, vec![0]), (4, vec![]), (u32::MAX, vec![])]
    {
        let found = stores.activities.list(ada.id, Page::new(number, 2).unwrap()).await.unwrap();

        let instants: Vec<_> = found.items.iter().map(|entry| entry.occurred_at).collect();
        assert_eq!(instants, seconds.into_iter().map(at).collect::<Vec<_>>(), "{number}");
        assert_eq!(found.total, 5);
    }
    assert_eq!(stores.activities.list(unknown_user(), Page::default()).await.unwrap().total, 0);
}

pub async fn every_event_is_stored(stores: Stores) {
    for (event, second) in Event::ALL.iter().zip(0..) {
        let (session, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 10 * second).await;
        let request = request_context(10 * second + 5);

        assert!(stores.sessions.end(session.id, EndReason::Ended, *event, &request).await.unwrap());

        assert_eq!(activity(&stores, ada.id).await.remove(0).event, *event);
    }
}

/// A command and its activity entry are one commit: neither exists without the other.
pub async fn a_command_that_cannot_be_recorded_is_not_applied(stores: Stores) {
    let (session, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let pending = begin(&stores, 1).await;
    let approved = approve(&stores, &begin(&stores, 1).await, &session, 2).await;
    let link = issue(&stores, ADA, 3).await;
    // A request has one entry per event: its second command finds the place taken.
    let taken = request_context(5);
    let change = |name: &str| ProfileChange { name: Some(name.to_owned()), ..ProfileChange::default() };
    let ada = stores.users.change_profile(ada.id, &change("Ada"), &taken).await.unwrap().unwrap();
    let before = activity(&stores, ada.id).await;
    let (redeem, seed) = (redeem(&link, SessionKind::Tokens, 5), seed(SessionKind::Device, 5));
    let rules = RotationRules { retry_window: TimeDelta::zero(), lost_response_window: TimeDelta::zero() };
    let presented = Generation(9);
    let ahead = Refresh { session: session.id, presented, client_id: None, rules, idle: LIFETIMES.idle };
    let poll = Poll { id: approved.id, client_id: None };

    let failed = [
        stores.users.change_profile(ada.id, &change("Eve"), &taken).await.is_err(),
        stores.users.disable(ada.id, &taken).await.is_err(),
        stores.sessions.rotate(&ahead, &taken).await.is_err(),
        stores.sessions.end(session.id, EndReason::Ended, Event::SessionEnded, &taken).await.is_err(),
        stores.magic_links.redeem(&redeem, &taken).await.is_err(),
        stores.device_authorizations.poll(&poll, &seed, &taken).await.is_err(),
        stores
            .device_authorizations
            .decide(pending.id, decision(&session, Action::Deny), &taken)
            .await
            .is_err(),
    ];

    assert_eq!(failed, [true; 7]);
    assert_eq!(stores.sessions.find(session.id).await.unwrap(), Some((session, ada.clone())));
    for unopened in [redeem.seed.id, seed.id] {
        assert_eq!(stores.sessions.find(unopened).await.unwrap(), None);
    }
    assert_eq!(stores.magic_links.find(link.id).await.unwrap(), Some(link));
    for authorization in [pending, approved] {
        let found = stores.device_authorizations.find(authorization.id).await.unwrap();
        assert_eq!(found, Some(authorization));
    }
    assert_eq!(activity(&stores, ada.id).await, before);
}
