//! The language reference, the guide and the corners in `tests/spec/`: every example runs.

use plimsoll_tests::markdown::{self, Outcome, console, run};
use std::path::{Path, PathBuf};

/// The Markdown files of a folder and the folders below.
fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.push(path);
        }
    }
}

#[test]
fn every_example_of_the_documentation_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = vec![];
    for folder in ["docs/language", "docs/guide", "tests/spec"] {
        files(&root.join(folder), &mut paths);
    }
    paths.extend(["README.md"].map(|name| root.join(name)).into_iter().filter(|p| p.exists()));
    let only = std::env::var("PLIMSOLL_DOC").unwrap_or_default();
    let (mut failures, mut ran) = (vec![], 0_usize);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = path.strip_prefix(root).unwrap().display().to_string().replace('\\', "/");
        if !shown.contains(&only) {
            continue;
        }
        let mut changes = vec![];
        let mut page = console::Page::new(root, &shown);
        for case in markdown::cases(&text) {
            let mut outcome = Outcome::default();
            run::case(&case, &mut outcome);
            page.case(&case, &mut outcome);
            ran += usize::from(!case.blocks.is_empty());
            let failed = outcome.failures.iter().map(|f| format!("{shown}: {}: {f}", case.name));
            failures.extend(failed);
            changes.extend(outcome.changes);
        }
        if markdown::blessing() && !changes.is_empty() {
            markdown::bless(&path, &text, &changes);
        }
    }
    println!("{ran} examples");
    assert!(failures.is_empty(), "{} of {ran} examples fail:\n\n{}", failures.len(), failures.join("\n\n"));
}
