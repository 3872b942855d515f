//! How long files and functions may be, tests not counted.

use crate::source::Source;

/// The most lines of a file.
pub const FILE: usize = 250;

/// The most lines of a file that one idea needs: those of [`TALL_FILES`].
pub const TALL_FILE: usize = 400;

/// The most lines, blank ones not counted, of the median file.
pub const MEDIAN: usize = 90;

/// The most lines of a function.
pub const FUNCTION: usize = 60;

/// The most rows of [`TALL_FILES`].
pub const TALL_FILES_IN_ALL: usize = 5;

/// A file that may be longer than others.
#[derive(Debug)]
pub struct TallFile {
    /// Its path from the root of the workspace.
    pub path: &'static str,
    /// The one idea that would be harder to read in two files.
    pub because: &'static str,
}

/// The files that may have up to [`TALL_FILE`] lines.
pub const TALL_FILES: &[TallFile] = &[TallFile {
    path: "crates/store-contract/src/lib.rs",
    because: "the list of every promise, so that none is tried on one store and not on another",
}];

/// The files that are too long, and the rows of `tall` that are not needed.
pub fn long_files(sources: &[Source], tall: &[TallFile]) -> Vec<String> {
    let row = |source: &Source| tall.iter().find(|file| source.path.ends_with(file.path));
    let limit = |source: &Source| if row(source).is_some() { TALL_FILE } else { FILE };
    let long = sources.iter().filter(|source| source.lines > limit(source)).map(|source| {
        format!("{}:1: {} lines, at most {}", source.path.display(), source.lines, limit(source))
    });
    let needs_row = |file: &TallFile| sources.iter().any(|s| s.path.ends_with(file.path) && s.lines > FILE);
    let needless = tall.iter().filter(|file| file.because.is_empty() || !needs_row(file)).map(|file| {
        format!("tools/house/src/sizes.rs: {} has no reason, or no need, to be among TALL_FILES", file.path)
    });
    let many = (tall.len() > TALL_FILES_IN_ALL)
        .then(|| format!("tools/house/src/sizes.rs: {} TALL_FILES, at most {TALL_FILES_IN_ALL}", tall.len()));
    long.chain(needless).chain(many).collect()
}

/// When the median file is too long: that, and every file above the limit.
pub fn long_median(sources: &[Source]) -> Vec<String> {
    let mut filled: Vec<_> = sources.iter().map(|source| source.filled).collect();
    filled.sort_unstable();
    let median = filled.get(filled.len() / 2).copied().unwrap_or_default();
    if median <= MEDIAN {
        return Vec::new();
    }
    let above = sources.iter().filter(|source| source.filled > MEDIAN);
    let above = above
        .map(|source| format!("{}:1: {} lines that are not blank", source.path.display(), source.filled));
    std::iter::once(format!("the median file has {median} lines that are not blank, at most {MEDIAN}"))
        .chain(above)
        .collect()
}

/// The functions that are too long.
pub fn long_functions(sources: &[Source]) -> Vec<String> {
    let functions =
        sources.iter().flat_map(|source| source.functions.iter().map(move |function| (source, function)));
    let long = functions.filter(|(_, function)| function.lines > FUNCTION);
    long.map(|(source, function)| {
        let (path, line) = (source.path.display(), function.line);
        format!("{path}:{line}: fn {} has {} lines, at most {FUNCTION}", function.name, function.lines)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(Path::new(path), text).unwrap()
    }

    fn lines(count: usize) -> String {
        "const A: u8 = 0;\n".repeat(count)
    }

    const TALL: &[TallFile] = &[TallFile { path: "tall.rs", because: "one table" }];

    #[test]
    fn a_file_may_have_exactly_as_many_lines_as_the_limit() {
        let sources = [source("fits.rs", &lines(FILE)), source("tall.rs", &lines(TALL_FILE))];

        assert_eq!(long_files(&sources, TALL), [""; 0]);
    }

    #[test]
    fn every_file_beyond_its_limit_is_reported() {
        let sources = [source("long.rs", &lines(FILE + 1)), source("tall.rs", &lines(TALL_FILE + 1))];

        let expected = ["long.rs:1: 251 lines, at most 250", "tall.rs:1: 401 lines, at most 400"];
        assert_eq!(long_files(&sources, TALL), expected);
    }

    #[test]
    fn a_row_for_a_file_that_fits_is_reported() {
        let violations = long_files(&[source("tall.rs", &lines(FILE))], TALL);

        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations.iter().all(|v| v.contains("tall.rs has no reason, or no need")));
    }

    #[test]
    fn a_long_median_names_the_files_above_it_and_blank_lines_are_free() {
        let short = source("short.rs", &lines(1));
        let roomy = source("roomy.rs", &format!("{}{}", lines(MEDIAN), "\n".repeat(MEDIAN)));
        let long = source("long.rs", &lines(MEDIAN + 1));

        assert_eq!(long_median(&[short, roomy]), [""; 0]);
        let expected = [
            "the median file has 91 lines that are not blank, at most 90",
            "long.rs:1: 91 lines that are not blank",
        ];
        assert_eq!(long_median(&[long]), expected);
    }

    #[test]
    fn a_long_function_is_reported_at_its_line() {
        let text = format!(
            "fn fits() {{\n{}}}\nfn long() {{\n{}}}\n",
            "    a();\n".repeat(58),
            "    a();\n".repeat(59)
        );

        assert_eq!(long_functions(&[source("a.rs", &text)]), ["a.rs:61: fn long has 61 lines, at most 60"]);
    }
}
