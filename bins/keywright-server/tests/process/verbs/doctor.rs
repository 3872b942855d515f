//! `doctor`: healthy and unhealthy installations.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use keywright_adapters::test_support::SmtpListener;
use keywright_throwaway_postgres::Database;
use serde_json::Value;

use super::{ADA, on, output};
use crate::harness::Place;

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Returns the exit code, and each check as `state name`.
async fn look(place: &Place) -> (i32, Vec<String>, Value) {
    let (code, out, errors) = place.run(&["doctor", "--json"]).await;
    let json: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {errors}"));
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let checks = json["checks"].as_array().unwrap();
    let seen =
        checks.iter().map(|check| format!("{} {}", text(check, "state"), text(check, "name"))).collect();
    for check in checks {
        assert_eq!(check["remedy"].is_string(), check["state"] != "ok", "{check}");
    }
    assert_eq!(json["ok"] == true, code == 0);
    (code, seen, json)
}

#[tokio::test]
async fn doctor_passes_a_fresh_directory_and_changes_nothing() {
    let place = Place::new();

    let (code, seen, _) = look(&place).await;

    assert_eq!(code, 0);
    let expected =
        ["public_url", "server.trusted_proxies", "secret_file", "database.url", "clock", "mail.url"];
    assert_eq!(seen, expected.map(|name| format!("ok {name}")));
    assert!(!place.path("data").exists());
}

#[tokio::test]
async fn files_readable_by_others_are_a_warning_with_a_remedy() {
    let place = Place::new();
    place.start().await.stop().await;
    assert!(look(&place).await.1.contains(&"ok signing keys".to_owned()));
    for file in ["data/secret", "data/keywright.db"] {
        fs::set_permissions(place.path(file), Permissions::from_mode(0o644)).unwrap();
    }

    let (code, seen, _) = look(&place).await;
    let text = place.run(&["doctor"]).await.1;

    assert_eq!(code, 0);
    for name in ["warn secret_file", "warn database.url"] {
        assert!(seen.contains(&name.to_owned()), "{seen:?}");
    }
    assert!(text.contains("-> run `chmod 600 data/secret`"), "{text}");
    assert!(text.contains("-> run `chmod 600 data/keywright.db`"), "{text}");
}

#[tokio::test]
async fn doctor_fails_on_problems_that_prevent_a_start() {
    let place = Place::new();
    place.start().await.stop().await;
    let fails = async |place: &Place, name: &str| {
        let (code, seen, json) = look(place).await;
        assert_eq!(code, 1, "{json}");
        assert!(seen.contains(&format!("fail {name}")), "{name}: {seen:?}");
    };

    fs::write(place.path("data/secret"), "short").unwrap();
    fails(&place, "secret_file").await;
    fs::write(place.path("data/secret"), SECRET).unwrap();
    fails(&place, "signing keys").await;
    fs::write(place.database(), "this is no database, and never was one").unwrap();
    fails(&place, "database.url").await;
    fails(&Place::with(&[("DATABASE__URL", "postgres://nobody@127.0.0.1:1/none")]), "database.url").await;
    fails(&Place::with(&[("PUBLIC_URL", "http://auth.example.com")]), "public_url").await;
}

#[tokio::test]
async fn doctor_contacts_the_mail_server_without_sending_mail() {
    let mut smtp = SmtpListener::start().await;
    let place = Place::with(&[("MAIL__URL", &format!("smtp://{}", smtp.addr()))]);

    let (code, seen, _) = look(&place).await;
    assert_eq!(code, 0);
    assert!(seen.contains(&"ok mail.url".to_owned()), "{seen:?}");
    assert_eq!(smtp.messages().len(), 0);

    smtp.stop().await;
    let (code, seen, json) = look(&place).await;
    assert_eq!(code, 1);
    assert!(seen.contains(&"fail mail.url".to_owned()), "{json}");
}

#[tokio::test]
async fn https_without_trusted_proxies_is_a_warning() {
    let smtp = SmtpListener::start().await;
    let url = format!("smtp://{}", smtp.addr());
    let place = Place::with(&[
        ("PUBLIC_URL", "https://localhost:1"),
        ("SECRET", SECRET),
        ("MAIL__URL", &url),
        ("MAIL__FROM", "auth@example.com"),
    ]);

    let (code, seen, json) = look(&place).await;

    assert_eq!(code, 0, "{json}");
    for expected in ["warn server.trusted_proxies", "warn public_url", "ok secret"] {
        assert!(seen.contains(&expected.to_owned()), "{expected}: {json}");
    }
    assert!(!json.to_string().contains(SECRET));
}

#[tokio::test]
async fn missing_migrations_are_named_on_postgresql() {
    let database = Database::new().unwrap();
    let place = on(&database);

    let (code, seen, json) = look(&place).await;
    assert_eq!(code, 0);
    assert!(seen.contains(&"warn database.url".to_owned()) && json.to_string().contains("0001_initial"));

    output(&place, &["users", "create", ADA]).await;
    let (code, seen, json) = look(&place).await;
    assert_eq!(code, 0);
    assert!(seen.contains(&"ok database.url".to_owned()), "{json}");
}
