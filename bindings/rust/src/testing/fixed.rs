//! `expect fixed`, and what holds for every fix: it raises no new finding of the bundle.

use super::TestOptions;
use super::run::{Case, Documents, options};
use plimsoll_dsl::hir::Expect;
use plimsoll_engine::decision::{Decision, Finding, patch};
use plimsoll_engine::document::{Document, Limits, NodeId};
use plimsoll_engine::engine::Engine;
use plimsoll_engine::inventory::Inventory;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// Rounds until nothing changes any more, as `scan --fix` does it.
const ROUNDS: usize = 10;

/// Compares the fixed input with what is expected, and looks for new findings.
pub(super) fn compare(case: &mut Case<'_>, empty: &Inventory, documents: &Documents, decision: &Decision) {
    let fixable = decision.findings.iter().any(|f| f.fix.is_some());
    let span = case.test.expects.iter().find(|(e, _)| matches!(e, Expect::Fixed(_))).map(|(_, span)| *span);
    if !fixable && span.is_none() {
        return;
    }
    let fixed = apply(case, documents, decision);
    if let Some(span) = span {
        let test = case.test;
        match case.values(empty, &test.fixed, "fixed") {
            Err(failure) => case.failures.push(failure),
            Ok((_, errors)) if !errors.is_empty() => {
                let error = errors.first().map(ToString::to_string).unwrap_or_default();
                case.fail(span, format!("the expected document can't be read: {error}"));
            }
            Ok((expected, _)) => {
                let values = |documents: &[Arc<Document>]| -> Vec<Value> {
                    documents.iter().map(|d| d.to_json(NodeId::ROOT)).collect()
                };
                let (expected, came) = (values(&expected), values(&fixed.input));
                if expected != came {
                    case.fail(
                        span,
                        format!("the fixed input is not as expected (- expected, + came)\n{}", diff(&expected, &came)),
                    );
                }
            }
        }
    }
    if fixable {
        new_findings(case, documents, &fixed);
    }
}

/// The input after all fixes of the policies that are judged.
fn apply(case: &mut Case<'_>, documents: &Documents, decision: &Decision) -> Documents {
    let mut fixed = documents.clone();
    let mut findings = decision.findings.clone();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for document in &mut fixed.input {
            let steps: Vec<_> = findings.iter().flat_map(|f| steps_for(f, document)).collect();
            let mut value = document.to_json(NodeId::ROOT);
            let before = value.clone();
            patch::combine(&mut value, &steps);
            if value == before {
                continue;
            }
            let name = document.source().name.clone();
            if let Ok(new) = Document::from_value(&name, &value, Limits::default(), &case.engine.symbols()) {
                *document = Arc::new(new);
                changed = true;
            }
        }
        if !changed {
            break;
        }
        let mut evaluator = case.engine.evaluator();
        findings = case.decide_with(&mut evaluator, &fixed).findings;
    }
    fixed
}

/// The steps of a finding's fix in a document.
fn steps_for(finding: &Finding, document: &Document) -> Vec<patch::FixStep> {
    let Some(fix) = &finding.fix else { return Vec::new() };
    let here = fix.edits.iter().all(|e| e.file == document.source().name && e.document == document.index());
    if here { fix.steps.clone() } else { Vec::new() }
}

/// Findings of the whole bundle that the fixed input has and the input had not.
fn new_findings(case: &mut Case<'_>, documents: &Documents, fixed: &Documents) {
    // Policies that ask for data that the test does not give can't be asked.
    let told = TestOptions { coverage: false, ..case.told.clone() };
    let Ok(engine) = Engine::new(&case.bundle.program, options(case.bundle, case.test, None, &told)) else { return };
    let all = |documents: &Documents| case.decide_with(&mut engine.evaluator(), documents).findings;
    let key = |f: &Finding| (f.id.clone(), f.pointer.clone(), f.message.clone());
    let before: BTreeSet<_> = all(documents).iter().map(key).collect();
    let new: Vec<String> = all(fixed)
        .iter()
        .filter(|f| !before.contains(&key(f)))
        .map(|f| format!("  {} {} at {:?} message {:?}", f.action.name(), f.policy, f.pointer, f.message))
        .collect();
    if !new.is_empty() {
        case.fail(case.test.span, format!("the fix raises a finding that was not there\n{}", new.join("\n")));
    }
}

/// Two lists of documents as text, line by line.
pub(super) fn diff(expected: &[Value], came: &[Value]) -> String {
    let text = |values: &[Value]| {
        let one = |value: &Value| serde_json::to_string_pretty(&sorted(value)).unwrap_or_default();
        values.iter().map(one).collect::<Vec<_>>().join("\n---\n")
    };
    let (expected, came) = (text(expected), text(came));
    let diff = TextDiff::from_lines(&expected, &came);
    let mut out = String::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "  {sign} {}", change.value().trim_end_matches('\n'));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Members in order of their names, so that only what differs shows.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            names.into_iter().filter_map(|n| Some((n.clone(), sorted(members.get(n)?)))).collect()
        }
        other => other.clone(),
    }
}
