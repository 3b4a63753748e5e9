//! Peers' own test cases: for each, the policies of ours that answer to the peer's rule are run over its objects, and the
//! verdicts compared.
//!
//! `conformance/coverage.tsv` says which policies answer to which rule, `conformance/map.json` with which parameters, and
//! `conformance/differences.md` where verdicts differ and why. A difference that is not listed fails, and so does a listed
//! one that is gone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use plimsoll::engine::engine::Engine;
use plimsoll::report::Report;
use plimsoll_tests::corpus::{Case, Verdict, folder, lines};
use plimsoll_tests::library::{Ask, ids};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What came of a case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// The same verdict.
    Agree,
    /// Another verdict, or a fault expected and nothing looked at.
    Differ,
    /// An input or policy error on the object.
    Error,
    /// A pass expected, but no policy of ours looked at anything: no evidence either way.
    Unseen,
    /// No policy of ours answers to the rule.
    Uncovered,
    /// The map says that it is not judged, and why.
    Skipped,
}

const OUTCOMES: [Outcome; 6] =
    [Outcome::Agree, Outcome::Differ, Outcome::Error, Outcome::Unseen, Outcome::Uncovered, Outcome::Skipped];

/// An entry of `map.json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    set: BTreeMap<String, Source>,
    skip: Option<String>,
}

/// Where the value of a parameter comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Source {
    /// A path in the case, such as `params.max.0`.
    Path(String),
    /// Itself.
    Value { value: serde_json::Value },
}

/// Which policies answer to which rules: by the peer's mark and the name of the rule.
type Coverage = HashMap<(String, String), BTreeSet<String>>;

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(file)
}

fn coverage() -> Coverage {
    let text = std::fs::read_to_string(here("coverage.tsv")).unwrap();
    let mut coverage = Coverage::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [peer, rules, ids] = cells[..] else { panic!("coverage.tsv: {line}") };
        for rule in rules_of(rules) {
            for name in [rule.as_str(), rule.trim_start_matches('0'), plain(&rule)] {
                let slot = coverage.entry((peer.to_owned(), name.to_owned())).or_default();
                slot.extend(ids.split(',').map(str::to_owned));
            }
        }
    }
    coverage
}

/// The rules that one cell names: `12`, `34 44 45`, `0083/84`, `0192–0204`; anything else is one name.
fn rules_of(cell: &str) -> Vec<String> {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !cell.split([' ', '/', '–']).all(number) {
        return vec![cell.to_owned()];
    }
    let (mut out, mut last, mut joint) = (Vec::new(), String::new(), ' ');
    for part in cell.split_inclusive([' ', '/', '–']) {
        let digits = part.trim_end_matches([' ', '/', '–']);
        let head = if joint == ' ' { 0 } else { last.len().saturating_sub(digits.len()) };
        let whole = format!("{}{digits}", &last[..head]);
        if joint == '–' {
            let (from, to): (u32, u32) = (last.parse().unwrap(), whole.parse().unwrap());
            out.extend((from + 1..=to).map(|n| format!("{n:0width$}", width = whole.len())));
        } else {
            out.push(whole.clone());
        }
        last = whole;
        joint = part.chars().last().filter(|c| !c.is_ascii_digit()).unwrap_or(' ');
    }
    out
}

/// Without the mark of another dialect of the same rule.
fn plain(rule: &str) -> &str {
    rule.strip_suffix("-cel").or_else(|| rule.strip_suffix("-vpol")).unwrap_or(rule)
}

