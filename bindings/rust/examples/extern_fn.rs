//! A function of the host's own: a policy asks `extern fn`, a closure answers.
//!
//! ```sh
//! cargo run -p plimsoll --example extern_fn
//! ```
//!
//! The answer is checked against the type that the policy declares. An answer of another type, an `Err`, and a function that is
//! missing end the rule that asked with an error, so that the object is not allowed. Equal arguments must give equal answers: look-ups
//! belong into a snapshot that lives as long as the engine, as here. (With the feature `extensions`, a WebAssembly module answers in the
//! place of a closure: `Builder::extension`.)

use plimsoll::{Engine, Error, Input};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Images must be known to the registry.
pub const POLICIES: &str = r#"
module acme.images

/// Who built an image, and whether its signature is good.
extern fn provenance(image: string) -> { builder: string, signed: bool }?

/// Images are built and signed by us.
policy provenance_known {
    id = "ACME-20"
    severity = high
    on Pod as p
    deny "nobody knows who built {c.image}"
        for c in p.spec?.containers
        if c.image != null
        if provenance(c.image) == null
        at c.image
    deny "{c.image} of builder {known.builder} is not signed"
        for c in p.spec?.containers
        if c.image != null
        let known = provenance(c.image)
        if known != null and not known.signed
        at c.image
}
"#;

/// What is known of images, by name.
pub type Known = BTreeMap<String, Value>;

/// An engine that asks what is known.
pub fn engine(known: Known) -> Result<Engine, Error> {
    let provenance = move |args: &[Value]| match args {
        // An image that is not known is `null`, an answer as good as any.
        [Value::String(image)] => Ok(known.get(image).cloned().unwrap_or_default()),
        _ => Err("an image is a text".to_owned()),
    };
    Engine::builder().sources("acme", [("acme/images.plim", POLICIES)]).function("provenance", provenance).build()
}

/// What the command does.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let known = [("ghcr.io/acme/web:1", json!({ "builder": "ci-7", "signed": false }))];
    let engine = engine(known.map(|(image, facts)| (image.to_owned(), facts)).into())?;
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" }, "spec": { "containers": [
        { "name": "web", "image": "ghcr.io/acme/web:1" }, { "name": "proxy", "image": "example.com/proxy" } ] } });
    let decision = engine.evaluator().decide(&Input::value(&pod));
    for finding in &decision.findings {
        println!("{finding}");
    }
    Ok(())
}
