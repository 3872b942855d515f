//! Registering passkeys.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::passkey::port::Registration;
use keywright_domain::passkey::{MOST, Passkey, Transports};
use keywright_domain::session::SessionKind;
use uuid::Uuid;

use super::{all, passkey, registered, stored};
use crate::fixture::{ADA, BOB, RACERS, activity, at, count, race, request_context, sign_in, unknown_user};

async fn register(stores: &Stores, passkey: &Passkey, second: i64) -> Registration {
    stores.passkeys.register(passkey, &request_context(second)).await.unwrap()
}

pub async fn a_passkey_is_stored_unchanged_and_recorded(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let plain = Passkey {
        backup_eligible: false,
        counter: u32::MAX,
        transports: Transports::default(),
        aaguid: Uuid::nil(),
        ..passkey(ada.id, 1)
    };
    let synced = Passkey { backed_up: true, last_used_at: Some(at(9)), ..passkey(ada.id, 2) };

    for passkey in [&plain, &synced] {
        let request = request_context(3);
        let answer = stores.passkeys.register(passkey, &request).await.unwrap();

        assert_eq!(answer, Registration::Registered);
        assert_eq!(stored(&stores, passkey).await.as_ref(), Some(passkey));
        let recorded = passkey.activity(Event::PasskeyAdded, &request);
        assert!(activity(&stores, ada.id).await.contains(&recorded));
    }
    assert_eq!(all(&stores, ada.id).await, [synced, plain]);
}

pub async fn one_of_racing_registrations_gets_a_credential(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let credential = passkey(ada.id, 1).credential_id;

    let answers = race(&stores, RACERS, |stores, racer| {
        let owner = if racer % 2 == 0 { ada.id } else { bob.id };
        let passkey = Passkey { credential_id: credential.clone(), ..passkey(owner, 1) };
        async move { register(&stores, &passkey, 1).await }
    })
    .await;

    assert_eq!(count(&answers, |answer| *answer == Registration::Registered), 1);
    assert_eq!(count(&answers, |answer| *answer == Registration::AlreadyRegistered), RACERS - 1);
    let (hers, his) = (all(&stores, ada.id).await, all(&stores, bob.id).await);
    assert_eq!(hers.len() + his.len(), 1);
    let entries = [activity(&stores, ada.id).await, activity(&stores, bob.id).await].concat();
    assert_eq!(count(&entries, |entry| entry.event == Event::PasskeyAdded), 1);
}

pub async fn racing_registrations_fill_an_account_up_to_its_limit(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let room = 5;
    for _ in room..MOST {
        registered(&stores, ada.id, 1).await;
    }

    let owner = ada.id;
    let answers =
        race(&stores, RACERS, |stores, _| async move { register(&stores, &passkey(owner, 2), 2).await })
            .await;

    let room = usize::try_from(room).unwrap();
    assert_eq!(count(&answers, |answer| *answer == Registration::Registered), room);
    assert_eq!(count(&answers, |answer| *answer == Registration::TooMany), RACERS - room);
    assert_eq!(all(&stores, ada.id).await.len(), usize::try_from(MOST).unwrap());
    assert_eq!(register(&stores, &passkey(bob.id, 3), 3).await, Registration::Registered);
}

pub async fn a_refused_passkey_takes_no_room(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let first = registered(&stores, ada.id, 1).await;
    for _ in 0..MOST {
        let again = Passkey { credential_id: first.credential_id.clone(), ..passkey(ada.id, 2) };
        assert_eq!(register(&stores, &again, 2).await, Registration::AlreadyRegistered);
    }

    for _ in 1..MOST {
        registered(&stores, ada.id, 3).await;
    }

    assert_eq!(register(&stores, &passkey(ada.id, 4), 4).await, Registration::TooMany);
}

pub async fn a_deleted_or_disabled_account_gets_no_passkey(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    stores.users.disable(ada.id, &request_context(1)).await.unwrap();

    for owner in [ada.id, unknown_user()] {
        let refused = passkey(owner, 2);
        assert_eq!(register(&stores, &refused, 2).await, Registration::AccountUnavailable);
        assert_eq!(stored(&stores, &refused).await, None);
    }
}
