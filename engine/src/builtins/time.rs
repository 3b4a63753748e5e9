//! `time`

use super::{Builtin, Cx, Module, Result, args};
use crate::calendar::Day;
use crate::scalar::Scalar;
use crate::scalar::time::Instant;
use crate::value::Value;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "time",
    doc: "Instants, in UTC.",
    functions: &[
        Builtin {
            name: "unix",
            signature: "(t: time) -> int",
            cost: "1",
            doc: "The seconds since the beginning of 1970.",
            example: "time.unix(time(\"1970-01-01T00:01:00Z\")) == 60",
            call: |cx, a| {
                let [t] = args(a)?;
                Ok(instant(cx, t)?.as_seconds().into())
            },
        },
        Builtin {
            name: "year",
            signature: "(t: time) -> int",
            cost: "1",
            doc: "The year.",
            example: "time.year(time(\"2026-01-31T12:00:00Z\")) == 2026",
            call: |cx, a| part(cx, a, |t| t.year),
        },
        Builtin {
            name: "month",
            signature: "(t: time) -> int",
            cost: "1",
            doc: "The month, from 1 on.",
            example: "time.month(time(\"2026-01-31T12:00:00Z\")) == 1",
            call: |cx, a| part(cx, a, |t| t.month),
        },
        Builtin {
            name: "day",
            signature: "(t: time) -> int",
            cost: "1",
            doc: "The day of the month, from 1 on.",
            example: "time.day(time(\"2026-01-31T12:00:00Z\")) == 31",
            call: |cx, a| part(cx, a, |t| t.day),
        },
        Builtin {
            name: "format",
            signature: "(t: time) -> string",
            cost: "1",
            doc: "The instant in RFC 3339.",
            example: "time.format(time(\"2026-01-31T13:00:00+01:00\")) == \"2026-01-31T12:00:00Z\"",
            call: |cx, a| {
                let [t] = args(a)?;
                instant(cx, t)?;
                cx.string(|memory, out| memory.to_text(t, out))
            },
        },
    ],
};

fn instant(cx: &Cx<'_>, t: Value) -> Result<Instant> {
    match cx.memory.scalar_of(t) {
        Some(Scalar::Time(t)) => Ok(*t),
        _ => Err(cx.memory.expected("a time", t)),
    }
}

fn part(cx: &mut Cx<'_>, a: &[Value], part: fn(Day) -> i64) -> Result<Value> {
    let [t] = args(a)?;
    Ok(part(instant(cx, t)?.day()).into())
}
