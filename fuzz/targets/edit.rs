//! Edits of texts: the first bytes choose the format, the node and what is done with it; the rest is the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_engine::document::{Document, Edit, Format, NodeId, edit};
use plimsoll_fuzz::{only, read_as};
use plimsoll_tests::mutate::{Bytes, Choices};
use serde_json::{Value, json};

/// What is written.
fn value(choices: &mut Bytes<'_>) -> Value {
    let values = [
        json!(true),
        json!(1),
        json!("text"),
        json!("no: #"),
        json!(""),
        json!("a\nb\n"),
        json!(null),
        json!([]),
        json!({}),
        json!(["a", {"b": [1, 2]}]),
        json!({"drop": ["ALL"], "x": {"y": "z"}}),
        json!(1.5),
    ];
    values[choices.below(values.len())].clone()
}

fn node(document: &Document, choices: &mut Bytes<'_>) -> NodeId {
    let mut node = NodeId::ROOT;
    for _ in 0..6 {
        let children: Vec<NodeId> = document.children(node).collect();
        match choices.below(children.len() + 1) {
            0 => break,
            at => node = children[at - 1],
        }
    }
    node
}

fuzz_target!(|bytes: &[u8]| {
    let (head, text) = bytes.split_at(bytes.len().min(24));
    let mut choices = Bytes(head);
    let format = [Format::Yaml, Format::Json][choices.below(2)];
    let result = read_as(format, text);
    let Some(document) = only(&result) else { return };
    let path = document.pointer(node(document, &mut choices));
    let steps = ["", "/new", "/new/inner", "/0", "/-", "/a~1b"];
    let path = path + steps[choices.below(steps.len())];
    let change = match choices.below(3) {
        0 => Edit::Set { path, value: value(&mut choices) },
        1 => Edit::Add { path, value: value(&mut choices) },
        _ => Edit::Remove { path },
    };
    let Ok(new) = edit(document, format, std::slice::from_ref(&change)) else { return };
    let again = read_as(format, new.as_bytes());
    let after = only(&again).expect("what was edited can be read");
    if matches!(&change, Edit::Set { path, .. } if !path.contains('-')) {
        assert_eq!(edit(after, format, &[change]).as_ref(), Ok(&new), "a second run changes nothing");
    }
});
