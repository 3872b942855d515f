//! Takes each key from the layers, the later one first, and records its source.
//!
//! A key that is never taken is unknown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;
use toml::{Table, Value};

use super::error::Finding;
use super::row::Row;
use super::source::{Source, Sources, variable};
use super::unknown;
use super::value::{Leaf, array};

/// A value, or `None` after a mistake.
type Reading<T> = Option<T>;

/// The layers above the defaults, without the values that have been taken.
pub(super) struct Reader {
    file: Option<(PathBuf, Table)>,
    environment: BTreeMap<String, String>,
    /// The sources of the keys read so far.
    pub(super) sources: Sources,
    mistakes: Vec<Finding>,
}

impl Reader {
    /// `environment` may hold variables of other programs.
    pub(super) fn new(file: Option<(PathBuf, Table)>, environment: BTreeMap<String, String>) -> Self {
        Self { file, environment, sources: Sources::default(), mistakes: Vec::new() }
    }

    /// The value of `key`; `default` is written as it would be in the file. `None` after a mistake.
    pub(super) fn value<T: Leaf>(&mut self, key: &'static str, default: &str) -> Option<T> {
        let default = || (Value::String(default.to_owned()), Source::Default);
        let (raw, from) = self.take(key).unwrap_or_else(default);
        let read = T::read(key, &raw, &from);
        self.record(key, read, from, T::show)
    }

    /// The value of `key`, whose default depends on something else.
    pub(super) fn value_or<T: Leaf>(
        &mut self,
        key: &'static str,
        default: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let (read, from) = match self.take(key) {
            Some((raw, from)) => (T::read(key, &raw, &from), from),
            // A mistake in the setting that it depends on is found there.
            None => (default().ok_or_else(Vec::new), Source::Default),
        };
        self.record(key, read, from, T::show)
    }

    /// The value of a key without a default.
    pub(super) fn optional<T: Leaf>(&mut self, key: &'static str) -> Reading<Option<T>> {
        let (read, from) = match self.take(key) {
            Some((raw, from)) => (T::read(key, &raw, &from).map(Some), from),
            None => (Ok(None), Source::Default),
        };
        self.record(key, read, from, |value| value.as_ref().map_or(Json::Null, T::show))
    }

    /// The tables under `key`, after the built-in ones.
    pub(super) fn rows<T: Row>(&mut self, key: &'static str, built_in: Vec<T>) -> Option<Vec<T>> {
        let (raw, from) = self.take(key).unwrap_or((Value::Array(Vec::new()), Source::Default));
        let items = match raw {
            Value::String(text) if matches!(from, Source::Environment(_)) => array(&text),
            Value::Array(items) => Some(items),
            _ => None,
        };
        let read = T::read_all(key, items, built_in, &from);
        self.record(key, read, from, |rows| rows.iter().map(T::show).collect())
    }

    /// Ends reading: every mistake, among them keys of the file that are unknown; and warnings about variables that
    /// are unknown.
    pub(super) fn finish(self) -> (Vec<Finding>, Vec<Finding>) {
        let Self { file, environment, sources, mut mistakes } = self;
        let keys: Vec<_> = sources.iter().map(|setting| setting.key).collect();
        if let Some((path, table)) = &file {
            mistakes.extend(unknown::in_file(path, table, &keys));
        }
        let (renamed, warnings) = unknown::in_environment(environment.keys(), &keys);
        mistakes.extend(renamed);
        (mistakes, warnings)
    }

    fn record<T>(
        &mut self,
        key: &'static str,
        read: Result<T, Vec<Finding>>,
        from: Source,
        show: impl FnOnce(&T) -> Json,
    ) -> Option<T> {
        self.sources.record(key, read.as_ref().map_or(Json::Null, show), from);
        read.map_err(|mistakes| self.mistakes.extend(mistakes)).ok()
    }

    fn take(&mut self, key: &str) -> Option<(Value, Source)> {
        // Taken from both layers, so that an overridden value does not count as unknown.
        let in_file = self.file.as_mut().and_then(|(path, table)| Some((remove(table, key)?, path.clone())));
        let name = variable(key);
        match self.environment.remove(&name) {
            Some(text) => Some((Value::String(text), Source::Environment(name))),
            None => in_file.map(|(value, path)| (value, Source::File(path))),
        }
    }
}

fn remove(table: &mut Table, key: &str) -> Option<Value> {
    match key.split_once('.') {
        Some((section, rest)) => remove(table.get_mut(section)?.as_table_mut()?, rest),
        None => table.remove(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigError;

    fn reader(file: &str, environment: &[(&str, &str)]) -> Reader {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Reader::new(Some(("kw.toml".into(), toml::from_str(file).unwrap())), owned.collect())
    }

    fn strings(mut reader: Reader) -> Result<Vec<String>, ConfigError> {
        value(&mut reader, "a.list", "[]")
    }

    fn value<T: Leaf>(reader: &mut Reader, key: &'static str, default: &str) -> Result<T, ConfigError> {
        reader.value(key, default).ok_or_else(|| ConfigError(reader.mistakes.clone()))
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
        let mut reader = reader("[a]\nx = 1\ny = 2", &[("KEYWRIGHT_A__X", "10")]);

        let values = ["a.x", "a.y", "a.z"].map(|key| reader.value::<usize>(key, "3").unwrap());

        assert_eq!(values, [10, 2, 3]);
        let sources = ["a.x", "a.y", "a.z"].map(|key| reader.sources.of(key));
        let file = Source::File("kw.toml".into());
        assert_eq!(sources, [Source::Environment("KEYWRIGHT_A__X".into()), file, Source::Default]);
        assert_eq!(reader.finish(), (Vec::new(), Vec::new()));
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
            assert_eq!(strings(reader("", &[("KEYWRIGHT_A__LIST", text)])).unwrap(), items, "{text}");
        }
    }

    #[test]
    fn a_list_in_the_file_is_an_array() {
        assert_eq!(strings(reader("a.list = ['a', 'b']", &[])).unwrap(), ["a", "b"]);
        for bad in ["a.list = 'a'", "a.list = 3", "a.list = [['a']]", "a.list = [true]", "a.list = ['']"] {
            assert!(strings(reader(bad, &[])).is_err(), "{bad}");
        }
        for bad in ["[\"a\"", "[a]", "[1.5]", "[null]"] {
            assert!(strings(reader("", &[("KEYWRIGHT_A__LIST", bad)])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_value_is_one_sentence_with_key_source_and_remedy() {
        let in_environment =
            value::<usize>(&mut reader("", &[("KEYWRIGHT_A__X", " many ")]), "a.x", "1").unwrap_err();
        let in_file = value::<usize>(&mut reader("a.x = true", &[]), "a.x", "1").unwrap_err();
        let empty = value::<usize>(&mut reader("", &[("KEYWRIGHT_A__X", "")]), "a.x", "1").unwrap_err();

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
            let refusal =
                value::<usize>(&mut reader("", &[("KEYWRIGHT_A__X", text)]), "a.x", "1").unwrap_err();

            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
        }
    }
}
