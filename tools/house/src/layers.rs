//! Which crate of the workspace may know which, and what must stay out of its sight altogether.

use crate::graph::{Graph, Package};

/// The composition root: the one crate that names both the driving and the driven sides.
pub const SERVER: &str = "keywright-server";

/// The sides from which the domain is driven.
pub const DRIVING: &[&str] = &["keywright-api", "keywright-pages"];

/// The sides that the domain drives.
pub const DRIVEN: &[&str] = &["keywright-store", "keywright-adapters"];

/// The rule of one crate.
#[derive(Debug)]
pub struct Layer {
    /// The crate.
    pub name: &'static str,
    /// The crates of the workspace that it may depend on.
    pub knows: &'static [&'static str],
    /// Crates that it must not reach, not even through others; a trailing `*` stands for any rest.
    pub never: &'static [&'static str],
}

/// Crates hidden from the domain: runtimes, frameworks and implementations of ports.
const WORLD: &[&str] =
    &["tokio", "tokio-*", "actix*", "diesel*", "webauthn-rs*", "lettre", "jsonwebtoken", "askama*"];

/// Crates that only the driven sides know.
const BEHIND_PORTS: &[&str] = &[
    "diesel*",
    "libsqlite3-sys",
    "tokio-postgres",
    "lettre",
    "jsonwebtoken",
    "keywright-store",
    "keywright-adapters",
];

const DOMAIN: &[&str] = &["keywright-domain"];

/// Every crate of the workspace but the server, which may know them all. A new crate needs a row.
pub const LAYERS: &[Layer] = &[
    Layer { name: "keywright-domain", knows: &[], never: WORLD },
    Layer { name: "keywright-store-contract", knows: DOMAIN, never: &["actix*", "diesel*"] },
    Layer { name: "keywright-store", knows: DOMAIN, never: &["actix*"] },
    Layer { name: "keywright-adapters", knows: DOMAIN, never: &["actix*"] },
    Layer { name: "keywright-service", knows: DOMAIN, never: WORLD },
    Layer { name: "keywright-web", knows: &["keywright-domain", "keywright-service"], never: BEHIND_PORTS },
    Layer {
        name: "keywright-api",
        knows: &["keywright-domain", "keywright-service", "keywright-web"],
        never: BEHIND_PORTS,
    },
    Layer {
        name: "keywright-pages",
        knows: &["keywright-domain", "keywright-service", "keywright-web", "keywright-api"],
        never: BEHIND_PORTS,
    },
    Layer { name: "keywright-house", knows: &[], never: &[] },
    Layer { name: "keywright-throwaway-postgres", knows: &[], never: &[] },
];

/// Where the workspace breaks the rules of `layers`.
pub fn violations(graph: &Graph, layers: &[Layer]) -> Vec<String> {
    let mut violations = Vec::new();
    for package in graph.members() {
        match layers.iter().find(|layer| layer.name == package.name) {
            Some(layer) => {
                violations.extend(unknown_members(graph, package, layer));
                violations.extend(forbidden(graph, package, layer));
            }
            None if package.name == SERVER => {}
            None => violations.push(format!(
                "{}: {} has no row in LAYERS (tools/house/src/layers.rs) that says what it may know",
                graph.place(package, "name"),
                package.name
            )),
        }
    }
    let gone = |layer: &&Layer| !graph.members().any(|package| package.name == layer.name);
    violations.extend(layers.iter().filter(gone).map(|layer| {
        format!("tools/house/src/layers.rs: LAYERS has a row for {}, which does not exist", layer.name)
    }));
    violations
}

/// The crates besides the server that name a driving and a driven side at once.
pub fn second_composition_roots(graph: &Graph) -> Vec<String> {
    let mut violations = Vec::new();
    for package in graph.members().filter(|package| package.name != SERVER) {
        let members = graph.direct_members(package);
        let first = |side: &[&str]| members.iter().copied().find(|name| side.contains(name));
        if let (Some(driving), Some(driven)) = (first(DRIVING), first(DRIVEN)) {
            let place = graph.place(package, driven);
            violations
                .push(format!("{place}: {} names {driving} and {driven}; only {SERVER} may", package.name));
        }
    }
    violations
}

