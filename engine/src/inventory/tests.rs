use super::*;
use crate::document::Position;
use crate::engine::{Engine, EngineOptions};
use crate::program::{FieldDesc, KindType, RecordDesc, TypeDesc, WorkloadDef};
use crate::scalar::ScalarKind;
use crate::vm::tests::{Writer, documents, inventory, kind};

/// A program that reads `spec.privileged: bool`, `spec.size: quantity`, `spec.names: list<string>`, `spec.port: int | string`.
fn engine() -> Engine {
    let mut w = Writer::new();
    let (boolean, quantity, string, int) =
        (w.ty(TypeDesc::Bool), w.ty(TypeDesc::Scalar(ScalarKind::Quantity)), w.ty(TypeDesc::Str), w.ty(TypeDesc::Int));
    let names = w.ty(TypeDesc::List(string));
    let port = w.ty(TypeDesc::Union(vec![int, string]));
    let fields = [("privileged", boolean), ("size", quantity), ("names", names), ("port", port)];
    let fields = fields.map(|(name, ty)| FieldDesc { symbol: w.sym(name).0, ty, required: false, read: true });
    let spec = w.ty(TypeDesc::Record(RecordDesc { name: "Spec".into(), kind: None, fields: fields.into() }));
    let symbol = w.sym("spec").0;
    let fields = vec![FieldDesc { symbol, ty: spec, required: true, read: true }];
    let thing = w.ty(TypeDesc::Record(RecordDesc { name: "Thing".into(), kind: Some(kind("x.io/Thing")), fields }));
    w.program.kind_types.push(KindType { kind: kind("x.io/Thing"), ty: thing });
    w.program
        .workloads
        .push(WorkloadDef { kind: kind("apps/Deployment"), template: vec!["spec".into(), "template".into()] });
    w.engine(EngineOptions::default())
}

fn errors(spec: &str) -> Vec<String> {
    let engine = engine();
    let text = format!("apiVersion: x.io/v2\nkind: Thing\nmetadata: {{name: a}}\nspec: {spec}\n");
    let (inventory, ids) = inventory(&engine, &text);
    let object = inventory.get(ids[0]).unwrap();
    let told = object.errors.iter().chain(&object.notes);
    told.map(|e| format!("{} {} {}", e.code, e.pointer, e.message)).collect()
}

#[test]
fn a_wrong_type_is_one_error_at_its_node() {
    let none: [&str; 0] = [];
    assert_eq!(errors("{privileged: true, size: 1Gi, names: [a], port: 80, other: {x: 1}}"), none);
    assert_eq!(errors("{size: 5, port: http, privileged: ~}"), none);
    assert_eq!(
        errors(r#"{privileged: "yes"}"#),
        ["E0703 /spec/privileged `privileged` must be true or false, but is a string"]
    );
    assert_eq!(errors("{size: much}"), ["E0703 /spec/size `size` must be a quantity, but is another text"]);
    assert_eq!(
        errors("{port: [], names: [a, 1, {}]}"),
        [
            "E0703 /spec/port `port` must be a whole number or a string, but is a list",
            "E0703 /spec/names/1 an item of the list must be a string, but is a whole number",
            "E0703 /spec/names/2 an item of the list must be a string, but is a map",
        ]
    );
    assert_eq!(errors("[]"), ["E0703 /spec `spec` must be an object (Spec), but is a list"]);
}

#[test]
fn a_field_that_another_reader_may_take_for_a_known_one_is_noted() {
    assert_eq!(
        errors("{Privileged: true}"),
        ["E0703 /spec/Privileged the field `Privileged` is unknown, but may be read as `privileged`"]
    );
}

#[test]
fn errors_have_lines() {
    let engine = engine();
    let text = "apiVersion: x.io/v1\nkind: Thing\nspec:\n  privileged: 1\n";
    let (inventory, ids) = inventory(&engine, text);
    let object = inventory.get(ids[0]).unwrap();
    assert_eq!(object.errors[0].start, Position { line: 4, column: 15 });
}

const LIST: &str = "\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ns}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b}}
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: ns}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: {}}}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: e}, spec: {template: {}}}
";

