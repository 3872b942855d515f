//! The source of each value, and the effective tree as it is printed.

use std::fmt;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

/// The prefix of every environment variable.
pub(super) const PREFIX: &str = "KEYWRIGHT_";

/// The variable that sets `key`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Built in, or derived from another setting.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable, by its name.
    Environment(String),
    /// An option of the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::CommandLine(option) => write!(f, "option {option}"),
        }
    }
}

/// One key of the effective tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The key with its section, such as `tokens.access_lifetime`.
    pub key: &'static str,
    /// The value in force, in its canonical spelling, secrets masked; null where there is none.
    pub value: Json,
    /// The source of the value.
    pub source: Source,
}

/// Every key with its value and source, in the order of the documentation. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources(Vec<Setting>);

impl Sources {
    /// All settings.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// The source of the value of `key`; [`Source::Default`] for an unknown key.
    pub fn of(&self, key: &str) -> Source {
        self.0.iter().find(|setting| setting.key == key).map_or(Source::Default, |found| found.source.clone())
    }

    /// One line a key: `key = value  # source`.
    pub fn to_text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, Setting { key, value, source }| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{key} = {}  # {source}", toml_like(value));
            text
        })
    }

    /// `{"key": {"value": …, "source": "…"}}`.
    pub fn to_json(&self) -> Json {
        let entry = |setting: &Setting| {
            let about = json!({ "value": setting.value, "source": setting.source.to_string() });
            (setting.key.to_owned(), about)
        };
        Json::Object(self.0.iter().map(entry).collect::<Map<_, _>>())
    }

    pub(super) fn record(&mut self, key: &'static str, value: Json, source: Source) {
        self.0.push(Setting { key, value, source });
    }
}

fn toml_like(value: &Json) -> String {
    match value {
        Json::Null => "none".to_owned(),
        Json::Array(items) => format!("[{}]", items.iter().map(toml_like).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name} = {}", toml_like(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_has_its_line() {
        let mut sources = Sources::default();
        sources.record("secret", Json::Null, Source::Default);
        sources.record("database.pool_size", json!(16), Source::File("kw.toml".into()));
        sources.record("cors.origins", json!(["https://a.example", "x\ny"]), Source::CommandLine("--config"));
        sources.record("clients", json!([{ "id": "cli" }]), Source::Environment("KEYWRIGHT_CLIENTS".into()));

        assert_eq!(
            sources.to_text(),
            "secret = none  # default\n\
             database.pool_size = 16  # file kw.toml\n\
             cors.origins = [\"https://a.example\", \"x\\ny\"]  # option --config\n\
             clients = [{ id = \"cli\" }]  # environment variable KEYWRIGHT_CLIENTS\n"
        );
        assert_eq!(sources.to_json()["database.pool_size"], json!({ "value": 16, "source": "file kw.toml" }));
        assert_eq!(sources.to_json()["secret"], json!({ "value": null, "source": "default" }));
    }
}
