//! The long texts of the codes: the wrong example has exactly the errors that its lines are marked with, and looks as
//! its snapshot shows; the mended one has none.

use super::*;
use crate::compiler::{Bundle, Compiler};
use crate::diagnostic::Code;

/// The codes whose texts are tested here.
fn own() -> impl Iterator<Item = Code> {
    let own = ["E02", "E03", "E04", "E06"];
    Code::ALL.iter().copied().filter(move |code| own.iter().any(|prefix| code.id().starts_with(prefix)))
}

/// The fenced examples of a text.
fn examples(text: &str) -> Vec<&str> {
    text.split("```plim\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The files of an example: one, or several with a `// file:` line above each.
fn compile(example: &str) -> Bundle {
    let mut compiler = Compiler::default().files(|_, path| (path != "missing.yaml").then(|| "{}".into()));
    if example.starts_with("// file: ") {
        for part in example.split("// file: ").skip(1) {
            let (path, text) = part.split_once('\n').unwrap();
            compiler = compiler.file(path, text);
        }
    } else {
        compiler = compiler.text("example.plim", example);
    }
    compiler.check()
}

/// What the lines of a bundle say: source, line, code.
fn marked(bundle: &Bundle) -> Vec<(u32, u32, String)> {
    let mut out = vec![];
    for (id, source) in bundle.sources.iter() {
        for (line, text) in (1..).zip(source.text.lines()) {
            if let Some((_, mark)) = text.split_once("// error: [") {
                out.push((id.0, line, mark.split(']').next().unwrap().to_string()));
            }
        }
    }
    out
}

fn found(bundle: &Bundle) -> Vec<(u32, u32, String)> {
    let one = |d: &Diagnostic| (d.span().source.0, bundle.sources.position(d.span()).line, d.code.id().to_string());
    bundle.diagnostics.iter().map(one).collect()
}

fn shown(bundle: &Bundle) -> String {
    let all: Vec<String> = bundle.diagnostics.iter().map(|d| render(d, &bundle.sources, Colour::Never)).collect();
    all.join("\n\n")
}

#[test]
fn the_wrong_example_is_wrong_and_the_mended_one_is_right() {
    let (mut without, mut odd) = (vec![], vec![]);
    for code in own() {
        match examples(code.text()).as_slice() {
            [wrong, right] => {
                let wrong = compile(wrong);
                if found(&wrong) != marked(&wrong) || !found(&wrong).iter().any(|f| f.2 == code.id()) {
                    odd.push(format!("{}: the wrong example gives\n{}", code.id(), shown(&wrong)));
                    continue;
                }
                let right = compile(right);
                if right.hir.is_none() {
                    odd.push(format!("{}: the mended example gives\n{}", code.id(), shown(&right)));
                }
                insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
                    insta::assert_snapshot!(code.id(), shown(&wrong));
                });
            }
            [] => without.push(code.id()),
            other => panic!("{}: {} examples", code.id(), other.len()),
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n\n"));
    assert_eq!(without, ["E0210", "E0321"], "these need what no example has room for; they are tested below");
}
