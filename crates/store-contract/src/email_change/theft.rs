//! Changes made by a thief, and their reversal by the owner.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::email_change::port::Settling;
use keywright_domain::organization::Role;
use keywright_domain::page::Page;
use keywright_domain::session::{EndReason, SessionKind};

use super::{ask, prove, undo};
use crate::fixture::{ADA, at, email, events, request_context, sign_in};
use crate::organization;
use crate::passkey::registered;

/// Owners who lost their account and signed in by the old address still get it back; the account opened by
/// that sign-in is deleted, unless an organization would be left without an owner.
pub async fn undoing_deletes_the_account_that_a_later_sign_in_opened(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let away = ask(&stores, &session, "new@example.net", 1).await;
    assert_eq!(prove(&stores, &away, 2).await, Settling::Settled);
    let (opened, newcomer) = sign_in(&stores, ADA, SessionKind::Tokens, 3).await;
    assert_ne!(newcomer.id, user.id);
    let acme = organization::create(&stores, "acme").await;
    organization::add(&stores, &acme, newcomer.id, Role::Owner).await;
    assert_eq!(undo(&stores, &away, 4).await, Settling::Over);
    organization::add(&stores, &acme, user.id, Role::Owner).await;

    assert_eq!(undo(&stores, &away, 5).await, Settling::Settled);

    assert_eq!(stores.users.find_by_email(&email(ADA)).await.unwrap().unwrap().id, user.id);
    assert_eq!(stores.users.find(newcomer.id).await.unwrap(), None);
    assert_eq!(stores.sessions.find(opened.id).await.unwrap(), None);
    let (_, again) = sign_in(&stores, ADA, SessionKind::Tokens, 6).await;
    assert_eq!(again.id, user.id);
}

/// Additions of the thief are removed; earlier passkeys are kept.
pub async fn undoing_removes_the_passkeys_added_since(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let own = registered(&stores, user.id, 1).await;
    let change = ask(&stores, &session, "new@example.net", 2).await;
    registered(&stores, user.id, 3).await;
    assert_eq!(prove(&stores, &change, 4).await, Settling::Settled);
    registered(&stores, user.id, 5).await;

    assert_eq!(undo(&stores, &change, 6).await, Settling::Settled);

    let left = stores.passkeys.list(user.id, Page::default()).await.unwrap();
    assert_eq!(left.items, [own]);
    let recorded = events(&stores, user.id).await;
    assert_eq!(recorded.iter().filter(|event| **event == Event::PasskeyRemoved).count(), 2);
}

/// A session ended by another one loses its requested changes; a session that signed out keeps them.
pub async fn a_change_stops_when_another_session_ends_its_session(stores: Stores) {
    for (reason, expected) in [
        (EndReason::SignedOut, Settling::Settled),
        (EndReason::Ended, Settling::Over),
        (EndReason::AccountDisabled, Settling::Over),
    ] {
        let address = format!("{reason:?}@example.com");
        let (session, user) = sign_in(&stores, &address, SessionKind::Tokens, 0).await;
        let change = ask(&stores, &session, &format!("{reason:?}@example.net"), 1).await;
        match reason {
            EndReason::AccountDisabled => {
                stores.users.disable(user.id, &request_context(2)).await.unwrap();
                stores.users.enable(user.id, at(2)).await.unwrap();
            }
            _ => assert!(
                stores
                    .sessions
                    .end(session.id, reason, Event::SessionEnded, &request_context(2))
                    .await
                    .unwrap()
            ),
        }

        assert_eq!(prove(&stores, &change, 3).await, expected, "{reason:?}");
    }
}
