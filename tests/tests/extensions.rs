//! `extern fn` by WASM modules, from the policy to the decision: what a module does wrong is an error of the rule that
//! called it, and nothing else. And the example extensions, built where there are compilers for them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll::compile::{CompileOptions, build};
use plimsoll::engine::extension::native::{Native, Natives};
use plimsoll::engine::extension::wasm::Extension;
use plimsoll::testing::{TestOptions, run};
use plimsoll::{Engine, Input, Limits};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A module whose `f` gives this JSON, and whose `g` runs these instructions.
fn module(json: &str, body: &str) -> Vec<u8> {
    let data = json.replace('"', "\\\"");
    let packed = (8_u64 << 32) | json.len() as u64;
    let text = format!(
        r#"(module (memory (export "memory") 1) (data (i32.const 8) "{data}")
        (func (export "plimsoll_abi") (result i32) i32.const 1)
        (func (export "plimsoll_alloc") (param i32) (result i32) i32.const 1024)
        (func (export "f") (param i32 i32) (result i64) i64.const {packed})
        (func (export "g") (param i32 i32) (result i64) {body}))"#
    );
    wat::parse_str(text).unwrap()
}

/// Rules of two policies: one calls a function of this type for each container, the others call nothing.
fn policies(name: &str, result: &str, test: &str) -> [(String, String); 1] {
    let text = format!(
        r#"module a.b
        extern fn {name}(image: string) -> {result}
        policy asks {{ id = "X-1" severity = high on Pod as p
            deny "first" if p.metadata.name == "web"
            deny "asked {{c.image}}" for c in p.spec?.containers if c.image != null let r = {name}(c.image) if {test}
            deny "last" if p.metadata.name == "web" }}
        policy other {{ id = "X-2" severity = low on Pod as p warn "other" if p.metadata.name == "web" }}"#
    );
    [("a/b.plim".to_owned(), text)]
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [ { name: a, image: nginx }, { name: b, image: redis } ] }
";

