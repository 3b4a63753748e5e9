//! The readers against suites of others: JSONTestSuite, yaml-test-suite, Kubernetes' own YAML and JSON, real manifests.
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

use plimsoll_engine::document::{Document, Format, InputErrorKind, NodeId, ReadOptions, ReadResult, objects, read};
use serde_json::Value;
use std::collections::BTreeMap;

fn read_as(format: Format, name: &str, bytes: &[u8]) -> ReadResult {
    read(name, bytes, &ReadOptions { format, ..ReadOptions::default() })
}

/// Refused by name: two readers of a document must never see two things.
const TWICE: [&str; 2] = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

#[test]
fn json_test_suite() {
    let Some(folder) = corpus::folder("conformance/json-test-suite/test_parsing") else { return };
    let (mut accepted, mut refused, mut either) = (0, 0, Vec::new());
    for file in corpus::files(&folder, &["json"]) {
        let name = corpus::name(&folder, &file);
        let bytes = std::fs::read(&file).unwrap();
        let result = read_as(Format::Json, &name, &bytes);
        let good = result.errors.is_empty();
        assert_eq!(result.documents.len(), usize::from(good), "{name}");
        match name.get(..2).unwrap() {
            "y_" if TWICE.contains(&name.as_str()) => {
                assert_eq!(result.errors[0].kind, InputErrorKind::DuplicateKey, "{name}");
                refused += 1;
            }
            "y_" => {
                assert!(good, "{name}: {:?}", result.errors);
                let expected: Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(result.documents[0].to_json(NodeId::ROOT), number_as_ours(expected), "{name}");
                accepted += 1;
            }
            "n_" => {
                assert!(!good, "{name} was accepted");
                refused += 1;
            }
            _ => either.push(format!("{name} {}", if good { "accepted" } else { "refused" })),
        }
    }
    println!("JSONTestSuite: {accepted} accepted, {refused} refused, {} either way:", either.len());
    either.iter().for_each(|line| println!("  {line}"));
    assert_eq!((accepted, refused, either.len()), (93, 190, 35));
}

/// `-0` is the integer 0, integers beyond `i64` are floats: as Kubernetes reads them.
fn number_as_ours(value: Value) -> Value {
    match value {
        Value::Number(n) if n.as_i64().is_some() => Value::Number(n),
        Value::Number(n) if n.as_f64() == Some(0.0) && n.to_string() == "-0.0" => 0.into(),
        Value::Number(n) => n.as_f64().unwrap().into(),
        Value::Array(items) => items.into_iter().map(number_as_ours).collect(),
        Value::Object(members) => members.into_iter().map(|(k, v)| (k, number_as_ours(v))).collect(),
        other => other,
    }
}

/// Numbers as they are, but floats that are whole are integers: what YAML text can't tell apart in Kubernetes.
fn whole(value: Value) -> Value {
    match value {
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.as_i64().is_none() && f.fract() == 0.0 && f.abs() < 9e15 => (f as i64).into(),
            _ => Value::Number(n),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(members) => members.into_iter().map(|(k, v)| (k, whole(v))).collect(),
        other => other,
    }
}

#[test]
fn kubernetes_yaml_is_kubernetes_json() {
    let Some(folder) = corpus::folder("conformance/kubernetes-api-roundtrip") else { return };
    let files = corpus::files(&folder, &["json"]);
    for file in &files {
        let name = corpus::name(&folder, file);
        let json = read_as(Format::Json, &name, &std::fs::read(file).unwrap());
        let yaml = read_as(Format::Yaml, &name, &std::fs::read(file.with_extension("yaml")).unwrap());
        assert_eq!((json.errors, yaml.errors), (vec![], vec![]), "{name}");
        assert_eq!((json.documents.len(), yaml.documents.len()), (1, 1), "{name}");
        assert_eq!(yaml.documents[0].to_json(NodeId::ROOT), json.documents[0].to_json(NodeId::ROOT), "{name}");
    }
    println!("Kubernetes round trips: {} of {} pairs agree", files.len(), files.len());
}

