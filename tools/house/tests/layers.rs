//! The layers of the workspace hold.

use anyhow::{Result, ensure};
use keywright_house::graph::Graph;
use keywright_house::source::Source;
use keywright_house::{circles, hold, layers, root, tree};

#[test]
fn every_crate_knows_only_the_layers_it_may() -> Result<()> {
    hold(&layers::violations(&Graph::load(&root())?, layers::LAYERS))
}

#[test]
fn no_files_or_modules_import_each_other_in_a_circle() -> Result<()> {
    hold(&circles::violations(&Source::all(&root())?, circles::ONE_IDEA, circles::TO_GO))
}

#[test]
fn only_the_server_names_both_sides_of_the_domain() -> Result<()> {
    hold(&layers::second_composition_roots(&Graph::load(&root())?))
}

#[test]
fn the_server_has_one_crypto_backend_and_no_http_client() -> Result<()> {
    let carried = tree::carried(&root(), layers::SERVER, &[])?;

    ensure!(carried.contains("rustls"), "this is not the server's tree: {carried:?}");
    hold(&tree::violations(layers::SERVER, &carried, tree::SERVER_BANS))
}

#[test]
fn the_memory_store_has_no_database() -> Result<()> {
    let carried =
        tree::carried(&root(), "keywright-store", &["--no-default-features", "--features", "memory"])?;

    ensure!(carried.contains("keywright-domain"), "this is not the store's tree: {carried:?}");
    hold(&tree::violations("keywright-store", &carried, tree::MEMORY_STORE_BANS))
}