/// Messages of the findings and errors of a decision.
fn decided(engine: &Engine) -> (Vec<String>, Vec<String>) {
    let decision = engine.evaluator().evaluate(&Input::yaml(POD.as_bytes())).unwrap();
    assert_eq!(decision.allowed, decision.errors.is_empty() && decision.findings.is_empty());
    let errors = decision.errors.iter().map(|e| format!("{} {}", e.code, e.message));
    (decision.findings.iter().map(|f| f.message.to_string()).collect(), errors.collect())
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn a_result_is_used_and_a_wrong_one_is_an_error_of_its_rule_alone() {
    let cases: &[(&str, &str, &str, Result<(), &str>)] = &[
        (r#"{"ok":true}"#, "bool", "r", Ok(())),
        (r#"{"ok":{"by":"acme","at":"2026-01-01T00:00:00Z"}}"#, "{ by: string, at: time }", "r.by == \"acme\"", Ok(())),
        (r#"{"ok":["v1.2","v1.10"]}"#, "set<version>", "version(\"1.10\") in r", Ok(())),
        (r#"{"ok":null}"#, "string?", "r == null", Ok(())),
        (r#"{"ok":2}"#, "float", "r == 2.0", Ok(())),
        (r#"{"ok":"true"}"#, "bool", "r", Err("the value: expected true or false, found string")),
        (r#"{"ok":null}"#, "bool", "r", Err("the value: expected true or false, found null")),
        (r#"{"ok":{"by":1}}"#, "{ by: string }", "r.by == \"\"", Err("`/by`: expected a string, found int")),
        (r#"{"ok":{}}"#, "{ by: string }", "r.by == \"\"", Err("`/by` is missing")),
        (r#"{"ok":18446744073709551615}"#, "int", "r > 0", Err("the value: expected a whole number, found float")),
        (r#"{"ok":"soon"}"#, "time", "r > now()", Err("the value")),
        (r#"{"ok":["a",[]]}"#, "list<string>", "\"a\" in r", Err("`/1`: expected a string, found list")),
        (r#"{"ok":"c"}"#, "\"a\" | \"b\"", "r == \"a\"", Err("the value")),
        (r#"{"error":"the registry is closed"}"#, "bool", "r", Err("the registry is closed")),
        ("{", "bool", "r", Err("its result is not JSON that can be used")),
    ];
    for (json, ty, test, expected) in cases {
        let builder =
            Engine::builder().sources("x", policies("f", ty, test)).extension("f", module(json, "unreachable"));
        let engine = builder.build().unwrap_or_else(|e| panic!("{ty}: {e}"));
        let (findings, errors) = decided(&engine);
        match expected {
            Ok(()) => {
                assert_eq!(sorted(findings), ["asked nginx", "asked redis", "first", "last", "other"], "{json} {ty}");
                assert_eq!(errors, [""; 0]);
            }
            Err(why) => {
                assert_eq!(sorted(findings), ["first", "last", "other"], "{json} {ty}");
                assert!(errors[0].starts_with("E0807 `f`: ") && errors[0].contains(why), "{json} {ty}: {errors:?}");
                assert_eq!(errors.len(), 1, "{errors:?}");
            }
        }
    }
}

#[test]
fn a_module_that_misbehaves_ends_the_rule_that_called_it() {
    for (body, why) in [
        ("unreachable", "it gave up (`unreachable`)"),
        ("(i64.const -1)", "it gave 4294967295 bytes, more than the limit of 1048576"),
        ("(i64.div_s (i64.const 1) (i64.const 0))", "it divided by zero"),
        ("(i64.load (i32.const -8))", "it left its memory"),
    ] {
        let builder = Engine::builder().sources("x", policies("g", "bool", "r")).extension("a.b.g", module("", body));
        let (findings, errors) = decided(&builder.build().unwrap());
        assert_eq!(sorted(findings), ["first", "last", "other"], "{body}");
        assert_eq!(errors, [format!("E0807 `g`: {why}")], "{body}");
    }
}

#[test]
fn a_loop_uses_up_the_fuel_of_the_object() {
    let endless = module("", "(loop $l (br $l)) unreachable");
    let limits = Limits { fuel: 200_000, ..Limits::default() };
    let builder = Engine::builder().sources("x", policies("g", "bool", "r")).extension("g", endless).limits(limits);
    let (findings, errors) = decided(&builder.build().unwrap());
    assert_eq!(errors, ["E0901 the evaluation used up its fuel"]);
    assert!(!findings.contains(&"last".to_owned()), "{findings:?}");
}

#[test]
fn names_and_modules_are_checked_when_the_engine_is_built() {
    let good = || module(r#"{"ok":true}"#, "unreachable");
    let build = |name: &str, bytes: Vec<u8>| {
        let builder = Engine::builder().sources("x", policies("f", "bool", "r")).extension(name, bytes);
        builder.build().map(|engine| decided(&engine).1.len()).map_err(|e| (e.code().unwrap(), e.to_string()))
    };
    assert_eq!(build("f", good()), Ok(0));
    assert_eq!(build("a.b.f", good()), Ok(0));
    assert_eq!(
        build("ff", good()),
        Err(("E0623", "no policy asks for the function `ff`; did you mean `f`?".to_owned()))
    );
    assert_eq!(build("b.f", good()).unwrap_err().0, "E0623");
    let refused = |why: &str| Err(("E0622", format!("the extension for `f` can't be used: {why}")));
    assert_eq!(build("f", wat::parse_str("(module)").unwrap()), refused("it does not export `plimsoll_abi`"));
    assert!(build("f", b"\0asm\x02\0\0\0".to_vec()).unwrap_err().1.contains("no WASM module"));
    assert!(build("f", vec![0; 5 << 20]).unwrap_err().1.contains("5242880 bytes, more than the limit of 4194304"));
}

#[test]
fn a_compiled_bundle_asks_for_its_functions_too() {
    let options = CompileOptions::default();
    let sources = plimsoll::load::of_texts("x", policies("f", "bool", "r").iter().map(|(p, t)| (&**p, &**t))).unwrap();
    let checked = plimsoll::compile::check(sources, &options).unwrap();
    let bundle = plimsoll::compile::compile(checked, &options).unwrap();
    let bytes = plimsoll::engine::program::bundle::encode(bundle.program.program()).unwrap();
    let builder = Engine::builder().compiled(bytes).extension("f", module(r#"{"ok":false}"#, "unreachable"));
    assert_eq!(decided(&builder.build().unwrap()).1, [""; 0]);
}

#[test]
fn the_module_of_the_guide_says_yes() {
    let guide = std::fs::read_to_string(root().join("docs/guide/extensions.md")).unwrap();
    let text = guide.split("```wat\n").nth(1).unwrap().split("```").next().unwrap();
    let function = Extension::load(&wat::parse_str(text).unwrap()).unwrap().function("is_fine").unwrap();
    assert_eq!(function.call(&["x".into()]), Ok(true.into()));
    assert_eq!(function.call(&["x".repeat(63 << 10).into()]), Err("it gave an address outside its memory".into()));
}

// ---- the examples --------------------------------------------------------------------------------------------

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Findings of the policies of the examples in a pod with these images and values.
fn examples(extension: &str, module: Vec<u8>, only: &str, pod: &str) -> (Vec<String>, Vec<String>) {
    let builder = Engine::builder().bundle(root().join("examples/extensions/policies")).only(only);
    let engine = builder.extension(extension, module).build().unwrap();
    let decision = engine.evaluator().evaluate(&Input::yaml(pod.as_bytes())).unwrap();
    let findings = decision.findings.iter().map(|f| f.message.to_string()).collect();
    (findings, decision.errors.iter().map(|e| e.message.to_string()).collect())
}

/// Runs the tests beside a policy of the examples.
fn run_tests(extension: &str, module: &[u8], module_name: &str) {
    let options = CompileOptions { tests: true, ..CompileOptions::default() };
    let bundle = build(&root().join("examples/extensions/policies"), &options).unwrap();
    let mut natives = Natives::default();
    plimsoll::extension::add(&mut natives, &[(extension.to_owned(), module.to_vec())], &[bundle.program.program()])
        .unwrap();
    let filter = Some(format!("{module_name}: "));
    let report = run(&bundle, &TestOptions { filter, natives, ..TestOptions::default() }).unwrap();
    let failures: Vec<_> = report.outcomes.iter().flat_map(|o| &o.failures).collect();
    assert!(failures.is_empty() && report.passed() > 0, "{failures:?}");
}

/// A toolchain of rustup, by name or folder, that has the standard library for `wasm32-unknown-unknown`; the empty text is the
/// one at hand.
fn toolchain() -> Option<String> {
    let kept = std::env::var("WASM_TOOLCHAIN").ok().or_else(|| {
        let home = std::env::var("HOME").ok()?;
        Some(format!("{home}/.cache/wasm-toolchain-1.96.0/usr"))
    });
    [Some(String::new()), kept].into_iter().flatten().find(|name| {
        let mut rustc = Command::new("rustc");
        rustc.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
        if !name.is_empty() {
            rustc.env("RUSTUP_TOOLCHAIN", name);
        }
        let folder = rustc.output().ok().filter(|o| o.status.success());
        let folder = folder.map(|o| PathBuf::from(String::from_utf8_lossy(&o.stdout).trim()));
        let files = folder.and_then(|f| std::fs::read_dir(f).ok()).into_iter().flatten().flatten();
        files.into_iter().any(|f| f.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

#[test]
fn the_example_in_rust_finds_registries_that_imitate_others() {
    let Some(toolchain) = toolchain() else {
        println!("skipped: there is no std for wasm32-unknown-unknown");
        return;
    };
    let target = root().join("target/extensions");
    let mut cargo = Command::new("cargo");
    for variable in ["RUSTC", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(variable);
    }
    // What this test was started by says for its own build only.
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    if !toolchain.is_empty() {
        cargo.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    cargo.args(["build", "--quiet", "--locked", "--release", "--target", "wasm32-unknown-unknown", "--target-dir"]);
    cargo.arg(&target).arg("--manifest-path").arg(root().join("examples/extensions/rust/Cargo.toml"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let module = std::fs::read(target.join("wasm32-unknown-unknown/release/lookalike.wasm")).unwrap();
    run_tests("lookalike", &module, "images");
    let pod = r#"
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  initContainers: [ { name: i, image: "registry.k8s.lo/pause:3.10" } ]
  containers:
    - { name: a, image: gchr.io/acme/web:1.4.2 }
    - { name: b, image: ghcr.io/acme/web:1.4.2 }
    - { name: c, image: "nginx" }
    - { name: d, image: "registry.example.com/\"}\\é:1" }
"#;
    let (findings, errors) = examples("lookalike", module, "EXT-01", pod);
    let expected = [
        "image gchr.io/acme/web:1.4.2 comes from gchr.io, which looks like ghcr.io",
        "image registry.k8s.lo/pause:3.10 comes from registry.k8s.lo, which looks like registry.k8s.io",
    ];
    assert_eq!(sorted(findings), expected, "{errors:?}");
}

#[test]
fn the_example_in_c_tells_tokens_by_their_checksum() {
    let source = root().join("examples/extensions/c/token.c");
    let text = std::fs::read_to_string(&source).unwrap();
    let flags = text.split("Build: clang ").nth(1).unwrap().split("-o token.wasm").next().unwrap();
    let target = root().join("target/extensions");
    std::fs::create_dir_all(&target).unwrap();
    let file = target.join("token.wasm");
    let mut clang = Command::new("clang");
    clang.args(flags.split_whitespace()).arg("-Werror").arg("-o").arg(&file).arg(&source);
    let output = match clang.output() {
        Ok(output) => output,
        Err(_) => {
            println!("skipped: there is no clang");
            return;
        }
    };
    let why = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && (why.contains("wasm-ld") || why.contains("No available targets")) {
        println!("skipped: clang can't make WASM modules (wasm-ld is missing)");
        return;
    }
    assert!(output.status.success(), "{why}");
    let module = std::fs::read(file).unwrap();
    run_tests("is_github_token", &module, "secrets");
    // The checksum of the first is right; it was made for this test and opens nothing.
    let values = [
        "ThisIsNoTokenOfAnybodyAtAll00002wzrl",
        "ThisIsNoTokenOfAnybodyAtAll00002wzrm",
        "ThisIsNoTokenOfAnybodyAtAll00002wzr",
        "ThisIsNoTokenOfAnybodyAtAll00002wz-l",
        "\\\\\\\"]ItIsNoTokenOfAnybodyAtAll00002wzrl",
    ];
    let pod = |env: &str| {
        let head = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\n";
        format!("{head}spec: {{ containers: [ {{ name: a, image: nginx, env: [ {env} ] }} ] }}\n")
    };
    let env: Vec<String> =
        values.iter().enumerate().map(|(i, v)| format!("{{ name: V{i}, value: \"ghp_{v}\" }}")).collect();
    let (findings, errors) = examples("secrets.is_github_token", module.clone(), "EXT-02", &pod(&env.join(", ")));
    assert_eq!(findings, ["variable V0 of container a holds a token of GitHub"], "{errors:?}");
    // Memory is grown for arguments that need it.
    let long = pod(&format!("{{ name: V, value: {} }}", "x".repeat(300_000)));
    let (findings, errors) = examples("is_github_token", module, "EXT-02", &long);
    assert_eq!((findings.len(), errors.len()), (0, 0), "{errors:?}");
}
