//! `cargo xtask test`: every test of the workspace, what each face agrees on with the others, and one last line that counts the
//! tests, those that were skipped too.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a test prints that lacks something of the machine; what it lacks stands behind it.
const SKIPPED: &str = "skipped: ";

/// What a test of a face says behind its name and the count of its decisions (`tests/src/faces.rs`).
const FACE: &str = " decisions are those of Rust";

/// Counts of a run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    /// How many tests were skipped for which reason.
    skipped: BTreeMap<String, usize>,
    /// What the tests of faces say.
    faces: Vec<String>,
}

impl Counts {
    /// The last line: what was skipped is no pass, and why is said.
    fn line(&self) -> String {
        let skipped: usize = self.skipped.values().sum();
        let reasons: Vec<String> = self.skipped.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        format!("{} passed, {} failed, {skipped} skipped{why}", self.passed.saturating_sub(skipped), self.failed)
    }
}

/// Runs all tests; `args` are passed on to `cargo test`.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo
        .current_dir(root)
        .args(["test", "--workspace", "--exclude", "plimsoll-benches", "--no-fail-fast"])
        .args(args)
        .args(["--", "--show-output"]);
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(|e| format!("cargo can't be run: {e}"))?;
    let mut counts = Counts::default();
    if let Some(out) = child.stdout.take() {
        let mut quiet = false;
        for line in BufReader::new(out).lines() {
            let line = line.map_err(|e| format!("the output of the tests can't be read: {e}"))?;
            quiet = count(&line, quiet, &mut counts);
            if !quiet && !line.is_empty() {
                println!("{line}");
            }
        }
    }
    let status = child.wait().map_err(|e| format!("the tests can't be waited for: {e}"))?;
    println!();
    counts.faces.sort();
    counts.faces.iter().for_each(|face| println!("{face}"));
    println!("{}", counts.line());
    if status.success() { Ok(()) } else { Err("some tests failed".to_owned()) }
}

/// Counts a line; gives whether it belongs to what a passed test said, so that nobody needs to see it.
fn count(line: &str, quiet: bool, counts: &mut Counts) -> bool {
    if line.starts_with("test result: ") {
        counts.passed = counts.passed.saturating_add(before(line, " passed"));
        counts.failed = counts.failed.saturating_add(before(line, " failed"));
    }
    if let Some(reason) = line.trim().strip_prefix(SKIPPED).filter(|_| quiet) {
        let count = counts.skipped.entry(reason.to_owned()).or_default();
        *count = count.saturating_add(1);
    }
    if quiet && line.contains(FACE) {
        counts.faces.push(line.to_owned());
    }
    match line {
        "successes:" => true,
        "failures:" => false,
        _ => quiet && !line.starts_with("test result: "),
    }
}

/// The number before a word of a result line.
fn before(line: &str, word: &str) -> usize {
    let number = line.split(word).next().and_then(|head| head.split([' ', ';']).next_back());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_skips_counted() {
        let mut counts = Counts::default();
        let mut quiet = false;
        for line in [
            "running 2 tests",
            "test a ... ok",
            "successes:",
            "---- a stdout ----",
            "skipped: PLIMSOLL_CORPUS is not set",
            "npm (Node): 29 of 29 decisions are those of Rust, byte for byte",
            "---- b stdout ----",
            "skipped: there is no node",
            "successes:",
            "    a",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 10 passed; 3 failed; 0 ignored",
        ] {
            quiet = count(line, quiet, &mut counts);
        }
        assert_eq!((counts.passed, counts.failed), (12, 3));
        assert_eq!(counts.faces, ["npm (Node): 29 of 29 decisions are those of Rust, byte for byte"]);
        let line = "10 passed, 3 failed, 2 skipped (1: PLIMSOLL_CORPUS is not set; 1: there is no node)";
        assert_eq!(counts.line(), line);
    }
}
