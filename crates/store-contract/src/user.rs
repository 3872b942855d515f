//! Users.

mod deletion;

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::{Activity, Event};
use keywright_domain::device_authorization::port::Poll;
use keywright_domain::page::Page;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Generation, Refresh, RotationRules, SessionKind};
use keywright_domain::user::port::Opening;
use keywright_domain::user::{Profile, ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;
use serde_json::json;

pub use self::deletion::*;
use crate::fixture::{
    ADA, BOB, LIFETIMES, RACERS, activity, approve, at, begin, count, email, events, issue, race, redeem,
    request_context, seed, sign_in, stored, unknown_user,
};

/// Only a difference is recorded.
pub async fn a_changed_profile_is_stored_and_recorded(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let change = ProfileChange {
        name: Some("Ada Łovelace".to_owned()),
        avatar_url: Some(Some("https://a.example/".to_owned())),
        locale: Some("pl".to_owned()),
        time_zone: Some("Europe/Warsaw".to_owned()),
    };

    let changed = stores.users.change_profile(ada.id, &change, &request_context(10)).await.unwrap().unwrap();
    let again = stores.users.change_profile(ada.id, &change, &request_context(20)).await.unwrap();

    assert_eq!((changed.updated_at, changed.profile.name.as_deref()), (at(10), Some("Ada Łovelace")));
    assert_eq!(again.as_ref(), Some(&changed));
    assert_eq!(stores.users.find(ada.id, &WaitBudget::NONE).await.unwrap(), Some(changed));
    let entry = activity(&stores, ada.id).await.remove(0);
    assert_eq!(entry.details, json!({"fields": ["name", "avatar_url", "locale", "time_zone"]}));
    assert_eq!(events(&stores, ada.id).await, [Event::ProfileChanged, Event::SignedIn]);

    let removal = ProfileChange { avatar_url: Some(None), ..ProfileChange::default() };
    let removed = stores.users.change_profile(ada.id, &removal, &request_context(30)).await.unwrap().unwrap();
    assert_eq!(removed.profile.avatar_url, None);
    assert_ne!(removed.profile, Profile::default());
}

pub async fn an_unknown_account_is_not_found(stores: Stores) {
    let nobody = unknown_user();

    assert_eq!(stores.users.find(nobody, &WaitBudget::NONE).await.unwrap(), None);
    assert_eq!(stores.users.find_by_email(&email(ADA), &WaitBudget::NONE).await.unwrap(), None);
    let change = ProfileChange::default();
    assert_eq!(stores.users.change_profile(nobody, &change, &request_context(0)).await.unwrap(), None);
    assert_eq!(stores.users.disable(nobody, &request_context(0)).await.unwrap(), None);
}

/// The end is immediate and recorded once.
pub async fn a_disabled_account_has_no_sessions(stores: Stores) {
    let (tokens, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (browser, _) = sign_in(&stores, ADA, SessionKind::Browser, 1).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Tokens, 2).await;

    let disabled = stores.users.disable(ada.id, &request_context(10)).await.unwrap().unwrap();
    let again = stores.users.disable(ada.id, &request_context(20)).await.unwrap().unwrap();

    assert_eq!((disabled.disabled_at, &again), (Some(at(10)), &disabled));
    for session in [tokens.id, browser.id] {
        assert!(!stored(&stores, session).await.is_live(at(11)));
    }
    assert!(stored(&stores, of_bob.id).await.is_live(at(11)));
    let rules = RotationRules { retry_window: TimeDelta::zero(), lost_response_window: TimeDelta::zero() };
    let presented = Generation(0);
    let refresh = Refresh { session: tokens.id, presented, client_id: None, rules, idle: LIFETIMES.idle };
    assert_eq!(stores.sessions.rotate(&refresh, &request_context(11)).await.unwrap(), Rotation::Over);
    let disablings = events(&stores, ada.id).await;
    assert_eq!(disablings.iter().filter(|event| **event == Event::AccountDisabled).count(), 1);
}

/// The record agrees with the domain.
pub async fn the_activity_names_the_changed_fields(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let named = ProfileChange { name: Some("Ada".to_owned()), ..ProfileChange::default() };
    stores.users.change_profile(ada.id, &named, &request_context(5)).await.unwrap();
    let change = ProfileChange { locale: Some("de-CH".to_owned()), ..named };
    let request = request_context(10);

    let changed = stores.users.change_profile(ada.id, &change, &request).await.unwrap().unwrap();

    let recorded = Activity::for_profile_change(ada.id, &["locale"], &request);
    assert_eq!(activity(&stores, ada.id).await.first(), Some(&recorded));
    assert_eq!(changed.profile.name.as_deref(), Some("Ada"));
    assert_eq!((changed.created_at, changed.updated_at), (at(0), at(10)));
}

pub async fn accounts_are_found_by_id_and_by_address(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 1).await;

    for user in [ada, bob] {
        assert_eq!(stores.users.find(user.id, &WaitBudget::NONE).await.unwrap().as_ref(), Some(&user));
        assert_eq!(stores.users.find_by_email(&user.email, &WaitBudget::NONE).await.unwrap(), Some(user));
    }
}

