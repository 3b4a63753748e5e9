//! Values to the scalar types of the language: what a constructor does, and what a typed field asks for.

use super::{Memory, Result};
use crate::error::EvalError;
use crate::scalar::quantity::Quantity;
use crate::scalar::regex::Pattern;
use crate::scalar::{Scalar, ScalarKind, duration};
use crate::value::{Data, HeapId, Value};
use std::fmt::Write;

impl Memory {
    /// The value as a scalar of a kind: from its text (a quantity from a number too); null and a scalar that is of the
    /// kind stay. The place stays.
    ///
    /// # Errors
    /// [`EvalError::Value`] for a text that is not one of the kind.
    pub fn to_scalar(&mut self, kind: ScalarKind, value: Value) -> Result<Value> {
        match self.try_scalar(kind, value)? {
            Some(scalar) => Ok(scalar),
            None => Err(self.why_not(kind, value)),
        }
    }

    /// The value as a scalar of a kind, as [`Memory::to_scalar`] gives it; nothing for what is none.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn try_scalar(&mut self, kind: ScalarKind, value: Value) -> Result<Option<Value>> {
        let scalar = match value.data {
            Data::Null | Data::Missing(_) => return Ok(Some(value)),
            Data::Str(_) => self.read_scalar(kind, value)?,
            Data::Int(i) if kind == ScalarKind::Quantity => {
                Some(self.alloc_scalar(Scalar::Quantity(Quantity::from_int(i)))?)
            }
            // Kubernetes reads the number as it is written, so the float goes through its text.
            Data::Float(_) if kind == ScalarKind::Quantity => self.read_scalar(kind, value)?,
            Data::Duration(_) if kind == ScalarKind::Duration => return Ok(Some(value)),
            Data::Regex(_) if kind == ScalarKind::Regex => return Ok(Some(value)),
            Data::Scalar(s) if self.scalar(s).is_some_and(|s| s.kind() == kind) => return Ok(Some(value)),
            _ => None,
        };
        Ok(scalar.map(|scalar| scalar.at(value.place)))
    }

    /// Reads a scalar out of the text of a string or number.
    fn read_scalar(&mut self, kind: ScalarKind, value: Value) -> Result<Option<Value>> {
        let mut buf = self.take_buf();
        self.plain_text(value, &mut buf);
        let read = match kind {
            ScalarKind::Duration => Ok(duration::read(&buf).map(|nanos| Value::of(Data::Duration(nanos)))),
            ScalarKind::Regex => match self.dynamic_regex(&buf) {
                Err(EvalError::Value(_)) => Ok(None),
                regex => regex.map(Some),
            },
            _ => self.alloc_parsed(kind, &buf),
        };
        self.give_buf(buf);
        read
    }

    fn plain_text(&self, value: Value, out: &mut String) {
        match value.data {
            Data::Str(text) => out.push_str(self.str(text)),
            Data::Float(f) => {
                // Writing to a String does not fail.
                let _ = write!(out, "{f}");
            }
            _ => {}
        }
    }

    /// The error for a value that is no scalar of a kind.
    fn why_not(&self, kind: ScalarKind, value: Value) -> EvalError {
        let mut text = String::new();
        self.plain_text(value, &mut text);
        if text.is_empty() && !matches!(value.data, Data::Str(_)) {
            return self.expected(kind.name(), value);
        }
        let why = match kind {
            ScalarKind::Duration => duration::parse(&text).err(),
            ScalarKind::Regex => Pattern::new(&text).err(),
            _ => Scalar::parse(kind, &text, HeapId::Scratch, &mut String::new()).err(),
        };
        why.map_or_else(|| self.expected(kind.name(), value), EvalError::Value)
    }
}
