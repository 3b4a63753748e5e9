//! Kinds that carry a pod template: Kubernetes' own, and the well-known custom ones. Bundles add others (`[[workload]]`).

use plimsoll_engine::program::{KindMatch, WorkloadDef};

/// Group, kind, groups that served it before, fields from the object to what has the pod's `metadata` and `spec`.
type Row = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TEMPLATE: &[&str] = &["spec", "template"];

const ROWS: &[Row] = &[
    ("", "Pod", &[], &[]),
    ("", "PodTemplate", &[], &["template"]),
    ("", "ReplicationController", &[], TEMPLATE),
    ("apps", "Deployment", &["extensions"], TEMPLATE),
    ("apps", "ReplicaSet", &["extensions"], TEMPLATE),
    ("apps", "DaemonSet", &["extensions"], TEMPLATE),
    ("apps", "StatefulSet", &[], TEMPLATE),
    ("batch", "Job", &["extensions"], TEMPLATE),
    ("batch", "CronJob", &[], &["spec", "jobTemplate", "spec", "template"]),
    ("argoproj.io", "Rollout", &[], TEMPLATE),
    ("serving.knative.dev", "Service", &[], TEMPLATE),
    ("serving.knative.dev", "Configuration", &[], TEMPLATE),
    ("serving.knative.dev", "Revision", &[], &[]),
    ("apps.kruise.io", "CloneSet", &[], TEMPLATE),
    ("apps.kruise.io", "StatefulSet", &[], TEMPLATE),
    ("apps.kruise.io", "DaemonSet", &[], TEMPLATE),
    ("extensions.agents.x-k8s.io", "SandboxTemplate", &[], &["spec", "podTemplate"]),
];

/// The table, and `more`.
pub(super) fn workloads(more: &[WorkloadDef]) -> Vec<WorkloadDef> {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let known = ROWS.iter().map(|(group, kind, old_groups, template)| WorkloadDef {
        kind: KindMatch { kind: (*kind).to_owned(), group: (*group).to_owned(), old_groups: own(old_groups) },
        template: own(template),
    });
    known.chain(more.iter().cloned()).collect()
}
