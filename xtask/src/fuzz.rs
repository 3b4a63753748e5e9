//! `cargo xtask fuzz [SECONDS [TARGET…]]`: fills the fuzzers' corpora from the files of this repository (and of
//! `PLIMSOLL_CORPUS`, if it is set), then runs each fuzzer for so long, one at a time.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The fuzzers, and the endings of the files that they begin with.
const TARGETS: [(&str, &[&str]); 5] = [
    ("source", &["plim"]),
    ("json", &["json"]),
    ("yaml", &["yaml", "yml"]),
    ("edit", &["yaml", "yml", "json"]),
    ("bundle", &[]),
];

/// Folders of this repository with files to begin with.
const OWN: [&str; 5] = ["stdlib-policies", "examples", "tests/cases", "tests/fixtures", "dsl/src"];
/// Folders of the corpus with files to begin with.
const CORPUS: [&str; 4] =
    ["conformance/json-test-suite", "conformance/yaml-test-suite", "manifests/kubernetes-examples", "policies/pss"];

/// Longer files are not taken: fuzzers live on short ones.
const MOST: u64 = 6_000;

/// Bytes that choose what the fuzzer of edits does; the text stands behind them.
const CHOICES: usize = 24;

/// Fills the corpora and runs the fuzzers.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let (seconds, names) = args.split_first().map_or(("60", args), |(first, rest)| (first.as_str(), rest));
    let known = |name: &String| TARGETS.iter().any(|(target, _)| target == name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(format!("there is no fuzzer `{name}`: {}", TARGETS.map(|(name, _)| name).join(", ")));
    }
    let wanted = |target: &str| names.is_empty() || names.iter().any(|name| name == target);
    for (target, endings) in TARGETS.into_iter().filter(|(target, _)| wanted(target)) {
        let count =
            fill(root, target, endings).map_err(|e| format!("the corpus of `{target}` can't be written: {e}"))?;
        println!("{target}: {count} files to begin with");
        fuzz(root, target, seconds)?;
    }
    Ok(())
}

fn fuzz(root: &Path, target: &str, seconds: &str) -> Result<(), String> {
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    // Stable compilers have the sanitizer too.
    cargo.current_dir(root.join("fuzz")).env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", target, "--"]);
    cargo.arg(format!("-max_total_time={seconds}")).args(["-max_len=8192", "-timeout=20", "-rss_limit_mb=4096"]);
    if target == "source" {
        cargo.arg("-dict=plim.dict");
    }
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`{target}` found something, or `cargo fuzz` is missing (cargo install cargo-fuzz)")),
        Err(e) => Err(format!("cargo can't be run: {e}")),
    }
}

/// Copies files into the corpus of a fuzzer; gives how many there are.
fn fill(root: &Path, target: &str, endings: &[&str]) -> std::io::Result<usize> {
    let folder = root.join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    let mut files = Vec::new();
    OWN.iter().for_each(|own| collect(&root.join(own), endings, &mut files));
    if let Some(corpus) = std::env::var_os("PLIMSOLL_CORPUS") {
        CORPUS.iter().for_each(|part| collect(&Path::new(&corpus).join(part), endings, &mut files));
    }
    for (number, file) in files.iter().enumerate() {
        let mut bytes = std::fs::read(file)?;
        if target == "edit" {
            let choice =
                |at: usize| u8::try_from(number.wrapping_mul(31).wrapping_add(at.wrapping_mul(7)) % 251).unwrap_or(0);
            bytes.splice(0..0, (0..CHOICES).map(choice));
        }
        std::fs::write(folder.join(format!("seed-{number}")), bytes)?;
    }
    Ok(files.len())
}

/// The short files below a folder; a folder that is not there has none.
fn collect(folder: &Path, endings: &[&str], files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, endings, files);
            continue;
        }
        let ending = path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e));
        if ending && path.metadata().is_ok_and(|m| m.len() <= MOST) {
            files.push(path);
        }
    }
}