/// Manifests in which a key stands twice in one map, and which key; `kubectl` warns of them, strict decoding refuses them.
#[rustfmt::skip]
const KEY_TWICE: &[(&str, &str)] = &[
    ("crossplane-crossplane/test/e2e/manifests/apiextensions/composition/legacy-propagate-field-removals/setup/functions.yaml", "name"),
    ("googlecloudplatform-kubernetes-engine-samples/streaming/kafka-confluent/manifests/05-replicator/my-target-cluster.yaml", "requests"),
    ("googlecloudplatform-kubernetes-engine-samples/streaming/kafka-confluent/manifests/05-replicator/replicator.yaml", "requests"),
    ("googlecloudplatform-kubernetes-engine-samples/streaming/kafka-confluent/manifests/06-confluent-platform/platform.yaml", "requests"),
    ("kubernetes-examples/_archived/openshift-origin/etcd-controller.yaml", "selector"),
    ("kubernetes-examples/_archived/openshift-origin/etcd-discovery-controller.yaml", "selector"),
    ("kubernetes-examples/_archived/openshift-origin/openshift-controller.yaml", "selector"),
    ("kubernetes-examples/_archived/persistent-volume-provisioning/quobyte/quobyte-admin-secret.yaml", "type"),
    ("kubernetes-examples/_archived/volumes/scaleio/sc-pvc.yaml", "storageClassName"),
    ("rancher-local-path-provisioner/examples/quota/local-path-storage.yaml", "kind"),
];

#[test]
fn every_manifest_loads() {
    let Some(folder) = corpus::folder("manifests") else { return };
    let (mut documents, mut objects_seen, mut refused, mut broken) = (0, 0, 0, Vec::new());
    let files = corpus::files(&folder, &["yaml", "yml", "json"]);
    for file in &files {
        let name = corpus::name(&folder, file);
        let result = read_as(Format::of_path(&name), &name, &std::fs::read(file).unwrap());
        for error in &result.errors {
            let twice = KEY_TWICE.iter().find(|(file, _)| *file == name);
            match twice.filter(|(_, key)| error.kind == InputErrorKind::DuplicateKey && error.message.contains(key)) {
                Some(_) => refused += 1,
                None => broken.push(error.to_string()),
            }
        }
        documents += result.documents.len();
        for document in &result.documents {
            tree_is_sound(document);
            objects_seen += objects(document).len();
        }
    }
    println!("manifests: {} files, {documents} documents, {objects_seen} objects", files.len());
    println!("manifests with a key that stands twice: {refused}");
    assert_eq!(refused, KEY_TWICE.len());
    assert!(broken.is_empty(), "{} errors:\n{}", broken.len(), broken.join("\n"));
}

/// The invariants of the arena.
fn tree_is_sound(document: &Document) {
    let mut ends = vec![u32::try_from(document.len()).unwrap()];
    for id in (0..document.len() as u32).map(NodeId) {
        while ends.last().is_some_and(|end| *end <= id.0) {
            ends.pop();
        }
        let node = document.node(id).unwrap();
        assert!(node.skip > id.0 && node.skip <= *ends.last().unwrap(), "{id:?}");
        assert!(node.start <= node.end && node.end as usize <= document.source().text.len(), "{id:?}");
        ends.push(node.skip);
    }
}

const NULL_KEY: &str = "a null key: sigs.k8s.io/yaml refuses it (unsupported map key)";
const COLLECTION_KEY: &str = "a list or map as a key: JSON has none, sigs.k8s.io/yaml refuses it";
const INDENT: &str = "indentation within brackets and quotes is not looked at, as in libyaml and go-yaml";
const BINARY: &str = "`!!binary` is decoded, as go-yaml v2 does; the suite keeps its text";
const YAML_1_1: &str = "`y` is a truth value in YAML 1.1, as in go-yaml v2";
const NO_LINE_END: &str = "no line end is added to a block scalar that ends with the text, as in libyaml and go-yaml";