/// Changes of different fields do not undo each other, and each is recorded once.
pub async fn racing_profile_changes_are_all_kept(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let named = ProfileChange { name: Some("Ada".to_owned()), ..ProfileChange::default() };
    let placed = ProfileChange { time_zone: Some("Europe/Zurich".to_owned()), ..ProfileChange::default() };
    let changes = [named, placed];

    race(&stores, RACERS, |stores, racer| {
        let change = changes[racer % 2].clone();
        async move { stores.users.change_profile(ada.id, &change, &request_context(10)).await.unwrap() }
    })
    .await;

    let profile = stores.users.find(ada.id, &WaitBudget::NONE).await.unwrap().unwrap().profile;
    assert_eq!((profile.name.as_deref(), profile.time_zone.as_deref()), (Some("Ada"), Some("Europe/Zurich")));
    let recorded = [Event::ProfileChanged, Event::ProfileChanged, Event::SignedIn];
    assert_eq!(events(&stores, ada.id).await, recorded);
}

/// One call disables the account, all see the result, and it is recorded once.
pub async fn one_of_racing_disablings_counts(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let id = ada.id;

    let disabled = race(&stores, RACERS, |stores, _| async move {
        stores.users.disable(id, &request_context(10)).await.unwrap().unwrap()
    })
    .await;

    let expected = User { disabled_at: Some(at(10)), updated_at: at(10), ..ada };
    assert_eq!(count(&disabled, |user| *user == expected), RACERS);
    assert_eq!(stores.users.find(id, &WaitBudget::NONE).await.unwrap(), Some(expected));
    assert_eq!(events(&stores, id).await, [Event::AccountDisabled, Event::SignedIn]);
}

