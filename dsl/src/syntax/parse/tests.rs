//! What is read, with which spans, and what is said about what cannot be read.

use super::*;
use crate::diagnostic::render::{Colour, render_all};
use crate::source::SourceMap;
use crate::syntax::ast::{Arg, Args, ExprKind, ItemKind, StrPart, UnaryOp};
use proptest::prelude::*;

const FORMS: &str = include_str!("../fixtures/forms.plim");
const MISTAKES: &str = include_str!("../fixtures/mistakes.plim");

fn errors(text: &str) -> Vec<Diagnostic> {
    parse(SourceId::default(), text).diagnostics
}

fn titles(text: &str) -> Vec<String> {
    errors(text).iter().map(|d| format!("{} {}", d.code.id(), d.title)).collect()
}

fn at(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

/// An expression with all its parentheses.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Null => "null".into(),
        ExprKind::Field { base, field, safe } => {
            format!("{}{}{}", show(base), if *safe { "?." } else { "." }, field.name)
        }
        ExprKind::Index { base, index } => format!("{}[{}]", show(base), show(index)),
        ExprKind::Call { callee, args: Args::Plain(args) } => {
            let args = args.iter().map(|arg| match arg {
                Arg::Expr(arg) => show(arg),
                Arg::Field(field) => format!(".{}", field.name),
            });
            format!("{}({})", show(callee), args.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => format!("(not {})", show(operand)),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => format!("(-{})", show(operand)),
        ExprKind::Binary { op, left, right } => format!("({} {} {})", show(left), op.symbol(), show(right)),
        ExprKind::Is { value, ty } => {
            format!("({} is {:?})", show(value), std::mem::discriminant(&ty.kind))
                .split(" is ")
                .next()
                .unwrap()
                .to_owned()
                + " is T)"
        }
        ExprKind::If { cond, then, otherwise } => {
            format!("(if {} then {} else {})", show(cond), show(then), show(otherwise))
        }
        other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
    }
}

fn one_expr(text: &str) -> String {
    show(&parse_expr(SourceId::default(), text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")))
}

#[test]
fn operators_bind_as_the_language_says() {
    for (text, wanted) in [
        ("a or b and c", "(a or (b and c))"),
        ("not a == b", "(not (a == b))"),
        ("not a and b", "((not a) and b)"),
        ("not not a", "(not (not a))"),
        ("a ?? b == c", "((a ?? b) == c)"),
        ("a ?? b + 1 < 3 and not b == 2 or - b < 3", "((((a ?? (b + 1)) < 3) and (not (b == 2))) or ((-b) < 3))"),
        ("a - b - c", "((a - b) - c)"),
        ("a ++ b * c / d", "(a ++ ((b * c) / d))"),
        ("a not in b", "(a not in b)"),
        ("not a in b", "(not (a in b))"),
        ("-a.b?.c[0](x, .y)", "(-a.b?.c[0](x, .y))"),
        ("- - a", "(-(-a))"),
        ("a is string and b", "((a is T) and b)"),
        ("not a is Pod | Job", "(not (a is T))"),
        ("(a == b) == c", "((a == b) == c)"),
        ("if a then b else c or d", "(if a then b else (c or d))"),
        ("x + if a then b else c + 1", "(x + (if a then b else (c + 1)))"),
        ("a == if b then c else d", "(a == (if b then c else d))"),
    ] {
        assert_eq!(one_expr(text), wanted, "{text}");
    }
}

#[test]
fn parentheses_are_no_part_of_a_span_but_of_what_stands_round_it() {
    let text = " ((a)  + b ) * c // end";
    let product = parse_expr(SourceId::default(), text).unwrap();
    assert_eq!(at(text, product.span), "((a)  + b ) * c");
    let ExprKind::Binary { left, .. } = &product.kind else { panic!() };
    assert_eq!(at(text, left.span), "(a)  + b");
    let ExprKind::Binary { left, .. } = &left.kind else { panic!() };
    assert_eq!(at(text, left.span), "a");
}

#[test]
fn every_name_stands_where_its_span_says() {
    let shown = format!("{:?}", parse(SourceId::default(), FORMS).module);
    let mut seen = 0;
    for part in shown.split("Ident { name: \"").skip(1) {
        let (name, rest) = part.split_once('"').unwrap();
        let number = |key: &str| -> usize {
            let digits = rest.split_once(key).unwrap().1;
            digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap()].parse().unwrap()
        };
        let text = &FORMS[number("start: ")..number("end: ")];
        assert!(text == name || text == format!("\"{name}\""), "{text} is not {name}");
        seen += 1;
    }
    assert!(seen > 100);
}

#[test]
fn strings_are_decoded_and_their_holes_have_places() {
    let text = r#""a\n\"\\\u{e9}{{x}}{c.name}{"in {d}"}""#;
    let expr = parse_expr(SourceId::default(), text).unwrap();
    let ExprKind::Str(parts) = &expr.kind else { panic!() };
    let [StrPart::Text(head), StrPart::Hole(name), StrPart::Hole(inner)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    assert_eq!(&**head, "a\n\"\\é{x}");
    assert_eq!(at(text, name.span), "c.name");
    let ExprKind::Str(parts) = &inner.kind else { panic!() };
    let [StrPart::Text(_), StrPart::Hole(d)] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(at(text, d.span), "d");
    for (text, wanted) in [("r\"\\d{2}\"", "\\d{2}"), ("\"\"\"a\n\"b\" {{}}\"\"\"", "a\n\"b\" {}"), ("\"\"", "")] {
        let ExprKind::Str(parts) = parse_expr(SourceId::default(), text).unwrap().kind else { panic!() };
        let decoded: String =
            parts.iter().map(|part| if let StrPart::Text(text) = part { &**text } else { "?" }).collect();
        assert_eq!(decoded, wanted);
    }
}

#[test]
fn documents_lose_their_common_indentation_and_keep_their_places() {
    let text = "yaml\"\"\"\n    a: 1\n\n      b: é\n  \"\"\"";
    let expr = parse_expr(SourceId::default(), text).unwrap();
    let ExprKind::DocText { text: document, inner, .. } = &expr.kind else { panic!() };
    let raw = at(text, *inner);
    assert_eq!(&**document, "\na: 1\n\n  b: é\n");
    for (offset, c) in document.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        assert!(raw[strings::dedented_offset(raw, offset)..].starts_with(c));
    }
    assert_eq!(strings::dedent("a\n  b\n    c"), "a\nb\n  c");
    assert_eq!(strings::dedent("\n\ta\n  b"), "\n\ta\n  b");
    assert_eq!(strings::dedent("\r\n  a\r\n\r\n  b\r\n"), "\r\na\r\n\r\nb\r\n");
}

#[test]
fn numbers_and_durations_have_values() {
    let value = |text: &str| parse_expr(SourceId::default(), text).unwrap().kind;
    assert!(matches!(value("1_000"), ExprKind::Int(1000)));
    assert!(matches!(value("1.5"), ExprKind::Float(f) if f == 1.5));
    assert!(matches!(value("2w"), ExprKind::Duration(1_209_600_000_000_000)));
    assert!(matches!(value("500ms"), ExprKind::Duration(500_000_000)));
    for text in ["9223372036854775808", "99999999999w"] {
        let errors = parse_expr(SourceId::default(), text).unwrap_err();
        assert_eq!(errors[0].code, Code::Number, "{text}");
    }
}

#[test]
fn keys_are_text_but_in_comprehensions() {
    let kind = |text: &str| parse_expr(SourceId::default(), text).unwrap().kind;
    let ExprKind::Record(entries) = kind("{a // c\n : 1, \"b {x}\": 2, in: 3}") else { panic!() };
    let words: Vec<_> = entries.iter().map(|(key, _)| (key.word, key.parts.len())).collect();
    assert_eq!(words, [(true, 1), (false, 2), (true, 1)]);
    assert!(matches!(&entries[0].0.parts[0], StrPart::Text(text) if &**text == "a"));
    let ExprKind::MapComp { key, .. } = kind("{a: b for a, b in c}") else { panic!() };
    assert!(matches!(key.kind, ExprKind::Name(_)));
    assert!(matches!(kind("{}"), ExprKind::EmptyBrace));
    assert!(matches!(kind("{a}"), ExprKind::Set(_)));
    let errors = parse_expr(SourceId::default(), "{1: 2}").unwrap_err();
    assert_eq!(errors[0].title, "a key is a word or a string");
}

#[test]
fn signatures_of_built_ins_are_read_alone() {
    let shape = parse_signature("(s: string, prefix: list<T>? = null) -> map<K, V>").unwrap();
    assert_eq!(shape.params.len(), 2);
    assert!(shape.params[1].default.is_some());
    assert_eq!(parse_signature("(s: string)").unwrap_err()[0].code, Code::MissingType);
}

/// A text, its code, and the beginning of its title.
const WRONG: &[(&str, &str)] = &[
    ("let a = 1 < 2 < 3", "E0108 comparisons do not chain"),
    ("let a = b is C == d", "E0108 comparisons do not chain"),
    ("let a = b + not c", "E0108 `not` reaches too far"),
    ("let a = -not c", "E0108 `not` reaches too far"),
    ("let a = if b then c", "E0114 `if … then …` has no `else`"),
    ("let for = 1", "E0107 `for` is a reserved word"),
    ("fn match(a: int) -> int = a", "E0107 `match` is a reserved word"),
    ("let a = {in: x for x in y}", "E0107 `in` is a reserved word"),
    ("fn f(a: int) -> int { let b = a b + 1 }", "E0112 the block does not end with `return`"),
    ("fn f(a: int) -> int { let b = a (b + 1) }", "E0112 the block does not end with `return`"),
    ("fn f(a: int) -> int { if a == 1 a return 2 }", "E0112 `if` in a block needs `return`"),
    ("fn f(a: int) -> int { return a let b = 1 }", "E0112 nothing may stand behind the last `return`"),
    ("fn f(a: int) = a", "E0113 the function has no result type"),
    ("fn f(a, b: int) -> int = a", "E0113 `a` has no type"),
    ("param p = 1", "E0113 `p` has no type"),
    ("data d", "E0113 `d` has no type"),
    ("let a = sorted(xs, x => x.name)", "E0109 there are no lambdas"),
    ("let a = xs |> f(1)", "E0109 there is no pipe"),
    ("const a = 1", "E0109 `const` begins nothing here"),
    ("let a = b && c", "E0109 `&&` is written `and`"),
    ("let a = b || c", "E0109 `||` is written `or`"),
    ("let a = !b", "E0109 `!` is written `not`"),
    ("let a = b === c", "E0109 `===` is written `==`"),
    ("let a = b ? c : d", "E0109 `a ? b : c` is written"),
    ("let a = 'b'", "E0109 strings stand in double quotes"),
    ("# comment\nlet a = 1", "E0109 `#` begins no comment"),
    ("let a = 1 /* b */", "E0109 comments end with their line"),
    ("let a = b = c", "E0109 `=` does not compare"),
    ("policy p { on Pod as x deny \"m\" fix { set x.a = 1 } }", "E0109 a fix has no braces"),
    ("let a = [x if x > 1]", "E0101 a comprehension begins with `for`"),
    ("policy p { on Pod as x deny \"m\" if a then b else c }", "E0111 `if … then …` is an expression"),
    ("policy p { on Pod as x deny \"m\" at x.a let b = 1 }", "E0110 `let` stands behind `at`"),
    ("policy p { on Pod as x deny \"m\" param a: int = 1 }", "E0110 `param` stands below a rule"),
    ("policy p { on Pod as x id = \"A-1\" }", "E0110 `id` belongs to the header"),
    ("policy p { on Pod as x at x.a }", "E0110 `at` belongs to a rule"),
    ("policy p { on Pod as x deny \"m\" at x.a at x.b }", "E0110 a rule has one `at`"),
    ("policy p { on Pod as x fn f() -> int = 1 }", "E0110 `fn` is an item of the file"),
    ("let a = 1\nuse b.c", "E0110 `use` stands below an item"),
    ("let a = 1\n/// nothing", "E0110 the doc comment describes nothing"),
    ("let a = /// no\n1", "E0110 the doc comment describes nothing"),
    ("policy p { on Pod deny \"m\" }", "E0114 `on` gives the object no name"),
    ("policy p { on Pod as x deny if x.a }", "E0114 the rule has no message"),
    ("policy p { on Pod as x except if x.a deny \"m\" }", "E0114 `except` gives no reason"),
    ("policy p { severity = severe on Pod as x }", "E0101 `severe` is no severity"),
    ("policy p { on Pod as x deny hihg \"m\" }", "E0101 `hihg` is no severity"),
    ("test { expect pass }", "E0114 the test has no name"),
    ("let a = match x { }", "E0114 the `match` has no arms"),
    ("let a = match x { Pod p q => 1 }", "E0101 expected `=>`, found `q`"),
    ("let a = x is 1 + 2", "E0101 expected a type, found `1`"),
    ("type A = string??", "E0101 `T??` is `T?`"),
    ("let a = {b: }", "E0101 expected an expression, found `}`"),
    ("let a = {1, 2: 3}", "E0101 a `{…}` is either a set or a map"),
    ("let a = {b: 1, 2}", "E0101 a `{…}` is either a set or a map"),
    ("let a = [1 2]", "E0101 expected `,`, `]` or `for`, found `2`"),
    ("let a = 12abc", "E0106 `12abc` is no number"),
    ("let a = \"\\d\"", "E0105 `\\d` is no escape"),
    ("let a = \"\\u{d800}\"", "E0105 `\\u{d800}` is no Unicode character"),
    ("let a = \"b } c\"", "E0105 a single `}` stands in a string"),
    ("let a = \"{}\"", "E0105 the hole in the string is empty"),
    ("let a = \"{c.name\"", "E0104 the hole in the string is not closed"),
    ("let a = \"b\nc\"", "E0104 the string is not closed on its line"),
    ("let a = \"\"\"b", "E0104 the string is not closed"),
    ("let a = yaml\"\"\"b", "E0104 the string is not closed"),
    ("let a = 1 )", "E0104 `)` closes nothing"),
    ("let a = f(1, 2", "E0104 the bracket is not closed"),
    ("policy p { deny \"m\"", "E0104 the bracket is not closed"),
    ("polcy p { }", "E0101 `polcy` begins nothing that stands here"),
    ("let a\u{a0}= 1", "E0101 U+00A0 is no blank of the language"),
    ("\u{feff}let a = 1", "E0101 U+FEFF is no blank of the language"),
    ("let a =", "E0101 expected an expression, found the end of the text"),
];

#[test]
fn each_mistake_is_told_once_in_the_words_of_the_author() {
    for (text, wanted) in WRONG {
        let told = titles(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].starts_with(wanted), "{text}:\n{}\nbut wanted {wanted}", told[0]);
    }
}

#[test]
fn no_message_has_words_of_the_parser() {
    for text in WRONG.iter().map(|(text, _)| *text).chain([MISTAKES]) {
        for error in errors(text) {
            let said = format!("{} {:?} {:?} {:?}", error.title, error.labels, error.help, error.notes);
            for word in ["l_brace", "any_type", "EOI", "invalid", "unexpected", "_expr", "op_"] {
                assert!(!said.contains(word), "{said}");
            }
        }
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_in_one_run() {
    let mut sources = SourceMap::default();
    let id = sources.add("mistakes.plim", MISTAKES);
    let parsed = parse(id, MISTAKES);
    insta::assert_snapshot!(render_all(&parsed.diagnostics, &sources, Colour::Never));
    // What can be read is there: the policies and the functions, for their names are used elsewhere.
    let count = |wanted: fn(&ItemKind) -> bool| parsed.module.items.iter().filter(|item| wanted(&item.kind)).count();
    assert_eq!(count(|kind| matches!(kind, ItemKind::Policy(_))), 2);
    assert_eq!(count(|kind| matches!(kind, ItemKind::Test(_))), 2);
}

#[test]
fn fifty_mistakes_in_five_policies_are_fifty_errors() {
    let parts = [
        "let a = 1 && 2",
        "let b = [1 2]",
        "if a === 1",
        "for x of xs",
        "if \"\\q\" == a",
        "let c = 5x",
        "if a then b",
        "let d = {a: }",
        "fix change",
        "at x y",
    ];
    let policy = |n: usize| {
        let rules: Vec<_> = parts.iter().map(|part| format!("    deny \"m\"\n        {part}\n")).collect();
        format!("policy p{n} {{\n    id = \"X-{n}\"\n    severity = low\n    on Pod as x\n{}}}\n\n", rules.join(""))
    };
    let text: String = (0..5).map(policy).collect();
    let errors = errors(&text);
    let lines: Vec<usize> = errors.iter().map(|e| text[..e.span().start as usize].matches('\n').count() + 1).collect();
    let wanted: Vec<usize> =
        (1..).zip(text.lines()).filter(|(_, line)| parts.contains(&line.trim())).map(|(n, _)| n).collect();
    assert_eq!(wanted.len(), 50);
    assert_eq!(lines, wanted);
}

#[test]
fn a_missing_brace_costs_no_other_item() {
    let text = "policy a {\n    on Pod as x\n    deny \"m\" if (x\n    deny \"n\"\n\nfn f() -> int = 1\n\npolicy b {\n    on Pod as y\n}\n";
    let parsed = parse(SourceId::default(), text);
    assert_eq!(parsed.module.items.len(), 3);
    assert!(parsed.diagnostics.iter().all(|d| d.code == Code::Unclosed), "{:?}", parsed.diagnostics);
}

#[test]
fn nesting_without_end_is_an_error_and_no_overflow() {
    let many = 200_000;
    let opened = [
        "(",
        "[",
        "{",
        "not ",
        "-",
        "\"{",
        "f(",
        "x[",
        "{a: ",
        "if ",
        "if a then ",
        "if a then b else ",
        "match x { a => ",
        "any(x for x in ",
        "\"\"\"{",
        "[{(",
    ];
    for unit in opened {
        let text = format!("let a = {}x", unit.repeat(if unit.len() == 1 { many } else { many / 4 }));
        let told = titles(&text);
        assert!(told.iter().any(|title| title.starts_with("E0102")), "{unit}: {:?}", told.first());
        assert!(told.len() < 4, "{unit}: {told:?}");
    }
    for unit in ["list<", "map<a, ", "{a: ", "{a: list<"] {
        assert!(titles(&format!("type A = {}", unit.repeat(many / 4)))[0].starts_with("E0102"), "{unit}");
    }
    for chain in [" or x", " + 1", ".y", "(1)", "[0]", " ?? x"] {
        assert!(titles(&format!("let a = x{}", chain.repeat(many / 10)))[0].starts_with("E0102"), "{chain}");
    }
    assert!(!errors(&")".repeat(many)).is_empty());
}

#[test]
fn conditional_expressions_of_other_items_do_not_add_up() {
    let one = |i: usize| format!("fn f{i}(a: int) -> int = if a > 1 then a else if a > 0 then 1 else 2\n");
    assert_eq!(titles(&(0..300).map(one).collect::<String>()), [""; 0]);
    let one = |i: usize| format!("let v{i} = if true then 1 else 2\ntype T{i} = int\n");
    assert_eq!(titles(&(0..300).map(one).collect::<String>()), [""; 0]);
}

#[test]
fn what_is_nested_as_deep_as_allowed_is_read() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{a: ", "1", "}"),
        ("f(", "1", ")"),
        ("any(", "1", " for x in y)"),
        ("match x { else => ", "1", "}"),
        ("if a then ", "1", " else 2"),
        ("if a then 1 else ", "2", ""),
    ] {
        let text = |deep: usize| format!("let a = {}{inner}{}", open.repeat(deep), close.repeat(deep));
        assert_eq!(titles(&text(127)), [""; 0], "{open}");
        let formatted = crate::syntax::format(&text(100)).unwrap();
        assert_eq!(crate::syntax::format(&formatted).unwrap(), formatted, "{open}");
        assert!(titles(&text(129))[0].starts_with("E0102"), "{open}");
    }
    assert_eq!(titles(&format!("let a = x{}", " or x".repeat(390))), [""; 0]);
    // Many conditions and elements side by side are not deep.
    let clauses = "if a\nif b and (if c then d else e)\n".repeat(2_000);
    assert_eq!(titles(&format!("policy p {{ on Pod as x deny \"m\" {clauses} }}")), [""; 0]);
    assert_eq!(titles(&format!("let a = [{}]", "if a then b else c, ".repeat(2_000))), [""; 0]);
    assert_eq!(titles(&format!("let a = [{}]", "x is map<a, list<b>>, ".repeat(2_000))), [""; 0]);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let text = " ".repeat(MAX_SOURCE + 1);
    assert_eq!(errors(&text)[0].code, Code::SourceSize);
    assert_eq!(parse_expr(SourceId::default(), &text).unwrap_err()[0].code, Code::SourceSize);
}

#[test]
fn the_long_texts_of_the_codes_show_what_they_say() {
    for code in Code::ALL.iter().filter(|code| code.id().starts_with("E01")) {
        let examples: Vec<_> =
            code.text().split("```plim\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        let (right, wrong) = examples.split_last().unwrap_or_else(|| panic!("{} has no example", code.id()));
        assert_eq!(titles(right), [""; 0], "{}", code.id());
        assert_eq!(wrong.is_empty(), *code == Code::SourceSize);
        for wrong in wrong {
            let line = |offset: u32| wrong[..offset as usize].matches('\n').count();
            let found: Vec<_> = errors(wrong).iter().map(|d| (line(d.span().start), d.code.id())).collect();
            let marked = wrong.lines().position(|text| text.contains(&format!("// error: [{}]", code.id())));
            assert_eq!(found, [(marked.unwrap(), code.id())], "{}", code.id());
        }
    }
}

/// A text with some of its pieces gone, doubled, or put elsewhere.
fn mangled(text: &str, edits: &[(usize, usize, u8)]) -> String {
    let mut text = text.to_owned();
    for (place, length, what) in edits {
        let start = text.floor_char_boundary(place % (text.len() + 1));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        let piece = text[start..end].to_owned();
        match what % 4 {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(start, &piece),
            2 => text
                .insert_str(start, ["\"", "{", "}", "(", "\"\"\"", "é", " if ", "\u{0}", "\n/// d\n", "'"][place % 10]),
            _ => text.insert_str(text.floor_char_boundary(length * 37 % (text.len() + 1)), &piece),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_text_it_is_read_or_told_where_not(
        edits in prop::collection::vec((0usize..5_000, 0usize..40, any::<u8>()), 1..12),
    ) {
        let text = mangled(FORMS, &edits);
        let parsed = parse(SourceId::default(), &text);
        let mut before = 0;
        for error in &parsed.diagnostics {
            prop_assert!(!error.labels.is_empty());
            for label in &error.labels {
                prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "{error:?}");
            }
            prop_assert!(error.span().start >= before);
            before = error.span().start;
        }
        prop_assert_eq!(crate::syntax::format(&text).is_ok(), parsed.diagnostics.is_empty());
    }
}
