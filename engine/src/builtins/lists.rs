//! `lists`

use super::{Builtin, Cx, Module, Result, add, args, collections, count_of, int_of};
use crate::value::{Data, Range, Value};

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "lists",
    doc: "Lists.",
    functions: &[
        Builtin {
            name: "take",
            signature: "(xs: list<T>, n: int) -> list<T>",
            cost: "n",
            doc: "The first `n` items (all, where there are fewer).",
            example: "lists.take([1, 2, 3], 2) == [1, 2]",
            call: |cx, a| {
                let [xs, n] = args(a)?;
                let n = count_of(cx.int(n)?);
                slice(cx, xs, 0, n)
            },
        },
        Builtin {
            name: "drop",
            signature: "(xs: list<T>, n: int) -> list<T>",
            cost: "xs",
            doc: "The list without its first `n` items.",
            example: "lists.drop([1, 2, 3], 2) == [3]",
            call: |cx, a| {
                let [xs, n] = args(a)?;
                let n = count_of(cx.int(n)?);
                slice(cx, xs, n, usize::MAX)
            },
        },
        Builtin {
            name: "reverse",
            signature: "(xs: list<T>) -> list<T>",
            cost: "xs",
            doc: "The items, the last one first.",
            example: "lists.reverse([1, 2]) == [2, 1]",
            call: |cx, a| {
                let [xs] = args(a)?;
                cx.list(|memory, out| {
                    memory.items(xs)?.try_for_each(|item| add(memory, out, item?))?;
                    out.reverse();
                    Ok(())
                })
            },
        },
        Builtin {
            name: "flatten",
            signature: "(xs: list<list<T>>) -> list<T>",
            cost: "all items",
            doc: "The items of all lists, one list behind the other.",
            example: "lists.flatten([[1], [], [2, 3]]) == [1, 2, 3]",
            call: |cx, a| {
                let [xs] = args(a)?;
                cx.list(|memory, out| {
                    for list in memory.items(xs)? {
                        memory.count_work(1);
                        memory.items(list?)?.try_for_each(|item| add(memory, out, item?))?;
                    }
                    Ok(())
                })
            },
        },
        Builtin {
            name: "index_of",
            signature: "(xs: list<T>, x: T) -> int?",
            cost: "xs",
            doc: "The place of the first item that equals `x`, counted from 0; null where there is none.",
            example: "lists.index_of([\"a\", \"b\"], \"b\") == 1",
            call: |cx, a| {
                let [xs, x] = args(a)?;
                for (i, item) in cx.memory.items(xs)?.enumerate() {
                    cx.memory.count_work(1);
                    if cx.memory.equal(item?, x)? {
                        return Ok(int_of(i));
                    }
                }
                Ok(Value::NULL)
            },
        },
        Builtin {
            name: "range",
            signature: "(from: int, to: int) -> list<int>",
            cost: "to - from",
            doc: "The numbers from `from` on, up to `to`, without `to`.",
            example: "lists.range(1, 4) == [1, 2, 3]",
            call: |cx, a| {
                let [from, to] = args(a)?;
                let (from, to) = (cx.int(from)?, cx.int(to)?);
                let len = count_of(to.saturating_sub(from));
                cx.charge(len)?;
                cx.memory.reserve(len.saturating_mul(size_of::<Value>()).saturating_mul(2))?;
                cx.list(|_, out| {
                    out.extend((from..to).map(Value::from));
                    Ok(())
                })
            },
        },
        Builtin {
            name: "of",
            signature: "(s: set<T>) -> list<T>",
            cost: "1",
            doc: "The members of a set in ascending order.",
            example: "lists.of({2, 1}) == [1, 2]",
            call: |cx, a| {
                let [s] = args(a)?;
                match s.data {
                    // The run of a set is a list as it stands.
                    Data::Set(range) => Ok(Value { data: Data::List(range), place: s.place }),
                    _ => cx.list(|memory, out| memory.items(s)?.try_for_each(|item| add(memory, out, item?))),
                }
            },
        },
    ],
};

/// Items `from..to`; a derived list is not copied.
fn slice(cx: &mut Cx<'_>, xs: Value, from: usize, to: usize) -> Result<Value> {
    if let Data::List(range) = xs.data {
        let len = range.len as usize;
        let (from, to) = (from.min(len), to.min(len));
        let part = u32::try_from(from)
            .ok()
            .zip(u32::try_from(to.saturating_sub(from)).ok())
            .and_then(|(from, len)| Some(Range { heap: range.heap, start: range.start.checked_add(from)?, len }));
        return Ok(part.map_or(xs, |part| Value::of(Data::List(part))));
    }
    let mut out = cx.memory.take_values();
    let list = collections::fill(cx, xs, &mut out).and_then(|()| {
        let to = to.min(out.len());
        cx.memory.alloc_list(out.get(from.min(to)..to).unwrap_or_default())
    });
    cx.memory.give_values(out);
    list
}
