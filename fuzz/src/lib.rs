//! What the fuzz targets hold of documents and programs.

use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_dsl::diagnostic::{Colour, render_all};
use plimsoll_dsl::syntax::format::format;
use plimsoll_engine::decision::Decision;
use plimsoll_engine::document::{Document, Format, InputErrorKind, Limits, NodeId, ReadOptions, ReadResult, read};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::limits;
use plimsoll_engine::program::bundle::{decode, encode};
use plimsoll_engine::program::verify::{Verified, verify};
use serde_json::Value;
use std::sync::Arc;

/// Reads within limits that keep a round short.
pub fn read_as(format: Format, bytes: &[u8]) -> ReadResult {
    let limits = Limits { max_nodes: 20_000, max_alias_nodes: 5_000, ..Limits::default() };
    read("input", bytes, &ReadOptions { format, limits, ..ReadOptions::default() })
}

/// Every node has its place within the text, and is found by its pointer.
pub fn places(document: &Document) {
    let text = &document.source().text;
    let mut todo = vec![(NodeId::ROOT, 0_usize)];
    let mut seen = 0;
    while let Some((node, depth)) = todo.pop() {
        let (start, end) = document.span(node);
        assert!(start <= end, "{start}..{end}");
        assert!(text.get(start as usize..end as usize).is_some(), "{start}..{end} is no part of the text");
        let (from, to) = (document.start(node), document.end(node));
        assert!(from.line >= 1 && from.column >= 1 && (from.line, from.column) <= (to.line, to.column));
        seen += 1;
        // A pointer costs as much as the node is deep and its siblings are many: some are enough.
        if seen <= 200 && depth < 50 {
            assert_eq!(document.find(&document.pointer(node)), Some(node), "{}", document.pointer(node));
        }
        todo.extend(document.children(node).map(|child| (child, depth + 1)));
    }
}

/// Errors say something, and lie within the text, if there is one: what is not UTF-8 has none.
pub fn errors(result: &ReadResult) {
    for error in &result.errors {
        let text = &result.source.text;
        assert!(!error.message.is_empty());
        assert!(text.is_empty() || error.offset as usize <= text.len() && error.start.line >= 1, "{error}");
    }
}

/// Equal, but that a whole number is an `i64` here or else a float: `-0` is 0, and 2^63 a float.
fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a == b || (!b.is_i64() && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => ours == theirs,
    }
}

/// What JSON means, serde_json agrees with, but for what each alone refuses.
pub fn same_as_serde(bytes: &[u8]) {
    let result = read_as(Format::Json, bytes);
    errors(&result);
    result.documents.iter().for_each(|document| places(document));
    let bare = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let theirs = serde_json::from_slice::<Value>(bare);
    match (&result.documents[..], theirs) {
        ([document], Ok(theirs)) if result.errors.is_empty() => {
            let ours = document.to_json(NodeId::ROOT);
            assert!(equal(&ours, &theirs), "{ours} here, {theirs} there");
        }
        ([_], Err(error)) if result.errors.is_empty() => {
            let text = error.to_string();
            let known = text.starts_with("recursion limit") || text.starts_with("number out of range");
            assert!(known, "accepted, but serde_json says: {text}");
        }
        (_, Ok(_)) => {
            let known =
                |kind| matches!(kind, InputErrorKind::DuplicateKey | InputErrorKind::Limit | InputErrorKind::Template);
            assert!(result.errors.iter().any(|e| known(e.kind)), "refused: {:?}", result.errors);
        }
        (_, Err(_)) => assert!(!result.errors.is_empty() || result.documents.is_empty()),
    }
}

/// YAML that is read means the same when it is written as JSON.
pub fn same_as_json(bytes: &[u8]) {
    let result = read_as(Format::Yaml, bytes);
    errors(&result);
    for document in &result.documents {
        places(document);
        let value = document.to_json(NodeId::ROOT);
        let text = serde_json::to_string(&value).unwrap();
        let again = read_as(Format::Json, text.as_bytes());
        if again.errors.iter().any(|e| e.kind == InputErrorKind::Limit) {
            continue;
        }
        assert!(again.errors.is_empty(), "{:?} in {text}", again.errors);
        let again = again.documents[0].to_json(NodeId::ROOT);
        assert!(equal(&again, &value), "{again} from {value}");
    }
}

/// A policy text: diagnostics can be shown; what compiles verifies, runs to an end, and when it was formatted decides the
/// same.
pub fn policy(text: &str, documents: &[(String, String)]) {
    let bundle = Compiler::default().text("input.plim", text).check();
    let _ = render_all(&bundle.diagnostics, &bundle.sources, Colour::Never);
    let formatted = format(text);
    if let Ok(formatted) = &formatted {
        assert_eq!(format(formatted).as_deref().ok(), Some(formatted.as_str()), "formatted twice");
    }
    let Ok(Some(compiled)) = bundle.compile(&Options::default()) else { return };
    let bytes = encode(&compiled.program).unwrap();
    let program = decode(&bytes).unwrap();
    verify(compiled.program).unwrap();
    let of_formatted = Compiler::default().text("input.plim", formatted.expect("it was parsed")).check();
    let of_formatted = of_formatted.compile(&Options::default()).unwrap().expect("the formatter broke it");
    let formatted = verify(of_formatted.program).unwrap();
    assert_eq!(run(&program, documents), run(&formatted, documents), "formatted, it decides otherwise");
}

/// Runs a program over documents with limits that are soon met; what it decides, a line each.
fn run(program: &Verified, documents: &[(String, String)]) -> Vec<String> {
    let limits = limits::Limits {
        fuel: 50_000,
        global_fuel: 50_000,
        memory: 4 << 20,
        findings: 100,
        ..limits::Limits::default()
    };
    let options = EngineOptions { limits, ..EngineOptions::default() };
    let engine = match Engine::new(program, options) {
        Ok(engine) => engine,
        Err(error) => return vec![error.to_string()],
    };
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let mut inventory = engine.inventory();
    let mut ids = Vec::new();
    for (name, text) in documents {
        for document in read(name, text.as_bytes(), &options).documents {
            ids.extend(inventory.insert(document, Origin::File));
        }
    }
    let mut evaluator = engine.evaluator();
    let mut decisions: Vec<_> = ids.into_iter().map(|id| evaluator.evaluate(&inventory, id)).collect();
    decisions.push(evaluator.evaluate_cluster(&inventory));
    decisions.iter().flat_map(lines).collect()
}

/// What a decision says, without places in policies.
fn lines(decision: &Decision) -> Vec<String> {
    let findings = decision.findings.iter().map(|f| format!("{} {} {}", f.id, f.pointer, f.message));
    let errors = decision.errors.iter().map(|e| format!("{} {:?} {:?}", e.code, e.policy, e.pointer));
    let skipped = decision.skipped.iter().map(|s| s.id.clone());
    let patch = format!("{} {:?}", decision.allowed, decision.patch);
    findings.chain(errors).chain(skipped).chain([patch]).collect()
}

/// The one document of a text that was read without an error.
pub fn only(result: &ReadResult) -> Option<&Arc<Document>> {
    match &result.documents[..] {
        [document] if result.errors.is_empty() => Some(document),
        _ => None,
    }
}