/// The names that a case's rule may have in the coverage, likeliest first.
fn names(case: &Case) -> Vec<(&'static str, String)> {
    let last = |text: &str, by: char| text.rsplit(by).next().unwrap_or_default().to_owned();
    let check = case.check.as_str();
    match case.source.as_str() {
        "trivy" => {
            let mark = if check.starts_with("KSV") { "KSV" } else { "KCV" };
            vec![(mark, check.split_once('-').map_or(check, |(_, rule)| rule).to_owned())]
        }
        "checkov" => check.split_once("_K8S_").map_or_else(Vec::new, |(mark, rule)| {
            let mark = if mark == "CKV2" { "CKV2" } else { "CKV" };
            vec![(mark, rule.to_owned())]
        }),
        "kyverno" => {
            let dir = case.rest.get("dir").and_then(|dir| dir.as_str()).unwrap_or_default();
            vec![("KY", check.to_owned()), ("KY", last(dir, '/'))]
        }
        "gatekeeper" => vec![("GK", last(check, '/'))],
        "kube-linter" => vec![("KL", check.to_owned())],
        "polaris" => vec![("PO", check.to_owned())],
        "kube-score" => vec![("SC", check.to_lowercase().replace(' ', "-"))],
        "kubesec" => vec![("SE", check.to_owned())],
        "kubescape" => case.controls.iter().map(|control| ("C", last(control, '-'))).collect(),
        "vap-kubescape" => vec![("C", last(check, '-'))],
        "pss" => vec![("PSS", check.to_owned())],
        _ => Vec::new(),
    }
}

/// The keys that the map and the list of differences may have for a case.
fn keys(case: &Case) -> Vec<String> {
    let whole = format!("{}/{}", case.source, case.check);
    case.rule.iter().map(|rule| format!("{whole}/{rule}")).chain([whole.clone()]).collect()
}

fn ids_of(case: &Case, coverage: &Coverage, entry: &Entry) -> BTreeSet<String> {
    if !entry.ids.is_empty() {
        return entry.ids.iter().cloned().collect();
    }
    let mut found = BTreeSet::new();
    for (peer, rule) in names(case) {
        let spellings = [rule.as_str(), rule.trim_start_matches('0'), plain(&rule)];
        let hit = spellings.iter().find_map(|name| coverage.get(&(peer.to_owned(), (*name).to_owned())));
        found.extend(hit.into_iter().flatten().cloned());
        // A rule of kubescape serves several controls; else the first name that is known.
        if hit.is_some() && case.source != "kubescape" {
            break;
        }
    }
    found
}

/// What stands at `a.b.0` of a case.
fn dig<'c>(case: &'c Case, path: &str) -> Option<&'c serde_json::Value> {
    let mut parts = path.split('.');
    let first = case.rest.get(parts.next()?)?;
    parts.try_fold(first, |at, part| match at {
        serde_json::Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => at.get(part),
    })
}

/// What a scan is to be told for a case.
fn ask(case: &Case, folder: &Path, ids: &BTreeSet<String>, entry: &Entry) -> Ask {
    let pss = case.source == "pss";
    let mut ask = Ask { only: ids.iter().cloned().collect(), complete: !pss, ..Ask::default() };
    let mut args = entry.args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--as-stored" => ask.as_stored = true,
            "--profile" => ask.profiles.extend(args.next().cloned()),
            other => panic!("map.json: `{other}` is not an argument that this test knows"),
        }
    }
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, source) in &entry.set {
        let value = match source {
            Source::Value { value } => Some(value),
            Source::Path(path) => dig(case, path).filter(|value| !value.is_null()),
        };
        ask.set.extend(value.map(|value| (name.clone(), text(value))));
    }
    if pss {
        let version = dig(case, "params.version").map(text).unwrap_or_default();
        ask.set.push(("pss_version".to_owned(), version.trim_start_matches('v').to_owned()));
    }
    ask.old = case.old.iter().map(|file| folder.join(file)).collect();
    if case.source == "gatekeeper" {
        let files = case.context.as_array().into_iter().flatten().filter_map(|file| file.as_str());
        ask.inventory = files.map(|file| folder.join(file)).collect();
    }
    ask
}

