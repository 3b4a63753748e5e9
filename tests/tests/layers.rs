//! Dependencies point one way: no module uses one that stands above it, no crate one that builds on it.
//!
//! The tables are what was built. A new module is a line here, and a decision.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use std::path::{Path, PathBuf};

/// Modules of a crate, lowest layer first; those of one layer may use each other.
type Layers = &'static [&'static [&'static str]];

/// Crates by folder, lowest first: a crate uses only those before it.
const CRATES: &[(&str, &str, Layers)] = &[
    ("plimsoll_engine", "engine", ENGINE),
    ("plimsoll_dsl", "dsl", DSL),
    ("plimsoll_stdlib", "stdlib-policies", &[]),
    ("plimsoll", "bindings/rust", FACADE),
    ("plimsoll_cli", "cli", COMMAND),
];

const ENGINE: Layers = &[
    &["calendar", "error", "limits", "severity", "settings", "sort", "symbol", "extension"],
    &["document"],
    &["value", "scalar", "memory"],
    &["builtins"],
    &["program"],
    &["vm", "inventory"],
    &["decision", "engine"],
];

const DSL: Layers = &[
    &["source", "stack"],
    &["diagnostic"],
    &["syntax"],
    &["schema"],
    &["hir"],
    &["check"],
    &["cost"],
    &["lint"],
    &["optimize"],
    &["compile"],
    &["compiler"],
];

const FACADE: Layers = &[
    &["clean", "codes", "config", "embed", "extension", "file", "folder", "identity", "input", "report"],
    &["scan"],
    &["load", "fix"],
    &["compile", "settings"],
    &["listing", "testing", "session"],
    &["error"],
    &["host", "builder", "configure"],
];

const COMMAND: Layers = &[&["args", "exit", "io"], &["failure", "progress"], &["repl"], &["commands"]];

/// Modules that stand below the one that holds them, and how they are called in the tables.
const LIFTED: &[(&str, &str)] =
    &[("program::symbol", "symbol"), ("program::Symbol", "symbol"), ("program::Symbols", "symbol")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The sources of a folder, tests left out.
fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            out.push(path);
        }
    }
    out.sort();
}

/// The code of a file: no comments, no tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let text = text.split("\n#[cfg(test)]\npub(super) mod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What stands behind each `start` in a text, as far as it is a path.
fn behind<'t>(text: &'t str, start: &str) -> impl Iterator<Item = &'t str> {
    let start = start.to_owned();
    let found: Vec<usize> = text.match_indices(&start).map(|(at, _)| at).collect();
    found.into_iter().filter_map(move |at| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            return None;
        }
        let rest = &text[at + start.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        Some(&rest[..end])
    })
}

/// The module that a path begins with, as the tables call it.
fn module_of(path: &str) -> &str {
    let lifted = LIFTED.iter().find(|(long, _)| path == *long || path.starts_with(&format!("{long}::")));
    lifted.map_or_else(|| path.split("::").next().unwrap_or_default(), |(_, short)| short)
}

/// The module of a file.
fn module_of_file(path: &Path, src: &Path) -> String {
    let inner = path.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
    let inner = inner.trim_end_matches(".rs").replace('/', "::");
    module_of(&inner).to_owned()
}

/// `crate::{a::b, c}` names several modules.
fn used(text: &str) -> Vec<&str> {
    let mut out: Vec<&str> = behind(text, "crate::").collect();
    for (at, _) in text.match_indices("crate::{") {
        let list = &text[at + "crate::{".len()..];
        let list = &list[..list.find("};").unwrap_or(0)];
        let mut depth = 0;
        for part in list.split_inclusive(['{', '}', ',']) {
            if depth == 0 {
                out.push(part.trim().trim_end_matches(['{', ',', '}']).trim_end_matches("::"));
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
        }
    }
    out.retain(|path| path.starts_with(|c: char| c.is_ascii_lowercase()));
    out
}

#[test]
fn no_module_uses_one_above_it() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (_, folder, layers) in CRATES.iter().filter(|(_, _, layers)| !layers.is_empty()) {
        let src = root().join(folder).join("src");
        let layer = |module: &str| layers.iter().position(|l| l.contains(&module));
        let mut files = Vec::new();
        sources(&src, &mut files);
        for path in files {
            let own = module_of_file(&path, &src);
            if matches!(own.as_str(), "lib" | "main") {
                continue;
            }
            let shown = path.strip_prefix(root()).unwrap().display().to_string();
            let Some(mine) = layer(&own) else {
                wrong.push(format!("{shown}: `{own}` stands in no layer of {folder}: say where it belongs"));
                continue;
            };
            for other in used(&code(&path)) {
                let module = module_of(other);
                seen += 1;
                match layer(module) {
                    Some(theirs) if theirs > mine => {
                        wrong.push(format!("{shown}: `{own}` uses `{module}`, which stands above it"))
                    }
                    Some(_) => {}
                    None => {
                        wrong.push(format!("{shown}: `{module}` stands in no layer of {folder}: say where it belongs"))
                    }
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(seen > 500, "only {seen} uses were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_crate_uses_one_that_builds_on_it() {
    let mut wrong = Vec::new();
    for (number, (name, folder, _)) in CRATES.iter().enumerate() {
        let mut files = Vec::new();
        sources(&root().join(folder).join("src"), &mut files);
        for path in files {
            let text = code(&path);
            for (above, ..) in &CRATES[number + 1..] {
                if behind(&text, &format!("{above}::")).next().is_some() {
                    wrong.push(format!("{}: {name} uses {above}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_arrow_that_points_back_is_seen() {
    assert_eq!(used("use crate::{vm::Code, value::{Data, Place}};"), ["vm::Code", "value"]);
    assert_eq!(used("use crate::program::symbol::Symbols;"), ["program::symbol::Symbols"]);
    assert_eq!(module_of("program::symbol::Symbols"), "symbol");
    assert_eq!(module_of("program::Program"), "program");
    assert_eq!(used("let x = crate::vm::parses(a); my_crate::x()"), ["vm::parses"]);
}
