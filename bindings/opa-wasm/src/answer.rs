//! What an entrypoint answers, from a decision.

use plimsoll::engine::decision::{DecisionError, json};
use plimsoll::{Action, Decision, Engine, Finding};
use serde_json::{Value, json};

/// What can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Entrypoint {
    /// The whole decision.
    Decision,
    /// Why it does not allow.
    Deny,
    /// What a policy finds, whatever its action.
    Policy(String),
}

/// The names of the policies that are in force.
fn in_force(engine: &Engine) -> impl Iterator<Item = &str> {
    engine.engines().iter().flat_map(|engine| {
        let on = engine.instances().iter().filter(|instance| instance.is_on());
        on.filter_map(|instance| {
            instance.use_name.as_deref().or_else(|| engine.policy(instance).map(|policy| policy.name.as_str()))
        })
    })
}

impl Entrypoint {
    /// All of an engine; their order is that of their numbers.
    pub(crate) fn all(engine: &Engine) -> Vec<Entrypoint> {
        let mut policies: Vec<&str> = in_force(engine).collect();
        policies.sort_unstable();
        policies.dedup();
        let policies = policies.into_iter().map(|name| Entrypoint::Policy(name.to_owned()));
        [Entrypoint::Decision, Entrypoint::Deny].into_iter().chain(policies).collect()
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        match self {
            Entrypoint::Decision => "plimsoll/decision".to_owned(),
            Entrypoint::Deny => "plimsoll/deny".to_owned(),
            Entrypoint::Policy(name) => format!("plimsoll/policy/{name}"),
        }
    }

    /// The result set: one binding, or none for a policy that is not in force.
    pub(crate) fn answer(&self, engine: &Engine, decision: &Decision) -> Vec<u8> {
        let list = match self {
            Entrypoint::Decision => {
                let mut out = b"[{\"result\":".to_vec();
                decision.write_json(&mut out);
                out.extend_from_slice(b"}]");
                return out;
            }
            Entrypoint::Deny => {
                let denied = decision.findings.iter().filter(|f| f.action == Action::Deny).map(of_finding);
                denied.chain(decision.errors.iter().map(of_error)).collect::<Vec<Value>>()
            }
            Entrypoint::Policy(name) => {
                if !in_force(engine).any(|policy| policy == name) {
                    return b"[]".to_vec();
                }
                let mine = |finding: &&Finding| finding.use_name.as_ref().unwrap_or(&finding.policy) == name;
                let errors = decision.errors.iter().filter(|e| e.policy.as_ref().is_none_or(|policy| policy == name));
                decision.findings.iter().filter(mine).map(of_finding).chain(errors.map(of_error)).collect()
            }
        };
        json::to_vec(&json!([{ "result": list }]))
    }
}

fn of_finding(finding: &Finding) -> Value {
    json!({ "msg": finding.message, "id": finding.id, "severity": finding.severity, "pointer": finding.pointer })
}

/// What could not be evaluated is not allowed.
fn of_error(error: &DecisionError) -> Value {
    json!({ "msg": error.message, "id": error.code, "severity": "high", "pointer": error.pointer.as_deref().unwrap_or_default() })
}
