//! Texts that nobody would write: whatever comes in, reading ends with documents that are sound or with errors.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_engine::document::{
    Document, Edit, Format, Limits, NodeId, ReadOptions, Tag, admission, comments, edit, objects, read,
};
use proptest::prelude::*;

/// Pieces that matter to a reader of YAML or JSON.
const PIECES: &[&str] = &[
    "a: ",
    "- ",
    "\n",
    "\n  ",
    "\n- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "\"",
    "'",
    "#",
    " # c",
    "&a ",
    "*a",
    "<<: ",
    "|",
    ">-",
    "\n---\n",
    "...",
    "!!str ",
    "!!int ",
    "!x ",
    "\t",
    "\r\n",
    "\\u00e9",
    "\\ud800",
    "é",
    "😀",
    "\u{FEFF}",
    "\u{85}",
    "\u{2028}",
    "1",
    "0x1F",
    "1e3",
    ".inf",
    "~",
    "null",
    "true",
    "y",
    "? ",
    "%YAML 1.1\n",
    "{{ x }}",
    "kind: List",
    "items: ",
    "plimsoll:ignore X -- y",
    "- - ",
    "k",
    "\0",
    "\u{7f}",
    "   ",
    "\"a\"",
    "{\"a\": 1}",
    "- a: 1\n  b: 2\n",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn sound(document: &Document) {
    let mut ends = vec![document.len() as u32];
    for id in (0..document.len() as u32).map(NodeId) {
        while ends.last().is_some_and(|end| *end <= id.0) {
            ends.pop();
        }
        let node = document.node(id).unwrap();
        assert!(node.skip > id.0 && node.skip <= *ends.last().unwrap());
        assert!(node.start <= node.end && node.end as usize <= document.source().text.len());
        assert!(document.start(id) <= document.end(id));
        assert_eq!(document.find(&document.pointer(id)), Some(id));
        if matches!(node.tag, Tag::List | Tag::Map) {
            assert_eq!(document.children(id).count(), node.a as usize);
        }
        ends.push(node.skip);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_ends(bytes in text(), format in proptest::sample::select(&[Format::Auto, Format::Json, Format::JsonLines, Format::Yaml][..])) {
        let options = ReadOptions { format, ..ReadOptions::default() };
        let result = read("x", &bytes, &options);
        for error in &result.errors {
            prop_assert!(error.start <= error.end && !error.message.is_empty() && error.code.starts_with("E07"));
        }
        let _ = comments(&result.source, Limits::default());
        for document in &result.documents {
            sound(document);
            let _ = objects(document);
            let _ = admission(document);
        }
    }

    #[test]
    fn json_is_json(bytes in text()) {
        let ours = read("x", &bytes, &ReadOptions { format: Format::Json, ..ReadOptions::default() });
        let theirs: Result<serde_json::Value, _> = serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes));
        let refused = theirs.is_err();
        // What serde_json takes and we do not: a key twice.
        let twice = ours.errors.iter().all(|e| e.code == "E0705");
        prop_assert!(ours.errors.is_empty() != refused || !refused && twice, "{:?} {:?}", ours.errors, theirs);
    }

    #[test]
    fn edits_are_right_or_refused(bytes in text(), node in 0_u32..30, what in 0..4) {
        let options = ReadOptions { format: Format::Yaml, ..ReadOptions::default() };
        let result = read("x", &bytes, &options);
        let Some(document) = result.documents.first() else { return Ok(()) };
        let path = document.pointer(NodeId(node % document.len() as u32));
        let change = match what {
            0 => Edit::Remove { path },
            1 => Edit::Set { path, value: serde_json::json!({"x": ["y"]}) },
            2 => Edit::Set { path: format!("{path}/new"), value: serde_json::json!("z") },
            _ => Edit::Add { path: format!("{path}/-"), value: serde_json::json!(7) },
        };
        if let Ok(text) = edit(document, Format::Yaml, std::slice::from_ref(&change)) {
            let mut expected = document.to_json(NodeId::ROOT);
            plimsoll_engine::document::edit::apply(&mut expected, &change).unwrap();
            let again = read("x", text.as_bytes(), &options);
            let new = again.documents.iter().find(|d| d.index() == document.index()).map(|d| d.to_json(NodeId::ROOT));
            prop_assert_eq!(new, Some(expected));
        }
    }
}
