//! `workload`: the pod template of an object that has one.

use super::{Builtin, Cx, Module, Result, args};
use crate::error::EvalError;
use crate::value::Value;

/// A kind that carries a pod template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkloadKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The fields that lead from the object to the template (what has the `metadata` and `spec` of the pod).
    pub template: Vec<String>,
}

/// The kinds of Kubernetes itself, by group, with their groups of old.
const BUILT_IN: &[(&[&str], &str, &[&str])] = &[
    (&[""], "Pod", &[]),
    (&[""], "PodTemplate", &["template"]),
    (&[""], "ReplicationController", &["spec", "template"]),
    (&["apps", "extensions"], "Deployment", &["spec", "template"]),
    (&["apps", "extensions"], "ReplicaSet", &["spec", "template"]),
    (&["apps", "extensions"], "DaemonSet", &["spec", "template"]),
    (&["apps"], "StatefulSet", &["spec", "template"]),
    (&["batch"], "Job", &["spec", "template"]),
    (&["batch"], "CronJob", &["spec", "jobTemplate", "spec", "template"]),
];

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "workload",
    doc: "Objects that run pods.",
    functions: &[
        Builtin {
            name: "pod_template",
            signature: "(w: Workload) -> PodTemplateSpec",
            cost: "1",
            doc: "The pod template of a workload: what has the metadata and the spec of the pods that it makes. A Pod is \
                  its own.",
            example: r##"(match json.parse("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{{\"containers\":[]}}}}") { Pod p => count(workload.pod_template(p).spec?.containers) == 0, else => false })"##,
            call: |cx, a| {
                let [w] = args(a)?;
                template(cx, w)
            },
        },
        Builtin {
            name: "pod_spec",
            signature: "(w: Workload) -> PodSpec",
            cost: "1",
            doc: "The pod spec of a workload: of a Pod its own, else that of its pod template.",
            example: r##"(match json.parse("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{{\"containers\":[]}}}}") { Pod p => count(workload.pod_spec(p).containers) == 0, else => false })"##,
            call: |cx, a| {
                let [w] = args(a)?;
                let template = template(cx, w)?;
                let spec = cx.memory.member(template, "spec")?;
                if spec.is_null() { Err(missing("a pod spec")) } else { Ok(spec) }
            },
        },
    ],
};

fn template(cx: &Cx<'_>, w: Value) -> Result<Value> {
    let memory = &*cx.memory;
    let (group, kind) = cx.kind_of(w)?;
    let follow = |path: &mut dyn Iterator<Item = &str>| {
        let mut found = w;
        for key in path {
            found = memory.member(found, key)?;
        }
        if found.is_null() { Err(missing("a pod template")) } else { Ok(found) }
    };
    if kind.is_empty() {
        return by_shape(cx, w);
    }
    if let Some((.., path)) = BUILT_IN.iter().find(|(groups, k, _)| *k == kind && groups.contains(&group)) {
        return follow(&mut path.iter().copied());
    }
    match cx.host.workloads.iter().find(|w| w.kind == kind && w.group == group) {
        Some(known) => follow(&mut known.template.iter().map(String::as_str)),
        None => Err(EvalError::Value(format!("a {kind} of the group `{group}` is no workload"))),
    }
}

/// Where templates stand, deepest first.
const SHAPES: &[&[&str]] = &[&["spec", "jobTemplate", "spec", "template"], &["spec", "template"], &["template"], &[]];

/// The template of an object that leaves its kind to the request or list that it came in.
fn by_shape(cx: &Cx<'_>, w: Value) -> Result<Value> {
    let memory = &*cx.memory;
    let known = cx.host.workloads.iter().map(|w| w.template.iter().map(String::as_str).collect::<Vec<_>>());
    for path in known.chain(SHAPES.iter().map(|path| path.to_vec())) {
        let mut found = w;
        for key in path {
            found = memory.member(found, key)?;
        }
        if !found.is_null() && !memory.member(found, "spec")?.is_null() {
            return Ok(found);
        }
    }
    Err(missing("a pod template"))
}

/// `on Workload` takes only objects that have a template, so this is one that was made up.
fn missing(what: &str) -> EvalError {
    EvalError::MissingInput(format!("the workload has no {}", what.strip_prefix("a ").unwrap_or(what)))
}