fn identity(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Identity {
    Identity { group: group.into(), kind: kind.into(), namespace: namespace.map(Into::into), name: name.into() }
}

#[test]
fn lists_are_split_and_repeats_are_counted() {
    let engine = engine();
    let (inventory, ids) = inventory(&engine, LIST);
    assert_eq!((ids.len(), inventory.len(), inventory.duplicates()), (5, 5, 1));
    let object = inventory.get(ids[1]).unwrap();
    assert_eq!(object.identity, identity("", "Pod", None, "b"));
    assert_eq!(object.document().pointer(object.node()), "/items/1");
    assert_eq!(inventory.find(&identity("", "Pod", Some("ns"), "a")).count(), 2);
    // Only what carries a template is a workload.
    assert_eq!(
        ids.iter().map(|id| inventory.get(*id).unwrap().workload).collect::<Vec<_>>(),
        [false, false, false, true, false]
    );
}

#[test]
fn a_change_leaves_other_snapshots_alone() {
    let engine = engine();
    let (mut inventory, _) = inventory(&engine, LIST);
    let before = inventory.clone();
    assert!(inventory.remove(&identity("", "Pod", None, "b")));
    assert!(!inventory.remove(&identity("", "Pod", None, "b")));
    assert_eq!((before.len(), inventory.len()), (5, 4));
    let new = documents(&engine, "new.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ns}\n");
    inventory.replace(new[0].clone(), Origin::Cluster);
    assert_eq!((inventory.len(), inventory.duplicates()), (3, 0));
    // What was taken out leaves no room behind.
    let documents = inventory.inner.documents.len();
    for _ in 0..10 {
        inventory.replace(new[0].clone(), Origin::Cluster);
    }
    assert_eq!((inventory.len(), inventory.inner.documents.len()), (3, documents + 1));
    inventory.replace_all(new, Origin::Cluster);
    assert_eq!(inventory.len(), 1);
}

#[test]
fn complete_is_false_for_a_kind_that_could_not_be_read() {
    let engine = engine();
    let set = |kinds: &[&str]| crate::program::KindSet {
        kinds: kinds.iter().map(|k| kind(k)).collect(),
        ..crate::program::KindSet::default()
    };
    let (mut inventory, _) = inventory(&engine, LIST);
    let complete = |inventory: &Inventory, of: &[&str]| {
        View { objects: &inventory.inner, change: None, workloads: &inventory.code.workloads }.is_complete(&set(of))
    };
    assert!(!complete(&inventory, &["Pod"]));
    inventory.set_complete(kind("Pod"));
    assert!(complete(&inventory, &["Pod"]) && !complete(&inventory, &["Pod", "Secret"]));
    inventory.set_all_complete();
    assert!(complete(&inventory, &["Pod", "Secret", "x.io/Thing"]));
    let broken = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: 1\n";
    inventory.insert(documents(&engine, "b.yaml", broken)[0].clone(), Origin::File);
    assert!(complete(&inventory, &["Pod"]) && !complete(&inventory, &["x.io/Thing"]));
}

#[test]
fn keys_are_equal_for_equal_values_and_for_null_and_nothing() {
    let mut memory = crate::memory::Memory::default();
    let values = [
        serde_json::json!(null),
        serde_json::json!(false),
        serde_json::json!(1),
        serde_json::json!(1.0),
        serde_json::json!(1.5),
        serde_json::json!("1"),
        serde_json::json!(""),
        serde_json::json!([1]),
        serde_json::json!({"a": 1}),
        serde_json::json!(-0.0),
        serde_json::json!(0),
        serde_json::json!("a"),
        serde_json::json!(i64::MAX),
        serde_json::json!(9.3e18),
    ];
    let values: Vec<_> = values.iter().map(|v| memory.from_json(v).unwrap()).collect();
    for a in &values {
        for b in &values {
            let key = |v| {
                let mut out = Vec::new();
                index::key_bytes(&memory, v, &mut out).unwrap();
                out
            };
            let empty = |v| memory.str_of(v).is_none_or(str::is_empty) && (v.is_null() || memory.str_of(v).is_some());
            let expected = memory.equal(*a, *b).unwrap() || empty(*a) && empty(*b);
            assert_eq!(key(*a) == key(*b), expected, "{a:?} {b:?}");
        }
    }
}
