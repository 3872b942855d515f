//! The migrations are embedded: a new one must have the crate built anew.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
