//! Fixes over real manifests: the finding is gone, no new one came, bytes outside of the edited lines are unchanged, a
//! second run changes nothing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll::compile::{Bundle, CompileOptions, build};
use plimsoll::fix::{FixedFile, fix};
use plimsoll::report::Report;
use plimsoll::scan::{Overlay, Request, Target, scan};
use plimsoll::settings::{Settings, engines};
use rayon::prelude::*;
use similar::{DiffTag, TextDiff};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files that are looked at where nobody asks for all of them (`PLIMSOLL_LONG`).
const SOME: usize = 300;

/// Files that are larger are left to the long run.
const LARGE: u64 = 200_000;

fn is_long() -> bool {
    std::env::var_os("PLIMSOLL_LONG").is_some()
}

fn manifests() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/manifests");
    let mut files = below(&own);
    if let Ok(root) = std::env::var("PLIMSOLL_CORPUS") {
        let all = below(&Path::new(&root).join("manifests"));
        let step = if is_long() { 1 } else { (all.len() / SOME).max(1) };
        files.extend(all.into_iter().step_by(step));
    } else {
        println!("skipped: PLIMSOLL_CORPUS is not set");
    }
    files
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut out, mut todo) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if path.is_dir() {
                todo.push(path);
            } else if yaml && (is_long() || std::fs::metadata(&path).unwrap().len() < LARGE) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// What is asked of each file.
#[derive(Default)]
struct Count {
    files: usize,
    findings: usize,
    refused: Vec<String>,
    wrong: Vec<String>,
}

#[test]
fn every_fix_does_what_it_says_and_nothing_else() {
    let bundle = build(Path::new("owasp"), &CompileOptions::default()).unwrap();
    let files = manifests();
    for with_unsafe in [false, true] {
        let counts: Vec<Count> = files.par_iter().map(|file| one(&bundle, file, with_unsafe)).collect();
        let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
        let list = |of: fn(&Count) -> &Vec<String>| counts.iter().flat_map(of).cloned().collect::<Vec<_>>();
        let (changed, fixes) = (sum(|c| c.files), sum(|c| c.findings));
        let refused = list(|c| &c.refused);
        println!("unsafe {with_unsafe}: {changed} of {} files changed, {fixes} findings mended", files.len());
        println!("{} refused: {refused:#?}", refused.len());
        assert_eq!(list(|c| &c.wrong), Vec::<String>::new());
        assert!(changed > 0 && fixes > changed);
        assert!(refused.len() * 50 <= fixes, "better no fix than a wrong one, but most must work");
    }
}

/// A copy of a file that may be written: read-only files are left alone by fixes.
fn writable_copy(path: &Path) -> PathBuf {
    let name = path.to_string_lossy().replace(['/', '\\', ':'], "_");
    let short = name.get(name.len().saturating_sub(200)..).unwrap_or("manifest.yaml");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(short);
    std::fs::write(&copy, std::fs::read(path).unwrap()).unwrap();
    copy
}

/// Fixes a file that is scanned alone.
fn one(bundle: &Bundle, path: &Path, with_unsafe: bool) -> Count {
    let path = &writable_copy(path);
    let engines = engines(std::slice::from_ref(bundle), &Settings::default()).unwrap();
    let target = [Target { engine: &engines[0], schema: &bundle.schema }];
    let request = Request { paths: vec![path.to_owned()], jobs: Some(1), ..Request::default() };
    let first = scan(&target, &request, &|_| {}).unwrap();
    let fixed = fix(&target, &request, &first, with_unsafe).unwrap();
    let mut count =
        Count { refused: fixed.refused.iter().map(|(f, why)| format!("{f}: {why}")).collect(), ..Count::default() };
    let Some(file) = fixed.files.first() else { return count };
    count.files = 1;
    let mut wrong = |what: String| count.wrong.push(format!("{}: {what}", path.display()));
    // A scan of the new text, which trusts nothing that the fixing says.
    let overlay = Overlay::from([(file.name.clone(), file.new.as_bytes().into())]);
    let again = Request { overlay, ..request };
    let after = scan(&target, &again, &|_| {}).unwrap();
    let keys = |report: &Report| report.findings.iter().map(|f| f.fingerprint.clone()).collect::<BTreeSet<_>>();
    let (before, now) = (keys(&first), keys(&after));
    for new in after.findings.iter().filter(|f| !before.contains(&f.fingerprint)) {
        wrong(format!("a new finding: {new}"));
    }
    let refused_all = !fixed.refused.is_empty();
    for left in
        after.findings.iter().filter(|f| !refused_all && f.fix.as_ref().is_some_and(|fix| fix.safe || with_unsafe))
    {
        wrong(format!("it is still there: {left}"));
    }
    if after.errors.len() > first.errors.len() {
        wrong("a new error".to_owned());
    }
    if let Some(why) = elsewhere(file, &first, with_unsafe) {
        wrong(why);
    }
    let second = fix(&target, &again, &after, with_unsafe).unwrap();
    if !second.files.is_empty() {
        wrong("a second run changes something".to_owned());
    }
    count.findings = before.difference(&now).count();
    count
}

/// Lines that are gone must be lines that a finding's patch speaks of: those of replaced, removed or one-line values.
/// Lines that are added are what the fix is.
fn elsewhere(file: &FixedFile, first: &Report, with_unsafe: bool) -> Option<String> {
    let diff = TextDiff::from_lines(&*file.old, &*file.new);
    let source = first.sources.values().find(|s| s.text == file.old)?;
    let fixable = first.findings.iter().filter(|f| f.fix.as_ref().is_some_and(|fix| fix.safe || with_unsafe));
    let lines: BTreeSet<u32> = fixable.flat_map(|f| f.start.line..=f.end.line).collect();
    for op in diff.ops() {
        if matches!(op.tag(), DiffTag::Equal | DiffTag::Insert) {
            continue;
        }
        for line in op.old_range() {
            let line = line as u32 + 1;
            if !lines.contains(&line) {
                return Some(format!("line {line} is changed, and no finding stands there: {:?}", source.line(line)));
            }
        }
    }
    None
}
