//! A browser that proves its owner again.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::session::{EndReason, SessionKind};
use keywright_domain::wait_budget::WaitBudget;

use super::redeemed;
use crate::fixture::{
    ADA, BOB, LIFETIMES, RACERS, activity, at, count, events, issue, race, redeem, request_context, sign_in,
    stored, unknown_session,
};

pub async fn a_browser_session_of_the_same_account_is_renewed_instead_of_opening_one(stores: Stores) {
    let (browser, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let link = issue(&stores, ADA, 100).await;
    let renew = Redeem { renew: Some(browser.id), ..redeem(&link, SessionKind::Browser, 101) };
    let request = request_context(101);

    let answer = stores.magic_links.redeem(&renew, &request).await.unwrap();

    let Redemption::Redeemed { session, user, is_new, .. } = answer else { panic!("{answer:?}") };
    let expected = browser.reauthenticated(ada.id, session.authentication).unwrap();
    assert_eq!((&session, session.authentication.at, is_new), (&expected, at(101), false));
    assert_eq!(stores.sessions.find(browser.id, &WaitBudget::NONE).await.unwrap(), Some((expected, user)));
    assert_eq!(stores.sessions.find(renew.seed.id, &WaitBudget::NONE).await.unwrap(), None);
    let recorded = session.activity(Event::SignedIn, &request);
    assert_eq!(activity(&stores, ada.id).await.first(), Some(&recorded));
}

pub async fn a_session_that_cannot_be_renewed_is_replaced_by_a_new_one(stores: Stores) {
    let (of_bob, _) = sign_in(&stores, BOB, SessionKind::Browser, 0).await;
    let (tokens, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (ended, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let (idle, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    stores.sessions.end(ended.id, EndReason::SignedOut, Event::SignedOut, &request_context(1)).await.unwrap();
    let month = LIFETIMES.idle.num_seconds();

    for (other, second) in [(&of_bob, 10), (&tokens, 20), (&ended, 30), (&idle, month)] {
        let before = stored(&stores, other.id).await;
        let link = issue(&stores, ADA, second).await;
        let redeem = Redeem { renew: Some(other.id), ..redeem(&link, SessionKind::Browser, second) };

        let (opened, user, _) = redeemed(&stores, &redeem, second).await.unwrap();

        assert_eq!(opened.id, redeem.seed.id);
        assert_eq!(stores.sessions.find(opened.id, &WaitBudget::NONE).await.unwrap(), Some((opened, user)));
        assert_eq!(stored(&stores, other.id).await, before);
    }
}

pub async fn an_unknown_session_is_not_renewed(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    let unknown = unknown_session();
    let redeem = Redeem { renew: Some(unknown), ..redeem(&link, SessionKind::Browser, 5) };

    let (opened, _, is_new) = redeemed(&stores, &redeem, 5).await.unwrap();

    assert_eq!((opened.id, is_new), (redeem.seed.id, true));
    assert_eq!(stores.sessions.find(unknown, &WaitBudget::NONE).await.unwrap(), None);
}

pub async fn racing_renewals_share_the_session(stores: Stores) {
    let (browser, ada) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let mut redeems = vec![];
    for second in 0..i64::try_from(RACERS).unwrap() {
        let link = issue(&stores, ADA, second).await;
        redeems.push(Redeem { renew: Some(browser.id), ..redeem(&link, SessionKind::Browser, 100) });
    }

    let answers = race(&stores, RACERS, |stores, racer| {
        let redeem = redeems[racer].clone();
        async move { redeemed(&stores, &redeem, 100).await.unwrap() }
    })
    .await;

    let after = stored(&stores, browser.id).await;
    assert_eq!(count(&answers, |(session, _, _)| *session == after), RACERS);
    assert_eq!(after.authentication.at, at(100));
    assert_eq!(events(&stores, ada.id).await.len(), RACERS + 1);
}

pub async fn an_end_racing_with_a_renewal_is_final(stores: Stores) {
    let (browser, _) = sign_in(&stores, ADA, SessionKind::Browser, 0).await;
    let link = issue(&stores, ADA, 100).await;
    let renew = Redeem { renew: Some(browser.id), ..redeem(&link, SessionKind::Browser, 101) };
    let (id, seed) = (browser.id, renew.seed.id);

    let sessions = race(&stores, 2, |stores, racer| {
        let renew = renew.clone();
        async move {
            if racer == 0 {
                let ended = stores
                    .sessions
                    .end(id, EndReason::Ended, Event::SessionEnded, &request_context(101))
                    .await;
                assert!(ended.unwrap());
                return None;
            }
            redeemed(&stores, &renew, 101).await.map(|(session, _, _)| session)
        }
    })
    .await;

    let signed_in = sessions.into_iter().flatten().next().unwrap();
    assert!(signed_in.id == id || signed_in.id == seed);
    assert_eq!(stored(&stores, id).await.state, browser.ended(EndReason::Ended, at(101)).state);
}
