//! `keywright-server doctor`

mod database;
mod folder;
mod reach;
mod settings;

use anyhow::bail;
use serde_json::{Value as Json, json};

use super::output::OutputOptions;
use crate::config::{Finding, Loaded};

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// Works, but is probably not meant.
    Warn,
    /// Keeps a server from starting or from working.
    Fail,
}

/// One check and its result.
#[derive(Clone, Debug)]
struct Check {
    /// The key of a setting, or another name.
    name: String,
    state: State,
    message: String,
    /// The instruction to follow.
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

    /// A mistake or a warning of the configuration.
    fn from_finding(state: State, finding: &Finding) -> Self {
        let Finding { key, detail, source, reason, remedy } = finding;
        let source = source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        let message = format!("{detail} {reason}{source}").trim_start().to_owned();
        Self { name: key.clone(), state, message, remedy: Some(remedy.clone()) }
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

/// Runs all checks, prints their results, and fails if any check did. Changes nothing.
pub(super) async fn run(loaded: &Loaded, options: OutputOptions) -> anyhow::Result<()> {
    let mut checks = settings::check(loaded);
    checks.extend(database::check(loaded).await);
    checks.push(reach::mail(&loaded.config).await);
    checks.extend(reach::public_url(&loaded.config).await);
    let failed = checks.iter().filter(|check| check.state == State::Fail).count();
    let json = json!({"ok": failed == 0, "checks": checks.iter().map(Check::json).collect::<Vec<_>>()});
    let text: String = checks.iter().map(Check::line).collect();
    options.print(&json, &text)?;
    match failed {
        0 => Ok(()),
        1 => bail!("1 check failed"),
        more => bail!("{more} checks failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    #[test]
    fn a_finding_names_its_key_and_its_remedy() {
        let finding = Finding {
            key: "mail.from".to_owned(),
            detail: String::new(),
            source: Some(Source::Default),
            reason: "is refused by many".to_owned(),
            remedy: "set it".to_owned(),
        };
        let other = Finding {
            key: "secret_file".to_owned(),
            detail: " data/secret".to_owned(),
            source: None,
            reason: "is unreadable".to_owned(),
            remedy: "mend it".to_owned(),
        };

        assert_eq!(
            Check::from_finding(State::Warn, &finding).line(),
            "warn  mail.from: is refused by many (default)\n      -> set it\n"
        );
        assert_eq!(
            Check::from_finding(State::Fail, &other).line(),
            "fail  secret_file: data/secret is unreadable\n      -> mend it\n"
        );
        assert_eq!(Check::ok("clock", "is right").line(), "ok    clock: is right\n");
    }
}
