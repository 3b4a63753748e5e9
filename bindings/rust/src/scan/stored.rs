//! Objects as policies are to read them: with the namespace that the host gives, and (`--as-stored`) with the defaults of
//! the API server.
//!
//! Only what is missing is added; what depends on more than the object itself is left alone.

use plimsoll_dsl::schema::{Field, FieldType, Schema, TypeId};
use plimsoll_engine::document::{Additions, Document, Limits, NodeId, Tag};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Defaults within each other, at most.
const DEPTH: usize = 64;

/// What is filled in.
pub(super) struct Filling<'a> {
    pub(super) schema: &'a Schema,
    pub(super) namespace: Option<&'a str>,
    pub(super) as_stored: bool,
}

impl Filling<'_> {
    /// The document as policies are to read it, by its objects' nodes, `apiVersion`s and kinds.
    pub(super) fn fill(
        &self,
        document: &Arc<Document>,
        roots: &[(NodeId, String, String)],
        limits: Limits,
    ) -> Arc<Document> {
        if self.namespace.is_none() && !self.as_stored {
            return document.clone();
        }
        let mut additions = Additions::new();
        for (node, api_version, kind) in roots {
            let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
            let Some(reader) = self.schema.by_gvk(group, version, kind) else {
                self.namespace(document, *node, true, &mut additions);
                continue;
            };
            let ty = self.schema.ty(reader.ty);
            self.namespace(document, *node, ty.kind.as_ref().is_none_or(|k| k.namespaced), &mut additions);
            if self.as_stored {
                self.object(document, *node, reader.ty, &mut additions, DEPTH);
            }
        }
        if additions.is_empty() {
            return document.clone();
        }
        // A document that grows beyond the limits is read as it stands.
        document.with_members(&additions, limits).map_or_else(|_| document.clone(), Arc::new)
    }

    fn namespace(&self, document: &Document, root: NodeId, namespaced: bool, additions: &mut Additions) {
        let Some(namespace) = self.namespace.filter(|_| namespaced) else { return };
        let metadata = document.get_str(root, "metadata").filter(|m| document.tag(*m) == Tag::Map);
        let Some(metadata) = metadata else { return };
        let named = document.get_str(metadata, "namespace").is_some_and(|n| !document.str(n).is_empty());
        if !named {
            additions.entry(metadata).or_default().push(("namespace".to_owned(), namespace.into()));
        }
    }

    /// Defaults of an object of the document and of what is in it.
    fn object(&self, document: &Document, node: NodeId, ty: TypeId, additions: &mut Additions, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if document.tag(node) != Tag::Map {
            return;
        }
        let def = self.schema.ty(ty);
        let mut added = Map::new();
        let own = |name: &str| document.get_str(node, name).filter(|c| document.tag(*c) != Tag::Null);
        let text = |name: &str| own(name).map(|c| document.to_json(c));
        for field in &def.fields {
            match own(&field.name) {
                Some(child) => self.within(document, child, &field.ty, additions, depth),
                None => {
                    if let Some(value) = self.default(field, &def.fields, &text, depth) {
                        added.insert(field.name.to_string(), value);
                    }
                }
            }
        }
        if def.path() == "core.v1.Container" {
            of_container(document, node, additions);
        }
        if !added.is_empty() {
            additions.entry(node).or_default().extend(added);
        }
    }

    fn within(&self, document: &Document, node: NodeId, ty: &FieldType, additions: &mut Additions, depth: usize) {
        match ty {
            FieldType::Object(id) => self.object(document, node, *id, additions, depth),
            FieldType::List(item) if document.tag(node) == Tag::List => {
                document.children(node).for_each(|child| self.within(document, child, item, additions, depth));
            }
            FieldType::Map(value) if document.tag(node) == Tag::Map => {
                document.children(node).for_each(|child| self.within(document, child, value, additions, depth));
            }
            _ => {}
        }
    }

    /// The default of a field that is missing, with what is missing in it.
    fn default(
        &self,
        field: &Field,
        siblings: &[Field],
        own: &dyn Fn(&str) -> Option<Value>,
        depth: usize,
    ) -> Option<Value> {
        let text = field.default.as_ref()?;
        if let Some((other, values)) = &field.default_when {
            let of_other = || {
                siblings.iter().find(|f| f.name == *other)?.default.as_ref().and_then(|d| serde_json::from_str(d).ok())
            };
            let value: Value = own(other).or_else(of_other)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !values.iter().any(|v| **v == *value) {
                return None;
            }
        }
        let mut value = serde_json::from_str(text).ok()?;
        self.complete(&mut value, &field.ty, depth);
        Some(value)
    }

    /// Defaults within a default.
    fn complete(&self, value: &mut Value, ty: &FieldType, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let (FieldType::Object(id), Value::Object(members)) = (ty, value) else { return };
        let fields = &self.schema.ty(*id).fields;
        for field in fields {
            if let Some(member) = members.get_mut(&*field.name) {
                self.complete(member, &field.ty, depth);
                continue;
            }
            let own = |name: &str| members.get(name).cloned();
            if let Some(default) = self.default(field, fields, &own, depth) {
                members.insert(field.name.to_string(), default);
            }
        }
    }
}

