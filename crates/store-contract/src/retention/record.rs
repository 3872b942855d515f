//! Purging expired records.

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::device_authorization::port::Begun;
use keywright_domain::id::{MailId, SessionId};
use keywright_domain::magic_link::budget::WRONG_CODES;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::magic_link::{MagicLink, Proof};
use keywright_domain::mail::Delivery;
use keywright_domain::retention::Removal;
use keywright_domain::retention::port::Swept;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, Generation, Refresh, RotationRules, SessionKind};

use super::ask;
use crate::fixture::{
    ADA, BOB, LIFETIMES, RACERS, activity, approve, at, authorization, begin, issue, race, redeem,
    request_context, sign_in, stored,
};

const DAY: i64 = 86_400;
const MILLISECOND: TimeDelta = TimeDelta::milliseconds(1);

/// Removes what expired before `instant` plus a millisecond.
async fn remove_at(stores: &Stores, removal: Removal, instant: DateTime<Utc>) -> u32 {
    stores.sweeper.remove(removal, instant + MILLISECOND, 100).await.unwrap().done
}

async fn remove(stores: &Stores, removal: Removal, second: i64) -> u32 {
    remove_at(stores, removal, at(second)).await
}

async fn is_gone(stores: &Stores, session: SessionId) -> bool {
    stores.sessions.find(session).await.unwrap().is_none()
}

pub async fn an_undecided_authorization_is_purged_after_its_expiry_and_frees_its_user_code(stores: Stores) {
    let (old, young) = (begin(&stores, 0).await, begin(&stores, 1).await);
    let mut again = authorization(700);
    again.user_code = old.user_code;
    assert_eq!(remove(&stores, Removal::UndecidedDevices, 599).await, 0);
    assert_eq!(stores.device_authorizations.begin(&again).await.unwrap(), Begun::UserCodeTaken);

    assert_eq!(remove(&stores, Removal::UndecidedDevices, 600).await, 1);

    assert_eq!(stores.device_authorizations.find(old.id).await.unwrap(), None);
    assert_eq!(stores.device_authorizations.find(young.id).await.unwrap(), Some(young));
    assert_eq!(stores.device_authorizations.begin(&again).await.unwrap(), Begun::Begun);
}

/// A mail may still offer an action on a decided authorization.
pub async fn a_decided_authorization_has_a_retention_of_its_own(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let pending = begin(&stores, 0).await;
    let approved = approve(&stores, &pending, &session, 1).await;

    assert_eq!(remove(&stores, Removal::UndecidedDevices, DAY).await, 0);
    assert_eq!(remove(&stores, Removal::DecidedDevices, 599).await, 0);
    assert_eq!(stores.device_authorizations.find(approved.id).await.unwrap(), Some(approved.clone()));

    assert_eq!(remove(&stores, Removal::DecidedDevices, 600).await, 1);
    assert_eq!(stores.device_authorizations.find(approved.id).await.unwrap(), None);
}

/// Used and unused links alike.
pub async fn links_are_purged_after_their_expiry(stores: Stores) {
    let (used, unused) = (issue(&stores, ADA, 0).await, issue(&stores, ADA, 0).await);
    let young = issue(&stores, ADA, 1).await;
    stores.magic_links.redeem(&redeem(&used, SessionKind::Tokens, 2), &request_context(2)).await.unwrap();

    assert_eq!(remove(&stores, Removal::MagicLinks, 899).await, 0);
    assert_eq!(remove(&stores, Removal::MagicLinks, 900).await, 2);

    for gone in [used, unused] {
        assert_eq!(stores.magic_links.find(gone.id).await.unwrap(), None);
    }
    assert_eq!(stores.magic_links.find(young.id).await.unwrap(), Some(young));
}

async fn by_code(stores: &Stores, link: &MagicLink, is_right: bool, second: i64) -> bool {
    let proof = Proof::Code { is_right };
    let redeem = Redeem { proof, ..redeem(link, SessionKind::Tokens, second) };
    let redeemed = stores.magic_links.redeem(&redeem, &request_context(second)).await.unwrap();
    matches!(redeemed, Redemption::Redeemed { .. })
}

/// Wrong codes count for a day and codes stay disabled for a day, however often the sweeper runs.
pub async fn wrong_code_counts_are_purged_once_they_have_no_effect(stores: Stores) {
    let tried = i64::try_from(WRONG_CODES).unwrap();
    for second in 0..tried {
        let link = issue(&stores, ADA, second).await;
        remove(&stores, Removal::MagicLinkAddresses, second).await;
        assert!(!by_code(&stores, &link, false, second).await);
        remove(&stores, Removal::MagicLinkAddresses, second).await;
    }

    for second in [tried, tried + DAY - 2] {
        remove(&stores, Removal::MagicLinkAddresses, second).await;
        let link = issue(&stores, ADA, second).await;
        assert!(!by_code(&stores, &link, true, second).await, "{second}");
    }

    let last = tried - 1 + DAY;
    assert!(remove(&stores, Removal::MagicLinkAddresses, last).await > 0);
    assert_eq!(remove(&stores, Removal::MagicLinkAddresses, last).await, 0);
    let link = issue(&stores, ADA, last).await;
    assert!(by_code(&stores, &link, true, last).await);
}

