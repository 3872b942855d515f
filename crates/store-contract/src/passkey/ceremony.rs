//! Challenges: taken once.

use keywright_domain::Stores;
use keywright_domain::id::{CeremonyId, UserId};
use keywright_domain::passkey::{Ceremony, CeremonyKind};
use keywright_domain::retention::Removal;
use keywright_domain::retention::port::Swept;
use keywright_domain::session::SessionKind;

use crate::fixture::{ADA, ENTROPY, RACERS, at, count, race, sign_in};

fn ceremony(kind: CeremonyKind, second: i64) -> Ceremony {
    Ceremony::new(CeremonyId::new(at(second), &ENTROPY), kind, r#"{"challenge": "ü"}"#.to_owned(), at(second))
}

async fn ada(stores: &Stores) -> UserId {
    sign_in(stores, ADA, SessionKind::Tokens, 0).await.1.id
}

pub async fn a_challenge_is_taken_once_and_unchanged(stores: Stores) {
    let ada = ada(&stores).await;
    for kind in [CeremonyKind::SignIn, CeremonyKind::Registration(ada)] {
        let ceremony = ceremony(kind, 0);
        stores.passkeys.begin(&ceremony).await.unwrap();

        assert_eq!(stores.passkeys.take(ceremony.id).await.unwrap(), Some(ceremony.clone()));
        assert_eq!(stores.passkeys.take(ceremony.id).await.unwrap(), None);
    }
}

pub async fn one_of_racing_answers_takes_a_challenge(stores: Stores) {
    let ceremony = ceremony(CeremonyKind::SignIn, 0);
    stores.passkeys.begin(&ceremony).await.unwrap();

    let id = ceremony.id;
    let taken =
        race(&stores, RACERS, move |stores, _| async move { stores.passkeys.take(id).await.unwrap() });
    let taken = taken.await;

    assert_eq!(count(&taken, Option::is_some), 1);
    assert_eq!(taken.into_iter().flatten().next(), Some(ceremony));
}

pub async fn an_unknown_challenge_is_not_taken(stores: Stores) {
    let unknown = ceremony(CeremonyKind::SignIn, 0);

    assert_eq!(stores.passkeys.take(unknown.id).await.unwrap(), None);
}

/// The sweepers remove them, like everything that has expired.
pub async fn expired_challenges_are_removed_a_few_at_a_time(stores: Stores) {
    let old = [0, 1, 2].map(|second| ceremony(CeremonyKind::SignIn, second));
    let young = ceremony(CeremonyKind::SignIn, 3);
    let before = young.expires_at;
    for ceremony in old.iter().chain([&young]) {
        stores.passkeys.begin(ceremony).await.unwrap();
    }

    for expected in [2, 1, 0] {
        let swept = stores.sweeper.remove(Removal::Challenges, before, 2).await.unwrap();
        assert_eq!(swept, Swept { looked_at: expected, done: expected });
    }

    for ceremony in &old {
        assert_eq!(stores.passkeys.take(ceremony.id).await.unwrap(), None);
    }
    assert_eq!(stores.passkeys.take(young.id).await.unwrap(), Some(young));
}
