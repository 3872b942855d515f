//! The command line: help, output and refusals.

use crate::harness::Place;

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const MAIL: &str = "smtps://mailer:correct-horse@mail.example.com";
const HTTPS: (&str, &str) = ("PUBLIC_URL", "https://auth.example.com");

#[tokio::test]
async fn help_lists_commands_options_and_examples() {
    let place = Place::new();

    let (code, help, errors) = place.run(&["--help"]).await;

    assert_eq!((code, errors.as_str()), (0, ""));
    for part in
        ["serve", "migrate", "config", "--json", "--config <FILE>", "KEYWRIGHT_SERVER__LISTEN", "Examples:"]
    {
        assert!(help.contains(part), "no {part} in {help}");
    }
    let (code, help, _) = place.run(&["serve", "--help"]).await;
    assert_eq!(code, 0);
    assert!(help.contains("SIGTERM"), "{help}");
    assert_eq!(place.run(&["--version"]).await.1, format!("keywright-server {}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_refused_with_a_hint() {
    let (code, out, errors) = Place::new().run(&["migrat"]).await;

    assert_eq!((code, out.as_str()), (2, ""));
    assert!(errors.contains("'migrate'") && errors.contains("--help"), "{errors}");
}

#[tokio::test]
async fn production_starts_only_with_https_a_secret_and_a_mail_server() {
    let listen = ("SERVER__LISTEN", "0.0.0.0:0");
    let (secret, mail) = (("SECRET", SECRET), ("MAIL__URL", "inbox:"));
    for (settings, parts) in [
        (
            vec![("PUBLIC_URL", "http://auth.example.com"), secret, ("MAIL__URL", MAIL)],
            ["public_url (environment variable KEYWRIGHT_PUBLIC_URL)", "use https://"],
        ),
        (
            vec![listen, secret, ("MAIL__URL", MAIL)],
            ["public_url (default)", "set public_url to an https:// origin"],
        ),
        (
            vec![HTTPS, ("MAIL__URL", MAIL)],
            ["secret_file data/secret (default)", "set secret to 32 random bytes"],
        ),
        (vec![HTTPS, secret], ["mail.url (default)", "set it to a mail server"]),
        (
            vec![HTTPS, secret, mail],
            ["mail.url (environment variable KEYWRIGHT_MAIL__URL)", "set it to a mail server"],
        ),
    ] {
        let place = Place::with(&settings);

        let (code, out, errors) = place.run(&[]).await;

        assert_eq!((code, out.as_str()), (1, ""), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.starts_with("keywright-server: "), "{errors}");
        assert!(parts.iter().all(|part| errors.contains(part)), "{errors}");
        assert!(!place.path("data").exists(), "a refused start leaves nothing behind");
    }
}

#[tokio::test]
async fn production_serves_without_an_inbox() {
    let place =
        Place::with(&[HTTPS, ("SECRET", SECRET), ("MAIL__URL", MAIL), ("MAIL__FROM", "auth@example.com")]);

    let server = place.start().await;

    let banner = server.process.out.text();
    assert!(banner.contains("serves https://auth.example.com") && !banner.contains("inbox"), "{banner}");
    assert_eq!(server.client().get("/dev/inbox").await.status, 404);
    assert_eq!(server.client().get("/readyz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_bad_value_stops_the_start_with_one_sentence() {
    for (name, value, key) in [
        ("SESSION__IDLE", "soon", "session.idle"),
        ("DATABASE__URL", "mysql://x", "database.url"),
        ("SECRET", "c2hvcnQ", "secret"),
    ] {
        let (code, _, errors) = Place::with(&[(name, value)]).run(&[]).await;

        let source = format!("(environment variable KEYWRIGHT_{name})");
        assert_eq!((code, errors.lines().count()), (1, 1), "{errors}");
        assert!(errors.contains(key) && errors.contains(&source), "{errors}");
        assert!(key != "secret" || !errors.contains(value), "{errors}");
    }
}

#[tokio::test]
async fn a_taken_port_is_reported_with_a_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let (code, _, errors) = Place::with(&[("SERVER__LISTEN", &address)]).run(&[]).await;

    assert_eq!(code, 1);
    let said = format!("server.listen = {address} cannot be bound: stop what listens there or set another");
    assert!(errors.contains(&said), "{errors}");
}

#[tokio::test]
async fn config_shows_every_setting_and_masks_secrets() {
    let place = Place::with(&[("SECRET", SECRET), ("SECRET_PREVIOUS", SECRET), ("MAIL__URL", MAIL)]);

    let (code, text, errors) = place.run(&["config"]).await;
    let (json_code, json, _) = place.run(&["config", "--json"]).await;

    assert_eq!((code, json_code), (0, 0), "{errors}");
    for shown in [&text, &json, &errors] {
        assert!(!shown.contains(SECRET) && !shown.contains("correct-horse"), "{shown}");
    }
    assert!(text.contains("smtps://mailer:***@mail.example.com:465"), "{text}");
    assert!(text.contains("KEYWRIGHT_MAIL__URL"), "{text}");
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    assert!(!place.path("data").exists(), "showing makes nothing");
}

#[tokio::test]
async fn migrate_updates_the_database_and_names_the_migrations() {
    let place = Place::new();

    let (code, first, errors) = place.run(&["migrate"]).await;
    let (_, second, _) = place.run(&["migrate"]).await;
    let (_, third, _) = place.run(&["migrate", "--json"]).await;

    assert_eq!(code, 0, "{errors}");
    assert!(first.lines().next().unwrap().starts_with("applied 0001_initial"), "{first}");
    assert_eq!(second, "The database is up to date.");
    assert_eq!(third, r#"{"applied":[]}"#);
    assert!(place.database().exists());
}