/// Cases of yaml-test-suite that we read otherwise than its `json` says, or not at all, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("2JQS", NULL_KEY),
    ("4FJ6", COLLECTION_KEY),
    ("565N", BINARY),
    ("6BFJ", COLLECTION_KEY),
    ("6M2F", NULL_KEY),
    ("6PBE", COLLECTION_KEY),
    ("9C9N", INDENT),
    ("9MMW", COLLECTION_KEY),
    ("C4HZ", YAML_1_1),
    ("CFD4", NULL_KEY),
    ("DFF7", NULL_KEY),
    ("DK95/01", INDENT),
    ("FH7J", NULL_KEY),
    ("FRK4", NULL_KEY),
    ("JEF9/02", NO_LINE_END),
    ("KK5P", COLLECTION_KEY),
    ("L24T/01", NO_LINE_END),
    ("LX3P", COLLECTION_KEY),
    ("M2N8/00", COLLECTION_KEY),
    ("M2N8/01", COLLECTION_KEY),
    ("M5DY", COLLECTION_KEY),
    ("NHX8", NULL_KEY),
    ("NKF9", NULL_KEY),
    ("PW8X", NULL_KEY),
    ("Q9WF", COLLECTION_KEY),
    ("QB6E", INDENT),
    ("RZP5", COLLECTION_KEY),
    ("S3PD", NULL_KEY),
    ("SBG9", COLLECTION_KEY),
    ("SM9W/01", NULL_KEY),
    ("UKK6/00", NULL_KEY),
    ("V9D5", COLLECTION_KEY),
    ("X38W", COLLECTION_KEY),
    ("XW4D", COLLECTION_KEY),
];

/// The texts of the suite show what can't be seen.
fn shown(text: &str) -> String {
    let mut out = text.replace('␣', " ").replace('⇔', "\u{FEFF}").replace('↵', "").replace('←', "\r");
    while let Some(tab) = out.find('»') {
        let from = out[..tab].trim_end_matches('—').len();
        out.replace_range(from..tab + '»'.len_utf8(), "\t");
    }
    match out.find("∎") {
        Some(at) => out[..at].to_owned(),
        None => out,
    }
}

#[test]
fn yaml_test_suite() {
    let Some(folder) = corpus::folder("conformance/yaml-test-suite/src") else { return };
    let exceptions: BTreeMap<_, _> = EXCEPTIONS.iter().copied().collect();
    let (mut cases, mut agreed, mut wrong, mut unused) = (0, 0, Vec::new(), exceptions.clone());
    for file in corpus::files(&folder, &["yaml"]) {
        let id = file.file_stem().unwrap().to_str().unwrap();
        let suite = read_as(Format::Yaml, id, &std::fs::read(&file).unwrap());
        assert_eq!(suite.errors, [], "{id}");
        let list = suite.documents[0].to_json(NodeId::ROOT);
        let mut inherited = serde_json::Map::new();
        for (n, case) in list.as_array().unwrap().iter().enumerate() {
            inherited.remove("fail");
            for (key, value) in case.as_object().unwrap() {
                inherited.insert(key.clone(), value.clone());
            }
            if inherited.contains_key("skip") {
                continue;
            }
            cases += 1;
            let name = if list.as_array().unwrap().len() > 1 { format!("{id}/{n:02}") } else { id.to_owned() };
            match judge(&inherited) {
                Ok(()) => agreed += 1,
                Err(_) if exceptions.contains_key(name.as_str()) => {
                    unused.remove(name.as_str());
                }
                Err(why) => wrong.push(format!("{name}: {why}")),
            }
        }
    }
    println!("yaml-test-suite: {agreed} of {cases} cases, {} exceptions:", EXCEPTIONS.len());
    EXCEPTIONS.iter().for_each(|(name, why)| println!("  {name}: {why}"));
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "not needed any more: {unused:?}");
}

fn judge(case: &serde_json::Map<String, Value>) -> Result<(), String> {
    let text = shown(case["yaml"].as_str().unwrap());
    let result = read_as(Format::Yaml, "case", text.as_bytes());
    let got: Vec<Value> = result.documents.iter().map(|d| d.to_json(NodeId::ROOT)).collect();
    if case.get("fail") == Some(&Value::Bool(true)) {
        return if result.errors.is_empty() { Err(format!("accepted {text:?} as {got:?}")) } else { Ok(()) };
    }
    if let Some(error) = result.errors.first() {
        return Err(format!("refused: {error} in {text:?}"));
    }
    let Some(json) = case.get("json").and_then(Value::as_str) else { return Ok(()) };
    let expected: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(json).into_iter().collect();
    let expected: Vec<Value> = expected.unwrap().into_iter().filter(|v| !v.is_null()).map(whole).collect();
    if got == expected { Ok(()) } else { Err(format!("{text:?}: {got:?}, not {expected:?}")) }
}
