//! Operators that ask (`and`, `==`, `<`, `in`, `matches`, `is`), choose (`??`) and join (`++`).

use super::super::Checker;
use super::needs_place;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, RecordTy, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp};
use plimsoll_engine::scalar::ScalarKind;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &ast::Expr,
        right: &ast::Expr,
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let left = self.condition(left);
                let mark = self.body.mark();
                self.assume(&left, op == BinaryOp::And);
                let right = self.condition(right);
                self.body.reset(mark);
                pair(op, left, right, Ty::Bool, span)
            }
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, left, right, span),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let left = self.expr(left, None);
                let right = self.expr(right, Some(&left.ty));
                self.order(op, left, right, span)
            }
            BinaryOp::In | BinaryOp::NotIn => self.membership(op, left, right, span),
            BinaryOp::Matches | BinaryOp::Like => self.pattern_test(op, left, right, span),
            BinaryOp::OrElse => self.or_else(left, right, want, span),
            BinaryOp::Join => self.join(left, right, want, span),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, left, right, want, span)
            }
        }
    }

    /// Both sides; the one that needs to be told its type comes second.
    fn two(&mut self, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr) {
        if needs_place(left) && !needs_place(right) {
            let right = self.expr(right, None);
            let hint = self.types.required(&right.ty);
            (self.expr(left, Some(&hint)), right)
        } else {
            let left = self.expr(left, None);
            let hint = self.types.required(&left.ty);
            let right = self.expr(right, needs_place(right).then_some(&hint));
            (left, right)
        }
    }

    fn equality(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let (left, right) = self.two(left, right);
        let (mut left, mut right) = (left, right);
        if self.types.overlap(&left.ty, &right.ty) {
            (left, right) = self.same_numbers(left, right);
        } else {
            self.never_equal(&left, &right, op.symbol());
        }
        pair(op, left, right, Ty::Bool, span)
    }

    fn never_equal(&mut self, left: &Expr, right: &Expr, op: &str) {
        let (a, b) = (self.types.show(&left.ty), self.types.show(&right.ty));
        let d = Diagnostic::error(Code::NeverEqual, format!("`{op}` compares what can never be equal"))
            .at(left.span, format!("`{a}`"))
            .at(right.span, format!("`{b}`"));
        let text = self.source(right.span);
        let scalar = match (&self.types.required(&left.ty), &self.types.required(&right.ty)) {
            (Ty::Scalar(kind), Ty::String | Ty::Literal(_)) => Some(*kind),
            _ => None,
        };
        self.report(d.help_if(scalar, |kind| {
            format!("make one of the text: `{}({text})`", crate::hir::show::scalar_name(kind))
        }));
    }

    /// An int beside a float becomes one.
    pub(super) fn same_numbers(&mut self, left: Expr, right: Expr) -> (Expr, Expr) {
        let joined = self.types.join(&left.ty, &right.ty);
        (self.widen(left, &joined), self.widen(right, &joined))
    }

    fn order(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        let bad = [&left, &right].into_iter().find(|e| e.ty != Ty::Any && self.types.may_be_null(&e.ty)).cloned();
        if let Some(bad) = bad {
            if bad.ty != Ty::Error {
                self.absent_operand(&bad, op.symbol());
            }
        } else if let Some(odd) = [&left, &right].into_iter().find(|e| !self.types.is_ordered(&e.ty)).cloned() {
            let shown = self.types.show(&odd.ty);
            self.report(
                Diagnostic::error(Code::WrongOperand, format!("values of type `{shown}` have no order"))
                    .at(odd.span, format!("`{shown}` cannot stand beside `{}`", op.symbol())),
            );
        } else if !self.types.overlap(&self.widest(&left.ty), &self.widest(&right.ty)) {
            self.never_equal(&left, &right, op.symbol());
        }
        let (left, right) = self.same_numbers(left, right);
        pair(op, left, right, Ty::Bool, span)
    }

    /// Two different texts are ordered too.
    fn widest(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Literal(_) => Ty::String,
            Ty::Union(members) if members.iter().all(|m| matches!(m, Ty::Literal(_))) => Ty::String,
            other => other.clone(),
        }
    }

    pub(super) fn absent_operand(&mut self, bad: &Expr, op: &str) {
        let (shown, text) = (self.types.show(&bad.ty), self.source(bad.span));
        self.report(
            Diagnostic::error(Code::MayBeNull, format!("`{op}` needs a value, and this may be absent"))
                .at(bad.span, format!("`{shown}`"))
                .help(format!("say what absence means: `({text} ?? …)`, or test `{text} != null` first")),
        );
    }

    /// `x in xs`: a list, a set, the keys of a map, or a network.
    fn membership(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let mut left = self.expr(left, None);
        let hint = matches!(right.kind, ast::ExprKind::Set(_) | ast::ExprKind::List(_) | ast::ExprKind::EmptyBrace);
        let item = self.types.required(&left.ty);
        let hint = (hint && matches!(item, Ty::Record(_) | Ty::Float)).then(|| Ty::set(item.clone()));
        let right = self.expr(right, hint.as_ref().filter(|_| !matches!(right.kind, ast::ExprKind::List(_))));
        for member in self.types.members(&right.ty) {
            let keys = match member {
                Ty::List(item) | Ty::Set(item) => (*item).clone(),
                Ty::Map(key, _) => (*key).clone(),
                Ty::Scalar(ScalarKind::Cidr) => Ty::union([Ty::Scalar(ScalarKind::Ip), Ty::Scalar(ScalarKind::Cidr)]),
                Ty::Any | Ty::Error => Ty::Any,
                other => {
                    self.no_members(&right, &other, &left);
                    return pair(op, left, right, Ty::Bool, span);
                }
            };
            if !self.types.overlap(&left.ty, &keys) {
                let (a, b) = (self.types.show(&left.ty), self.types.show(&keys));
                self.report(
                    Diagnostic::error(Code::NeverEqual, format!("`{a}` is never among values of type `{b}`"))
                        .at(left.span, format!("`{a}`"))
                        .at(right.span, format!("holds `{b}`")),
                );
            }
            left = self.widen(left, &keys);
        }
        pair(op, left, right, Ty::Bool, span)
    }

    fn no_members(&mut self, right: &Expr, ty: &Ty, left: &Expr) {
        let shown = self.types.show(ty);
        let (a, b) = (self.source(left.span), self.source(right.span));
        let d = Diagnostic::error(Code::WrongOperand, "right of `in` stands a list, a set, a map or a `cidr`")
            .at(right.span, format!("this is `{shown}`"));
        self.report(match ty {
            Ty::String | Ty::Literal(_) => {
                d.help(format!("ask for a part of a text with `strings.contains({b}, {a})`"))
            }
            Ty::Record(_) | Ty::Object(_) => {
                d.help(format!("ask for a field with `{b}.… != null`, or `{a} in fields({b})`"))
            }
            _ => d,
        });
    }

    /// `matches`, `like`
    fn pattern_test(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.operand(left, &Ty::String, op.symbol());
        let want = if op == BinaryOp::Matches { Ty::Scalar(ScalarKind::Regex) } else { Ty::String };
        let right = self.operand(right, &want, op.symbol());
        pair(op, left, right, Ty::Bool, span)
    }

    /// An operand that must have a type; what is not known is looked at when it is evaluated.
    pub(super) fn operand(&mut self, e: &ast::Expr, ty: &Ty, op: &str) -> Expr {
        let value = self.expr(e, Some(ty));
        if value.ty == Ty::Any {
            return value;
        }
        if self.types.may_be_null(&value.ty)
            && value.ty != Ty::Error
            && self.types.fits(&self.types.required(&value.ty), ty)
        {
            self.absent_operand(&value, op);
            return Expr { ty: Ty::Error, ..value };
        }
        self.coerce(value, ty)
    }

    fn or_else(&mut self, left: &ast::Expr, right: &ast::Expr, want: Option<&Ty>, span: Span) -> Expr {
        let optional = want.map(|ty| ty.clone().optional());
        let left = self.expr(left, optional.as_ref());
        let here = self.types.required(&left.ty);
        let hint = if matches!(here, Ty::Never | Ty::Any | Ty::Error) { want } else { Some(&here) };
        let mark = self.body.mark();
        if let Some(key) = super::super::keys::Key::of(&left)
            && matches!(left.ty, Ty::Optional(_))
        {
            self.body.learn(key, Ty::Null);
        }
        let right = self.expr(right, if needs_place(right) { hint.or(want) } else { want.or(hint) });
        self.body.reset(mark);
        let ty = self.types.join(&here, &right.ty);
        let (left, right) = (self.widen(left, &ty.clone().optional()), self.widen(right, &ty));
        pair(BinaryOp::OrElse, left, right, ty, span)
    }

    /// `++`
    fn join(&mut self, left: &ast::Expr, right: &ast::Expr, want: Option<&Ty>, span: Span) -> Expr {
        let hint = want.map(|ty| self.types.required(ty)).filter(|ty| !matches!(self.types.expand(ty), Ty::Record(_)));
        let (left, right) = if needs_place(left) && !needs_place(right) {
            let right = self.expr(right, hint.as_ref());
            let told = self.types.required(&right.ty);
            (self.expr(left, hint.as_ref().or(Some(&told))), right)
        } else {
            let left = self.expr(left, hint.as_ref());
            let told = self.types.required(&left.ty);
            let right = match (&right.kind, self.types.as_record(&told)) {
                (ast::ExprKind::Record(entries), Some(record)) => self.part_of_record(entries, &record, right.span),
                _ => self.expr(right, hint.as_ref().or(Some(&told).filter(|_| needs_place(right)))),
            };
            (left, right)
        };
        for side in [&left, &right] {
            if self.types.may_be_null(&side.ty) && !matches!(side.ty, Ty::Any | Ty::Error) {
                let (shown, text) = (self.types.show(&side.ty), self.source(side.span));
                self.report(
                    Diagnostic::error(Code::MayBeNull, "`++` needs a value, and this may be absent")
                        .at(side.span, format!("`{shown}`"))
                        .help(format!("say what absence means: `({text} ?? [])`")),
                );
                return Expr::error(span);
            }
        }
        self.joined(left, right, span)
    }

    fn joined(&mut self, left: Expr, right: Expr, span: Span) -> Expr {
        let (a, b) = (self.types.expand(&left.ty), self.types.expand(&right.ty));
        let ty = match (&a, &b) {
            (Ty::Error, _) | (_, Ty::Error) => return Expr::error(span),
            (Ty::Any, _) | (_, Ty::Any) => Ty::Any,
            (Ty::List(_), Ty::List(_)) | (Ty::Set(_), Ty::Set(_)) | (Ty::Map(..), Ty::Map(..)) => {
                self.types.join(&a, &b)
            }
            (Ty::Record(_) | Ty::Object(_), Ty::Record(_) | Ty::Object(_)) => {
                let ty = self.joined_record(&a, &b);
                return Expr { kind: ExprKind::RecordJoin { left: Box::new(left), right: Box::new(right) }, ty, span };
            }
            _ => {
                self.cannot_join(&left, &right);
                return Expr::error(span);
            }
        };
        let (left, right) = (self.widen(left, &ty), self.widen(right, &ty));
        pair(BinaryOp::Join, left, right, ty, span)
    }

    /// The fields of both, the right one's types winning where it always has the field.
    fn joined_record(&self, a: &Ty, b: &Ty) -> Ty {
        let (Some(left), Some(right)) = (self.types.as_record(a), self.types.as_record(b)) else { return Ty::Error };
        let mut fields: Vec<(Arc<str>, Ty)> = left.fields().to_vec();
        for (name, ty) in right.fields() {
            match left.position(name).and_then(|at| fields.get_mut(at)) {
                Some((_, old)) if self.types.may_be_null(ty) => {
                    *old = self.types.join(&self.types.required(ty), old);
                }
                Some((_, old)) if self.types.fits(ty, old) => {}
                Some((_, old)) => *old = ty.clone(),
                None => fields.push((name.clone(), ty.clone())),
            }
        }
        if fields == left.fields() && matches!(a, Ty::Record(_)) {
            return a.clone();
        }
        Ty::Record(Arc::new(RecordTy::new(fields)))
    }

    /// A value as a part of a text.
    pub(super) fn hole(&self, e: &Expr) -> String {
        match &e.kind {
            ExprKind::Const(Const::Str(text)) => text.to_string(),
            _ => format!("{{{}}}", self.source(e.span)),
        }
    }

    fn cannot_join(&mut self, left: &Expr, right: &Expr) {
        let (a, b) = (self.types.show(&left.ty), self.types.show(&right.ty));
        let texts = matches!(left.ty, Ty::String | Ty::Literal(_)) || matches!(right.ty, Ty::String | Ty::Literal(_));
        let (x, y) = (self.hole(left), self.hole(right));
        let d = Diagnostic::error(Code::WrongOperand, "`++` joins two lists, two sets, two maps or two records")
            .at(left.span, format!("`{a}`"))
            .at(right.span, format!("`{b}`"));
        self.report(if texts { d.help(format!("put texts together in one: `\"{x}{y}\"`")) } else { d });
    }

    /// `e is T`
    pub(super) fn is(&mut self, value: &ast::Expr, ty: &ast::Type, span: Span) -> Expr {
        let value = self.expr(value, None);
        let target = self.ty(ty);
        if value.ty != Ty::Error && target != Ty::Error && self.types.intersect(&value.ty, &target) == Ty::Never {
            let (have, want) = (self.types.show(&value.ty), self.types.show(&target));
            self.report(
                Diagnostic::error(Code::NeverReached, format!("this is never `{want}`"))
                    .at(value.span, format!("`{have}`"))
                    .at(ty.span, "asked for here"),
            );
        }
        Expr { kind: ExprKind::Is { value: Box::new(value), ty: target }, ty: Ty::Bool, span }
    }
}

/// A binary expression.
pub(super) fn pair(op: BinaryOp, left: Expr, right: Expr, ty: Ty, span: Span) -> Expr {
    Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty, span }
}
