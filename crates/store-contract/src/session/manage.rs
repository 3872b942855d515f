//! Sessions of one account, listed and ended together.

use std::collections::BTreeSet;

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::page::Page;
use keywright_domain::session::port::Rotation;
use keywright_domain::session::{EndReason, SessionKind};

use super::rotate;
use crate::fixture::{
    ADA, BOB, RACERS, activity, at, events, race, request_context, sign_in, stored, unknown_session,
    unknown_user,
};

pub async fn live_sessions_are_listed_newest_first(stores: Stores) {
    let (first, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (second, _) = sign_in(&stores, ADA, SessionKind::Browser, 1).await;
    let (ended, _) = sign_in(&stores, ADA, SessionKind::Device, 2).await;
    let (third, _) = sign_in(&stores, ADA, SessionKind::Device, 3).await;
    sign_in(&stores, BOB, SessionKind::Tokens, 4).await;
    assert!(
        stores
            .sessions
            .end(ended.id, EndReason::Ended, Event::SessionEnded, &request_context(5))
            .await
            .unwrap()
    );
    let list = |number, second| stores.sessions.list(ada.id, Page::new(number, 2).unwrap(), at(second));

    let (page, rest, late) = (list(1, 9).await, list(2, 9).await, list(1, 30 * 86_400).await);

    let (page, rest, late) = (page.unwrap(), rest.unwrap(), late.unwrap());
    assert_eq!((page.items, page.total), (vec![third.clone(), second.clone()], 3));
    assert_eq!((rest.items, rest.total), (vec![first], 3));
    // Thirty days after its opening, the first session has expired.
    assert_eq!((late.items, late.total), (vec![third, second], 2));
    assert_eq!(stores.sessions.list(unknown_user(), Page::default(), at(9)).await.unwrap().total, 0);
}

/// Each end is recorded; sessions that ended earlier do not change.
pub async fn the_other_sessions_end_together_and_are_recorded(stores: Stores) {
    let (mine, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (over, _) = sign_in(&stores, ADA, SessionKind::Tokens, 1).await;
    assert!(
        stores
            .sessions
            .end(over.id, EndReason::SignedOut, Event::SignedOut, &request_context(2))
            .await
            .unwrap()
    );
    let mut others = BTreeSet::new();
    for second in 3..7 {
        others.insert(sign_in(&stores, ADA, SessionKind::Tokens, second).await.0.id);
    }
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Tokens, 8).await;
    let over = stored(&stores, over.id).await;

    assert_eq!(stores.sessions.end_others(ada.id, Some(mine.id), &request_context(10)).await.unwrap(), 4);
    assert_eq!(stores.sessions.end_others(ada.id, Some(mine.id), &request_context(11)).await.unwrap(), 0);

    let recorded = activity(&stores, ada.id).await;
    let recorded = recorded.iter().filter(|entry| entry.event == Event::SessionEnded);
    assert_eq!(recorded.filter_map(|entry| entry.session_id).collect::<BTreeSet<_>>(), others);
    assert_eq!(stored(&stores, mine.id).await, mine);
    assert_eq!(stored(&stores, over.id).await, over);
    assert_eq!(stored(&stores, of_bob.id).await, of_bob);
    assert_eq!(
        stores.sessions.end_others(ada.id, Some(unknown_session()), &request_context(12)).await.unwrap(),
        1
    );
    assert_eq!(stores.sessions.end_others(ada.id, None, &request_context(13)).await.unwrap(), 0);
}

/// No refresh survives, either.
pub async fn racing_ends_of_the_other_sessions_end_each_once(stores: Stores) {
    let (mine, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let mut others = Vec::new();
    for second in 1..5 {
        others.push(sign_in(&stores, ADA, SessionKind::Tokens, second).await.0.id);
    }
    let (user, spared, refreshed) = (ada.id, mine.id, others.clone());

    let ended = race(&stores, RACERS, |stores, racer| {
        let session = refreshed[racer % refreshed.len()];
        async move {
            if racer % 2 == 0 {
                return stores.sessions.end_others(user, Some(spared), &request_context(10)).await.unwrap();
            }
            rotate(&stores, session, 0, 10).await;
            0
        }
    })
    .await;

    assert_eq!(ended.iter().sum::<u32>(), 4);
    let recorded = events(&stores, ada.id).await;
    assert_eq!(recorded.iter().filter(|event| **event == Event::SessionEnded).count(), 4);
    for other in others {
        assert_eq!(rotate(&stores, other, 1, 11).await, Rotation::Over);
    }
}

/// Batches follow the order of the ids; sessions that ended earlier do not change.
pub async fn all_sessions_end_in_batches_and_each_end_is_recorded(stores: Stores) {
    let (over, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    assert!(
        stores
            .sessions
            .end(over.id, EndReason::SignedOut, Event::SignedOut, &request_context(1))
            .await
            .unwrap()
    );
    let over = stored(&stores, over.id).await;
    let (expired, _) = sign_in(&stores, ADA, SessionKind::Tokens, 1).await;
    let month = 30 * 86_400;
    let mut live = Vec::new();
    for second in 1..4 {
        live.push(sign_in(&stores, ADA, SessionKind::Tokens, month + second).await.0);
    }
    let (of_bob, bob) = sign_in(&stores, BOB, SessionKind::Browser, month + 4).await;
    live.push(of_bob);
    let of_bob = live[3].id;
    let now = at(month + 10);

    let mut ended = Vec::new();
    let mut after = None;
    for _ in 0..3 {
        let part = stores.sessions.end_some(after, 3, &request_context(month + 10)).await.unwrap();
        ended.push((part.count, part.last));
        after = part.last;
    }

    // Ids increase with their creation time.
    assert_eq!(ended, [(1, Some(live[0].id)), (3, Some(of_bob)), (0, None)]);
    for session in live {
        assert_eq!(stored(&stores, session.id).await, session.ended(EndReason::Ended, now));
    }
    assert_eq!(stored(&stores, over.id).await, over);
    assert_eq!(stored(&stores, expired.id).await, expired);
    for (user, expected) in [(ada.id, 3), (bob.id, 1)] {
        let recorded = events(&stores, user).await;
        assert_eq!(recorded.iter().filter(|event| **event == Event::SessionEnded).count(), expected);
    }
}

/// No refresh survives, either.
pub async fn racing_ends_of_all_sessions_end_each_once(stores: Stores) {
    let mut sessions = Vec::new();
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    for second in 1..6 {
        sessions.push(sign_in(&stores, ADA, SessionKind::Tokens, second).await.0.id);
    }
    let refreshed = sessions.clone();

    let ended = race(&stores, RACERS, |stores, racer| {
        let session = refreshed[racer % refreshed.len()];
        async move {
            if racer % 2 == 1 {
                rotate(&stores, session, 0, 10).await;
                return 0;
            }
            let (mut ended, mut after) = (0, None);
            loop {
                let part = stores.sessions.end_some(after, 2, &request_context(10)).await.unwrap();
                ended += part.count;
                if part.last.is_none() {
                    return ended;
                }
                after = part.last;
            }
        }
    })
    .await;

    assert_eq!(ended.iter().sum::<u32>(), 6);
    let recorded = events(&stores, ada.id).await;
    assert_eq!(recorded.iter().filter(|event| **event == Event::SessionEnded).count(), 6);
    for session in sessions {
        assert_eq!(rotate(&stores, session, 1, 11).await, Rotation::Over);
    }
}
