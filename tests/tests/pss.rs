//! The Pod Security Standards: our profiles and policies give the verdicts of Kubernetes' own admission plug-in, all of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use plimsoll::engine::decision::Action;
use plimsoll_tests::corpus::{Verdict, folder, lines};
use plimsoll_tests::library::Ask;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The policies of each check.
const CHECKS: [(&str, &[&str]); 19] = [
    ("allowPrivilegeEscalation", &["POD-20"]),
    ("appArmorProfile", &["POD-12"]),
    ("capabilities_baseline", &["POD-08"]),
    ("capabilities_restricted", &["POD-09"]),
    ("hostNamespaces", &["POD-04", "POD-05", "POD-06"]),
    ("hostPathVolumes", &["POD-10"]),
    ("hostPorts", &["POD-11"]),
    ("hostProbesAndHostLifecycle", &["POD-19"]),
    ("privileged", &["POD-03"]),
    ("procMount", &["POD-14"]),
    ("procMount_restricted", &["POD-15"]),
    ("restrictedVolumes", &["POD-21"]),
    ("runAsNonRoot", &["POD-01"]),
    ("runAsUser", &["POD-02"]),
    ("seLinuxOptions", &["POD-13"]),
    ("seccompProfile_baseline", &["POD-16"]),
    ("seccompProfile_restricted", &["POD-17"]),
    ("sysctls", &["POD-18"]),
    ("windowsHostProcess", &["POD-07"]),
];

/// What one pod is to be judged by.
struct Case {
    id: String,
    file: PathBuf,
    only: Vec<String>,
    profiles: Vec<String>,
    version: String,
    expect: Verdict,
}

/// A case of the corpus.
#[derive(Deserialize)]
struct Upstream {
    id: String,
    check: String,
    input: Vec<String>,
    scope: String,
    params: Params,
    expect: Verdict,
}

#[derive(Deserialize)]
struct Params {
    level: String,
    version: String,
}

/// A case of ours.
#[derive(Deserialize)]
struct Own {
    id: String,
    input: String,
    level: String,
    version: String,
    expect: Verdict,
}

/// Judges all cases, those with the same question in one scan; gives how many there are and which differ.
fn judge(cases: &[Case]) -> (usize, Vec<String>) {
    let mut groups: BTreeMap<Ask, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        let set = vec![("pss_version".to_owned(), case.version.clone())];
        let ask = Ask { only: case.only.clone(), profiles: case.profiles.clone(), set, ..Ask::default() };
        groups.entry(ask).or_default().push(case);
    }
    let mut differ = Vec::new();
    for (ask, cases) in groups {
        let engine = ask.engine().unwrap();
        let files: BTreeSet<PathBuf> = cases.iter().map(|case| case.file.clone()).collect();
        let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let report = ask.scan(&engine, files.into_iter().collect()).unwrap();
        for finding in report.findings.iter().filter(|f| f.action == Action::Deny) {
            faults.entry(finding.file.to_string()).or_default().push(format!("{} {}", finding.id, finding.message));
        }
        for error in &report.errors {
            errors.entry(error.file.as_deref().unwrap_or_default().to_owned()).or_default().push(error.message.clone());
        }
        for case in cases {
            let file = case.file.to_string_lossy().replace('\\', "/");
            let (faults, errors) = (faults.get(&file), errors.get(&file));
            let got = Verdict::of(faults.is_some());
            if got != case.expect || errors.is_some() {
                differ.push(format!("{} wants {:?}: {faults:?}, errors {errors:?}", case.id, case.expect));
            }
        }
    }
    (cases.len(), differ)
}

fn report(what: &str, (count, differ): (usize, Vec<String>), at_least: usize) {
    println!("{what}: {} of {count}", count.saturating_sub(differ.len()));
    assert!(count >= at_least, "{what}: only {count} cases");
    assert!(differ.is_empty(), "{what}: {} differ:\n{}", differ.len(), differ.join("\n"));
}

fn upstream(scope: &str) -> Option<Vec<Case>> {
    let folder = folder("policies/pss")?;
    let cases = lines::<Upstream>(&folder.join("cases.jsonl")).into_iter().filter(|case| case.scope == scope);
    let of = |case: Upstream| {
        assert_eq!(case.input.len(), 1, "{}", case.id);
        let only = CHECKS.iter().find(|(check, _)| *check == case.check).map_or(&[][..], |(_, ids)| ids);
        let (only, profiles) = match scope {
            "level" => (&[][..], vec![format!("pss_{}", case.params.level)]),
            _ => (only, Vec::new()),
        };
        assert!(!only.is_empty() || !profiles.is_empty(), "{}: no policy for {}", case.id, case.check);
        Case {
            only: only.iter().map(|id| (*id).to_owned()).collect(),
            profiles,
            file: case.input.first().map(|file| folder.join(file)).unwrap_or_default(),
            version: case.params.version.trim_start_matches('v').to_owned(),
            expect: case.expect,
            id: case.id,
        }
    };
    Some(cases.map(of).collect())
}

#[test]
fn levels() {
    if let Some(cases) = upstream("level") {
        report("PSS levels", judge(&cases), 3322);
    }
}

#[test]
fn single_checks() {
    if let Some(cases) = upstream("check") {
        report("PSS checks", judge(&cases), 84);
    }
}

#[test]
fn own_pods() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pss");
    let of = |case: Own| Case {
        file: folder.join(case.input),
        only: Vec::new(),
        profiles: vec![format!("pss_{}", case.level)],
        version: case.version,
        expect: case.expect,
        id: case.id,
    };
    let cases: Vec<Case> = lines::<Own>(&folder.join("cases.jsonl")).into_iter().map(of).collect();
    report("own pods", judge(&cases), 100);
    assert!(cases.iter().any(|c| c.expect == Verdict::Pass) && cases.iter().any(|c| c.expect == Verdict::Fail));
}
