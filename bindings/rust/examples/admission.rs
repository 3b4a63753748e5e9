//! An admission check: the bytes of an `AdmissionReview` in, those of its response out. The server around it is yours.
//!
//! ```sh
//! cargo run -p plimsoll --example admission < review.json
//! ```
//!
//! What cannot be judged is refused: an object with a field of the wrong type is answered with `allowed: false` and the reason. A
//! body that is no review at all has no answer (HTTP 400), and the API server then does what `failurePolicy` says: let it be `Fail`.

use plimsoll::engine::decision::{admission, json};
use plimsoll::{Engine, Error, Evaluator, Input};
use serde::Deserialize;
use std::io::{Read, Write};

/// Policies for admissions. A real server takes a bundle from a file: `.compiled(std::fs::read("policies.plb")?)`.
pub const POLICIES: &str = r#"
module acme.pods

/// Pods do not share the network of their node.
policy host_network {
    id = "ACME-01"
    severity = high
    on Pod as p
    deny "pod {p.metadata.name} shares the network of its node"
        if p.spec?.hostNetwork == true
        at p.spec?.hostNetwork
}

/// Containers cannot gain privileges.
policy privilege_escalation {
    id = "ACME-02"
    severity = medium
    on Pod as p
    warn "container {c.name} may gain privileges"
        for c in p.spec?.containers
        if c.securityContext?.allowPrivilegeEscalation != false
        at c.securityContext?.allowPrivilegeEscalation
        fix set false
}
"#;

/// An engine that enforces as admissions do.
pub fn engine() -> Result<Engine, Error> {
    Engine::builder().sources("acme", [("acme/pods.plim", POLICIES)]).admission().build()
}

/// What the response must repeat.
#[derive(Deserialize)]
struct Review {
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    uid: String,
}

/// Answers a review. Safe fixes are the patch of the response, for a mutating webhook.
pub fn answer(evaluator: &mut Evaluator, body: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let review: Review = serde_json::from_slice(body)?;
    let decision = evaluator.decide(&Input::json(body));
    let response = admission::response(&review.request.uid, &decision, true);
    // Messages carry names that others chose: this writer leaves no control characters in them.
    Ok(json::to_vec(&response))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = engine()?;
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    // A server keeps an evaluator for each of its threads.
    let response = answer(&mut engine.evaluator(), &body)?;
    std::io::stdout().write_all(&response)?;
    Ok(())
}
