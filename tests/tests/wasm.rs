//! The module `plimsoll.wasm` in a host that is not a browser: its exports, what it says to a host that is wrong, and that
//! its decisions are those of the Rust facade, byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_tests::faces::{self, Case, Expected};
use plimsoll_tests::modules::{module, program, root};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use wasmtime::{Engine, Instance, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, Val};

/// The module, compiled once.
fn compiled() -> Option<&'static (Engine, Module)> {
    static MODULE: OnceLock<Option<(Engine, Module)>> = OnceLock::new();
    let compiled = MODULE.get_or_init(|| {
        let path = module("plimsoll.wasm")?;
        let engine = Engine::default();
        let module = Module::new(&engine, std::fs::read(path).unwrap()).unwrap();
        Some((engine, module))
    });
    // Every test that is skipped says so.
    if compiled.is_none() {
        let _ = module("plimsoll.wasm");
    }
    compiled.as_ref()
}

/// An instance, and how its exports are called.
struct Host {
    store: Store<StoreLimits>,
    instance: Instance,
    memory: Memory,
}

impl Host {
    fn new() -> Option<Host> {
        let (engine, module) = compiled()?;
        let mut store = Store::new(engine, StoreLimits::default());
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Some(Host { store, instance, memory })
    }

    /// Calls an export with numbers.
    fn call(&mut self, name: &str, args: &[i32]) -> i32 {
        let function = self.instance.get_func(&mut self.store, &format!("plimsoll_{name}")).unwrap();
        let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
        let mut out = [Val::I32(0)];
        function.call(&mut self.store, &args, &mut out).unwrap_or_else(|trap| panic!("{name}: {trap:?}"));
        out[0].unwrap_i32()
    }

    /// Puts bytes into memory.
    fn put(&mut self, bytes: &[u8]) -> [i32; 2] {
        let len = i32::try_from(bytes.len()).unwrap();
        let at = self.call("alloc", &[len]);
        self.memory.write(&mut self.store, at as u32 as usize, bytes).unwrap();
        [at, len]
    }

    fn answer(&mut self) -> Vec<u8> {
        let (at, len) = (self.call("answer", &[]) as u32 as usize, self.call("answer_len", &[]) as u32 as usize);
        self.memory.data(&self.store)[at..at + len].to_vec()
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.answer()).unwrap()
    }

    /// An evaluator of an engine of the built-in policies.
    fn evaluator(&mut self) -> i32 {
        let builder = self.call("builder", &[]);
        let bundle = self.put(faces::bundle());
        assert_eq!(self.call("builder_bundle", &[builder, bundle[0], bundle[1]]), 0);
        let settings = self.put(faces::SETTINGS.as_bytes());
        assert_eq!(self.call("builder_settings", &[builder, settings[0], settings[1]]), 0);
        let engine = self.call("builder_build", &[builder]);
        assert!(engine > 0, "{}", self.text());
        for handle in [bundle[0], settings[0]] {
            assert_eq!(self.call("free", &[handle]), 1);
        }
        self.call("evaluator", &[engine])
    }

    fn decide(&mut self, evaluator: i32, case: &Case) -> Vec<u8> {
        let (text, name) = (self.put(&case.text), self.put(case.name.as_bytes()));
        let format = i32::from(!case.json);
        let status = self.call("decide", &[evaluator, 0, format, text[0], text[1], name[0], name[1]]);
        let answer = self.answer();
        let allowed = answer.starts_with(br#"{"version":1,"allowed":true"#);
        assert_eq!(status, i32::from(allowed), "{}: {}", case.name, String::from_utf8_lossy(&answer));
        for at in [text[0], name[0]] {
            assert_eq!(self.call("free", &[at]), 1);
        }
        answer
    }
}

