//! Settings that are tables of their own, such as `[[clients]]`.

use serde_json::Value as Json;
use toml::Table;

use super::error::{ConfigError, Refusal};
use super::reader;
use super::source::Source;
use super::value::Leaf;

/// One of several tables under a key.
pub(super) trait Row: Sized {
    fn read(fields: &mut Fields) -> Result<Self, ConfigError>;

    /// No two rows have the same.
    fn id(&self) -> &str;

    /// The row as it is printed, secrets masked.
    fn show(&self) -> Json;
}

/// The fields of one such table, less what has been taken.
pub(super) struct Fields {
    key: String,
    table: Table,
    from: Source,
}

impl Fields {
    /// `key` is what errors call the table, such as `clients[0]`.
    pub(super) fn new(key: String, table: Table, from: Source) -> Self {
        Self { key, table, from }
    }

    /// The field of that name, which must be there.
    pub(super) fn take<T: Leaf>(&mut self, name: &str) -> Result<T, ConfigError> {
        let raw = self.table.remove(name).ok_or_else(|| {
            let remedy = format!("set it to {}", T::expected());
            self.refused(name, "is missing", &remedy)
        })?;
        reader::parse(&format!("{}.{name}", self.key), &raw, &self.from)
    }

    /// The sentence about a field's value, which is not repeated.
    pub(super) fn refused(&self, name: &str, reason: &str, remedy: &str) -> ConfigError {
        ConfigError::BadValue(Box::new(Refusal::new(
            format!("{}.{name}", self.key),
            &self.from,
            reason,
            remedy,
        )))
    }

    /// Whatever has not been taken is unknown.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let Some(name) = self.table.keys().next() else { return Ok(()) };
        let key = format!("{}.{name}", self.key);
        let remedy = "remove it or correct its name";
        Err(ConfigError::UnknownKey(Box::new(Refusal::new(key, &self.from, "is not a known key", remedy))))
    }
}
