//! Takes each key from the layers, the later one first, and remembers where it was found.
//!
//! A key exists because somebody reads it here: what nobody has taken in the end is unknown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use toml::{Table, Value};

use super::error::{ConfigError, Refusal};
use super::row::{Fields, Row};
use super::source::{Source, Sources};
use super::unknown;
use super::value::{Leaf, Reason};

/// What every variable of the environment begins with.
pub(super) const PREFIX: &str = "KEYWRIGHT_";

/// The layers above the defaults, less what has been taken from them.
pub(super) struct Reader {
    file: Option<(PathBuf, Table)>,
    environment: BTreeMap<String, String>,
    sources: Sources,
}

impl Reader {
    /// `environment` may hold variables of others.
    pub(super) fn new(file: Option<(PathBuf, Table)>, environment: BTreeMap<String, String>) -> Self {
        Self { file, environment, sources: Sources::default() }
    }

    /// Where the keys read so far came from.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The value of `key`; `default` is written as it would be in the file.
    pub(super) fn value<T: Leaf>(&mut self, key: &'static str, default: &str) -> Result<T, ConfigError> {
        let default = Value::String(default.to_owned());
        let (raw, from) = self.take(key).unwrap_or((default, Source::Default));
        let value = parse::<T>(key, &raw, &from)?;
        self.sources.record(key, value.show(), from);
        Ok(value)
    }

    /// The value of `key`, whose default depends on something else.
    pub(super) fn value_or<T: Leaf>(
        &mut self,
        key: &'static str,
        default: impl FnOnce() -> T,
    ) -> Result<T, ConfigError> {
        let (value, from) = match self.take(key) {
            Some((raw, from)) => (parse(key, &raw, &from)?, from),
            None => (default(), Source::Default),
        };
        self.sources.record(key, value.show(), from);
        Ok(value)
    }

    /// The value of a key without a default.
    pub(super) fn optional<T: Leaf>(&mut self, key: &'static str) -> Result<Option<T>, ConfigError> {
        let (value, from) = match self.take(key) {
            Some((raw, from)) => (Some(parse::<T>(key, &raw, &from)?), from),
            None => (None, Source::Default),
        };
        self.sources.record(key, value.as_ref().map_or(Json::Null, Leaf::show), from);
        Ok(value)
    }

    /// The values of a key that takes several: an array in the file; in the environment an array in TOML or
    /// JSON, or values with commas between.
    pub(super) fn list<T: Leaf>(
        &mut self,
        key: &'static str,
        default: impl FnOnce() -> Vec<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let (values, from) = match self.take(key) {
            Some((raw, from)) => {
                let items = match (&raw, &from) {
                    (Value::String(text), Source::Environment(_)) => array(text).or_else(|| commas(text)),
                    (Value::Array(items), _) => Some(items.clone()),
                    _ => None,
                };
                let remedy = || format!("use an array of {}", T::expected());
                let items = items.ok_or_else(|| {
                    ConfigError::BadValue(Box::new(Refusal::new(key, &from, "is not an array", remedy())))
                })?;
                let values: Result<_, _> = items.iter().map(|item| parse(key, item, &from)).collect();
                (values?, from)
            }
            None => (default(), Source::Default),
        };
        self.sources.record(key, values.iter().map(Leaf::show).collect(), from);
        Ok(values)
    }

    /// The tables of a key that takes several, after the built-in ones.
    pub(super) fn rows<T: Row>(&mut self, key: &'static str, builtin: Vec<T>) -> Result<Vec<T>, ConfigError> {
        let (raw, from) = self.take(key).unwrap_or((Value::Array(Vec::new()), Source::Default));
        let items = match (raw, &from) {
            (Value::String(text), Source::Environment(_)) => array(&text),
            (Value::Array(items), _) => Some(items),
            _ => None,
        };
        let wrong = || {
            let remedy =
                format!("use a [[{key}]] table in the file for each, or an array of tables in one variable");
            ConfigError::BadValue(Box::new(Refusal::new(key, &from, "is not an array of tables", remedy)))
        };
        let mut rows = builtin;
        for (index, item) in items.ok_or_else(wrong)?.into_iter().enumerate() {
            let Value::Table(table) = item else { return Err(wrong()) };
            let mut fields = Fields::new(format!("{key}[{index}]"), table, from.clone());
            let row = T::read(&mut fields)?;
            if rows.iter().any(|other| other.id() == row.id()) {
                return Err(fields.refused("id", "is taken already", "use another id"));
            }
            fields.finish()?;
            rows.push(row);
        }
        self.sources.record(key, rows.iter().map(Row::show).collect(), from);
        Ok(rows)
    }

    /// Whatever nobody took: an error in the file, a warning in the environment.
    pub(super) fn finish(self) -> Result<(Sources, Vec<String>), ConfigError> {
        let keys: Vec<_> = self.sources.iter().map(|setting| setting.key).collect();
        if let Some((path, table)) = &self.file {
            unknown::in_file(path, table, &keys)?;
        }
        let warnings = unknown::in_environment(self.environment.keys(), &keys);
        Ok((self.sources, warnings))
    }

    fn take(&mut self, key: &str) -> Option<(Value, Source)> {
        // Taken from both, so that a value that is overridden does not count as unknown.
        let in_file = self.file.as_mut().and_then(|(path, table)| Some((remove(table, key)?, path.clone())));
        let name = variable(key);
        match self.environment.remove(&name) {
            Some(text) => Some((Value::String(text), Source::Environment(name))),
            None => in_file.map(|(value, path)| (value, Source::File(path))),
        }
    }
}

