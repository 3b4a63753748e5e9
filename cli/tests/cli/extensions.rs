//! `--extension NAME=FILE`: in a build with extensions, and in one without.

use crate::folder::{BAD_POD, Folder};

const POLICY: &str = r#"
extern fn risky(name: string) -> bool
policy p { id = "T-1" severity = low on Pod as pod deny "risky" if risky(pod.metadata.name) }
test "risky names" { input = yaml"""
    apiVersion: v1
    kind: Pod
    metadata: { name: web }
    """ expect deny p }
"#;

/// A module whose `risky` gives this JSON.
fn module(json: &str) -> Vec<u8> {
    let data = json.replace('"', "\\\"");
    let packed = (8_u64 << 32) | json.len() as u64;
    wat::parse_str(format!(
        r#"(module (memory (export "memory") 1) (data (i32.const 8) "{data}")
        (func (export "plimsoll_abi") (result i32) i32.const 1)
        (func (export "plimsoll_alloc") (param i32) (result i32) i32.const 1024)
        (func (export "risky") (param i32 i32) (result i64) i64.const {packed}))"#
    ))
    .unwrap()
}

fn prepared() -> Folder {
    let folder = Folder::new();
    folder.file("p.plim", POLICY).file("pod.yaml", BAD_POD);
    folder.file("yes.wasm", module(r#"{"ok":true}"#)).file("odd.wasm", module(r#"{"ok":"yes"}"#));
    folder.file("text.wasm", "(module)").file("imports.wasm", IMPORTS);
    folder
}

/// `(module (import "env" "now" (func)))`
const IMPORTS: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03now\0\0";

#[test]
fn a_build_without_extensions_says_how_to_get_them() {
    if plimsoll::extension::AVAILABLE {
        return;
    }
    let folder = prepared();
    let ran = folder.run(&["scan", "-p", "p.plim", "--extension", "risky=yes.wasm", "pod.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--features extensions"), "{}", ran.err);
}

#[test]
fn a_module_answers_in_every_command_that_evaluates() {
    if !plimsoll::extension::AVAILABLE {
        return;
    }
    let folder = prepared();
    for name in ["risky=yes.wasm", "p.risky=yes.wasm"] {
        let ran = folder.run(&["scan", "-p", "p.plim", "-f", "json", "--extension", name, "pod.yaml"]);
        assert_eq!((ran.code, ran.json()["findings"][0]["message"].as_str()), (1, Some("risky")), "{}", ran.err);
    }
    assert_eq!(folder.run(&["test", "--extension", "risky=yes.wasm", "p.plim"]).code, 0);
    let ran = folder.run(&["eval", "-p", "p.plim", "--extension", "risky=yes.wasm", "p.risky(\"a\")"]);
    assert_eq!((ran.code, ran.out.trim()), (0, "true"), "{}", ran.err);
}

#[test]
fn a_function_that_fails_or_is_missing_is_an_error_of_the_policy() {
    if !plimsoll::extension::AVAILABLE {
        return;
    }
    let folder = prepared();
    let missing: &[&str] = &["scan", "-p", "p.plim", "-f", "json", "pod.yaml"];
    let odd: &[&str] = &["scan", "-p", "p.plim", "-f", "json", "--extension", "risky=odd.wasm", "pod.yaml"];
    for (args, why) in [(missing, "the host has no function `risky`"), (odd, "expected true or false, found string")] {
        let ran = folder.run(args);
        let error = ran.json()["errors"][0].clone();
        assert_eq!((ran.code, error["code"].as_str()), (3, Some("E0807")), "{}", ran.err);
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    assert_eq!(folder.run(&["test", "p.plim"]).code, 1);
}

#[test]
fn a_module_that_can_not_be_used_is_wrong_use() {
    if !plimsoll::extension::AVAILABLE {
        return;
    }
    let folder = prepared();
    for (given, why) in [
        ("risky", "is not of the form NAME=FILE"),
        ("risky=none.wasm", "the extension `none.wasm` can't be read"),
        ("risky=/dev/zero", "the extension `/dev/zero` can't be read"),
        ("risky=text.wasm", "it is no WASM module that can be used"),
        ("risky=imports.wasm", "it does not export `plimsoll_abi`"),
        ("riski=yes.wasm", "no policy asks for the function `riski`; did you mean `risky`?"),
        ("eval=yes.wasm", "no policy asks for the function `eval`"),
    ] {
        for command in
            [&["scan", "-p", "p.plim", "pod.yaml", "--extension", given][..], &["test", "p.plim", "--extension", given]]
        {
            let ran = folder.run(command);
            assert_eq!((ran.code, ran.err.contains(why)), (2, true), "{command:?}: {}", ran.err);
        }
    }
}
