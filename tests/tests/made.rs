//! Pages that are made from tables are as the tables are, and links of all pages lead somewhere. `PLIMSOLL_BLESS=1` (`cargo xtask bless`) writes them.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll::dsl::diagnostic::codes::Code;
use plimsoll::dsl::diagnostic::engine::ENGINE_CODES;
use plimsoll::dsl::source::SourceId;
use plimsoll::dsl::syntax::{self, ast::ItemKind};
use plimsoll::engine::builtins::{Builtin, MODULES};
use plimsoll::engine::engine::EngineOptions;
use plimsoll_tests::{library, markdown};
use std::fmt::Write as _;
use std::path::Path;

fn compare(page: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(page);
    if markdown::blessing() {
        std::fs::write(path, made).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = made.lines().zip(stands.lines()).position(|(a, b)| a != b).map(|n| n + 1);
    assert!(made == stands, "{page} is not as its table is (line {differs:?}): run `cargo xtask bless`");
}

/// The index of built-in functions; its examples run with the other examples of the reference.
#[test]
fn the_page_of_built_in_functions() {
    let mut out = "# Built-in functions\n\nThey need no `use`: `strings.length(s)`; those of the first part need no module. In a signature a capital \
         letter is a type variable:\n`C` stands for a list, set or map, `N` for int, float, quantity or duration, `K` for what may be a key, any \
         other for anything.\nThe cost is `1`, or the sizes of what a function touches. `any`, `all`, `count`, `sum`, `min`, `max`, `first`, `last`, \
         `sorted` and\n`unique` also take `f(e for …)`: see [comprehensions and folds](comprehensions.md).\n"
        .to_owned();
    for module in MODULES.iter().filter(|m| m.name != "_") {
        let title = if module.name.is_empty() { "without a module".to_owned() } else { format!("`{}`", module.name) };
        write!(
            out,
            "\n# Functions {}\n\n{}\n",
            if module.name.is_empty() { title } else { format!("of {title}") },
            module.doc
        )
        .unwrap();
        for function in module.functions {
            entry(module.name, function, &mut out);
        }
    }
    compare("docs/language/builtins.md", &out);
}

fn entry(module: &str, function: &Builtin, out: &mut String) {
    let name = if module.is_empty() { function.name.to_owned() } else { format!("{module}.{}", function.name) };
    let Builtin { signature, doc, cost, example, .. } = function;
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    write!(out, "\n## `{name}{signature}`\n{doc} Cost: {cost}.\n```plim\n").unwrap();
    writeln!(out, "test \"{name}\" {{\n    assert {example}\n}}\n```").unwrap();
}

/// What stands above the index of `std`; its example runs with the others.
const LIBRARY: &str = r#"# The library `std`

Written in the language, and always there. `use` takes what you need; what is built in is in [its own index](builtins.md).

## A selector and the pods that it takes
```plim
use std.labels.{selects}
use std.workload.{pod_labels}
on Deployment as d
deny "no budget for {d.metadata.name}"
    if not any(
        selects(b.spec.selector, pod_labels(d))
        for b in cluster(PodDisruptionBudget)
        if b.metadata.namespace == d.metadata.namespace
        if b.spec?.selector != null
    )
    at d.metadata.name
```
```yaml input
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec: { template: { metadata: { labels: { app: api } }, spec: { containers: [] } } }
```
```yaml cluster
{ apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: { name: a }, spec: { selector: { matchLabels: { app: web } } } }
```
```findings
deny example api:/metadata/name no budget for api
```
"#;

/// The index of `std`, from its doc comments.
#[test]
fn the_page_of_the_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("stdlib-policies/std");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut out = LIBRARY.to_owned();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "plim")) {
        let text = std::fs::read_to_string(file).unwrap();
        let module = syntax::parse(SourceId::default(), &text).module;
        let name = file.file_stem().unwrap().to_string_lossy();
        write!(out, "\n# Module `std.{name}`\n\n{}\n", module.doc.text.trim()).unwrap();
        for item in &module.items {
            let (name, head) = match &item.kind {
                ItemKind::Fn(f) => {
                    let span = f.signature.span;
                    (
                        &f.signature.name.name,
                        text[span.start as usize..span.end as usize].trim_start_matches("fn ").to_owned(),
                    )
                }
                ItemKind::Type { name, .. } => (&name.name, format!("type {}", name.name)),
                ItemKind::Let(item) => (&item.name.name, format!("let {}", item.name.name)),
                _ => continue,
            };
            if !name.starts_with('_') && !item.doc.text.is_empty() {
                let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
                write!(out, "\n## `{head}`\n{}\n", item.doc.text.trim()).unwrap();
            }
        }
    }
    compare("docs/language/library.md", &out);
}

#[test]
fn the_page_of_codes() {
    let mut out = "# Codes\n\nEvery error and lint has a code that never changes its meaning; `plimsoll explain E0302` says more.\n\n\
                   | code | |\n|---|---|\n"
        .to_owned();
    let mut codes: Vec<(&str, &str)> = Code::ALL.iter().map(|c| (c.id(), c.title())).collect();
    codes.extend(ENGINE_CODES.iter().map(|c| (c.id, c.title)));
    codes.sort_unstable();
    for (id, title) in codes {
        writeln!(out, "| {id} | {} |", title.replace('|', "\\|")).unwrap();
    }
    compare("docs/codes.md", &out);
}

#[test]
fn the_page_of_policies() {
    let policies = plimsoll::listing::policies(library::library(), &EngineOptions::default()).unwrap();
    let mut out = format!(
        "# The library `owasp`\n\n{} policies. `plimsoll explain POD-01` says more of each; `plimsoll policies` lists them with what is on.\n\n\
         | id | policy | severity | | profiles |\n|---|---|---|---|---|\n",
        policies.len()
    );
    let mut sorted: Vec<_> = policies.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    for p in sorted {
        let profiles = p.profiles.join(", ");
        writeln!(
            out,
            "| {} | `{}` | {} | {} | {profiles} |",
            p.id,
            p.policy,
            p.severity.name(),
            p.title.replace('|', "\\|")
        )
        .unwrap();
    }
    compare("docs/policies.md", &out);
}

#[test]
fn links_lead_to_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut todo = vec![root.to_owned(), root.join("docs"), root.join("tests"), root.join("examples")];
    let (mut pages, mut broken) = (0, vec![]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && folder != root {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
                    let file = link.split('#').next().unwrap_or_default();
                    let there = file.is_empty() || file.contains("://") || path.parent().unwrap().join(file).exists();
                    if !there {
                        broken.push(format!("{}: {link}", path.display()));
                    }
                }
            }
        }
    }
    assert!(pages > 20, "{pages} pages");
    assert_eq!(broken, Vec::<String>::new());
}
