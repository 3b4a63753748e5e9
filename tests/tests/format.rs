//! The formatter over random programs: a formatted text is what formatting makes of it again, and means the same.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use plimsoll_dsl::compile::{self, Options};
use plimsoll_dsl::syntax::format::format;
use plimsoll_engine::program::Program;
use plimsoll_tests::differ::{Case, check};
use plimsoll_tests::generate::Programs;

/// The bytecode of a text without what says where in the text it stands; none where the checker refuses it.
fn program(text: &str) -> Option<Program> {
    let case = Case { sources: vec![("case.plim".into(), text.into())], ..Case::default() };
    let bundle = check(&case);
    let hir = bundle.hir.as_ref()?;
    let compiled = compile::compile(hir, &bundle.schema, &bundle.sources, &Options::default()).unwrap();
    let mut program = compiled.program;
    program.functions.iter_mut().for_each(|f| f.lines.clear());
    program.rules.iter_mut().for_each(|r| r.source = Default::default());
    for policy in &mut program.policies {
        // A default and a condition are shown as they were written.
        policy.params.iter_mut().for_each(|p| p.default_text.clear());
        policy.enabled.iter_mut().for_each(|(_, text)| text.clear());
    }
    Some(program)
}

/// The first lines that are not the same, and those before.
fn differs(a: &str, b: &str) -> Option<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let at = (0..a.len().max(b.len())).find(|i| a.get(*i) != b.get(*i))?;
    let part = |lines: &[&str]| lines.iter().skip(at.saturating_sub(4)).take(9).copied().collect::<Vec<_>>().join("\n");
    Some(format!("{}\n--- again\n{}", part(&a), part(&b)))
}

#[test]
fn a_formatted_program_means_the_same() {
    let programs = Programs::new();
    let mut compared = 0;
    for seed in 1..=100 {
        let text = programs.case(seed).sources.remove(0).1;
        let Some(before) = program(&text) else { continue };
        let formatted = format(&text).unwrap_or_else(|e| panic!("seed {seed}: {e:?}"));
        let again = format(&formatted).unwrap_or_else(|e| panic!("seed {seed}: {e:?}\n{formatted}"));
        if let Some(difference) = differs(&formatted, &again) {
            panic!("seed {seed}: formatting again changes it:\n{difference}");
        }
        let after = program(&formatted).unwrap_or_else(|| panic!("seed {seed}: refused once formatted:\n{formatted}"));
        assert_eq!(
            format!("{before:?}"),
            format!("{after:?}"),
            "seed {seed}: another program:\n{text}\n---\n{formatted}"
        );
        compared += 1;
    }
    assert!(compared > 80, "only {compared} programs were compared");
}
