//! The sizes above which a file or a function deserves a second look, tests not counted. They are advice: two
//! halves of one idea are harder to read than one long file.

use crate::source::Source;

/// The lines of a long file.
const FILE: usize = 250;

/// The lines of a very long file.
const VERY_LONG_FILE: usize = 400;

/// The lines of a long function.
const FUNCTION: usize = 60;

/// The files and functions that are longer than advised.
pub fn warnings(sources: &[Source]) -> Vec<String> {
    sources.iter().filter_map(long_file).chain(sources.iter().flat_map(long_functions)).collect()
}

fn long_file(source: &Source) -> Option<String> {
    let limit = [VERY_LONG_FILE, FILE].into_iter().find(|limit| source.lines > *limit)?;
    Some(format!("{}:1: {} lines, more than {limit}", source.path.display(), source.lines))
}

fn long_functions(source: &Source) -> impl Iterator<Item = String> {
    let long = source.functions.iter().filter(|function| function.lines > FUNCTION);
    long.map(|function| {
        let (path, line) = (source.path.display(), function.line);
        format!("{path}:{line}: fn {} has {} lines, more than {FUNCTION}", function.name, function.lines)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(Path::new(path), text).unwrap()
    }

    #[test]
    fn a_file_is_reported_with_the_limit_that_it_exceeds() {
        let lines = |count: usize| "const A: u8 = 0;\n".repeat(count);
        let sources = [
            source("fits.rs", &lines(FILE)),
            source("long.rs", &lines(VERY_LONG_FILE)),
            source("very_long.rs", &lines(VERY_LONG_FILE + 1)),
        ];

        let expected = ["long.rs:1: 400 lines, more than 250", "very_long.rs:1: 401 lines, more than 400"];
        assert_eq!(warnings(&sources), expected);
    }

    #[test]
    fn a_long_function_is_reported_at_its_line() {
        let text = format!(
            "fn fits() {{\n{}}}\nfn long() {{\n{}}}\n",
            "    a();\n".repeat(58),
            "    a();\n".repeat(59)
        );

        assert_eq!(warnings(&[source("a.rs", &text)]), ["a.rs:61: fn long has 61 lines, more than 60"]);
    }
}