/// The verdict of a report on a case, and why.
fn judge(case: &Case, report: &Report, ids: &BTreeSet<String>) -> (Outcome, String) {
    let select = case.select.clone().unwrap_or_default();
    let hit =
        report.findings.iter().find(|f| ids.contains(&f.id) && select.matches(f.object.as_ref(), Some(f.document)));
    let error = report.errors.iter().find(|e| select.matches(e.object.as_ref(), e.document));
    let names = ids.iter().cloned().collect::<Vec<_>>().join(",");
    if let (None, Some(error)) = (hit, error) {
        return (Outcome::Error, format!("{} {}", error.code, error.message));
    }
    if hit.is_none() && ids.iter().all(|id| report.account.not_matched.contains(id)) {
        let outcome = if case.expect == Verdict::Pass { Outcome::Unseen } else { Outcome::Differ };
        return (outcome, format!("{names} looked at nothing"));
    }
    let got = Verdict::of(hit.is_some());
    let skip = report.skipped.iter().find(|s| ids.contains(&s.id) && select.matches(s.object.as_ref(), None));
    let why = hit.map(|f| f.message.clone()).or_else(|| skip.map(|s| s.reason.clone())).unwrap_or_default();
    let outcome = if got == case.expect { Outcome::Agree } else { Outcome::Differ };
    (outcome, format!("{names} gives {got:?}: {why}"))
}

/// A line of `differences.md`: how many cases of that name differ.
#[derive(Debug)]
struct Listed {
    key: String,
    count: usize,
}

/// The lines of the tables in `differences.md`: case or check, number of cases, who is right, why.
fn differences(text: &str) -> Vec<Listed> {
    let mut out = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [key, count, right, why] = cells[..] else { panic!("differences.md: not four cells: {line}") };
        let count = count.parse().unwrap_or_else(|_| panic!("differences.md: no number of cases: {line}"));
        assert!(!right.is_empty() && why.len() > 10, "differences.md: no reason: {line}");
        out.push(Listed { key: key.trim_matches('`').to_owned(), count });
    }
    out
}

/// Compares what differs with what is listed; the longest name that is listed for a case claims it.
fn compare(differ: &[(&Case, String)], listed: &[Listed]) -> Vec<String> {
    let mut claimed: BTreeMap<&str, usize> = listed.iter().map(|l| (l.key.as_str(), 0)).collect();
    let mut problems = Vec::new();
    for (case, why) in differ {
        let names = std::iter::once(case.id.clone()).chain(keys(case));
        match names.into_iter().find(|name| claimed.contains_key(name.as_str())) {
            Some(name) => {
                claimed.entry(listed.iter().find(|l| l.key == name).unwrap().key.as_str()).and_modify(|n| *n += 1)
            }
            None => {
                problems.push(format!("not listed: {} wants {:?}: {why}", case.id, case.expect));
                continue;
            }
        };
    }
    let wrong = listed.iter().filter(|l| claimed.get(l.key.as_str()) != Some(&l.count));
    problems
        .extend(wrong.map(|l| format!("listed: {} of {} cases differ in {}", claimed[l.key.as_str()], l.count, l.key)));
    problems
}

/// What is asked of one scan: its engine is kept for the next that asks the same.
struct Scanner {
    engines: BTreeMap<Ask, Result<Engine, String>>,
    reports: BTreeMap<(Vec<PathBuf>, Ask), Result<Report, String>>,
}

impl Scanner {
    fn report(&mut self, files: Vec<PathBuf>, ask: &Ask) -> &Result<Report, String> {
        let key = (files, ask.clone());
        if !self.reports.contains_key(&key) {
            let told = Ask { inventory: Vec::new(), old: Vec::new(), ..ask.clone() };
            let engine = self.engines.entry(told).or_insert_with_key(Ask::engine);
            let report = engine.as_ref().map_err(Clone::clone).and_then(|engine| ask.scan(engine, key.0.clone()));
            self.reports.insert(key.clone(), report);
        }
        &self.reports[&key]
    }
}

