//! What goes between host and module: a JSON array of arguments in, `{"ok": value}` or `{"error": "text"}` out.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Characters of an error's text that are kept.
const TEXT: usize = 1_000;

/// The arguments of a call.
pub(super) fn arguments(args: &[Value], limit: usize) -> Result<Vec<u8>, String> {
    let bytes = serde_json::to_vec(args).map_err(|e| format!("the arguments can't be written: {e}"))?;
    if bytes.len() > limit {
        return Err(format!("the arguments have {} bytes, more than the limit of {limit}", bytes.len()));
    }
    Ok(bytes)
}

/// The arguments that a module gives to a granted function.
pub(super) fn read_arguments(bytes: &[u8]) -> Result<Vec<Value>, String> {
    match json(bytes, "its arguments are")? {
        Value::Array(args) => Ok(args),
        _ => Err("its arguments are no list".into()),
    }
}

/// A result as it is given to a module.
pub(super) fn write_result(result: Result<Value, String>) -> Vec<u8> {
    let mut object = Map::new();
    match result {
        Ok(value) => object.insert("ok".into(), value),
        Err(why) => object.insert("error".into(), Value::String(why)),
    };
    Value::Object(object).to_string().into_bytes()
}

/// The result of a call: a value, or why there is none.
pub(super) fn result(bytes: &[u8]) -> Result<Value, String> {
    let none = || "its result is neither {\"ok\": …} nor {\"error\": \"…\"}".to_owned();
    let Value::Object(members) = json(bytes, "its result is")? else { return Err(none()) };
    let mut members = members.into_iter();
    match (members.next(), members.next()) {
        (Some((key, value)), None) if key == "ok" => Ok(value),
        (Some((key, Value::String(text))), None) if key == "error" => Err(text.chars().take(TEXT).collect()),
        _ => Err(none()),
    }
}

/// JSON of a module: valid UTF-8, not too deep, no key twice, nothing behind it.
fn json(bytes: &[u8], what: &str) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{what} not UTF-8"))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|e| format!("{what} not JSON that can be used: {e}"))
}

/// A value none of whose objects has a key twice.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_result_is_one_of_two_shapes() {
        assert_eq!(result(br#" {"ok": {"a": [1, -2, 1.5, null, true, "x"]}} "#).unwrap()["a"][2], json!(1.5));
        assert_eq!(result(br#"{"ok":null}"#), Ok(Value::Null));
        assert_eq!(result(br#"{"error":"no such key"}"#), Err("no such key".into()));
        for text in ["", "{}", "null", "[]", r#"{"ok":1,"error":""}"#, r#"{"error":1}"#, r#"{"yes":1}"#, "{\"ok\":1} x"]
        {
            assert!(result(text.as_bytes()).unwrap_err().starts_with("its result is"), "{text}");
        }
        assert!(result(br#"{"ok":1,"ok":2}"#).unwrap_err().contains("twice"));
        assert!(result(br#"{"ok":{"a":1,"a":1}}"#).unwrap_err().contains("twice"));
        assert_eq!(result(b"{\"ok\":\"\xff\"}"), Err("its result is not UTF-8".into()));
        let deep = format!("{{\"ok\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(result(deep.as_bytes()).unwrap_err().contains("recursion limit"));
        let long = format!("{{\"error\":\"{}\"}}", "é".repeat(5_000));
        assert_eq!(result(long.as_bytes()).unwrap_err().chars().count(), TEXT);
    }

    #[test]
    fn what_is_written_can_be_read() {
        let args = vec![json!({"k": [1, "é\u{2028}", null]}), json!(0.1)];
        assert_eq!(read_arguments(&arguments(&args, 100).unwrap()), Ok(args.clone()));
        assert!(arguments(&args, 5).unwrap_err().contains("more than the limit of 5"));
        assert_eq!(result(&write_result(Ok(json!([1])))), Ok(json!([1])));
        assert_eq!(result(&write_result(Err("why".into()))), Err("why".into()));
        assert!(read_arguments(b"{}").is_err());
    }
}
