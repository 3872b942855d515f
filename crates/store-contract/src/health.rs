//! Gauges for monitoring.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::health::Figures;
use keywright_domain::mail::Delivery;
use keywright_domain::session::{EndReason, Lifetimes, SessionKind, SessionSeed};

use crate::fixture::{ADA, BOB, LIFETIMES, at, issue, request_context, seed, sign_in, sign_in_with};

async fn figures(stores: &Stores, second: i64) -> (u64, u64, u64) {
    // The number of waiting writes depends on the store.
    let Figures { live_sessions, due_mails, dead_mails, .. } =
        stores.health.figures(at(second)).await.unwrap();
    (live_sessions, due_mails, dead_mails)
}

/// A session is live until it is ended or reaches either of its limits, to the instant.
pub async fn the_figures_count_live_sessions(stores: Stores) {
    assert_eq!(figures(&stores, 0).await, (0, 0, 0));
    let (ended, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let idle = Lifetimes { idle: TimeDelta::seconds(60), ..LIFETIMES };
    let short = Lifetimes { absolute: TimeDelta::seconds(90), ..LIFETIMES };
    for lifetimes in [idle, short] {
        let seed = SessionSeed { lifetimes, ..seed(SessionKind::Device, 0) };
        sign_in_with(&stores, ADA, seed, &request_context(0)).await;
    }
    assert_eq!(figures(&stores, 0).await.0, 4);

    assert!(
        stores
            .sessions
            .end(ended.id, EndReason::Ended, Event::SessionEnded, &request_context(5))
            .await
            .unwrap()
    );

    assert_eq!(figures(&stores, 59).await.0, 3);
    assert_eq!(figures(&stores, 60).await.0, 2);
    assert_eq!(figures(&stores, 90).await.0, 1);
}

/// A mail waits until it is settled, leased or not; sent and dropped mails are neither due nor dead.
pub async fn the_figures_count_waiting_and_dead_mails(stores: Stores) {
    for second in 0..5 {
        issue(&stores, ADA, second).await;
    }
    assert_eq!(figures(&stores, -100).await, (0, 5, 0));

    let leased = stores.mails.lease(4, TimeDelta::minutes(5), at(10)).await.unwrap();
    assert_eq!(figures(&stores, 10).await, (0, 5, 0));
    let outcomes = [Delivery::Sent, Delivery::Dropped, Delivery::Rejected, Delivery::Deferred];
    for (mail, delivery) in leased.iter().zip(outcomes) {
        assert!(stores.mails.settle(mail.id, mail.attempts, delivery, at(11)).await.unwrap());
    }

    assert_eq!(figures(&stores, 11).await, (0, 2, 1));
}
