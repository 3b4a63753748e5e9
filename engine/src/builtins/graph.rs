//! `graph`: walks over `edges: map<K, set<K>>`, by breadth, so that paths are shortest; ties go by key. Linear in what
//! is reached (times the logarithm of the map, which is searched by key).

mod walk;

use super::{Builtin, Module, args};

/// Also without a module.
pub(super) const FUNCTIONS: &[Builtin] = &[REACHABLE, PATH, PATHS_TO];

/// See the file.
pub(super) const MODULE: Module = Module {
    name: "graph",
    doc: "Walks over graphs: maps from a node to the set of its successors.",
    functions: FUNCTIONS,
};

const REACHABLE: Builtin = Builtin {
    name: "reachable",
    signature: "(start: K, edges: map<K, set<K>>) -> set<K>",
    cost: "edges",
    doc: "All nodes that edges lead to from `start`, and `start`.",
    example: "reachable(\"a\", { a: {\"b\"}, b: {\"c\"}, d: {\"a\"} }) == {\"a\", \"b\", \"c\"}",
    call: |cx, a| {
        let [start, edges] = args(a)?;
        walk::reachable(cx, start, edges)
    },
};

const PATH: Builtin = Builtin {
    name: "path",
    signature: "(start: K, goal: K, edges: map<K, set<K>>) -> list<K>?",
    cost: "edges",
    doc: "A shortest list of nodes along edges from `start` to `goal`, with both; null where there is none. Of several the \
          first in the order of the keys.",
    example: "path(\"a\", \"c\", { a: {\"b\"}, b: {\"c\"} }) == [\"a\", \"b\", \"c\"] and path(\"c\", \"a\", { a: {\"c\"} }) == null",
    call: |cx, a| {
        let [start, goal, edges] = args(a)?;
        walk::path(cx, start, goal, edges)
    },
};

const PATHS_TO: Builtin = Builtin {
    name: "paths_to",
    signature: "(goal: K, edges: map<K, set<K>>) -> map<K, list<K>>",
    cost: "edges + all paths",
    doc: "For every node from which edges lead to `goal` (itself too) the list that `path` gives, by one search backwards.",
    example: "paths_to(\"c\", { a: {\"b\"}, b: {\"c\"} })[\"a\"] == [\"a\", \"b\", \"c\"]",
    call: |cx, a| {
        let [goal, edges] = args(a)?;
        walk::paths_to(cx, goal, edges)
    },
};
