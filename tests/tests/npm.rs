//! The npm package: packed, installed as a user does, and run in Node and in Chromium; its types; its decisions.
//!
//! Everything is in `target/npm`; nothing is fetched but TypeScript, at a version that a lock file holds.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use plimsoll_tests::faces::{self, Expected};
use plimsoll_tests::modules::{module, program, root};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

/// A folder where the package is installed beside its tests; made once.
fn installed() -> Option<&'static Path> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    program(&["node"])?;
    program(&["npm"])?;
    module("plimsoll.wasm")?;
    module("plimsoll-full.wasm")?;
    Some(FOLDER.get_or_init(install))
}

fn install() -> PathBuf {
    let folder = root().join("target/npm/test");
    std::fs::create_dir_all(&folder).unwrap();
    let packed = run(Command::new("node").arg(root().join("bindings/npm/tools/stage.mjs")).current_dir(root()));
    let tarball = text(&packed).lines().last().unwrap().to_owned();
    for entry in std::fs::read_dir(root().join("bindings/npm/test")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    let mut npm = npm(&folder);
    npm.args(["install", "--offline", "--no-save", "--no-package-lock"]).arg(tarball);
    run(&mut npm);
    folder
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder)
        .args(["--no-audit", "--no-fund", "--loglevel=error", "--cache"])
        .arg(root().join("target/npm/cache"));
    npm
}

/// Runs a program that must end well.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Bundle, settings and cases as files; gives their folder.
fn files(name: &str, expected: &Expected) -> PathBuf {
    let folder = root().join("target/npm").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bundle"), faces::bundle()).unwrap();
    std::fs::write(folder.join("settings"), faces::SETTINGS).unwrap();
    let mut lines = String::new();
    for case in &expected.cases {
        let format = if case.json { "json" } else { "yaml" };
        let line = serde_json::json!({ "name": case.name, "format": format, "base64": base64(&case.text) });
        writeln!(lines, "{line}").unwrap();
    }
    std::fs::write(folder.join("cases"), lines).unwrap();
    folder
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |n, i| n << 8 | usize::from(part.get(i).copied().unwrap_or(0)));
        for digit in 0..4 {
            let shown = digit <= part.len();
            out.push(if shown { DIGITS[number >> [18, 12, 6, 0][digit] & 63].into() } else { '=' });
        }
    }
    out
}

/// Compares lines of decisions.
fn compare(face: &str, expected: &Expected, lines: &str) {
    assert_eq!(lines.lines().count(), expected.cases.len(), "{face} gives a decision for each case");
    let mut lines = lines.lines();
    expected.compare(face, |_| lines.next().unwrap().as_bytes().to_vec());
}

fn in_node(name: &str, expected: &Expected) {
    let Some(folder) = installed() else { return };
    let faces = files(name, expected);
    let output = run(Command::new("node").arg("faces.mjs").arg(faces).current_dir(folder));
    compare("npm (Node)", expected, &text(&output));
}

/// The page in Chromium; one at a time.
fn in_chromium(name: &str, expected: &Expected) {
    static ONE: Mutex<()> = Mutex::new(());
    let Some(folder) = installed() else { return };
    let Some(chromium) = program(&["chromium", "chromium-browser", "google-chrome"]) else { return };
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (faces, out) = (files(name, expected), root().join("target/npm").join(format!("{name}.out")));
    let mut node = Command::new("node");
    let output = run(node.arg("browser.mjs").arg(chromium).arg(faces).arg(&out).current_dir(folder));
    let lines = text(&output);
    assert!(lines.lines().count() > 15 && lines.lines().all(|line| line.starts_with("ok ")), "{lines}");
    println!("Chromium: {} tests and examples", lines.lines().count());
    compare("npm (Chromium)", expected, &std::fs::read_to_string(out).unwrap());
}

#[test]
fn suite_and_examples_run_in_node() {
    let Some(folder) = installed() else { return };
    let output = run(Command::new("node").args(["--test", "node.test.mjs"]).current_dir(folder));
    let text = text(&output);
    let count = |word: &str| text.lines().find_map(|l| l.split_once(word)?.1.trim().parse::<usize>().ok()).unwrap();
    assert!(count("pass ") > 15 && count("fail ") == 0, "{text}");
    println!("Node: {} tests and examples", count("pass "));
}

#[test]
fn types_and_examples_agree() {
    let Some(folder) = installed() else { return };
    let readme = root().join("bindings/npm/README.md");
    let write = "import { examples } from './examples.js'; import { readFileSync, writeFileSync } from 'node:fs';
        examples(readFileSync(process.argv[1], 'utf8')).forEach(({ code }, i) => writeFileSync(`example-${i}.mjs`, code));";
    run(Command::new("node").args(["--input-type=module", "--eval", write, "--"]).arg(readme).current_dir(folder));
    // The compiler in a folder of its own, so that an install of it does not take the package away.
    let tools = root().join("target/npm/tools");
    std::fs::create_dir_all(&tools).unwrap();
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(root().join("bindings/npm/test/tools").join(file), tools.join(file)).unwrap();
    }
    let tsc = tools.join("node_modules/typescript/bin/tsc");
    if !tsc.is_file() && !npm(&tools).args(["ci", "--prefer-offline"]).output().unwrap().status.success() {
        println!("skipped: TypeScript can't be installed");
        return;
    }
    run(Command::new("node").arg(tsc).args(["--project", "."]).current_dir(folder));
}

#[test]
fn decisions_about_made_inputs_are_those_of_rust_in_node() {
    in_node("made-node", &Expected::of_made());
}

#[test]
fn suite_examples_and_made_inputs_run_in_chromium() {
    in_chromium("made-chromium", &Expected::of_made());
}

#[test]
fn decisions_about_the_corpus_are_those_of_rust_in_node_and_chromium() {
    if installed().is_none() {
        return;
    }
    let Some(expected) = Expected::of_corpus() else { return };
    in_node("corpus-node", &expected);
    in_chromium("corpus-chromium", &expected);
}

#[test]
fn texts_of_cases_are_base64() {
    for (bytes, wanted) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
        assert_eq!(base64(bytes.as_bytes()), wanted);
    }
}
