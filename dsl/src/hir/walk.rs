//! Walks over checked expressions: every child once, in the order of evaluation.

use super::expr::{Clause, Comprehension, Expr, ExprKind, PlaceExpr, Step, TextPart};
use super::{Fix, FixOp, Member, Policy, Rule, RuleHead, Statement};

/// Calls `visit` with `expr` and everything below it, parents first.
pub fn walk_expr(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    each_child(expr, &mut |child| walk_expr(child, visit));
}

/// Calls `visit` with each direct child of an expression.
pub fn each_child(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Param(_)
        | ExprKind::Request
        | ExprKind::Old
        | ExprKind::Cluster { .. }
        | ExprKind::Complete(_) => {}
        ExprKind::Field { base: value, .. }
        | ExprKind::Descend { base: value, .. }
        | ExprKind::Not(value)
        | ExprKind::Neg(value)
        | ExprKind::Is { value, .. }
        | ExprKind::Convert { value, .. } => visit(value),
        ExprKind::Index { base: left, index: right }
        | ExprKind::Binary { left, right, .. }
        | ExprKind::RecordJoin { left, right } => {
            visit(left);
            visit(right);
        }
        ExprKind::Call { args: items, .. }
        | ExprKind::Builtin { args: items, .. }
        | ExprKind::Extern { args: items, .. }
        | ExprKind::List(items)
        | ExprKind::Set(items) => items.iter().for_each(visit),
        ExprKind::If { cond, then, otherwise } => {
            visit(cond);
            visit(then);
            visit(otherwise);
        }
        ExprKind::Match { value, arms, .. } => {
            visit(value);
            arms.iter().for_each(|arm| visit(&arm.value));
        }
        ExprKind::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
        ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| visit(value)),
        ExprKind::Text(parts) => parts.iter().for_each(|part| {
            if let TextPart::Value(value) = part {
                visit(value);
            }
        }),
        ExprKind::Comprehension(comprehension) => each_of_comprehension(comprehension, visit),
    }
}

fn each_of_comprehension(comprehension: &Comprehension, visit: &mut dyn FnMut(&Expr)) {
    comprehension.clauses.iter().for_each(|clause| visit(clause_expr(clause)));
    comprehension.key.iter().for_each(&mut *visit);
    visit(&comprehension.element);
    comprehension.by.iter().for_each(visit);
}

/// The one expression of a clause.
#[must_use]
pub fn clause_expr(clause: &Clause) -> &Expr {
    match clause {
        Clause::For { source: expr, .. }
        | Clause::Join { key: expr, .. }
        | Clause::Let { value: expr, .. }
        | Clause::If { cond: expr, .. } => expr,
    }
}

/// Calls `visit` with each top expression of a place.
pub fn each_of_place(place: &PlaceExpr, visit: &mut dyn FnMut(&Expr)) {
    match place {
        PlaceExpr::Innermost => {}
        PlaceExpr::Value(value) => visit(value),
        PlaceExpr::Path { base, steps } => {
            visit(base);
            steps.iter().for_each(|step| {
                if let Step::Index(index) = step {
                    visit(index);
                }
            });
        }
        PlaceExpr::If { cond, then, otherwise } => {
            visit(cond);
            each_of_place(then, visit);
            each_of_place(otherwise, visit);
        }
        PlaceExpr::OrElse(first, second) => {
            each_of_place(first, visit);
            each_of_place(second, visit);
        }
    }
}

/// Calls `visit` with each top expression of a policy: header, parameters, clauses, rules.
pub fn each_of_policy(policy: &Policy, visit: &mut dyn FnMut(&Expr)) {
    policy.enabled.iter().for_each(|(cond, _)| visit(cond));
    policy.params.iter().filter_map(|p| p.default.as_ref()).for_each(&mut *visit);
    for member in &policy.members {
        match member {
            Member::Except { cond, reason, .. } => {
                visit(cond);
                visit(reason);
            }
            Member::Clause(clause) => visit(clause_expr(clause)),
        }
    }
    policy.rules.iter().for_each(|rule| each_of_rule(rule, visit));
}

/// Calls `visit` with each top expression of a rule.
pub fn each_of_rule(rule: &Rule, visit: &mut dyn FnMut(&Expr)) {
    rule.clauses.iter().for_each(|clause| visit(clause_expr(clause)));
    if let RuleHead::Computed { action, severity } = &rule.head {
        visit(action);
        severity.iter().for_each(|severity| visit(severity));
    }
    visit(&rule.message);
    rule.computed_refs.iter().for_each(|(_, value)| visit(value));
    each_of_place(&rule.at, visit);
    rule.related.iter().for_each(&mut *visit);
    rule.fixes.iter().for_each(|fix| each_of_fix(fix, visit));
}

fn each_of_fix(fix: &Fix, visit: &mut dyn FnMut(&Expr)) {
    fix.when.iter().for_each(&mut *visit);
    if let FixOp::Set(value) | FixOp::Add(value) = &fix.op {
        visit(value);
    }
    fix.at.iter().for_each(|place| each_of_place(place, visit));
}

/// Calls `visit` with each top expression of a function.
pub fn each_of_function(body: &[Statement], result: &Expr, visit: &mut dyn FnMut(&Expr)) {
    for statement in body {
        match statement {
            Statement::Let { value, .. } => visit(value),
            Statement::Return { cond, value } => {
                visit(cond);
                visit(value);
            }
        }
    }
    visit(result);
}
