//! The module for hosts of OPA: loaded as SDKs load it, asked as they ask, its decisions those of the Rust facade, byte for
//! byte; and by the SDKs themselves.
//!
//! Hosts of OPA hand over JSON: YAML of the cases is taken as the JSON of its documents.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll::Input;
use plimsoll::embed::{EmbedOptions, embed};
use plimsoll::engine::document::{Format, NodeId, ReadOptions, read};
use plimsoll_tests::faces::{self, Case, Expected};
use plimsoll_tests::modules::{module, program, root};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use wasmtime::{Engine, Instance, Linker, Memory, MemoryType, Module, Store, Val};

/// The module with the built-in policies, as a file; made once.
fn policies() -> Option<PathBuf> {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let template = module("plimsoll_opa.wasm")?;
    let make = || {
        let module = embed(&std::fs::read(template).unwrap(), faces::bundle(), &EmbedOptions::opa()).unwrap();
        let folder = root().join("target/opa");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("policies.wasm");
        std::fs::write(&file, module).unwrap();
        file
    };
    Some(FILE.get_or_init(make).clone())
}

/// What hosts set as `data`.
fn data() -> String {
    format!("{{\"plimsoll\":{}}}", faces::SETTINGS)
}

/// A case as a host of OPA has it; nothing if its YAML can't be read.
fn as_json(case: Case) -> Option<Case> {
    let text = if case.json {
        case.text
    } else {
        let options = ReadOptions { format: Format::Yaml, ..ReadOptions::default() };
        let read = read(&case.name, &case.text, &options);
        if !read.errors.is_empty() {
            return None;
        }
        let texts = read.documents.iter().map(|document| document.to_json(NodeId::ROOT).to_string());
        texts.collect::<Vec<_>>().join("\n").into_bytes()
    };
    Some(Case { name: "input.json".to_owned(), json: true, text })
}

fn cases_of(expected: Expected) -> Expected {
    Expected::of(expected.cases.into_iter().filter_map(as_json).collect())
}

/// A host such as the SDKs are: a memory of five pages, an input behind the heap pointer.
struct Host {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    data: i32,
    pointer: i32,
}

/// The module, compiled once.
fn compiled() -> Option<&'static (Engine, Module)> {
    static MODULE: OnceLock<(Engine, Module)> = OnceLock::new();
    let file = policies()?;
    Some(MODULE.get_or_init(|| {
        let engine = Engine::default();
        let module = Module::from_file(&engine, file).unwrap();
        (engine, module)
    }))
}

impl Host {
    fn new(data: &str) -> Option<Host> {
        let (engine, module) = compiled()?;
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(5, None)).unwrap();
        let mut linker = Linker::new(engine);
        linker.define(&store, "env", "memory", memory).unwrap();
        let abort = move |caller: wasmtime::Caller<'_, ()>, at: i32| -> wasmtime::Result<()> {
            let bytes = &memory.data(&caller)[at as u32 as usize..];
            let end = bytes.iter().position(|byte| *byte == 0).unwrap();
            Err(wasmtime::Error::msg(String::from_utf8_lossy(&bytes[..end]).into_owned()))
        };
        linker.func_wrap("env", "opa_abort", abort).unwrap();
        let instance = linker.instantiate(&mut store, module).unwrap();
        let mut host = Host { store, instance, memory, data: 0, pointer: 0 };
        host.data = host.value(data);
        host.pointer = host.call("opa_heap_ptr_get", &[]).unwrap();
        Some(host)
    }

    fn call(&mut self, name: &str, args: &[i32]) -> Result<i32, String> {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
        let mut out = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &args, &mut out).map_err(|error| error.root_cause().to_string())?;
        Ok(out.first().map_or(0, Val::unwrap_i32))
    }

    fn text(&self, at: i32) -> Vec<u8> {
        let bytes = &self.memory.data(&self.store)[at as u32 as usize..];
        bytes[..bytes.iter().position(|byte| *byte == 0).unwrap()].to_vec()
    }

    fn value(&mut self, text: &str) -> i32 {
        let len = i32::try_from(text.len()).unwrap();
        let at = self.call("opa_malloc", &[len]).unwrap();
        self.memory.write(&mut self.store, at as u32 as usize, text.as_bytes()).unwrap();
        self.call("opa_json_parse", &[at, len]).unwrap()
    }

    /// One call, as of ABI 1.2.
    fn ask(&mut self, entrypoint: i32, input: &[u8]) -> Result<Vec<u8>, String> {
        let at = self.pointer as u32 as usize;
        let missing = (at + input.len()).saturating_sub(self.memory.data_size(&self.store));
        self.memory.grow(&mut self.store, missing.div_ceil(1 << 16) as u64).unwrap();
        self.memory.write(&mut self.store, at, input).unwrap();
        let len = i32::try_from(input.len()).unwrap();
        let args = [0, entrypoint, self.data, self.pointer, len, self.pointer + len, 0];
        let at = self.call("opa_eval", &args)?;
        Ok(self.text(at))
    }

    /// The decision, without the result set around it.
    fn decide(&mut self, case: &Case) -> Vec<u8> {
        let answer = self.ask(0, &case.text).unwrap();
        let inner = answer.strip_prefix(b"[{\"result\":").and_then(|rest| rest.strip_suffix(b"}]"));
        inner.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&answer))).to_vec()
    }
}

