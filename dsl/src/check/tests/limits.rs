//! Codes that need more room than an example has, and texts that are made to take long.

use super::*;
use crate::compiler::Compiler;
use std::fmt::Write as _;
use std::path::Path;

fn codes(compiler: Compiler) -> Vec<&'static str> {
    compiler.check().diagnostics.iter().map(|d| d.code.id()).collect()
}

#[test]
fn a_kind_of_several_groups_needs_its_group() {
    let crd = |group: &str| {
        serde_json::json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": { "name": format!("foos.{group}") },
            "spec": {
                "group": group, "scope": "Namespaced", "names": { "kind": "Foo", "plural": "foos" },
                "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": { "type": "object" } } }],
            },
        })
    };
    let schema = Schema::builtin().with_crds(&[crd("a.example.com"), crd("b.example.com")]).unwrap();
    let compiler = |ty: &str| Compiler::new(schema.clone()).text("x.plim", format!("fn f(x: {ty}) -> int = 1"));
    assert_eq!(codes(compiler("Foo")), ["E0210"]);
    assert_eq!(codes(compiler("a.Foo")), [""; 0]);
}

#[test]
fn a_chain_of_values_without_types_ends() {
    let mut text = String::new();
    for i in 0..5_000 {
        let _ = writeln!(text, "let a{i} = a{} + 1", i + 1);
    }
    text.push_str("let a5000 = 1\n");
    let found = codes(Compiler::default().text("x.plim", text));
    assert!(found.iter().all(|c| *c == "E0321") && !found.is_empty(), "{found:?}");
}

#[test]
fn a_chain_of_types_ends() {
    let mut text = String::new();
    for i in 0..5_000 {
        let _ = writeln!(text, "type A{i} = list<A{}>", i + 1);
    }
    text.push_str("type A5000 = int\n");
    let found = codes(Compiler::default().text("x.plim", text));
    assert!(found.contains(&"E0321"), "{found:?}");
}

#[test]
fn types_that_grow_with_each_line_are_refused() {
    let mut text = "type A0 = { x: int }\n".to_string();
    for i in 0..60 {
        let _ = writeln!(text, "type A{} = {{ l: A{i}, r: A{i} }}", i + 1);
    }
    assert!(codes(Compiler::default().text("x.plim", text)).contains(&"E0321"));
}

#[test]
fn defaults_that_grow_with_each_line_are_refused() {
    let mut text = "fn f0(a: int = 1) -> int = a\n".to_string();
    for i in 0..40 {
        let _ = writeln!(text, "fn f{}(a: int = f{i}() + f{i}()) -> int = a", i + 1);
    }
    assert!(codes(Compiler::default().text("x.plim", text)).contains(&"E0321"));
}

#[test]
fn conditions_that_alternate_are_narrowed_in_linear_time() {
    let mut cond = "a != null".to_string();
    for i in 0..60 {
        cond = format!("({cond}) {} a != null", if i % 2 == 0 { "and" } else { "or" });
    }
    let text = format!("fn f(a: int?) -> int = if {cond} then a else 0");
    assert_eq!(codes(Compiler::default().text("x.plim", text)), [""; 0]);
}

/// Whatever the parser makes of broken texts, the checker says something and ends.
#[test]
fn texts_with_holes_in_them_are_survived() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/tests/samples");
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for entry in std::fs::read_dir(root).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let words: Vec<&str> = text.split_inclusive([' ', '.', '(', ')', '\n']).collect();
        for _ in 0..12 {
            let mut copy = words.clone();
            for _ in 0..3 {
                let (at, from) = (random(copy.len()), random(copy.len()));
                match random(3) {
                    0 => drop(copy.remove(at)),
                    1 => copy[at] = copy[from],
                    _ => copy.swap(at, from),
                }
            }
            let bundle = Compiler::default().text("x.plim", copy.concat()).check();
            assert!(bundle.hir.is_some() || !bundle.diagnostics.is_empty());
        }
    }
}
