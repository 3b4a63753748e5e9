//! What the benches run: pods that are good and bad, and the rules of job A in our language.

use serde_json::{Value, json};

/// The rules of job A.
pub const RULES: &str = include_str!("../jobs/admission.plim");

/// Containers of the pods.
const CONTAINERS: usize = 3;

/// A pod that no rule of job A complains of.
#[must_use]
pub fn clean_pod() -> Value {
    pod(false)
}

/// A pod that breaks most rules of job A.
#[must_use]
pub fn bad_pod() -> Value {
    pod(true)
}

/// The pod as an API server returns it: with the bookkeeping that no policy asks for.
#[must_use]
pub fn with_managed_fields(mut pod: Value) -> Value {
    let fields: Value = (0..60)
        .map(|i| (format!("f:field-{i}"), json!({ "f:name": {}, "f:value": {}, ".": {}, "k:{\"name\":\"app\"}": {} })))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let entry = json!({ "manager": "kubectl", "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
                        "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": fields } });
    if let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("managedFields".to_owned(), json!([entry]));
    }
    pod
}

fn pod(bad: bool) -> Value {
    let container = |i: usize| {
        json!({
            "name": format!("c{i}"),
            "image": if bad { "nginx:latest".to_owned() } else { format!("ghcr.io/acme/app-{i}:1.2.3") },
            "args": ["--listen=:8080", "--level=info"],
            "env": [{ "name": "MODE", "value": "production" }, { "name": "REGION", "value": "eu-1" }],
            "ports": [{ "name": "http", "containerPort": 8080, "hostPort": if bad { 8080 } else { 0 } }],
            "resources": { "limits": if bad { json!({ "cpu": "1" }) } else { json!({ "cpu": "1", "memory": "1Gi" }) } },
            "livenessProbe": { "httpGet": { "path": "/healthz", "port": "http" }, "periodSeconds": 10 },
            "volumeMounts": [{ "name": "tmp", "mountPath": "/tmp" }],
            "securityContext": if bad {
                json!({ "privileged": true, "runAsUser": 0, "capabilities": { "add": ["SYS_ADMIN"] } })
            } else {
                json!({ "allowPrivilegeEscalation": false, "runAsNonRoot": true, "readOnlyRootFilesystem": true,
                        "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" } })
            },
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "web", "namespace": "shop", "labels": { "app": "web", "tier": "front" } },
        "spec": {
            "hostNetwork": bad,
            "serviceAccountName": "web",
            "containers": (0..CONTAINERS).map(container).collect::<Vec<_>>(),
            "volumes": if bad { json!([{ "name": "tmp", "hostPath": { "path": "/" } }]) } else { json!([{ "name": "tmp", "emptyDir": {} }]) },
        },
    })
}
