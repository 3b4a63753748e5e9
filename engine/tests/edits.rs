//! Random edits of real manifests: the document becomes what JSON Patch makes of its value, other bytes stay.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod corpus;

use plimsoll_engine::document::edit::{Edit, apply, edit};
use plimsoll_engine::document::{Document, Format, NodeId, ReadOptions, Tag, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A small generator of its own, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below.max(1)
    }
}

fn value(dice: &mut Dice) -> Value {
    let values = [
        json!(true),
        json!(7),
        json!("ALL"),
        json!("yes: # no"),
        json!("é\nü"),
        json!({"drop": ["ALL"], "add": []}),
        json!({"runAsNonRoot": true}),
        json!([{"name": "x", "value": "1"}, "y"]),
        json!({}),
        json!(null),
    ];
    values[dice.roll(values.len())].clone()
}

fn random_edit(document: &Document, dice: &mut Dice) -> Edit {
    let id = NodeId(u32::try_from(dice.roll(document.len())).unwrap());
    let path = document.pointer(id);
    match (dice.roll(4), document.tag(id)) {
        (0, _) if id != NodeId::ROOT => Edit::Remove { path },
        (1, Tag::Map) => Edit::Set { path: format!("{path}/newMember"), value: value(dice) },
        (1, Tag::List) => Edit::Add { path: format!("{path}/-"), value: value(dice) },
        (2, Tag::Map) => Edit::Set { path: format!("{path}/made/parents/key"), value: value(dice) },
        (2, Tag::List) => Edit::Add { path: format!("{path}/0"), value: value(dice) },
        _ if id != NodeId::ROOT => Edit::Set { path, value: value(dice) },
        _ => Edit::Set { path: "/metadata/annotations/a~1b".into(), value: json!("x") },
    }
}

/// How many lines of the old text are not in the new one, in their order.
fn lost(old: &str, new: &str) -> usize {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let same = |(x, y): &(&&str, &&str)| x == y;
    let head = a.iter().zip(&b).take_while(same).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(same).count();
    let (a, b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut longest = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = longest[j + 1];
            longest[j + 1] = if x == y { diagonal + 1 } else { above.max(longest[j]) };
            diagonal = above;
        }
    }
    a.len() - longest[b.len()]
}

/// Lines that a node of the old document stands on, its key's line counted.
fn lines_of(document: &Document, path: &str) -> usize {
    let nearest = document.nearest(path).unwrap();
    if !nearest.rest.is_empty() {
        return 1;
    }
    let (start, end) = document.span(nearest.node);
    let from = document.key_span(nearest.node).map_or(start, |k| k.0.min(start));
    let source = document.source();
    (source.position(end).line - source.position(from).line + 1) as usize
}

fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(members) => members.into_iter().map(|(k, v)| (k, normal(v))).collect(),
        other => other,
    }
}

#[test]
fn random_edits_of_manifests() {
    let Some(folder) = corpus::folder("manifests") else { return };
    let per_file = std::env::var("PLIMSOLL_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut dice = Dice(20_260_801);
    let (mut done, mut same, mut refused) = (0, 0, BTreeMap::<String, Vec<String>>::new());
    for file in corpus::files(&folder, &["yaml", "yml"]) {
        let name = corpus::name(&folder, &file);
        let bytes = std::fs::read(&file).unwrap();
        if bytes.len() > 100_000 {
            continue;
        }
        let options = ReadOptions { format: Format::Yaml, ..ReadOptions::default() };
        let before = read(&name, &bytes, &options);
        if before.documents.is_empty() {
            continue;
        }
        for _ in 0..per_file {
            let document = &before.documents[dice.roll(before.documents.len())];
            let edit_it = random_edit(document, &mut dice);
            let old = &document.source().text;
            let new = match edit(document, Format::Yaml, std::slice::from_ref(&edit_it)) {
                Ok(new) => new,
                Err(refusal) => {
                    refused.entry(refusal.reason).or_default().push(format!("{name} {edit_it:?}"));
                    continue;
                }
            };
            let after = read(&name, new.as_bytes(), &options);
            let mut expected = document.to_json(NodeId::ROOT);
            apply(&mut expected, &edit_it).unwrap();
            let after = after.documents.iter().find(|d| d.index() == document.index()).unwrap().clone();
            assert_eq!(normal(after.to_json(NodeId::ROOT)), normal(expected), "{name} {edit_it:?}");
            let removed = lost(old, &new);
            let most = lines_of(document, edit_it.path()) + 1;
            assert!(removed <= most, "{name} {edit_it:?}: {removed} lines changed, the node has {most}\n{new}");
            if let (Edit::Set { .. }, false) = (&edit_it, edit_it.path().contains("/-")) {
                assert_eq!(edit(&after, Format::Yaml, std::slice::from_ref(&edit_it)).as_deref(), Ok(new.as_str()));
                same += 1;
            }
            done += 1;
        }
    }
    let count: usize = refused.values().map(Vec::len).sum();
    println!("edits: {done} made, {same} of them twice without a change, {count} refused:");
    for (reason, cases) in &refused {
        println!("  {} × {reason}, as {}", cases.len(), cases[0]);
    }
    assert!(count * 50 < done, "more than 2 % of the edits were refused");
}
