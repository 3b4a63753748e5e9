//! Properties of the formatter, over our own fixtures, the shipped policies, and both with their blanks, line ends and
//! comments thrown together at random.

use super::format;
use crate::source::SourceId;
use crate::syntax::parse::parse;
use crate::syntax::scan::{TokenKind, scan};
use proptest::prelude::*;

const FORMS: &str = include_str!("../fixtures/forms.plim");

/// The tree without its spans.
fn shape(text: &str) -> String {
    let parsed = parse(SourceId::default(), text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let shown = format!("{:?}", parsed.module);
    let mut out = String::new();
    let mut rest = shown.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('}').unwrap() + 1..];
    }
    out + rest
}

fn comments(text: &str) -> Vec<String> {
    let tokens = scan(SourceId::default(), text).tokens;
    let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    comments.map(|token| token.text(text).trim_end().to_owned()).collect()
}

fn check(text: &str) -> String {
    let once = format(text).unwrap();
    assert_eq!(shape(text), shape(&once), "the tree changed:\n{text}\n=>\n{once}");
    assert_eq!(comments(text), comments(&once), "comments were lost or moved:\n{text}\n=>\n{once}");
    let twice = format(&once).unwrap();
    assert_eq!(once, twice, "not stable:\n{text}");
    assert!(once.lines().all(|line| line == line.trim_end() || text.contains(line)), "{once}");
    once
}

#[test]
fn the_style() {
    insta::assert_snapshot!(check(FORMS));
}

#[test]
fn every_shipped_policy_keeps_its_tree_and_is_stable() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../stdlib-policies")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "plim") {
                check(&std::fs::read_to_string(&entry).unwrap());
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen} files");
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    assert_eq!(format("let a = ").unwrap_err().len(), 1);
    assert_eq!(format("").unwrap(), "");
    assert_eq!(format("\n\n// only\n\n\n// comments").unwrap(), "// only\n\n// comments\n");
}

#[test]
fn windows_line_ends_become_plain_ones() {
    assert_eq!(
        format("let a = 1 // c\r\n\r\n\r\nlet b = [\r\n1]\r\n").unwrap(),
        "let a = 1  // c\n\nlet b = [\n    1,\n]\n"
    );
}

#[test]
fn documents_move_with_their_test_and_keep_their_text() {
    let text = "test \"t\" { input = yaml\"\"\"\n      a: 1\n\n        b: |\n          x\n\"\"\" }";
    let wanted = "test \"t\" {\n    input = yaml\"\"\"\n        a: 1\n\n          b: |\n            x\n    \"\"\"\n}\n";
    assert_eq!(check(text), wanted);
    // Blanks at the end are text: the literal stays as it is.
    let odd = "test \"t\" {\n    input = yaml\"\"\"\n  a: 1\n      \"\"\"\n}\n";
    assert_eq!(check(odd), odd);
}

/// The tokens of a text with other blanks between them.
fn thrown_together(text: &str, choices: &[u8]) -> String {
    let mut out = String::new();
    let mut choices = choices.iter().copied().cycle();
    let mut inside = 0usize;
    let mut number = 0;
    let tokens = scan(SourceId::default(), text).tokens;
    for (token, next) in tokens.iter().zip(tokens.iter().skip(1).map(Some).chain([None])) {
        if token.kind == TokenKind::Comment {
            continue;
        }
        inside += usize::from(token.kind == TokenKind::Quote);
        out.push_str(token.text(text));
        inside -= usize::from(token.kind == TokenKind::Unquote);
        let Some(next) = next else { break };
        if inside > 0 {
            out.push_str(&text[token.end..next.start]);
            continue;
        }
        if matches!(token.kind, TokenKind::Doc | TokenKind::ModuleDoc) {
            out.push('\n');
            continue;
        }
        let together = token.end == next.start;
        if together && (token.text(text) == "-" || next.text(text) == "-") {
            // `POD-01` is one word.
            continue;
        }
        match choices.next().unwrap_or(0) {
            0..90 => out.push(' '),
            90..120 if together => {}
            120..150 => out.push('\n'),
            150..160 => out.push_str("\n\n\n  "),
            160..170 => {
                number += 1;
                out.push_str(&format!(" // behind {number}\n"));
            }
            170..180 => {
                number += 1;
                out.push_str(&format!("\n// alone {number}\n"));
            }
            180..185 => {
                number += 1;
                out.push_str(&format!("\n\n// apart {number}\n\n"));
            }
            _ => out.push(' '),
        }
    }
    out
}

