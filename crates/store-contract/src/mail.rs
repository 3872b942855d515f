//! Mails.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::id::MailId;
use keywright_domain::mail::{Delivery, Mail, MailState, Template};
use keywright_domain::session::SessionKind;

use crate::fixture::{
    ADA, BOB, ENTROPY, RACERS, UNLIMITED, approve, at, begin, count, issue, link, mail, race, sign_in,
};

const LEASE: TimeDelta = TimeDelta::minutes(5);

async fn lease(stores: &Stores, limit: u32, second: i64) -> Vec<Mail> {
    stores.mails.lease(limit, LEASE, at(second)).await.unwrap()
}

async fn settle(stores: &Stores, mail: &Mail, delivery: Delivery, second: i64) -> bool {
    stores.mails.settle(mail.id, mail.attempts, delivery, at(second)).await.unwrap()
}

pub async fn no_mail_is_leased_twice(stores: Stores) {
    for second in 0..20 {
        issue(&stores, ADA, second).await;
    }

    let leased = race(&stores, RACERS, |stores, _| async move { lease(&stores, 3, 100).await }).await;

    let mut ids: Vec<_> = leased.into_iter().flatten().map(|mail| mail.id).collect();
    assert_eq!(ids.len(), 20);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(lease(&stores, 9, 100).await, []);
}

/// The longest-waiting mail comes first.
pub async fn the_oldest_are_leased_first_and_the_newest_listed_first(stores: Stores) {
    for second in [20, 0, 10] {
        issue(&stores, ADA, second).await;
    }

    let listed: Vec<_> = stores.mails.newest(2).await.unwrap().iter().map(|mail| mail.created_at).collect();
    let leased: Vec<_> = lease(&stores, 2, 100).await.iter().map(|mail| mail.created_at).collect();

    assert_eq!(listed, [at(20), at(10)]);
    assert_eq!(leased, [at(0), at(10)]);
}

/// The order is by due time, not by age.
pub async fn a_deferred_mail_queues_behind_mail_due_before_it(stores: Stores) {
    issue(&stores, ADA, 0).await;
    let deferred = lease(&stores, 9, 0).await.remove(0);
    assert!(settle(&stores, &deferred, Delivery::Deferred, 100).await);
    issue(&stores, BOB, 50).await;

    let leased: Vec<_> = lease(&stores, 9, 200).await.into_iter().map(|mail| mail.created_at).collect();

    assert_eq!(leased, [at(50), at(0)]);
}

pub async fn a_deferred_mail_becomes_due_again(stores: Stores) {
    issue(&stores, ADA, 0).await;
    let first = lease(&stores, 9, 0).await.remove(0);
    assert_eq!(first.attempts, 1);

    assert!(settle(&stores, &first, Delivery::Deferred, 10).await);

    assert_eq!(lease(&stores, 9, 10).await, []);
    let second = lease(&stores, 9, 11).await.remove(0);
    assert_eq!((second.id, second.attempts), (first.id, 2));
    assert!(settle(&stores, &second, Delivery::Sent, 12).await);
    assert_eq!(lease(&stores, 9, 100_000).await, []);
    assert_eq!(stores.mails.newest(1).await.unwrap().remove(0).state, MailState::Sent(at(12)));
}

pub async fn a_worker_that_lost_its_lease_settles_nothing(stores: Stores) {
    issue(&stores, BOB, 0).await;
    let slow = lease(&stores, 9, 0).await.remove(0);
    assert_eq!(lease(&stores, 9, 299).await, []);

    let quick = lease(&stores, 9, 300).await.remove(0);

    assert!(!settle(&stores, &slow, Delivery::Deferred, 301).await);
    assert!(settle(&stores, &quick, Delivery::Rejected, 302).await);
    assert!(!settle(&stores, &quick, Delivery::Sent, 303).await);
    assert_eq!(stores.mails.newest(1).await.unwrap().remove(0).state, MailState::Dead(at(302)));
}

/// The lease agrees with the domain and is stored.
pub async fn a_leased_mail_is_stored_as_returned(stores: Stores) {
    let link = link(ADA, 0);
    let mail = mail(&link);
    stores.magic_links.issue(&link, &mail, &UNLIMITED).await.unwrap();
    assert_eq!(lease(&stores, 9, -1).await, [], "it is not due yet");

    let leased = lease(&stores, 9, 5).await;

    assert_eq!(leased, [mail.leased(at(5), LEASE).unwrap()]);
    assert_eq!(stores.mails.newest(9).await.unwrap(), leased);
}

/// Every outcome is stored as the domain defines it; only a deferred mail becomes due again.
pub async fn every_outcome_is_stored(stores: Stores) {
    let outcomes = [Delivery::Sent, Delivery::Rejected, Delivery::Dropped, Delivery::Deferred];
    for (delivery, second) in outcomes.into_iter().zip([0, 1, 2, 3]) {
        issue(&stores, ADA, second).await;
        let leased = lease(&stores, 9, second).await.remove(0);

        assert!(settle(&stores, &leased, delivery, second).await, "{delivery:?}");

        let settled = leased.settled(leased.attempts, delivery, at(second)).unwrap();
        assert_eq!(stores.mails.newest(1).await.unwrap(), [settled]);
    }
    assert_eq!(lease(&stores, 9, 100_000).await.len(), 1);
}