pub async fn disabling_ends_live_sessions_and_leaves_ended_ones_unchanged(stores: Stores) {
    let (ended, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (expired, _) = sign_in(&stores, ADA, SessionKind::Browser, 1).await;
    stores.sessions.end(ended.id, EndReason::SignedOut, Event::SignedOut, &request_context(2)).await.unwrap();
    let month = LIFETIMES.idle.num_seconds();
    let mut live = vec![];
    for kind in [SessionKind::Tokens, SessionKind::Browser, SessionKind::Device] {
        live.push(sign_in(&stores, ADA, kind, month).await.0);
    }
    let request = request_context(month + 2);

    stores.users.disable(ada.id, &request).await.unwrap();

    for session in live {
        let after = stored(&stores, session.id).await;
        assert_eq!(after, session.ended(EndReason::AccountDisabled, request.now));
    }
    assert_eq!(stored(&stores, expired.id).await, expired);
    assert_eq!(stored(&stores, ended.id).await, ended.ended(EndReason::SignedOut, at(2)));
    let recorded = Activity::new(Event::AccountDisabled, ada.id, &request);
    assert_eq!(activity(&stores, ada.id).await.first(), Some(&recorded));
}

/// A sign-in during the disabling is refused or its session ended.
pub async fn no_session_survives_a_race_with_disabling_its_account(stores: Stores) {
    let (browser, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (mut links, mut devices) = (vec![], vec![]);
    for second in 0..4 {
        links.push(redeem(&issue(&stores, ADA, second).await, SessionKind::Tokens, 10));
        let authorization = begin(&stores, second).await;
        devices.push(approve(&stores, &authorization, &browser, 5).await.id);
    }
    let seeds: Vec<_> = devices.iter().map(|_| seed(SessionKind::Device, 10)).collect();
    let opened: Vec<_> =
        links.iter().map(|redeem| redeem.seed.id).chain(seeds.iter().map(|seed| seed.id)).collect();

    race(&stores, 9, |stores, racer| {
        let (id, redeem) = (ada.id, links[racer % 4].clone());
        let (poll, seed) = (Poll { id: devices[racer % 4], client_id: None }, seeds[racer % 4].clone());
        async move {
            match racer {
                0..4 => drop(stores.magic_links.redeem(&redeem, &request_context(10)).await.unwrap()),
                8 => drop(stores.users.disable(id, &request_context(10)).await.unwrap()),
                _ => {
                    drop(
                        stores.device_authorizations.poll(&poll, &seed, &request_context(10)).await.unwrap(),
                    );
                }
            }
        }
    })
    .await;

    for session in opened.into_iter().chain([browser.id]) {
        let found = stores.sessions.find(session, &WaitBudget::NONE).await.unwrap();
        let is_live = found.as_ref().is_some_and(|(session, _)| session.is_live(at(10)));
        assert!(!is_live, "{found:?}");
    }
}

pub async fn one_of_racing_sign_ups_with_one_address_opens_an_account(stores: Stores) {
    let answers = race(&stores, RACERS, |stores, _| {
        let user = User::unproven(unknown_user(), email(ADA), at(0));
        async move { (stores.users.open(&user).await.unwrap(), user) }
    })
    .await;

    assert_eq!(count(&answers, |(answer, _)| *answer == Opening::AddressTaken), RACERS - 1);
    let (_, opened) = answers.into_iter().find(|(answer, _)| *answer == Opening::Opened).unwrap();
    assert_eq!(stores.users.find(opened.id, &WaitBudget::NONE).await.unwrap().as_ref(), Some(&opened));
    assert_eq!(stores.users.find_by_email(&email(ADA), &WaitBudget::NONE).await.unwrap(), Some(opened));
}

/// Accounts in every state are listed, in pages.
pub async fn accounts_are_listed_newest_first(stores: Stores) {
    assert_eq!(stores.users.list(Page::default()).await.unwrap().total, 0);
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let unproven = User::unproven(unknown_user(), email("eve@example.net"), at(1));
    assert_eq!(stores.users.open(&unproven).await.unwrap(), Opening::Opened);
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 2).await;
    let ada = stores.users.disable(ada.id, &request_context(3)).await.unwrap().unwrap();
    let page = |number| stores.users.list(Page::new(number, 2).unwrap());

    let (first, second, beyond) = (page(1).await.unwrap(), page(2).await.unwrap(), page(3).await.unwrap());

    assert_eq!((first.items, first.total), (vec![bob, unproven], 3));
    assert_eq!((second.items, second.total), (vec![ada], 3));
    assert_eq!((beyond.items, beyond.total), (vec![], 3));
}

pub async fn an_enabled_account_signs_in_again_and_its_sessions_stay_ended(stores: Stores) {
    let (session, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    assert_eq!(stores.users.enable(ada.id, at(5)).await.unwrap().as_ref(), Some(&ada));
    stores.users.disable(ada.id, &request_context(10)).await.unwrap();

    let enabled = stores.users.enable(ada.id, at(20)).await.unwrap().unwrap();
    let again = stores.users.enable(ada.id, at(30)).await.unwrap();

    assert_eq!(enabled, User { updated_at: at(20), ..ada.clone() });
    assert_eq!(again.as_ref(), Some(&enabled));
    assert!(!stored(&stores, session.id).await.is_live(at(21)));
    let (_, signed_in) = sign_in(&stores, ADA, SessionKind::Tokens, 40).await;
    assert_eq!(signed_in.id, ada.id);
    assert_eq!(stores.users.enable(unknown_user(), at(50)).await.unwrap(), None);
}
