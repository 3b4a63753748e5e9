//! Damaged programs: bytes of a valid bundle are changed and its checksum mended. Most are refused; those that the
//! verifier accepts run to an end (a result, an error, a limit) without a panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_engine::document::{ReadOptions, read};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::limits::Limits;
use plimsoll_engine::program::bundle::{decode, encode, seal};
use plimsoll_engine::program::verify::Verified;

/// How many mutants are made; `PLIMSOLL_MUTANTS` asks for more.
const MUTANTS: u64 = 3_000;

/// A policy that uses most of the instruction set.
const POLICY: &str = r#"
let by_name: map<string, int> = {c.name: 1 for p in cluster(Pod) for c in p.spec?.containers ?? []}
fn twice(n: int) -> int { let m = n + n if m > 1000 return 0 return m }
policy mutant {
    id = "M-01" severity = high
    param names: set<string> = {"a", "b"}
    param most: quantity = quantity("1Gi")
    on Pod as pod
    except if pod.metadata.name like "skip*" "skipped"
    let spec = pod.spec
    deny "container {c.name} {twice(count(c.command ?? []))}"
        for i, c in spec?.containers ?? []
        if c.name not in names and not ((c.image ?? "") matches re"^x+$")
        let memory = c.resources?.limits["memory"]
        if memory == null or memory > most
        at c.resources?.limits
        related [pod.metadata, spec]
        fix set { memory: "1Gi" }
    warn "labels {k}" for k, v in pod.metadata.labels ?? {} if v == "" and by_name[k] == null at pod.metadata.labels
    report (if spec?.hostNetwork == true then "deny" else "audit") "graph {sorted(reachable(pod.metadata.name, {x.name: {x.image ?? ""} for x in spec?.containers ?? []}))}"
        if any(x.name == "a" for x in spec?.containers ?? []) and spec?.containers[0]?.name != "z"
}
policy all { id = "M-02" severity = low on cluster
    audit "{n}" let n = count(cluster(Pod)) if n / 2 > 0.5 and -n < 0 and n % 2 == 0 }
"#;

const INPUT: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {z: '', b: x}}
spec: {hostNetwork: true, containers: [{name: a}, {name: c, image: img, resources: {limits: {memory: 2Gi}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: skip-me}
";

/// Random numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Runs a program over the input; gives the number of findings, errors and skips, nothing if no engine can be made.
fn run(program: &Verified) -> Option<usize> {
    let limits = Limits { fuel: 20_000, global_fuel: 20_000, memory: 1 << 20, findings: 100, ..Limits::default() };
    let engine = Engine::new(program, EngineOptions { limits, ..EngineOptions::default() }).ok()?;
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let mut inventory = engine.inventory();
    let documents = read("input.yaml", INPUT.as_bytes(), &options).documents;
    let ids: Vec<_> = documents.into_iter().flat_map(|d| inventory.insert(d, Origin::File)).collect();
    let mut evaluator = engine.evaluator();
    let mut decisions: Vec<_> = ids.into_iter().map(|id| evaluator.evaluate(&inventory, id)).collect();
    decisions.push(evaluator.evaluate_cluster(&inventory));
    Some(decisions.iter().map(|d| d.findings.len() + d.errors.len() + d.skipped.len()).sum())
}

#[test]
fn damaged_programs_come_to_an_end() {
    let bundle = Compiler::default().text("mutant.plim", POLICY).check();
    let shown: Vec<_> = bundle.diagnostics.iter().map(|d| (d.code.id(), &d.title)).collect();
    let program = bundle.compile(&Options::default()).unwrap().unwrap_or_else(|| panic!("{shown:?}")).program;
    let whole = encode(&program).unwrap();
    assert!(run(&decode(&whole).unwrap()).unwrap() >= 4);
    let count = std::env::var("PLIMSOLL_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut accepted, mut ran) = (0_u64, 0_u64);
    let content = whole.len() - 32;
    for _ in 0..count {
        let mut bytes = whole[..content].to_vec();
        for _ in 0..=random.below(3) {
            // Behind the header: the program itself.
            let at = 28 + random.below(content - 28);
            bytes[at] = match random.below(3) {
                0 => bytes[28 + random.below(content - 28)],
                1 => random.below(8) as u8,
                _ => bytes[at] ^ (1 << random.below(8)),
            };
        }
        seal(&mut bytes);
        if let Ok(program) = decode(&bytes) {
            accepted += 1;
            ran += u64::from(run(&program).is_some());
        }
    }
    println!("{count} mutants, {accepted} accepted, {ran} run");
    assert!(accepted > count / 20 && ran > count / 40, "{accepted} accepted, {ran} run");
}
