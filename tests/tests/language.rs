//! The language reference, the guide and the corners in `tests/spec/`: every example runs.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_tests::markdown::{self, Outcome, console, run};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// What became of a page: failures, and how many examples ran.
fn page(root: &Path, path: &Path) -> (Vec<String>, usize) {
    let text = std::fs::read_to_string(path).unwrap();
    let shown = path.strip_prefix(root).unwrap().display().to_string().replace('\\', "/");
    let (mut failures, mut changes, mut ran) = (vec![], vec![], 0);
    let mut page = console::Page::new(root, &shown);
    for case in markdown::cases(&text) {
        let mut outcome = Outcome::default();
        run::case(&case, &mut outcome);
        page.case(&case, &mut outcome);
        ran += usize::from(!case.blocks.is_empty());
        failures.extend(outcome.failures.iter().map(|f| format!("{shown}: {}: {f}", case.name)));
        changes.extend(outcome.changes);
    }
    if markdown::blessing() && !changes.is_empty() {
        markdown::bless(path, &text, &changes);
    }
    (failures, ran)
}

#[test]
fn every_example_of_the_documentation_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = vec![];
    for folder in ["docs/language", "docs/guide", "tests/spec"] {
        files(&root.join(folder), &mut paths);
    }
    paths.push(root.join("README.md"));
    let only = std::env::var("PLIMSOLL_DOC").unwrap_or_default();
    paths.retain(|p| p.to_string_lossy().contains(&only));
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut out = vec![];
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            out.push((path, page(root, path)));
        }
        out
    };
    let mut pages: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    pages.sort_by(|a, b| a.0.cmp(b.0));
    let ran: usize = pages.iter().map(|(_, (_, ran))| ran).sum();
    let failures: Vec<String> = pages.into_iter().flat_map(|(_, (failures, _))| failures).collect();
    println!("{ran} examples");
    assert!(failures.is_empty(), "{} of {ran} examples fail:\n\n{}", failures.len(), failures.join("\n\n"));
}
