//! Flow narrowing: what is known where a condition is true, or false.
//!
//! A fact is a path and the type that it has. Facts are read off checked conditions, whose parts already have the types
//! that hold where they stand; they live on a stack that is cut back at the end of their scope.

use super::Checker;
use super::keys::Key;
use crate::hir::{Const, Expr, ExprKind, Ty};
use crate::syntax::ast::BinaryOp;

/// What is known: newer facts win.
pub(super) type Facts = Vec<(Key, Ty)>;

impl Checker<'_> {
    /// What is known of a path.
    pub(super) fn fact(&self, key: &Key) -> Option<&Ty> {
        self.body.facts.iter().rev().find(|(k, _)| k == key).map(|(_, ty)| ty)
    }

    /// From here on `cond` is `truth`.
    pub(super) fn assume(&mut self, cond: &Expr, truth: bool) {
        let facts = self.facts(cond, truth);
        self.body.facts.extend(facts);
    }

    /// What follows from `cond` being `truth`.
    pub(super) fn facts(&self, cond: &Expr, truth: bool) -> Facts {
        match &cond.kind {
            ExprKind::Not(inner) => self.facts(inner, !truth),
            ExprKind::Is { value, ty } => self.facts_of_is(value, ty, truth),
            ExprKind::Binary { op, left, right } => self.facts_of_binary(*op, left, right, truth),
            // A path of type `bool?` is only asked for in conditions where it is `bool`.
            _ => vec![],
        }
    }

    fn facts_of_binary(&self, op: BinaryOp, left: &Expr, right: &Expr, truth: bool) -> Facts {
        match (op, truth) {
            (BinaryOp::And, true) | (BinaryOp::Or, false) => {
                let mut facts = self.facts(left, truth);
                facts.extend(self.facts(right, truth));
                facts
            }
            (BinaryOp::And, false) | (BinaryOp::Or, true) => self.either(left, right, truth),
            (BinaryOp::Eq, _) => self.facts_of_equality(left, right, truth),
            (BinaryOp::Ne, _) => self.facts_of_equality(left, right, !truth),
            (BinaryOp::In, true) | (BinaryOp::NotIn, false) => match self.member_type(&right.ty) {
                Some(item) if !self.types.may_be_null(&item) => self.present(left),
                _ => vec![],
            },
            _ => vec![],
        }
    }

    /// `left` decided (as `truth`), or it did not and `right` did: what both ways agree on.
    fn either(&self, left: &Expr, right: &Expr, truth: bool) -> Facts {
        let first = self.facts(left, truth);
        let mut second = self.facts(left, !truth);
        second.extend(self.facts(right, truth));
        let mut out = Facts::new();
        for (key, ty) in &first {
            if let Some((_, other)) = second.iter().rev().find(|(k, _)| k == key) {
                let newest = first.iter().rev().find(|(k, _)| k == key).map_or(ty, |(_, ty)| ty);
                out.push((key.clone(), self.types.join(newest, other)));
            }
        }
        out
    }

    fn facts_of_equality(&self, left: &Expr, right: &Expr, equal: bool) -> Facts {
        let mut facts = Facts::new();
        for (path, other) in [(left, right), (right, left)] {
            if let ExprKind::Const(Const::Null) = other.kind {
                if equal {
                    facts.extend(Key::of(path).map(|key| (key, Ty::Null)));
                } else {
                    facts.extend(self.present(path));
                }
                continue;
            }
            if equal && !self.types.may_be_null(&other.ty) {
                facts.extend(self.present(path));
            }
            if let (ExprKind::Const(Const::Str(text)), Some(key)) = (&other.kind, Key::of(path)) {
                facts.extend(self.literal(key, &path.ty, text, equal));
            }
        }
        facts
    }

    /// A path whose type is a union of texts is, or is not, one of them.
    fn literal(&self, key: Key, ty: &Ty, text: &std::sync::Arc<str>, equal: bool) -> Option<(Key, Ty)> {
        let members = self.types.members(ty);
        if !members.iter().all(|m| matches!(m, Ty::Literal(_))) {
            return None;
        }
        let one = Ty::Literal(text.clone());
        Some((key, if equal { self.types.intersect(ty, &one) } else { self.types.subtract(ty, &one) }))
    }

    fn facts_of_is(&self, value: &Expr, ty: &Ty, truth: bool) -> Facts {
        let mut facts = if truth { self.present(value) } else { vec![] };
        if let Some(key) = Key::of(value) {
            let narrowed = if truth { self.types.intersect(&value.ty, ty) } else { self.types.subtract(&value.ty, ty) };
            facts.push((key, narrowed));
        }
        facts
    }

    /// `expr` is there: so is everything on the path to it.
    pub(super) fn present(&self, expr: &Expr) -> Facts {
        let mut facts = Facts::new();
        let mut at = expr;
        loop {
            if matches!(at.ty, Ty::Optional(_) | Ty::Null | Ty::Decl(_)) && self.types.may_be_null(&at.ty) {
                facts.extend(Key::of(at).map(|key| (key, self.types.required(&at.ty))));
            }
            at = match &at.kind {
                ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => base,
                ExprKind::Convert { value, .. } => value,
                _ => return facts,
            };
        }
    }

    /// What is a member of a list or set, or a key of a map, if that is known.
    pub(super) fn member_type(&self, ty: &Ty) -> Option<Ty> {
        let mut all = Ty::Never;
        for member in self.types.members(ty) {
            let one = match member {
                Ty::List(item) | Ty::Set(item) => (*item).clone(),
                Ty::Map(key, _) => (*key).clone(),
                _ => return None,
            };
            all = self.types.join(&all, &one);
        }
        Some(all)
    }
}
