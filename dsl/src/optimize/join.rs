//! `for x in cluster(K) if x.path == key` → a look-up in an index.
//!
//! Only the first condition behind the `for` is taken, so nothing that could fail is skipped that was evaluated before;
//! only texts are compared, whose equality is that of their bytes. The key must not need `x`.

use super::rewrite::each_clause_list;
use crate::hir::expr::{Clause, Expr, ExprKind};
use crate::hir::walk::walk_expr;
use crate::hir::{Hir, LocalId, Ty};
use crate::source::Span;
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

fn replace(clauses: &mut Vec<Clause>, at: usize) {
    let Some(Clause::For { first: Some(local), two: false, source, convert: None, span, .. }) = clauses.get(at) else { return };
    let ExprKind::Cluster { kinds, before: false } = &source.kind else { return };
    let (local, kinds, span) = (*local, kinds.clone(), *span);
    let next = at.saturating_add(1);
    let Some(Clause::If { cond, span: of_if }) = clauses.get(next) else { return };
    let Some((path, key, rest)) = split(cond, local) else { return };
    let of_if = *of_if;
    let join = Clause::Join { local, kinds, path, key, span: joined(span, of_if) };
    let rest = rest.map(|cond| Clause::If { cond, span: of_if });
    clauses.splice(at..=next, std::iter::once(join).chain(rest));
}

fn joined(a: Span, b: Span) -> Span {
    if a.source == b.source { a.to(b) } else { a }
}

/// Path, key and what else the condition asks, if its first part is an equality on a path of `local`.
fn split(cond: &Expr, local: LocalId) -> Option<(Vec<Arc<str>>, Expr, Option<Expr>)> {
    let ExprKind::Binary { op, left, right } = &cond.kind else { return None };
    match op {
        BinaryOp::And => {
            let (path, key, rest) = split(left, local)?;
            let rest = match rest {
                Some(rest) => Expr {
                    kind: ExprKind::Binary { op: BinaryOp::And, left: Box::new(rest), right: right.clone() },
                    ..cond.clone()
                },
                None => (**right).clone(),
            };
            Some((path, key, Some(rest)))
        }
        BinaryOp::Eq => [(left, right), (right, left)].into_iter().find_map(|(side, key)| {
            let path = path_of(side, local)?;
            let fits = is_text(&side.ty) && is_text(&key.ty) && !path.is_empty() && !mentions(key, local);
            fits.then(|| (path, (**key).clone(), None))
        }),
        _ => None,
    }
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