/// The variable that sets `key`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// One value, or the sentence that says why it is none.
pub(super) fn parse<T: Leaf>(key: &str, raw: &Value, from: &Source) -> Result<T, ConfigError> {
    let bad = |text: &str, reason: Reason| {
        let value = quotable::<T>(text).map(|text| format!(" = \"{text}\"")).unwrap_or_default();
        let remedy = format!("use {}", T::expected());
        ConfigError::BadValue(Box::new(Refusal::new(format!("{key}{value}"), from, reason, remedy)))
    };
    let text = match raw {
        Value::String(text) => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        other => return Err(bad("", format!("is of the type {}", other.type_str()).into())),
    };
    if text.is_empty() {
        Err(bad("", "is empty".into()))
    } else {
        T::parse(&text).map_err(|reason| bad(&text, reason))
    }
}

/// The text, if it is short and cannot be a secret: an `@` may follow a password, whatever the key.
fn quotable<T: Leaf>(text: &str) -> Option<&str> {
    let plain =
        !T::SECRET && (1..=80).contains(&text.len()) && !text.contains(|c: char| c == '@' || c.is_control());
    plain.then_some(text)
}

fn remove(table: &mut Table, key: &str) -> Option<Value> {
    match key.split_once('.') {
        Some((section, rest)) => remove(table.get_mut(section)?.as_table_mut()?, rest),
        None => table.remove(key),
    }
}

/// The items of an array in JSON or TOML.
fn array(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    if !text.starts_with('[') {
        return None;
    }
    let toml = || {
        let mut table: Table = toml::from_str(&format!("items = {text}")).ok()?;
        table.remove("items")?.try_into().ok()
    };
    serde_json::from_str(text).ok().or_else(toml)
}

fn commas(text: &str) -> Option<Vec<Value>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    (!text.trim_start().starts_with('[')).then(|| items.map(|item| Value::String(item.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(file: &str, environment: &[(&str, &str)]) -> Reader {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Reader::new(Some(("kw.toml".into(), toml::from_str(file).unwrap())), owned.collect())
    }

    fn strings(reader: &mut Reader) -> Result<Vec<String>, ConfigError> {
        reader.list("a.list", Vec::new)
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
        let mut reader = reader("[a]\nx = 1\ny = 2", &[("KEYWRIGHT_A__X", "10")]);

        let values = ["a.x", "a.y", "a.z"].map(|key| reader.value::<usize>(key, "3").unwrap());

        assert_eq!(values, [10, 2, 3]);
        let sources = ["a.x", "a.y", "a.z"].map(|key| reader.sources().of(key));
        let file = Source::File("kw.toml".into());
        assert_eq!(sources, [Source::Environment("KEYWRIGHT_A__X".into()), file, Source::Default]);
        assert!(reader.finish().unwrap().1.is_empty());
    }

    #[test]
    fn a_list_in_the_environment_has_commas_or_is_an_array() {
        for (text, items) in [
            ("a, b,", vec!["a", "b"]),
            ("a", vec!["a"]),
            ("", vec![]),
            ("[\"a\", \"b\"]", vec!["a", "b"]),
            ("['a', 'b',]", vec!["a", "b"]),
            ("[]", vec![]),
        ] {
            assert_eq!(strings(&mut reader("", &[("KEYWRIGHT_A__LIST", text)])).unwrap(), items, "{text}");
        }
    }

    #[test]
    fn a_list_in_the_file_is_an_array() {
        assert_eq!(strings(&mut reader("a.list = ['a', 'b']", &[])).unwrap(), ["a", "b"]);
        for bad in ["a.list = 'a'", "a.list = 3", "a.list = [['a']]", "a.list = [true]", "a.list = ['']"] {
            assert!(strings(&mut reader(bad, &[])).is_err(), "{bad}");
        }
        for bad in ["[\"a\"", "[a]", "[1.5]", "[null]"] {
            assert!(strings(&mut reader("", &[("KEYWRIGHT_A__LIST", bad)])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_value_is_one_sentence_with_key_source_and_remedy() {
        let in_environment =
            reader("", &[("KEYWRIGHT_A__X", " many ")]).value::<usize>("a.x", "1").unwrap_err();
        let in_file = reader("a.x = true", &[]).value::<usize>("a.x", "1").unwrap_err();
        let empty = reader("", &[("KEYWRIGHT_A__X", "")]).value::<usize>("a.x", "1").unwrap_err();

        assert_eq!(
            in_environment.to_string(),
            "a.x = \"many\" (environment variable KEYWRIGHT_A__X) is not a whole number from 0; \
             use a whole number from 0"
        );
        assert_eq!(
            in_file.to_string(),
            "a.x (file kw.toml) is of the type boolean; use a whole number from 0"
        );
        assert_eq!(
            empty.to_string(),
            "a.x (environment variable KEYWRIGHT_A__X) is empty; use a whole number from 0"
        );
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        for text in ["user:hunter2@host", "hunter2\nhunter2", &"hunter2".repeat(20)] {
            let refusal = reader("", &[("KEYWRIGHT_A__X", text)]).value::<usize>("a.x", "1").unwrap_err();

            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
        }
    }
}
