//! Watches the log of every server of this suite at its most verbose level: it must not contain a secret that
//! was answered, mailed or sent. Each test ends with a call to [`leaks`].

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use keywright_server::config::Config;
use keywright_server::logging;
use serde_json::{Value, json};

use super::{Answer, Keywright};

/// The log of this process.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Secrets that must not appear in it.
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Fields of answers and of the inbox that hold a secret, or a text with one.
const SECRET_FIELDS: [&str; 8] = [
    "access_token",
    "refresh_token",
    "device_code",
    "user_code",
    "verification_uri_complete",
    "challenge",
    "text",
    "html",
];

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&LINES).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ignores poisoning: the test that caused it has failed already.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the log as in production, at its most verbose level.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let settings = [("KEYWRIGHT_LOG__FORMAT", "json"), ("KEYWRIGHT_LOG__LEVEL", "trace")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::load(None, settings).unwrap().config;
        logging::start_to(&config.log, || Writer).unwrap();
    });
}

/// Adds secrets that must not be logged.
pub fn keep_secret<'a>(secrets: impl IntoIterator<Item = &'a str>) {
    locked(&SECRETS).extend(secrets.into_iter().map(ToOwned::to_owned));
}

/// Adds every secret in an answer of the server or a mail in its inbox.
pub fn remember(answer: &Answer) {
    for cookie in answer.headers.get_all("set-cookie") {
        let (_, value) = cookie.to_str().unwrap().split_once('=').unwrap();
        keep_secret(value.split(';').next().filter(|value| !value.is_empty()));
    }
    if let Ok(body) = serde_json::from_str(&answer.text) {
        remember_in(&body);
    }
}

fn remember_in(value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(remember_in),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if SECRET_FIELDS.contains(&name.as_str()) => {
                        keep_secret(words(text).filter(|word| is_secret(word)));
                    }
                    _ => remember_in(field),
                }
            }
        }
        _ => {}
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|symbol: char| !(symbol.is_ascii_alphanumeric() || "-_.".contains(symbol)))
        .map(|word| word.trim_matches('.'))
}

/// Returns true for a word that looks like a credential, a token, a challenge or a code of either kind.
fn is_secret(word: &str) -> bool {
    let is_code = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_user_code = |word: &str| {
        let bytes = word.as_bytes();
        bytes.len() == 9
            && bytes[4] == b'-'
            && bytes.iter().all(|byte| *byte == b'-' || byte.is_ascii_uppercase())
    };
    is_code(word)
        || is_user_code(word)
        || (word.len() >= 40 && !word.contains(".."))
        || looks_like_credential(word)
}

/// Returns true for `kwr_…` and its like, issued or not, and for every JWT.
fn looks_like_credential(word: &str) -> bool {
    let opaque = word.get(3..4) == Some("_") && word.starts_with("kw") && word.len() > 20;
    opaque || (word.starts_with("eyJ") && word.len() > 20)
}

/// Returns the log lines that hold a secret, or are not one JSON object.
pub fn leaks() -> Vec<String> {
    let lines = locked(&LINES).clone();
    let secrets = locked(&SECRETS);
    let lines = String::from_utf8(lines).unwrap();
    lines.lines().filter(|line| is_leak(line, &secrets)).map(ToOwned::to_owned).collect()
}

fn is_leak(line: &str, secrets: &BTreeSet<String>) -> bool {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else {
        return true;
    };
    // Six digits of it are microseconds, which may equal a code.
    fields.remove("timestamp");
    let text = Value::Object(fields).to_string();
    words(&text).any(looks_like_credential)
        || secrets.iter().any(|secret| match secret.len() {
            6 => words(&text).any(|word| word == secret),
            _ => text.contains(secret),
        })
}

#[tokio::test]
async fn the_log_is_watched_and_a_secret_in_it_is_found() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in("ada@example.com").await;
    let (device_code, user_code) = keywright.begin_device().await;
    let mail = keywright.link("ada@example.com").await;
    let cookie = keywright.sign_in_browser("ada@example.com").await;

    let logged = String::from_utf8(locked(&LINES).clone()).unwrap();
    assert!(logged.lines().any(|line| line.contains("answered")), "{logged}");
    assert!(logged.lines().any(|line| line.contains("mail sent")), "{logged}");
    let secrets = locked(&SECRETS).clone();
    let cookie = cookie.split_once('=').unwrap().1;
    for secret in [&tokens.access, &tokens.refresh, &device_code, &user_code, &mail.token, &mail.code, cookie]
    {
        assert!(secrets.contains(secret), "{secret} in {secrets:?}");
        assert!(is_leak(&json!({"message": format!("it was {secret}.")}).to_string(), &secrets), "{secret}");
    }
    assert!(is_leak("half a line", &secrets));
    assert!(!is_leak(r#"{"timestamp": "123456", "message": "answered"}"#, &secrets));
}
