//! `sets`: sets are sorted runs, so each operation is one pass over both.

use super::{Builtin, Cx, Module, Result, add, args};
use crate::value::{Data, Range, Value};
use std::cmp::Ordering;

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "sets",
    doc: "Sets.",
    functions: &[
        Builtin {
            name: "of",
            signature: "(xs: list<T>) -> set<T>",
            cost: "xs * log(xs)",
            doc: "The set of the items of a list.",
            example: "sets.of([2, 1, 2]) == {1, 2}",
            call: |cx, a| {
                let [xs] = args(a)?;
                as_set(cx, xs)
            },
        },
        Builtin {
            name: "union",
            signature: "(a: set<T>, b: set<T>) -> set<T>",
            cost: "a + b",
            doc: "What is in `a` or in `b`.",
            example: "sets.union({1, 2}, {2, 3}) == {1, 2, 3}",
            call: |cx, a| merged(cx, a, [true, true, true]),
        },
        Builtin {
            name: "intersect",
            signature: "(a: set<T>, b: set<T>) -> set<T>",
            cost: "a + b",
            doc: "What is in `a` and in `b`.",
            example: "sets.intersect({1, 2}, {2, 3}) == {2}",
            call: |cx, a| merged(cx, a, [false, true, false]),
        },
        Builtin {
            name: "minus",
            signature: "(a: set<T>, b: set<T>) -> set<T>",
            cost: "a + b",
            doc: "What is in `a` and not in `b`.",
            example: "sets.minus({1, 2}, {2, 3}) == {1}",
            call: |cx, a| merged(cx, a, [true, false, false]),
        },
        Builtin {
            name: "subset",
            signature: "(a: set<T>, b: set<T>) -> bool",
            cost: "a * log(b)",
            doc: "True if all of `a` is in `b`.",
            example: "sets.subset({1}, {1, 2}) and not sets.subset({3}, {1, 2})",
            call: |cx, a| every(cx, a, true),
        },
        Builtin {
            name: "disjoint",
            signature: "(a: set<T>, b: set<T>) -> bool",
            cost: "a * log(b)",
            doc: "True if nothing of `a` is in `b`.",
            example: "sets.disjoint({1}, {2}) and not sets.disjoint({1}, {1})",
            call: |cx, a| every(cx, a, false),
        },
    ],
};

/// A list as a set; a set stays.
fn as_set(cx: &mut Cx<'_>, xs: Value) -> Result<Value> {
    match xs.data {
        Data::Set(_) => Ok(xs),
        _ => cx.set(|memory, out| memory.items(xs)?.try_for_each(|item| add(memory, out, item?))),
    }
}

/// The run of a set.
fn run_of(cx: &mut Cx<'_>, xs: Value) -> Result<Range> {
    match as_set(cx, xs)?.data {
        Data::Set(range) => Ok(range),
        _ => Err(cx.memory.expected("a set", xs)),
    }
}

/// One pass over two sets: keeps what is only in the left one, in both, only in the right one, as `keep` says.
fn merged(cx: &mut Cx<'_>, a: &[Value], keep: [bool; 3]) -> Result<Value> {
    let [a, b] = args(a)?;
    let (a, b) = (run_of(cx, a)?, run_of(cx, b)?);
    let [only_left, both, only_right] = keep;
    let mut out = cx.memory.take_values();
    let filled = (|| {
        let memory = &*cx.memory;
        let (mut left, mut right) = (memory.run(a), memory.run(b));
        loop {
            let (order, item) = match (left.split_first(), right.split_first()) {
                (None, None) => return Ok(()),
                (Some((l, _)), None) => (Ordering::Less, *l),
                (None, Some((r, _))) => (Ordering::Greater, *r),
                (Some((l, _)), Some((r, _))) => {
                    let order = memory.compare(*l, *r)?;
                    (order, if order == Ordering::Greater { *r } else { *l })
                }
            };
            let keep = match order {
                Ordering::Less => only_left,
                Ordering::Equal => both,
                Ordering::Greater => only_right,
            };
            if order != Ordering::Greater {
                left = left.get(1..).unwrap_or_default();
            }
            if order != Ordering::Less {
                right = right.get(1..).unwrap_or_default();
            }
            if keep {
                add(memory, &mut out, item)?;
            }
        }
    })();
    // The result is sorted: this only looks whether it is.
    let set = filled.and_then(|()| cx.memory.alloc_set(&mut out));
    cx.memory.give_values(out);
    set
}

/// True if every member of `a` is (or is not) in `b`.
fn every(cx: &mut Cx<'_>, a: &[Value], inside: bool) -> Result<Value> {
    let [a, b] = args(a)?;
    let b = as_set(cx, b)?;
    for item in cx.memory.items(a)? {
        cx.memory.count_work(1);
        if cx.memory.contains(b, item?)? != inside {
            return Ok(false.into());
        }
    }
    Ok(true.into())
}
