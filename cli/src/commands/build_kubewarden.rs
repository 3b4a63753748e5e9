//! What a policy server of Kubewarden is told of a module: `metadata.yml`, and the same in the module, from the kinds and
//! operations of the bundle's policies.
//!
//! Source: <https://docs.kubewarden.io/tutorials/writing-policies/metadata>.

use plimsoll::dsl::schema::Schema;
use plimsoll::engine::program::{KindMatch, KindSet, Operations, PolicyDef, Program};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The custom section that policy servers read.
pub(super) const SECTION: &str = "io.kubewarden.metadata";

/// Resources by the operations and the group that they are judged in.
type Rules = BTreeMap<(Vec<&'static str>, String), BTreeSet<String>>;

/// What stands in a rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: [String; 1],
    /// Any: the engine reads every version of a kind.
    api_versions: [&'static str; 1],
    resources: BTreeSet<String>,
    operations: Vec<&'static str>,
}

/// The metadata of a bundle.
pub(super) fn metadata(program: &Program, schema: &Schema) -> Value {
    let mut rules = Rules::new();
    for policy in &program.policies {
        of_policy(program, policy, schema, &mut rules);
    }
    let rule =
        |((operations, group), resources)| Rule { api_groups: [group], api_versions: ["*"], resources, operations };
    let rules: Vec<Rule> = rules.into_iter().map(rule).collect();
    json!({
        "protocolVersion": "v1",
        "policyType": "kubernetes",
        "executionMode": "kubewarden-wapc",
        // With the setting `mutate`.
        "mutating": true,
        "rules": rules,
        "contextAwareResources": context(program, schema),
        "annotations": { "io.kubewarden.policy.title": program.bundle.name },
    })
}

fn of_policy(program: &Program, policy: &PolicyDef, schema: &Schema, rules: &mut Rules) {
    let Some(set) = policy.on.and_then(|on| program.kinds.get(usize::try_from(on).ok()?)) else { return };
    let operations = operations(policy.operations);
    let mut add = |group: &str, resource: String| {
        rules.entry((operations.clone(), group.to_owned())).or_default().insert(resource);
    };
    if set.any {
        add("*", "*".to_owned());
    }
    for kind in kinds(program, set) {
        if policy.subresources.iter().any(|sub| sub.object == *kind) {
            continue;
        }
        let resource = resource(schema, kind);
        if kind.group.is_empty() && resource == "pods" {
            // Whoever looks at pods looks at what is changed in them this way too.
            for sub in ["ephemeralcontainers", "resize"] {
                add("", format!("pods/{sub}"));
            }
        }
        add(&kind.group, resource);
    }
    for sub in &policy.subresources {
        add(&sub.of.group, format!("{}/{}", sub.resource, sub.name));
    }
}

fn kinds<'p>(program: &'p Program, set: &'p KindSet) -> impl Iterator<Item = &'p KindMatch> {
    let workloads = program.workloads.iter().filter(|_| set.workloads).map(|workload| &workload.kind);
    set.kinds.iter().chain(workloads)
}

/// What the API calls objects of a kind; of one that no schema has, the regular plural.
fn resource(schema: &Schema, kind: &KindMatch) -> String {
    let version = schema.versions_of(&kind.group, &kind.kind).first();
    let info = version.and_then(|version| schema.ty(version.ty).kind.as_ref());
    info.map_or_else(|| format!("{}s", kind.kind.to_ascii_lowercase()), plimsoll::dsl::schema::KindInfo::resource)
}

fn operations(of: Operations) -> Vec<&'static str> {
    let all = [(of.create, "CREATE"), (of.update, "UPDATE"), (of.delete, "DELETE"), (of.connect, "CONNECT")];
    all.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect()
}

/// The kinds that policies read beside the object.
fn context(program: &Program, schema: &Schema) -> Value {
    let sets = program.policies.iter().flat_map(|policy| &policy.reads);
    let sets = sets.filter_map(|set| program.kinds.get(usize::try_from(*set).ok()?));
    let all: BTreeSet<&KindMatch> = sets.flat_map(|set| kinds(program, set)).collect();
    let known = |kind: &&KindMatch| {
        let version = &schema.versions_of(&kind.group, &kind.kind).first()?.version;
        let api = if kind.group.is_empty() { version.to_string() } else { format!("{}/{version}", kind.group) };
        Some(json!({ "apiVersion": api, "kind": kind.kind }))
    };
    all.iter().filter_map(known).collect()
}

/// A value as a YAML file, for people to read and change; texts are quoted as in JSON, which YAML allows.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let _ = write!(out, "{pad}{name}:");
                inner(value, depth, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                let _ = writeln!(out, "{pad}- {item}");
            }
        }
        scalar => {
            let _ = writeln!(out, "{pad}{scalar}");
        }
    }
}

/// What stands behind a name: in its line, or below it.
fn inner(value: &Value, depth: usize, out: &mut String) {
    let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(serde_json::Map::is_empty);
    if empty || !(value.is_array() || value.is_object()) {
        let _ = writeln!(out, " {value}");
    } else {
        out.push('\n');
        block(value, depth.saturating_add(1), out);
    }
}
