//! The schema against what others publish: manifests, definitions, OpenAPI documents, stored objects.
//!
//! Needs the corpus (`PLIMSOLL_CORPUS`); without it each test says that it is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use plimsoll_dsl::schema::{FieldType, Fit, Lookup, Schema, TypeDef, TypeId};
use plimsoll_engine::document::{self, Document, NodeId, ReadOptions, Tag};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A folder of the corpus.
fn corpus(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLIMSOLL_CORPUS").map(|root| Path::new(&root).join(folder));
    if root.is_none() {
        println!("skipped: PLIMSOLL_CORPUS is not set");
    }
    root
}

/// Every file below `folder` whose text contains `word`, by name.
fn files(folder: &Path, word: &str) -> Vec<(PathBuf, String)> {
    let (mut todo, mut out) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if path.is_dir() {
                todo.push(path);
            } else if matches!(ending, "yaml" | "yml" | "json") {
                match std::fs::read_to_string(&path) {
                    Ok(text) if text.contains(word) => out.push((path, text)),
                    _ => {}
                }
            }
        }
    }
    out.sort();
    out
}

/// A node as JSON.
fn json(document: &Document, node: NodeId) -> Value {
    match document.tag(node) {
        Tag::Bool => document.bool(node).into(),
        Tag::Int => document.int(node).into(),
        Tag::Float => document.float(node).into(),
        Tag::Str => document.str(node).into(),
        Tag::List => document.children(node).map(|c| json(document, c)).collect(),
        Tag::Map => {
            let members = document.children(node).map(|c| (document.key(c).to_owned(), json(document, c)));
            Value::Object(members.collect())
        }
        _ => Value::Null,
    }
}

/// The objects of a file, with those of its lists.
fn objects(text: &str) -> Vec<Value> {
    let read = document::read("corpus", text.as_bytes(), &ReadOptions::default());
    let documents = read.documents.iter();
    documents
        .flat_map(|d| document::objects(d).into_iter().map(|root| json(d, root.node)).collect::<Vec<_>>())
        .collect()
}

/// Group, version and kind of an object.
fn gvk(object: &Value) -> Option<(&str, &str, &str)> {
    let version = object.get("apiVersion")?.as_str()?;
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    Some((group, version, object.get("kind")?.as_str()?))
}

#[test]
fn every_definition_of_the_corpus_is_read() {
    let Some(root) = corpus("manifests") else { return };
    let (mut read, mut kinds, mut patches) = (0, 0, 0);
    for (path, text) in files(&root, "CustomResourceDefinition") {
        for object in objects(&text) {
            if object["kind"] != "CustomResourceDefinition" {
                continue;
            }
            // Patches of kustomize have the kind of what they patch, and little else.
            if object.pointer("/spec/group").is_none() {
                patches += 1;
                continue;
            }
            let schema = Schema::builtin().with_crds(std::slice::from_ref(&object));
            let schema = schema.unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
            let (group, kind) =
                (object["spec"]["group"].as_str().unwrap(), object["spec"]["names"]["kind"].as_str().unwrap());
            let versions = schema.versions_of(group, kind);
            assert!(!versions.is_empty(), "{}: {group} {kind}", path.display());
            read += 1;
            kinds += versions.len();
            // The same again means nothing, and changes nothing.
            let twice = schema.with_crds(std::slice::from_ref(&object)).unwrap();
            assert_eq!(twice.counts(), schema.counts(), "{}", path.display());
        }
    }
    println!("{read} definitions with {kinds} versions of kinds; {patches} patches left out");
    assert!(read > 500, "{read}");
}

/// What an object has that its type does not allow.
#[derive(Default)]
struct Misfits {
    fields: usize,
    unknown: BTreeMap<String, usize>,
    wrong: BTreeMap<String, usize>,
}

impl Misfits {
    /// Looks at the fields of an object.
    fn object(&mut self, schema: &Schema, ty: &TypeDef, object: &Map<String, Value>) {
        for (name, value) in object {
            self.fields += 1;
            match ty.field(name) {
                Some(field) => self.value(schema, &field.ty, value, &format!("{}.{name}", ty.path())),
                None if ty.open => {}
                None => *self.unknown.entry(format!("{}.{name}", ty.path())).or_default() += 1,
            }
        }
    }

