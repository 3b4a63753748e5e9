//! The answer to an admission request: `AdmissionReview` v1.

use super::{Action, Decision};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Warnings are cut to so many bytes each; the API server cuts them as well, and all of them together.
const WARNING: usize = 256;

/// The response to a request. `patch` puts the safe fixes into the answer.
#[must_use]
pub fn response(uid: &str, decision: &Decision, patch: bool) -> Value {
    let mut response = json!({ "uid": uid, "allowed": decision.allowed });
    let mut set = |key: &str, value: Value| {
        if let Some(members) = response.as_object_mut() {
            members.insert(key.to_owned(), value);
        }
    };
    if !decision.allowed {
        let code = if decision.errors.is_empty() { 403 } else { 500 };
        set("status", json!({ "code": code, "message": message(decision) }));
    }
    let warnings: Vec<String> = decision
        .findings
        .iter()
        .filter(|f| f.action == Action::Warn)
        .map(|f| cut(&format!("{}: {}", f.id, f.message)))
        .collect();
    if !warnings.is_empty() {
        set("warnings", json!(warnings));
    }
    if patch && decision.allowed && !decision.patch.is_empty() {
        let text = serde_json::to_vec(&decision.patch).unwrap_or_default();
        set("patchType", json!("JSONPatch"));
        set("patch", json!(STANDARD.encode(text)));
    }
    json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response })
}

fn message(decision: &Decision) -> String {
    let denied = decision.findings.iter().filter(|f| f.action == Action::Deny);
    let findings = denied.map(|f| format!("{} {}: {}", f.id, f.pointer, f.message));
    let errors = decision.errors.iter().map(|e| format!("{}: {}", e.code, e.message));
    findings.chain(errors).collect::<Vec<_>>().join("; ")
}

fn cut(text: &str) -> String {
    let end = text.char_indices().map(|(i, c)| i.saturating_add(c.len_utf8())).take_while(|i| *i <= WARNING).last();
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}
