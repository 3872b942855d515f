//! The operator's verbs, with or without a running server.

mod backup;
mod doctor;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use keywright_throwaway_postgres::Database;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::send;
use crate::harness::{Place, Server};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.org";

/// Runs `arguments` with `--json` and returns the output.
async fn output(place: &Place, arguments: &[&str]) -> Value {
    let (code, out, errors) = place.run(&[arguments, &["--json"]].concat()).await;
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: no JSON: {out}"))
}

/// Runs `arguments`, which must fail, and returns the error.
async fn failure(place: &Place, arguments: &[&str]) -> String {
    let (code, out, errors) = place.run(arguments).await;
    assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {errors}");
    errors
}

fn on(database: &Database) -> Place {
    Place::with(&[("DATABASE__URL", &database.url())])
}

/// The life of an account, in the hands of an operator beside a running server.
async fn an_account_lives(place: &Place) {
    let server = place.start().await;
    let (client, keyring) = (server.client(), place.keyring());

    let created = output(place, &["users", "create", "Ada@Example.com", "--name", " Ada Lovelace "]).await;
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        [&created["email"], &created["name"], &created["email_verified"], &created["last_sign_in_at"]],
        [&json!(ADA), &json!("Ada Lovelace"), &json!(false), &Value::Null]
    );
    assert!(failure(place, &["users", "create", ADA]).await.contains("has an account already"));

    let tokens = client.sign_in(&keyring, ADA).await;
    let me = client.me(&tokens.access).await;
    let user = me.json()["user"].clone();
    // Proving the address removes the additions of others, even the name.
    assert_eq!((me.status, &user["id"], &user["name"]), (200, &json!(id), &Value::Null));
    let (_, text, _) = place.run(&["users", "show", ADA]).await;
    assert!(text.contains(id) && text.contains("state           active"), "{text}");
    let shown = output(place, &["users", "show", id]).await;
    assert_eq!((&shown["email_verified"], &shown["sessions"][0]["client_id"]), (&json!(true), &json!("web")));

    let disabled = output(place, &["users", "disable", ADA]).await;
    assert!(disabled["disabled_at"].is_string());
    assert_eq!(client.me(&tokens.access).await.status, 401);
    assert_eq!(client.refresh(&tokens.refresh).await.code(), "401 invalid_grant");
    assert!(place.run(&["users", "disable", ADA]).await.1.contains("disabled already"));
    assert_eq!(refused_sign_in(&server, place).await, 401);

    assert_eq!(output(place, &["users", "enable", id]).await["disabled_at"], Value::Null);
    assert_eq!(client.refresh(&tokens.refresh).await.code(), "401 invalid_grant");
    let tokens = client.sign_in(&keyring, ADA).await;

    let unasked = failure(place, &["users", "delete", ADA]).await;
    assert!(unasked.contains("Nothing was changed: add --yes"), "{unasked}");
    assert_eq!(client.me(&tokens.access).await.status, 200);
    assert_eq!(output(place, &["users", "delete", ADA, "--yes"]).await, json!({"deleted": id}));
    assert_eq!(client.me(&tokens.access).await.status, 401);
    for gone in [["users", "show"], ["users", "disable"], ["users", "enable"], ["users", "delete"]] {
        let errors = failure(place, &[gone[0], gone[1], ADA, "--yes"]).await;
        assert!(errors.contains("there is no account ada@example.com: see `keywright-server users list`"));
    }
    assert_eq!(output(place, &["users", "list"]).await["meta"]["total_count"], 0);
    server.stop().await;
}

async fn refused_sign_in(server: &Server, place: &Place) -> u16 {
    let token = server.client().link(&place.keyring(), ADA).await;
    server.client().post("/magic_link/verify", json!({"token": token})).await.status
}

#[tokio::test]
async fn an_account_is_created_disabled_enabled_and_deleted() {
    an_account_lives(&Place::new()).await;
}

#[tokio::test]
async fn an_account_is_created_disabled_enabled_and_deleted_on_postgresql() {
    let database = Database::new().unwrap();

    an_account_lives(&on(&database)).await;
}

#[tokio::test]
async fn an_account_created_by_an_operator_signs_in_with_sign_up_closed() {
    let place = Place::with(&[("SIGNUP__POLICY", "closed")]);
    let server = place.start().await;
    let keyring = place.keyring();
    assert_eq!(refused_sign_in(&server, &place).await, 401);

    output(&place, &["users", "create", ADA]).await;

    let tokens = server.client().sign_in(&keyring, ADA).await;
    assert_eq!(server.client().me(&tokens.access).await.json()["user"]["email_verified"], true);
    server.stop().await;
}

