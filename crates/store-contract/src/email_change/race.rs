//! Links to an address that the account no longer has.

use keywright_domain::email_change::port::Settling;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::magic_link::port::Redemption;
use keywright_domain::page::Page;
use keywright_domain::session::SessionKind;
use keywright_domain::{RequestContext, Stores};

use super::ask;
use crate::fixture::{ADA, RACERS, at, issue, race, redeem, request_context, sign_in};

/// Number of races: the window between reading an account and writing its sign-in is short.
const ROUNDS: i64 = 4;

async fn live(stores: &Stores, user: UserId, second: i64) -> Vec<SessionId> {
    let live = stores.sessions.list(user, Page::WIDEST, at(second)).await.unwrap();
    live.items.iter().map(|session| session.id).collect()
}

/// Races redemptions of links to `address` against one `change`. Returns the sessions that the redemptions
/// opened for `user`.
async fn opened_beside<F>(
    stores: &Stores,
    address: &str,
    user: UserId,
    second: i64,
    change: impl Fn(Stores, RequestContext) -> F,
) -> Vec<SessionId>
where
    F: Future<Output = Settling> + Send + 'static,
{
    let mut links = vec![];
    for _ in 1..RACERS {
        links.push(issue(stores, address, second).await);
    }
    let opened = race(stores, RACERS, |stores, racer| {
        let redemption = links.get(racer).map(|link| redeem(link, SessionKind::Tokens, second));
        let (at, changing) = (request_context(second), change(stores.clone(), request_context(second)));
        async move {
            let Some(redemption) = redemption else {
                assert_eq!(changing.await, Settling::Settled);
                return None;
            };
            match stores.magic_links.redeem(&redemption, &at).await.unwrap() {
                Redemption::Redeemed { session, .. } if session.user_id == user => Some(session.id),
                _ => None,
            }
        }
    })
    .await;
    opened.into_iter().flatten().collect()
}

/// Sessions from links to the old address end when the change is confirmed, and those from links to the new
/// one when it is undone, in every order of the redemptions.
pub async fn no_session_of_the_abandoned_address_survives_a_race_with_the_change(stores: Stores) {
    for round in 0..ROUNDS {
        let second = round * 100;
        let (session, user) = sign_in(&stores, ADA, SessionKind::Browser, second).await;
        let address = format!("new{round}@example.net");
        let change = ask(&stores, &session, &address, second + 1).await;

        let of_old = opened_beside(&stores, ADA, user.id, second + 2, |stores, at| {
            let id = change.id;
            async move { stores.email_changes.prove(id, &at).await.unwrap() }
        });
        let of_old = of_old.await;
        assert_eq!(live(&stores, user.id, second + 3).await, [session.id], "of {of_old:?}");

        // A late redemption opens an account with the old address, which undoing the change deletes.
        let of_new = opened_beside(&stores, &address, user.id, second + 4, |stores, at| {
            let id = change.id;
            async move { stores.email_changes.undo(id, &at).await.unwrap() }
        });
        let of_new = of_new.await;
        assert_eq!(live(&stores, user.id, second + 5).await, [], "of {of_new:?}");
    }
}
