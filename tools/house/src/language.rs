//! Documentation comments begin with a noun phrase or a verb.

use std::path::{Path, PathBuf};

/// The words that turn a definition into a riddle.
const RIDDLES: &[&str] = &["What", "Who", "How", "Whether"];

/// The documentation comments that begin with a word of riddles, such as "What".
pub fn riddles(texts: &[(PathBuf, String)]) -> Vec<String> {
    texts.iter().flat_map(|(path, text)| riddles_of(path, text)).collect()
}

fn riddles_of(path: &Path, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let comment = comment(line);
        let first = comment.unwrap_or_default().split_whitespace().next().unwrap_or_default();
        if !inside && RIDDLES.contains(&first) {
            let (path, line) = (path.display(), index + 1);
            violations.push(format!(
                "{path}:{line}: a documentation comment begins with a noun or a verb, not with {first}"
            ));
        }
        inside = comment.is_some();
    }
    violations
}

/// The text of a line that is a documentation comment.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("/// ").or_else(|| line.strip_prefix("//! "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_paragraph_is_judged() {
        let text = "//! How it works.\n\n/// Whatever.\n/// Who knows.\n///\n/// Who else?\nstruct A;\n";

        let violations = riddles(&[("a.rs".into(), text.to_owned())]);

        let places: Vec<_> = violations.iter().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(places, ["a.rs:1", "a.rs:6"]);
    }
}
