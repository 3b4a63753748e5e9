//! What the API server works out of other fields when it stores an object: defaults that no table of constants can say.
//!
//! One function a type, in the table [`COMPUTED`]; each names the function of `kubernetes/pkg/apis` that it follows. What
//! admission plugins add (service account, tolerations, storage class) is not here.

use plimsoll_engine::document::{Additions, Document, NodeId, Tag};
use serde_json::{Value, json};

/// Adds what is worked out for a node.
type Compute = fn(&Node<'_>, &mut Additions);

/// By type.
const COMPUTED: &[(&str, Compute)] = &[
    ("batch.v1.Job", job),
    ("core.v1.Container", container),
    ("core.v1.EphemeralContainer", container),
    ("core.v1.Namespace", namespace),
    ("core.v1.PersistentVolume", pending),
    ("core.v1.PersistentVolumeClaim", pending),
    ("core.v1.Pod", pod),
    ("core.v1.ServicePort", service_port),
    ("core.v1.Volume", volume),
    ("networking.v1.NetworkPolicySpec", network_policy),
];

/// Adds what is worked out for a node of the type.
pub(super) fn add(document: &Document, node: NodeId, path: &str, additions: &mut Additions) {
    if let Some((_, compute)) = COMPUTED.iter().find(|(of, _)| *of == path) {
        compute(&Node { document, node }, additions);
    }
}

/// A map of a document.
#[derive(Clone, Copy)]
struct Node<'d> {
    document: &'d Document,
    node: NodeId,
}

impl<'d> Node<'d> {
    /// A member that is there and not null.
    fn get(&self, name: &str) -> Option<Node<'d>> {
        let node = self.document.get_str(self.node, name)?;
        (self.document.tag(node) != Tag::Null).then_some(Node { node, ..*self })
    }

    fn is(&self, tag: Tag) -> bool {
        self.document.tag(self.node) == tag
    }

    /// A member that is a map.
    fn map(&self, name: &str) -> Option<Node<'d>> {
        self.get(name).filter(|node| node.is(Tag::Map))
    }

    fn children(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let document = self.document;
        let nested = self.is(Tag::Map) || self.is(Tag::List);
        nested.then(|| document.children(self.node)).into_iter().flatten().map(move |node| Node { document, node })
    }

    fn is_empty(&self) -> bool {
        self.children().next().is_none()
    }

    fn value(&self) -> Value {
        self.document.to_json(self.node)
    }

    /// Sets a member that is not there.
    fn set(&self, name: &str, value: Value, additions: &mut Additions) {
        if self.get(name).is_none() {
            additions.entry(self.node).or_default().push((name.to_owned(), value));
        }
    }
}

/// `SetDefaults_Job`
fn job(job: &Node<'_>, additions: &mut Additions) {
    let Some(spec) = job.map("spec") else { return };
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        spec.set("completions", json!(1), additions);
    }
    // With a limit for each index there is none for all of them: the largest number.
    let limit = if spec.get("backoffLimitPerIndex").is_some() { i32::MAX } else { 6 };
    spec.set("backoffLimit", json!(limit), additions);
    spec.set("manualSelector", json!(false), additions);
    let replaced = if spec.get("podFailurePolicy").is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.set("podReplacementPolicy", json!(replaced), additions);
    let labels = spec.map("template").and_then(|t| t.map("metadata")).and_then(|m| m.map("labels"));
    if let (Some(metadata), Some(labels)) = (job.map("metadata"), labels.filter(|l| !l.is_empty())) {
        metadata.set("labels", labels.value(), additions);
    }
}

/// `SetDefaults_Container`: the pull policy goes by the image's tag.
fn container(container: &Node<'_>, additions: &mut Additions) {
    let Some(image) = container.get("image") else { return };
    let policy = if is_latest(image.document.str(image.node)) { "Always" } else { "IfNotPresent" };
    container.set("imagePullPolicy", json!(policy), additions);
}

/// `SetDefaults_Namespace`: its name as a label.
fn namespace(namespace: &Node<'_>, additions: &mut Additions) {
    const LABEL: &str = "kubernetes.io/metadata.name";
    let Some(metadata) = namespace.map("metadata") else { return };
    let Some(name) = metadata.get("name").filter(|name| name.is(Tag::Str)) else { return };
    match metadata.map("labels") {
        Some(labels) => labels.set(LABEL, name.value(), additions),
        None => metadata.set("labels", json!({ LABEL: name.value() }), additions),
    }
}

/// `SetDefaults_PersistentVolume`, `SetDefaults_PersistentVolumeClaim`: a status is always there.
fn pending(object: &Node<'_>, additions: &mut Additions) {
    object.set("status", json!({ "phase": "Pending" }), additions);
}

/// `SetDefaults_Pod`: only for pods themselves, not for the templates of others.
fn pod(pod: &Node<'_>, additions: &mut Additions) {
    let Some(spec) = pod.map("spec") else { return };
    spec.set("enableServiceLinks", json!(true), additions);
    let on_host = spec.get("hostNetwork").is_some_and(|h| h.value() == json!(true));
    let lists = ["containers", "initContainers"].into_iter().filter_map(|name| spec.get(name));
    for container in lists.flat_map(|list| list.children()).filter(|c| c.is(Tag::Map)) {
        requests(&container, additions);
        let ports = container.get("ports").into_iter().flat_map(|ports| ports.children());
        for port in ports.filter(|port| on_host && port.is(Tag::Map)) {
            if let Some(number) = port.get("containerPort") {
                port.set("hostPort", number.value(), additions);
            }
        }
    }
}

/// What a container asks for, where it only says the most that it may have.
fn requests(container: &Node<'_>, additions: &mut Additions) {
    let Some(resources) = container.map("resources") else { return };
    let Some(limits) = resources.map("limits") else { return };
    match resources.map("requests") {
        None => resources.set("requests", limits.value(), additions),
        Some(requests) => {
            for limit in limits.children() {
                requests.set(limit.document.key(limit.node), limit.value(), additions);
            }
        }
    }
}

/// `SetDefaults_Service`: a port leads to the same number.
fn service_port(port: &Node<'_>, additions: &mut Additions) {
    if let Some(number) = port.get("port") {
        port.set("targetPort", number.value(), additions);
    }
}

/// `SetDefaults_Volume`: without a source, an empty folder.
fn volume(volume: &Node<'_>, additions: &mut Additions) {
    let is_source = |member: &Node<'_>| member.document.key(member.node) != "name" && !member.is(Tag::Null);
    if !volume.children().any(|member| is_source(&member)) {
        volume.set("emptyDir", json!({}), additions);
    }
}

/// `SetDefaults_NetworkPolicy`: always for what comes in, for what goes out if it speaks of it.
fn network_policy(spec: &Node<'_>, additions: &mut Additions) {
    let out = spec.get("egress").is_some_and(|egress| !egress.is_empty());
    let types = if out { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    spec.set("policyTypes", types, additions);
}

/// True for a reference without a digest whose tag is `latest` or not there.
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert!(is_latest("nginx") && is_latest("r:5000/nginx") && is_latest("nginx:latest"));
        assert!(!is_latest("nginx:1") && !is_latest("r:5000/nginx@sha256:00"));
    }
}