#[tokio::test]
async fn accounts_are_listed_in_pages() {
    let place = Place::new();
    for number in 0..3 {
        output(&place, &["users", "create", &format!("user-{number}@example.com")]).await;
    }

    let page = output(&place, &["users", "list", "--per-page", "2", "--page", "2"]).await;
    let (code, table, _) = place.run(&["users", "list", "--per-page", "2"]).await;

    assert_eq!(page["meta"], json!({"current_page": 2, "total_pages": 2, "total_count": 3}));
    assert_eq!(page["data"][0]["email"], "user-0@example.com");
    let lines: Vec<_> = table.lines().collect();
    assert_eq!((code, lines.len()), (0, 4), "{table}");
    assert!(lines[0].starts_with("ID ") && lines[1].contains("user-2@example.com"), "{table}");
    assert!(lines[1].contains(" unproven ") && lines[3] == "page 1 of 2, 3 in all: see --page", "{table}");
}

async fn organizations(place: &Place) {
    let server = place.start().await;
    let ada = server.client().sign_in(&place.keyring(), ADA).await;
    output(place, &["users", "create", BOB]).await;

    let acme = output(place, &["orgs", "create", "Acme & Sons"]).await;
    output(place, &["orgs", "create", "東京", "--slug", "tokyo"]).await;
    assert_eq!(acme["slug"], "acme-sons");
    assert!(failure(place, &["orgs", "create", "Acme", "--slug", "acme-sons"]).await.contains("already"));
    assert!(failure(place, &["orgs", "create", "東京"]).await.contains("add --slug"));
    let listed = output(place, &["orgs", "list"]).await;
    assert_eq!((&listed["data"][0], &listed["data"][1]["name"]), (&acme, &json!("東京")));

    let added = output(place, &["orgs", "add-member", "acme-sons", ADA, "--role", "owner"]).await;
    assert_eq!((&added["role"], &added["added"]), (&json!("owner"), &json!(true)));
    let theirs = server.client().request(Method::GET, "/api/v1/auth/organizations").bearer_auth(&ada.access);
    assert_eq!(send(theirs).await.json()["data"][0]["role"], "owner");
    for (arguments, why) in [
        (["acme-sons", ADA], "the last owner of acme-sons"),
        (["nowhere", ADA], "there is no organization nowhere: see `keywright-server orgs list`"),
        (["acme-sons", "eve@example.net"], "there is no account eve@example.net"),
    ] {
        let errors = failure(place, &["orgs", "add-member", arguments[0], arguments[1]]).await;
        assert!(errors.contains(why), "{errors}");
    }
    assert!(failure(place, &["users", "delete", ADA, "--yes"]).await.contains("last owner"));

    output(place, &["orgs", "add-member", "acme-sons", BOB, "--role", "owner"]).await;
    let less = output(place, &["orgs", "add-member", "acme-sons", ADA]).await;
    assert_eq!((&less["role"], &less["added"]), (&json!("member"), &json!(false)));
    let shown = output(place, &["users", "show", BOB]).await;
    assert_eq!(shown["organizations"][0]["slug"], "acme-sons");
    server.stop().await;
}

#[tokio::test]
async fn organizations_are_created_and_joined() {
    organizations(&Place::new()).await;
}

#[tokio::test]
async fn organizations_are_created_and_joined_on_postgresql() {
    let database = Database::new().unwrap();

    organizations(&on(&database)).await;
}

async fn sessions_end(place: &Place) {
    let server = place.start().await;
    let (client, keyring) = (server.client(), place.keyring());
    let (first, second) = (client.sign_in(&keyring, ADA).await, client.sign_in(&keyring, ADA).await);
    let (third, of_bob) = (client.sign_in(&keyring, ADA).await, client.sign_in(&keyring, BOB).await);
    let is_live = async |tokens: &crate::client::Tokens| client.me(&tokens.access).await.status == 200;

    let shown = output(place, &["users", "show", ADA]).await;
    let newest = shown["sessions"][0]["id"].as_str().unwrap();
    assert_eq!(output(place, &["sessions", "revoke", newest]).await, json!({"revoked": 1}));
    assert_eq!(output(place, &["sessions", "revoke", newest]).await, json!({"revoked": 0}));
    assert!(is_live(&first).await && is_live(&second).await && !is_live(&third).await);

    assert_eq!(output(place, &["sessions", "revoke", ADA]).await, json!({"revoked": 2}));
    assert!(!is_live(&first).await && !is_live(&second).await && is_live(&of_bob).await);
    assert_eq!(client.refresh(&first.refresh).await.code(), "401 invalid_grant");

    let mut others = vec![];
    for _ in 0..3 {
        others.push(client.sign_in(&keyring, ADA).await);
    }
    assert!(failure(place, &["sessions", "revoke", "--all"]).await.contains("Nothing was changed"));
    assert!(is_live(&of_bob).await);
    assert_eq!(output(place, &["sessions", "revoke", "--all", "--yes"]).await, json!({"revoked": 4}));
    for tokens in others.iter().chain([&of_bob]) {
        assert!(!is_live(tokens).await);
        assert_eq!(client.refresh(&tokens.refresh).await.code(), "401 invalid_grant");
    }

    let unknown = "0198c0de-0000-7000-8000-000000000001";
    assert!(failure(place, &["sessions", "revoke", unknown]).await.contains("no account and no session"));
    assert!(failure(place, &["sessions", "revoke", "eve@example.net"]).await.contains("no account"));
    server.stop().await;
}