    /// Looks at a value; null is a missing one.
    fn value(&mut self, schema: &Schema, ty: &FieldType, value: &Value, path: &str) {
        let fits = match (ty, value) {
            (_, Value::Null) | (FieldType::Any, _) => true,
            (FieldType::Bool, _) => value.is_boolean(),
            (FieldType::Int, _) => value.is_i64(),
            (FieldType::Float, _) => value.is_number(),
            (FieldType::String | FieldType::Time, _) => value.is_string(),
            (FieldType::Quantity | FieldType::IntOrString, _) => value.is_string() || value.is_number(),
            (FieldType::Object(id), Value::Object(object)) => return self.object(schema, schema.ty(*id), object),
            (FieldType::List(of), Value::Array(list)) => {
                return list.iter().for_each(|v| self.value(schema, of, v, path));
            }
            (FieldType::Map(of), Value::Object(map)) => {
                return map.values().for_each(|v| self.value(schema, of, v, path));
            }
            _ => false,
        };
        if !fits {
            *self.wrong.entry(format!("{path}: {value:.60}")).or_default() += 1;
        }
    }
}

#[test]
fn objects_of_the_corpus_fit_the_types_that_read_them() {
    let Some(root) = corpus("manifests") else { return };
    let schema = Schema::builtin();
    // Of the groups of operators the table has the kinds that policies read.
    let own = |ty| schema.ty(ty).kind.as_ref().is_some_and(|kind| !kind.custom);
    let kinds = schema.all_versions().filter(|(_, version, _)| own(version.ty));
    let groups: BTreeSet<&str> = kinds.map(|(group, _, _)| group).collect();
    let (mut misfits, mut found, mut lost) = (Misfits::default(), 0, BTreeSet::new());
    for (path, text) in files(&root, "kind") {
        if path.components().any(|c| c.as_os_str() == "kubernetes-openapi") {
            continue;
        }
        for object in objects(&text) {
            let Some((group, version, kind)) = gvk(&object) else { continue };
            match schema.by_gvk(group, version, kind) {
                Some(reader) => {
                    found += 1;
                    let ty = schema.ty(reader.ty);
                    // Older versions may have other fields.
                    if let (Fit::Exact, Some(object)) = (reader.fit, object.as_object()) {
                        misfits.object(schema, ty, object);
                    }
                }
                None if groups.contains(group) && version.starts_with('v') => {
                    lost.insert(format!("{group}/{version} {kind}"));
                }
                None => {}
            }
        }
    }
    let sum = |of: &BTreeMap<String, usize>| of.values().sum::<usize>();
    let (unknown, wrong) = (sum(&misfits.unknown), sum(&misfits.wrong));
    println!("{found} objects, {} fields, {unknown} unknown, {wrong} of a wrong type", misfits.fields);
    println!("unknown: {:#?}\nwrong: {:#?}\nkinds: {lost:?}", misfits.unknown, misfits.wrong);
    assert!(found > 7000, "{found}");
    // The one is OpenShift's, the other is gone since 1.14.
    let gone = ["/v1 DeploymentConfig", "admissionregistration.k8s.io/v1alpha1 InitializerConfiguration"];
    assert_eq!(lost.into_iter().collect::<Vec<_>>(), gone);
    assert!(unknown * 1000 < misfits.fields && wrong * 1000 < misfits.fields, "{unknown} and {wrong}");
}

