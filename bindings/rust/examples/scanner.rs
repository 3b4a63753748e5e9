//! A scanner: the built-in policies over files and folders, on all cores.
//!
//! ```sh
//! cargo run -p plimsoll --example scanner -- examples/manifests
//! ```
//!
//! All files are in the inventory, so that policies can join them (a Service and its Pods), and each is then judged by itself.
//! What cannot be read is an error of its file and makes it not allowed; nothing is left out silently.
#![allow(clippy::arithmetic_side_effects, reason = "counts of an example")]

use plimsoll::{Engine, Input, Severity};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a scan found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files that were judged.
    pub files: usize,
    /// Files with a finding that denies, or with an error.
    pub refused: usize,
    /// Findings of all severities.
    pub findings: usize,
    /// What could not be evaluated.
    pub errors: usize,
}

/// Scans files and folders, and writes a line for each finding and each error.
pub fn scan(engine: &Engine, paths: &[PathBuf], out: &mut impl Write) -> io::Result<Totals> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    files.sort();
    let texts: Vec<(String, Vec<u8>)> =
        files.iter().map(|path| Ok((path.display().to_string(), std::fs::read(path)?))).collect::<io::Result<_>>()?;

    let mut inventory = engine.inventory();
    for (name, text) in &texts {
        // What cannot be read is told by its decision, below.
        let _ = inventory.insert(&input(name, text));
    }

    // An evaluator for each thread; each takes the next file.
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut evaluator = engine.evaluator();
        let mut decisions = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((name, text)) = texts.get(at) else { return decisions };
            decisions.push((at, evaluator.decide_in(&inventory, &input(name, text))));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut decisions = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done: Result<Vec<_>, _> = threads.into_iter().map(|thread| thread.join()).collect();
        done.map(|lists| lists.concat()).map_err(|_| io::Error::other("a thread of the scan ended early"))
    })?;
    decisions.sort_by_key(|(at, _)| *at);

    let mut totals = Totals { files: decisions.len(), ..Totals::default() };
    for (_, decision) in &decisions {
        totals.refused += usize::from(!decision.allowed);
        totals.findings += decision.findings.len();
        totals.errors += decision.errors.len();
        for finding in &decision.findings {
            writeln!(out, "{finding}")?;
        }
        for error in &decision.errors {
            writeln!(out, "{}: {} {}", error.file.as_deref().unwrap_or("-"), error.code, error.message)?;
        }
    }
    Ok(totals)
}

fn input<'t>(name: &str, text: &'t [u8]) -> Input<'t> {
    let input = if name.ends_with(".json") { Input::json(text) } else { Input::yaml(text) };
    input.named(name)
}

/// The manifests below a folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?.path();
        let known = entry.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if known || entry.is_dir() {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let engine = Engine::builder().bundle("owasp").min_severity(Severity::High).build()?;
    let totals = scan(&engine, &paths, &mut io::stdout().lock())?;
    println!("{totals:?}");
    Ok(if totals.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
