//! The schema of a database, compared with the one of this release.

/// The difference between two schemas, as names of migrations, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaDifference {
    /// Migrations of this release that the database lacks.
    pub missing: Vec<String>,
    /// Versions in the database that this release does not know: a newer release has applied them.
    pub unknown: Vec<String>,
}

impl SchemaDifference {
    /// Compares the migrations of this release with the versions in the database. A version is the beginning of a
    /// migration's name, up to the first underscore and without hyphens.
    pub(crate) fn compare(names: Vec<String>, applied: impl Iterator<Item = String>) -> Self {
        let version = |name: &str| name.split('_').next().unwrap_or_default().replace('-', "");
        let mut unknown: Vec<_> = applied.collect();
        let mut missing = names;
        missing.retain(|name| {
            let count = unknown.len();
            unknown.retain(|applied| *applied != version(name));
            unknown.len() == count
        });
        unknown.sort();
        Self { missing, unknown }
    }
}
