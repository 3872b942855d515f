//! The description is complete, and `docs/openapi.json` is it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;

fn described() -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(text()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (path.clone(), method.to_uppercase()))
    });
    methods.collect()
}

#[test]
fn every_route_is_described_and_nothing_else_method_by_method() {
    let endpoints = crate::endpoints();
    // HEAD comes with GET.
    let methods = |endpoint: &Endpoint| {
        let methods = endpoint.methods().iter().filter(|method| **method != "HEAD");
        methods.map(|method| (endpoint.path().to_owned(), (*method).to_owned())).collect::<Vec<_>>()
    };

    let registered: BTreeSet<_> = endpoints.iter().flat_map(methods).collect();
    let described = described();

    let missing: Vec<_> = registered.difference(&described).collect();
    let unknown: Vec<_> = described.difference(&registered).collect();
    assert!(missing.is_empty(), "add #[utoipa::path] and a line in openapi/mod.rs for {missing:?}");
    assert!(unknown.is_empty(), "there is no route {unknown:?}");
}

#[test]
fn every_operation_has_its_own_id_a_summary_and_a_tag() {
    let document: Value = serde_json::from_str(text()).unwrap();
    let known: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();

    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id} twice");
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 3), "{id}");
            assert!(known.contains(operation["tags"][0].as_str().unwrap()), "{id}");
        }
    }
}

/// `just openapi` writes it anew.
#[test]
fn the_checked_in_description_is_the_one_that_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("KEYWRIGHT_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, text()).unwrap();
    }

    let kept = std::fs::read_to_string(&file).unwrap_or_default();

    assert!(kept == text(), "docs/openapi.json is not what is served: write it anew with `just openapi`");
}
