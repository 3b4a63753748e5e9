//! Lints about conditions that are decided before any object is seen.

use super::bodies::each_expr;
use super::{Subject, is_library};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::expr::{Clause, Const, Expr, ExprKind, Into};
use crate::syntax::ast::BinaryOp;

/// `a == a`, `count(xs) >= 0`, `x is T` where x is a T.
pub(super) fn always_true(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    each_expr(subject.hir, &mut |expr, _| {
        let why = match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge, left, right } if same(left, right) => {
                "both sides are the same"
            }
            ExprKind::Binary { op: BinaryOp::Ge, left, right } if is_count(left) && is_zero(right) => {
                "a count is never below 0"
            }
            ExprKind::Binary { op: BinaryOp::Le, left, right } if is_zero(left) && is_count(right) => {
                "a count is never below 0"
            }
            ExprKind::Is { value, ty } if value.ty == *ty => "it has this type anyway",
            _ => return,
        };
        found.push(Diagnostic::warning(Code::AlwaysTrue, "this is always true").at(expr.span, why));
    });
}

/// A rule with a condition that is constantly false.
pub(super) fn never_holds(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for policy in subject.hir.policies.iter().filter(|p| !is_library(&p.module)) {
        for clause in policy.rules.iter().flat_map(|rule| &rule.clauses) {
            let Clause::If { cond, .. } = clause else { continue };
            let never = match &cond.kind {
                ExprKind::Const(Const::Bool(value)) => !value,
                ExprKind::Not(inner) => matches!(&inner.kind, ExprKind::Const(Const::Bool(true))),
                ExprKind::Binary { op: BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt, left, right } => same(left, right),
                _ => false,
            };
            if never {
                found.push(
                    Diagnostic::warning(Code::NeverHolds, "the rule can never hold")
                        .at(cond.span, "this is always false"),
                );
            }
        }
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Const(Const::Int(0)))
}

fn is_count(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Comprehension(c) => c.into == Into::Count,
        ExprKind::Builtin { builtin, .. } => plimsoll_engine::builtins::name_of(*builtin) == Some(("", "count")),
        _ => false,
    }
}

/// True for two paths, variables or constants that are written alike; anything that computes is left alone.
fn same(left: &Expr, right: &Expr) -> bool {
    match (&left.kind, &right.kind) {
        (ExprKind::Const(a), ExprKind::Const(b)) => a == b,
        (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
        (ExprKind::Global(a), ExprKind::Global(b)) => a == b,
        (ExprKind::Param(a), ExprKind::Param(b)) => a == b,
        (ExprKind::Binary { op: x, left: a, right: b }, ExprKind::Binary { op: y, left: c, right: d }) => {
            x == y && same(a, c) && same(b, d)
        }
        (ExprKind::Field { base: a, field: x, .. }, ExprKind::Field { base: b, field: y, .. }) => x == y && same(a, b),
        _ => false,
    }
}