#[test]
fn custom_objects_of_the_corpus_fit_their_definitions() {
    let Some(root) = corpus("manifests") else { return };
    let mut schemas: BTreeMap<(String, String), Schema> = BTreeMap::new();
    for (_, text) in files(&root, "CustomResourceDefinition") {
        for object in objects(&text) {
            let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
            let (Some(group), Some(kind)) = (text("/spec/group"), text("/spec/names/kind")) else { continue };
            let schema = Schema::builtin().with_crds(std::slice::from_ref(&object)).unwrap();
            schemas.entry((group.to_owned(), kind.to_owned())).or_insert(schema);
        }
    }
    let (mut misfits, mut found) = (Misfits::default(), 0);
    for (_, text) in files(&root, "kind") {
        for object in objects(&text) {
            let Some((group, version, kind)) = gvk(&object) else { continue };
            let Some(schema) = schemas.get(&(group.to_owned(), kind.to_owned())) else { continue };
            let Some(reader) = schema.by_gvk(group, version, kind).filter(|r| r.fit == Fit::Exact) else { continue };
            found += 1;
            misfits.object(schema, schema.ty(reader.ty), object.as_object().unwrap());
        }
    }
    let sum = |of: &BTreeMap<String, usize>| of.values().sum::<usize>();
    let (unknown, wrong) = (sum(&misfits.unknown), sum(&misfits.wrong));
    println!("{found} objects, {} fields, {unknown} unknown, {wrong} of a wrong type", misfits.fields);
    println!("unknown: {:#?}\nwrong: {:#?}", misfits.unknown, misfits.wrong);
    // The corpus holds older and newer definitions of one kind, and objects that are wrong on purpose.
    assert!(found > 1000 && unknown * 50 < misfits.fields && wrong * 100 < misfits.fields);
}

