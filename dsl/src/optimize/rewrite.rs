//! Visits every expression and every clause list of a bundle, to be changed in place.

use crate::hir::expr::{Clause, Expr, ExprKind, PlaceExpr, Step, TextPart};
use crate::hir::{FixOp, GlobalKind, Hir, Member, Policy, Rule, RuleHead, Statement};

/// What a pass does to the clause lists of comprehensions and rules.
pub(super) type OnClauses<'f> = &'f mut dyn FnMut(&mut Vec<Clause>);

/// Calls `visit` with every clause list of the bundle, inner ones first.
pub(super) fn each_clause_list(hir: &mut Hir, visit: OnClauses<'_>) {
    for function in &mut hir.functions {
        for statement in &mut function.body {
            match statement {
                Statement::Let { value, .. } => expr(value, visit),
                Statement::Return { cond, value } => {
                    expr(cond, visit);
                    expr(value, visit);
                }
            }
        }
        expr(&mut function.result, visit);
    }
    for global in &mut hir.globals {
        if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &mut global.kind {
            expr(value, visit);
        }
    }
    hir.policies.iter_mut().for_each(|p| policy(p, visit));
    for test in &mut hir.tests {
        test.asserts.iter_mut().for_each(|(condition, _)| expr(condition, visit));
    }
}

fn policy(policy: &mut Policy, visit: OnClauses<'_>) {
    for member in &mut policy.members {
        match member {
            Member::Except { cond, reason, .. } => {
                expr(cond, visit);
                expr(reason, visit);
            }
            Member::Clause(one) => clause(one, visit),
        }
    }
    policy.rules.iter_mut().for_each(|r| rule(r, visit));
}

fn rule(rule: &mut Rule, visit: OnClauses<'_>) {
    rule.clauses.iter_mut().for_each(|c| clause(c, visit));
    visit(&mut rule.clauses);
    if let RuleHead::Computed { action, severity } = &mut rule.head {
        expr(action, visit);
        severity.iter_mut().for_each(|s| expr(s, visit));
    }
    expr(&mut rule.message, visit);
    place(&mut rule.at, visit);
    rule.related.iter_mut().for_each(|r| expr(r, visit));
    for fix in &mut rule.fixes {
        fix.when.iter_mut().for_each(|w| expr(w, visit));
        fix.at.iter_mut().for_each(|p| place(p, visit));
        if let FixOp::Set(value) | FixOp::Add(value) = &mut fix.op {
            expr(value, visit);
        }
    }
}

fn place(at: &mut PlaceExpr, visit: OnClauses<'_>) {
    match at {
        PlaceExpr::Innermost => {}
        PlaceExpr::Value(value) => expr(value, visit),
        PlaceExpr::Path { base, steps } => {
            expr(base, visit);
            for step in steps {
                if let Step::Index(index) = step {
                    expr(index, visit);
                }
            }
        }
        PlaceExpr::If { cond, then, otherwise } => {
            expr(cond, visit);
            place(then, visit);
            place(otherwise, visit);
        }
        PlaceExpr::OrElse(first, second) => {
            place(first, visit);
            place(second, visit);
        }
    }
}

fn clause(clause: &mut Clause, visit: OnClauses<'_>) {
    match clause {
        Clause::For { source: value, .. }
        | Clause::Join { key: value, .. }
        | Clause::Let { value, .. }
        | Clause::If { cond: value, .. } => expr(value, visit),
    }
}

fn expr(e: &mut Expr, visit: OnClauses<'_>) {
    match &mut e.kind {
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
        | ExprKind::Convert { value, .. } => expr(value, visit),
        ExprKind::Index { base: left, index: right }
        | ExprKind::Binary { left, right, .. }
        | ExprKind::RecordJoin { left, right } => {
            expr(left, visit);
            expr(right, visit);
        }
        ExprKind::Call { args: items, .. }
        | ExprKind::Builtin { args: items, .. }
        | ExprKind::Extern { args: items, .. }
        | ExprKind::List(items)
        | ExprKind::Set(items) => items.iter_mut().for_each(|item| expr(item, visit)),
        ExprKind::If { cond, then, otherwise } => {
            expr(cond, visit);
            expr(then, visit);
            expr(otherwise, visit);
        }
        ExprKind::Match { value, arms, .. } => {
            expr(value, visit);
            arms.iter_mut().for_each(|arm| expr(&mut arm.value, visit));
        }
        ExprKind::Map(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            expr(key, visit);
            expr(value, visit);
        }),
        ExprKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| expr(value, visit)),
        ExprKind::Text(parts) => parts.iter_mut().for_each(|part| {
            if let TextPart::Value(value) = part {
                expr(value, visit);
            }
        }),
        ExprKind::Comprehension(c) => {
            c.clauses.iter_mut().for_each(|one| clause(one, visit));
            c.key.iter_mut().for_each(|key| expr(key, visit));
            expr(&mut c.element, visit);
            c.by.iter_mut().for_each(|by| expr(by, visit));
            visit(&mut c.clauses);
        }
    }
}
