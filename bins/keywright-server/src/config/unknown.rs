//! Unknown keys, and the known ones that were probably meant.

use std::path::Path;

use toml::{Table, Value};

use super::error::Finding;
use super::source::{PREFIX, Source, variable};

/// Variables with the prefix that are no settings: the name of the file, and those of the `keywright` command.
pub(super) const OTHERS: [&str; 3] = [CONFIG, "KEYWRIGHT_TOKEN", "KEYWRIGHT_URL"];

/// Names the configuration file.
pub(super) const CONFIG: &str = "KEYWRIGHT_CONFIG";

/// Least similarity at which a known key is suggested; 1 is equal.
const ALIKE: f64 = 0.7;

/// Keys that have another name now.
const RENAMED: [(&str, &str); 1] = [("retention.origins", "retention.client_info")];

/// The keys that are left over in the file; `known` are all there are.
pub(super) fn in_file(path: &Path, rest: &Table, known: &[&str]) -> Vec<Finding> {
    let from = Source::File(path.to_owned());
    let finding = |key: String| {
        let remedy = if is_section(&key, known) {
            format!("make it a table, [{key}]")
        } else if let Some(name) = renamed(&key) {
            format!("it is called {name} now")
        } else if let Some(meant) = meant(&key, known) {
            format!("did you mean {meant}?")
        } else {
            "remove it".to_owned()
        };
        Finding::new(key, &from, "is not a known key", remedy)
    };
    all(rest, "", known).into_iter().map(finding).collect()
}

/// The variables that are left over in the environment and have the prefix: mistakes for renamed ones, which had an
/// effect before, and warnings for the others.
pub(super) fn in_environment<'a>(
    rest: impl Iterator<Item = &'a String>,
    known: &[&str],
) -> (Vec<Finding>, Vec<Finding>) {
    rest.filter(|name| !OTHERS.contains(&name.as_str()))
        .filter_map(|name| Some((name, name.strip_prefix(PREFIX)?.to_lowercase().replace("__", "."))))
        .map(|(name, key)| {
            let remedy = match (renamed(&key), meant(&key, known)) {
                (Some(now), _) => format!("it is called {} now", variable(now)),
                (None, Some(meant)) => format!("did you mean {}?", variable(meant)),
                (None, None) => "remove it if it was meant for this server".to_owned(),
            };
            let reason = "sets no known key and is ignored".to_owned();
            let variable = format!("environment variable {name}");
            let finding = Finding { key: variable, detail: String::new(), source: None, reason, remedy };
            (renamed(&key).is_some(), finding)
        })
        .fold((Vec::new(), Vec::new()), |(mut mistakes, mut warnings), (is_mistake, finding)| {
            let list = if is_mistake { &mut mistakes } else { &mut warnings };
            list.push(finding);
            (mistakes, warnings)
        })
}

fn renamed(key: &str) -> Option<&'static str> {
    RENAMED.iter().find_map(|(old, new)| (*old == key).then_some(*new))
}

/// The keys below `prefix` that are unknown. A section that is known may be empty.
fn all(table: &Table, prefix: &str, known: &[&str]) -> Vec<String> {
    let below = |(name, value): (&String, &Value)| {
        let key = format!("{prefix}{name}");
        match value {
            Value::Table(inner) if !inner.is_empty() => all(inner, &format!("{key}."), known),
            Value::Table(_) if is_section(&key, known) => Vec::new(),
            _ => vec![key],
        }
    };
    table.iter().flat_map(below).collect()
}

fn is_section(key: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// A key of the same name in another section (in TOML a key belongs to the table above), or the most alike.
fn meant<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let last = key.rsplit('.').next().unwrap_or(key);
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(key, known);
    let moved = known.iter().copied().find(|known| name(known) == last);
    let alike = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    moved.or_else(|| alike.filter(|known| likeness(known) >= ALIKE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] =
        ["public_url", "server.listen", "server.admin_listen", "tokens.access_lifetime", "clients"];

    fn refusal(file: &str) -> String {
        in_file(Path::new("kw.toml"), &toml::from_str(file).unwrap(), &KNOWN)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn an_unknown_key_of_the_file_is_refused_with_what_was_meant() {
        for (file, sentence) in [
            ("public_ulr = 1", "public_ulr (file kw.toml) is not a known key; did you mean public_url?"),
            (
                "[server]\nlisen = 1",
                "server.lisen (file kw.toml) is not a known key; did you mean server.listen?",
            ),
            (
                "[server]\npublic_url = 1",
                "server.public_url (file kw.toml) is not a known key; did you mean public_url?",
            ),
            (
                "[token.x]\naccess_lifetime = 1",
                "token.x.access_lifetime (file kw.toml) is not a known key; \
                 did you mean tokens.access_lifetime?",
            ),
            ("frobnicate = 'hunter2'", "frobnicate (file kw.toml) is not a known key; remove it"),
            ("[frobnicate]", "frobnicate (file kw.toml) is not a known key; remove it"),
            ("server = 3", "server (file kw.toml) is not a known key; make it a table, [server]"),
        ] {
            assert_eq!(refusal(file), sentence);
        }
    }

    #[test]
    fn a_known_section_may_be_empty() {
        assert!(
            in_file(Path::new("kw.toml"), &toml::from_str("[server]\n[tokens]").unwrap(), &KNOWN).is_empty()
        );
    }

    #[test]
    fn an_unknown_variable_with_the_prefix_is_a_warning() {
        let names =
            ["KEYWRIGHT_SERVER_LISTEN", "KEYWRIGHT_SERVER__LISTN", "KEYWRIGHT_PORT", "PATH", "KEYWRIGHTX"];

        let (mistakes, warnings) = in_environment(names.map(str::to_owned).iter(), &KNOWN);

        assert_eq!(mistakes, []);
        assert_eq!(
            warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "environment variable KEYWRIGHT_SERVER_LISTEN sets no known key and is ignored; \
                 did you mean KEYWRIGHT_SERVER__LISTEN?",
                "environment variable KEYWRIGHT_SERVER__LISTN sets no known key and is ignored; \
                 did you mean KEYWRIGHT_SERVER__LISTEN?",
                "environment variable KEYWRIGHT_PORT sets no known key and is ignored; \
                 remove it if it was meant for this server",
            ]
        );
    }

    #[test]
    fn variables_of_the_command_are_known() {
        assert_eq!(in_environment(OTHERS.map(str::to_owned).iter(), &KNOWN), (Vec::new(), Vec::new()));
    }
}
