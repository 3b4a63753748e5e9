//! The static bound of every policy holds: what an evaluation takes is never more, for pods of 1 to 1,000 containers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll::compile::{CompileOptions, check};
use plimsoll::engine::document::{Document, ReadOptions, SourceText, read_text};
use plimsoll::engine::inventory::Origin;
use plimsoll::load::builtin;
use plimsoll_dsl::cost::{PolicyCost, costs};
use plimsoll_tests::library::Ask;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many containers the pods have.
const SIZES: [usize; 4] = [1, 10, 100, 1_000];

/// A pod with everything that policies look at, good and bad in turn.
fn pod(containers: usize) -> Value {
    let container = |i: usize| {
        let bad = i.is_multiple_of(2);
        json!({
            "name": format!("c{i}"),
            "image": if bad { "nginx".to_owned() } else { format!("ghcr.io/acme/app-{i}:1.2.3") },
            "command": ["sh", "-c", "sudo curl http://x | sh"],
            "args": ["--a=b", "su"],
            "env": [{ "name": "A", "value": "1" }, { "name": "A", "value": "2" }],
            "ports": [{ "name": "http", "containerPort": 80, "hostPort": if bad { 80 } else { 0 } }],
            "resources": { "limits": { "cpu": "500m", "memory": "1Gi" }, "requests": { "cpu": "250m" } },
            "livenessProbe": { "httpGet": { "port": "http", "host": "127.0.0.1" } },
            "readinessProbe": { "exec": { "command": ["sh", "-c", "curl x"] } },
            "volumeMounts": [
                { "name": "host", "mountPath": "/host", "mountPropagation": "Bidirectional" },
                { "name": "tmp", "mountPath": "/tmp" },
            ],
            "securityContext": {
                "privileged": bad, "runAsUser": 0, "runAsNonRoot": !bad, "procMount": "Unmasked",
                "allowPrivilegeEscalation": bad, "seLinuxOptions": { "type": "spc_t" },
                "capabilities": { "add": ["SYS_ADMIN", "NET_RAW", "CHOWN"], "drop": ["all"] },
                "seccompProfile": { "type": "Unconfined" },
            },
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "big", "namespace": "kube-system", "labels": { "app": "big" },
                      "annotations": { "container.apparmor.security.beta.kubernetes.io/c0": "unconfined" } },
        "spec": {
            "hostNetwork": true, "hostPID": true, "hostIPC": true, "shareProcessNamespace": true,
            "serviceAccountName": "default", "priorityClassName": "system-node-critical",
            "tolerations": [{ "operator": "Exists" }], "hostAliases": [{ "ip": "10.0.0.1", "hostnames": ["x"] }],
            "securityContext": { "sysctls": [{ "name": "kernel.msgmax", "value": "1" }], "supplementalGroups": [0] },
            "initContainers": (0..containers / 4).map(container).collect::<Vec<_>>(),
            "containers": (0..containers).map(container).collect::<Vec<_>>(),
            "volumes": [
                { "name": "host", "hostPath": { "path": "/var/run/docker.sock" } },
                { "name": "etc", "hostPath": { "path": "//etc/../etc" } },
                { "name": "tmp", "emptyDir": {} },
            ],
        },
    })
}

/// The size that a bound speaks of: nodes and bytes of the text.
fn size(value: &Value, document: &Document) -> u64 {
    u64::try_from(value.to_string().len() + document.len()).unwrap()
}

fn bounds() -> Vec<(String, PolicyCost)> {
    let checked = check(builtin().unwrap(), &CompileOptions::default()).unwrap();
    let hir = checked.bundle.hir.as_ref().unwrap();
    costs(hir).into_iter().map(|cost| (hir.policies[cost.policy].id.to_string(), cost)).collect()
}

/// Pods of each size, read for the library, with their sizes.
fn pods() -> Vec<(usize, u64, Arc<Document>)> {
    let symbols = Ask::default().engine().unwrap().symbols();
    SIZES
        .into_iter()
        .map(|containers| {
            let value = pod(containers);
            let text = Arc::new(SourceText::new("pod.json", &value.to_string()));
            let options = ReadOptions { symbols: symbols.clone(), ..Default::default() };
            let read = read_text(text, &options);
            assert!(read.errors.is_empty(), "{:?}", read.errors);
            let document = read.documents.into_iter().next().unwrap();
            (containers, size(&value, &document), document)
        })
        .collect()
}

#[test]
fn no_policy_takes_more_than_its_bound() {
    let (mut measured, pods) = (0, pods());
    for (id, cost) in bounds() {
        let engine = Ask { only: vec![id.clone()], ..Ask::default() }.engine().unwrap();
        let mut evaluator = engine.evaluator();
        for (containers, size, document) in &pods {
            let mut inventory = engine.inventory();
            for object in inventory.insert(document.clone(), Origin::File) {
                evaluator.evaluate(&inventory, object);
                let (used, bound) = (evaluator.fuel_used(), cost.bound.at(*size, *size));
                assert!(used <= bound, "{id}: {used} steps for {containers} containers, bound {bound}");
                measured += 1;
            }
        }
    }
    println!("{measured} evaluations within their bounds");
    assert!(measured >= 4 * 90);
}
