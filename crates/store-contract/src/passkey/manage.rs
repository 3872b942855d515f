//! Passkeys are listed, renamed and removed.

use std::collections::BTreeSet;

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::id::{PasskeyId, UserId};
use keywright_domain::mail::{Mail, Template};
use keywright_domain::page::Page;
use keywright_domain::passkey::port::{Removal, SigningIn};
use keywright_domain::passkey::{Passkey, PasskeyName};
use keywright_domain::session::SessionKind;
use keywright_domain::user::{Profile, ProfileChange};
use keywright_domain::wait_budget::WaitBudget;

use super::{all, by, registered, stored, unproven};
use crate::fixture::{
    ADA, BOB, RACERS, activity, at, count, events, race, request_context, sign_in, stored as session_of,
};

async fn remove(stores: &Stores, user: UserId, passkey: PasskeyId) -> Removal {
    stores.passkeys.remove(user, passkey, &request_context(9)).await.unwrap()
}

pub async fn passkeys_of_one_account_are_listed_in_pages_newest_first(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let mut hers = vec![];
    for second in [1, 2, 3] {
        hers.insert(0, registered(&stores, ada.id, second).await);
    }
    registered(&stores, bob.id, 4).await;

    for (number, size, expected) in
        [(1, 2, &hers[..2]), (2, 2, &hers[2..]), (3, 2, &[]), (u32::MAX, 100, &[]), (1, 100, &hers[..])]
    {
        let page =
            stores.passkeys.list(ada.id, Page::new(number, size).unwrap(), &WaitBudget::NONE).await.unwrap();

        assert_eq!((page.items.as_slice(), page.total), (expected, 3), "{number} {size}");
    }
}

pub async fn a_rename_is_stored_and_recorded_once(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;
    let name = PasskeyName::parse("Work “laptop” ü").unwrap();
    let request = request_context(2);

    let renamed = stores.passkeys.rename(ada.id, passkey.id, &name, &request).await.unwrap();
    let again = stores.passkeys.rename(ada.id, passkey.id, &name, &request_context(3)).await.unwrap();

    let expected = Passkey { name, ..passkey };
    assert_eq!((renamed.as_ref(), again.as_ref()), (Some(&expected), Some(&expected)));
    assert_eq!(stored(&stores, &expected).await.as_ref(), Some(&expected));
    let entries = activity(&stores, ada.id).await;
    assert_eq!(entries.first(), Some(&expected.activity(Event::PasskeyRenamed, &request)));
    assert_eq!(count(&entries, |entry| entry.event == Event::PasskeyRenamed), 1);
}

pub async fn a_passkey_of_another_account_is_neither_renamed_nor_removed(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;
    let name = PasskeyName::parse("Mine").unwrap();
    let before = (events(&stores, ada.id).await, events(&stores, bob.id).await);

    for id in [passkey.id, PasskeyId::new(&crate::fixture::ENTROPY)] {
        assert_eq!(stores.passkeys.rename(bob.id, id, &name, &request_context(2)).await.unwrap(), None);
        assert_eq!(remove(&stores, bob.id, id).await, Removal::NotFound);
    }

    assert_eq!(stored(&stores, &passkey).await, Some(passkey));
    assert_eq!((events(&stores, ada.id).await, events(&stores, bob.id).await), before);
}

pub async fn the_last_passkey_can_be_removed_when_mail_is_a_way_in(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;
    let request = request_context(2);

    let removed = stores.passkeys.remove(ada.id, passkey.id, &request).await.unwrap();

    assert_eq!(removed, Removal::Removed);
    assert_eq!(all(&stores, ada.id).await, []);
    let recorded = passkey.activity(Event::PasskeyRemoved, &request);
    assert_eq!(activity(&stores, ada.id).await.first(), Some(&recorded));
    assert_eq!(remove(&stores, ada.id, passkey.id).await, Removal::NotFound);
}

pub async fn the_last_way_in_cannot_be_removed(stores: Stores) {
    let ada = unproven(&stores, ADA).await;
    let first = registered(&stores, ada.id, 1).await;
    let second = registered(&stores, ada.id, 2).await;

    assert_eq!(remove(&stores, ada.id, first.id).await, Removal::Removed);
    assert_eq!(remove(&stores, ada.id, first.id).await, Removal::NotFound);
    assert_eq!(remove(&stores, ada.id, second.id).await, Removal::LastCredential);

    assert_eq!(all(&stores, ada.id).await, [second]);
    let events = events(&stores, ada.id).await;
    assert_eq!(count(&events, |event| *event == Event::PasskeyRemoved), 1);
}

