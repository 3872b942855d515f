//! Settings that are arrays of tables, such as `[[clients]]`.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::error::Finding;
use super::source::Source;
use super::value::{Leaf, parse};

/// One table of an array.
pub(super) trait Row: Sized {
    /// Reads the fields that the row has. `None` after a mistake.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;

    /// The identifier, unique in the array.
    fn id(&self) -> &str;

    /// The row as it is printed, secrets masked.
    fn show(&self) -> Json;

    /// Reads every table, after the built-in rows. `items` is `None` if the value is no array.
    fn read_all(
        key: &str,
        items: Option<Vec<Value>>,
        built_in: Vec<Self>,
        from: &Source,
    ) -> Result<Vec<Self>, Vec<Finding>> {
        let wrong = || {
            let remedy =
                format!("use a [[{key}]] table in the file for each, or an array of tables in one variable");
            vec![Finding::new(key, from, "is not an array of tables", remedy)]
        };
        let (mut rows, mut mistakes) = (built_in, Vec::new());
        for (index, item) in items.ok_or_else(wrong)?.into_iter().enumerate() {
            let Value::Table(table) = item else { return Err(wrong()) };
            let mut fields = Fields { key: format!("{key}[{index}]"), table, from, mistakes: Vec::new() };
            if let Some(row) = Self::read(&mut fields) {
                if rows.iter().any(|other| other.id() == row.id()) {
                    fields.refuse("id", "is taken already", "use another id");
                }
                rows.push(row);
            }
            mistakes.extend(fields.finish());
        }
        if mistakes.is_empty() { Ok(rows) } else { Err(mistakes) }
    }
}

/// The fields of one table, without those that have been taken.
pub(super) struct Fields<'a> {
    key: String,
    table: Table,
    from: &'a Source,
    mistakes: Vec<Finding>,
}

impl Fields<'_> {
    /// The field `name`, which is required. `None` after a mistake.
    pub(super) fn take<T: Leaf>(&mut self, name: &str) -> Option<T> {
        let Some(raw) = self.table.remove(name) else {
            self.refuse(name, "is missing", &format!("set it to {}", T::expected()));
            return None;
        };
        let parsed = parse(&format!("{}.{name}", self.key), &raw, self.from);
        parsed.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    /// Refuses the value of a field without repeating it.
    pub(super) fn refuse(&mut self, name: &str, reason: &str, remedy: &str) {
        self.mistakes.push(Finding::new(format!("{}.{name}", self.key), self.from, reason, remedy));
    }

    fn finish(mut self) -> Vec<Finding> {
        let unknown: Vec<_> = self.table.keys().cloned().collect();
        for name in unknown {
            self.refuse(&name, "is not a known key", "remove it or correct its name");
        }
        self.mistakes
    }
}
