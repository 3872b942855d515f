//! Inside a crate, no files and no sibling modules import each other in a circle.
//!
//! A file counts with its code and its imports. Its re-exports are left out: a facade names its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source::{Reference, Source};

/// A module that is one idea with those below it: they may import from it.
#[derive(Debug)]
pub struct OneIdea {
    /// The folder of the modules below it.
    pub folder: &'static str,
    /// The reason.
    pub because: &'static str,
}

/// The modules that may be imported by those below them, although they import them, too.
pub const ONE_IDEA: &[OneIdea] = &[
    OneIdea {
        folder: "bins/keywright-server/src/command",
        because: "the verbs share the arguments and the output of the command line that lists them",
    },
    OneIdea {
        folder: "bins/keywright-server/src/command/doctor",
        because: "the groups of checks share the check that the list of them is made of",
    },
    OneIdea {
        folder: "crates/adapters/src/mail_renderer",
        because: "the mails about an account are rendered by the renderer that chooses among them",
    },
    OneIdea {
        folder: "crates/api/src",
        because: "the description of the endpoints is served by one of them, and asks all for their paths",
    },
    OneIdea {
        folder: "crates/store/src/postgres",
        because: "the parts of a store share its type, its options and its connection",
    },
    OneIdea {
        folder: "crates/store/src/sqlite",
        because: "the parts of a store share its type, its options and its connection",
    },
    OneIdea {
        folder: "crates/store/src/sql",
        because: "the commands share the types that the backends mount them with",
    },
];

/// The circles that are still to be untied, each with its files or modules.
pub const TO_GO: &[&[&str]] = &[&[
    "crates/adapters/src/test_support/smtp_dialogue.rs",
    "crates/adapters/src/test_support/smtp_listener.rs",
]];

/// An import: from, to, and the line.
type Edges<'a> = BTreeMap<(&'a str, &'a str), usize>;

/// The circles that no row of `to_go` contains, and the rows of `ideas` that nothing needs.
pub fn violations(sources: &[Source], ideas: &[OneIdea], to_go: &[&[&str]]) -> Vec<String> {
    let mut files = edges(sources);
    let mut violations = Vec::new();
    for idea in ideas {
        let up = |&(from, to): &(&str, &str)| is_down((to, from), idea);
        if !(files.keys().any(up) && files.keys().any(|edge| is_down(*edge, idea))) {
            violations.push(format!(
                "tools/house/src/circles.rs: ONE_IDEA lists {}, which is in no circle",
                idea.folder
            ));
        }
        files.retain(|edge, _| !up(edge));
    }
    let is_known = |circle: &BTreeSet<&str>| to_go.iter().any(|row| circle.iter().all(|it| row.contains(it)));
    let unknown = circles(&files).into_iter().filter(|circle| !is_known(circle));
    violations.extend(unknown.map(|circle| report("files", &circle, &files)));
    let folders = folders(&files);
    for folder in &folders {
        let siblings = siblings(&files, folder);
        let has_folder = |circle: &BTreeSet<&str>| circle.iter().any(|module| folders.contains(module));
        let unknown = circles(&siblings).into_iter().filter(|circle| has_folder(circle) && !is_known(circle));
        violations.extend(unknown.map(|circle| report("modules", &circle, &siblings)));
    }
    violations
}

/// Tells whether an import leads from the module of `idea` to one below it.
fn is_down((from, to): (&str, &str), idea: &OneIdea) -> bool {
    let (OneIdea { folder, .. }, from) = (idea, Path::new(from));
    let is_parent = ["mod.rs", "lib.rs"].iter().any(|name| from == Path::new(folder).join(name));
    (is_parent || from == Path::new(folder).with_extension("rs")) && Path::new(to).starts_with(folder)
}

fn report(kind: &str, circle: &BTreeSet<&str>, edges: &Edges<'_>) -> String {
    let inside = edges.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
    let lines: Vec<_> = inside.map(|((from, to), line)| format!("{from} (line {line}) -> {to}")).collect();
    format!("these {kind} import each other:\n    {}", lines.join("\n    "))
}

/// The imports between the files of each crate.
fn edges(sources: &[Source]) -> Edges<'_> {
    let modules: BTreeMap<_, _> = sources
        .iter()
        .filter_map(|source| {
            let path = source.path.to_str()?;
            Some((module(path)?, path))
        })
        .collect();
    let mut edges = Edges::new();
    for source in sources {
        let Some((from, (root, here))) = source.path.to_str().and_then(|path| Some((path, module(path)?)))
        else {
            continue;
        };
        for reference in &source.references {
            let Some(target) = resolve(root, &here, reference, &modules) else { continue };
            if target != from {
                edges.entry((from, target)).or_insert(reference.line);
            }
        }
    }
    edges
}

/// A module: the folder of its crate, and its path inside.
type Module<'a> = (&'a str, Vec<String>);

/// The module of a file, unless it is no part of a library or of its only binary.
fn module(path: &str) -> Option<Module<'_>> {
    let (root, file) = path.split_once("/src/")?;
    let mut names: Vec<_> = file.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|name| ["mod", "lib"].contains(&name.as_str())) {
        names.pop();
    }
    (names != ["main"]).then_some((root, names))
}

