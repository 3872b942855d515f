//! What depends on what, as `cargo metadata` resolves it: normal dependencies only (none of tests or build
//! scripts), for every platform and with the features that the workspace as a whole turns on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A package of the graph.
#[derive(Debug, Deserialize)]
pub struct Package {
    id: String,
    /// Its name, as Cargo.toml has it.
    pub name: String,
    /// Where its Cargo.toml is.
    pub manifest_path: PathBuf,
}

/// The resolved dependency graph of a workspace.
#[derive(Debug)]
pub struct Graph {
    packages: BTreeMap<String, Package>,
    edges: BTreeMap<String, Vec<String>>,
    members: BTreeSet<String>,
    root: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    workspace_root: PathBuf,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None is a normal dependency.
    kind: Option<String>,
}

impl Graph {
    /// Asks cargo for the graph of the workspace at `root`.
    pub fn load(root: &Path) -> Result<Self> {
        Self::parse(&cargo(root, &["metadata", "--locked", "--offline", "--format-version", "1"])?)
    }

    /// Reads what `cargo metadata --format-version 1` prints.
    pub fn parse(json: &str) -> Result<Self> {
        let metadata: Metadata = serde_json::from_str(json).context("cargo metadata is not what it was")?;
        let normal = |edge: &Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
        let edges = metadata.resolve.nodes.into_iter().map(|node| {
            let ends = node.deps.into_iter().filter(normal).map(|edge| edge.pkg).collect();
            (node.id, ends)
        });
        Ok(Self {
            edges: edges.collect(),
            packages: metadata.packages.into_iter().map(|package| (package.id.clone(), package)).collect(),
            members: metadata.workspace_members,
            root: metadata.workspace_root,
        })
    }

    /// The packages of the workspace itself.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.members.iter().filter_map(|id| self.packages.get(id))
    }

    /// The packages of the workspace that `package` names in its own Cargo.toml.
    pub fn direct_members<'graph>(&'graph self, package: &Package) -> Vec<&'graph str> {
        self.ends(&package.id)
            .filter(|id| self.members.contains(*id))
            .filter_map(|id| self.name(id))
            .collect()
    }

    /// The shortest chain, from `package` on, to each package whose name `matches`.
    pub fn chains(&self, package: &Package, matches: impl Fn(&str) -> bool) -> Vec<Vec<&str>> {
        let mut reached_from: BTreeMap<&str, Option<&str>> = BTreeMap::from([(package.id.as_str(), None)]);
        let mut queue = VecDeque::from([package.id.as_str()]);
        let mut found = Vec::new();
        while let Some(id) = queue.pop_front() {
            if id != package.id && self.name(id).is_some_and(&matches) {
                found.push(id);
            }
            for end in self.ends(id).filter_map(|end| self.packages.get(end)) {
                if !reached_from.contains_key(end.id.as_str()) {
                    reached_from.insert(&end.id, self.packages.get(id).map(|from| from.id.as_str()));
                    queue.push_back(&end.id);
                }
            }
        }
        let back = |id: &&str| reached_from.get(id).copied().flatten();
        found
            .into_iter()
            .map(|id| {
                let ids = std::iter::successors(Some(id), back);
                let mut names: Vec<_> = ids.filter_map(|id| self.name(id)).collect();
                names.reverse();
                names
            })
            .collect()
    }

    /// Where `package` asks for `dependency`: `crates/domain/Cargo.toml:14`.
    pub fn place(&self, package: &Package, dependency: &str) -> String {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
        let path = package.manifest_path.strip_prefix(&self.root).unwrap_or(&package.manifest_path);
        format!("{}:{}", path.display(), line_of(&manifest, dependency))
    }

    fn ends(&self, id: &str) -> impl Iterator<Item = &str> {
        self.edges.get(id).into_iter().flatten().map(String::as_str)
    }

    fn name(&self, id: &str) -> Option<&str> {
        self.packages.get(id).map(|package| package.name.as_str())
    }
}

/// Runs cargo at `root` and returns what it prints.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(arguments).current_dir(root).output().context("cargo does not start")?;
    let shown = arguments.join(" ");
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`cargo {shown}` failed (when a package is missing here, `cargo fetch --locked` brings it):\n{errors}"
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// The line of a Cargo.toml on which `dependency` stands, from 1; the first when there is none.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names_it =
        |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(names_it).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` is a member; it needs `b`, which needs `c`; `d` is for the tests of `a` only.
    const METADATA: &str = r#"{
        "workspace_root": "/w", "workspace_members": ["a 1", "b 1"],
        "packages": [
            {"id": "a 1", "name": "a", "manifest_path": "/w/a/Cargo.toml"},
            {"id": "b 1", "name": "b", "manifest_path": "/w/b/Cargo.toml"},
            {"id": "c 1", "name": "c", "manifest_path": "/c/Cargo.toml"},
            {"id": "d 1", "name": "d", "manifest_path": "/d/Cargo.toml"}
        ],
        "resolve": {"nodes": [
            {"id": "a 1", "deps": [
                {"pkg": "b 1", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "d 1", "dep_kinds": [{"kind": "dev"}]}
            ]},
            {"id": "b 1", "deps": [{"pkg": "c 1", "dep_kinds": [{"kind": null}]}]},
            {"id": "c 1", "deps": [{"pkg": "b 1", "dep_kinds": [{"kind": "build"}]}]},
            {"id": "d 1", "deps": []}
        ]}
    }"#;

    #[test]
    fn a_chain_leads_to_whatever_is_reached_through_others() {
        let graph = Graph::parse(METADATA).unwrap();
        let a = graph.members().next().unwrap();

        assert_eq!(graph.chains(a, |name| name == "c"), [vec!["a", "b", "c"]]);
        assert_eq!(graph.direct_members(a), ["b"]);
    }

    #[test]
    fn what_only_tests_need_is_not_reached() {
        let graph = Graph::parse(METADATA).unwrap();
        let a = graph.members().next().unwrap();

        assert!(graph.chains(a, |name| name == "d").is_empty());
    }

    #[test]
    fn a_place_is_the_line_that_asks_for_the_dependency() {
        let manifest = "[dependencies]\nserde_json = \"1\"\nserde.workspace = true\n";

        assert_eq!(line_of(manifest, "serde"), 3);
        assert_eq!(line_of(manifest, "absent"), 1);
    }
}
