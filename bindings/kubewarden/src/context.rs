//! Objects of the cluster that policies join with: which kinds, and how the host is asked for them.
//!
//! Every object of a kind comes, or the request is not judged: a join over half of the objects would let through what it
//! should not.

use crate::host::Host;
use plimsoll::engine::program::KindMatch;
use plimsoll::{Engine, Input, Inventory};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The versions of the groups that every cluster serves.
const VERSIONS: &[(&str, &str)] = &[
    ("", "v1"),
    ("admissionregistration.k8s.io", "v1"),
    ("apiextensions.k8s.io", "v1"),
    ("apiregistration.k8s.io", "v1"),
    ("apps", "v1"),
    ("autoscaling", "v2"),
    ("batch", "v1"),
    ("certificates.k8s.io", "v1"),
    ("coordination.k8s.io", "v1"),
    ("discovery.k8s.io", "v1"),
    ("flowcontrol.apiserver.k8s.io", "v1"),
    ("networking.k8s.io", "v1"),
    ("node.k8s.io", "v1"),
    ("policy", "v1"),
    ("rbac.authorization.k8s.io", "v1"),
    ("scheduling.k8s.io", "v1"),
    ("storage.k8s.io", "v1"),
];

/// A kind to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    kind: KindMatch,
    /// `apps/v1`
    api_version: String,
}

/// What the host is asked: the form of `list_resources_all`.
#[derive(Serialize)]
struct List<'a> {
    api_version: &'a str,
    kind: &'a str,
}

/// What it answers.
#[derive(Deserialize)]
struct Listed {
    items: Vec<Value>,
}

/// The kinds that policies which are evaluated read, each once.
///
/// Workloads of operators are asked for where `versions` has their group: a cluster may not have them. Any other kind must have
/// a version, or the policy that names it could not be trusted.
pub(crate) fn wanted(engine: &Engine, versions: &BTreeMap<String, String>) -> Result<Vec<Wanted>, String> {
    let kinds = kinds(engine)?;
    let want = |(kind, named): (KindMatch, bool)| match version(&kind, versions) {
        Some(version) if kind.group.is_empty() => Some(Ok(Wanted { kind, api_version: version })),
        Some(version) => Some(Ok(Wanted { api_version: format!("{}/{version}", kind.group), kind })),
        None if named => {
            let KindMatch { kind, group, .. } = kind;
            Some(Err(format!("policies read {kind} of {group}: `versions` must say {group}'s version")))
        }
        None => None,
    };
    kinds.into_iter().filter_map(want).collect()
}

/// Kinds, and whether a policy names them (it may read all workloads).
fn kinds(engine: &Engine) -> Result<BTreeMap<KindMatch, bool>, String> {
    let mut kinds = BTreeMap::new();
    for engine in engine.engines() {
        let program = engine.program();
        let on = engine.instances().iter().filter(|instance| instance.is_on());
        for policy in on.filter_map(|instance| program.policies.get(usize::try_from(instance.policy).ok()?)) {
            let sets = policy.reads.iter().filter_map(|set| program.kinds.get(usize::try_from(*set).ok()?));
            for set in sets {
                if set.any {
                    return Err(format!("{} reads objects of every kind, which no host can be asked for", policy.id));
                }
                kinds.extend(set.kinds.iter().map(|kind| (kind.clone(), true)));
                for workload in program.workloads.iter().filter(|_| set.workloads) {
                    kinds.entry(workload.kind.clone()).or_insert(false);
                }
            }
        }
    }
    Ok(kinds)
}

fn version(kind: &KindMatch, versions: &BTreeMap<String, String>) -> Option<String> {
    let usual = || VERSIONS.iter().find(|(group, _)| *group == kind.group).map(|(_, version)| (*version).to_owned());
    versions.get(&kind.group).cloned().or_else(usual)
}

/// The objects of the cluster, asked for anew: the host keeps them.
pub(crate) fn inventory(engine: &Engine, wanted: &[Wanted], host: &impl Host) -> Result<Inventory, String> {
    let mut inventory = engine.inventory();
    for want in wanted {
        let Wanted { kind: KindMatch { kind, .. }, api_version } = want;
        let refused =
            |why: String| format!("the host does not say which objects of {api_version} {kind} there are: {why}");
        let payload = serde_json::to_vec(&List { api_version, kind }).map_err(|e| refused(e.to_string()))?;
        let answer = host.kubernetes("list_resources_all", &payload).map_err(refused)?;
        let listed: Listed = serde_json::from_slice(&answer).map_err(|e| refused(e.to_string()))?;
        for mut object in listed.items {
            // The items of a list do not say again what the list says.
            if let Some(members) = object.as_object_mut() {
                members.entry("apiVersion").or_insert_with(|| api_version.as_str().into());
                members.entry("kind").or_insert_with(|| kind.as_str().into());
            }
            inventory.insert(&Input::value(&object)).map_err(|e| refused(e.to_string()))?;
        }
        inventory.set_complete(&want.kind);
    }
    Ok(inventory)
}
