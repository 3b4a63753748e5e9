//! Compile, load, one admission, a scan: beside `serde_json` (the floor) and `regorus` (its register VM and its
//! interpreter). Only ratios within one run mean anything; `benches/README.md` says how to read them.

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plimsoll::compile::{CompileOptions, check, compile};
use plimsoll::engine::program::bundle::{decode, encode};
use plimsoll::{Engine, Input};
use plimsoll_benches::{RULES, bad_pod, clean_pod, with_managed_fields};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

const REGO: &str = include_str!("../jobs/admission.rego");
const ENTRY: &str = "data.jobs.deny";

/// Our engine over the rules of job A.
fn ours() -> Engine {
    Engine::builder().sources("jobs", [("jobs/admission.plim", RULES)]).build().unwrap()
}

fn interpreter() -> regorus::Engine {
    let mut engine = regorus::Engine::new();
    engine.add_policy("admission.rego".to_owned(), REGO.to_owned()).unwrap();
    engine
}

fn register_vm() -> RegoVM {
    let compiled = interpreter().compile_with_entrypoint(&ENTRY.into()).unwrap();
    let program = Compiler::compile_from_policy(&compiled, &[ENTRY]).unwrap();
    let mut vm = RegoVM::new_with_policy(compiled);
    vm.load_program(program);
    vm
}

fn texts(value: &regorus::Value) -> BTreeSet<String> {
    value.as_set().unwrap().iter().map(|v| v.as_string().unwrap().to_string()).collect()
}

/// All engines find the same on a pod.
fn agree(pod: &Value) -> usize {
    let bytes = pod.to_string();
    let decision = ours().evaluator().evaluate(&Input::json(bytes.as_bytes())).unwrap();
    assert!(decision.errors.is_empty(), "{:?}", decision.errors);
    let found: BTreeSet<String> = decision.findings.iter().map(|f| f.message.clone()).collect();
    let input = regorus::Value::from_json_str(&bytes).unwrap();
    let mut interpreter = interpreter();
    interpreter.set_input(input.clone());
    assert_eq!(texts(&interpreter.eval_rule(ENTRY.to_owned()).unwrap()), found);
    let mut vm = register_vm();
    vm.set_input(input);
    assert_eq!(texts(&vm.execute().unwrap()), found);
    found.len()
}

fn library(c: &mut Criterion) {
    let options = CompileOptions::default();
    let whole = || compile(check(plimsoll::load::builtin().unwrap(), &options).unwrap(), &options).unwrap();
    let bytes = encode(whole().program.program()).unwrap();
    let mut group = c.benchmark_group("library");
    group.sample_size(10);
    group.bench_function("compile from source", |b| b.iter(|| black_box(whole())));
    group.bench_function("load from .plb", |b| b.iter(|| decode(black_box(&bytes)).unwrap()));
    group.finish();
}

fn admission(c: &mut Criterion) {
    assert_eq!(agree(&clean_pod()), 0);
    assert!(agree(&bad_pod()) > 12);
    let engine = ours();
    for (name, pod) in
        [("clean", clean_pod()), ("clean, as stored", with_managed_fields(clean_pod())), ("bad", bad_pod())]
    {
        let bytes = pod.to_string();
        let mut group = c.benchmark_group(format!("admission, {name}"));
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("floor: serde_json::Value", |b| {
            b.iter(|| serde_json::from_slice::<Value>(black_box(bytes.as_bytes())).unwrap())
        });
        group.bench_function("serde_json::IgnoredAny", |b| {
            b.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(bytes.as_bytes())).unwrap())
        });
        let mut evaluator = engine.evaluator();
        group.bench_function("plimsoll, from JSON", |b| {
            b.iter(|| evaluator.evaluate(&Input::json(black_box(bytes.as_bytes()))).unwrap())
        });
        group.bench_function("plimsoll, from YAML", |b| {
            b.iter(|| evaluator.evaluate(&Input::yaml(black_box(bytes.as_bytes()))).unwrap())
        });
        group.bench_function("plimsoll, from Value", |b| {
            b.iter(|| evaluator.evaluate(&Input::value(black_box(&pod))).unwrap())
        });
        let mut vm = register_vm();
        group.bench_function("regorus VM, from JSON", |b| {
            b.iter(|| {
                vm.set_input(regorus::Value::from_json_str(black_box(&bytes)).unwrap());
                vm.execute().unwrap()
            })
        });
        let mut interpreter = interpreter();
        group.bench_function("regorus interpreter, from JSON", |b| {
            b.iter(|| {
                interpreter.set_input_json(black_box(&bytes)).unwrap();
                interpreter.eval_rule(ENTRY.to_owned()).unwrap()
            })
        });
        group.finish();
    }
}

/// The manifests of the corpus, where it is given, with the whole library.
fn scan(c: &mut Criterion) {
    use plimsoll::scan::walk::{WalkOptions, walk};
    use plimsoll_engine::document::{ReadOptions, SourceText, read_text};
    let Some(root) = std::env::var_os("PLIMSOLL_CORPUS") else {
        println!("scan: skipped, PLIMSOLL_CORPUS is not set");
        return;
    };
    let files = walk(&[Path::new(&root).join("manifests")], &WalkOptions::default()).unwrap().files;
    let texts: Vec<(String, String)> = files
        .iter()
        .filter(|file| file.name.ends_with("yaml") || file.name.ends_with("yml"))
        .filter_map(|file| Some((file.name.clone(), std::fs::read_to_string(file.path.as_ref()?).ok()?)))
        .collect();
    let engine = Engine::builder().build().unwrap();
    let mut evaluator = engine.evaluator();
    let mut group = c.benchmark_group("scan of the corpus, one thread");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(texts.iter().map(|(_, text)| text.len() as u64).sum()));
    group.bench_function("documents alone", |b| {
        b.iter(|| {
            for (name, text) in &texts {
                let source = Arc::new(SourceText::new(name.as_str(), text.as_str()));
                black_box(read_text(source, &ReadOptions::default()));
            }
        })
    });
    group.bench_function("plimsoll, the whole library", |b| {
        b.iter(|| {
            for (name, text) in &texts {
                black_box(evaluator.evaluate(&Input::yaml(text.as_bytes()).named(name.as_str())).ok());
            }
        })
    });
    group.finish();
}

criterion_group!(benches, library, admission, scan);
criterion_main!(benches);
