//! Email changes.

mod profile;
mod race;
mod theft;

use chrono::TimeDelta;
use keywright_domain::activity::Event;
use keywright_domain::email_change::port::{Asking, Settling};
use keywright_domain::email_change::{BUDGET, EmailChange, EmailChangeState, PROVABLE, UNDOABLE};
use keywright_domain::id::EmailChangeId;
use keywright_domain::mail::Template;
use keywright_domain::session::{Session, SessionKind};
use keywright_domain::user::port::Deletion;
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;
use keywright_domain::{RequestContext, Stores};

pub use self::profile::*;
pub use self::race::*;
pub use self::theft::*;
use crate::fixture::{
    ADA, BOB, ENTROPY, RACERS, at, client_info, context_at, count, email, events, race, request_context,
    sign_in, stored, unknown_user,
};

fn change(user: &User, session: &Session, new: &str, at: &RequestContext) -> EmailChange {
    EmailChange {
        id: EmailChangeId::new(at.now, &ENTROPY),
        user_id: user.id,
        old: user.email.clone(),
        new: email(new),
        session_id: session.id,
        asked_at: at.now,
        client_info: client_info("198.51.100.1", "Mozilla/5.0 (X11)"),
        state: EmailChangeState::Asked,
    }
}

async fn ask(stores: &Stores, session: &Session, new: &str, second: i64) -> EmailChange {
    let at = request_context(second);
    let user = stores.users.find(session.user_id, &WaitBudget::NONE).await.unwrap().unwrap();
    let change = change(&user, session, new, &at);
    let asked = stores
        .email_changes
        .ask(&change, &ProfileChange::default(), &change.asked_mail(&at), &at)
        .await
        .unwrap();
    assert!(matches!(asked, Asking::Asked(_)), "{asked:?}");
    change
}

async fn prove(stores: &Stores, change: &EmailChange, second: i64) -> Settling {
    stores.email_changes.prove(change.id, &request_context(second)).await.unwrap()
}

async fn undo(stores: &Stores, change: &EmailChange, second: i64) -> Settling {
    stores.email_changes.undo(change.id, &request_context(second)).await.unwrap()
}

async fn found(stores: &Stores, change: &EmailChange) -> EmailChange {
    stores.email_changes.find(change.id, &WaitBudget::NONE).await.unwrap().unwrap()
}

async fn account(stores: &Stores, session: &Session) -> User {
    stores.users.find(session.user_id, &WaitBudget::NONE).await.unwrap().unwrap()
}

/// A requested change is pending, mailed and recorded, and supersedes the one before.
pub async fn a_requested_change_is_pending(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let first = ask(&stores, &session, "one@example.net", 1).await;
    let second = ask(&stores, &session, "two@example.net", 2).await;

    let user = account(&stores, &session).await;
    assert_eq!((user.email.as_str(), user.pending_email), (ADA, Some(email("two@example.net"))));
    assert_eq!(found(&stores, &first).await, first.with(EmailChangeState::Superseded { at: at(2) }));
    assert_eq!(found(&stores, &second).await, second);
    let mail = stores.mails.newest(1).await.unwrap().remove(0);
    assert_eq!((mail.to, mail.template), (email("two@example.net"), Template::EmailChangeAsked(second.id)));
    assert_eq!(events(&stores, user.id).await[..2], [Event::EmailChangeRequested; 2]);
    assert_eq!(prove(&stores, &first, 3).await, Settling::Over);
    assert_eq!(
        stores.email_changes.find(EmailChangeId::new(at(0), &ENTROPY), &WaitBudget::NONE).await.unwrap(),
        None
    );

    let withdrawn = stores
        .email_changes
        .withdraw(user.id, &ProfileChange::default(), &request_context(4))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((withdrawn.pending_email, withdrawn.updated_at), (None, at(4)));
    assert_eq!(prove(&stores, &second, 5).await, Settling::Over);
    assert_eq!(
        stores
            .email_changes
            .withdraw(unknown_user(), &ProfileChange::default(), &request_context(6))
            .await
            .unwrap(),
        None
    );
}

/// The budget is per hour and frees up when the first request is an hour old.
pub async fn change_requests_are_limited_by_a_budget(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    for number in 0..i64::from(BUDGET) {
        ask(&stores, &session, "new@example.net", number).await;
    }
    let late = |second| {
        let at = request_context(second);
        (change(&user, &session, "late@example.net", &at), at)
    };

    let (refused, at_once) = late(100);
    let mail = refused.asked_mail(&at_once);
    let over = stores.email_changes.ask(&refused, &ProfileChange::default(), &mail, &at_once).await.unwrap();
    let (taken, later) = late(3600);
    let mail = taken.asked_mail(&later);
    let again = stores.email_changes.ask(&taken, &ProfileChange::default(), &mail, &later).await.unwrap();

    assert_eq!(over, Asking::OverBudget { until: at(3600) });
    assert_eq!(stores.email_changes.find(refused.id, &WaitBudget::NONE).await.unwrap(), None);
    assert!(matches!(again, Asking::Asked(_)), "{again:?}");
}

