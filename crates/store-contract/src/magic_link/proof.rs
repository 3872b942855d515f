//! Proofs: their outcomes and effects.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::magic_link::port::{Redeem, Redemption};
use keywright_domain::magic_link::{CODE_ATTEMPTS, MagicLink, MagicLinkState, Proof, RedirectTo};
use keywright_domain::session::{Authentication, AuthenticationMethod, SessionKind};
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;

use super::{RIGHT, WRONG, by, redeemed, state};
use crate::fixture::{
    ADA, RACERS, UNLIMITED, activity, at, client_info, context_at, context_from, count, email, issue, link,
    mail, race, redeem,
};

pub async fn a_link_without_target_or_client_info_is_stored_unchanged(stores: Stores) {
    let link = MagicLink { redirect_to: None, client_info: ClientInfo::default(), ..link(ADA, 0) };
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED, &WaitBudget::NONE).await.unwrap();

    assert_eq!(stores.magic_links.find(link.id, &WaitBudget::NONE).await.unwrap(), Some(link));
}

pub async fn a_sign_in_is_stored_as_returned(stores: Stores) {
    let target = RedirectTo::from_trusted("https://app.example.com/in?next=%2F");
    let link = MagicLink { redirect_to: Some(target.clone()), ..link(ADA, 0) };
    stores.magic_links.issue(&link, &mail(&link), &UNLIMITED, &WaitBudget::NONE).await.unwrap();
    let redeem = Redeem { proof: RIGHT, ..redeem(&link, SessionKind::Browser, 5) };
    let request = context_from(at(5), client_info("2001:db8::5", "Mozilla/5.0 (Zoë)"));

    let answer = stores.magic_links.redeem(&redeem, &request).await.unwrap();

    let user = User::signed_up(redeem.new_user, link.email.clone(), at(5));
    let authentication = Authentication { at: at(5), method: AuthenticationMethod::MagicLink };
    let session = redeem.seed.open(user.id, authentication, &request);
    let signed_in = Redemption::Redeemed {
        session: session.clone(),
        user: user.clone(),
        is_new: true,
        redirect_to: Some(target),
    };
    assert_eq!(answer, signed_in);
    let recorded = session.activity(Event::SignedIn, &request);
    assert_eq!(activity(&stores, user.id).await, [recorded]);
    assert_eq!(stores.sessions.find(session.id, &WaitBudget::NONE).await.unwrap(), Some((session, user)));
    let redeemed = MagicLink { state: MagicLinkState::Redeemed { at: at(5) }, ..link };
    assert_eq!(stores.magic_links.find(redeemed.id, &WaitBudget::NONE).await.unwrap(), Some(redeemed));
}

pub async fn a_used_link_stays_used(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    let (_, user, _) = redeemed(&stores, &by(Proof::Token, &link), 5).await.unwrap();

    for proof in [Proof::Token, RIGHT, WRONG] {
        assert_eq!(redeemed(&stores, &by(proof, &link), 6).await, None);
    }

    assert_eq!(state(&stores, &link).await, MagicLinkState::Redeemed { at: at(5) });
    assert_eq!(activity(&stores, user.id).await.len(), 1);
}

pub async fn racing_wrong_codes_are_all_counted(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    let attempts = CODE_ATTEMPTS - 1;

    let racers = usize::try_from(attempts).unwrap();
    race(&stores, racers, |stores, _| {
        let redeem = by(WRONG, &link);
        async move { redeemed(&stores, &redeem, 5).await }
    })
    .await;

    assert_eq!(state(&stores, &link).await, MagicLinkState::Open { wrong_codes: attempts });
    assert_eq!(redeemed(&stores, &by(WRONG, &link), 6).await, None);
    assert_eq!(state(&stores, &link).await, MagicLinkState::Killed { at: at(6) });
}

pub async fn racing_wrong_codes_do_not_spoil_the_right_one(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;

    let answers = race(&stores, RACERS, |stores, racer| {
        let redeem = by(if racer % 4 == 0 { WRONG } else { RIGHT }, &link);
        async move { redeemed(&stores, &redeem, 5).await }
    })
    .await;

    // Four wrong codes do not kill the link.
    assert_eq!(count(&answers, Option::is_some), 1);
    assert_eq!(state(&stores, &link).await, MagicLinkState::Redeemed { at: at(5) });
}

pub async fn a_wrong_code_opens_nothing(stores: Stores) {
    let link = issue(&stores, ADA, 0).await;
    let wrong = by(WRONG, &link);

    assert_eq!(redeemed(&stores, &wrong, 5).await, None);

    assert_eq!(stores.users.find_by_email(&email(ADA), &WaitBudget::NONE).await.unwrap(), None);
    assert_eq!(stores.sessions.find(wrong.seed.id, &WaitBudget::NONE).await.unwrap(), None);
}

pub async fn a_link_is_valid_to_its_last_instant_and_counts_nothing_afterwards(stores: Stores) {
    let (expired, in_time) = (issue(&stores, ADA, 0).await, issue(&stores, ADA, 1).await);

    for proof in [Proof::Token, RIGHT, WRONG] {
        let answer =
            stores.magic_links.redeem(&by(proof, &expired), &context_at(expired.expires_at)).await.unwrap();
        assert_eq!(answer, Redemption::Refused);
    }
    let last = context_at(in_time.expires_at - TimeDelta::milliseconds(1));
    let answer = stores.magic_links.redeem(&by(RIGHT, &in_time), &last).await.unwrap();

    assert_eq!(stores.magic_links.find(expired.id, &WaitBudget::NONE).await.unwrap(), Some(expired));
    assert!(matches!(answer, Redemption::Redeemed { .. }), "{answer:?}");
}