#[test]
fn the_exports_and_imports_are_those_of_the_abi() {
    let Some((_, module)) = compiled() else { return };
    let Some(corpus) = plimsoll_tests::corpus::folder("conformance") else { return };
    let abi = std::fs::read_to_string(corpus.join("opa-wasm-abi/abi.json")).unwrap();
    let abi: Value = serde_json::from_str(&abi).unwrap();
    let number = |list: &Value| list.as_array().map_or(0, Vec::len);
    for export in abi["exports"].as_array().unwrap() {
        let name = export["name"].as_str().unwrap();
        let found = module.get_export(name).unwrap_or_else(|| panic!("no export {name}"));
        if let Some(function) = found.func() {
            assert_eq!(function.params().len(), number(&export["params"]), "{name}");
            assert_eq!(function.results().len(), usize::from(export["result"] != "void"), "{name}");
        }
    }
    for import in module.imports() {
        let known = |entry: &Value| entry["module"] == import.module() && entry["name"] == import.name();
        assert!(abi["imports"].as_array().unwrap().iter().any(known), "{}.{}", import.module(), import.name());
        if let Some(memory) = import.ty().memory() {
            assert_eq!(memory.minimum(), 1);
        }
    }
    let mut host = Host::new("{}").unwrap();
    for (name, value) in [("opa_wasm_abi_version", 1), ("opa_wasm_abi_minor_version", 3)] {
        let global = host.instance.get_global(&mut host.store, name).unwrap();
        assert_eq!(global.get(&mut host.store).unwrap_i32(), value);
    }
}

#[test]
fn what_ends_an_evaluation_ends_nothing_else() {
    let Some(mut host) = Host::new("{}") else { return };
    let pod =
        br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostNetwork":true,"containers":[]}}"#;
    let good = host.ask(1, pod).unwrap();
    let base = host.pointer;
    for _ in 0..3 {
        assert_eq!(host.ask(10_000, pod).unwrap_err(), "plimsoll: invalid entrypoint id 10000");
        host.call("opa_heap_ptr_set", &[base]).unwrap();
        let (before, data) = (host.data, host.value(r#"{"plimsoll":{"profile":"none"}}"#));
        host.data = data;
        host.pointer = host.call("opa_heap_ptr_get", &[]).unwrap();
        assert!(host.ask(1, pod).unwrap_err().contains("there is no profile `none`"));
        assert!(host.call("opa_json_dump", &[1]).is_err());
        assert!(host.call("opa_heap_ptr_set", &[16]).is_err());
        (host.data, host.pointer) = (before, base);
        assert_eq!(host.ask(1, pod).unwrap(), good);
    }
}

/// A heap that is full in the middle of a call goes on above the arena, and leaves nothing there.
#[test]
fn large_inputs_after_small_ones_after_large_ones() {
    let Some(mut host) = Host::new(&data()) else { return };
    let pods = |count: usize| {
        let pod = |n: usize| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p{n}"}},"spec":{{"hostNetwork":true,"containers":[{{"name":"c","image":"i"}}]}}}}"#
            )
        };
        let pods: Vec<String> = (0..count).map(pod).collect();
        let text = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, pods.join(","));
        Case { name: "input.json".to_owned(), json: true, text: text.into_bytes() }
    };
    let counts = [1, 200, 1, 600, 10, 200];
    let expected = Expected::of(counts.map(pods).into());
    let mut sizes = Vec::new();
    for _ in 0..2 {
        expected.compare("OPA WASM (wasmtime)", |case| host.decide(case));
        sizes.push(host.memory.data_size(&host.store));
    }
    assert_eq!(sizes[0], sizes[1], "the memory grows no further");
    println!("memory of the instance: {} KiB", sizes[0] / 1024);
}

