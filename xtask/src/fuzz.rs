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

/// Folders with pages whose examples are policies.
const PAGES: [&str; 2] = ["docs", "tests/spec"];

/// What an example that is whole begins with; others are clauses of a policy.
const ITEMS: [&str; 10] = ["test", "fn", "policy", "type", "profile", "data", "extern", "module", "use", "//"];

/// Longer files are not taken: fuzzers live on short ones.
const MOST: u64 = 6_000;

/// Bytes that choose what the fuzzer of edits does; the text stands behind them.
const CHOICES: usize = 24;
/// Bytes that choose how a program is damaged.
const DAMAGE: usize = 96;
/// A run that takes so many seconds is a finding; nothing that a fuzzer does needs a tenth of that.
const SLOW: u64 = 5;

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
    let artifacts = root.join("fuzz/artifacts").join(target);
    let before = slow(&artifacts);
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    // Stable compilers have the sanitizer too. Stacks of allocations cost a third of the time, and are only read where memory
    // is used after it was freed: then run the found input again without this.
    cargo.current_dir(root.join("fuzz")).env("RUSTC_BOOTSTRAP", "1").env("ASAN_OPTIONS", "malloc_context_size=0");
    cargo.args(["fuzz", "run", target, "--", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]);
    cargo.arg(format!("-max_total_time={seconds}")).arg(format!("-report_slow_units={SLOW}"));
    cargo.args(match target {
        "source" => &["-max_len=4096", "-dict=plim.dict"][..],
        "bundle" => &["-max_len=192", "-len_control=0"][..],
        _ => &["-max_len=8192"][..],
    });
    match cargo.status() {
        Ok(status) if !status.success() => {
            Err(format!("`{target}` found something, or `cargo fuzz` is missing (cargo install cargo-fuzz --locked)"))
        }
        Ok(_) if slow(&artifacts) > before => {
            Err(format!("`{target}` found inputs that take longer than {SLOW} s: fuzz/artifacts/{target}/slow-unit-*"))
        }
        Ok(_) => Ok(()),
        Err(e) => Err(format!("cargo can't be run: {e}")),
    }
}

/// How many slow inputs were found so far.
fn slow(artifacts: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(artifacts) else { return 0 };
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("slow-unit-")).count()
}

/// Writes files into the corpus of a fuzzer; gives how many there are.
fn fill(root: &Path, target: &str, endings: &[&str]) -> std::io::Result<usize> {
    let folder = root.join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    let mut seeds = Vec::new();
    let mut files = Vec::new();
    OWN.iter().for_each(|own| collect(&root.join(own), endings, MOST, &mut files));
    if let Some(corpus) = std::env::var_os("PLIMSOLL_CORPUS") {
        CORPUS.iter().for_each(|part| collect(&Path::new(&corpus).join(part), endings, MOST, &mut files));
    }
    for (number, file) in files.iter().enumerate() {
        let mut bytes = std::fs::read(file)?;
        if target == "edit" {
            bytes.splice(0..0, choices(number, CHOICES));
        }
        seeds.push(bytes);
    }
    match target {
        "source" => {
            let mut pages = Vec::new();
            PAGES.iter().for_each(|part| collect(&root.join(part), &["md"], u64::MAX, &mut pages));
            for page in pages {
                seeds.extend(examples(&std::fs::read_to_string(page)?).into_iter().map(String::into_bytes));
            }
        }
        "bundle" => seeds.extend((0..64).map(|number| choices(number, DAMAGE))),
        _ => {}
    }
    for (number, bytes) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), bytes)?;
    }
    Ok(seeds.len())
}

/// Bytes that differ from file to file, the same in every run.
fn choices(number: usize, count: usize) -> Vec<u8> {
    // A congruential generator, which is enough to begin with; its low bits are poor.
    let mut state = number as u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// The policy texts of a page; bare clauses become a policy.
fn examples(page: &str) -> Vec<String> {
    let blocks = page.split("\n```plim").skip(1).filter_map(|rest| rest.split_once('\n'));
    let texts = blocks.filter_map(|(_, rest)| rest.split_once("\n```")).map(|(text, _)| text);
    texts
        .map(|text| {
            if ITEMS.iter().any(|item| text.starts_with(item)) {
                return text.to_owned();
            }
            let has = |word: &str| text.lines().any(|line| line.starts_with(word));
            let head = [("id ", "id = \"EX-1\""), ("severity ", "severity = medium"), ("on ", "on Pod as p")];
            let head: Vec<&str> = head.iter().filter(|(word, _)| !has(word)).map(|(_, line)| *line).collect();
            format!("policy example {{\n{}\n{text}\n}}\n", head.join("\n"))
        })
        .collect()
}

/// The files below a folder that are not too long; a folder that is not there has none.
fn collect(folder: &Path, endings: &[&str], most: u64, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, endings, most, files);
            continue;
        }
        let ending = path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e));
        if ending && path.metadata().is_ok_and(|m| m.len() <= most) {
            files.push(path);
        }
    }
}
