//! The examples do what they say. Each is compiled into this test, so that what runs here is its text.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic, and uses a part of each example"
)]

#[path = "../examples/admission.rs"]
mod admission;
#[path = "../examples/extern_fn.rs"]
mod extern_fn;
#[path = "../examples/hot_swap.rs"]
mod hot_swap;
#[path = "../examples/inventory.rs"]
mod inventory;
#[path = "../examples/scanner.rs"]
mod scanner;

use plimsoll::{Engine, Identity, Input};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::channel;

/// A review of a Pod with this specification.
fn review(spec: &Value) -> Vec<u8> {
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" }, "spec": spec });
    let request = json!({ "uid": "u-1", "operation": "CREATE", "kind": { "group": "", "version": "v1", "kind": "Pod" }, "object": pod });
    let review = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request });
    review.to_string().into_bytes()
}

#[test]
fn an_admission_is_answered() {
    let mut evaluator = admission::engine().unwrap().evaluator();
    let mut answer =
        |body: &[u8]| -> Value { serde_json::from_slice(&admission::answer(&mut evaluator, body).unwrap()).unwrap() };
    let denied = answer(&review(&json!({ "hostNetwork": true, "containers": [] })));
    assert_eq!(denied["response"]["uid"], "u-1");
    assert_eq!(denied["response"]["allowed"], false);
    assert_eq!(denied["response"]["status"]["code"], 403);
    let message = denied["response"]["status"]["message"].as_str().unwrap();
    assert_eq!(message, "ACME-01 /request/object/spec/hostNetwork: pod web shares the network of its node");
    // A warning, and its fix as the patch.
    let warned = answer(&review(&json!({ "containers": [{ "name": "a", "image": "nginx" }] })));
    assert_eq!(warned["response"]["allowed"], true);
    assert_eq!(warned["response"]["warnings"], json!(["ACME-02: container a may gain privileges"]));
    assert_eq!(warned["response"]["patchType"], "JSONPatch");
    // What cannot be judged is refused.
    let wrong = answer(&review(&json!({ "hostNetwork": "yes", "containers": [] })));
    assert_eq!(wrong["response"]["allowed"], false);
    assert_eq!(wrong["response"]["status"]["code"], 500);
    let broken = br#"{"request":{"uid":"u-2","object":{"a":1,"a":2}}}"#;
    let refused = answer(broken);
    assert_eq!((&refused["response"]["uid"], &refused["response"]["allowed"]), (&json!("u-2"), &json!(false)));
    for body in [&b""[..], b"{", b"{}", b"[]", br#"{"request":{}}"#] {
        assert!(admission::answer(&mut evaluator, body).is_err());
    }
}

#[test]
fn a_function_of_the_host_answers() {
    let known = [
        ("good", json!({ "builder": "ci-7", "signed": true })),
        ("unsigned", json!({ "builder": "ci-8", "signed": false })),
        ("odd", json!({ "builder": "ci-9", "signed": "yes" })),
    ];
    let known = known.map(|(image, facts)| (image.to_owned(), facts));
    let mut evaluator = extern_fn::engine(known.into()).unwrap().evaluator();
    let mut decide = |image: &str| {
        let spec = json!({ "containers": [{ "name": "a", "image": image }] });
        let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" }, "spec": spec });
        let decision = evaluator.decide(&Input::value(&pod));
        let messages: Vec<String> = decision.findings.iter().map(|f| f.message.clone()).collect();
        let errors: Vec<String> = decision.errors.iter().map(|e| e.code.clone()).collect();
        (decision.allowed, messages, errors)
    };
    assert_eq!(decide("good"), (true, vec![], vec![]));
    assert_eq!(decide("unsigned"), (false, vec!["unsigned of builder ci-8 is not signed".to_owned()], vec![]));
    assert_eq!(decide("other"), (false, vec!["nobody knows who built other".to_owned()], vec![]));
    let (allowed, messages, errors) = decide("odd");
    assert!(!allowed && messages.is_empty() && errors.iter().all(|e| e == "E0807") && !errors.is_empty(), "{errors:?}");
}

