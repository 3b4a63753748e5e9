//! Random objects: fields there, missing, null, of another type; texts of all alphabets; large numbers.

use super::rng::Rng;
use super::types::{KINDS, Known};
use super::yaml::{Marks, Writer};
use crate::differ::{Asked, On};
use plimsoll_dsl::schema::{FieldType, TypeId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A value whose members keep the order in which they were made.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Leaf(Value),
    List(Vec<Out>),
    Map(Vec<(String, Out)>),
}

impl From<Value> for Out {
    fn from(value: Value) -> Out {
        Out::Leaf(value)
    }
}

impl Out {
    fn write(&self, out: &mut String) {
        match self {
            Out::Leaf(value) => {
                let _ = write!(out, "{value}");
            }
            Out::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Out::Map(members) => {
                out.push('{');
                for (i, (name, item)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    let _ = write!(out, "{}: ", Value::from(&**name));
                    item.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn leaf(value: impl Into<Value>) -> Out {
    Out::Leaf(value.into())
}

/// Texts that programs know too, so that comparisons hold now and then.
pub const TEXTS: &[&str] = &[
    "web",
    "a",
    "b",
    "",
    "app",
    "nginx",
    "nginx:1.27",
    "ghcr.io/a/b@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "é",
    "日本 語",
    "10.0.0.0/8",
    "10.1.2.3",
    "1Gi",
    "500m",
    "v1.29.3",
    "true",
    "42",
    "a/b~c",
    "x y\tz",
    "2026-01-02T03:04:05Z",
    "memory",
    "{\"a\": [1, null]}",
    "a: 1\nb: [x, {name: web}]",
    "😀",
    "A-b_C",
    "kube-system",
    "*",
    "90s",
];

/// Keys of maps.
const KEYS: &[&str] = &["app", "a/b~c", "memory", "cpu", "é", "tier"];

/// `apiVersion` by kind.
const VERSIONS: &[(&str, &[&str])] = &[
    ("Pod", &["v1"]),
    ("Deployment", &["apps/v1", "apps/v1", "apps/v1beta1", "extensions/v1beta1"]),
    ("CronJob", &["batch/v1", "batch/v1beta1"]),
    ("ConfigMap", &["v1"]),
    ("NetworkPolicy", &["networking.k8s.io/v1"]),
    ("Namespace", &["v1"]),
    ("PodExecOptions", &["v1"]),
    ("Scale", &["autoscaling/v1"]),
];

/// Requests below objects: the operation, the kind of what is sent, the kind that it belongs to, the subresource.
const SUBRESOURCES: &[(&str, &str, &str, &str)] = &[
    ("CONNECT", "PodExecOptions", "Pod", "exec"),
    ("CONNECT", "PodExecOptions", "Pod", "exec"),
    ("UPDATE", "Scale", "Deployment", "scale"),
    ("UPDATE", "Scale", "StatefulSet", "scale"),
    ("UPDATE", "Pod", "Pod", "ephemeralcontainers"),
    ("UPDATE", "Pod", "Pod", "resize"),
    ("UPDATE", "Pod", "Pod", "status"),
];

/// Makes objects.
#[derive(Debug)]
pub struct Documents<'k> {
    known: &'k Known,
    rng: Rng,
    /// In so many of a thousand places something is of another type.
    odd: usize,
}

impl<'k> Documents<'k> {
    /// From a seed.
    #[must_use]
    pub fn new(known: &'k Known, seed: u64) -> Documents<'k> {
        let mut rng = Rng::new(seed);
        let odd = *rng.pick(&[0, 0, 0, 4, 20]);
        Documents { known, rng, odd }
    }

    /// Some files, and where in the YAML ones everything stands.
    pub fn files(&mut self) -> (Vec<(String, String)>, BTreeMap<String, Marks>) {
        let (mut files, mut marks) = (Vec::new(), BTreeMap::new());
        for i in 0..1 + self.rng.below(4) {
            if self.rng.chance(40) {
                let count = if self.rng.chance(75) { 1 } else { 2 };
                let documents: Vec<Out> = (0..count).map(|_| self.document()).collect();
                let (name, (text, found)) = (format!("f{i}.made.yaml"), Writer::new(&mut self.rng).file(&documents));
                files.push((name.clone(), text));
                marks.insert(name, found);
                continue;
            }
            let mut text = String::new();
            self.document().write(&mut text);
            files.push((format!("f{i}.json"), text));
        }
        (files, marks)
    }

    fn document(&mut self) -> Out {
        if self.rng.chance(15) { self.list() } else { self.object() }
    }

    /// Perhaps some requests.
    pub fn requests(&mut self) -> Vec<Asked> {
        let count = if self.rng.chance(35) { 1 + self.rng.below(2) } else { 0 };
        (0..count)
            .map(|_| {
                if self.rng.chance(20) {
                    return self.below_an_object();
                }
                let kind = if self.rng.chance(60) { "Pod" } else { *self.rng.pick(KINDS) };
                let operation = *self.rng.pick(&["CREATE", "UPDATE", "UPDATE", "DELETE"]);
                let mut object = |wanted: bool| {
                    let mut text = String::new();
                    self.of_kind(kind).write(&mut text);
                    wanted.then_some(text)
                };
                let (new, old) = (object(operation != "DELETE"), object(operation != "CREATE"));
                let user = self.rng.chance(70).then(|| "web".to_owned());
                Asked { operation: operation.into(), user, object: new, old, on: None }
            })
            .collect()
    }

    /// A request on a subresource.
    fn below_an_object(&mut self) -> Asked {
        let (operation, kind, of, name) = *self.rng.pick(SUBRESOURCES);
        let mut object = || {
            let mut text = String::new();
            self.of_kind(kind).write(&mut text);
            text
        };
        let (new, old) = (object(), (operation == "UPDATE").then(object));
        let on = Some(On { kind: of, name });
        Asked { operation: operation.into(), user: None, object: Some(new), old, on }
    }

    /// A `List`, or a list of one kind.
    fn list(&mut self) -> Out {
        let count = self.rng.below(4);
        let (kind, items) = if self.rng.chance(60) {
            ("List", (0..count).map(|_| self.object()).collect())
        } else {
            let mut pods = Vec::new();
            for _ in 0..count {
                let mut pod = self.of_kind("Pod");
                if let Out::Map(members) = &mut pod {
                    members.retain(|(name, _)| name != "kind" && name != "apiVersion");
                }
                pods.push(pod);
            }
            ("PodList", pods)
        };
        Out::Map(vec![
            ("apiVersion".into(), leaf("v1")),
            ("kind".into(), leaf(kind)),
            ("items".into(), Out::List(items)),
        ])
    }

    fn object(&mut self) -> Out {
        let kind = if self.rng.chance(50) { "Pod" } else { *self.rng.pick(KINDS) };
        self.of_kind(kind)
    }

    fn of_kind(&mut self, kind: &str) -> Out {
        let mut object = self.of_type(self.known.ids[kind], 7);
        let versions = VERSIONS.iter().find(|(k, _)| *k == kind).unwrap().1;
        if let Out::Map(members) = &mut object {
            members.retain(|(name, _)| name != "kind" && name != "apiVersion");
            let at = self.rng.below(members.len() + 1);
            members.insert(at, ("kind".into(), leaf(kind)));
            members.insert(0, ("apiVersion".into(), leaf(*self.rng.pick(versions))));
            for path in [&["metadata"][..], &["spec", "template", "metadata"]] {
                if self.rng.chance(5) {
                    self.ignore(members, path);
                }
            }
        }
        object
    }

    /// An annotation that suppresses findings, where there is a place for it.
    fn ignore(&mut self, members: &mut Vec<(String, Out)>, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            let at = match members.iter().position(|(name, _)| name == "annotations") {
                Some(at) => at,
                None => {
                    members.push(("annotations".into(), Out::Map(Vec::new())));
                    members.len() - 1
                }
            };
            if let Out::Map(members) = &mut members[at].1 {
                let name = *self.rng.pick(&["T-0", "t-1", "policy_0", "policy-1", "again", "T-9"]);
                let reason =
                    *self.rng.pick(&["known", "é", "known [until 2026-11-24]", "over [until 2026-11-23]", " "]);
                members.push((format!("plimsoll.dev/ignore.{name}"), leaf(reason)));
            }
            return;
        };
        if let Some((_, Out::Map(members))) = members.iter_mut().find(|(name, _)| name == first) {
            self.ignore(members, rest);
        }
    }

    fn of_type(&mut self, id: TypeId, depth: u32) -> Out {
        let mut out = Vec::new();
        let fields = self.known.fields.get(&id).map_or(&[][..], Vec::as_slice);
        let mut order: Vec<usize> = (0..fields.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, self.rng.below(i + 1));
        }
        for i in order {
            let field = &fields[i];
            let there = if field.sure { 96 } else { 25 + usize::try_from(depth).unwrap() * 8 };
            if self.rng.chance(there) {
                let value = if self.rng.chance(2) { leaf(Value::Null) } else { self.value(&field.holds, depth) };
                out.push((field.name.clone(), value));
            }
        }
        if self.rng.chance(10) {
            let name = *self.rng.pick(&["unknown", "nAme", "x"]);
            out.push((name.into(), leaf(self.odd_value())));
        }
        Out::Map(out)
    }

    fn value(&mut self, ty: &FieldType, depth: u32) -> Out {
        if self.rng.below(1000) < self.odd {
            return leaf(self.odd_value());
        }
        match ty {
            FieldType::Bool => leaf(self.rng.chance(50)),
            FieldType::Int => leaf(self.int()),
            #[expect(clippy::cast_precision_loss, reason = "any float will do")]
            FieldType::Float => leaf(self.int() as f64 / 2.0),
            FieldType::String => leaf(self.text()),
            FieldType::Quantity => match self.rng.below(4) {
                0 => leaf(self.int()),
                1 => leaf(0.5),
                _ => leaf(*self.rng.pick(&["1Gi", "500m", "2", "1e3", "0.5", "-1Ki", "100Mi"])),
            },
            FieldType::Time => {
                let texts = ["2026-01-02T03:04:05Z", "2025-12-31T23:59:59.5+02:00", "1970-01-01T00:00:00Z"];
                leaf(*self.rng.pick(&texts))
            }
            FieldType::IntOrString => {
                if self.rng.chance(50) {
                    leaf(self.int())
                } else {
                    leaf(self.text())
                }
            }
            FieldType::Any => leaf(self.odd_value()),
            FieldType::Object(_) if depth == 0 => Out::Map(Vec::new()),
            FieldType::Object(id) => self.of_type(*id, depth - 1),
            FieldType::List(item) => {
                let count = if depth == 0 { 0 } else { self.rng.below(4) };
                Out::List((0..count).map(|_| self.value(item, depth.saturating_sub(1))).collect())
            }
            FieldType::Map(item) => {
                let mut out: Vec<(String, Out)> = Vec::new();
                for _ in 0..self.rng.below(4) {
                    let key = *self.rng.pick(KEYS);
                    if !out.iter().any(|(k, _)| k == key) {
                        out.push((key.into(), self.value(item, depth.saturating_sub(1))));
                    }
                }
                Out::Map(out)
            }
        }
    }

    fn text(&mut self) -> Value {
        (*self.rng.pick(TEXTS)).into()
    }

    fn int(&mut self) -> i64 {
        match self.rng.below(12) {
            0 => *self.rng.pick(&[i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53, -(1 << 53) - 1]),
            1 => 8080,
            2 => -1,
            _ => i64::try_from(self.rng.below(6)).unwrap(),
        }
    }

    fn odd_value(&mut self) -> Value {
        match self.rng.below(8) {
            0 => json!({ "a": self.int(), "b": null }),
            1 => json!([1, "a", null]),
            2 => json!(1.5),
            3 => json!(true),
            4 => Value::Null,
            5 => json!([]),
            6 => self.int().into(),
            _ => self.text(),
        }
    }
}
