//! Twenty of the hardest policies and libraries, with stubs for the modules and kinds of later chapters.

use super::*;
use serde_json::{Map, Value, json};
use std::path::Path;

/// A schema in OpenAPI's form from the short form of `stubs/kinds.json`.
fn openapi(short: &Value) -> Value {
    match short {
        Value::String(word) => match word.as_str() {
            "time" => json!({ "type": "string", "format": "date-time" }),
            "any" => json!({ "x-kubernetes-preserve-unknown-fields": true }),
            other => json!({ "type": other }),
        },
        Value::Array(items) => json!({ "type": "array", "items": openapi(&items[0]) }),
        Value::Object(fields) => {
            let properties: Map<String, Value> = fields
                .iter()
                .filter(|(name, _)| *name != "required")
                .map(|(name, ty)| (name.clone(), openapi(ty)))
                .collect();
            let required = fields.get("required").cloned().unwrap_or(json!([]));
            json!({ "type": "object", "properties": properties, "required": required })
        }
        other => panic!("{other}"),
    }
}

fn crd(name: &str, short: &Value) -> Value {
    let [group, version, kind] = name.split('/').collect::<Vec<_>>().try_into().unwrap();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{}s.{group}", kind.to_lowercase()) },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": { "kind": kind, "plural": format!("{}s", kind.to_lowercase()) },
            "versions": [{ "name": version, "served": true, "storage": true, "schema": { "openAPIV3Schema": openapi(short) } }],
        },
    })
}

/// Kubernetes' kinds and those of the stubs.
fn schema() -> Schema {
    let kinds: Map<String, Value> = serde_json::from_str(include_str!("stubs/kinds.json")).unwrap();
    let crds: Vec<Value> = kinds.iter().map(|(name, short)| crd(name, short)).collect();
    Schema::builtin().with_crds(&crds).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The files of a folder, each under the path that its module says.
fn modules(dir: &Path) -> Vec<(String, String)> {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    let mut files = vec![];
    for path in entries.iter().filter(|p| p.extension().is_some_and(|e| e == "plim")) {
        let text = std::fs::read_to_string(path).unwrap();
        let name = text.lines().find_map(|l| l.strip_prefix("module ")).unwrap().trim().replace('.', "/");
        files.push((format!("{name}.plim"), text));
    }
    files
}

#[test]
fn the_samples_have_no_errors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = modules(&root.join("src/check/tests/samples"));
    assert_eq!(files.len(), 15);
    files.extend(modules(&root.join("src/check/tests/stubs")));
    let library = modules(&root.join("../stdlib-policies/std"));
    let stubbed = ["std/netpol.plim", "std/psa.plim", "std/rbac.plim"];
    files.extend(library.into_iter().filter(|(path, _)| !stubbed.contains(&path.as_str())));
    let (hir, errors) = check_files(&files, &schema());
    assert!(hir.is_some(), "{errors}");
}
