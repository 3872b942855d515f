//! Signing in with passkeys.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::passkey::Passkey;
use keywright_domain::passkey::port::{SignIn, SigningIn};
use keywright_domain::session::{AuthenticationMethod, Session, SessionKind};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::{by, passkey, registered, stored, unproven};
use crate::fixture::{
    ADA, BOB, RACERS, activity, at, count, events, race, request_context, sign_in, stored as stored_session,
};

async fn signed_in(stores: &Stores, sign_in: &SignIn, second: i64) -> Option<(Session, User)> {
    match stores.passkeys.sign_in(sign_in, &request_context(second)).await.unwrap() {
        SigningIn::SignedIn { session, user } => Some((session, user)),
        SigningIn::CounterRejected | SigningIn::Refused => None,
    }
}

pub async fn a_passkey_signs_in_and_its_use_is_stored(stores: Stores) {
    let ada = unproven(&stores, ADA).await;
    let passkey = registered(&stores, ada.id, 1).await;
    let sign_in = by(&passkey, 9, SessionKind::Tokens);
    let request = request_context(5);

    let answer = stores.passkeys.sign_in(&sign_in, &request).await.unwrap();

    let SigningIn::SignedIn { session, user } = answer else { panic!("{answer:?}") };
    assert_eq!(user, User { last_sign_in_at: Some(at(5)), ..ada });
    assert_eq!((session.id, session.authentication.at), (sign_in.seed.id, at(5)));
    assert_eq!(session.authentication.method, AuthenticationMethod::SyncedPasskey);
    assert_eq!(
        stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(),
        Some((session.clone(), user))
    );
    let used = Passkey { counter: 9, backed_up: true, last_used_at: Some(at(5)), ..passkey };
    assert_eq!(stored(&stores, &used).await, Some(used));
    let recorded = session.activity(Event::SignedIn, &request);
    assert_eq!(activity(&stores, session.user_id).await.first(), Some(&recorded));
}

pub async fn one_of_racing_sign_ins_with_one_counter_succeeds(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;

    let raced = passkey.clone();
    let answers = race(&stores, RACERS, move |stores, _| {
        let sign_in = by(&raced, 5, SessionKind::Tokens);
        async move { stores.passkeys.sign_in(&sign_in, &request_context(5)).await.unwrap() }
    })
    .await;

    assert_eq!(count(&answers, |answer| matches!(answer, SigningIn::SignedIn { .. })), 1);
    assert_eq!(count(&answers, |answer| *answer == SigningIn::CounterRejected), RACERS - 1);
    assert_eq!(stored(&stores, &passkey).await.unwrap().counter, 5);
    let events = events(&stores, ada.id).await;
    assert_eq!(count(&events, |event| *event == Event::PasskeyCounterRejected), RACERS - 1);
    assert_eq!(count(&events, |event| *event == Event::SignedIn), 2);
}

pub async fn racing_counters_end_at_the_highest(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;

    let raced = passkey.clone();
    let answers = race(&stores, RACERS, move |stores, racer| {
        let sign_in = by(&raced, 5 + u32::try_from(racer).unwrap(), SessionKind::Tokens);
        async move { signed_in(&stores, &sign_in, 5).await.is_some() }
    })
    .await;

    assert!(answers[RACERS - 1]);
    assert_eq!(stored(&stores, &passkey).await.unwrap().counter, 4 + u32::try_from(RACERS).unwrap());
    let signed_in = count(&answers, |answer| *answer);
    assert_eq!(count(&events(&stores, ada.id).await, |event| *event == Event::SignedIn), signed_in + 1);
}

pub async fn racing_sign_ins_without_a_counter_all_succeed(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = Passkey { counter: 0, ..passkey(ada.id, 1) };
    stores.passkeys.register(&passkey, &request_context(1)).await.unwrap();

    let answers = race(&stores, RACERS, move |stores, _| {
        let sign_in = by(&passkey, 0, SessionKind::Tokens);
        async move { signed_in(&stores, &sign_in, 5).await }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), RACERS);
}

pub async fn a_counter_that_does_not_rise_is_recorded_and_changes_nothing(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;

    for counter in [4, 3, 0] {
        let sign_in = by(&passkey, counter, SessionKind::Tokens);
        let request = request_context(5);

        let answer = stores.passkeys.sign_in(&sign_in, &request).await.unwrap();

        assert_eq!(answer, SigningIn::CounterRejected);
        assert_eq!(stored(&stores, &passkey).await.as_ref(), Some(&passkey));
        assert_eq!(stores.sessions.find(sign_in.seed.id, &WaitBudget::NONE).await.unwrap(), None);
        assert_eq!(stores.users.find(ada.id, &WaitBudget::NONE).await.unwrap().as_ref(), Some(&ada));
        let recorded = passkey.activity(Event::PasskeyCounterRejected, &request);
        assert!(activity(&stores, ada.id).await.contains(&recorded));
    }
    assert!(signed_in(&stores, &by(&passkey, 5, SessionKind::Tokens), 6).await.is_some());
}

pub async fn a_disabled_account_is_refused_and_its_passkey_does_not_change(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;
    stores.users.disable(ada.id, &request_context(2)).await.unwrap();
    let before = events(&stores, ada.id).await;

    for counter in [5, 4] {
        let sign_in = by(&passkey, counter, SessionKind::Tokens);
        let answer = stores.passkeys.sign_in(&sign_in, &request_context(5)).await.unwrap();

        assert_eq!(answer, SigningIn::Refused);
        assert_eq!(stores.sessions.find(sign_in.seed.id, &WaitBudget::NONE).await.unwrap(), None);
    }

    assert_eq!(stored(&stores, &passkey).await.as_ref(), Some(&passkey));
    assert_eq!(events(&stores, ada.id).await, before);
}

pub async fn an_unknown_or_removed_passkey_is_refused(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let removed = registered(&stores, ada.id, 1).await;
    stores.passkeys.remove(ada.id, removed.id, &request_context(2)).await.unwrap();

    for passkey in [removed, passkey(ada.id, 1)] {
        assert_eq!(stored(&stores, &passkey).await, None);
        let answer =
            stores.passkeys.sign_in(&by(&passkey, 9, SessionKind::Tokens), &request_context(5)).await;
        assert_eq!(answer.unwrap(), SigningIn::Refused);
    }
}

pub async fn a_passkey_renews_the_browser_session_of_its_account_only(stores: Stores) {
    let (browser, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;
    let renewing = |id, counter| SignIn { renew: Some(id), ..by(&passkey, counter, SessionKind::Browser) };

    let own = renewing(browser.id, 5);
    let (renewed, user) = signed_in(&stores, &own, 100).await.unwrap();
    let (opened, _) = signed_in(&stores, &renewing(of_bob.id, 6), 101).await.unwrap();

    assert_eq!(renewed, browser.reauthenticated(ada.id, renewed.authentication).unwrap());
    assert_eq!(renewed.authentication.method, AuthenticationMethod::SyncedPasskey);
    assert_eq!(
        stores.sessions.find(browser.id, &WaitBudget::NONE).await.unwrap(),
        Some((renewed, User { last_sign_in_at: Some(at(101)), ..user }))
    );
    assert_eq!(stores.sessions.find(own.seed.id, &WaitBudget::NONE).await.unwrap(), None);
    assert_ne!(opened.id, of_bob.id);
    assert_eq!(stored_session(&stores, of_bob.id).await, of_bob);
}