pub async fn a_mail_that_is_deferred_again_waits_longer(stores: Stores) {
    issue(&stores, ADA, 0).await;

    let mut pauses = vec![];
    let mut second = 0;
    for attempt in 1..=5 {
        let leased = lease(&stores, 9, second).await.remove(0);
        assert_eq!(leased.attempts, attempt);
        assert!(settle(&stores, &leased, Delivery::Deferred, second).await);
        let pause = leased.retry_after().num_seconds();
        assert_eq!(lease(&stores, 9, second + pause - 1).await, []);
        pauses.push(pause);
        second += pause;
    }

    assert_eq!(pauses, [1, 2, 4, 8, 16]);
}

pub async fn one_of_racing_outcomes_counts(stores: Stores) {
    issue(&stores, ADA, 0).await;
    let leased = lease(&stores, 9, 0).await.remove(0);

    let settled = race(&stores, RACERS, |stores, racer| {
        let delivery = if racer % 2 == 0 { Delivery::Sent } else { Delivery::Rejected };
        let leased = leased.clone();
        async move { settle(&stores, &leased, delivery, 5).await }
    })
    .await;

    assert_eq!(count(&settled, |settled| *settled), 1);
}

/// When a lease ends, either the slow worker's outcome counts or another worker gets the mail.
pub async fn a_slow_outcome_racing_with_a_new_lease_agrees_with_it(stores: Stores) {
    issue(&stores, ADA, 0).await;
    let slow = lease(&stores, 9, 0).await.remove(0);

    let successes = race(&stores, RACERS, |stores, racer| {
        let slow = slow.clone();
        async move {
            if racer % 2 == 0 {
                settle(&stores, &slow, Delivery::Sent, 300).await
            } else {
                !lease(&stores, 9, 300).await.is_empty()
            }
        }
    })
    .await;

    assert_eq!(count(&successes, |success| *success), 1);
}

pub async fn an_unknown_mail_is_not_settled(stores: Stores) {
    let unknown = MailId::new(at(0), &ENTROPY);

    assert!(!stores.mails.settle(unknown, 0, Delivery::Sent, at(0)).await.unwrap());
    assert_eq!(stores.mails.newest(9).await.unwrap(), []);
}

/// Every template round-trips.
pub async fn every_template_is_stored_and_found(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let device = approve(&stores, &begin(&stores, 1).await, &session, 5).await;

    let newest = stores.mails.newest(9).await.unwrap();

    assert_eq!(newest[0].template, Template::DeviceApproved(device.id));
    assert!(matches!(newest[1].template, Template::MagicLink(_)));
    for mail in newest {
        assert_eq!(stores.mails.find(mail.id).await.unwrap(), Some(mail));
    }
    assert_eq!(stores.mails.find(MailId::new(at(0), &ENTROPY)).await.unwrap(), None);
}

/// Issues one mail for each delivery, a second apart, and settles it with that.
async fn settled(stores: &Stores, deliveries: &[Delivery]) -> Vec<Mail> {
    let mut mails = vec![];
    for (delivery, second) in deliveries.iter().zip(0..) {
        issue(stores, ADA, second).await;
        let leased = lease(stores, 9, second).await.remove(0);
        assert!(settle(stores, &leased, *delivery, second).await);
        mails.push(stores.mails.find(leased.id).await.unwrap().unwrap());
    }
    mails
}

pub async fn only_dead_letters_are_listed_as_dead(stores: Stores) {
    let deliveries = [Delivery::Rejected, Delivery::Sent, Delivery::Rejected, Delivery::Dropped];
    let mails = settled(&stores, &deliveries).await;
    issue(&stores, BOB, 100).await;

    assert_eq!(stores.mails.list_dead(9).await.unwrap(), [mails[2].clone(), mails[0].clone()]);
    assert_eq!(stores.mails.list_dead(1).await.unwrap(), [mails[2].clone()]);
}

pub async fn a_dead_letter_is_requeued_once_and_due_immediately(stores: Stores) {
    let dead = settled(&stores, &[Delivery::Rejected]).await.remove(0);

    let requeued = race(&stores, RACERS, |stores, _| {
        let id = dead.id;
        async move { stores.mails.requeue(id, at(50)).await.unwrap() }
    })
    .await;

    assert_eq!(count(&requeued, |requeued| *requeued), 1);
    assert_eq!(stores.mails.list_dead(9).await.unwrap(), []);
    assert_eq!(stores.mails.find(dead.id).await.unwrap(), dead.requeued(at(50)));
    assert_eq!(lease(&stores, 9, 49).await, []);
    let leased = lease(&stores, 9, 50).await.remove(0);
    assert_eq!((leased.id, leased.attempts), (dead.id, dead.attempts + 1));
    assert!(!settle(&stores, &dead, Delivery::Sent, 51).await, "the attempt before has nothing to say");
    assert!(settle(&stores, &leased, Delivery::Sent, 51).await);
}

pub async fn a_mail_that_is_not_dead_is_not_requeued(stores: Stores) {
    let mails = settled(&stores, &[Delivery::Sent, Delivery::Dropped, Delivery::Deferred]).await;

    for mail in &mails {
        assert!(!stores.mails.requeue(mail.id, at(50)).await.unwrap());
        assert_eq!(stores.mails.find(mail.id).await.unwrap().as_ref(), Some(mail));
    }
    assert!(!stores.mails.requeue(MailId::new(at(0), &ENTROPY), at(50)).await.unwrap());
}