/// A due or leased mail is kept, however old it is.
pub async fn settled_mails_are_purged_and_waiting_ones_kept(stores: Stores) {
    for second in 0..5 {
        issue(&stores, ADA, second).await;
    }
    let leased = stores.mails.lease(4, TimeDelta::minutes(5), at(10)).await.unwrap();
    let outcomes = [Delivery::Sent, Delivery::Dropped, Delivery::Rejected, Delivery::Deferred];
    for (mail, outcome) in leased.iter().zip(outcomes) {
        assert!(stores.mails.settle(mail.id, mail.attempts, outcome, at(20)).await.unwrap());
    }
    let dead = leased[2].id;

    assert_eq!(remove(&stores, Removal::Mails, 19).await, 0);
    assert!(stores.mails.requeue(dead, at(30)).await.unwrap());
    assert_eq!(remove(&stores, Removal::Mails, DAY).await, 2);

    let mut left: Vec<MailId> = stores.mails.newest(9).await.unwrap().iter().map(|mail| mail.id).collect();
    left.sort_unstable();
    assert_eq!(left.len(), 3);
    assert!(left.contains(&dead) && left.contains(&leased[3].id));
}

pub async fn email_changes_are_purged_by_age(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (old, young) = (ask(&stores, &user, &session, 1).await, ask(&stores, &user, &session, 2).await);

    assert_eq!(remove(&stores, Removal::EmailChanges, 0).await, 0);
    assert_eq!(remove(&stores, Removal::EmailChanges, 1).await, 1);

    assert_eq!(stores.email_changes.find(old.id).await.unwrap(), None);
    assert_eq!(stores.email_changes.find(young.id).await.unwrap(), Some(young));
}

pub async fn activity_is_purged_by_age(stores: Stores) {
    let (_, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    sign_in(&stores, ADA, SessionKind::Tokens, 1).await;

    assert_eq!(remove(&stores, Removal::Activities, -1).await, 0);
    assert_eq!(remove(&stores, Removal::Activities, 0).await, 1);

    let left: Vec<_> = activity(&stores, user.id).await.iter().map(|entry| entry.occurred_at).collect();
    assert_eq!(left, [at(1)]);
}

/// The retention starts at the end, or at the expiry of a session that was never ended.
pub async fn a_session_is_purged_after_its_end(stores: Stores) {
    let (ended, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (lapsed, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    stores
        .sessions
        .end(ended.id, EndReason::SignedOut, Event::SignedOut, &request_context(DAY))
        .await
        .unwrap();

    assert_eq!(remove(&stores, Removal::EndedSessions, DAY - 1).await, 0);
    assert_eq!(remove(&stores, Removal::LapsedSessions, 30 * DAY - 1).await, 0);
    assert!(!is_gone(&stores, ended.id).await && !is_gone(&stores, lapsed.id).await);

    assert_eq!(remove(&stores, Removal::EndedSessions, DAY).await, 1);
    assert!(is_gone(&stores, ended.id).await && !is_gone(&stores, lapsed.id).await);
    assert_eq!(remove(&stores, Removal::LapsedSessions, 30 * DAY).await, 1);
    assert!(is_gone(&stores, lapsed.id).await);
}

/// A session that is refreshed for half a year is kept while the sweeper runs; after its end it is purged.
pub async fn a_session_in_use_is_kept_until_its_end(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let rules =
        RotationRules { retry_window: TimeDelta::seconds(60), lost_response_window: TimeDelta::hours(1) };
    for generation in 0..8_u32 {
        let now = i64::from(generation + 1) * 20 * DAY;
        let presented = Generation(generation);
        let refresh =
            Refresh { session: session.id, presented, client_id: None, rules, idle: LIFETIMES.idle };
        let rotated = stores.sessions.rotate(&refresh, &request_context(now)).await.unwrap();
        assert!(matches!(rotated, Rotation::Renewed(_)), "{rotated:?}");

        for removal in [Removal::EndedSessions, Removal::LapsedSessions] {
            assert_eq!(remove(&stores, removal, now).await, 0);
        }
    }

    let over_at = stored(&stores, session.id).await.expires_at();
    assert_eq!(over_at, session.ends_at);
    assert_eq!(remove_at(&stores, Removal::LapsedSessions, over_at - MILLISECOND).await, 0);
    assert_eq!(remove_at(&stores, Removal::LapsedSessions, over_at).await, 1);
    assert!(is_gone(&stores, session.id).await);
}

pub async fn batches_are_bounded(stores: Stores) {
    for second in 0..5 {
        sign_in(&stores, ADA, SessionKind::Tokens, second).await;
    }
    for removal in [Removal::MagicLinks, Removal::Activities, Removal::LapsedSessions] {
        let mut swept = vec![];
        for _ in 0..4 {
            swept.push(stores.sweeper.remove(removal, at(90 * DAY), 2).await.unwrap());
        }
        assert_eq!(swept, [2, 2, 1, 0].map(|count| Swept { looked_at: count, done: count }), "{removal:?}");
    }
}

pub async fn racing_sweepers_remove_each_record_once(stores: Stores) {
    for second in 0..20 {
        sign_in(&stores, ADA, SessionKind::Tokens, second).await;
    }
    let kept = issue(&stores, BOB, DAY).await;

    for removal in [Removal::MagicLinks, Removal::LapsedSessions, Removal::Activities] {
        let before = if removal == Removal::MagicLinks { at(DAY) } else { at(90 * DAY) };
        let swept = race(&stores, RACERS, |stores, _| async move {
            stores.sweeper.remove(removal, before, 3).await.unwrap().done
        })
        .await;

        assert_eq!(swept.iter().sum::<u32>(), 20, "{removal:?}");
        assert!(swept.iter().all(|done| *done <= 3), "{swept:?}");
    }
    assert_eq!(stores.magic_links.find(kept.id).await.unwrap(), Some(kept));
}
