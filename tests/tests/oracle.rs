//! The machine against the oracle.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_engine::builtins;
use plimsoll_engine::program::instr::ROWS;
use plimsoll_tests::differ::{Case, Compared, Coverage, Said, compare, show};
use plimsoll_tests::generate::Programs;
use plimsoll_tests::oracle::FORMS;
use plimsoll_tests::shrink::shrink;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// What came of the cases of one thread.
#[derive(Default)]
struct Tally {
    agreed: u64,
    found: u64,
    failed: u64,
    refused: u64,
    limits: u64,
    codes: Coverage,
    coverage: Coverage,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.agreed += other.agreed;
        self.found += other.found;
        self.failed += other.failed;
        self.refused += other.refused;
        self.limits += other.limits;
        other.codes.into_iter().for_each(|(name, n)| *self.codes.entry(name).or_default() += n);
        other.coverage.into_iter().for_each(|(name, n)| *self.coverage.entry(name).or_default() += n);
        self.differences.extend(other.differences);
    }

    fn case(&mut self, programs: &Programs, seed: u64) {
        let case = programs.case(seed);
        match compare(&case, &mut self.coverage) {
            Compared::Refused(why) => {
                self.refused += 1;
                if std::env::var_os("ORACLE_REFUSED").is_some() {
                    println!("--- seed {seed} refused\n{why}");
                }
                *self.codes.entry(why.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
            Compared::Limit => self.limits += 1,
            Compared::Agree(said) => {
                self.agreed += 1;
                self.found += u64::from(said.iter().any(|s| !s.findings.is_empty()));
                let of_rules = |s: &Said| s.errors.iter().any(|e| !e.starts_with("E0703"));
                self.failed += u64::from(said.iter().any(of_rules));
            }
            Compared::Differ { way, how } => {
                let small = shrink(&case, way);
                let how = match compare(&small, &mut Coverage::new()) {
                    Compared::Differ { how, .. } => how,
                    _ => how,
                };
                let mut text = format!("--- seed {seed}: {way} does not agree:\n{how}\n{}\n", small.sources[0].1);
                small.files.iter().for_each(|(name, input)| text.push_str(&format!("{name}: {input}\n")));
                text.push_str(&format!(
                    "params {:?} data {:?} requests {:?} complete {}\nhost {:?}\n",
                    small.params, small.data, small.requests, small.complete, small.config
                ));
                println!("{text}");
                self.differences.push(text);
            }
        }
    }
}

/// Random programs over random documents: `ORACLE_CASES` of them, from `ORACLE_SEED` on; it ends at `ORACLE_STOP`
/// differences. `ORACLE_COVERAGE` shows how often each part was met, `ORACLE_REFUSED` why programs were refused.
#[test]
fn random_programs() {
    let (first, cases, stop) = (number("ORACLE_SEED", 1), number("ORACLE_CASES", 1500), number("ORACLE_STOP", 1));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let next = AtomicU64::new(0);
    let differences = AtomicU64::new(0);
    let work = || {
        let (programs, mut tally) = (Programs::new(), Tally::default());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= cases || differences.load(Ordering::Relaxed) >= stop {
                return tally;
            }
            let before = tally.differences.len();
            tally.case(&programs, first + number);
            differences.fetch_add((tally.differences.len() - before) as u64, Ordering::Relaxed);
        }
    };
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|w| all.add(w.join().unwrap()));
    });
    println!(
        "{cases} cases: {} agree ({} with findings, {} with errors), {} refused {:?}, {} at a limit",
        all.agreed, all.found, all.failed, all.refused, all.codes, all.limits
    );
    let rare = rare(&all.coverage);
    if std::env::var_os("ORACLE_COVERAGE").is_some() {
        all.coverage.iter().for_each(|(name, times)| println!("{name:40} {times}"));
        rare.iter().for_each(|(name, times)| println!("rare: {name:40} {times}"));
    }
    assert!(all.differences.is_empty(), "{} differences, see above", all.differences.len());
    assert!(all.agreed * 10 >= cases * 8, "too many programs are refused");
    let percent = all.found * 100 / all.agreed;
    assert!((20..=80).contains(&percent), "{percent} % of the runs have findings");
    if cases >= 100_000 {
        assert_eq!(rare, [], "parts that were met less than {OFTEN} times");
    }
}

/// How often a long run must meet each part.
const OFTEN: u64 = 100;

/// Instructions, forms, clauses and built-in functions that were met less often than they should.
fn rare(coverage: &Coverage) -> Vec<(String, u64)> {
    let instructions = ROWS.iter().map(|row| format!("instruction {}", row.name));
    // Sums of lists call a function of the compiler's own, and keys after `by` are compiled where they stand.
    let hidden = |module: &str, name: &str| module == "_" || (module.is_empty() && name == "sum");
    let functions = builtins::all().filter(|(_, module, function)| !hidden(module, function.name));
    let functions = functions.map(|(_, module, function)| format!("builtin {module}.{}", function.name));
    let forms = FORMS.iter().map(|form| format!("node {form}"));
    let all = instructions.filter(|i| i != "instruction Mark").chain(functions).chain(forms);
    let times = all.map(|name| {
        let times = coverage.get(&name).copied().unwrap_or(0);
        (name, times)
    });
    times.filter(|(_, times)| *times < OFTEN).collect()
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
