//! Answers of the protocol, as policy servers read them.

use plimsoll::Decision;
use plimsoll::engine::decision::{Action, admission};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer to `validate`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Validation {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutated_object: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

impl Validation {
    /// Nothing could be judged, so it is refused.
    pub(crate) fn refused(why: String) -> Validation {
        Validation { message: Some(why), code: Some(500), ..Validation::default() }
    }

    /// What a decision says; `mutated` is the object with its fixes.
    pub(crate) fn of(decision: &Decision, mutated: Option<Value>) -> Validation {
        let mut review = admission::response("", decision, false);
        let response = review.get_mut("response").map(Value::take).unwrap_or_default();
        let status = response.get("status");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let warnings = response.get("warnings").and_then(Value::as_array);
        Validation {
            accepted: decision.allowed,
            message: status.and_then(|status| text(status.get("message")?)),
            code: status.and_then(|status| status.get("code")?.as_u64()?.try_into().ok()),
            mutated_object: mutated.filter(|_| decision.allowed),
            audit_annotations: audit(decision),
            warnings: warnings.map(|texts| texts.iter().filter_map(text).collect()),
        }
    }
}

/// Findings that are only to be recorded, by policy.
fn audit(decision: &Decision) -> Option<BTreeMap<String, String>> {
    let mut notes: BTreeMap<String, String> = BTreeMap::new();
    for finding in decision.findings.iter().filter(|finding| finding.action == Action::Audit) {
        let note = notes.entry(finding.id.clone()).or_default();
        if !note.is_empty() {
            note.push_str("; ");
        }
        note.push_str(&finding.message);
    }
    Some(notes).filter(|notes| !notes.is_empty())
}

/// The answer to `validate_settings`.
#[derive(Debug, Serialize)]
pub(crate) struct SettingsValidation {
    pub(crate) valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}
