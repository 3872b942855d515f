//! Magic links.

mod account;
mod budget;
mod proof;
mod renew;

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::magic_link::{CODE_ATTEMPTS, MagicLink, MagicLinkState, Proof, RedirectTo};
use keywright_domain::mail::Mail;
use keywright_domain::session::{Session, SessionKind};
use keywright_domain::user::User;

pub use self::account::*;
pub use self::budget::*;
pub use self::proof::*;
pub use self::renew::*;
use crate::fixture::{
    ADA, RACERS, UNLIMITED, activity, at, count, issue, link, mail, race, redeem, request_context, stored,
};

const RIGHT: Proof = Proof::Code { is_right: true };
const WRONG: Proof = Proof::Code { is_right: false };

async fn redeemed(stores: &Stores, redeem: &Redeem, second: i64) -> Option<(Session, User, bool)> {
    match stores.magic_links.redeem(redeem, &request_context(second)).await.unwrap() {
        Redemption::Redeemed { session, user, is_new, .. } => Some((session, user, is_new)),
        Redemption::Refused => None,
    }
}

async fn state(stores: &Stores, link: &MagicLink) -> MagicLinkState {
    stores.magic_links.find(link.id).await.unwrap().unwrap().state
}

fn by(proof: Proof, link: &MagicLink) -> Redeem {
    Redeem { proof, ..redeem(link, SessionKind::Tokens, 5) }
}

pub async fn a_link_and_its_mail_are_stored_unchanged(stores: Stores) {
    let link = MagicLink { redirect_to: Some(RedirectTo::from_trusted("/a?b=ü#c")), ..link(ADA, 0) };
    let mail = mail(&link);

    stores.magic_links.issue(&link, &mail, &UNLIMITED).await.unwrap();

    assert_eq!(stores.magic_links.find(link.id).await.unwrap(), Some(link.clone()));
    assert_eq!(stores.mails.newest(9).await.unwrap(), [mail]);
    let answer = stores.magic_links.redeem(&by(Proof::Token, &link), &request_context(5)).await.unwrap();
    assert!(matches!(answer, Redemption::Redeemed { redirect_to, .. } if redirect_to == link.redirect_to));
}

pub async fn one_of_racing_redemptions_signs_in(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;

    let raced = link.clone();
    let answers = race(&stores, RACERS, move |stores, number| {
        let redeem = by(if number % 2 == 0 { Proof::Token } else { RIGHT }, &raced);
        async move { redeemed(&stores, &redeem, 5).await }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), 1);
    assert_eq!(state(&stores, &link).await, MagicLinkState::Redeemed { at: at(5) });
    let (session, user, is_new) = answers.into_iter().flatten().next().unwrap();
    assert!(is_new);
    assert_eq!(stored(&stores, session.id).await, session);
    assert_eq!(stores.users.find(user.id).await.unwrap(), Some(user.clone()));
    let entries = activity(&stores, user.id).await;
    let told: Vec<_> = entries.iter().map(|entry| (entry.event, entry.session_id)).collect();
    assert_eq!(told, [(Event::SignedIn, Some(session.id))]);
    assert_eq!(entries.first().and_then(|entry| entry.client_id.clone()), Some(session.client_id));
}

pub async fn five_wrong_codes_kill_a_link(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;

    let raced = link.clone();
    let answers = race(&stores, RACERS, move |stores, _| {
        let redeem = by(WRONG, &raced);
        async move { redeemed(&stores, &redeem, 5).await }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), 0);
    assert_eq!(state(&stores, &link).await, MagicLinkState::Killed { at: at(5) });
    assert_eq!(redeemed(&stores, &by(RIGHT, &link), 6).await, None);
    assert_eq!(redeemed(&stores, &by(Proof::Token, &link), 6).await, None);
}

pub async fn four_wrong_codes_leave_a_link_alive(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    for _ in 1..CODE_ATTEMPTS {
        assert_eq!(redeemed(&stores, &by(WRONG, &link), 5).await, None);
    }

    assert_eq!(state(&stores, &link).await, MagicLinkState::Open { wrong_codes: CODE_ATTEMPTS - 1 });
    assert!(redeemed(&stores, &by(RIGHT, &link), 6).await.is_some());
}

pub async fn an_unknown_link_is_refused(stores: Stores) {
    let unknown = link(ADA, 0);

    for proof in [Proof::Token, RIGHT, WRONG] {
        assert_eq!(redeemed(&stores, &by(proof, &unknown), 5).await, None);
    }

    assert_eq!(stores.magic_links.find(unknown.id).await.unwrap(), None);
}

pub async fn a_link_is_not_issued_when_its_mail_cannot_be_stored(stores: Stores) {
    let first = link(ADA, 0);
    let taken = mail(&first);
    stores.magic_links.issue(&first, &taken, &UNLIMITED).await.unwrap();
    let second = link(ADA, 0);

    let issued = stores.magic_links.issue(&second, &Mail { id: taken.id, ..mail(&second) }, &UNLIMITED).await;

    assert!(issued.is_err());
    assert_eq!(stores.magic_links.find(second.id).await.unwrap(), None);
    assert_eq!(stores.mails.newest(9).await.unwrap(), [taken]);
}
