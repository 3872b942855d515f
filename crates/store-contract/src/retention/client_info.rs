//! Clearing client info.

use keywright_domain::Stores;
use keywright_domain::activity::Activity;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::magic_link::MagicLink;
use keywright_domain::retention::ClientInfoTable;
use keywright_domain::session::{Session, SessionKind};

use super::ask;
use crate::fixture::{ADA, BOB, RACERS, activity, at, begin, issue, race, sign_in, stored};

async fn clear(stores: &Stores, origins: ClientInfoTable, second: i64) -> u32 {
    stores.sweeper.clear(origins, at(second), 100).await.unwrap().done
}

/// Records before the instant lose only their client info; later ones keep everything.
pub async fn only_old_addresses_and_user_agents_are_cleared(stores: Stores) {
    let (session, user) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (young_session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 100).await;
    let (link, device) = (issue(&stores, BOB, 0).await, begin(&stores, 0).await);
    let (young_link, young_device) = (issue(&stores, BOB, 100).await, begin(&stores, 100).await);
    let change = ask(&stores, &user, &session, 1).await;
    let young_change = ask(&stores, &user, &session, 100).await;
    let before = activity(&stores, user.id).await;

    for (origins, cleared) in [
        (ClientInfoTable::Sessions, 1),
        (ClientInfoTable::Activities, 2),
        (ClientInfoTable::DeviceAuthorizations, 1),
        // Two, with the link of the sign-in.
        (ClientInfoTable::MagicLinks, 2),
        (ClientInfoTable::EmailChanges, 1),
    ] {
        assert_eq!(clear(&stores, origins, 0).await, 0, "{origins:?}");
        assert_eq!(clear(&stores, origins, 100).await, cleared, "{origins:?}");
        assert_eq!(clear(&stores, origins, 100).await, 0, "{origins:?}");
    }

    let nowhere = ClientInfo::default();
    assert_eq!(stored(&stores, session.id).await, Session { client_info: nowhere.clone(), ..session });
    assert_eq!(stored(&stores, young_session.id).await, young_session);
    let aged = |entry: Activity| {
        if entry.occurred_at < at(100) {
            Activity { client_info: ClientInfo::default(), ..entry }
        } else {
            entry
        }
    };
    let expected: Vec<_> = before.into_iter().map(aged).collect();
    assert_eq!(activity(&stores, user.id).await, expected);
    let found = stores.magic_links.find(link.id).await.unwrap();
    assert_eq!(found, Some(MagicLink { client_info: nowhere.clone(), ..link }));
    assert_eq!(stores.magic_links.find(young_link.id).await.unwrap(), Some(young_link));
    let found = stores.device_authorizations.find(device.id).await.unwrap().unwrap();
    assert_eq!((found.client_info, found.user_code), (nowhere.clone(), device.user_code));
    assert_eq!(stores.device_authorizations.find(young_device.id).await.unwrap(), Some(young_device));
    let found = stores.email_changes.find(change.id).await.unwrap().unwrap();
    assert_eq!((found.client_info, found.new), (nowhere, change.new));
    assert_eq!(stores.email_changes.find(young_change.id).await.unwrap(), Some(young_change));
}

pub async fn racing_sweepers_clear_each_record_once(stores: Stores) {
    for _ in 0..20 {
        sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    }

    let cleared = race(&stores, RACERS, |stores, _| async move {
        stores.sweeper.clear(ClientInfoTable::Activities, at(1), 3).await.unwrap().done
    })
    .await;

    assert_eq!(cleared.iter().sum::<u32>(), 20);
}
