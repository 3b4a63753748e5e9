//! Objects as policies are to read them: with the namespace that the host gives, and (`--as-stored`) with the defaults of
//! the API server.
//!
//! Only what is missing is added; what depends on more than the object itself is left alone.

use super::computed;
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
                // What a CronJob makes is defaulted when it is made: stored is only its pod.
                Some(child) if def.path() == "batch.v1.JobTemplateSpec" && &*field.name == "spec" => {
                    let mut inner = Additions::new();
                    self.within(document, child, &field.ty, &mut inner, depth);
                    inner.remove(&child);
                    additions.extend(inner);
                }
                Some(child) => self.within(document, child, &field.ty, additions, depth),
                None => {
                    if let Some(value) = self.default(field, &def.fields, &text, depth) {
                        added.insert(field.name.to_string(), value);
                    }
                }
            }
        }
        computed::add(document, node, &def.path(), additions);
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

    /// A manifest, and what the API server (v1.35) stores of it without admission plugins: written down from
    /// `kubectl get -o yaml`, without what is made anew each time (addresses, times, uids).
    const PAIRS: &[(&str, &str)] = &[
        (
            "{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { selector: {}, template: { spec: {
                containers: [ { name: c, image: nginx, ports: [ { containerPort: 80 } ], livenessProbe: { httpGet: { port: 80 } },
                    env: [ { name: X, valueFrom: { fieldRef: { fieldPath: metadata.name } } } ], resources: { limits: { cpu: 1 } } } ],
                volumes: [ { name: s, secret: { secretName: x } }, { name: e } ] } } } }",
            "{ apiVersion: apps/v1, kind: Deployment, metadata: { name: a }, spec: { selector: {}, template: { spec: {
                containers: [ { name: c, image: nginx, ports: [ { containerPort: 80, protocol: TCP } ],
                    livenessProbe: { httpGet: { port: 80, path: /, scheme: HTTP }, failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
                    env: [ { name: X, valueFrom: { fieldRef: { fieldPath: metadata.name, apiVersion: v1 } } } ], resources: { limits: { cpu: 1 } },
                    imagePullPolicy: Always, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File } ],
                volumes: [ { name: s, secret: { secretName: x, defaultMode: 420 } }, { name: e, emptyDir: {} } ],
                dnsPolicy: ClusterFirst, restartPolicy: Always, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30 } },
                progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10,
                strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 25%, maxUnavailable: 25% } } } }",
        ),
        (
            "{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { hostNetwork: true, containers: [ { name: c, image: 'nginx:1',
                ports: [ { containerPort: 80 } ], readinessProbe: { grpc: { port: 1 } },
                resources: { limits: { cpu: 1, memory: 1Gi }, requests: { cpu: 500m } } } ], initContainers: [ { name: i, image: 'x@sha256:00' } ] } }",
            "{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { hostNetwork: true, containers: [ { name: c, image: 'nginx:1',
                ports: [ { containerPort: 80, hostPort: 80, protocol: TCP } ],
                readinessProbe: { grpc: { port: 1, service: '' }, failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
                resources: { limits: { cpu: 1, memory: 1Gi }, requests: { cpu: 500m, memory: 1Gi } },
                imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File } ],
                initContainers: [ { name: i, image: 'x@sha256:00', imagePullPolicy: IfNotPresent, terminationMessagePath: /dev/termination-log, terminationMessagePolicy: File } ],
                enableServiceLinks: true, dnsPolicy: ClusterFirst, restartPolicy: Always, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30 } }",
        ),
        (
            "{ apiVersion: v1, kind: Service, metadata: { name: a }, spec: { ports: [ { port: 80 }, { port: 81, targetPort: x } ] } }",
            "{ apiVersion: v1, kind: Service, metadata: { name: a }, spec: { ports: [ { port: 80, targetPort: 80, protocol: TCP },
                { port: 81, targetPort: x, protocol: TCP } ], internalTrafficPolicy: Cluster, sessionAffinity: None, type: ClusterIP } }",
        ),
        (
            "{ apiVersion: batch/v1, kind: CronJob, metadata: { name: a }, spec: { schedule: x, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [] } } } } } }",
            "{ apiVersion: batch/v1, kind: CronJob, metadata: { name: a }, spec: { schedule: x, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [],
                dnsPolicy: ClusterFirst, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30 } } } },
                concurrencyPolicy: Allow, failedJobsHistoryLimit: 1, successfulJobsHistoryLimit: 3, suspend: false } }",
        ),
        (
            "{ apiVersion: batch/v1, kind: Job, metadata: { name: a }, spec: { template: { metadata: { labels: { a: b } }, spec: { restartPolicy: Never, containers: [] } } } }",
            "{ apiVersion: batch/v1, kind: Job, metadata: { name: a, labels: { a: b } }, spec: { template: { metadata: { labels: { a: b } }, spec: { restartPolicy: Never, containers: [],
                dnsPolicy: ClusterFirst, schedulerName: default-scheduler, securityContext: {}, terminationGracePeriodSeconds: 30 } },
                backoffLimit: 6, completionMode: NonIndexed, completions: 1, manualSelector: false, parallelism: 1, podReplacementPolicy: TerminatingOrFailed, suspend: false } }",
        ),
        (
            "{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: a }, spec: { selector: {}, template: {}, volumeClaimTemplates: [ { spec: {} } ] } }",
            "{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: a }, spec: { selector: {}, template: {},
                volumeClaimTemplates: [ { spec: { volumeMode: Filesystem }, status: { phase: Pending } } ],
                persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }, podManagementPolicy: OrderedReady,
                replicas: 1, revisionHistoryLimit: 10, updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: 0 } } } }",
        ),
        (
            "{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: a }, spec: { selector: {}, template: {} } }",
            "{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: a }, spec: { selector: {}, template: {}, revisionHistoryLimit: 10,
                updateStrategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } }",
        ),
        (
            "{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: a }, spec: { accessModes: [ ReadWriteOnce ] } }",
            "{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: a }, spec: { accessModes: [ ReadWriteOnce ], volumeMode: Filesystem }, status: { phase: Pending } }",
        ),
        (
            "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: a }, spec: { podSelector: {}, egress: [ { ports: [ { port: 53 } ] } ] } }",
            "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: a }, spec: { podSelector: {}, egress: [ { ports: [ { port: 53, protocol: TCP } ] } ], policyTypes: [ Ingress, Egress ] } }",
        ),
        (
            "{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }",
            "{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { kubernetes.io/metadata.name: shop } } }",
        ),
        (
            "{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: a }, spec: { rules: [ { http: { paths: [ { path: /, pathType: Prefix, backend: {} } ] } } ] } }",
            "{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: a }, spec: { rules: [ { http: { paths: [ { path: /, pathType: Prefix, backend: {} } ] } } ] } }",
        ),
        (
            "{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: a }, roleRef: { kind: Role, name: x }, subjects: [ { kind: User, name: u }, { kind: ServiceAccount, name: s } ] }",
            "{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: a }, roleRef: { kind: Role, name: x, apiGroup: rbac.authorization.k8s.io },
                subjects: [ { kind: User, name: u, apiGroup: rbac.authorization.k8s.io }, { kind: ServiceAccount, name: s } ] }",
        ),
    ];

    #[test]
    fn what_is_stored_of_the_usual_kinds() {
        for (written, stored) in PAIRS {
            let got = filled(written, None, true);
            let wanted =
                read("t.yaml", stored.as_bytes(), &ReadOptions::default()).documents.remove(0).to_json(NodeId::ROOT);
            assert_eq!(got, wanted, "\n{got:#}");
            // What is stored is stored so again.
            assert_eq!(filled(stored, None, true), wanted);
        }
    }

    #[test]
    fn a_namespace_for_what_names_none() {
        let role =
            filled("{ apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: { name: a } }", Some("n"), false);
        assert_eq!(role.pointer("/metadata/namespace"), Some(&json!("n")));
        let node = filled("{ apiVersion: v1, kind: Node, metadata: { name: a } }", Some("n"), false);
        assert_eq!(node.pointer("/metadata/namespace"), None);
    }
}
