//! `keywright-server mail`, with or without a running server.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::client_info::ClientInfo;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::{MagicLinkId, MailId};
use keywright_domain::magic_link::port::MagicLinks;
use keywright_domain::magic_link::{LinkBudget, MagicLink, MagicLinkState};
use keywright_domain::mail::port::Mails;
use keywright_domain::mail::{Delivery, Mail, Template};
use keywright_domain::rate_limit::Rate;
use keywright_store::sqlite::{Options, SqliteStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const BUDGET: LinkBudget = LinkBudget {
    per_network: Rate { count: 99, per: TimeDelta::hours(1) },
    per_email: Rate { count: 99, per: TimeDelta::hours(1) },
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn store(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path().join("data/keywright.db"), &Options::default()).unwrap()
}

/// Creates a store with one mail per outcome, without a server.
async fn mails(outcomes: &[Delivery]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for (number, outcome) in (1..).zip(outcomes) {
        let email = EmailAddress::parse("ada@example.com").unwrap();
        let link = MagicLink {
            id: MagicLinkId(Uuid::from_u128(number)),
            email: email.clone(),
            redirect_to: None,
            requested_at: now(),
            expires_at: now() + TimeDelta::minutes(15),
            client_info: ClientInfo::default(),
            state: MagicLinkState::Open { wrong_codes: 0 },
        };
        let mail = Mail::new(MailId(Uuid::from_u128(number)), email, Template::MagicLink(link.id), now());
        store.issue(&link, &mail, &BUDGET).await.unwrap();
        let leased = store.lease(1, TimeDelta::minutes(5), now()).await.unwrap().remove(0);
        store.settle(leased.id, leased.attempts, *outcome, now()).await.unwrap();
    }
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keywright-server"))
        .args(arguments)
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn output(folder: &TempDir, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn states(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|mail| mail["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn mail_is_listed_in_full_or_dead_letters_only() {
    let folder = mails(&[Delivery::Rejected, Delivery::Sent, Delivery::Rejected]).await;

    let all = output(&folder, &["mail", "list"]);
    let dead = output(&folder, &["mail", "list", "--dead", "--limit", "1"]);

    assert_eq!(states(&all), ["dead", "sent", "dead"]);
    let expected = json!({"data": [{
        "id": Uuid::from_u128(3), "to": "ada@example.com", "template": "magic_link", "state": "dead",
        "attempts": 1, "created_at": "2027-01-15T08:00:00Z", "state_at": "2027-01-15T08:00:00Z",
    }]});
    assert_eq!(dead, expected);
    let text = String::from_utf8(run(&folder, &["mail", "list", "--dead"]).stdout).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(!text.contains("kwm_"), "{text}");
}

#[tokio::test]
async fn only_a_dead_letter_is_requeued_by_id() {
    let folder = mails(&[Delivery::Rejected, Delivery::Sent]).await;
    let id = |number| Uuid::from_u128(number).to_string();

    assert_eq!(output(&folder, &["mail", "requeue", &id(1)]), json!({"requeued": 1}));

    for other in [id(1), id(2), id(7)] {
        let refused = run(&folder, &["mail", "requeue", &other]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("is no dead letter"));
    }
    for wrong in
        [vec!["mail", "requeue"], vec!["mail", "requeue", "x"], vec!["mail", "requeue", &id(1), "--all"]]
    {
        assert_eq!(run(&folder, &wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(states(&output(&folder, &["mail", "list"])), ["sent", "due"]);
}

#[tokio::test]
async fn all_dead_letters_are_requeued_after_confirmation() {
    let folder = mails(&[Delivery::Rejected, Delivery::Sent, Delivery::Rejected]).await;

    assert_eq!(run(&folder, &["mail", "requeue", "--all"]).status.code(), Some(1));
    assert_eq!(output(&folder, &["mail", "requeue", "--all", "--yes"]), json!({"requeued": 2}));

    assert_eq!(output(&folder, &["mail", "list", "--dead"]), json!({"data": []}));
    let leased = store(&folder).lease(9, TimeDelta::minutes(5), now() + TimeDelta::days(9000)).await.unwrap();
    assert_eq!(leased.len(), 2);
}
