//! Each lint's long text shows what it finds and what it does not: both examples are compiled.

use plimsoll_dsl::compiler::Compiler;
use plimsoll_dsl::diagnostic::Code;
use plimsoll_dsl::lint::lint;

/// The `plim` blocks of a text.
fn examples(text: &str) -> Vec<&str> {
    text.split("```plim\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn codes(example: &str) -> Vec<&'static str> {
    let std = include_str!("../../stdlib-policies/std/workload.plim");
    let bundle = Compiler::default().file("std/workload.plim", std).text("example.plim", example).check();
    assert!(bundle.hir.is_some(), "{example}\n{:#?}", bundle.diagnostics);
    let Some(hir) = bundle.hir.as_ref() else { return vec![] };
    lint(hir, &bundle.modules, &bundle.schema, &bundle.sources).iter().map(|d| d.code.id()).collect()
}

#[test]
fn each_lint_finds_its_example_and_nothing_in_the_mended_one() {
    let mut seen = 0;
    for code in Code::ALL.iter().filter(|code| code.id().starts_with('W')) {
        let examples = examples(code.text());
        let [wrong_text, mended_text] = examples.as_slice() else {
            assert_eq!(examples.len(), 2, "{}", code.id());
            continue;
        };
        let (wrong, mended) = (codes(wrong_text), codes(mended_text));
        assert!(wrong.contains(&code.id()), "{} is not found in\n{}\nbut {wrong:?}", code.id(), wrong_text);
        assert!(!mended.contains(&code.id()), "{} is found in\n{}", code.id(), mended_text);
        seen += 1;
    }
    assert_eq!(seen, 12);
}