#[test]
fn peers_cases() {
    let Some(root) = folder("policies") else { return };
    let map: BTreeMap<String, Entry> = serde_json::from_slice(&std::fs::read(here("map.json")).unwrap()).unwrap();
    let (coverage, built): (_, BTreeSet<&str>) = (coverage(), ids().collect());
    let mut unused: BTreeSet<&String> = map.keys().collect();
    let mut table: BTreeMap<String, BTreeMap<Outcome, usize>> = BTreeMap::new();
    let mut scanner = Scanner { engines: BTreeMap::new(), reports: BTreeMap::new() };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|folder| folder.join("cases.jsonl").is_file());
    folders.sort();
    let cases: Vec<(&PathBuf, Case)> = folders
        .iter()
        .flat_map(|folder| lines(&folder.join("cases.jsonl")).into_iter().map(move |c| (folder, c)))
        .collect();
    let mut differ = Vec::new();
    for (folder, case) in &cases {
        // The levels have a test of their own.
        if case.scope.as_deref() == Some("level") {
            continue;
        }
        let key = keys(case).into_iter().find(|key| map.contains_key(key));
        let entry = key.as_ref().map(|key| map[key].clone()).unwrap_or_default();
        key.iter().for_each(|key| _ = unused.remove(key));
        let mut ids = ids_of(case, &coverage, &entry);
        ids.retain(|id| built.contains(id.as_str()));
        let (outcome, why) = if entry.skip.is_some() {
            (Outcome::Skipped, String::new())
        } else if ids.is_empty() {
            (Outcome::Uncovered, String::new())
        } else {
            let files = case.input.iter().map(|file| folder.join(file)).collect();
            match scanner.report(files, &ask(case, folder, &ids, &entry)) {
                Ok(report) => judge(case, report, &ids),
                Err(why) => (Outcome::Error, why.clone()),
            }
        };
        *table.entry(case.source.clone()).or_default().entry(outcome).or_default() += 1;
        if matches!(outcome, Outcome::Differ | Outcome::Error) {
            differ.push((case, why));
        }
    }
    show(&table);
    let listed = differences(&std::fs::read_to_string(here("differences.md")).unwrap());
    let mut problems = compare(&differ, &listed);
    problems.extend(unused.iter().map(|key| format!("map.json: no case for {key}")));
    let of = |outcome| table.values().filter_map(|row| row.get(&outcome)).sum::<usize>();
    assert!(of(Outcome::Agree) > 5_000, "{} agree", of(Outcome::Agree));
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    let judged = of(Outcome::Agree) + of(Outcome::Differ) + of(Outcome::Error);
    assert!(of(Outcome::Skipped) * 20 <= judged, "{} skipped of {judged} judged", of(Outcome::Skipped));
}

/// The table by source.
fn show(table: &BTreeMap<String, BTreeMap<Outcome, usize>>) {
    print!("{:<16}", "source");
    OUTCOMES.iter().for_each(|outcome| print!("{:>10}", format!("{outcome:?}").to_lowercase()));
    println!("{:>10}", "judged");
    let mut all: BTreeMap<Outcome, usize> = BTreeMap::new();
    for row in table.values() {
        row.iter().for_each(|(outcome, count)| *all.entry(*outcome).or_default() += count);
    }
    for (name, row) in table.iter().map(|(name, row)| (name.as_str(), row)).chain([("all", &all)]) {
        let of = |outcome| row.get(&outcome).copied().unwrap_or_default();
        print!("{name:<16}");
        OUTCOMES.iter().for_each(|outcome| print!("{:>10}", of(*outcome)));
        let judged = of(Outcome::Agree) + of(Outcome::Differ) + of(Outcome::Error);
        println!("{:>9.1}%", 100.0 * of(Outcome::Agree) as f64 / judged.max(1) as f64);
    }
}

#[test]
fn cells_of_the_coverage() {
    assert_eq!(rules_of("34 44 45"), ["34", "44", "45"]);
    assert_eq!(rules_of("0083/84"), ["0083", "0084"]);
    assert_eq!(rules_of("0192–0195"), ["0192", "0193", "0194", "0195"]);
    assert_eq!(rules_of("disallow-x/y 1"), ["disallow-x/y 1"]);
}

#[test]
fn lines_of_the_differences() {
    let listed = differences(
        "text\n| case | cases | right | why |\n|---|--:|---|---|\n| `polaris/x` | 2 | we | its own test says so |\n",
    );
    assert_eq!((listed.len(), listed[0].key.as_str(), listed[0].count), (1, "polaris/x", 2));
    let case: Case =
        serde_json::from_str(r#"{"id":"polaris/x/1","source":"polaris","check":"x","input":[],"expect":"pass"}"#)
            .unwrap();
    let one = |n: usize| compare(&vec![(&case, String::new()); n], &listed).len();
    assert_eq!([one(0), one(2), one(3)], [1, 0, 1]);
    assert_eq!(compare(&[(&case, String::new())], &[]).len(), 1);
}
