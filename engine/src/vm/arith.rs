//! Arithmetic and joining, by the kinds of the values.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::program::operand::{Arith, Def, Operand, Use};
use crate::scalar::{Scalar, time};
use crate::value::{Data, Value};

impl Machine<'_> {
    pub(super) fn arith(&mut self, op: Arith, left: Use, right: Use, dst: Def) -> Result<()> {
        let (a, b) = (self.get(left)?, self.get(right)?);
        let value = match (op, a.data, b.data) {
            (Arith::Join, ..) => {
                let joined = self.state.memory.concat(a, b)?;
                self.charge_work()?;
                joined
            }
            (_, Data::Int(x), Data::Int(y)) => ints(op, x, y)?,
            (_, Data::Int(_) | Data::Float(_), Data::Int(_) | Data::Float(_)) => floats(op, number(a), number(b))?,
            _ => scalars(&mut self.state.memory, op, a, b)?,
        };
        self.set(dst, value)
    }

    pub(super) fn neg(&mut self, src: Use, dst: Def) -> Result<()> {
        let value = self.get(src)?;
        let negated = match value.data {
            Data::Int(i) => Value::from(i.checked_neg().ok_or_else(overflow)?),
            Data::Float(f) => Value::from(-f),
            Data::Duration(d) => Value::of(Data::Duration(d.checked_neg().ok_or_else(overflow)?)),
            _ => return Err(self.state.memory.expected("a number or duration behind `-`", value)),
        };
        self.set(dst, negated)
    }
}

fn ints(op: Arith, a: i64, b: i64) -> Result<Value> {
    let result = match op {
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Rem if b == 0 => return Err(by_zero()),
        Arith::Rem => a.checked_rem(b),
        Arith::Div | Arith::Join => return floats(op, number(a.into()), number(b.into())),
    };
    result.map(Value::from).ok_or_else(overflow)
}

fn floats(op: Arith, a: f64, b: f64) -> Result<Value> {
    Ok(Value::from(match op {
        Arith::Add => a + b,
        Arith::Sub => a - b,
        Arith::Mul => a * b,
        Arith::Div | Arith::Rem if b == 0.0 => return Err(by_zero()),
        Arith::Div => a / b,
        Arith::Rem => a % b,
        Arith::Join => return Err(EvalError::Internal("numbers are not joined")),
    }))
}

/// Quantities, durations, times, texts.
fn scalars(memory: &mut Memory, op: Arith, a: Value, b: Value) -> Result<Value> {
    match (op, a.data, b.data) {
        (Arith::Add, Data::Duration(x), Data::Duration(y)) => duration(x.checked_add(y)),
        (Arith::Sub, Data::Duration(x), Data::Duration(y)) => duration(x.checked_sub(y)),
        (Arith::Rem, Data::Duration(_), Data::Duration(0)) => Err(by_zero()),
        (Arith::Rem, Data::Duration(x), Data::Duration(y)) => duration(x.checked_rem(y)),
        (Arith::Div, Data::Duration(x), Data::Duration(y)) => floats(op, number(x.into()), number(y.into())),
        (Arith::Mul, Data::Duration(d), Data::Int(n)) | (Arith::Mul, Data::Int(n), Data::Duration(d)) => {
            duration(d.checked_mul(n))
        }
        (Arith::Add, Data::Str(_), Data::Str(_)) => {
            let mut text = memory.take_buf();
            memory.to_text(a, &mut text)?;
            memory.to_text(b, &mut text)?;
            memory.alloc_buf(text)
        }
        _ => large(memory, op, a, b),
    }
}

fn large(memory: &mut Memory, op: Arith, a: Value, b: Value) -> Result<Value> {
    let (x, y) = (memory.scalar_of(a).copied(), memory.scalar_of(b).copied());
    let result = match (op, x, y, a.data, b.data) {
        (Arith::Add, Some(Scalar::Quantity(x)), Some(Scalar::Quantity(y)), ..) => {
            x.checked_add(y).map(Scalar::Quantity)
        }
        (Arith::Sub, Some(Scalar::Quantity(x)), Some(Scalar::Quantity(y)), ..) => {
            x.checked_sub(y).map(Scalar::Quantity)
        }
        (Arith::Div, Some(Scalar::Quantity(x)), Some(Scalar::Quantity(y)), ..) => {
            return floats(op, x.value(), y.value());
        }
        (Arith::Mul, Some(Scalar::Quantity(q)), None, _, Data::Int(n))
        | (Arith::Mul, None, Some(Scalar::Quantity(q)), Data::Int(n), _) => q.scale(n).map(Scalar::Quantity),
        (Arith::Sub, Some(Scalar::Time(x)), Some(Scalar::Time(y)), ..) => return duration(time::checked_sub(x, y)),
        (Arith::Add, Some(Scalar::Time(t)), None, _, Data::Duration(d))
        | (Arith::Add, None, Some(Scalar::Time(t)), Data::Duration(d), _) => time::checked_add(t, d).map(Scalar::Time),
        (Arith::Sub, Some(Scalar::Time(t)), None, _, Data::Duration(d)) => {
            d.checked_neg().and_then(|d| time::checked_add(t, d)).map(Scalar::Time)
        }
        _ => {
            let (left, right) = (memory.kind_name(a), memory.kind_name(b));
            return Err(EvalError::Value(format!("`{}` has no meaning between {left} and {right}", op.show())));
        }
    };
    memory.alloc_scalar(result.ok_or_else(overflow)?)
}

fn duration(nanos: Option<i64>) -> Result<Value> {
    nanos.map(|d| Value::of(Data::Duration(d))).ok_or_else(overflow)
}

/// The number of a value that is one.
#[expect(clippy::cast_precision_loss, reason = "an int that meets a float becomes one")]
fn number(value: Value) -> f64 {
    match value.data {
        Data::Int(i) => i as f64,
        Data::Float(f) => f,
        _ => f64::NAN,
    }
}

fn overflow() -> EvalError {
    EvalError::Arithmetic("the result does not fit its type".into())
}

fn by_zero() -> EvalError {
    EvalError::Arithmetic("division by zero".into())
}