/// Confirming changes the address, spares the requesting session and notifies the old address; undoing
/// restores the address and ends every session.
pub async fn a_change_is_confirmed_and_undone(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (other, _) = sign_in(&stores, ADA, SessionKind::Tokens, 1).await;
    let change = ask(&stores, &session, "new@example.net", 2).await;

    assert_eq!(undo(&stores, &change, 3).await, Settling::Over);
    assert_eq!(prove(&stores, &change, 10).await, Settling::Settled);
    assert_eq!(prove(&stores, &change, 11).await, Settling::Over);

    let user = account(&stores, &session).await;
    assert_eq!(
        (user.email.as_str(), user.email_verified, user.pending_email),
        ("new@example.net", true, None)
    );
    assert!(stored(&stores, session.id).await.is_live(at(12)));
    assert!(!stored(&stores, other.id).await.is_live(at(12)));
    assert_eq!(found(&stores, &change).await.state, EmailChangeState::Done { at: at(10) });
    let mail = stores.mails.newest(1).await.unwrap().remove(0);
    assert_eq!((mail.to, mail.template), (email(ADA), Template::EmailChanged(change.id)));
    assert_eq!(events(&stores, user.id).await[0], Event::EmailChanged);
    assert_eq!(stores.users.find_by_email(&email(ADA), &WaitBudget::NONE).await.unwrap(), None);

    assert_eq!(undo(&stores, &change, 20).await, Settling::Settled);
    assert_eq!(undo(&stores, &change, 21).await, Settling::Over);
    assert_eq!(account(&stores, &session).await.email, email(ADA));
    assert!(!stored(&stores, session.id).await.is_live(at(22)));
    assert_eq!(found(&stores, &change).await.state, EmailChangeState::Undone { at: at(20) });
}

/// The last instant is in time, the next one is not.
pub async fn a_change_expires_for_confirming_and_for_undoing(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let change = ask(&stores, &session, "new@example.net", 0).await;
    let millisecond = TimeDelta::milliseconds(1);

    let late = context_at(at(0) + PROVABLE);
    assert_eq!(stores.email_changes.prove(change.id, &late).await.unwrap(), Settling::Over);
    let proven = at(0) + PROVABLE - millisecond;
    let last = context_at(proven);
    assert_eq!(stores.email_changes.prove(change.id, &last).await.unwrap(), Settling::Settled);
    let late = context_at(proven + UNDOABLE);
    assert_eq!(stores.email_changes.undo(change.id, &late).await.unwrap(), Settling::Over);
    let last = context_at(proven + UNDOABLE - millisecond);
    assert_eq!(stores.email_changes.undo(change.id, &last).await.unwrap(), Settling::Settled);
}

/// Neither confirming nor undoing takes an address from another account.
pub async fn an_address_of_another_account_is_not_taken(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let to_bob = ask(&stores, &session, BOB, 1).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 2).await;
    assert_eq!(prove(&stores, &to_bob, 3).await, Settling::Over);
    assert_eq!(stores.users.find_by_email(&email(BOB), &WaitBudget::NONE).await.unwrap(), Some(bob));

    let (bobs, _) = sign_in(&stores, BOB, SessionKind::Tokens, 4).await;
    let away = ask(&stores, &session, "new@example.net", 5).await;
    assert_eq!(prove(&stores, &away, 6).await, Settling::Settled);
    let by_bob = ask(&stores, &bobs, ADA, 7).await;
    assert_eq!(prove(&stores, &by_bob, 8).await, Settling::Settled);
    assert_eq!(undo(&stores, &away, 9).await, Settling::Over);
    assert_eq!(account(&stores, &bobs).await.email, email(ADA));
    assert_eq!(account(&stores, &session).await.email, email("new@example.net"));
}

pub async fn undoing_a_change_also_undoes_later_ones(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let first = ask(&stores, &session, "one@example.net", 1).await;
    assert_eq!(prove(&stores, &first, 2).await, Settling::Settled);
    let second = ask(&stores, &session, "two@example.net", 3).await;
    assert_eq!(prove(&stores, &second, 4).await, Settling::Settled);
    let third = ask(&stores, &session, "three@example.net", 5).await;

    assert_eq!(undo(&stores, &first, 6).await, Settling::Settled);

    let user = account(&stores, &session).await;
    assert_eq!((user.email, user.pending_email), (email(ADA), None));
    assert_eq!(undo(&stores, &second, 7).await, Settling::Over);
    assert_eq!(prove(&stores, &third, 8).await, Settling::Over);
}

/// One of the racers with the same link settles it, and one of the accounts that race for an address gets it.
pub async fn one_of_racing_confirmations_counts(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let changes = [
        ask(&stores, &session, "new@example.net", 1).await,
        ask(&stores, &of_bob, "new@example.net", 1).await,
    ];

    let settled = race(&stores, RACERS, |stores, racer| {
        let change = changes[racer % 2].clone();
        async move { prove(&stores, &change, 2).await }
    })
    .await;

    assert_eq!(count(&settled, |settling| *settling == Settling::Settled), 1);

    let is_first = found(&stores, &changes[0]).await.state != EmailChangeState::Asked;
    let done = changes[usize::from(!is_first)].clone();
    let undone = race(&stores, RACERS, |stores, _| {
        let change = done.clone();
        async move { undo(&stores, &change, 3).await }
    })
    .await;
    assert_eq!(count(&undone, |settling| *settling == Settling::Settled), 1);
}

/// Deleting an account deletes its changes and the mails about them.
pub async fn changes_are_deleted_with_their_account(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let change = ask(&stores, &session, "new@example.net", 1).await;
    assert_eq!(prove(&stores, &change, 2).await, Settling::Settled);

    assert_eq!(stores.users.delete(user.id, &WaitBudget::NONE).await.unwrap(), Deletion::Deleted);

    assert_eq!(stores.email_changes.find(change.id, &WaitBudget::NONE).await.unwrap(), None);
    assert_eq!(stores.mails.newest(9).await.unwrap(), []);
    assert_eq!(undo(&stores, &change, 3).await, Settling::Over);
}
