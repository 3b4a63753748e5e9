//! What a host says in JSON of the object that it means: the one reader for C, WASM and whoever has it as data.

use crate::Identity;
use serde_json::Value;

/// The identity that a JSON object says: `group`, `kind`, `namespace`, `name`, texts or null.
///
/// ```
/// let pod = plimsoll::identity::read(&serde_json::json!({ "kind": "Pod", "namespace": "shop", "name": "web" }))?;
/// assert_eq!((&*pod.kind, pod.namespace.as_deref()), ("Pod", Some("shop")));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// In words, if it is no object, or has a member that is not known or no text: a typo would mean another object.
pub fn read(value: &Value) -> Result<Identity, String> {
    let members = value.as_object().ok_or("the identity must be an object")?;
    let mut identity = Identity { group: String::new(), kind: String::new(), namespace: None, name: String::new() };
    for (key, value) in members {
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            _ => return Err(format!("the identity has a `{key}` that is no text")),
        };
        match key.as_str() {
            "group" => identity.group = text.unwrap_or_default(),
            "kind" => identity.kind = text.unwrap_or_default(),
            "namespace" => identity.namespace = text,
            "name" => identity.name = text.unwrap_or_default(),
            _ => return Err(format!("the identity has `{key}`, which is none of group, kind, namespace, name")),
        }
    }
    Ok(identity)
}