/// Expressions of all forms, as text.
fn expressions() -> impl Strategy<Value = String> {
    let atoms = [
        "a",
        "some_longer_name",
        "1",
        "-2.5",
        "7d",
        "null",
        "true",
        "\"text\"",
        "\"a {b ?? \"c\"} d\"",
        "re\"x+\"",
        "{}",
        "[]",
    ];
    let atom = prop::sample::select(atoms.to_vec()).prop_map(str::to_owned);
    atom.prop_recursive(5, 60, 6, |inner| {
        let many = prop::collection::vec(inner.clone(), 1..6);
        let pair = (inner.clone(), inner.clone());
        let operators = ["or", "and", "??", "+", "++", "-", "*", "/"];
        let comparisons = ["==", "<=", "in", "not in", "matches", "like"];
        prop_oneof![
            (many.clone(), prop::sample::select(operators.to_vec())).prop_map(|(parts, op)| {
                let parts: Vec<_> = parts.iter().map(|part| format!("({part})")).collect();
                parts.join(&format!(" {op} "))
            }),
            (pair.clone(), prop::sample::select(comparisons.to_vec()))
                .prop_map(|((a, b), op)| format!("({a}) {op} ({b})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner.clone().prop_map(|a| format!("({a}) is list<string> | Pod")),
            many.clone().prop_map(|parts| format!("[{}]", parts.join(", "))),
            many.clone().prop_map(|parts| format!("{{({})}}", parts.join("), ("))),
            many.clone().prop_map(|parts| format!("{{k: {}}}", parts.join(", k: "))),
            many.clone().prop_map(|parts| format!("call({})", parts.join(", "))),
            (inner.clone(), many.clone())
                .prop_map(|(a, parts)| format!("f({a} for x in {})", parts.join(" for y in "))),
            (inner.clone(), pair.clone()).prop_map(|(a, (b, c))| format!("[{a} for x, y in {b} let z = {c} if z]")),
            (inner.clone(), pair.clone()).prop_map(|(a, (b, c))| format!("{{({a}): {b} for x in {c}}}")),
            (inner.clone(), pair.clone()).prop_map(|(a, (b, c))| format!("sorted({a} for x in {b} by {c})")),
            (inner.clone(), pair.clone()).prop_map(|(a, (b, c))| format!("if {a} then {b} else {c}")),
            (inner.clone(), many).prop_map(|(a, arms)| {
                let arms: Vec<_> = arms.iter().map(|arm| format!("Pod | \"b\" p => {arm}")).collect();
                format!("match {a} {{ {}, else => null }}", arms.join(", "))
            }),
            pair.prop_map(|(a, b)| format!("({a}).field?.other[{b}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_layout_the_result_is_stable(choices in prop::collection::vec(any::<u8>(), 1..400)) {
        check(&thrown_together(FORMS, &choices));
    }

    #[test]
    fn generated_programs_keep_their_tree_and_are_stable(e in expressions()) {
        check(&format!("let a = {e}\n"));
        check(&format!("policy p {{ on Pod as x let b = {e} deny \"m\" if {e} at x fix set {e} when {e} }}"));
        check(&format!("fn f(a: int) -> int {{ if {e} return {e} return {e} }}\ntest \"t\" {{ assert {e} input = {e} }}"));
    }
}
