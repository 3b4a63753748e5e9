//! The protocol over a host that is a table: verdicts, messages, fixes, settings, objects of the cluster.

use crate::guest::Guest;
use crate::host::Host;
use serde_json::{Value, json};

const POLICIES: &str = r#"
    policy hidden_token {
        id = "T-1"
        severity = high
        param names: set<string> = {"web"}
        on Pod as p
        deny "{p.metadata.name} shows its token" if p.metadata.name in names
            if p.spec?.automountServiceAccountToken ?? true
            at p.spec?.automountServiceAccountToken fix set false
        warn "no owner" if p.metadata.labels["owner"] == null at p.metadata.labels
        audit "is a pod" at p.metadata.name
    }
    policy known_account {
        id = "T-2"
        severity = high
        on Pod as p
        let name = p.spec?.serviceAccountName ?? "default"
        deny "there is no account {name}" if complete(ServiceAccount)
            if not any(a.metadata.name == name for a in cluster(ServiceAccount))
            at p.spec?.serviceAccountName
    }
"#;

/// What the cluster says: the answers to lists, or why there is none.
struct Table(Result<Value, &'static str>);

impl Host for Table {
    fn bundle(&self) -> Vec<u8> {
        let engine = plimsoll::Engine::builder().sources("t", [("t.plim", POLICIES)]).build().unwrap();
        plimsoll::engine::program::bundle::encode(engine.engines()[0].program()).unwrap()
    }

    fn now(&self) -> Option<i64> {
        Some(0)
    }

    fn kubernetes(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        assert_eq!(operation, "list_resources_all");
        let asked: Value = serde_json::from_slice(payload).unwrap();
        assert_eq!(asked, json!({ "api_version": "v1", "kind": "ServiceAccount" }));
        self.0.as_ref().map(|list| list.to_string().into_bytes()).map_err(|why| (*why).to_owned())
    }
}

fn accounts(names: &[&str]) -> Table {
    let items: Vec<Value> = names.iter().map(|name| json!({ "metadata": { "name": name } })).collect();
    Table(Ok(json!({ "apiVersion": "v1", "kind": "ServiceAccountList", "items": items })))
}

fn request(pod: Value) -> Value {
    json!({ "uid": "1", "operation": "CREATE", "kind": { "group": "", "version": "v1", "kind": "Pod" },
        "resource": { "group": "", "version": "v1", "resource": "pods" }, "object": pod })
}

fn pod(name: &str, spec: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "owner": "me" } }, "spec": spec })
}

fn ask(host: Table, operation: &str, payload: &Value) -> Value {
    let answer = Guest::new(host).call(operation.as_bytes(), payload.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn validate(host: Table, pod: Value, settings: Value) -> Value {
    ask(host, "validate", &json!({ "request": request(pod), "settings": settings }))
}

#[test]
fn findings_are_answers() {
    let denied = validate(accounts(&["default"]), pod("web", json!({})), Value::Null);
    assert_eq!(denied["accepted"], false);
    assert_eq!(denied["code"], 403);
    assert_eq!(denied["message"], "T-1 /object/spec/automountServiceAccountToken: web shows its token");
    let mut bare = pod("db", json!({}));
    bare["metadata"].as_object_mut().unwrap().remove("labels");
    let warned = validate(accounts(&["default"]), bare, Value::Null);
    assert_eq!(warned["accepted"], true);
    assert_eq!(warned["warnings"], json!(["T-1: no owner"]));
    assert_eq!(warned["audit_annotations"], json!({ "T-1": "is a pod" }));
    assert!(warned.get("message").is_none());
}

#[test]
fn fixes_are_mutations() {
    let open = pod("web", json!({}));
    let fixed = validate(accounts(&["default"]), open.clone(), json!({ "mutate": true }));
    assert_eq!(fixed["accepted"], true);
    let mut expected = open;
    expected["spec"]["automountServiceAccountToken"] = false.into();
    assert_eq!(fixed["mutated_object"], expected);
    // What no fix mends is refused still, and nothing is changed.
    let unknown = pod("web", json!({ "serviceAccountName": "other" }));
    let refused = validate(accounts(&["default"]), unknown, json!({ "mutate": true }));
    assert_eq!(refused["accepted"], false);
    assert_eq!(refused["message"], "T-2 /object/spec/serviceAccountName: there is no account other");
    assert!(refused.get("mutated_object").is_none());
}

#[test]
fn what_the_host_does_not_say_is_not_guessed() {
    let refused = validate(Table(Err("not allowed")), pod("db", json!({})), Value::Null);
    assert_eq!(refused["accepted"], false);
    assert_eq!(refused["code"], 500);
    let message = refused["message"].as_str().unwrap();
    assert_eq!(message, "the host does not say which objects of v1 ServiceAccount there are: not allowed");
    let garbage = validate(Table(Ok(json!({ "kind": "List" }))), pod("db", json!({})), Value::Null);
    assert_eq!(garbage["accepted"], false);
    // Only policies that are evaluated ask.
    let other = validate(Table(Err("not allowed")), pod("db", json!({})), json!({ "only": ["T-1"] }));
    assert_eq!(other["accepted"], true);
}

#[test]
fn settings_are_held_against_the_policies() {
    let said = |settings: Value| ask(accounts(&[]), "validate_settings", &settings);
    assert_eq!(said(json!({})), json!({ "valid": true }));
    assert_eq!(said(json!({ "params": { "T-1.names": ["a"] }, "skip": "T-2" })), json!({ "valid": true }));
    for (settings, message) in [
        (json!([]), "the settings are no object"),
        (json!({ "mutate": "yes" }), "`mutate` must be true or false"),
        (json!({ "onyl": [] }), "`onyl` is none of"),
        (json!({ "only": ["T-9"] }), "T-9"),
        (json!({ "params": { "T-1.names": 7 } }), "names"),
        (json!({ "params": { "T-1.nmaes": [] } }), "nmaes"),
        (json!({ "versions": 1 }), "`versions` must say a version by group"),
    ] {
        let answer = said(settings);
        assert_eq!(answer["valid"], false, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(message), "{answer}");
    }
    let wrong = validate(accounts(&[]), pod("db", json!({})), json!({ "onyl": [] }));
    assert_eq!((&wrong["accepted"], &wrong["code"]), (&json!(false), &json!(500)));
}

#[test]
fn what_cannot_be_read_is_refused() {
    let mut guest = Guest::new(accounts(&[]));
    for payload in ["", "{}", "[]", "{\"request\":1}", "{\"request\":{\"object\":{\"a\":1,\"a\":2}}}", "\u{0}"] {
        let answer: Value = serde_json::from_slice(&guest.call(b"validate", payload.as_bytes()).unwrap()).unwrap();
        assert_eq!(answer["accepted"], false, "{payload}");
        assert!(answer["message"].is_string(), "{payload}");
    }
    assert_eq!(guest.call(b"protocol_version", b"").unwrap(), b"\"v1\"");
    assert!(guest.call(b"other", b"").unwrap_err().contains("`other`"));
}
