//! Messages of policies that are `sensitive`.

use super::{Subject, is_library};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::expr::{Clause, Expr, ExprKind, TextPart};
use crate::hir::{LocalId, Member, Policy};
use crate::syntax::ast::BinaryOp;

/// Fields whose values say what something is called.
const NAMES: [&str; 5] = ["name", "namespace", "kind", "apiVersion", "key"];

/// A hole with a value of a document in a message of a `sensitive` policy.
pub(super) fn quoted_value(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for policy in subject.hir.policies.iter().filter(|p| p.sensitive && !is_library(&p.module)) {
        for rule in &policy.rules {
            let ExprKind::Text(parts) = &rule.message.kind else { continue };
            for part in parts {
                if let TextPart::Value(value) = part
                    && quotes(policy, &rule.clauses, value)
                {
                    found.push(
                        Diagnostic::warning(Code::SensitiveHole, "the message quotes a value of the document")
                            .at(value.span, "the policy is `sensitive`")
                            .help("name the key or the place instead; the finding points at the value"),
                    );
                }
            }
        }
    }
}

/// True for a value of a document: a field, an item, or what a `for` bound to one.
fn quotes(policy: &Policy, clauses: &[Clause], value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Field { field, .. } => !NAMES.contains(&&**field),
        ExprKind::Index { .. } => true,
        ExprKind::Convert { value, .. } => quotes(policy, clauses, value),
        ExprKind::Binary { op: BinaryOp::OrElse, left, .. } => quotes(policy, clauses, left),
        ExprKind::Local(local) => is_bound_to_value(policy, clauses, *local),
        _ => false,
    }
}

fn is_bound_to_value(policy: &Policy, clauses: &[Clause], local: LocalId) -> bool {
    let members = policy.members.iter().filter_map(|member| match member {
        Member::Clause(clause) => Some(clause),
        Member::Except { .. } => None,
    });
    members.chain(clauses).any(|clause| match clause {
        Clause::For { second: Some(second), .. } => *second == local,
        Clause::Let { local: bound, value, .. } => *bound == local && quotes(policy, clauses, value),
        _ => false,
    })
}
