//! Single-use secrets are used once, also by racers at several servers.

use std::sync::Arc;

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::email_change::port::Settling;
use keywright_domain::email_change::{EmailChange, EmailChangeState};
use keywright_domain::id::{CeremonyId, EmailChangeId};
use keywright_domain::magic_link::Proof;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::passkey::{Ceremony, CeremonyKind};
use keywright_domain::retention::Removal;
use keywright_domain::session::SessionKind;
use keywright_domain::user::ProfileChange;
use keywright_domain::wait_budget::WaitBudget;
use keywright_store_contract::fixture::{
    ADA, ENTROPY, RACERS, at, client_info, count, email, issue, race, redeem, request_context, sign_in,
};
use keywright_throwaway_postgres::Database;

use crate::open;

/// The stores of so many servers on one database.
async fn servers(database: &Database, many: usize) -> Vec<Stores> {
    let mut servers = vec![];
    for _ in 0..many {
        servers.push(Stores::of(Arc::new(open(database, 4).await)));
    }
    servers
}

/// Has all race, each at the next server, and gives what they came to.
async fn race_over<T, F>(servers: &[Stores], run: impl Fn(Stores) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let server = |racer| servers.iter().cycle().nth(racer).unwrap().clone();
    race(servers.first().unwrap(), RACERS, |_, racer| run(server(racer))).await
}

async fn one_of_all_gets_it(many: usize) {
    let database = Database::new().unwrap();
    let servers = servers(&database, many).await;
    let stores = servers.first().unwrap();
    let (session, user) = sign_in(stores, ADA, SessionKind::Browser, 0).await;

    for proof in [Proof::Token, Proof::Code { is_right: true }] {
        let link = issue(stores, ADA, 1).await;
        let redeemed = race_over(&servers, |stores| {
            let redeem = Redeem { proof, ..redeem(&link, SessionKind::Tokens, 2) };
            async move { stores.magic_links.redeem(&redeem, &request_context(2)).await.unwrap() }
        });
        let redeemed = redeemed.await;
        assert_eq!(count(&redeemed, |answer| matches!(answer, Redemption::Redeemed { .. })), 1, "{proof:?}");
    }

    let id = CeremonyId::new(at(0), &ENTROPY);
    stores
        .passkeys
        .begin(&Ceremony::new(id, CeremonyKind::SignIn, String::new(), at(0)), &WaitBudget::NONE)
        .await
        .unwrap();
    let taken =
        race_over(
            &servers,
            |stores| async move { stores.passkeys.take(id, &WaitBudget::NONE).await.unwrap() },
        )
        .await;
    assert_eq!(count(&taken, Option::is_some), 1);

    let change = EmailChange {
        id: EmailChangeId::new(at(3), &ENTROPY),
        user_id: user.id,
        old: user.email.clone(),
        new: email("new@example.net"),
        session_id: session.id,
        asked_at: at(3),
        client_info: client_info("198.51.100.1", "Mozilla/5.0"),
        state: EmailChangeState::Asked,
    };
    stores
        .email_changes
        .ask(&change, &ProfileChange::default(), &change.asked_mail(&request_context(3)), &request_context(3))
        .await
        .unwrap();
    let id = change.id;
    let proven = race_over(&servers, |stores| async move {
        stores.email_changes.prove(id, &request_context(4)).await.unwrap()
    });
    assert_eq!(count(&proven.await, |settling| *settling == Settling::Settled), 1);
    let undone = race_over(&servers, |stores| async move {
        stores.email_changes.undo(id, &request_context(5)).await.unwrap()
    });
    assert_eq!(count(&undone.await, |settling| *settling == Settling::Settled), 1);

    // To the three addresses that were written to: two links, the question and the news; and the first sign-in.
    let leased = race_over(&servers, |stores| async move {
        stores.mails.lease(1, TimeDelta::minutes(5), at(9)).await.unwrap()
    });
    let mut leased: Vec<_> = leased.await.into_iter().flatten().map(|mail| mail.id).collect();
    leased.sort_unstable();
    let all = leased.len();
    leased.dedup();
    assert_eq!((leased.len(), all), (5, 5));

    let swept = race_over(&servers, |stores| async move {
        stores.sweeper.remove(Removal::MagicLinks, at(90_000), 1).await.unwrap().done
    });
    assert_eq!(swept.await.iter().sum::<u32>(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_two_servers_one_of_all_gets_what_may_be_used_once() {
    one_of_all_gets_it(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_four_servers_one_of_all_gets_what_may_be_used_once() {
    one_of_all_gets_it(4).await;
}