#[test]
fn decisions_about_made_inputs_are_those_of_rust() {
    let Some(mut host) = Host::new(&data()) else { return };
    cases_of(Expected::of_made()).compare("OPA WASM (wasmtime)", |case| host.decide(case));
}

#[test]
fn decisions_about_the_corpus_are_those_of_rust() {
    let Some(mut host) = Host::new(&data()) else { return };
    let Some(expected) = Expected::of_corpus() else { return };
    cases_of(expected).compare("OPA WASM (wasmtime)", |case| host.decide(case));
    println!("memory of the instance: {} KiB", host.memory.data_size(&host.store) / 1024);
}

/// A folder with the policies and the scripts.
fn folder() -> Option<PathBuf> {
    let folder = policies()?.parent().unwrap().to_owned();
    for file in ["package.json", "package-lock.json", "sdk.mjs", "sdk.py", "requirements.txt"] {
        std::fs::copy(root().join("bindings/opa-wasm/test").join(file), folder.join(file)).unwrap();
    }
    Some(folder)
}

/// Node and npm's SDK, beside the policies.
fn node() -> Option<(&'static str, PathBuf)> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let (node, npm) = program(&["node"]).zip(program(&["npm"]))?;
    let folder = folder()?;
    let install = || {
        let mut command = Command::new(npm);
        command.current_dir(&folder).args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--silent"]);
        folder.join("node_modules/@open-policy-agent/opa-wasm").is_dir() || command.status().is_ok_and(|s| s.success())
    };
    if !*INSTALLED.get_or_init(install) {
        println!("skipped: npm's opa-wasm can't be installed");
        return None;
    }
    Some((node, folder))
}

/// Python with PyPI's SDK, beside the policies.
fn python() -> Option<(PathBuf, PathBuf)> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let python = program(&["python3"])?;
    let folder = folder()?;
    let inside = folder.join("venv/bin/python");
    let imports =
        || Command::new(&inside).args(["-c", "import opa_wasmtime"]).output().is_ok_and(|o| o.status.success());
    let install = || {
        let ran = |command: &mut Command| command.current_dir(&folder).output().is_ok_and(|o| o.status.success());
        let pip = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
        imports()
            || ran(Command::new(python).args(["-m", "venv", "venv"]))
                && ran(Command::new(&inside).args(pip))
                && imports()
    };
    if !*INSTALLED.get_or_init(install) {
        println!("skipped: PyPI's opa-wasmtime can't be installed");
        return None;
    }
    Some((inside, folder))
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}{}", shown(&output.stdout), shown(&output.stderr));
    output
}

