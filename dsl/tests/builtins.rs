//! The table of built-ins is written in the language: every signature and example parses.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use plimsoll_dsl::source::SourceId;
use plimsoll_dsl::syntax::{parse_expr, parse_signature};
use plimsoll_engine::builtins;

#[test]
fn signatures_and_examples_parse() {
    for (id, module, function) in builtins::all() {
        let name = format!("{module}.{}", function.name);
        let shape = parse_signature(function.signature).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(builtins::arity(id), Some(shape.params.len()), "{name}");
        if let Err(errors) = parse_expr(SourceId::default(), function.example) {
            panic!("{name}: {}\n{errors:?}", function.example);
        }
    }
}
