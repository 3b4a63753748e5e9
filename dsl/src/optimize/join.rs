//! `for x in cluster(K) if x.path == key` → a look-up in an index.
//!
//! The condition stays: the index only leaves out objects for which it would be false. Only the first one behind the
//! `for` is taken, so that nothing is skipped that was evaluated before it and could fail. The key must not need `x`; only
//! texts are compared, whose equality is that of their bytes.

use super::rewrite::each_clause_list;
use crate::hir::expr::{Clause, Const, Expr, ExprKind};
use crate::hir::walk::walk_expr;
use crate::hir::{Hir, LocalId, Ty};
use crate::syntax::ast::BinaryOp;
use std::sync::Arc;

/// Replaces every join that an index can answer.
pub(super) fn index_joins(hir: &mut Hir) {
    each_clause_list(hir, &mut |clauses| {
        let mut at = 0;
        while at < clauses.len() {
            replace(clauses, at);
            at = at.saturating_add(1);
        }
    });
}

fn replace(clauses: &mut [Clause], at: usize) {
    let Some((before, after)) = clauses.split_at_mut_checked(at.saturating_add(1)) else { return };
    let (Some(round), Some(Clause::If { cond, .. })) = (before.last_mut(), after.first()) else { return };
    let Clause::For { first: Some(local), two: false, source, convert: None, span, .. } = &*round else { return };
    let ExprKind::Cluster { kinds, before: false } = &source.kind else { return };
    if let Some((path, key)) = equality(cond, *local) {
        *round = Clause::Join { local: *local, kinds: kinds.clone(), path, key, span: *span };
    }
}

/// Path and key, if the first thing that the condition asks is an equality on a path of `local`.
fn equality(cond: &Expr, local: LocalId) -> Option<(Vec<Arc<str>>, Expr)> {
    let ExprKind::Binary { op, left, right } = &cond.kind else { return None };
    match op {
        BinaryOp::And => equality(left, local),
        BinaryOp::Eq => [(left, right), (right, left)].into_iter().find_map(|(side, key)| {
            let path = path_of(or_empty(side), local)?;
            let fits = is_text(&side.ty) && is_text(&key.ty) && !path.is_empty() && !mentions(key, local);
            fits.then(|| (path, (**key).clone()))
        }),
        _ => None,
    }
}

/// `x` of `x ?? ""`: the index takes null and the empty text for one key.
fn or_empty(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::OrElse, left, right } if is_empty_text(right) => left,
        _ => expr,
    }
}

fn is_empty_text(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Const(Const::Str(text)) if text.is_empty())
}

fn is_text(ty: &Ty) -> bool {
    matches!(ty.required(), Ty::String | Ty::Literal(_) | Ty::Never)
}

/// `.a.b` of `x.a.b`; a required field that is missing would be an error, so only optional or never-missing ones count.
fn path_of(expr: &Expr, local: LocalId) -> Option<Vec<Arc<str>>> {
    match &expr.kind {
        ExprKind::Local(known) if *known == local => Some(Vec::new()),
        ExprKind::Field { base, field, required: false } => {
            let mut path = path_of(base, local)?;
            path.push(field.clone());
            Some(path)
        }
        _ => None,
    }
}

fn mentions(expr: &Expr, local: LocalId) -> bool {
    let mut found = false;
    walk_expr(expr, &mut |e| found |= matches!(e.kind, ExprKind::Local(known) if known == local));
    found
}
