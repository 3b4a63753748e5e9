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

/// What a condition shows.
#[derive(Default)]
struct Shown {
    /// Where it is true.
    if_true: Facts,
    /// Where it is false.
    if_false: Facts,
}

impl Checker<'_> {
    /// What is known of a path.
    pub(super) fn fact(&self, key: &Key) -> Option<&Ty> {
        self.body.facts.iter().rev().find(|(k, _)| k == key).map(|(_, ty)| ty)
    }

    /// From here on `cond` is `truth`.
    pub(super) fn assume(&mut self, cond: &Expr, truth: bool) {
        let shown = self.facts(cond);
        self.body.facts.extend(if truth { shown.if_true } else { shown.if_false });
    }

    /// What follows from a condition. Both sides are found in one walk, since `or` needs both of its left side.
    fn facts(&self, cond: &Expr) -> Shown {
        match &cond.kind {
            ExprKind::Not(inner) => {
                let Shown { if_true, if_false } = self.facts(inner);
                Shown { if_true: if_false, if_false: if_true }
            }
            ExprKind::Is { value, ty } => {
                Shown { if_true: self.facts_of_is(value, ty, true), if_false: self.facts_of_is(value, ty, false) }
            }
            ExprKind::Binary { op, left, right } => self.facts_of_binary(*op, left, right),
            // A path of type `bool?` is only asked for in conditions where it is `bool`.
            _ => Shown::default(),
        }
    }

    fn facts_of_binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Shown {
        let equal = |truth| self.facts_of_equality(left, right, truth);
        match op {
            BinaryOp::And => {
                let (a, b) = (self.facts(left), self.facts(right));
                let if_false = self.either(&a.if_false, &a.if_true, &b.if_false);
                Shown { if_true: [a.if_true, b.if_true].concat(), if_false }
            }
            BinaryOp::Or => {
                let (a, b) = (self.facts(left), self.facts(right));
                let if_true = self.either(&a.if_true, &a.if_false, &b.if_true);
                Shown { if_true, if_false: [a.if_false, b.if_false].concat() }
            }
            BinaryOp::Eq => Shown { if_true: equal(true), if_false: equal(false) },
            BinaryOp::Ne => Shown { if_true: equal(false), if_false: equal(true) },
            BinaryOp::In => Shown { if_true: self.facts_of_member(left, right), if_false: vec![] },
            BinaryOp::NotIn => Shown { if_true: vec![], if_false: self.facts_of_member(left, right) },
            _ => Shown::default(),
        }
    }

    /// What is among values that are never null is not null.
    fn facts_of_member(&self, left: &Expr, right: &Expr) -> Facts {
        match self.member_type(&right.ty) {
            Some(item) if !self.types.may_be_null(&item) => self.present(left),
            _ => vec![],
        }
    }

    /// The left side decided, or it did not and the right one did: what both ways agree on.
    fn either(&self, decided: &Facts, undecided: &Facts, right: &Facts) -> Facts {
        let newest = |facts: &Facts, key: &Key| facts.iter().rev().find(|(k, _)| k == key).map(|(_, ty)| ty.clone());
        let mut out = Facts::new();
        for (key, _) in decided {
            let other = newest(right, key).or_else(|| newest(undecided, key));
            if let (Some(ty), Some(other)) = (newest(decided, key), other)
                && !out.iter().any(|(k, _)| k == key)
            {
                out.push((key.clone(), self.types.join(&ty, &other)));
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
