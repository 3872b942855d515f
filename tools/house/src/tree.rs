//! What one crate really carries with one set of features, as `cargo tree` says: unlike [`crate::graph`], it
//! is not widened by what other crates, or tests, turn on.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::graph::cargo;
use crate::layers::matches;

/// Crates that the release of a crate must not contain.
#[derive(Debug)]
pub struct Ban {
    /// Package names; a trailing `*` stands for any rest.
    pub names: &'static [&'static str],
    /// Why not.
    pub because: &'static str,
}

/// Crates that the server must not contain.
pub const SERVER_BANS: &[Ban] = &[
    Ban {
        names: &["openssl", "openssl-sys", "native-tls"],
        because: "TLS is rustls, without a system library",
    },
    Ban { names: &["ring"], because: "aws-lc-rs is the one crypto backend" },
    Ban { names: &["pq-sys"], because: "libpq is a system library" },
    Ban {
        names: &["reqwest", "ureq", "hyper", "hyper-*", "isahc", "curl", "awc", "attohttpc", "surf"],
        because: "the server calls nobody: it has no HTTP client",
    },
];

/// Crates that the memory store must not contain: other services use it in their tests.
pub const MEMORY_STORE_BANS: &[Ban] =
    &[Ban { names: &["diesel*", "libsqlite3-sys", "tokio-postgres"], because: "it has no database" }];

/// The names of everything that `package` carries when it is built with `features` (cargo's arguments).
pub fn carried(root: &Path, package: &str, features: &[&str]) -> Result<BTreeSet<String>> {
    let mut arguments =
        vec!["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--package", package];
    arguments.extend(features);
    Ok(names(&cargo(root, &arguments)?))
}

/// Everything in `carried` that one of the `bans` names.
pub fn violations(package: &str, carried: &BTreeSet<String>, bans: &[Ban]) -> Vec<String> {
    let of_ban = |ban: &Ban| -> Vec<String> {
        let hits = carried.iter().filter(|name| matches(name, ban.names));
        hits.map(|name| {
            let because = ban.because;
            format!("{package} carries {name}, but {because} (cargo tree -p {package} -e normal -i {name})")
        })
        .collect()
    };
    bans.iter().flat_map(of_ban).collect()
}

fn names(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_first_word_of_a_line() {
        let carried = names("server v0.1.0 (/w/server)\nring v0.17.14\nring v0.17.14 (*)\n");

        assert_eq!(carried, BTreeSet::from(["ring".to_owned(), "server".to_owned()]));
    }

    #[test]
    fn a_banned_name_is_reported_with_its_reason_and_a_similar_one_is_not() {
        let carried = names("server v1\nopenssl-probe v1\nring v1\nhyper-util v1");

        let violations = violations("server", &carried, SERVER_BANS);

        assert_eq!(violations.len(), 2, "{violations:?}");
        assert!(
            violations
                .iter()
                .any(|v| v.starts_with("server carries ring, but aws-lc-rs is the one crypto backend"))
        );
        assert!(violations.iter().any(|v| v.starts_with("server carries hyper-util")));
    }
}
