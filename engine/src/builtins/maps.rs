//! `maps`

use super::{Builtin, Module, add, args};

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "maps",
    doc: "Maps.",
    functions: &[
        Builtin {
            name: "keys",
            signature: "(m: map<K, V>) -> list<K>",
            cost: "m",
            doc: "The keys of a map: of a document in its order, else in ascending order.",
            example: "maps.keys(fields({ a: 1, b: 2 })) == [\"a\", \"b\"]",
            call: |cx, a| {
                let [m] = args(a)?;
                cx.list(|memory, out| memory.members(m)?.try_for_each(|member| add(memory, out, member?.0)))
            },
        },
        Builtin {
            name: "values",
            signature: "(m: map<K, V>) -> list<V>",
            cost: "m",
            doc: "The values of a map in the order of its keys.",
            example: "maps.values(fields({ a: 1, b: 2 })) == [1, 2]",
            call: |cx, a| {
                let [m] = args(a)?;
                cx.list(|memory, out| memory.members(m)?.try_for_each(|member| add(memory, out, member?.1)))
            },
        },
        Builtin {
            name: "merge",
            signature: "(a: map<K, V>, b: map<K, V>) -> map<K, V>",
            cost: "(a + b) * log(a + b)",
            doc: "The entries of both maps; where both have a key, that of `b`.",
            example: "maps.merge(fields({ a: 1, b: 2 }), fields({ b: 3 })) == fields({ a: 1, b: 3 })",
            call: |cx, a| {
                let [a, b] = args(a)?;
                cx.memory.concat(a, b)
            },
        },
    ],
};
