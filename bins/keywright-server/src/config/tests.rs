//! The configuration as a whole: layers, defaults, and what is printed.

use std::fmt::Write as _;
use std::fs;

use chrono::TimeDelta;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;

pub(super) const SECRET: &str = "c3VwZXItc2VjcmV0LXN1cGVyLXNlY3JldC1zdXBlci1z";

/// The least that development needs.
pub(super) const DEVELOPMENT: &[(&str, &str)] = &[];

/// The least that production needs.
pub(super) const PRODUCTION: &[(&str, &str)] = &[
    ("KEYWRIGHT_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ("KEYWRIGHT_PUBLIC_URL", "https://auth.example.com"),
    ("KEYWRIGHT_SECRET", SECRET),
    ("KEYWRIGHT_MAIL__URL", "smtps://kw:hunter2@mail.example.com"),
    ("KEYWRIGHT_MAIL__FROM", "Keywright <no-reply@example.com>"),
];

pub(super) fn owned(environment: &[(&str, &str)]) -> Vec<(String, String)> {
    environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn load(environment: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    Config::load(None, owned(environment))
}

pub(super) fn config(environment: &[(&str, &str)]) -> Config {
    load(environment).unwrap().config
}

pub(super) fn refusal(base: &[(&str, &str)], more: &[(&str, &str)]) -> String {
    load(&[base, more].concat()).unwrap_err().to_string()
}

pub(super) fn warnings(base: &[(&str, &str)], more: &[(&str, &str)]) -> Vec<String> {
    load(&[base, more].concat()).unwrap().warnings.iter().map(ToString::to_string).collect()
}

fn load_file(content: &str, environment: &[(&str, &str)]) -> (TempDir, Result<Loaded, ConfigError>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kw.toml");
    fs::write(&path, content).unwrap();
    let loaded = Config::load(Some(&path), owned(environment));
    (folder, loaded)
}

pub(super) fn value(loaded: &Loaded, key: &str) -> Json {
    loaded.config.sources.to_json()[key]["value"].clone()
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let loaded = load(&[]).unwrap();

    let mut expected = json!({
        "server.listen": "127.0.0.1:8080",
        "server.admin_listen": "127.0.0.1:8081",
        "server.trusted_proxies": [],
        "server.forwarded_header": "x-forwarded-for",
        "public_url": "http://localhost:8080",
        "database.url": "sqlite://data/keywright.db",
        "database.pool_size": 16,
        "secret": null,
        "secret_file": "data/secret",
        "secret_previous": null,
        "mail.url": "inbox:",
        "mail.from": "Keywright <no-reply@localhost>",
        "signup.policy": "open",
        "signup.domains": [],
        "tokens.algorithm": "EdDSA",
        "tokens.audience": "http://localhost:8080",
        "tokens.access_lifetime": "4h",
        "tokens.key_rotation": "30d",
        "session.idle": "30d",
        "session.absolute": "180d",
        "session.retry_window": "1m",
        "session.lost_response_window": "1h",
        "session.fresh": "15m",
        "device.lifetime": "10m",
        "device.interval": "5s",
        "device.max_waiting": 1000,
        "device.misses_per_account": "10/10m",
        "device.misses_per_address": "100/10m",
        "magic_link.lifetime": "15m",
        "magic_link.redirect_origins": [],
        "webauthn.rp_id": "localhost",
        "webauthn.rp_name": "localhost",
        "webauthn.origins": ["http://localhost:8080"],
        "rate_limit.per_address": "100/minute",
        "rate_limit.magic_link_per_email_and_network": "5/15m",
        "rate_limit.magic_link_per_email": "30/hour",
        "clients": [{ "id": "cli", "name": "Command line" }, { "id": "web", "name": "Web browser" }],
        "resource_servers": [],
        "cors.origins": [],
        "log.level": "info",
    });
    // More than the macro takes at once.
    expected["mail.ca_file"] = serde_json::Value::Null;
    for (key, default) in [
        ("retention.client_info", "30d"),
        ("retention.sessions", "30d"),
        ("retention.activity", "365d"),
        ("retention.device_authorizations", "1d"),
        ("retention.magic_links", "1d"),
        ("retention.mails", "14d"),
        ("retention.email_changes", "60d"),
    ] {
        expected[key] = json!(default);
    }
    for (key, default) in expected.as_object().unwrap() {
        assert_eq!(value(&loaded, key), *default, "{key}");
    }
    let depends_on_the_machine = ["server.workers", "log.format"];
    assert_eq!(
        loaded.config.sources.iter().count(),
        expected.as_object().unwrap().len() + depends_on_the_machine.len()
    );
    assert!(loaded.config.sources.iter().all(|setting| setting.source == Source::Default));
    assert_eq!(loaded.config.server.workers, std::thread::available_parallelism().unwrap());
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert!(loaded.config.is_development());
}

#[test]
fn later_layers_win_and_each_value_knows_its_source() {
    let file = "public_url = 'http://localhost:9000'\n[session]\nidle = '7d'\nfresh = 60\n";
    let (_folder, loaded) = load_file(file, &[("KEYWRIGHT_SESSION__IDLE", "1h30m")]);

    let config = loaded.unwrap().config;
    let sources = &config.sources;
    assert_eq!(config.session.idle, TimeDelta::minutes(90));
    assert_eq!(config.session.fresh, TimeDelta::minutes(1));
    assert_eq!(config.tokens.audience, "http://localhost:9000");
    assert_eq!(sources.of("session.idle"), Source::Environment("KEYWRIGHT_SESSION__IDLE".to_owned()));
    assert!(matches!(sources.of("session.fresh"), Source::File(path) if path.ends_with("kw.toml")));
    assert_eq!(sources.of("session.absolute"), Source::Default);
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    let environment = [
        ("KEYWRIGHT_SERVER__LISTEN", "[::1]:0"),
        ("KEYWRIGHT_SERVER__ADMIN_LISTEN", "off"),
        ("KEYWRIGHT_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("KEYWRIGHT_SERVER__FORWARDED_HEADER", "forwarded"),
        ("KEYWRIGHT_SERVER__WORKERS", "3"),
        ("KEYWRIGHT_PUBLIC_URL", "https://auth.example.com:443/"),
        ("KEYWRIGHT_DATABASE__URL", "postgres://kw:hunter2@db/kw"),
        ("KEYWRIGHT_DATABASE__POOL_SIZE", "4"),
        ("KEYWRIGHT_SECRET", SECRET),
        ("KEYWRIGHT_SECRET_FILE", "/run/secret"),
        ("KEYWRIGHT_SECRET_PREVIOUS", SECRET),
        ("KEYWRIGHT_MAIL__URL", "smtps://kw:hunter2@mail.example.com"),
        ("KEYWRIGHT_MAIL__FROM", "a@example.com"),
        ("KEYWRIGHT_MAIL__CA_FILE", "/etc/mail-ca.pem"),
        ("KEYWRIGHT_SIGNUP__POLICY", "domains"),
        ("KEYWRIGHT_SIGNUP__DOMAINS", "[\"example.com\", \"Example.org\"]"),
        ("KEYWRIGHT_TOKENS__ALGORITHM", "ES256"),
        ("KEYWRIGHT_TOKENS__AUDIENCE", "api"),
        ("KEYWRIGHT_TOKENS__ACCESS_LIFETIME", "1h"),
        ("KEYWRIGHT_TOKENS__KEY_ROTATION", "1d"),
        ("KEYWRIGHT_SESSION__IDLE", "1d"),
        ("KEYWRIGHT_SESSION__ABSOLUTE", "2d"),
        ("KEYWRIGHT_SESSION__RETRY_WINDOW", "0s"),
        ("KEYWRIGHT_SESSION__LOST_RESPONSE_WINDOW", "0"),
        ("KEYWRIGHT_SESSION__FRESH", "1s"),
        ("KEYWRIGHT_DEVICE__LIFETIME", "5m"),
        ("KEYWRIGHT_DEVICE__INTERVAL", "1s"),
        ("KEYWRIGHT_DEVICE__MAX_WAITING", "0"),
        ("KEYWRIGHT_DEVICE__MISSES_PER_ACCOUNT", "1/s"),
        ("KEYWRIGHT_DEVICE__MISSES_PER_ADDRESS", "2/h"),
        ("KEYWRIGHT_MAGIC_LINK__LIFETIME", "1m"),
        ("KEYWRIGHT_MAGIC_LINK__REDIRECT_ORIGINS", "https://app.example.com,http://localhost:3000"),
        ("KEYWRIGHT_WEBAUTHN__RP_ID", "Example.com"),
        ("KEYWRIGHT_WEBAUTHN__RP_NAME", "Example"),
        ("KEYWRIGHT_WEBAUTHN__ORIGINS", "https://auth.example.com, https://app.example.com:443"),
        ("KEYWRIGHT_RATE_LIMIT__PER_ADDRESS", "off"),
        ("KEYWRIGHT_RATE_LIMIT__MAGIC_LINK_PER_EMAIL_AND_NETWORK", "1/m"),
        ("KEYWRIGHT_RATE_LIMIT__MAGIC_LINK_PER_EMAIL", "1/day"),
        ("KEYWRIGHT_RETENTION__CLIENT_INFO", "1d"),
        ("KEYWRIGHT_RETENTION__SESSIONS", "2d"),
        ("KEYWRIGHT_RETENTION__ACTIVITY", "3d"),
        ("KEYWRIGHT_RETENTION__DEVICE_AUTHORIZATIONS", "4d"),
        ("KEYWRIGHT_RETENTION__MAGIC_LINKS", "5d"),
        ("KEYWRIGHT_RETENTION__MAILS", "6d"),
        ("KEYWRIGHT_RETENTION__EMAIL_CHANGES", "7d"),
        ("KEYWRIGHT_CLIENTS", "[{\"id\": \"tv\", \"name\": \"TV\"}]"),
        ("KEYWRIGHT_RESOURCE_SERVERS", "[{\"id\": \"api\", \"secret\": \"hunter2\"}]"),
        ("KEYWRIGHT_CORS__ORIGINS", "https://app.example.com"),
        ("KEYWRIGHT_LOG__FORMAT", "json"),
        ("KEYWRIGHT_LOG__LEVEL", "debug"),
    ];

    let loaded = load(&environment).unwrap();

    assert_eq!(loaded.config.sources.iter().count(), environment.len());
    assert!(loaded.config.sources.iter().all(|setting| matches!(setting.source, Source::Environment(_))));
    assert_eq!(value(&loaded, "server.admin_listen"), "off");
    assert_eq!(value(&loaded, "server.trusted_proxies"), json!(["10.0.0.0/8", "::1/128"]));
    assert_eq!(value(&loaded, "public_url"), "https://auth.example.com");
    assert_eq!(value(&loaded, "signup.domains"), json!(["example.com", "example.org"]));
    assert_eq!(value(&loaded, "webauthn.rp_id"), "example.com");
    assert_eq!(
        value(&loaded, "webauthn.origins"),
        json!(["https://auth.example.com", "https://app.example.com"])
    );
    assert_eq!(value(&loaded, "session.lost_response_window"), "0s");
    assert_eq!(loaded.config.rate_limit.per_address, None);
    assert!(!loaded.config.is_development());
}

#[test]
fn no_secret_is_printed() {
    let file = format!(
        "public_url = 'https://auth.example.com'\nsecret = '{SECRET}'\nsecret_previous = '{SECRET}'\n\
         database.url = 'postgres://kw:hunter2@db/kw'\nmail.url = 'smtp://kw:hunter2@mail.example.com'\n\
         resource_servers = [{{ id = 'api', secret = 'hunter2' }}]\n"
    );
    let (_folder, loaded) = load_file(&file, &[("KEYWRIGHT_SECRT", "hunter2")]);
    let loaded = loaded.unwrap();

    let printed = [
        format!("{loaded:?}"),
        loaded.config.sources.to_text(),
        loaded.config.sources.to_json().to_string(),
        format!("{:?}", loaded.warnings),
    ];

    for text in printed {
        assert!(!text.contains("hunter2") && !text.contains(SECRET), "{text}");
    }
    let text = loaded.config.sources.to_text();
    assert!(text.contains("\nsecret = \"***\"  # file "), "{text}");
    assert!(text.contains("\ndatabase.url = \"postgres://kw:***@db/kw\""), "{text}");
    assert!(text.contains("\nmail.url = \"smtp://kw:***@mail.example.com:25\""), "{text}");
    assert!(text.contains("\nresource_servers = [{ id = \"api\", secret = \"***\" }]"), "{text}");
}

#[test]
fn a_secret_that_is_refused_is_not_printed() {
    for (name, text) in [
        ("KEYWRIGHT_SECRET", "hunter2"),
        ("KEYWRIGHT_SECRET_PREVIOUS", "hunter2 hunter2 hunter2 hunter2 hunter2 hunter2"),
        ("KEYWRIGHT_DATABASE__URL", "mysql://kw:hunter2@db/kw"),
        ("KEYWRIGHT_MAIL__URL", "smtps://kw:hunter2/@mail.example.com"),
        ("KEYWRIGHT_PUBLIC_URL", "https://kw:hunter2@example.com"),
        ("KEYWRIGHT_RESOURCE_SERVERS", "[{\"id\": \"api\", \"secret\": \"hunter2\"}"),
        ("KEYWRIGHT_RESOURCE_SERVERS", "[{\"id\": \"api\", \"secret\": \"hunter2\", \"x\": \"hunter2\"}]"),
    ] {
        let refused = load(&[(name, text)]).unwrap_err();

        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
}

#[test]
fn zero_is_for_the_two_session_windows_alone() {
    let windows =
        [("KEYWRIGHT_SESSION__RETRY_WINDOW", "0s"), ("KEYWRIGHT_SESSION__LOST_RESPONSE_WINDOW", "0s")];
    assert!(config(&windows).session.retry_window.0.is_zero());
    for key in [
        "TOKENS__ACCESS_LIFETIME",
        "TOKENS__KEY_ROTATION",
        "SESSION__IDLE",
        "SESSION__ABSOLUTE",
        "SESSION__FRESH",
        "DEVICE__LIFETIME",
        "DEVICE__INTERVAL",
        "MAGIC_LINK__LIFETIME",
        "RETENTION__CLIENT_INFO",
        "RETENTION__MAILS",
    ] {
        let name = format!("KEYWRIGHT_{key}");

        assert!(load(&[(&name, "1ms")]).is_ok(), "{name}");
        let sentence = refusal(&[], &[(&name, "0s")]);
        assert!(sentence.contains(&format!("(environment variable {name}) is zero; use ")), "{sentence}");
    }
}

#[test]
fn only_the_address_limit_and_the_admin_listener_can_be_off() {
    for key in
        ["RATE_LIMIT__MAGIC_LINK_PER_EMAIL", "DEVICE__MISSES_PER_ACCOUNT", "SERVER__LISTEN", "SESSION__IDLE"]
    {
        assert!(load(&[(&format!("KEYWRIGHT_{key}"), "off")]).is_err(), "{key}");
    }
}

#[test]
fn an_unknown_key_stops_the_start_in_the_file_and_warns_in_the_environment() {
    let (_folder, loaded) = load_file("[session]\nidel = '1h'", &[]);
    let sentence = loaded.unwrap_err().to_string();
    assert!(
        sentence.starts_with("session.idel (file ") && sentence.ends_with("did you mean session.idle?"),
        "{sentence}"
    );

    let warnings = warnings(
        &[],
        &[
            ("KEYWRIGHT_SESSION__IDEL", "1h"),
            ("KEYWRIGHT_TOKEN", "kwr_x"),
            ("KEYWRIGHT_URL", "x"),
            ("HOME", "/root"),
        ],
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("KEYWRIGHT_SESSION__IDEL") && warnings[0].contains("KEYWRIGHT_SESSION__IDLE?")
    );
}

#[test]
fn the_file_can_be_named_by_the_environment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kw.toml");
    fs::write(&path, "log.level = 'trace'").unwrap();

    let loaded = load(&[("KEYWRIGHT_CONFIG", path.to_str().unwrap())]).unwrap();

    assert_eq!(loaded.config.log.level, tracing::Level::TRACE);
    assert!(loaded.warnings.is_empty());
    assert!(refusal(&[], &[("KEYWRIGHT_CONFIG", "/nonexistent.toml")]).contains("does not exist"));
}

/// The text of `file`, after writing `text` to it if `UPDATE_DOCS` is set (`just settings`).
fn documented(file: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    fs::read_to_string(path).unwrap()
}

/// A value as the file holds it.
fn toml(text: &str) -> String {
    let is_bare = text.starts_with('[') || text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare { text.to_owned() } else { format!("{text:?}") }
}

fn comment(text: &[&str]) -> String {
    text.iter().map(|line| format!("#{line}\n")).collect::<Vec<_>>().concat()
}

#[test]
fn the_example_is_made_from_the_settings() {
    let mut text = include_str!("example_head.txt").to_owned();
    for section in SECTIONS {
        if !section.name.is_empty() {
            write!(text, "\n# {}\n[{}]\n", section.text, section.name).unwrap();
        }
        for (index, setting) in section.settings.iter().enumerate() {
            let gap = if section.name.is_empty() || index > 0 { "\n" } else { "" };
            let (words, line) = match setting.default {
                DefaultText::Fixed(value) => (None, format!("#{} = {}\n", setting.name, toml(value))),
                DefaultText::None(example) => (None, format!("#   {} = {}\n", setting.name, toml(example))),
                DefaultText::Derived(words, value) => {
                    (Some(words), format!("#{} = {}\n", setting.name, toml(value)))
                }
                DefaultText::Machine(words, example) => {
                    (Some(words), format!("#   {} = {}\n", setting.name, toml(example)))
                }
                DefaultText::Rows(example) => {
                    let fields =
                        example.lines().map(|line| format!("#   {line}\n")).collect::<Vec<_>>().concat();
                    (None, format!("#   [[{}]]\n{fields}", setting.name))
                }
            };
            let words = words.map(|words| format!("# Default: {words}.\n")).unwrap_or_default();
            write!(text, "{gap}{}{words}{line}", comment(setting.text)).unwrap();
        }
    }

    assert_eq!(documented("keywright.example.toml", &text), text, "run `just settings`");
}

#[test]
fn the_reference_is_made_from_the_settings() {
    let mut text = include_str!("reference_head.md").to_owned();
    for section in SECTIONS {
        let heading = if section.name.is_empty() { String::new() } else { format!("`[{}]`: ", section.name) };
        write!(text, "\n## {heading}{}\n\n", section.text.trim_end_matches('.')).unwrap();
        text += "| key | default | description |\n| --- | --- | --- |\n";
        for setting in section.settings {
            let key = [section.name, setting.name].into_iter().filter(|part| !part.is_empty());
            let default = match setting.default {
                DefaultText::Fixed(value) => format!("`{value}`"),
                DefaultText::None(_) | DefaultText::Rows(_) => "none".to_owned(),
                DefaultText::Derived(words, _) | DefaultText::Machine(words, _) => words.to_owned(),
            };
            let description = setting.text.concat().trim().replace('|', "\\|");
            writeln!(text, "| `{}` | {default} | {description} |", key.collect::<Vec<_>>().join("."))
                .unwrap();
        }
    }

    assert_eq!(documented("docs/configuration.md", &text), text, "run `just settings`");
}

#[test]
fn every_mistake_is_reported_at_once() {
    let file = "[session]\nidel = '1h'\nfresh = 'soon'\n[cors]\norigins = ['x', 'https://a.example', 'y']\n\
                [[clients]]\nid = 'a b'\n";
    let (_folder, loaded) =
        load_file(file, &[("KEYWRIGHT_DEVICE__INTERVAL", "0s"), ("KEYWRIGHT_PUBLIC_URL", "x")]);

    let mistakes = loaded.unwrap_err();

    let keys: Vec<_> = mistakes.0.iter().map(|finding| finding.key.as_str()).collect();
    let expected = [
        "public_url",
        "session.fresh",
        "device.interval",
        "cors.origins",
        "cors.origins",
        "clients[0].id",
        "clients[0].name",
        "session.idel",
    ];
    assert_eq!(keys, expected, "{mistakes}");
    assert!(mistakes.to_string().starts_with("the configuration has 8 mistakes:\n  public_url = \"x\" ("));
}

#[test]
fn every_unsafe_combination_is_reported_at_once() {
    let settings = [
        ("KEYWRIGHT_PUBLIC_URL", "https://auth.example.com"),
        ("KEYWRIGHT_SECRET_FILE", "/nonexistent/secret"),
        ("KEYWRIGHT_WEBAUTHN__RP_ID", "example.org"),
    ];

    let mistakes = load(&settings).unwrap_err();

    let keys: Vec<_> = mistakes.0.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(keys, ["webauthn.rp_id", "secret_file", "mail.url"]);
}

#[test]
fn a_renamed_key_is_refused_with_its_new_name() {
    let (_folder, loaded) = load_file("[retention]\norigins = '7d'", &[]);
    let variable = refusal(&[], &[("KEYWRIGHT_RETENTION__ORIGINS", "7d")]);

    assert!(
        loaded
            .unwrap_err()
            .to_string()
            .ends_with("is not a known key; it is called retention.client_info now")
    );
    assert!(variable.ends_with("it is called KEYWRIGHT_RETENTION__CLIENT_INFO now"), "{variable}");
}

/// A line `#key = value` of the example is a setting, commented out; `# Text` is for people.
#[test]
fn the_example_shows_every_key_with_its_default() {
    let example = include_str!("../../../../keywright.example.toml");
    let uncommented = |line: &str| {
        let setting =
            line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        setting.unwrap_or(line).to_owned() + "\n"
    };
    let (_as_is, as_is) = load_file(example, &[]);
    let (_folder, loaded) = load_file(&example.lines().map(uncommented).collect::<String>(), &[]);

    let (as_is, loaded, defaults) = (as_is.unwrap(), loaded.unwrap(), load(&[]).unwrap());

    assert_eq!(as_is.config.sources, defaults.config.sources);
    let without_a_fixed_default = [
        "server.workers",
        "secret",
        "secret_previous",
        "mail.ca_file",
        "clients",
        "resource_servers",
        "log.format",
    ];
    for (set, default) in loaded.config.sources.iter().zip(defaults.config.sources.iter()) {
        assert_eq!((set.key, &set.value), (default.key, &default.value));
        let is_set = set.source != Source::Default;
        assert_ne!(is_set, without_a_fixed_default.contains(&set.key), "{}", set.key);
        assert!(example.contains(set.key.rsplit('.').next().unwrap()), "{}", set.key);
    }
}
