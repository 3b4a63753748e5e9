use super::*;
use wasmparser::{Parser, Payload};

/// A template with imports before, between and behind the two, data, a table and a start function.
const TEMPLATE: &str = r#"(module
    (import "env" "first" (func $first (param i32)))
    (import "plimsoll" "bundle_copy" (func $copy (param i32)))
    (import "env" "memory" (memory 17))
    (import "env" "second" (func $second (param i32)))
    (import "plimsoll" "bundle_len" (func $len (result i32)))
    (import "env" "third" (func $third (param i32)))
    (table 3 funcref)
    (elem (i32.const 0) $len $third $go)
    (global (mut i32) (i32.const 7))
    (data (i32.const 16) "data")
    (data (i32.const 1048576) "more")
    (func $go (export "go") (result i32)
        (call $first (i32.const 1)) (call $second (i32.const 2)) (call $third (i32.const 3))
        (call $copy (i32.const 64))
        (call_indirect (result i32) (i32.const 0)))
    (func $start (call $first (i32.load (i32.const 1048576))))
    (start $start))"#;

fn template() -> Vec<u8> {
    wat::parse_str(TEMPLATE).unwrap()
}

fn sections(module: &[u8]) -> Vec<(String, Vec<u8>)> {
    let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
    let customs = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
        _ => None,
    });
    customs.collect()
}

#[test]
fn the_module_imports_no_bundle_and_little_memory() {
    let options = EmbedOptions::opa().section("x.y", *b"text");
    let module = embed(&template(), b"the bundle", &options).unwrap();
    let survey = survey::Survey::of(&module);
    assert!(matches!(survey, Err(EmbedError::Template(_))), "{survey:?}");
    assert!(!is_template(&module) && is_template(&template()));
    let (mut imports, mut exports, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&module).map(Result::unwrap) {
        match payload {
            Payload::ImportSection(section) => imports.extend(section.into_imports().map(|i| {
                let import = i.unwrap();
                let pages = if let wasmparser::TypeRef::Memory(memory) = import.ty { memory.initial } else { 0 };
                (import.name, pages)
            })),
            Payload::ExportSection(section) => exports.extend(section.into_iter().map(|e| e.unwrap().name)),
            Payload::DataSection(section) => data.extend(section.into_iter().map(|d| d.unwrap().data)),
            _ => {}
        }
    }
    assert_eq!(imports, [("first", 0), ("memory", 1), ("second", 0), ("third", 0)]);
    assert_eq!(exports, ["go", "opa_wasm_abi_version", "opa_wasm_abi_minor_version"]);
    assert_eq!(data, [&b"data"[..], b"more", b"the bundle"]);
    assert_eq!(sections(&module), [("x.y".to_owned(), b"text".to_vec())]);
}

#[test]
fn data_stays_where_it_is_unless_the_memory_grows() {
    let module = embed(&template(), b"", &EmbedOptions::default()).unwrap();
    let addresses: Vec<bool> = Parser::new(0)
        .parse_all(&module)
        .filter_map(|payload| match payload.unwrap() {
            Payload::DataSection(section) => Some(section),
            _ => None,
        })
        .flat_map(|section| section.into_iter().map(|d| matches!(d.unwrap().kind, wasmparser::DataKind::Active { .. })))
        .collect();
    assert_eq!(addresses, [true, true, false]);
}

#[test]
fn what_is_no_template_is_refused() {
    let wrong = [
        "(module)",
        r#"(module (import "plimsoll" "bundle_len" (func (result i32))))"#,
        r#"(module (import "plimsoll" "bundle_len" (func (result i64))) (import "plimsoll" "bundle_copy" (func (param i32))))"#,
        r#"(module (import "plimsoll" "bundle_len" (memory 1)) (import "plimsoll" "bundle_copy" (func (param i32))))"#,
    ];
    for text in wrong {
        let error = embed(&wat::parse_str(text).unwrap(), b"b", &EmbedOptions::default()).unwrap_err();
        assert!(matches!(error, EmbedError::Template(_)), "{text}: {error}");
    }
    let own_memory = r#"(module (memory 1) (import "plimsoll" "bundle_len" (func (result i32)))
        (import "plimsoll" "bundle_copy" (func (param i32))))"#
        .replace("(memory 1) ", "");
    let own_memory = format!("{} (memory 1))", own_memory.strip_suffix(')').unwrap());
    let error = embed(&wat::parse_str(&own_memory).unwrap(), b"b", &EmbedOptions::opa()).unwrap_err();
    assert!(matches!(error, EmbedError::Template(_)), "{error}");
    assert!(embed(&wat::parse_str(&own_memory).unwrap(), b"b", &EmbedOptions::default()).is_ok());
}

#[test]
fn a_broken_template_is_an_error_and_nothing_else() {
    let whole = template();
    assert!(matches!(embed(b"no module", b"b", &EmbedOptions::opa()), Err(EmbedError::Module(_))));
    for end in 0..whole.len() {
        let _ = embed(&whole[..end], b"b", &EmbedOptions::opa());
    }
    for at in 8..whole.len() {
        for with in [0, 1, 0x7f, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[at] = with;
            let _ = embed(&broken, b"b", &EmbedOptions::opa());
        }
    }
}

#[test]
fn a_bundle_beside_a_module_is_a_section() {
    let module = wat::parse_str("(module)").unwrap();
    let with = attach(&module, b"the bundle").unwrap();
    assert_eq!(sections(&with), [(BUNDLE_SECTION.to_owned(), b"the bundle".to_vec())]);
    assert!(with.starts_with(&module));
}
