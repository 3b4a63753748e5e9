//! Parsing is linear: pest's own count of its steps grows with the text and not faster.
//!
//! The limit is one of the process, so this test has a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use plimsoll_dsl::source::SourceId;
use plimsoll_dsl::syntax::parse;
use std::num::NonZeroUsize;

/// Steps that pest may take for a byte of the text.
const STEPS: usize = 200;

fn parses_within(text: &str, steps: usize) -> bool {
    pest::set_call_limit(NonZeroUsize::new(steps));
    parse(SourceId::default(), text).diagnostics.is_empty()
}

#[test]
fn the_steps_of_the_parser_grow_with_the_text() {
    let nested = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(100), close.repeat(100));
    let texts = [
        format!("let a = [{}]", "1, ".repeat(20_000)),
        format!("let a = {{{}}}", "x, ".repeat(5_000)),
        format!("let a = {{{}}}", "x: {y}, ".repeat(5_000)),
        format!("let a = f({})", "x.y[0]?.z, ".repeat(5_000)),
        format!("let a = \"{}\"", "{x} y {{".repeat(5_000)),
        format!("type A = {{ {} }}", "a: list<map<b, c?>> | \"d\", ".repeat(5_000)),
        "policy p { id = \"X-1\" on Pod as x deny \"m\" if a at x.b }\n".repeat(5_000),
        format!("policy p {{ on Pod as x deny \"m\" {} }}", "for a in b let c = d if e\n".repeat(5_000)),
        format!("fn f() -> int {{ {} return 1 }}", "let a = b if c return d\n".repeat(5_000)),
        format!("test \"t\" {{ {} }}", "expect deny p at \"/a\" count 1; ".repeat(5_000)),
        format!("let a = match x {{ {} }}", "A.B | \"d\" c => e, ".repeat(5_000)),
        format!("let a = {}", nested("(", "1", ")")),
        format!("let a = {}", nested("{a: ", "1", "}")),
        format!("let a = {}", nested("{", "1", "}")),
        format!("let a = {}", nested("[", "1", " for x in y]")),
        format!("let a = {}", nested("cluster(", "Pod", ")")),
        format!("let a = {}", nested("if a then b else ", "c", "")),
        format!("let a = {}", "\"{".repeat(60) + "x" + &"}\"".repeat(60)),
        format!("type A = {}", nested("list<", "int", ">")),
        format!("type A = {}", nested("{ a: ", "int", " }")),
    ];
    for text in &texts {
        assert!(parses_within(text, text.len() * STEPS + 10_000), "{}…", &text[..text.floor_char_boundary(60)]);
    }
    // The limit is one: a text needs some steps for each of its bytes.
    assert!(!parses_within(&texts[0], texts[0].len() / 2));
    pest::set_call_limit(None);
}
