//! The engine from policy text to decision: requests, subresources, data, host functions, evidence, the inventory before.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_dsl::diagnostic::Level;
use plimsoll_engine::decision::Decision;
use plimsoll_engine::document::{Document, ReadOptions, read};
use plimsoll_engine::engine::{Engine, EngineError, EngineOptions, Evaluator, Setting};
use plimsoll_engine::inventory::{Inventory, Origin};
use plimsoll_engine::program::verify::{Verified, verify};
use serde_json::{Value, json};
use std::sync::Arc;

fn program(text: &str, trace: bool) -> Verified {
    let bundle = Compiler::default().text("p.plim", text).check();
    let errors = bundle.diagnostics.iter().filter(|d| d.level == Level::Error);
    let errors: Vec<_> = errors.map(|d| format!("{} {}", d.code.id(), d.title)).collect();
    let options = Options { trace, ..Options::default() };
    let compiled = bundle.compile(&options).unwrap().unwrap_or_else(|| panic!("{errors:#?}"));
    verify(compiled.program).unwrap()
}

fn engine(text: &str, options: EngineOptions) -> Result<Engine, EngineError> {
    Engine::new(&program(text, options.evidence), options)
}

fn documents(engine: &Engine, text: &str) -> Vec<Arc<Document>> {
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let found = read("t.yaml", text.as_bytes(), &options);
    assert_eq!(found.errors, []);
    found.documents
}

fn inventory(engine: &Engine, text: &str) -> Inventory {
    let mut inventory = engine.inventory();
    for document in documents(engine, text) {
        inventory.insert(document, Origin::Cluster);
    }
    inventory
}

fn scan(engine: &Engine, text: &str) -> Vec<String> {
    let inventory = inventory(engine, text);
    let mut evaluator = engine.evaluator();
    let ids: Vec<_> = inventory.objects().map(|(id, _)| id).collect();
    ids.into_iter().flat_map(|id| summary(&evaluator.evaluate(&inventory, id))).collect()
}

fn summary(decision: &Decision) -> Vec<String> {
    let findings = decision.findings.iter().map(|f| format!("{} {} {}", f.action.name(), f.pointer, f.message));
    let errors = decision.errors.iter().map(|e| format!("error {} {}", e.code, e.pointer.as_deref().unwrap_or("-")));
    let skipped = decision.skipped.iter().map(|s| format!("skip {}", s.reason));
    findings.chain(errors).chain(skipped).collect()
}

fn review(operation: &str, more: &Value, object: &Value, old: &Value) -> String {
    let mut request = json!({
        "uid": "u", "operation": operation, "name": "web", "namespace": "shop",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "userInfo": {"username": "jane", "groups": ["dev"]},
        "object": object, "oldObject": old,
    });
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string()
}

fn judge(evaluator: &mut Evaluator, inventory: &Inventory, text: &str) -> Vec<String> {
    let document = documents(evaluator.engine(), text).remove(0);
    summary(&evaluator.review(inventory, &document).unwrap())
}

fn pod(image: &str) -> Value {
    json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": [{"name": "app", "image": image}]}})
}

#[test]
fn operations_choose_policies_and_show_both_objects() {
    let engine = engine(
        r#"
        policy changes {
            id = "T-1" severity = low
            on Pod as p when update
            deny "{request.operation} from {old.spec?.containers[0]?.image ?? ""} to {p.spec?.containers[0]?.image ?? ""}"
                if old.spec?.containers[0]?.image != p.spec?.containers[0]?.image
                at p.spec?.containers[0]?.image
        }
        policy goes {
            id = "T-2" severity = low
            on Pod as p when delete
            deny "{p.metadata.name} goes" at p.metadata.name
        }
        "#,
        EngineOptions::default(),
    )
    .unwrap();
    let none = engine.inventory();
    let mut evaluator = engine.evaluator();
    let mut found = |operation, object: &Value, old: &Value| {
        judge(&mut evaluator, &none, &review(operation, &json!({}), object, old))
    };
    assert_eq!(found("CREATE", &pod("a"), &Value::Null), [""; 0]);
    let changed = ["deny /request/object/spec/containers/0/image UPDATE from a to b"];
    assert_eq!(found("UPDATE", &pod("b"), &pod("a")), changed);
    assert_eq!(found("UPDATE", &pod("a"), &pod("a")), [""; 0]);
    assert_eq!(found("DELETE", &Value::Null, &pod("a")), ["deny /request/oldObject/metadata/name web goes"]);
}

