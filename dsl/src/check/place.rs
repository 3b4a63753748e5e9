//! Places: what `at` points to, also where it is missing.
//!
//! A `let` that is bound to a path stands for that path, so paths start at a `for`, at the object, or at a value that a
//! function found.

use super::Checker;
use crate::hir::{Const, Expr, ExprKind, PlaceExpr, Step};
use crate::syntax::ast::BinaryOp;

/// How many `let`s a place may go through.
const MAX_LETS: usize = 200;

/// A field or an index below something: what a `let` keeps the place of where it is missing.
pub(super) fn is_path(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Field { .. } | ExprKind::Index { .. } => true,
        ExprKind::Convert { value, .. } => is_path(value),
        _ => or_empty(value).is_some_and(is_path),
    }
}

/// The inside of `e ?? ""`, which the checker makes of `metadata.name`.
fn or_empty(value: &Expr) -> Option<&Expr> {
    match &value.kind {
        ExprKind::Binary { op: BinaryOp::OrElse, left, right } => match &right.kind {
            ExprKind::Const(Const::Str(text)) if text.is_empty() && right.span == value.span => Some(left),
            _ => None,
        },
        _ => None,
    }
}

impl Checker<'_> {
    /// The place that an expression names.
    pub(super) fn place_of(&self, value: &Expr) -> PlaceExpr {
        self.place(value, 0)
    }

    fn place(&self, value: &Expr, lets: usize) -> PlaceExpr {
        if let Some(inner) = or_empty(value) {
            return self.place(inner, lets);
        }
        match &value.kind {
            ExprKind::Convert { value, .. } => self.place(value, lets),
            ExprKind::If { cond, then, otherwise } => PlaceExpr::If {
                cond: (**cond).clone(),
                then: Box::new(self.place(then, lets)),
                otherwise: Box::new(self.place(otherwise, lets)),
            },
            ExprKind::Binary { op: BinaryOp::OrElse, left, right } => {
                PlaceExpr::OrElse(Box::new(self.place(left, lets)), Box::new(self.place(right, lets)))
            }
            ExprKind::Local(id) => match self.body.paths.get(id) {
                Some(path) if lets < MAX_LETS => self.place(path, lets.saturating_add(1)),
                _ => PlaceExpr::Value(value.clone()),
            },
            ExprKind::Field { base, field, .. } => self.below(base, Step::Field(field.clone()), lets),
            ExprKind::Index { base, index } => self.below(base, Step::Index((**index).clone()), lets),
            _ => PlaceExpr::Value(value.clone()),
        }
    }

    fn below(&self, base: &Expr, step: Step, lets: usize) -> PlaceExpr {
        match self.place(base, lets) {
            PlaceExpr::Path { base, mut steps } => {
                steps.push(step);
                PlaceExpr::Path { base, steps }
            }
            PlaceExpr::Value(base) => PlaceExpr::Path { base, steps: vec![step] },
            // `(if c then a else b).f`, `(a ?? b).f`
            PlaceExpr::If { .. } | PlaceExpr::OrElse(..) | PlaceExpr::Innermost => {
                PlaceExpr::Path { base: base.clone(), steps: vec![step] }
            }
        }
    }
}
