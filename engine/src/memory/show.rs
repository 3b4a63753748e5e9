//! Values as text and as JSON.

use super::make::too_deep;
use super::{DEPTH, Memory, Result};
use crate::error::EvalError;
use crate::value::{Data, Value};
use std::fmt::Write;

impl Memory {
    /// Adds the text of a value, as a hole in a string shows it: scalars in their canonical form, lists and maps as
    /// compact JSON.
    ///
    /// # Errors
    /// [`EvalError::Memory`]; values nested too deep; a node of the wrong type.
    pub fn to_text(&self, value: Value, out: &mut String) -> Result<()> {
        match value.data {
            Data::Str(text) => {
                let text = self.str(text);
                self.room(out.len().saturating_add(text.len()))?;
                out.push_str(text);
                Ok(())
            }
            Data::List(_) | Data::DocList | Data::Set(_) | Data::Map(_) | Data::DocMap | Data::Record(_) => {
                self.json_text(value, out)
            }
            _ => self.scalar_text(value, out),
        }
    }

    /// Adds a value as compact JSON.
    ///
    /// # Errors
    /// As [`Memory::to_text`].
    pub fn json_text(&self, value: Value, out: &mut String) -> Result<()> {
        self.json_text_at(value, out, DEPTH)
    }

    /// A value as JSON. Scalars that JSON does not have are their texts, a set is a list.
    ///
    /// # Errors
    /// As [`Memory::to_text`].
    pub fn to_json(&self, value: Value) -> Result<serde_json::Value> {
        self.to_json_at(value, DEPTH)
    }

    /// A value out of JSON: text, number, list or map; a number that no `int` holds is a `float`.
    ///
    /// # Errors
    /// [`EvalError::Memory`]; values nested too deep.
    pub fn from_json(&mut self, json: &serde_json::Value) -> Result<Value> {
        self.from_json_at(json, DEPTH)
    }

    fn room(&self, len: usize) -> Result<()> {
        if len > self.limit { Err(EvalError::Memory) } else { Ok(()) }
    }

    fn scalar_text(&self, value: Value, out: &mut String) -> Result<()> {
        let written = match value.data {
            Data::Null | Data::Missing(_) => out.write_str("null"),
            Data::Bool(b) => write!(out, "{b}"),
            Data::Int(i) => write!(out, "{i}"),
            Data::Float(f) => write!(out, "{f:?}"),
            Data::Duration(d) => crate::scalar::duration::show(d, out),
            Data::Regex(r) => out.write_str(self.regex_text(r)),
            Data::Scalar(s) => match self.scalar(s) {
                Some(scalar) => scalar.show(self, out),
                None => Ok(()),
            },
            _ => return Err(EvalError::Internal("a value that has no text")),
        };
        self.count_work(1);
        written.map_err(|_| EvalError::Internal("text could not be written"))
    }

    fn json_text_at(&self, value: Value, out: &mut String, depth: u32) -> Result<()> {
        self.count_work(1);
        self.room(out.len())?;
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        match value.data {
            Data::Null | Data::Missing(_) | Data::Bool(_) | Data::Int(_) => self.scalar_text(value, out),
            Data::Float(f) if f.is_finite() => self.scalar_text(value, out),
            Data::Float(_) => {
                out.push_str("null");
                Ok(())
            }
            Data::Str(text) => {
                let text = self.str(text);
                self.count_work(text.len() / 16);
                quote(text, out);
                Ok(())
            }
            Data::List(_) | Data::DocList | Data::Set(_) => {
                out.push('[');
                for (i, item) in self.items(value)?.enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    self.json_text_at(item?, out, depth)?;
                }
                out.push(']');
                Ok(())
            }
            Data::Map(_) | Data::DocMap | Data::Record(_) => {
                out.push('{');
                for (i, member) in self.members(value)?.enumerate() {
                    let (key, item) = member?;
                    if i > 0 {
                        out.push(',');
                    }
                    self.json_key(key, out)?;
                    out.push(':');
                    self.json_text_at(item, out, depth)?;
                }
                out.push('}');
                Ok(())
            }
            _ => self.quoted_scalar(value, out),
        }
    }

    /// A key as JSON: always a text.
    fn json_key(&self, key: Value, out: &mut String) -> Result<()> {
        if let Data::Str(text) = key.data {
            quote(self.str(text), out);
            return Ok(());
        }
        let mut text = String::new();
        self.to_text(key, &mut text)?;
        quote(&text, out);
        Ok(())
    }

    fn quoted_scalar(&self, value: Value, out: &mut String) -> Result<()> {
        let mut text = String::new();
        self.scalar_text(value, &mut text)?;
        quote(&text, out);
        Ok(())
    }

    fn to_json_at(&self, value: Value, depth: u32) -> Result<serde_json::Value> {
        self.count_work(1);
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        Ok(match value.data {
            Data::Null | Data::Missing(_) => serde_json::Value::Null,
            Data::Bool(b) => b.into(),
            Data::Int(i) => i.into(),
            Data::Float(f) => f.into(),
            Data::Str(text) => self.str(text).into(),
            Data::List(_) | Data::DocList | Data::Set(_) => {
                let items = self.items(value)?.map(|item| self.to_json_at(item?, depth));
                serde_json::Value::Array(items.collect::<Result<_>>()?)
            }
            Data::Map(_) | Data::DocMap | Data::Record(_) => {
                let mut map = serde_json::Map::new();
                for member in self.members(value)? {
                    let (key, item) = member?;
                    let mut text = String::new();
                    self.to_text(key, &mut text)?;
                    map.insert(text, self.to_json_at(item, depth)?);
                }
                serde_json::Value::Object(map)
            }
            _ => {
                let mut text = String::new();
                self.scalar_text(value, &mut text)?;
                text.into()
            }
        })
    }

    #[expect(clippy::wrong_self_convention, reason = "a value lives in its memory")]
    fn from_json_at(&mut self, json: &serde_json::Value, depth: u32) -> Result<Value> {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        match json {
            serde_json::Value::Null => Ok(Value::NULL),
            serde_json::Value::Bool(b) => Ok((*b).into()),
            serde_json::Value::Number(n) => {
                Ok(n.as_i64().map(Value::from).or_else(|| n.as_f64().map(Value::from)).unwrap_or(Value::NULL))
            }
            serde_json::Value::String(s) => self.alloc_text(s),
            serde_json::Value::Array(items) => {
                let mut values = self.take_values();
                for item in items {
                    values.push(self.from_json_at(item, depth)?);
                }
                let list = self.alloc_list(&values);
                self.give_values(values);
                list
            }
            serde_json::Value::Object(map) => {
                let mut pairs = self.take_pairs();
                for (key, item) in map {
                    let key = self.alloc_text(key)?;
                    pairs.push((key, self.from_json_at(item, depth)?));
                }
                let map = self.alloc_map(&mut pairs);
                self.give_pairs(pairs);
                map
            }
        }
    }
}

/// A text in quotes, as JSON writes it.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
