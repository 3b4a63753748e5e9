//! `numbers`, and the sum of two values.

use super::{Builtin, Cx, Module, Result, args};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::scalar::{Scalar, quoted};
use crate::value::{Data, Value};

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "numbers",
    doc: "Numbers.",
    functions: &[
        Builtin {
            name: "int",
            signature: "(s: string) -> int",
            cost: "s",
            doc: "The whole number that a text is; an error where it is none.",
            example: "numbers.int(\"-12\") == -12",
            call: |cx, a| parse_int(cx, a),
        },
        Builtin {
            name: "try_int",
            signature: "(s: string) -> int?",
            cost: "s",
            doc: "The whole number that a text is; null where it is none.",
            example: "numbers.try_int(\"12\") == 12 and numbers.try_int(\"1.5\") == null",
            call: |cx, a| {
                let [s] = args(a)?;
                Ok(read_int(cx.text(s)?).unwrap_or(Value::NULL))
            },
        },
        Builtin {
            name: "float",
            signature: "(s: string) -> float",
            cost: "s",
            doc: "The number that a text is; an error where it is none.",
            example: "numbers.float(\"1.5\") == 1.5",
            call: |cx, a| parse_float(cx, a),
        },
        Builtin {
            name: "try_float",
            signature: "(s: string) -> float?",
            cost: "s",
            doc: "The number that a text is; null where it is none.",
            example: "numbers.try_float(\"1e3\") == 1000.0 and numbers.try_float(\"x\") == null",
            call: |cx, a| {
                let [s] = args(a)?;
                Ok(read_float(cx.text(s)?).unwrap_or(Value::NULL))
            },
        },
        Builtin {
            name: "div",
            signature: "(a: int, b: int) -> int",
            cost: "1",
            doc: "The whole part of `a / b`, cut towards zero; an error where `b` is 0.",
            example: "numbers.div(7, 2) == 3 and numbers.div(-7, 2) == -3",
            call: |cx, a| {
                let [a, b] = args(a)?;
                let (a, b) = (cx.int(a)?, cx.int(b)?);
                let why = if b == 0 { "division by zero" } else { "the quotient does not fit an int" };
                a.checked_div(b).map(Value::from).ok_or_else(|| EvalError::Arithmetic(why.into()))
            },
        },
        Builtin {
            name: "abs",
            signature: "(x: N) -> N",
            cost: "1",
            doc: "The number, quantity or duration without its sign.",
            example: "numbers.abs(-2) == 2 and numbers.abs(1.5) == 1.5",
            call: |cx, a| {
                let [x] = args(a)?;
                abs(cx.memory, x)
            },
        },
        Builtin {
            name: "floor",
            signature: "(x: float) -> int",
            cost: "1",
            doc: "The largest whole number that is not above `x`.",
            example: "numbers.floor(-1.5) == -2",
            call: |cx, a| whole(cx, a, f64::floor),
        },
        Builtin {
            name: "ceil",
            signature: "(x: float) -> int",
            cost: "1",
            doc: "The smallest whole number that is not below `x`.",
            example: "numbers.ceil(1.2) == 2",
            call: |cx, a| whole(cx, a, f64::ceil),
        },
        Builtin {
            name: "round",
            signature: "(x: float) -> int",
            cost: "1",
            doc: "The nearest whole number; a half goes away from zero.",
            example: "numbers.round(2.5) == 3",
            call: |cx, a| whole(cx, a, f64::round),
        },
    ],
};

fn parse_int(cx: &mut Cx<'_>, a: &[Value]) -> Result<Value> {
    let [s] = args(a)?;
    let text = cx.text(s)?;
    read_int(text).ok_or_else(|| EvalError::Value(format!("{} is no whole number", quoted(text))))
}

fn read_int(text: &str) -> Option<Value> {
    text.parse().ok().map(|i: i64| i.into())
}

fn parse_float(cx: &mut Cx<'_>, a: &[Value]) -> Result<Value> {
    let [s] = args(a)?;
    let text = cx.text(s)?;
    read_float(text).ok_or_else(|| EvalError::Value(format!("{} is no number", quoted(text))))
}

fn read_float(text: &str) -> Option<Value> {
    // Rust's parser reads `inf` and `nan` too.
    let number = text.parse().ok().filter(|n: &f64| n.is_finite() && !text.bytes().any(|b| matches!(b, b'n' | b'N')));
    number.map(Value::from)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the bounds are checked")]
fn whole(cx: &mut Cx<'_>, a: &[Value], round: fn(f64) -> f64) -> Result<Value> {
    let [x] = args(a)?;
    match x.data {
        Data::Int(_) => Ok(x),
        Data::Float(f) => {
            let rounded = round(f);
            if rounded >= i64::MIN as f64 && rounded < i64::MAX as f64 {
                Ok(Value::from(rounded as i64))
            } else {
                Err(EvalError::Arithmetic("the number does not fit an int".into()))
            }
        }
        _ => Err(cx.memory.expected("a number", x)),
    }
}

fn overflow() -> EvalError {
    EvalError::Arithmetic("the result is too large".into())
}

fn abs(memory: &mut Memory, x: Value) -> Result<Value> {
    match (x.data, memory.scalar_of(x)) {
        (Data::Int(i), _) => i.checked_abs().map(Value::from).ok_or_else(overflow),
        (Data::Float(f), _) => Ok(f.abs().into()),
        (Data::Duration(d), _) => d.checked_abs().map(|d| Value::of(Data::Duration(d))).ok_or_else(overflow),
        (_, Some(Scalar::Quantity(q))) => {
            let positive = if q.nano() < 0 { q.scale(-1).ok_or_else(overflow)? } else { *q };
            memory.alloc_scalar(Scalar::Quantity(positive))
        }
        _ => Err(memory.expected("a number, quantity or duration", x)),
    }
}

/// `a + b` of numbers, quantities or durations.
#[expect(clippy::cast_precision_loss, reason = "an int becomes a float where one is asked for")]
pub(super) fn plus(memory: &mut Memory, a: Value, b: Value) -> Result<Value> {
    match (a.data, b.data) {
        (Data::Int(a), Data::Int(b)) => a.checked_add(b).map(Value::from).ok_or_else(overflow),
        (Data::Float(a), Data::Float(b)) => Ok((a + b).into()),
        (Data::Int(a), Data::Float(b)) | (Data::Float(b), Data::Int(a)) => Ok((a as f64 + b).into()),
        (Data::Duration(a), Data::Duration(b)) => {
            a.checked_add(b).map(|d| Value::of(Data::Duration(d))).ok_or_else(overflow)
        }
        _ => match (memory.scalar_of(a), memory.scalar_of(b)) {
            (Some(Scalar::Quantity(x)), Some(Scalar::Quantity(y))) => {
                let sum = x.checked_add(*y).ok_or_else(overflow)?;
                memory.alloc_scalar(Scalar::Quantity(sum))
            }
            _ => Err(memory.expected("numbers, quantities or durations of one kind", b)),
        },
    }
}