/// What the API server works out of a container's other fields: the pull policy from the image's tag, requests from limits.
fn of_container(document: &Document, node: NodeId, additions: &mut Additions) {
    let there = |node: NodeId, name: &str| document.get_str(node, name).filter(|c| document.tag(*c) != Tag::Null);
    if let Some(image) = there(node, "image")
        && there(node, "imagePullPolicy").is_none()
    {
        let policy = if is_latest(document.str(image)) { "Always" } else { "IfNotPresent" };
        additions.entry(node).or_default().push(("imagePullPolicy".to_owned(), policy.into()));
    }
    let Some(resources) = there(node, "resources") else { return };
    let Some(limits) = there(resources, "limits").filter(|l| document.tag(*l) == Tag::Map) else { return };
    match there(resources, "requests") {
        None => additions.entry(resources).or_default().push(("requests".to_owned(), document.to_json(limits))),
        Some(requests) => {
            let missing = document.children(limits).filter(|limit| there(requests, document.key(*limit)).is_none());
            let missing: Vec<_> = missing.map(|l| (document.key(l).to_owned(), document.to_json(l))).collect();
            if !missing.is_empty() {
                additions.entry(requests).or_default().extend(missing);
            }
        }
    }
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
    use plimsoll_engine::document::{ReadOptions, objects, read};
    use serde_json::json;

    fn filled(text: &str, namespace: Option<&str>, as_stored: bool) -> Value {
        let document = read("t.yaml", text.as_bytes(), &ReadOptions::default()).documents.remove(0);
        let roots: Vec<_> =
            objects(&document).into_iter().map(|r| (r.node, r.api_version.into_owned(), r.kind.into_owned())).collect();
        let filling = Filling { schema: Schema::builtin(), namespace, as_stored };
        filling.fill(&document, &roots, Limits::default()).to_json(NodeId::ROOT)
    }

    #[test]
    fn a_pod_as_it_is_stored() {
        let pod = filled(
            "{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [ { name: c, image: nginx, resources: { limits: { cpu: 1 } } } ] } }",
            None,
            true,
        );
        let at = |pointer: &str| pod.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/spec/restartPolicy"), json!("Always"));
        assert_eq!(at("/spec/containers/0/imagePullPolicy"), json!("Always"));
        assert_eq!(at("/spec/containers/0/resources/requests"), json!({ "cpu": 1 }));
        assert_eq!(at("/spec/containers/0/terminationMessagePath"), json!("/dev/termination-log"));
        assert_eq!(at("/metadata/namespace"), Value::Null);
    }

    #[test]
    fn a_namespace_for_what_names_none() {
        let role =
            filled("{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: a } }", Some("n"), false);
        assert_eq!(role.pointer("/metadata/namespace"), Some(&json!("n")));
        let node = filled("{ apiVersion: v1, kind: Node, metadata: { name: a } }", Some("n"), false);
        assert_eq!(node.pointer("/metadata/namespace"), None);
    }

    #[test]
    fn tags() {
        assert!(is_latest("nginx") && is_latest("r:5000/nginx") && is_latest("nginx:latest"));
        assert!(!is_latest("nginx:1") && !is_latest("r:5000/nginx@sha256:00"));
    }
}