#[test]
fn engines_are_swapped_under_load() {
    let (threads, versions, between) = (4, 6, 500);
    let run = hot_swap::run(threads, versions, between).unwrap();
    assert_eq!(run.mixed, 0, "{run:?}");
    assert_eq!(run.of_version.iter().sum::<usize>(), 6 * between, "{run:?}");
    // The first and the last version are in force for a while; how long the others are depends on the machine.
    assert!(run.of_version[0] > 0 && run.of_version[5] > 0, "{run:?}");
}

#[test]
fn an_inventory_follows_its_cluster() {
    use inventory::{Event, Latest, follow, ingress};
    let engine = Engine::builder().sources("acme", [("acme/hosts.plim", inventory::POLICIES)]).build().unwrap();
    let latest = Latest::of(engine.inventory());
    let mut told = Vec::new();
    let denies = |latest: &Latest| {
        let asked = ingress("evil", "web", "shop.example.com");
        let decision = engine.evaluator().decide_in(&latest.get(), &Input::json(&asked));
        assert!(decision.errors.is_empty(), "{decision:?}");
        decision.findings.iter().map(|f| f.message.clone()).collect::<Vec<_>>()
    };
    let taken = ["host shop.example.com belongs to Ingress shop/web already"];
    // The watch goes on from where it was: a copy that somebody holds never changes.
    let mut held = latest.get();
    let mut inventory = engine.inventory();
    let mut step = |events: Vec<Event>, told: &mut Vec<String>| {
        let (watch, received) = channel();
        events.into_iter().for_each(|event| watch.send(event).unwrap());
        drop(watch);
        follow(received, inventory.clone(), &latest, told);
        inventory = (*latest.get()).clone();
    };
    let web = || ingress("shop", "web", "shop.example.com");
    let identity = || Identity {
        group: "networking.k8s.io".to_owned(),
        kind: "Ingress".to_owned(),
        namespace: Some("shop".to_owned()),
        name: "web".to_owned(),
    };
    assert!(denies(&latest).is_empty());
    step(vec![Event::Restarted(vec![web(), ingress("shop", "api", "api.example.com")])], &mut told);
    assert_eq!((denies(&latest), latest.get().len(), held.len()), (taken.map(str::to_owned).to_vec(), 2, 0));
    held = latest.get();
    step(vec![Event::Applied(ingress("shop", "web", "new.example.com"))], &mut told);
    assert_eq!((denies(&latest).len(), latest.get().len(), held.len()), (0, 2, 2));
    step(vec![Event::Applied(web()), Event::Applied(b"{".to_vec()), Event::Deleted(identity())], &mut told);
    assert_eq!((denies(&latest).len(), latest.get().len(), told.len()), (0, 1, 1));
    step(vec![Event::Restarted(vec![web(), b"[]".to_vec()])], &mut told);
    assert_eq!((latest.get().len(), told.len()), (1, 2), "a list that cannot be read changes nothing");
    step(vec![Event::Restarted(vec![])], &mut told);
    assert!(latest.get().is_empty());
}

#[test]
fn a_scanner_scans() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::temp_dir().join(format!("plimsoll-scanner-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("broken.yaml"), "a: [").unwrap();
    let engine = Engine::builder().bundle("owasp").only("POD-33").build().unwrap();
    let mut out = Vec::new();
    let paths = [folder.clone(), root.join("examples/manifests/debug-pod.yaml")];
    let totals = scanner::scan(&engine, &paths, &mut out);
    std::fs::remove_dir_all(&folder).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(totals.unwrap(), scanner::Totals { files: 2, refused: 2, findings: 1, errors: 1 }, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines.iter().any(|l| l.contains("broken.yaml: E07")), "{text}");
    assert!(lines.iter().any(|l| l.contains("debug-pod.yaml:7:16 critical POD-33 ")), "{text}");
    assert!(scanner::scan(&engine, &[folder.join("missing")], &mut Vec::new()).is_err());
}

#[test]
fn every_example_runs_by_itself() {
    extern_fn::main().unwrap();
    hot_swap::main().unwrap();
    inventory::main().unwrap();
}