/// True if `name` is one of `patterns`.
pub(crate) fn matches(name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

fn unknown_members(graph: &Graph, package: &Package, layer: &Layer) -> Vec<String> {
    let members = graph.direct_members(package);
    let unknown = members.into_iter().filter(|member| !layer.knows.contains(member));
    unknown
        .map(|member| {
            let place = graph.place(package, member);
            format!(
                "{place}: {} depends on {member}; of this workspace it may know {:?}",
                layer.name, layer.knows
            )
        })
        .collect()
}

fn forbidden(graph: &Graph, package: &Package, layer: &Layer) -> Vec<String> {
    let chains = graph.chains(package, |name| matches(name, layer.never));
    chains
        .into_iter()
        .map(|chain| {
            let place = graph.place(package, chain.get(1).copied().unwrap_or_default());
            let reached = chain.last().copied().unwrap_or_default();
            format!("{place}: {} must not reach {reached}: {}", layer.name, chain.join(" -> "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    const LAYERS: &[Layer] = &[
        Layer { name: "domain", knows: &[], never: &["tokio", "diesel*"] },
        Layer { name: "house", knows: &["domain"], never: &["tokio"] },
    ];

    /// A workspace of `members`, in which each of `edges` is a normal dependency.
    fn graph(members: &[&str], edges: &[(&str, &str)]) -> Graph {
        let names: BTreeSet<&str> = members.iter().copied().chain(edges.iter().map(|(_, to)| *to)).collect();
        let package = |name: &&str| json!({"id": name, "name": name, "manifest_path": "/w/Cargo.toml"});
        let node = |name: &&str| {
            let ends = edges.iter().filter(|(from, _)| from == name).map(|(_, to)| to);
            let deps: Vec<_> = ends.map(|to| json!({"pkg": to, "dep_kinds": [{"kind": null}]})).collect();
            json!({"id": name, "deps": deps})
        };
        let metadata = json!({
            "workspace_root": "/w",
            "workspace_members": members,
            "packages": names.iter().map(package).collect::<Vec<_>>(),
            "resolve": {"nodes": names.iter().map(node).collect::<Vec<_>>()},
        });
        Graph::parse(&metadata.to_string()).unwrap()
    }

    #[test]
    fn a_layered_workspace_has_no_violations() {
        let graph =
            graph(&["domain", "house"], &[("house", "domain"), ("domain", "serde"), ("house", "diesel")]);

        assert_eq!(violations(&graph, LAYERS), [""; 0]);
    }

    #[test]
    fn what_is_reached_through_others_is_reported_with_the_way_to_it() {
        let graph = graph(&["domain", "house"], &[("domain", "pool"), ("pool", "diesel-async")]);

        let expected = "Cargo.toml:1: domain must not reach diesel-async: domain -> pool -> diesel-async";
        assert_eq!(violations(&graph, LAYERS), [expected]);
    }

    #[test]
    fn a_layer_that_knows_another_is_reported() {
        let graph = graph(&["domain", "house"], &[("domain", "house")]);

        let expected = "Cargo.toml:1: domain depends on house; of this workspace it may know []";
        assert_eq!(violations(&graph, LAYERS), [expected]);
    }

    #[test]
    fn a_crate_without_a_rule_and_a_rule_without_a_crate_are_reported() {
        let graph = graph(&["domain", "new"], &[]);

        let violations = violations(&graph, LAYERS);

        assert_eq!(violations.len(), 2, "{violations:?}");
        assert!(violations.iter().any(|v| v.contains("new has no row")));
        assert!(violations.iter().any(|v| v.contains("a row for house")));
    }

    #[test]
    fn only_the_server_names_both_sides() {
        let sides = ["keywright-api", "keywright-store", SERVER, "tool"];
        let both = |from| [(from, "keywright-api"), (from, "keywright-store")];

        let server = graph(&sides, &both(SERVER));
        let tool = graph(&sides, &both("tool"));

        assert_eq!(second_composition_roots(&server), [""; 0]);
        let expected =
            "Cargo.toml:1: tool names keywright-api and keywright-store; only keywright-server may";
        assert_eq!(second_composition_roots(&tool), [expected]);
    }
}
