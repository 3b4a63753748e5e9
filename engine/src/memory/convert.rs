//! Values to the scalar types of the language: what a constructor does, and what a typed field asks for.

use super::{Memory, Result};
use crate::error::EvalError;
use crate::scalar::quantity::Quantity;
use crate::scalar::{Scalar, ScalarKind, duration};
use crate::value::{Data, Value};

impl Memory {
    /// The value as a scalar of a kind: from its text (a quantity from a number too); null and a scalar that is of the
    /// kind stay. The place stays.
    ///
    /// # Errors
    /// [`EvalError::Value`] for a text that is not one of the kind.
    pub fn to_scalar(&mut self, kind: ScalarKind, value: Value) -> Result<Value> {
        match value.data {
            Data::Null | Data::Missing(_) => Ok(value),
            Data::Str(_) => Ok(self.parse_scalar(kind, value)?.at(value.place)),
            Data::Int(i) if kind == ScalarKind::Quantity => {
                Ok(self.alloc_scalar(Scalar::Quantity(Quantity::from_int(i)))?.at(value.place))
            }
            Data::Float(f) if kind == ScalarKind::Quantity => {
                // Kubernetes reads the number as it is written, so the float goes through its text.
                let quantity = Quantity::parse(&format!("{f}")).map_err(EvalError::Value)?;
                Ok(self.alloc_scalar(Scalar::Quantity(quantity))?.at(value.place))
            }
            Data::Duration(_) if kind == ScalarKind::Duration => Ok(value),
            Data::Regex(_) if kind == ScalarKind::Regex => Ok(value),
            Data::Scalar(s) if self.scalar(s).is_some_and(|s| s.kind() == kind) => Ok(value),
            _ => Err(self.expected(kind.name(), value)),
        }
    }

    fn parse_scalar(&mut self, kind: ScalarKind, value: Value) -> Result<Value> {
        let mut buf = self.take_buf();
        buf.push_str(self.str_of(value).unwrap_or_default());
        let parsed = match kind {
            ScalarKind::Duration => match duration::parse(&buf) {
                Ok(nanos) => Ok(Value::of(Data::Duration(nanos))),
                Err(why) => Err(EvalError::Value(why)),
            },
            ScalarKind::Regex => self.dynamic_regex(&buf),
            _ => self.alloc_parsed(kind, &buf),
        };
        self.give_buf(buf);
        parsed
    }
}
