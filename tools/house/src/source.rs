//! The facts of one source file that the rules need, tests excluded.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, ImplItemFn, Item, ItemFn, ItemMod, ItemUse, Meta, Path as RustPath, Signature, TraitItemFn,
    UseTree, Visibility,
};

/// The folders of the workspace that contain code.
const FOLDERS: &[&str] = &["bins", "crates", "tools"];

/// A function, without its documentation and attributes.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line on which it starts.
    pub line: usize,
    /// The number of its lines.
    pub lines: usize,
}

/// A path in the code, such as `crate::user::User` or `super::port::Find`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its segments. `super` inside an inline module is relative to the file.
    pub segments: Vec<String>,
    /// The line on which it starts.
    pub line: usize,
}

/// The contents of a source file outside its tests.
#[derive(Debug, Default)]
pub struct Source {
    /// Its path from the root of the workspace.
    pub path: PathBuf,
    /// The number of its lines.
    pub lines: usize,
    /// Its functions and methods, nested ones too.
    pub functions: Vec<Function>,
    /// The lines on which an attribute lifts the ban on methods of `clippy.toml`.
    pub lifted_bans: Vec<usize>,
    /// The paths that it imports or names, without its re-exports and without the insides of macros.
    pub references: Vec<Reference>,
    /// The test modules that have a file of their own.
    test_modules: Vec<String>,
}

impl Source {
    /// Reads `text`, the contents of the file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let file = syn::parse_file(text).with_context(|| format!("{} is not Rust", path.display()))?;
        let mut survey = Survey::default();
        survey.visit_file(&file);
        Ok(Self {
            path: path.to_owned(),
            lines: text.lines().count().saturating_sub(survey.test_lines.len()),
            functions: survey.functions,
            references: survey.references,
            lifted_bans: survey.lifted_bans,
            test_modules: survey.test_modules,
        })
    }

    /// Reads every source file of the workspace at `root`, except those in folders named `tests`, test modules
    /// with a file of their own, and the generated `schema.rs`.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let is_production = |path: &Path| {
            !path.components().any(|part| part.as_os_str() == "tests") && !path.ends_with("schema.rs")
        };
        let texts = texts(root)?.into_iter().filter(|(path, _)| is_production(path));
        let sources = texts.map(|(path, text)| Self::parse(&path, &text)).collect::<Result<Vec<_>>>()?;
        Ok(without_test_modules(sources))
    }

    /// The folders and files, without their extension, of this file's test modules.
    fn test_module_paths(&self) -> impl Iterator<Item = PathBuf> {
        let stem = self.path.file_stem().unwrap_or_default();
        let is_folder = ["lib", "main", "mod"].iter().any(|name| stem == *name);
        let base = if is_folder { self.path.with_file_name("") } else { self.path.with_extension("") };
        self.test_modules.iter().map(move |name| base.join(name))
    }
}

fn without_test_modules(mut sources: Vec<Source>) -> Vec<Source> {
    let excluded: BTreeSet<PathBuf> = sources.iter().flat_map(Source::test_module_paths).collect();
    let is_test = |path: &Path| path.with_extension("").ancestors().any(|part| excluded.contains(part));
    sources.retain(|source| !is_test(&source.path));
    sources
}

/// Every Rust file of the workspace at `root`, tests included: its path from there and its text.
pub fn texts(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths)?;
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((path.strip_prefix(root).unwrap_or(&path).to_owned(), text))
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                collect(&path, paths)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Survey {
    functions: Vec<Function>,
    lifted_bans: Vec<usize>,
    test_lines: BTreeSet<usize>,
    test_modules: Vec<String>,
    references: Vec<Reference>,
    /// The number of inline modules around the current item.
    depth: usize,
}

