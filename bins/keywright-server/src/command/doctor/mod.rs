//! `keywright-server doctor`

mod database;
mod folder;
mod reach;
mod settings;

use anyhow::bail;
use serde_json::{Value as Json, json};

use super::output::OutputOptions;
use crate::config::Loaded;

/// What a look at one thing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// It works, and is probably not meant.
    Warn,
    /// It keeps a server from starting or from working.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
struct Check {
    /// The key of the setting, or the thing.
    name: String,
    state: State,
    message: String,
    /// How to mend it.
    remedy: Option<String>,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Check {
    fn ok(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), state: State::Ok, message: message.into(), remedy: None }
    }

    fn warn(name: &str, message: impl Into<String>, remedy: &str) -> Self {
        let remedy = Some(remedy.to_owned());
        Self { name: name.to_owned(), state: State::Warn, message: message.into(), remedy }
    }

    fn fail(name: &str, message: impl Into<String>, remedy: &str) -> Self {
        Self { state: State::Fail, ..Self::warn(name, message, remedy) }
    }

    /// A sentence of the configuration, whose remedy comes after a semicolon. It is about the key that it begins with,
    /// if it begins with one.
    fn of_sentence(state: State, sentence: &str) -> Self {
        let (message, remedy) = match sentence.rsplit_once("; ") {
            Some((message, remedy)) => (message, Some(remedy.to_owned())),
            None => (sentence, None),
        };
        let first = message.split(' ').next().unwrap_or_default();
        let is_key = |text: &str| text.contains(['.', '_']) && text.bytes().all(is_of_a_key);
        let name = if is_key(first) { first } else { "settings" };
        Self { name: name.to_owned(), state, message: message.to_owned(), remedy }
    }

    fn line(&self) -> String {
        let line = format!("{:4}  {}: {}\n", self.state.as_str(), self.name, self.message);
        match &self.remedy {
            Some(remedy) => format!("{line}      -> {remedy}\n"),
            None => line,
        }
    }

    fn json(&self) -> Json {
        json!({
            "name": self.name,
            "state": self.state.as_str(),
            "message": self.message,
            "remedy": self.remedy,
        })
    }
}

const fn is_of_a_key(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'_' | b'.')
}

/// Looks at everything, prints what it saw, and fails if anything did. Changes nothing.
pub(super) async fn run(loaded: &Loaded, manner: OutputOptions) -> anyhow::Result<()> {
    let mut checks = settings::look(loaded);
    checks.extend(database::look(loaded).await);
    checks.push(reach::mail(&loaded.config).await);
    checks.extend(reach::public_url(&loaded.config).await);
    let failed = checks.iter().filter(|check| check.state == State::Fail).count();
    let json = json!({"ok": failed == 0, "checks": checks.iter().map(Check::json).collect::<Vec<_>>()});
    let text: String = checks.iter().map(Check::line).collect();
    manner.print(&json, &text)?;
    match failed {
        0 => Ok(()),
        1 => bail!("1 check failed"),
        more => bail!("{more} checks failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_its_key_and_its_remedy() {
        let check = Check::of_sentence(State::Warn, "mail.from (default) is refused by many; set it");
        let other = Check::of_sentence(State::Fail, "KEYWRIGHT_X is unknown");

        assert_eq!(
            check.line(),
            "warn  mail.from: mail.from (default) is refused by many\n      -> set it\n"
        );
        assert_eq!(other.line(), "fail  settings: KEYWRIGHT_X is unknown\n");
        assert_eq!(Check::ok("clock", "is right").line(), "ok    clock: is right\n");
    }
}