#[tokio::test]
async fn sessions_end_one_by_one_by_account_and_all_at_once() {
    sessions_end(&Place::new()).await;
}

#[tokio::test]
async fn sessions_end_one_by_one_by_account_and_all_at_once_on_postgresql() {
    let database = Database::new().unwrap();

    sessions_end(&on(&database)).await;
}

#[tokio::test]
async fn the_help_of_every_verb_shows_an_example() {
    let place = Place::new();
    for verb in [
        "users list",
        "users show",
        "users create",
        "users disable",
        "users enable",
        "users delete",
        "orgs list",
        "orgs create",
        "orgs add-member",
        "sessions revoke",
        "backup",
        "doctor",
        "completions",
    ] {
        let words: Vec<_> = verb.split(' ').chain(["--help"]).collect();

        let (code, help, _) = place.run(&words).await;

        assert_eq!(code, 0);
        assert!(help.contains("Example") && help.contains(&format!("keywright-server {verb}")), "{help}");
        assert!(help.contains("--json"), "{help}");
    }
}

#[tokio::test]
async fn a_usage_error_and_a_failure_have_different_exit_codes() {
    let place = Place::new();
    for wrong in [
        vec!["users"],
        vec!["users", "show"],
        vec!["users", "show", "ada"],
        vec!["users", "create", "not an address"],
        vec!["users", "list", "--page", "0"],
        vec!["users", "list", "--per-page", "101"],
        vec!["orgs", "create", ""],
        vec!["orgs", "create", "Acme", "--slug", "A"],
        vec!["orgs", "add-member", "acme", ADA, "--role", "root"],
        vec!["sessions", "revoke"],
        vec!["sessions", "revoke", ADA, "--all"],
        vec!["backup"],
        vec!["completions", "cmd.exe"],
    ] {
        let (code, out, errors) = place.run(&wrong).await;

        assert_eq!((code, out.as_str()), (2, ""), "{wrong:?}: {errors}");
    }
    let long = "a".repeat(129);
    let errors = failure(&place, &["users", "create", ADA, "--name", &long]).await;
    assert!(errors.contains("--name must have 1 to 128 characters"), "{errors}");
    assert_eq!(output(&place, &["users", "list"]).await["meta"]["total_count"], 0);
}

#[tokio::test]
async fn completions_are_printed_for_every_shell_without_a_configuration() {
    let place = Place::with(&[("PUBLIC_URL", "nonsense")]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, errors) = place.run(&["completions", shell]).await;

        assert_eq!((code, errors.as_str()), (0, ""));
        assert!(script.contains("keywright-server") && script.contains("add-member"), "{shell}: {script}");
    }
    assert_eq!(output(&place, &["completions", "zsh"]).await["shell"], "zsh");
}

const READING: [&[&str]; 4] =
    [&["users", "list"], &["users", "show", ADA], &["orgs", "list"], &["mail", "list"]];

/// Commands that only read leave the schema as it is; `run_sql` changes the database behind their back.
async fn reading_applies_no_migration(place: &Place, run_sql: impl Fn(&str)) {
    for arguments in READING.iter().chain([&["keys", "list"].as_slice()]) {
        let why = failure(place, arguments).await;
        assert!(why.contains("keywright-server migrate"), "{arguments:?}: {why}");
    }
    let missing = output(place, &["migrate"]).await;
    assert!(missing["applied"].as_array().is_some_and(|applied| !applied.is_empty()), "{missing}");
    output(place, &["users", "create", ADA]).await;
    for arguments in READING {
        output(place, arguments).await;
    }

    run_sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");

    for arguments in READING {
        let why = failure(place, arguments).await;
        assert!(why.contains("newer version (9999)"), "{arguments:?}: {why}");
    }
    assert_eq!(place.run(&["doctor"]).await.0, 1);
    run_sql("DELETE FROM __diesel_schema_migrations");
    let why = failure(place, &["users", "list"]).await;
    assert!(why.contains("lacks migrations (") && why.contains("keywright-server migrate"), "{why}");
}

#[tokio::test]
async fn reading_applies_no_migration_on_sqlite() {
    let place = Place::new();

    reading_applies_no_migration(&place, |sql| {
        let mut connection = SqliteConnection::establish(place.database().to_str().unwrap()).unwrap();
        connection.batch_execute(sql).unwrap();
    })
    .await;
}

#[tokio::test]
async fn reading_applies_no_migration_on_postgresql() {
    let database = Database::new().unwrap();

    reading_applies_no_migration(&on(&database), |sql| drop(database.psql(sql).unwrap())).await;
}
