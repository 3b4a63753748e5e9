//! `quantity`

use super::{Builtin, Cx, Module, Result, args};
use crate::error::EvalError;
use crate::scalar::Scalar;
use crate::scalar::quantity::Quantity;
use crate::value::Value;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "quantity",
    doc: "Quantities. They are added, subtracted and compared by operators.",
    functions: &[
        Builtin {
            name: "value",
            signature: "(q: quantity) -> float",
            cost: "1",
            doc: "The amount as a number.",
            example: "quantity.value(quantity(\"1500m\")) == 1.5",
            call: |cx, a| {
                let [q] = args(a)?;
                Ok(of(cx, q)?.value().into())
            },
        },
        Builtin {
            name: "milli",
            signature: "(q: quantity) -> int",
            cost: "1",
            doc: "The amount in thousandths, rounded up.",
            example: "quantity.milli(quantity(\"0.5\")) == 500",
            call: |cx, a| {
                let [q] = args(a)?;
                of(cx, q)?.milli().map(Value::from).ok_or_else(overflow)
            },
        },
        Builtin {
            name: "scale",
            signature: "(q: quantity, n: int) -> quantity",
            cost: "1",
            doc: "`n` times the amount.",
            example: "quantity.scale(quantity(\"250m\"), 4) == quantity(\"1\")",
            call: |cx, a| {
                let [q, n] = args(a)?;
                let scaled = of(cx, q)?.scale(cx.int(n)?).ok_or_else(overflow)?;
                cx.memory.alloc_scalar(Scalar::Quantity(scaled))
            },
        },
        Builtin {
            name: "ratio",
            signature: "(a: quantity, b: quantity) -> float",
            cost: "1",
            doc: "`a / b`; an error where `b` is 0.",
            example: "quantity.ratio(quantity(\"1Gi\"), quantity(\"512Mi\")) == 2.0",
            call: |cx, a| {
                let [a, b] = args(a)?;
                let (a, b) = (of(cx, a)?, of(cx, b)?);
                if b.nano() == 0 {
                    return Err(EvalError::Arithmetic("division by zero".into()));
                }
                Ok((a.value() / b.value()).into())
            },
        },
    ],
};

fn of(cx: &Cx<'_>, value: Value) -> Result<Quantity> {
    match cx.memory.scalar_of(value) {
        Some(Scalar::Quantity(q)) => Ok(*q),
        _ => Err(cx.memory.expected("a quantity", value)),
    }
}

fn overflow() -> EvalError {
    EvalError::Arithmetic("the quantity is too large".into())
}