#[test]
fn subresources_are_asked_for_by_name() {
    let engine = engine(
        r#"
        policy no_exec {
            id = "T-1" severity = low
            on Pod/exec as x when connect
            deny "{request.userInfo.username ?? "?"} may not exec"
        }
        policy images {
            id = "T-2" severity = low
            on Pod as p
            deny "a container" for c in p.spec?.containers ?? [] if c.image == "evil" at c.image
        }
        "#,
        EngineOptions::default(),
    )
    .unwrap();
    let none = engine.inventory();
    let mut evaluator = engine.evaluator();
    let mut found = |operation, more: &Value, object: &Value| {
        judge(&mut evaluator, &none, &review(operation, more, object, &Value::Null))
    };
    let exec = json!({"subResource": "exec", "kind": {"group": "", "version": "v1", "kind": "PodExecOptions"}});
    let options = json!({"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]});
    assert_eq!(found("CONNECT", &exec, &options), ["deny /request/object jane may not exec"]);
    let attach = json!({"subResource": "attach", "kind": {"group": "", "version": "v1", "kind": "PodAttachOptions"}});
    assert_eq!(found("CONNECT", &attach, &json!({"apiVersion": "v1", "kind": "PodAttachOptions"})), [""; 0]);
    let image = ["deny /request/object/spec/containers/0/image a container"];
    assert_eq!(found("CREATE", &json!({}), &pod("evil")), image);
    // Who looks at pods looks at what `kubectl debug` makes of them too, but not at their status.
    assert_eq!(found("UPDATE", &json!({"subResource": "ephemeralcontainers"}), &pod("evil")), image);
    assert_eq!(found("UPDATE", &json!({"subResource": "status"}), &pod("evil")), [""; 0]);
}

#[test]
fn the_inventory_before_and_after_a_request() {
    let engine = engine(
        r#"
        let names: list<string> = sorted(p.metadata.name for p in cluster(Pod))
        policy counts {
            id = "T-1" severity = low
            on Pod as p when create, update, delete
            audit "{count(cluster(Pod, before))} before, {count(cluster(Pod))} after, {names}"
        }
        "#,
        EngineOptions::default(),
    )
    .unwrap();
    let two = inventory(
        &engine,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: api}\n",
    );
    let mut evaluator = engine.evaluator();
    let mut found = |operation, name: &str, object: &Value, old: &Value| {
        let rename = |o: &Value| {
            let mut o = o.clone();
            if o.is_object() {
                o["metadata"]["name"] = json!(name);
            }
            o
        };
        let text = review(operation, &json!({"name": name}), &rename(object), &rename(old));
        judge(&mut evaluator, &two, &text)[0].split(' ').skip(2).collect::<Vec<_>>().join(" ")
    };
    let null = Value::Null;
    for _ in 0..2 {
        assert_eq!(found("CREATE", "new", &pod("a"), &null), r#"2 before, 3 after, ["api","new","web"]"#);
        assert_eq!(found("UPDATE", "web", &pod("a"), &pod("b")), r#"2 before, 2 after, ["api","web"]"#);
        assert_eq!(found("DELETE", "web", &null, &pod("b")), r#"2 before, 1 after, ["api"]"#);
    }
}

#[test]
fn old_objects_of_a_scan_make_updates() {
    let engine = engine(
        r#"policy p { id = "T-1" severity = low on Pod as p when update
            warn "{request.operation} {old.metadata.labels["v"] ?? "-"}" }"#,
        EngineOptions::default(),
    )
    .unwrap();
    let manifest = |v: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: web, labels: {{v: {v}}}}}\n");
    let (new, old) = (inventory(&engine, &manifest("two")), inventory(&engine, &manifest("one")));
    let mut evaluator = engine.evaluator();
    let (id, object) = new.objects().next().unwrap();
    assert_eq!(summary(&evaluator.evaluate(&new, id)), [""; 0]);
    let before = old.find(&object.identity).next().and_then(|id| old.get(id)).unwrap();
    assert_eq!(summary(&evaluator.evaluate_update(&new, id, before)), ["warn  UPDATE one"]);
}

#[test]
fn data_and_parameters_have_the_form_of_their_types() {
    const TEXT: &str = r#"
        type Entry = { name: string, until?: time, images: set<string> }
        data entries: list<Entry>
        param least: version = version("1.2")
        policy p {
            id = "T-1" severity = low
            param names: map<string, quantity> = {}
            on Pod as p
            warn "{e.name} {k}" for e in entries if "nginx" in e.images if e.until == null or e.until > time("2026-01-01T00:00:00Z")
                for k, v in names if v > quantity("1Gi") if version("1.10") > least
        }
    "#;
    let plain =
        engine("policy p { id = \"T-1\" severity = low on Pod as p warn \"x\" }", EngineOptions::default()).unwrap();
    let data = |json: &str| vec![("entries".to_owned(), documents(&plain, json).remove(0))];
    let good = r#"[{"name": "a", "images": ["nginx", "x"]}, {"name": "b", "until": "2025-01-01T00:00:00Z", "images": ["nginx"]}, {"name": "c", "images": []}]"#;
    let params = vec![
        ("p.names".to_owned(), Setting::Text(r#"{"big": "2Gi", "small": "1Mi"}"#.into())),
        ("least".to_owned(), Setting::Text("1.9".into())),
    ];
    let options = EngineOptions { data: data(good), params: params.clone(), ..EngineOptions::default() };
    let made = engine(TEXT, options).unwrap();
    assert_eq!(scan(&made, "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"), ["warn  a big"]);
    let bad = |json: &str| {
        engine(TEXT, EngineOptions { data: data(json), ..EngineOptions::default() }).unwrap_err().to_string()
    };
    assert!(bad(r#"[{"images": []}]"#).contains("`/0/name` is missing"), "{}", bad(r#"[{"images": []}]"#));
    assert!(bad(r#"[{"name": "a", "images": [1]}]"#).contains("`/0/images/0`: expected a string, found int"));
    let when = r#"[{"name": "a", "images": [], "until": "soon"}]"#;
    assert!(bad(when).contains("`/0/until`"), "{}", bad(when));
}

#[test]
fn functions_of_the_host_are_called_and_their_results_checked() {
    const TEXT: &str = r#"
        extern fn signed(image: string) -> { by: string }
        policy p { id = "T-1" severity = low on Pod as p
            warn "signed by {signed(c.image ?? "").by}" for c in p.spec?.containers ?? [] }
    "#;
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: nginx}]}\n";
    let with = |f: fn(&[Value]) -> Result<Value, String>| {
        let mut options = EngineOptions::default();
        options.natives.add("signed", f);
        scan(&engine(TEXT, options).unwrap(), manifest)
    };
    assert_eq!(with(|args| Ok(json!({"by": args[0]}))), ["warn /spec/containers/0 signed by nginx"]);
    assert_eq!(with(|_| Ok(json!({"by": 1}))), ["error E0807 "]);
    assert_eq!(with(|_| Err("offline".into())), ["error E0807 "]);
    assert_eq!(scan(&engine(TEXT, EngineOptions::default()).unwrap(), manifest), ["error E0807 "]);
}

#[test]
fn evidence_shows_what_the_clauses_read() {
    let text = |sensitive: &str| {
        format!(
            r#"policy p {{ id = "T-1" severity = low {sensitive} on Pod as p
                warn "found" for c in p.spec?.containers ?? [] if c.image == "evil" at c.image }}"#
        )
    };
    let options = || EngineOptions { evidence: true, ..EngineOptions::default() };
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: a, image: good}\n  - {name: b, image: evil}\n";
    let shown = |sensitive: &str| {
        let engine = engine(&text(sensitive), options()).unwrap();
        let inventory = inventory(&engine, manifest);
        let id = inventory.objects().next().unwrap().0;
        let decision = engine.evaluator().evaluate(&inventory, id);
        let evidence = decision.findings[0].evidence.clone();
        let reads = evidence.iter().flat_map(|e| e.reads.iter().map(move |r| (e.clause.clone(), r.clone())));
        reads.filter(|(_, r)| r.expr == "image").map(|(c, r)| (c, r.value, r.pointer.unwrap())).collect::<Vec<_>>()
    };
    let place = "/spec/containers/1/image".to_owned();
    assert_eq!(shown("").first(), Some(&("if c.image == \"evil\"".to_owned(), json!("evil"), place.clone())));
    let veiled = json!({"kind": "string", "length": 4});
    assert_eq!(shown("sensitive = true").first(), Some(&("if c.image == \"evil\"".to_owned(), veiled, place)));
}

#[test]
fn a_document_in_no_inventory_joins_with_what_is_in_one() {
    let engine = engine(
        r#"policy p { id = "T-1" severity = low on Pod as p
            deny "{n.metadata.name}" for n in cluster(Namespace) if n.metadata.name == p.metadata.namespace at p.metadata.namespace }"#,
        EngineOptions::default(),
    )
    .unwrap();
    let shop = inventory(&engine, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n";
    let decisions = engine.evaluator().evaluate_document(&shop, &documents(&engine, list)[0]);
    let found: Vec<_> = decisions.iter().map(summary).collect();
    assert_eq!(found, [vec!["deny /items/0/metadata/namespace shop".to_owned()], vec![]]);
}
