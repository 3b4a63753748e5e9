//! What a test expects, held against the decision. A failure says what was expected, and what came instead.

use super::run::Case;
use plimsoll_dsl::hir::{Expect, PolicyId};
use plimsoll_dsl::source::Span;
use plimsoll_dsl::syntax::ast::RuleAction;
use plimsoll_engine::decision::{Action, Decision, Finding};
use std::fmt::Write as _;

/// Compares all expectations but `fixed`.
pub(super) fn compare(case: &mut Case<'_>, decision: &Decision) {
    let mut error_expected = false;
    for (expect, span) in &case.test.expects {
        match expect {
            Expect::Fixed(_) => {}
            Expect::Error => {
                error_expected = true;
                if decision.errors.is_empty() {
                    let came = came(case, decision, None);
                    case.fail(*span, format!("expected an error, and there was none\n{came}"));
                }
            }
            Expect::Pass(policy) => pass(case, decision, *policy, *span),
            Expect::Skip(policy) => skip(case, decision, *policy, *span),
            Expect::Finding { .. } => finding(case, decision, expect, *span),
        }
    }
    if !error_expected && !decision.errors.is_empty() {
        let mut message = String::from("an error that the test does not expect");
        for error in &decision.errors {
            let place =
                error.pointer.as_deref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(" at {p}"));
            let policy = error.policy.as_ref().map_or(String::new(), |p| format!(" in {p}"));
            // Writing to a string cannot fail.
            let _ = write!(message, "\n  [{}] {}{policy}{place}", error.code, error.message);
        }
        case.fail(case.test.span, message);
    }
}

fn pass(case: &mut Case<'_>, decision: &Decision, policy: Option<PolicyId>, span: Span) {
    let found: Vec<&Finding> = decision.findings.iter().filter(|f| concerns(case, f, policy)).collect();
    if !found.is_empty() {
        let what = policy.map_or_else(|| "no finding".to_owned(), |p| format!("no finding of {}", name(case, p)));
        let came = list(&found);
        case.fail(span, format!("expected {what}, and there is:\n{came}"));
    }
}

fn skip(case: &mut Case<'_>, decision: &Decision, policy: Option<PolicyId>, span: Span) {
    let wanted = policy.map(|p| name(case, p));
    if !decision.skipped.iter().any(|s| wanted.as_ref().is_none_or(|name| s.policy == *name)) {
        let what = wanted.map_or_else(|| "a skip".to_owned(), |name| format!("a skip of {name}"));
        let came = came(case, decision, policy);
        case.fail(span, format!("expected {what}, and there is none\n{came}"));
    }
}

fn finding(case: &mut Case<'_>, decision: &Decision, expect: &Expect, span: Span) {
    let Expect::Finding { action, policy, at, message, count } = expect else { return };
    let (action, policy) = (action_of(*action), *policy);
    let fits = |f: &&Finding| {
        f.action == action
            && concerns(case, f, policy)
            && at.as_deref().is_none_or(|at| f.pointer == at)
            && message.as_deref().is_none_or(|m| f.message == m)
    };
    let found = decision.findings.iter().filter(fits).count() as u64;
    let enough = count.map_or(found > 0, |n| found == n);
    if enough {
        return;
    }
    let mut wanted = format!("{} {}", action.name(), policy.map_or_else(String::new, |p| name(case, p)));
    for (word, text) in [("at", at), ("message", message)] {
        if let Some(text) = text {
            let _ = write!(wanted, " {word} {text:?}");
        }
    }
    if let Some(count) = count {
        let _ = write!(wanted, " count {count}");
    }
    let came = came(case, decision, policy);
    case.fail(span, format!("expected  {}\nfound {found} that fit\n{came}", wanted.trim_end()));
}

/// True if a finding is of the policy, or of one that the test judges.
fn concerns(case: &Case<'_>, finding: &Finding, policy: Option<PolicyId>) -> bool {
    let policies = &case.bundle.program.policies;
    match policy {
        Some(policy) => policies.get(policy.0 as usize).is_some_and(|p| p.name == finding.policy),
        None => policies.iter().position(|p| p.name == finding.policy).is_some_and(|i| case.judged.contains(&i)),
    }
}

fn name(case: &Case<'_>, policy: PolicyId) -> String {
    case.bundle.program.policies.get(policy.0 as usize).map_or_else(String::new, |p| p.name.clone())
}

/// What there is instead: findings and skips.
fn came(case: &Case<'_>, decision: &Decision, policy: Option<PolicyId>) -> String {
    let found: Vec<&Finding> = decision.findings.iter().filter(|f| concerns(case, f, policy)).collect();
    let mut out = if found.is_empty() { "  there is no finding".to_owned() } else { list(&found) };
    for skipped in &decision.skipped {
        let _ = write!(out, "\n  skip {} {:?}", skipped.policy, skipped.reason);
    }
    for suppressed in &decision.suppressed {
        let _ = write!(out, "\n  suppressed {} at {:?}", suppressed.finding.policy, suppressed.finding.pointer);
    }
    out
}

fn list(findings: &[&Finding]) -> String {
    let line = |f: &&Finding| format!("  {} {} at {:?} message {:?}", f.action.name(), f.policy, f.pointer, f.message);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn action_of(action: RuleAction) -> Action {
    match action {
        RuleAction::Deny => Action::Deny,
        RuleAction::Warn => Action::Warn,
        RuleAction::Audit => Action::Audit,
    }
}
