use std::fs;
use std::path::Path;

/// Returns the text of every source file below `folder`.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

#[test]
fn every_promise_is_listed() {
    let listed = include_str!("lib.rs");
    let texts = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let promises: Vec<_> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("pub async fn ")?.strip_suffix("(stores: Stores) {"))
        .collect();

    let forgotten: Vec<_> = promises
        .iter()
        .filter(|promise| !listed.contains(&format!("                {promise},\n")))
        .collect();

    assert!(promises.len() > 20, "{}", promises.len());
    assert_eq!(forgotten, [""; 0].iter().collect::<Vec<_>>());
}
