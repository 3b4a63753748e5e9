//! Functions of one list: `any`, `all`, `count`, `sum`, `min`, `max`, `first`, `last`, `sorted`, `unique`.
//!
//! Over comprehensions the compiler makes loops of them; these are for lists that are there. A list that is null reads
//! as empty.

use super::{Builtin, Cx, Result, add, args, int_of, numbers};
use crate::value::{Data, Value};
use std::cmp::Ordering;

/// See the file.
pub(super) const FUNCTIONS: &[Builtin] = &[
    Builtin {
        name: "any",
        signature: "(xs: list<bool>) -> bool",
        cost: "xs",
        doc: "True if one of the list is true; false for an empty list.",
        example: "any([false, true])",
        call: |cx, a| holds(cx, a, true),
    },
    Builtin {
        name: "all",
        signature: "(xs: list<bool>) -> bool",
        cost: "xs",
        doc: "True if none of the list is false; true for an empty list.",
        example: "all([true, true]) and not all([true, false])",
        call: |cx, a| Ok((!bool_of(holds(cx, a, false)?)).into()),
    },
    Builtin {
        name: "count",
        signature: "(xs: C) -> int",
        cost: "1",
        doc: "How many items a list, members a set, or entries a map has.",
        example: "count([1, 2, 2]) == 3 and count({1, 2, 2}) == 2",
        call: |cx, a| {
            let [xs] = args(a)?;
            cx.memory.len(xs).map(int_of)
        },
    },
    Builtin {
        name: "sum",
        signature: "(xs: list<N>) -> N",
        cost: "xs",
        doc: "The sum of numbers, quantities or durations; 0 for an empty list.",
        example: "sum([1, 2, 3]) == 6 and sum([quantity(\"500m\"), quantity(\"1\")]) == quantity(\"1500m\")",
        call: |cx, a| {
            let [xs] = args(a)?;
            sum(cx, xs, Value::from(0))
        },
    },
    Builtin {
        name: "min",
        signature: "(xs: list<T>) -> T?",
        cost: "xs",
        doc: "The smallest of a list, the first of equal ones; null for an empty list.",
        example: "min([3, 1, 2]) == 1",
        call: |cx, a| best(cx, a, Ordering::Less),
    },
    Builtin {
        name: "max",
        signature: "(xs: list<T>) -> T?",
        cost: "xs",
        doc: "The largest of a list, the first of equal ones; null for an empty list.",
        example: "max([3, 1, 2]) == 3",
        call: |cx, a| best(cx, a, Ordering::Greater),
    },
    Builtin {
        name: "first",
        signature: "(xs: list<T>) -> T?",
        cost: "1",
        doc: "The first item; null for an empty list.",
        example: "first([\"a\", \"b\"]) == \"a\"",
        call: |cx, a| {
            let [xs] = args(a)?;
            cx.memory.items(xs)?.next().unwrap_or(Ok(Value::NULL))
        },
    },
    Builtin {
        name: "last",
        signature: "(xs: list<T>) -> T?",
        cost: "xs",
        doc: "The last item; null for an empty list.",
        example: "last([\"a\", \"b\"]) == \"b\"",
        call: |cx, a| {
            let [xs] = args(a)?;
            let end = cx.memory.len(xs)?;
            cx.memory.count_work(end);
            cx.memory.items(xs)?.last().unwrap_or(Ok(Value::NULL))
        },
    },
    Builtin {
        name: "sorted",
        signature: "(xs: list<T>) -> list<T>",
        cost: "xs * log(xs)",
        doc: "The items in ascending order; equal ones keep theirs. A set gives the list of its members.",
        example: "sorted([\"b\", \"a\"]) == [\"a\", \"b\"]",
        call: |cx, a| {
            let [xs] = args(a)?;
            let mut out = cx.memory.take_values();
            let sorted = fill(cx, xs, &mut out)
                .and_then(|()| cx.memory.sort_values(&mut out))
                .and_then(|()| cx.memory.alloc_list(&out));
            cx.memory.give_values(out);
            sorted
        },
    },
    Builtin {
        name: "unique",
        signature: "(xs: list<T>) -> list<T>",
        cost: "xs * log(xs)",
        doc: "The items without those that are equal to an earlier one.",
        example: "unique([2, 1, 2]) == [2, 1]",
        call: |cx, a| {
            let [xs] = args(a)?;
            unique(cx, xs)
        },
    },
];

/// The sum of a list, from `zero` on.
pub(super) fn sum(cx: &mut Cx<'_>, xs: Value, zero: Value) -> Result<Value> {
    let mut iter = cx.memory.iter(xs)?;
    let mut total = None;
    while let Some((_, item)) = cx.memory.next(&mut iter)? {
        cx.memory.count_work(1);
        total = Some(match total {
            // The first is taken as it is: its kind is the sum's.
            None => item,
            Some(total) => numbers::plus(cx.memory, total, item)?,
        });
    }
    // A sum of one item is that value, but it is no node of the document.
    Ok(total.map_or(zero, |t| Value::of(t.data)))
}

fn bool_of(value: Value) -> bool {
    matches!(value.data, Data::Bool(true))
}

/// True if one of the list is `wanted`.
fn holds(cx: &mut Cx<'_>, a: &[Value], wanted: bool) -> Result<Value> {
    let [xs] = args(a)?;
    for item in cx.memory.items(xs)? {
        cx.memory.count_work(1);
        match item?.data {
            Data::Bool(b) if b == wanted => return Ok(true.into()),
            Data::Bool(_) => {}
            other => return Err(cx.memory.expected("a bool", Value::of(other))),
        }
    }
    Ok(false.into())
}

/// The item that all others are not `order` of.
fn best(cx: &mut Cx<'_>, a: &[Value], order: Ordering) -> Result<Value> {
    let [xs] = args(a)?;
    let mut best: Option<Value> = None;
    for item in cx.memory.items(xs)? {
        let item = item?;
        best = match best {
            Some(held) if cx.memory.compare(item, held)? != order => Some(held),
            _ => Some(item),
        };
    }
    Ok(best.unwrap_or(Value::NULL))
}

/// The items of a list or set.
pub(super) fn fill(cx: &Cx<'_>, xs: Value, out: &mut Vec<Value>) -> Result<()> {
    cx.memory.items(xs)?.try_for_each(|item| add(cx.memory, out, item?))
}

/// Sorts items with their places in the list, takes the first of each run of equal ones, and puts them back in order.
fn unique(cx: &mut Cx<'_>, xs: Value) -> Result<Value> {
    let mut pairs = cx.memory.take_pairs();
    let kept = (|| {
        for (i, item) in cx.memory.items(xs)?.enumerate() {
            cx.memory.reserve(size_of_val(pairs.as_slice()))?;
            pairs.push((item?, int_of(i)));
        }
        cx.memory.sort_pairs(&mut pairs)?;
        let mut before = None;
        let mut failed = None;
        pairs.retain(|(item, _)| {
            let same = match before {
                Some(before) => cx.memory.equal(before, *item).unwrap_or_else(|e| {
                    failed = Some(e);
                    true
                }),
                None => false,
            };
            before = Some(*item);
            !same
        });
        failed.map_or(Ok(()), Err)?;
        for (item, index) in &mut pairs {
            std::mem::swap(item, index);
        }
        cx.memory.sort_pairs(&mut pairs)
    })();
    let list = kept.and_then(|()| {
        cx.list(|_, out| {
            out.extend(pairs.iter().map(|(_, item)| *item));
            Ok(())
        })
    });
    cx.memory.give_pairs(pairs);
    list
}
