//! The operations of the protocol, over the engine of the bundle, which is made again when a request brings other settings.

use crate::answer::{SettingsValidation, Validation};
use crate::context::{self, Wanted};
use crate::host::Host;
use crate::settings::Settings;
use plimsoll::engine::decision::json;
use plimsoll::{Decision, Engine, Evaluator, Input};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What stands for settings that are not there.
const NONE: &str = "null";

/// What `validate` is asked. The request stays a text: the engine reads it as strictly as any other input.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    request: &'a RawValue,
    #[serde(borrow, default)]
    settings: Option<&'a RawValue>,
}

/// What an engine is made of.
struct Loaded {
    /// The text of the settings.
    text: String,
    mutate: bool,
    wanted: Vec<Wanted>,
    engine: Engine,
    evaluator: Evaluator,
}

/// Everything.
pub(crate) struct Guest<H> {
    host: H,
    loaded: Option<Loaded>,
}

/// An operation: what it answers to a payload.
type Operation<H> = fn(&mut Guest<H>, &[u8]) -> Result<Vec<u8>, String>;

impl<H: Host> Guest<H> {
    /// All operations. Texts of others can't hide in an answer (`json`).
    const OPERATIONS: [(&'static str, Operation<H>); 3] = [
        ("validate", |guest, payload| Ok(json::to_vec(&guest.validate(payload)))),
        ("validate_settings", |guest, payload| Ok(json::to_vec(&guest.validate_settings(payload)))),
        ("protocol_version", |_, _| Ok(b"\"v1\"".to_vec())),
    ];

    /// A guest that has done nothing yet.
    pub(crate) const fn new(host: H) -> Guest<H> {
        Guest { host, loaded: None }
    }

    /// Answers.
    ///
    /// # Errors
    /// If there is no such operation.
    pub(crate) fn call(&mut self, operation: &[u8], payload: &[u8]) -> Result<Vec<u8>, String> {
        match Self::OPERATIONS.iter().find(|(name, _)| name.as_bytes() == operation) {
            Some((_, run)) => run(self, payload),
            None => Err(format!("there is no operation `{}`", String::from_utf8_lossy(operation))),
        }
    }

    fn validate(&mut self, payload: &[u8]) -> Validation {
        self.judge(payload).unwrap_or_else(Validation::refused)
    }

    fn judge(&mut self, payload: &[u8]) -> Result<Validation, String> {
        let payload: Payload<'_> =
            serde_json::from_slice(payload).map_err(|e| format!("the request can't be read: {e}"))?;
        self.load(payload.settings.map_or(NONE, RawValue::get))?;
        let Guest { host, loaded: Some(loaded) } = self else { return Err("there is no engine".to_owned()) };
        let inventory = match loaded.wanted.as_slice() {
            [] => None,
            wanted => Some(context::inventory(&loaded.engine, wanted, host)?),
        };
        let mut decide = |request: &str| {
            let input = Input::json(request.as_bytes()).named("request");
            match &inventory {
                Some(inventory) => loaded.evaluator.decide_in(inventory, &input),
                None => loaded.evaluator.decide(&input),
            }
        };
        let decision = decide(payload.request.get());
        if !loaded.mutate || decision.patch.is_empty() {
            return Ok(Validation::of(&decision, None));
        }
        let (request, object) = fixed(payload.request.get(), &decision)?;
        // What is fixed is judged as if it had come so.
        let decision = decide(&request);
        Ok(Validation::of(&decision, Some(object)))
    }

    fn validate_settings(&mut self, payload: &[u8]) -> SettingsValidation {
        let text = std::str::from_utf8(payload).map_err(|_| "the settings are no UTF-8".to_owned());
        let message = text.and_then(|text| self.load(text)).err();
        SettingsValidation { valid: message.is_none(), message }
    }

    /// Makes the engine for settings.
    fn load(&mut self, text: &str) -> Result<(), String> {
        if self.loaded.as_ref().is_some_and(|loaded| loaded.text == text) {
            return Ok(());
        }
        self.loaded = None;
        let settings = Settings::read(text)?;
        let mut builder = Engine::builder().compiled(self.host.bundle()).admission();
        if let Some(now) = self.host.now() {
            builder = builder.now(now);
        }
        let builder = builder.configure(&settings.engine).map_err(|e| e.to_string())?;
        let engine = builder.build().map_err(|e| e.to_string())?;
        let wanted = context::wanted(&engine, &settings.versions)?;
        let evaluator = engine.evaluator();
        self.loaded = Some(Loaded { text: text.to_owned(), mutate: settings.mutate, wanted, engine, evaluator });
        Ok(())
    }
}

/// The request with the fixes made, and its object.
fn fixed(request: &str, decision: &Decision) -> Result<(String, Value), String> {
    let wrong = |e: &dyn std::fmt::Display| format!("the fixes can't be made: {e}");
    let mut request: Value = serde_json::from_str(request).map_err(|e| wrong(&e))?;
    let patch = serde_json::to_value(&decision.patch).and_then(serde_json::from_value::<json_patch::Patch>);
    let patch = patch.map_err(|e| wrong(&e))?;
    let Some(object) = request.get_mut("object") else { return Err(wrong(&"the request has no object")) };
    json_patch::patch(object, &patch).map_err(|e| wrong(&e))?;
    let object = object.clone();
    Ok((request.to_string(), object))
}
