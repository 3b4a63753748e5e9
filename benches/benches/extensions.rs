//! What a call of an `extern fn` costs: a closure of the host, a WASM module in a new instance each time, and one whose answer is
//! remembered. All give the same answers.

#![allow(missing_docs, clippy::unwrap_used, reason = "a bench may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use plimsoll::engine::extension::native::Native;
use plimsoll::engine::extension::wasm::{Extension, Function, Grants, WasmLimits};
use plimsoll::{Engine, Input};
use serde_json::{Value, json};
use std::hint::black_box;

/// Says whether its arguments, as JSON, have an even length.
const MODULE: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 8) "{\"ok\":true}") (data (i32.const 32) "{\"ok\":false}")
    (func (export "plimsoll_abi") (result i32) (i32.const 1))
    (func (export "plimsoll_alloc") (param $len i32) (result i32) (i32.const 1024))
    (func (export "even") (param $address i32) (param $len i32) (result i64)
        (if (result i64) (i32.and (local.get $len) (i32.const 1))
            (then (i64.or (i64.shl (i64.const 32) (i64.const 32)) (i64.const 12)))
            (else (i64.or (i64.shl (i64.const 8) (i64.const 32)) (i64.const 11))))))"#;

const POLICY: &str = r#"module bench.ext
extern fn even(image: string) -> bool
policy even_image { id = "B-1" severity = low on Pod as p
    deny "{c.image}" for c in p.spec?.containers if c.image != null if even(c.image) at c.image }
"#;

/// The same by the host.
fn native(args: &[Value]) -> Result<Value, String> {
    let text = serde_json::to_string(args).map_err(|e| e.to_string())?;
    Ok(Value::Bool(text.len().is_multiple_of(2)))
}

/// The same by the module.
fn wasm(remembered: usize) -> Function {
    let limits = WasmLimits { remembered, ..WasmLimits::default() };
    let extension = Extension::load_with(&wat::parse_str(MODULE).unwrap(), limits, &Grants::default()).unwrap();
    extension.function("even").unwrap()
}

fn calls(c: &mut Criterion) {
    let mut group = c.benchmark_group("extension, a call");
    let args = [json!("registry.example.com/team/web:1.4.2")];
    let functions: [(&str, Box<dyn Native>); 3] =
        [("native", Box::new(native)), ("wasm", Box::new(wasm(0))), ("wasm, remembered", Box::new(wasm(1 << 20)))];
    for (name, function) in &functions {
        assert_eq!(function.call(&args), native(&args));
        group.bench_function(*name, |b| b.iter(|| function.metered(black_box(&args), u64::MAX)));
    }
    group.finish();
}

fn decisions(c: &mut Criterion) {
    let mut group = c.benchmark_group("extension, a decision with one call");
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" },
        "spec": { "containers": [{ "name": "a", "image": "registry.example.com/team/web:1.4.2" }] } })
    .to_string();
    let builder = || Engine::builder().sources("bench", [("bench/ext.plim", POLICY)]);
    let engines = [
        ("native", builder().function("even", native)),
        ("wasm", builder().function("even", wasm(0))),
        ("wasm, remembered", builder().function("even", wasm(1 << 20))),
    ];
    for (name, builder) in engines {
        let mut evaluator = builder.build().unwrap().evaluator();
        let found = evaluator.decide(&Input::json(pod.as_bytes()));
        assert!(found.errors.is_empty() && found.findings.is_empty(), "{found:?}");
        group.bench_function(name, |b| b.iter(|| evaluator.decide(&Input::json(black_box(pod.as_bytes())))));
    }
    group.finish();
}

fn loading(c: &mut Criterion) {
    let bytes = wat::parse_str(MODULE).unwrap();
    c.bench_function("extension, load", |b| b.iter(|| Extension::load(black_box(&bytes)).unwrap()));
}

criterion_group!(benches, calls, decisions, loading);
criterion_main!(benches);