/// Runs a script over texts; gives a JSON value for each.
fn ask_sdk(program: &Path, script: &str, name: &str, folder: &Path, texts: &[&str]) -> Vec<Value> {
    let lines: Vec<String> = texts.iter().map(|text| Value::from(*text).to_string()).collect();
    let [data_file, cases] = ["data", "cases"].map(|what| folder.join(format!("{name}.{what}")));
    std::fs::write(&data_file, data()).unwrap();
    std::fs::write(&cases, lines.join("\n")).unwrap();
    let mut command = Command::new(program);
    let output = run(command.current_dir(folder).args([script, "policies.wasm"]).arg(data_file).arg(cases));
    print!("{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every text that is UTF-8: some from the corpus, all that are made.
fn texts(expected: &Expected) -> Vec<&str> {
    expected.cases.iter().filter_map(|case| std::str::from_utf8(&case.text).ok()).collect()
}

/// All that an SDK of npm says is what the Rust facade says.
fn in_node(name: &str, expected: &Expected) {
    let Some((node, folder)) = node() else { return };
    let texts = texts(expected);
    let answers = ask_sdk(node.as_ref(), "sdk.mjs", name, &folder, &texts);
    assert_eq!(answers.len(), texts.len());
    let mut evaluator = faces::engine().evaluator();
    for (text, answer) in texts.iter().zip(&answers) {
        let wanted = evaluator.decide(&Input::json(text.as_bytes())).to_json();
        let wanted: Value = serde_json::from_str(&format!("[{{\"result\":{wanted}}}]")).unwrap();
        assert_eq!(answer, &wanted, "{text}");
    }
    println!("OPA WASM (npm SDK): {0} of {0} decisions are those of Rust", texts.len());
}

/// The same of Python's, which writes the text by itself.
fn in_python(name: &str, expected: &Expected) {
    let Some((python, folder)) = python() else { return };
    let mut texts = texts(expected);
    // What the SDK can be given at all: one value that Python reads.
    texts.retain(|text| serde_json::from_str::<Value>(text).is_ok() && !text.contains("1e400"));
    let answers = ask_sdk(&python, "sdk.py", name, &folder, &texts);
    assert_eq!(answers.len(), texts.len());
    let mut evaluator = faces::engine().evaluator();
    for answer in &answers {
        let text = answer["text"].as_str().unwrap();
        let wanted = evaluator.decide(&Input::json(text.as_bytes())).to_json();
        let wanted: Value = serde_json::from_str(&format!("[{{\"result\":{wanted}}}]")).unwrap();
        assert_eq!(answer["answer"], wanted, "{text}");
    }
    println!("OPA WASM (PyPI SDK): {0} of {0} decisions are those of Rust", texts.len());
}

#[test]
fn the_sdk_of_npm_says_what_rust_says_of_made_inputs() {
    in_node("made-npm", &cases_of(Expected::of_made()));
}

#[test]
fn the_sdk_of_npm_says_what_rust_says_of_the_corpus() {
    let Some(expected) = Expected::of_corpus() else { return };
    in_node("corpus-npm", &cases_of(expected));
}

#[test]
fn the_sdk_of_pypi_says_what_rust_says_of_made_inputs() {
    in_python("made-pypi", &cases_of(Expected::of_made()));
}

/// Every tenth: this SDK reads its answers byte by byte.
#[test]
fn the_sdk_of_pypi_says_what_rust_says_of_some_of_the_corpus() {
    let Some(expected) = Expected::of_corpus() else { return };
    let some = expected.cases.into_iter().step_by(10).filter_map(as_json).collect();
    in_python("corpus-pypi", &Expected::of(some));
}

/// The code of a language in the README, and what it says that is printed.
fn example(language: &str, comment: &str) -> (String, String) {
    let readme = std::fs::read_to_string(root().join("bindings/opa-wasm/README.md")).unwrap();
    let code = readme.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let printed = code.lines().filter_map(|line| line.strip_prefix(comment)).collect::<Vec<_>>().join("\n");
    assert!(!printed.is_empty());
    (code, printed)
}

#[test]
fn the_example_in_javascript_runs() {
    let Some((node, folder)) = node() else { return };
    let (code, printed) = example("js", "// ");
    let output = run(Command::new(node).current_dir(folder).args(["--input-type=module", "--eval", &code]));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), printed);
}

#[test]
fn the_example_in_python_runs() {
    let Some((python, folder)) = python() else { return };
    let (code, printed) = example("python", "# ");
    let output = run(Command::new(python).current_dir(folder).args(["-c", &code]));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), printed);
}