impl Survey {
    /// Records a path. Each `super` that only leaves an inline module is dropped.
    fn refer(&mut self, mut segments: Vec<String>, line: usize) {
        let inside = segments.iter().take_while(|segment| *segment == "super").count().min(self.depth);
        segments.drain(..inside);
        self.references.push(Reference { segments, line });
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], line: usize) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(path.ident.to_string()), line),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, tree.span().start().line);
                }
            }
            UseTree::Name(name) => self.refer(with(name.ident.to_string()), line),
            UseTree::Rename(rename) => self.refer(with(rename.ident.to_string()), line),
            UseTree::Glob(_) => self.refer(prefix.to_vec(), line),
        }
    }

    fn skip(&mut self, tests: Span) {
        self.test_lines.extend(tests.start().line..=tests.end().line);
    }

    fn measure(&mut self, signature: &Signature, body: Span) {
        let line = signature.span().start().line;
        let lines = body.end().line.saturating_sub(line) + 1;
        self.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Survey {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            return visit::visit_item(self, item);
        }
        self.skip(item.span());
        if let Item::Mod(module) = item
            && module.content.is_none()
        {
            self.test_modules.push(module.ident.to_string());
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        if matches!(import.vis, Visibility::Inherited) && import.leading_colon.is_none() {
            self.import(&import.tree, &[], import.span().start().line);
        }
    }

    fn visit_path(&mut self, path: &'ast RustPath) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.refer(segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.sig, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        if method.attrs.iter().any(is_for_tests) {
            return self.skip(method.span());
        }
        self.measure(&method.sig, method.block.span());
        visit::visit_impl_item_fn(self, method);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast TraitItemFn) {
        if let Some(body) = &method.default {
            self.measure(&method.sig, body.span());
        }
        visit::visit_trait_item_fn(self, method);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && list.tokens.to_string().contains("disallowed_methods")
        {
            self.lifted_bans.push(attribute.span().start().line);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, also among other conditions, `#[test]`, or another crate's `#[….test]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    match &attribute.meta {
        Meta::Path(path) => path.segments.last().is_some_and(|segment| segment.ident == "test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args().is_ok_and(|meta| needs_test(&meta))
        }
        _ => false,
    }
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts =
                list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| parts.iter().any(needs_test))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Source {
        Source::parse(Path::new("crates/a/src/lib.rs"), text).unwrap()
    }

    #[test]
    fn tests_do_not_count() {
        let source =
            parse("fn a() {}\n\n/// Tests.\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn b() {}\n}\n");

        assert_eq!(source.lines, 2);
        assert_eq!(source.functions.len(), 1);
    }

    #[test]
    fn what_follows_a_test_item_counts_again() {
        let source = parse(
            "#[cfg(all(test, unix))]\nuse std::fs;\nstruct A;\nimpl A {\n    #[cfg(test)]\n    fn b() {}\n}\n",
        );

        assert_eq!(source.lines, 3);
        assert_eq!(source.functions, []);
    }

    #[test]
    fn code_that_tests_merely_may_use_counts() {
        let source = parse("#[cfg(any(test, feature = \"x\"))]\nfn a() {}\n#[cfg(not(test))]\nfn b() {}\n");

        assert_eq!(source.lines, 4);
    }

    #[test]
    fn a_function_is_measured_from_its_signature_to_its_end() {
        let text = "/// Doc.\n#[inline]\npub async fn a(\n    b: u8,\n) {\n    let c = || 1;\n}\n\
                    trait T {\n    fn d(&self);\n    fn e(&self) {\n    }\n}\n\
                    impl S {\n    fn f() {\n        fn g() {\n        }\n    }\n}\n";

        let measured: Vec<_> = parse(text).functions.into_iter().map(|f| (f.name, f.line, f.lines)).collect();

        let expected = [("a", 3, 5), ("e", 10, 2), ("f", 14, 4), ("g", 15, 2)];
        assert_eq!(measured, expected.map(|(name, line, lines)| (name.to_owned(), line, lines)));
    }

    #[test]
    fn a_lifted_ban_is_found_outside_tests_only() {
        let text = "fn a() {}\n#[expect(clippy::disallowed_methods, reason = \"r\")]\nfn b() {}\n\
                    #[cfg(test)]\nmod tests {\n    #[expect(clippy::disallowed_methods)]\n    fn c() {}\n}\n";

        assert_eq!(parse(text).lifted_bans, [2]);
    }

    #[test]
    fn imports_and_paths_are_references_but_re_exports_and_tests_are_not() {
        let text = "use crate::a::{B, c::*};\npub use d::E;\nfn f() -> super::G {\n    h::i()\n}\n\
                    mod j {\n    use super::super::K;\n}\n#[cfg(test)]\nmod tests {\n    use super::L;\n}\n";

        let found: Vec<_> =
            parse(text).references.into_iter().map(|r| (r.segments.join("::"), r.line)).collect();

        let expected =
            [("crate::a::B", 1), ("crate::a::c", 1), ("super::G", 3), ("h::i", 4), ("super::K", 7)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_left_out() {
        let source = |path: &str, text| Source::parse(Path::new(path), text).unwrap();
        let sources = vec![
            source("src/lib.rs", "mod a;\n#[cfg(test)]\nmod checks;\n"),
            source("src/checks.rs", "mod more;\n"),
            source("src/checks/more.rs", ""),
            source("src/a.rs", "#[cfg(test)]\nmod support;\nmod checks;\n"),
            source("src/a/support.rs", ""),
            source("src/a/checks.rs", ""),
        ];

        let left: Vec<_> = without_test_modules(sources).into_iter().map(|source| source.path).collect();

        assert_eq!(left, ["src/lib.rs", "src/a.rs", "src/a/checks.rs"].map(PathBuf::from));
    }
}