pub async fn one_of_racing_removals_of_all_passkeys_is_refused(stores: Stores) {
    for round in 0..4 {
        let ada = unproven(&stores, &format!("ada{round}@example.com")).await;
        let passkeys = [registered(&stores, ada.id, 1).await, registered(&stores, ada.id, 2).await];

        let (owner, raced) = (ada.id, passkeys.clone());
        let answers = race(&stores, 2, move |stores, racer| {
            let passkey = raced[racer].id;
            async move { remove(&stores, owner, passkey).await }
        })
        .await;

        assert_eq!(count(&answers, |answer| *answer == Removal::Removed), 1, "{answers:?}");
        assert_eq!(count(&answers, |answer| *answer == Removal::LastCredential), 1, "{answers:?}");
        assert_eq!(all(&stores, ada.id).await.len(), 1);
    }
}

pub async fn racing_removals_of_many_passkeys_leave_one(stores: Stores) {
    let ada = unproven(&stores, ADA).await;
    let mut passkeys = vec![];
    for _ in 0..RACERS {
        passkeys.push(registered(&stores, ada.id, 1).await.id);
    }

    let owner = ada.id;
    let answers = race(&stores, RACERS, move |stores, racer| {
        let passkey = passkeys[racer];
        async move { remove(&stores, owner, passkey).await }
    })
    .await;

    assert_eq!(count(&answers, |answer| *answer == Removal::Removed), RACERS - 1);
    assert_eq!(count(&answers, |answer| *answer == Removal::LastCredential), 1);
}

pub async fn one_of_racing_removals_of_one_passkey_succeeds(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let passkey = registered(&stores, ada.id, 1).await;

    let (owner, id) = (ada.id, passkey.id);
    let answers =
        race(&stores, RACERS, move |stores, _| async move { remove(&stores, owner, id).await }).await;

    assert_eq!(count(&answers, |answer| *answer == Removal::Removed), 1);
    assert_eq!(count(&answers, |answer| *answer == Removal::NotFound), RACERS - 1);
    let events = events(&stores, ada.id).await;
    assert_eq!(count(&events, |event| *event == Event::PasskeyRemoved), 1);
}

pub async fn a_removed_passkey_makes_room(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    for _ in 0..keywright_domain::passkey::MOST {
        registered(&stores, ada.id, 1).await;
    }
    let removed = all(&stores, ada.id).await.remove(7);

    assert_eq!(remove(&stores, ada.id, removed.id).await, Removal::Removed);

    registered(&stores, ada.id, 2).await;
}

/// The owner learns of added, removed and refused passkeys; an unproven address gets no mail.
pub async fn passkey_changes_are_mailed_to_the_owner(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let somebody = unproven(&stores, BOB).await;
    let passkey = registered(&stores, ada.id, 1).await;
    registered(&stores, somebody.id, 1).await;
    let refused =
        stores.passkeys.sign_in(&by(&passkey, 0, SessionKind::Tokens), &request_context(2)).await.unwrap();
    assert_eq!(refused, SigningIn::CounterRejected);
    assert_eq!(remove(&stores, ada.id, passkey.id).await, Removal::Removed);

    let mails = stores.mails.newest(100).await.unwrap();

    let told = |mail: &Mail| match mail.template {
        Template::Passkey(entry) => Some((mail.to.clone(), entry)),
        _ => None,
    };
    let told: BTreeSet<_> = mails.iter().filter_map(told).collect();
    let happened = activity(&stores, ada.id).await;
    let happened = happened.into_iter().filter(|entry| entry.event != Event::SignedIn);
    let mut expected = BTreeSet::new();
    for entry in happened {
        assert_eq!(stores.activities.find(entry.id, &WaitBudget::NONE).await.unwrap().as_ref(), Some(&entry));
        expected.insert((ada.email.clone(), entry.id));
    }
    assert_eq!((told.len(), told), (3, expected));
}

pub async fn proving_an_address_removes_what_others_left_in_the_account(stores: Stores) {
    let account = unproven(&stores, ADA).await;
    let theirs = registered(&stores, account.id, 1).await;
    let signed_in =
        stores.passkeys.sign_in(&by(&theirs, 5, SessionKind::Tokens), &request_context(2)).await.unwrap();
    let SigningIn::SignedIn { session, .. } = signed_in else { panic!("not signed in: {signed_in:?}") };
    let name = ProfileChange { name: Some("Mallory".to_owned()), ..ProfileChange::default() };
    stores.users.change_profile(account.id, &name, &request_context(3)).await.unwrap();

    let (_, owner) = sign_in(&stores, ADA, SessionKind::Tokens, 4).await;

    assert_eq!((owner.id, owner.email_verified, &owner.profile), (account.id, true, &Profile::default()));
    assert_eq!(stores.users.find(owner.id, &WaitBudget::NONE).await.unwrap(), Some(owner.clone()));
    assert_eq!(all(&stores, owner.id).await, []);
    assert!(!session_of(&stores, session.id).await.is_live(at(5)));

    registered(&stores, owner.id, 6).await;
    sign_in(&stores, ADA, SessionKind::Tokens, 7).await;
    assert_eq!(all(&stores, owner.id).await.len(), 1, "what the owner has made stays");
}