#[test]
fn the_page_lists_the_exports_and_there_are_no_imports() {
    let readme = std::fs::read_to_string(root().join("bindings/wasm/README.md")).unwrap();
    let listed: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `plimsoll_")?.split('(').next().map(|name| format!("plimsoll_{name}")))
        .collect();
    for (file, full) in [("plimsoll.wasm", false), ("plimsoll-full.wasm", true)] {
        let Some(path) = module(file) else { return };
        let bytes = std::fs::read(path).unwrap();
        let mut exported = BTreeSet::new();
        for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
            match payload.unwrap() {
                wasmparser::Payload::ImportSection(imports) => assert_eq!(imports.into_iter().count(), 0),
                wasmparser::Payload::ExportSection(exports) => {
                    exported.extend(exports.into_iter().map(|e| e.unwrap().name.to_owned()));
                }
                _ => {}
            }
        }
        assert!(exported.remove("memory"));
        exported.retain(|name| !name.starts_with("__"));
        let wanted = listed.iter().filter(|name| full || !name.contains("compil")).cloned().collect();
        assert_eq!(exported, wanted, "{file}");
    }
}

#[test]
fn a_host_that_is_wrong_is_told() {
    let Some(mut host) = Host::new() else { return };
    assert_eq!(host.call("abi", &[]), 0);
    assert_eq!((host.call("version", &[]), host.text().as_str()), (0, env!("CARGO_PKG_VERSION")));
    let evaluator = host.evaluator();
    let good = host.put(b"{}");
    // What is no handle, or the handle of something else.
    for handle in [0, -1, 99, i32::MIN, i32::MAX, evaluator] {
        for name in ["builder_build", "evaluator", "inventory", "inventory_complete", "inventory_len"] {
            assert_eq!(host.call(name, &[handle]), -1, "{name} {handle}");
            assert!(host.text().starts_with(r#"{"code":null,"message":""#));
        }
    }
    // What is not memory that was given, or is longer, or was given back.
    let gone = host.put(b"{}");
    assert_eq!((host.call("free", &[gone[0]]), host.call("free", &[gone[0]])), (1, 0));
    let end = i32::try_from(host.memory.data_size(&host.store)).unwrap();
    for [at, len] in [[0, 1], [good[0], 3], [good[0] + 1, 1], [good[0], -1], [-1, 1], [end, 1], [end - 1, 2], gone] {
        let status = host.call("decide", &[evaluator, 0, 0, at, len, 0, 0]);
        assert_eq!(status, -2, "{at} {len}: {}", host.text());
        assert_eq!(host.call("decide", &[evaluator, 0, 0, good[0], good[1], at, len]), -2);
    }
    // No such format, a name that is no text, an inventory of another engine.
    assert_eq!(host.call("decide", &[evaluator, 0, 2, good[0], good[1], 0, 0]), -3);
    assert_eq!(host.call("decide", &[evaluator, 0, -1, good[0], good[1], 0, 0]), -3);
    let bytes = host.put(b"\xff\xfe");
    assert_eq!(host.call("decide", &[evaluator, 0, 0, good[0], good[1], bytes[0], bytes[1]]), -3);
    // As much memory as there is not.
    assert_eq!(host.call("alloc", &[-1]), 0);
    assert_eq!(host.call("alloc", &[i32::MAX]), 0);
    // A handle that was dropped is never another thing.
    assert_eq!((host.call("drop", &[evaluator]), host.call("drop", &[evaluator])), (0, -1));
    let builder = host.call("builder", &[]);
    assert!(builder > evaluator);
    assert_eq!(host.call("decide", &[evaluator, 0, 0, good[0], good[1], 0, 0]), -1);
    // Bundles and settings that are refused.
    assert_eq!(host.call("builder_build", &[builder]), -4);
    assert!(host.text().contains("no policies were given"));
    assert_eq!(host.call("builder_settings", &[builder, bytes[0], bytes[1]]), -3);
    let wrong = host.put(br#"{"onyl":"a"}"#);
    assert_eq!(host.call("builder_settings", &[builder, wrong[0], wrong[1]]), -4);
    assert!(host.text().contains("`onyl` is none of profile, only"));
    assert_eq!(host.call("builder_bundle", &[builder, good[0], good[1]]), 0);
    assert_eq!(host.call("builder_build", &[builder]), -4);
    assert!(host.text().starts_with(r#"{"code":"E0"#));
}

#[test]
fn an_inventory_is_one_of_its_engine() {
    let Some(mut host) = Host::new() else { return };
    let evaluators = [host.evaluator(), host.evaluator()];
    // Handles are given in order: the engine comes before its evaluator.
    let inventory = host.call("inventory", &[evaluators[0] - 1]);
    let [at, len] = host.put(br#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"n"}}"#);
    assert_eq!(host.call("inventory_insert", &[inventory, 0, at, len, 0, 0]), 0);
    assert_eq!(host.call("inventory_insert", &[inventory, 0, at, len, 0, 0]), 0);
    assert_eq!(host.call("inventory_len", &[inventory]), 1);
    assert_eq!(host.call("inventory_complete", &[inventory]), 0);
    let input = host.put(br#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#);
    assert!(host.call("decide", &[evaluators[0], inventory, 0, input[0], input[1], 0, 0]) >= 0);
    assert_eq!(host.call("decide", &[evaluators[1], inventory, 0, input[0], input[1], 0, 0]), -1);
    assert!(host.text().contains("of another engine"));
    assert!(host.call("decide_cluster", &[evaluators[0], inventory]) >= 0);
    assert!(host.text().starts_with(r#"{"version":1,"allowed":"#));
    let broken = host.put(b"a: [");
    for name in ["inventory_insert", "inventory_replace"] {
        assert_eq!(host.call(name, &[inventory, 1, broken[0], broken[1], 0, 0]), -4);
        assert_eq!(host.call("inventory_len", &[inventory]), 1);
    }
    let other = host.put(br#"{"kind":"Service","namespace":"n","name":"b"}"#);
    assert_eq!(host.call("inventory_remove", &[inventory, other[0], other[1]]), 0);
    let same = host.put(br#"{"kind":"Service","namespace":"n","name":"a"}"#);
    assert_eq!(host.call("inventory_remove", &[inventory, same[0], same[1]]), 1);
    assert_eq!(host.call("inventory_replace", &[inventory, 0, at, len, 0, 0]), 0);
    assert_eq!(host.call("inventory_replace", &[inventory, 0, 0, 0, 0, 0]), 0);
    assert_eq!(host.call("inventory_len", &[inventory]), 0);
}

#[test]
fn a_trap_ends_the_instance() {
    let Some(mut host) = Host::new() else { return };
    let evaluator = host.evaluator();
    let input = host.put(&b" ".repeat(4 << 20));
    // The host gives no more memory, and the module needs some: it ends.
    let size = host.memory.data_size(&host.store);
    *host.store.data_mut() = StoreLimitsBuilder::new().memory_size(size).build();
    assert_eq!(host.call("alloc", &[4 << 20]), 0, "a call for memory alone is only refused");
    let decide = host.instance.get_func(&mut host.store, "plimsoll_decide").unwrap();
    let args = [evaluator, 0, 1, input[0], input[1], 0, 0].map(Val::I32);
    assert!(decide.call(&mut host.store, &args, &mut [Val::I32(0)]).is_err());
    // Nothing of it can be used any more, and says so.
    *host.store.data_mut() = StoreLimits::default();
    for (name, args) in [("builder", &[][..]), ("drop", &[evaluator]), ("version", &[])] {
        assert_eq!(host.call(name, args), -5);
    }
    assert_eq!([host.call("alloc", &[1]), host.call("free", &[input[0]]), host.call("answer_len", &[])], [0; 3]);
}

#[test]
fn the_example_of_the_page_runs() {
    let Some((node, wasm)) = program(&["node"]).zip(module("plimsoll.wasm")) else { return };
    let folder = root().join("target/tmp");
    std::fs::create_dir_all(&folder).unwrap();
    let bundle = folder.join("owasp-for-wasm.plb");
    std::fs::write(&bundle, faces::bundle()).unwrap();
    let readme = std::fs::read_to_string(root().join("bindings/wasm/README.md")).unwrap();
    let code = readme.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let read = "import { readFileSync } from 'node:fs';\nconst [wasm, bundle] = process.argv.slice(1).map((f) => readFileSync(f));";
    let mut command = std::process::Command::new(node);
    command.args(["--input-type=module", "--eval", &format!("{read}\n{code}"), "--"]).arg(wasm).arg(bundle);
    let output = command.output().unwrap();
    let wanted = code.lines().find_map(|line| line.split_once("findings.length > 0); // ")).unwrap().1;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), wanted, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn decisions_about_made_inputs_are_those_of_rust() {
    let Some(mut host) = Host::new() else { return };
    let evaluator = host.evaluator();
    Expected::of_made().compare("WASM (wasmtime)", |case| host.decide(evaluator, case));
}

#[test]
fn decisions_about_the_corpus_are_those_of_rust() {
    let Some(mut host) = Host::new() else { return };
    let Some(expected) = Expected::of_corpus() else { return };
    let evaluator = host.evaluator();
    expected.compare("WASM (wasmtime)", |case| host.decide(evaluator, case));
    println!("memory of the instance: {} KiB", host.memory.data_size(&host.store) / 1024);
}
