//! The settings of a deployed policy: those of every host in JSON, and what only this one knows.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a policy's settings say.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Whether safe fixes are made.
    pub(crate) mutate: bool,
    /// The version to ask for objects of a group in.
    pub(crate) versions: BTreeMap<String, String>,
    /// What the engine is told (`plimsoll::Builder::configure`).
    pub(crate) engine: Value,
}

impl Settings {
    /// Reads a text; `null` and nothing at all say nothing.
    pub(crate) fn read(text: &str) -> Result<Settings, String> {
        let value: Value = serde_json::from_str(text).map_err(|e| format!("the settings are no JSON: {e}"))?;
        let mut members = match value {
            Value::Null => Map::new(),
            Value::Object(members) => members,
            _ => return Err("the settings are no object".to_owned()),
        };
        let mutate = match members.remove("mutate") {
            None => false,
            Some(Value::Bool(mutate)) => mutate,
            Some(_) => return Err("`mutate` must be true or false".to_owned()),
        };
        let versions = match members.remove("versions") {
            None => BTreeMap::new(),
            Some(value) => serde_json::from_value(value)
                .map_err(|_| "`versions` must say a version by group: { \"argoproj.io\": \"v1alpha1\" }".to_owned())?,
        };
        Ok(Settings { mutate, versions, engine: Value::Object(members) })
    }
}
