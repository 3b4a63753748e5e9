//! What only the compiler calls: functions over lists of `[key, value]` pairs (for keys after `by`), and sums that know
//! their zero.

use super::{Builtin, Cx, Module, Result, args, collections};
use crate::value::Value;
use std::cmp::Ordering;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "_",
    doc: "Functions that only the compiler calls.",
    functions: &[
        Builtin {
            name: "sorted_by",
            signature: "(pairs: list<list<any>>) -> list<any>",
            cost: "pairs * log(pairs)",
            doc: "The values in the order of their keys; values of equal keys keep theirs.",
            example: "sorted(x for x in [\"bb\", \"a\"] by strings.length(x)) == [\"a\", \"bb\"]",
            call: |cx, a| {
                let [list] = args(a)?;
                let mut pairs = cx.memory.take_pairs();
                let sorted =
                    fill(cx, list, &mut pairs).and_then(|()| cx.memory.sort_pairs(&mut pairs)).and_then(|()| {
                        cx.list(|_, out| {
                            out.extend(pairs.iter().map(|(_, value)| *value));
                            Ok(())
                        })
                    });
                cx.memory.give_pairs(pairs);
                sorted
            },
        },
        Builtin {
            name: "min_by",
            signature: "(pairs: list<list<any>>) -> any",
            cost: "pairs",
            doc: "The value of the smallest key, the first of equal ones; null of nothing.",
            example: "min(x for x in [\"bb\", \"a\"] by strings.length(x)) == \"a\"",
            call: |cx, a| best(cx, a, Ordering::Less),
        },
        Builtin {
            name: "max_by",
            signature: "(pairs: list<list<any>>) -> any",
            cost: "pairs",
            doc: "The value of the largest key, the first of equal ones; null of nothing.",
            example: "max(x for x in [\"bb\", \"a\"] by strings.length(x)) == \"bb\"",
            call: |cx, a| best(cx, a, Ordering::Greater),
        },
        Builtin {
            name: "sum",
            signature: "(xs: list<N>, zero: N) -> N",
            cost: "xs",
            doc: "The sum of a list; `zero` for an empty one.",
            example: "sum(x for x in [1, 2]) == 3",
            call: |cx, a| {
                let [xs, zero] = args(a)?;
                collections::sum(cx, xs, zero)
            },
        },
    ],
};

fn fill(cx: &Cx<'_>, list: Value, pairs: &mut Vec<(Value, Value)>) -> Result<()> {
    for pair in cx.memory.items(list)? {
        cx.memory.reserve(size_of_val(pairs.as_slice()))?;
        pairs.push(pair_of(cx, pair?)?);
    }
    Ok(())
}

fn pair_of(cx: &Cx<'_>, pair: Value) -> Result<(Value, Value)> {
    let mut items = cx.memory.items(pair)?;
    match (items.next().transpose()?, items.next().transpose()?, items.next()) {
        (Some(key), Some(value), None) => Ok((key, value)),
        _ => Err(cx.memory.expected("a list of key and value", pair)),
    }
}

fn best(cx: &mut Cx<'_>, a: &[Value], order: Ordering) -> Result<Value> {
    let [list] = args(a)?;
    let mut best: Option<(Value, Value)> = None;
    for pair in cx.memory.items(list)? {
        let pair = pair_of(cx, pair?)?;
        best = match best {
            Some(held) if cx.memory.compare(pair.0, held.0)? != order => Some(held),
            _ => Some(pair),
        };
    }
    Ok(best.map_or(Value::NULL, |(_, value)| value))
}
