//! The machine against the oracle.
#![allow(clippy::panic, reason = "a test may panic")]

use plimsoll_tests::differ::{Case, Compared, Coverage, compare, show};
use plimsoll_tests::generate::Programs;
use plimsoll_tests::shrink::shrink;

#[test]
fn a_case_by_hand() {
    let case = Case {
        sources: vec![("first.plim".into(), include_str!("../cases/first.plim").into())],
        files: vec![("first.yaml".into(), include_str!("../cases/first.yaml").into())],
        ..Case::default()
    };
    let said = match compare(&case, &mut Coverage::new()) {
        Compared::Agree(said) => said.iter().map(show).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let expected = [
        "deny high T-1 first.yaml#0/spec/containers/1/name \"bad b {\\\"skipme\\\":0,\\\"web\\\":2}\" refs {} related \
         [\"first.yaml#0/spec/containers/1\", \"first.yaml#0\"] fix safe [set /spec/containers/1/name true]\n\
         warn low T-1 first.yaml#0 \"mem 1048577Ki\" refs {} related [] fix safe",
        "skip T-1 because skipme",
        "error E0703 /spec/containers/0/name",
        "audit low T-2 #0 \"2 [\\\"web\\\"]\" refs {} related [] fix safe",
    ];
    assert_eq!(said, expected);
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Random programs over random documents: `ORACLE_CASES` of them, from `ORACLE_SEED` on.
#[test]
fn random_programs() {
    let (first, cases) = (number("ORACLE_SEED", 1), number("ORACLE_CASES", 300));
    let programs = Programs::new();
    let mut coverage = Coverage::new();
    let (mut refused, mut limits, mut found, mut failed, mut agreed, mut differences) = (0, 0, 0, 0, 0, 0);
    let mut codes: Coverage = Coverage::new();
    for seed in first..first + cases {
        let case = programs.case(seed);
        match compare(&case, &mut coverage) {
            Compared::Refused(why) => {
                refused += 1;
                if std::env::var_os("ORACLE_REFUSED").is_some() {
                    println!("--- seed {seed} refused\n{why}");
                }
                *codes.entry(why.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
            Compared::Limit => limits += 1,
            Compared::Agree(said) => {
                agreed += 1;
                found += u64::from(said.iter().any(|s| !s.findings.is_empty()));
                failed += u64::from(said.iter().any(|s| s.errors.iter().any(|e| !e.starts_with("E0703"))));
            }
            Compared::Differ { way, how } => {
                let small = shrink(&case, way);
                let how = match compare(&small, &mut Coverage::new()) {
                    Compared::Differ { how, .. } => how,
                    _ => how,
                };
                println!("--- seed {seed}: {way} does not agree:\n{how}\n{}", small.sources[0].1);
                small.files.iter().for_each(|(name, text)| println!("{name}: {text}"));
                println!("params {:?} complete {}", small.params, small.complete);
                differences += 1;
                if differences >= number("ORACLE_STOP", 1) {
                    break;
                }
            }
        }
    }
    println!(
        "{cases} cases: {agreed} agree ({found} with findings, {failed} with errors), {refused} refused {codes:?}, {limits} at a limit"
    );
    if std::env::var_os("ORACLE_COVERAGE").is_some() {
        for (name, times) in &coverage {
            println!("{name:40} {times}");
        }
    }
    assert_eq!(differences, 0, "see above");
}

/// One program and one input of one's own: `ORACLE_FILE=p.plim ORACLE_INPUT=pod.yaml`.
#[test]
fn a_file() {
    let (Ok(program), Ok(input)) = (std::env::var("ORACLE_FILE"), std::env::var("ORACLE_INPUT")) else { return };
    let read = |path: &str| (path.to_owned(), std::fs::read_to_string(path).unwrap_or_default());
    let case = Case { sources: vec![read(&program)], files: vec![read(&input)], ..Case::default() };
    match compare(&case, &mut Coverage::new()) {
        Compared::Agree(said) => said.iter().for_each(|s| println!("{}\n", show(s))),
        Compared::Differ { way, how } => panic!("{way} does not agree:\n{how}"),
        Compared::Refused(why) => panic!("{why}"),
        Compared::Limit => panic!("a limit"),
    }
}
/// Shows the program of a seed: `ORACLE_SHOW=17`.
#[test]
fn a_seed() {
    let Ok(seed) = std::env::var("ORACLE_SHOW") else { return };
    let case = Programs::new().case(seed.parse().unwrap_or_default());
    println!("{}", case.sources[0].1);
    case.files.iter().for_each(|(name, text)| println!("{name}: {text}"));
    println!("{:?}", compare(&case, &mut Coverage::new()));
}
