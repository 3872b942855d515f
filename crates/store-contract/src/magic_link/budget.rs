//! Limits of one address: links and wrong codes.

use chrono::TimeDelta;
use keywright_domain::Stores;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::magic_link::budget::WRONG_CODES;
use keywright_domain::magic_link::port::Issued;
use keywright_domain::magic_link::{LinkBudget, MagicLink, OverBudget};
use keywright_domain::rate_limit::Rate;
use keywright_domain::session::SessionKind;

use super::{RIGHT, WRONG, by, redeemed};
use crate::fixture::{ADA, BOB, RACERS, at, client_info, count, issue, link, mail, race, sign_in};

const BUDGET: LinkBudget = LinkBudget {
    per_network: Rate { count: 5, per: TimeDelta::minutes(15) },
    per_email: Rate { count: 7, per: TimeDelta::hours(1) },
};
const A_DAY: i64 = 86_400;

async fn ask(stores: &Stores, address: &str, ip: &str, second: i64) -> Issued {
    let link = MagicLink { client_info: client_info(ip, "Mozilla/5.0"), ..link(address, second) };
    stores.magic_links.issue(&link, &mail(&link), &BUDGET).await.unwrap()
}

fn over(second: i64) -> Issued {
    Issued::OverBudget(OverBudget { free_at: at(second) })
}

pub async fn racing_requests_issue_no_more_links_than_the_budget_allows(stores: Stores) {
    let issued = race(&stores, RACERS, |stores, racer| async move {
        ask(&stores, ADA, &format!("192.0.2.{racer}"), 0).await
    })
    .await;

    assert_eq!(count(&issued, |issued| *issued == Issued::Issued), 5);
    assert_eq!(count(&issued, |issued| *issued == over(900)), RACERS - 5);
    assert_eq!(stores.mails.newest(99).await.unwrap().len(), 5);
}

pub async fn a_budget_limits_an_address_per_network_and_in_total(stores: Stores) {
    for second in 0..5 {
        assert_eq!(ask(&stores, ADA, "192.0.2.1", second).await, Issued::Issued);
    }

    assert_eq!(ask(&stores, ADA, "192.0.2.99", 5).await, over(900));
    assert_eq!(ask(&stores, BOB, "192.0.2.99", 5).await, Issued::Issued);
    assert_eq!(ask(&stores, ADA, "198.51.100.1", 6).await, Issued::Issued);
    assert_eq!(ask(&stores, ADA, "2001:db8::1", 7).await, Issued::Issued);
    assert_eq!(ask(&stores, ADA, "203.0.113.1", 8).await, over(3600), "seven an hour in all");
    assert_eq!(ask(&stores, ADA, "192.0.2.1", 3600).await, Issued::Issued);
}

pub async fn racing_requests_from_many_networks_respect_the_budget_of_the_address(stores: Stores) {
    let issued = race(&stores, RACERS, |stores, racer| async move {
        ask(&stores, ADA, &format!("10.0.{racer}.1"), 0).await
    })
    .await;

    assert_eq!(count(&issued, |issued| *issued == Issued::Issued), 7);
}

pub async fn a_link_over_budget_stores_nothing_with_or_without_an_account(stores: Stores) {
    sign_in(&stores, BOB, SessionKind::Tokens, -A_DAY).await;
    for address in [ADA, BOB] {
        for second in 0..5 {
            let link = MagicLink { client_info: ClientInfo::default(), ..link(address, second) };
            assert_eq!(stores.magic_links.issue(&link, &mail(&link), &BUDGET).await.unwrap(), Issued::Issued);
        }
        let refused = MagicLink { client_info: ClientInfo::default(), ..link(address, 6) };
        let before = stores.mails.newest(99).await.unwrap();

        assert_eq!(stores.magic_links.issue(&refused, &mail(&refused), &BUDGET).await.unwrap(), over(900));

        assert_eq!(stores.magic_links.find(refused.id).await.unwrap(), None);
        assert_eq!(stores.mails.newest(99).await.unwrap(), before);
    }
}

/// Enters `count` wrong codes for `address`, at most four per link, so that every link stays usable.
async fn wrong_codes(stores: &Stores, address: &str, count: usize, second: i64) {
    let mut left = count;
    while left > 0 {
        let link = issue(stores, address, second).await;
        for _ in 0..left.min(4) {
            assert_eq!(redeemed(stores, &by(WRONG, &link), second).await, None);
        }
        left -= left.min(4);
    }
}

pub async fn ten_wrong_codes_disable_the_codes_of_an_address_but_not_its_links(stores: Stores) {
    wrong_codes(&stores, ADA, WRONG_CODES, 0).await;
    let (by_code, by_link) = (issue(&stores, ADA, 10).await, issue(&stores, ADA, 10).await);
    let other = issue(&stores, BOB, 10).await;

    assert_eq!(redeemed(&stores, &by(RIGHT, &by_code), 11).await, None);
    assert!(redeemed(&stores, &by(keywright_domain::magic_link::Proof::Token, &by_link), 11).await.is_some());
    assert!(redeemed(&stores, &by(RIGHT, &other), 11).await.is_some());
    let still_off = issue(&stores, ADA, A_DAY - 1).await;
    assert_eq!(redeemed(&stores, &by(RIGHT, &still_off), A_DAY - 1).await, None);
    assert!(redeemed(&stores, &by(RIGHT, &still_off), A_DAY).await.is_some());
}

pub async fn nine_wrong_codes_disable_nothing_and_expire_after_a_day(stores: Stores) {
    wrong_codes(&stores, ADA, WRONG_CODES - 1, 0).await;
    let link = issue(&stores, ADA, 10).await;
    assert!(redeemed(&stores, &by(RIGHT, &link), 11).await.is_some());

    wrong_codes(&stores, ADA, WRONG_CODES - 1, A_DAY).await;

    let link = issue(&stores, ADA, A_DAY + 1).await;
    assert!(redeemed(&stores, &by(RIGHT, &link), A_DAY + 2).await.is_some());
}

pub async fn racing_wrong_codes_on_many_links_all_count_against_the_address(stores: Stores) {
    let links = [issue(&stores, ADA, 0).await, issue(&stores, ADA, 0).await, issue(&stores, ADA, 0).await];

    let answers = race(&stores, WRONG_CODES, |stores, racer| {
        let redeem = by(WRONG, &links[racer % 3]);
        async move { redeemed(&stores, &redeem, 5).await }
    })
    .await;

    assert_eq!(count(&answers, Option::is_some), 0);
    let link = issue(&stores, ADA, 6).await;
    assert_eq!(redeemed(&stores, &by(RIGHT, &link), 7).await, None);
}