/// The type that an OpenAPI schema describes.
fn published(schema: &Schema, of: &Value) -> FieldType {
    let reference = of.get("$ref").or_else(|| of.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    if let Some(reference) = reference {
        let name = reference.rsplit('/').next().unwrap();
        let path = name.rsplitn(4, '.').take(3).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(".");
        return match path.rsplit('.').next().unwrap() {
            "Quantity" => FieldType::Quantity,
            "IntOrString" => FieldType::IntOrString,
            "Time" | "MicroTime" => FieldType::Time,
            last if last == "RawExtension"
                || last == "FieldsV1"
                || last == "JSON"
                || last.starts_with("JSONSchemaPropsOr") =>
            {
                FieldType::Any
            }
            _ => match schema.kind(&path) {
                Lookup::Found(id) => FieldType::Object(id),
                other => panic!("{path}: {other:?}"),
            },
        };
    }
    let list = |key| Box::new(published(schema, &of[key]));
    match of["type"].as_str() {
        Some("boolean") => FieldType::Bool,
        Some("integer") => FieldType::Int,
        Some("number") => FieldType::Float,
        Some("string") => FieldType::String,
        Some("array") => FieldType::List(list("items")),
        Some("object") if of.get("additionalProperties").is_some() => FieldType::Map(list("additionalProperties")),
        _ => FieldType::Any,
    }
}

#[test]
fn the_published_openapi_says_the_same() {
    let Some(root) = corpus("manifests/kubernetes-openapi") else { return };
    let schema = Schema::builtin();
    let by_path: BTreeMap<String, TypeId> = schema.types().map(|(id, ty)| (ty.path(), id)).collect();
    let mut seen = BTreeSet::new();
    let (mut fields, mut keys, mut defaults, mut differ) = (0, 0, 0, vec![]);
    for (_, text) in files(&root, "schemas") {
        let document: Value = serde_json::from_str(&text).unwrap();
        for (name, of) in document["components"]["schemas"].as_object().unwrap() {
            let path = name.rsplitn(4, '.').take(3).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(".");
            let Some(id) = by_path.get(&path).filter(|_| seen.insert(path.clone())) else { continue };
            for (name, of) in of["properties"].as_object().into_iter().flatten() {
                let Some(field) = schema.ty(*id).field(name) else {
                    differ.push(format!("{path}.{name} is missing"));
                    continue;
                };
                fields += 1;
                if field.ty != published(schema, of) {
                    differ.push(format!("{path}.{name} is {:?}", field.ty));
                }
                if let Some(list) = of["x-kubernetes-list-map-keys"].as_array() {
                    keys += 1;
                    let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                    assert_eq!(field.list_map_keys, list, "{path}.{name}");
                }
                // OpenAPI writes the zero of Go's type where there is no default.
                let zero = |d: &Value| {
                    d == &Value::from("") || d == &Value::from(0) || d == &serde_json::json!({}) || d.is_boolean()
                };
                if let Some(default) = of.get("default").filter(|d| !zero(d) && !d.is_null()) {
                    defaults += 1;
                    assert_eq!(field.default.as_deref(), Some(default.to_string().as_str()), "{path}.{name}");
                }
            }
        }
    }
    println!("{} types, {fields} fields, {keys} list-map keys, {defaults} defaults", seen.len());
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(seen.len() > 500 && fields > 2500 && keys > 60 && defaults > 15);
}

/// Where raw and stored objects were compared with the defaults.
#[derive(Default)]
struct Pairs {
    agreed: BTreeMap<String, usize>,
    differ: BTreeMap<String, usize>,
}

impl Pairs {
    /// Looks at the fields that the author left out and the server has.
    fn compare(&mut self, schema: &Schema, ty: &TypeDef, raw: &Map<String, Value>, stored: &Map<String, Value>) {
        let outside = ["apiVersion", "kind", "metadata", "status"];
        for field in ty.fields.iter().filter(|f| !outside.contains(&f.name.as_ref())) {
            let name = field.name.as_ref();
            match (raw.get(name), stored.get(name)) {
                (Some(raw), Some(stored)) => self.descend(schema, &field.ty, raw, stored),
                (None, Some(stored_value)) => {
                    let applies = field.default_when.as_ref().is_none_or(|(sibling, values)| {
                        stored
                            .get(sibling.as_ref())
                            .and_then(Value::as_str)
                            .is_some_and(|v| values.iter().any(|w| w == v))
                    });
                    let Some(default) = field.default.as_ref().filter(|_| applies) else { continue };
                    let same = serde_json::from_str::<Value>(default).unwrap() == *stored_value;
                    let of = if same { &mut self.agreed } else { &mut self.differ };
                    *of.entry(format!("{}.{name}", ty.path())).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    /// Goes into objects and lists of objects.
    fn descend(&mut self, schema: &Schema, ty: &FieldType, raw: &Value, stored: &Value) {
        match (ty, raw, stored) {
            (FieldType::Object(id), Value::Object(raw), Value::Object(stored)) => {
                self.compare(schema, schema.ty(*id), raw, stored);
            }
            (FieldType::List(of), Value::Array(raw), Value::Array(stored)) if raw.len() == stored.len() => {
                raw.iter().zip(stored).for_each(|(raw, stored)| self.descend(schema, of, raw, stored));
            }
            _ => {}
        }
    }
}

/// Every object in a value that carries what its author applied.
fn applied<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    if value.pointer("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration").is_some() {
        out.push(value);
    }
    match value {
        Value::Array(list) => list.iter().for_each(|v| applied(v, out)),
        Value::Object(map) => map.values().for_each(|v| applied(v, out)),
        _ => {}
    }
}

#[test]
fn stored_objects_have_the_defaults() {
    let Some(root) = corpus("") else { return };
    let schema = Schema::builtin();
    let (mut pairs, mut seen) = (Pairs::default(), BTreeSet::new());
    for (_, text) in files(&root, "last-applied-configuration") {
        let values = objects(&text);
        let mut found = vec![];
        values.iter().for_each(|v| applied(v, &mut found));
        for stored in found {
            let raw = stored["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].as_str();
            let Ok(raw) = serde_json::from_str::<Value>(raw.unwrap_or_default()) else { continue };
            let Some((group, version, kind)) = gvk(stored).filter(|_| gvk(&raw) == gvk(stored)) else { continue };
            let Some(reader) = schema.by_gvk(group, version, kind).filter(|r| r.fit == Fit::Exact) else { continue };
            if seen.insert(format!("{stored}")) {
                pairs.compare(schema, schema.ty(reader.ty), raw.as_object().unwrap(), stored.as_object().unwrap());
            }
        }
    }
    println!("{} pairs, {} defaults seen: {:#?}", seen.len(), pairs.agreed.len(), pairs.agreed);
    println!("differ: {:#?}", pairs.differ);
    // Someone changed one pod after it was applied.
    assert_eq!(pairs.differ.into_iter().collect::<Vec<_>>(), [("core.v1.PodSpec.securityContext".to_owned(), 1)]);
    assert!(pairs.agreed.len() >= 30, "{}", pairs.agreed.len());
}
