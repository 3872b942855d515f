//! The account that a link opens or finds.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::id::UserId;
use keywright_domain::magic_link::Proof;
use keywright_domain::magic_link::port::Redeem;
use keywright_domain::page::Page;
use keywright_domain::session::SessionKind;
use keywright_domain::user::{ProfileChange, SignupPolicy, User};

use super::{by, redeemed, state};
use crate::fixture::{
    ADA, BOB, RACERS, at, count, email, events, issue, race, request_context, sign_in, stored,
};

pub async fn a_known_address_signs_in_to_its_account(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let change = ProfileChange { name: Some("Ada".to_owned()), ..ProfileChange::default() };
    let before = stores.users.change_profile(ada.id, &change, &request_context(10)).await.unwrap().unwrap();
    let link = issue(&stores, ADA, 100).await;

    let (_, after, is_new) = redeemed(&stores, &by(Proof::Token, &link), 105).await.unwrap();

    assert!(!is_new);
    assert_eq!(after, User { last_sign_in_at: Some(at(105)), ..before });
    assert_eq!(stores.users.find(ada.id).await.unwrap(), Some(after));
}

pub async fn racing_links_to_a_new_address_open_one_account_and_all_sign_in(stores: Stores) {
    let mut links = vec![];
    for second in 0..i64::try_from(RACERS).unwrap() {
        links.push(issue(&stores, ADA, second).await);
    }

    let answers = race(&stores, RACERS, |stores, racer| {
        let redeem = by(Proof::Token, &links[racer]);
        async move { redeemed(&stores, &redeem, 100).await.unwrap() }
    })
    .await;

    let account = stores.users.find_by_email(&email(ADA)).await.unwrap().unwrap();
    assert_eq!(count(&answers, |(_, user, _)| *user == account), RACERS);
    assert_eq!(count(&answers, |(_, _, is_new)| *is_new), 1);
    for (session, user, _) in answers {
        assert_eq!(stores.sessions.find(session.id).await.unwrap(), Some((session, user)));
    }
    assert_eq!(count(&events(&stores, account.id).await, |event| *event == Event::SignedIn), RACERS);
}

/// Other changes to the account run concurrently.
pub async fn racing_links_to_a_known_address_all_sign_in(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let mut links = vec![];
    for second in 0..i64::try_from(RACERS).unwrap() {
        links.push(issue(&stores, ADA, second).await);
    }

    let answers = race(&stores, 2 * RACERS, |stores, racer| {
        let (id, redeem) = (ada.id, links.get(racer).map(|link| by(Proof::Token, link)));
        async move {
            if let Some(redeem) = redeem {
                return redeemed(&stores, &redeem, 100).await;
            }
            let change = ProfileChange { name: Some(racer.to_string()), ..ProfileChange::default() };
            stores.users.change_profile(id, &change, &request_context(100)).await.unwrap();
            None
        }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), RACERS);
    for (session, user, is_new) in answers.into_iter().flatten() {
        assert_eq!((user.id, is_new), (ada.id, false));
        assert_eq!(stored(&stores, session.id).await, session);
    }
    assert_eq!(count(&events(&stores, ada.id).await, |event| *event == Event::SignedIn), RACERS + 1);
    let after = stores.users.find(ada.id).await.unwrap().unwrap();
    assert_eq!(after.last_sign_in_at, Some(at(100)));
    assert!(after.profile.name.is_some());
}

pub async fn one_of_racing_redemptions_signs_in_to_a_known_account(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let link = issue(&stores, ADA, 5).await;

    let answers = race(&stores, RACERS, |stores, _| {
        let redeem = by(Proof::Token, &link);
        async move { redeemed(&stores, &redeem, 6).await.map(|(session, ..)| session) }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), 1);
    let session = answers.into_iter().flatten().next().unwrap();
    assert_eq!(stored(&stores, session.id).await, session);
    assert_eq!(events(&stores, ada.id).await, [Event::SignedIn, Event::SignedIn]);
    let listed = stores.sessions.list(ada.id, Page::default(), at(7)).await.unwrap();
    assert_eq!(listed.total, 2);
}

pub async fn the_signup_policy_applies_to_new_accounts_only(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let link = issue(&stores, ADA, 5).await;
    let closed = Redeem { signup: SignupPolicy::Closed, ..by(Proof::Token, &link) };

    let (_, user, is_new) = redeemed(&stores, &closed, 6).await.unwrap();

    assert_eq!((user.id, is_new), (ada.id, false));
}

pub async fn the_signup_policy_checks_the_domain_of_the_link(stores: Stores) {
    let (of_ada, of_bob) = (issue(&stores, ADA, 0).await, issue(&stores, BOB, 0).await);
    let only = |link| Redeem {
        signup: SignupPolicy::Domains(vec!["example.com".to_owned()]),
        ..by(Proof::Token, link)
    };

    let ada = redeemed(&stores, &only(&of_ada), 5).await;
    let bob = redeemed(&stores, &only(&of_bob), 5).await;

    assert!(ada.is_some_and(|(_, user, is_new)| is_new && user.email == email(ADA)));
    assert_eq!(bob, None);
    assert_eq!(stores.users.find_by_email(&email(BOB)).await.unwrap(), None);
}

pub async fn a_link_refused_for_its_account_stays_usable(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    let open = by(Proof::Token, &link);
    let closed = Redeem { signup: SignupPolicy::Closed, ..open.clone() };

    assert_eq!(redeemed(&stores, &closed, 5).await, None);
    assert_eq!(stores.users.find_by_email(&link.email).await.unwrap(), None);
    assert_eq!(stores.magic_links.find(link.id).await.unwrap(), Some(link));

    assert!(redeemed(&stores, &open, 6).await.is_some());
}

pub async fn a_disabled_account_is_refused_and_nothing_is_stored(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let link = issue(&stores, ADA, 5).await;
    let disabled = stores.users.disable(ada.id, &request_context(6)).await.unwrap();
    let before = (state(&stores, &link).await, events(&stores, ada.id).await);
    let redeem = by(Proof::Token, &link);

    assert_eq!(redeemed(&stores, &redeem, 7).await, None);

    assert_eq!((state(&stores, &link).await, events(&stores, ada.id).await), before);
    assert_eq!(stores.sessions.find(redeem.seed.id).await.unwrap(), None);
    assert_eq!(stores.users.find(ada.id).await.unwrap(), disabled);
    assert_eq!(find(&stores, redeem.new_user).await, None);
}

async fn find(stores: &Stores, user: UserId) -> Option<User> {
    stores.users.find(user).await.unwrap()
}