/// The file of the module that a reference names or whose item it names.
fn resolve<'a>(
    root: &str,
    here: &[String],
    reference: &Reference,
    modules: &BTreeMap<Module<'_>, &'a str>,
) -> Option<&'a str> {
    let mut at = here.to_vec();
    let mut segments = reference.segments.as_slice();
    match segments.first()?.as_str() {
        "crate" => {
            at.clear();
            segments = segments.get(1..)?;
        }
        "self" => segments = segments.get(1..)?,
        "super" => {
            while let Some(rest) = segments.strip_prefix(&["super".to_owned()]) {
                at.pop()?;
                segments = rest;
            }
        }
        name => {
            // A module declared in this file, or else another crate or a name in scope.
            let child = [here, &[name.to_owned()]].concat();
            modules.get(&(root, child))?;
        }
    }
    for segment in segments {
        at.push(segment.clone());
        if !modules.contains_key(&(root, at.clone())) {
            at.pop();
            break;
        }
    }
    modules.get(&(root, at)).copied()
}

/// The folders that contain a file of `files`, and those around them.
fn folders<'a>(files: &Edges<'a>) -> BTreeSet<&'a str> {
    let names = files.keys().flat_map(|(from, to)| [*from, *to]);
    names.flat_map(|name| Path::new(name).ancestors().skip(1).filter_map(Path::to_str)).collect()
}

/// The imports between the modules of `folder`, each taken with everything below it.
fn siblings<'a>(files: &Edges<'a>, folder: &str) -> Edges<'a> {
    let inside = |name: &'a str| {
        let rest = name.strip_prefix(folder)?.strip_prefix('/')?;
        let length = rest.find('/').unwrap_or(rest.len());
        let is_facade = ["mod.rs", "lib.rs"].contains(&rest);
        let module = name.get(..folder.len() + 1 + length)?;
        (!is_facade).then(|| module.strip_suffix(".rs").unwrap_or(module))
    };
    let mut edges = Edges::new();
    for ((from, to), line) in files {
        if let (Some(from), Some(to)) = (inside(from), inside(to))
            && from != to
        {
            edges.entry((from, to)).or_insert(*line);
        }
    }
    edges
}

/// The largest sets whose members all reach each other.
fn circles<'a>(edges: &Edges<'a>) -> BTreeSet<BTreeSet<&'a str>> {
    let names: BTreeSet<_> = edges.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let closure: BTreeMap<_, _> = names.iter().map(|name| (*name, reachable(edges, name))).collect();
    let reaches = |from: &str, to: &str| closure.get(from).is_some_and(|names| names.contains(to));
    let circle = |name: &&'a str| -> BTreeSet<_> {
        names.iter().copied().filter(|other| reaches(name, other) && reaches(other, name)).collect()
    };
    names.iter().map(circle).filter(|circle| circle.len() > 1).collect()
}

fn reachable<'a>(edges: &Edges<'a>, start: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut queue = vec![start];
    while let Some(name) = queue.pop() {
        let next = edges.range((name, "")..).take_while(|((from, _), _)| *from == name);
        queue.extend(next.map(|((_, to), _)| *to).filter(|to| reached.insert(*to)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Vec<Source> {
        files.iter().map(|(path, text)| Source::parse(Path::new(path), text).unwrap()).collect()
    }

    const CIRCLE: &[(&str, &str)] =
        &[("c/src/a.rs", "use crate::b::B;\n"), ("c/src/b.rs", "fn f() -> super::a::A {}\n")];

    #[test]
    fn files_that_import_each_other_are_reported_with_their_lines() {
        let violations = violations(&sources(CIRCLE), &[], &[]);

        let expected = "these files import each other:\n    \
                        c/src/a.rs (line 1) -> c/src/b.rs\n    c/src/b.rs (line 1) -> c/src/a.rs";
        assert_eq!(violations, [expected]);
    }

    #[test]
    fn a_circle_through_a_third_file_is_one_circle() {
        let files = [
            ("c/src/a/mod.rs", "use crate::b;\n"),
            ("c/src/b.rs", "use crate::d::D;\n"),
            ("c/src/d.rs", "use crate::a::A;\n"),
        ];

        let violations = violations(&sources(&files), &[], &[]);

        assert!(violations.iter().any(|v| v.matches("->").count() == 3), "{violations:?}");
    }

    #[test]
    fn folders_that_import_each_other_are_reported_even_if_no_two_files_do() {
        let files = [
            ("c/src/a/mod.rs", ""),
            ("c/src/a/x.rs", "use crate::b::B;\n"),
            ("c/src/b/mod.rs", ""),
            ("c/src/b/y.rs", "use crate::a::A;\n"),
        ];

        let violations = violations(&sources(&files), &[], &[]);

        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations.iter().all(|v| v.contains("c/src/a (line 1) -> c/src/b")), "{violations:?}");
    }

    #[test]
    fn a_parent_may_not_import_from_its_child_and_back_but_may_re_export() {
        let child = ("c/src/a/b.rs", "use super::A;\n");

        assert_eq!(violations(&sources(&[("c/src/a/mod.rs", "pub use b::B;\n"), child]), &[], &[]), [""; 0]);
        assert_eq!(violations(&sources(&[("c/src/a/mod.rs", "use b::B;\n"), child]), &[], &[]).len(), 1);
    }

    #[test]
    fn a_circle_is_no_violation_if_one_row_lists_all_of_it() {
        let row = ["c/src/a.rs", "c/src/b.rs"];

        assert_eq!(violations(&sources(CIRCLE), &[], &[&row]), [""; 0]);
        assert_eq!(violations(&sources(CIRCLE), &[], &[&row[..1]]).len(), 1);
    }

    #[test]
    fn a_module_that_is_one_idea_with_those_below_it_may_be_imported_by_them() {
        let idea = [OneIdea { folder: "c/src/a", because: "r" }];
        let files = [("c/src/a/mod.rs", "use b::B;\n"), ("c/src/a/b.rs", "use super::A;\n")];

        assert_eq!(violations(&sources(&files), &idea, &[]), [""; 0]);
        assert_eq!(violations(&[], &idea, &[]).len(), 1);
    }
}
