//! What a host says in JSON: the one reader of settings for C, WASM and whoever has them as data.

use crate::builder::Builder;
use crate::error::Error;
use plimsoll_engine::decision::{SEVERITIES, Severity};
use plimsoll_engine::limits::Limits;
use plimsoll_engine::scalar::time;
use serde_json::Value;

/// A key, and what its value does to a builder.
type Key = (&'static str, fn(Builder, &Value) -> Result<Builder, String>);

/// All keys.
const KEYS: &[Key] = &[
    ("profile", |builder, value| Ok(texts(value)?.into_iter().fold(builder, Builder::profile))),
    ("only", |builder, value| Ok(texts(value)?.into_iter().fold(builder, Builder::only))),
    ("skip", |builder, value| Ok(texts(value)?.into_iter().fold(builder, Builder::skip))),
    ("params", |builder, value| Ok(members(value)?.fold(builder, |b, (name, v)| b.param(name, v.clone())))),
    ("data", |builder, value| Ok(members(value)?.fold(builder, |b, (name, v)| b.data(name, v.clone())))),
    ("now", |builder, value| Ok(builder.now(now(value)?))),
    ("k8s_version", k8s_version),
    ("severity", |builder, value| Ok(builder.min_severity(severity(value)?))),
    ("admission", |builder, value| Ok(if truth(value)? { builder.admission() } else { builder })),
    ("evidence", |builder, value| Ok(if truth(value)? { builder.evidence() } else { builder })),
    ("limits", |builder, value| Ok(builder.limits(limits(value)?))),
];

impl Builder {
    /// Takes what a JSON object says: `profile`, `only`, `skip` (a text or a list of texts), `params` and `data` (objects of
    /// values by name), `now` (RFC 3339), `k8s_version` (`"1.34"`), `severity` (the least), `admission`, `evidence`
    /// (booleans), `limits` (`fuel`, `global_fuel`, `memory`, `findings`: whole numbers).
    ///
    /// # Errors
    /// If it is no object, has a key that is not known, or a value that is not of its type: a typo cannot switch a policy off.
    pub fn configure(self, settings: &Value) -> Result<Builder, Error> {
        let keys = members(settings).map_err(Error::Configure)?;
        keys.into_iter().try_fold(self, |builder, (name, value)| {
            let Some((_, set)) = KEYS.iter().find(|(key, _)| key == name) else {
                let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
                return Err(Error::Configure(format!("`{name}` is none of {}", known.join(", "))));
            };
            set(builder, value).map_err(|why| Error::Configure(format!("`{name}` {why}")))
        })
    }
}

fn members(value: &Value) -> Result<impl Iterator<Item = (&String, &Value)>, String> {
    value.as_object().map(|members| members.iter()).ok_or_else(|| "must be an object".to_owned())
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let text = |item: &Value| item.as_str().map(str::to_owned);
    items.iter().map(text).collect::<Option<_>>().ok_or_else(|| "must be a text or a list of texts".to_owned())
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

fn now(value: &Value) -> Result<i64, String> {
    let time = value.as_str().ok_or("must be a text such as \"2026-01-31T12:00:00Z\"")?;
    let time = time::parse(time).map_err(|why| format!("can't be read: {why}"))?;
    i64::try_from(time.as_nanos()).map_err(|_| "must be a time between 1678 and 2262".to_owned())
}

fn k8s_version(builder: Builder, value: &Value) -> Result<Builder, String> {
    let parts = value.as_str().and_then(|text| text.trim_start_matches('v').split_once('.'));
    let numbers = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let (major, minor) = numbers.ok_or("must be a text such as \"1.34\"")?;
    Ok(builder.k8s_version(major, minor))
}

fn severity(value: &Value) -> Result<Severity, String> {
    let names: Vec<&str> = SEVERITIES.iter().map(|(name, _)| *name).collect();
    value.as_str().and_then(Severity::parse).ok_or_else(|| format!("must be one of {}", names.join(", ")))
}

fn limits(value: &Value) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for (name, value) in members(value)? {
        let number = value.as_u64().ok_or_else(|| format!("has `{name}`, which must be a whole number"))?;
        let size = usize::try_from(number).unwrap_or(usize::MAX);
        match name.as_str() {
            "fuel" => limits.fuel = number,
            "global_fuel" => limits.global_fuel = number,
            "memory" => limits.memory = size,
            "findings" => limits.findings = size,
            _ => return Err(format!("has `{name}`, which is none of fuel, global_fuel, memory, findings")),
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_known_is_told() {
        let wrong = |settings: Value| Builder::default().configure(&settings).unwrap_err().to_string();
        assert!(
            wrong(json!({ "onyl": [] })).starts_with("the settings can't be used: `onyl` is none of profile, only")
        );
        assert!(wrong(json!({ "now": "yesterday" })).contains("`now` can't be read"));
        assert!(wrong(json!({ "limits": { "fuel": -1 } })).contains("`limits` has `fuel`"));
        assert!(wrong(json!({ "severity": "hihg" })).contains("must be one of"));
        assert!(wrong(json!([])).contains("must be an object"));
        let good = json!({ "profile": "p", "only": ["a", "b"], "params": { "x.y": [1] }, "now": "2026-01-31T12:00:00Z",
            "k8s_version": "1.30", "severity": "low", "admission": true, "evidence": false, "limits": { "fuel": 5 } });
        assert!(Builder::default().configure(&good).is_ok());
    }
}
