//! `+ - * / %` and unary `-`: a table of what they take.

use super::super::Checker;
use super::operator::pair;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Const, Expr, ExprKind, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp};
use plimsoll_engine::scalar::ScalarKind;

const QUANTITY: Ty = Ty::Scalar(ScalarKind::Quantity);
const DURATION: Ty = Ty::Scalar(ScalarKind::Duration);
const TIME: Ty = Ty::Scalar(ScalarKind::Time);

/// Operators on given types, and what they give. Ints and floats may be mixed.
const TABLE: [(BinaryOp, Ty, Ty, Ty); 18] = [
    (BinaryOp::Add, Ty::Int, Ty::Int, Ty::Int),
    (BinaryOp::Add, Ty::Float, Ty::Float, Ty::Float),
    (BinaryOp::Add, QUANTITY, QUANTITY, QUANTITY),
    (BinaryOp::Add, DURATION, DURATION, DURATION),
    (BinaryOp::Add, TIME, DURATION, TIME),
    (BinaryOp::Sub, Ty::Int, Ty::Int, Ty::Int),
    (BinaryOp::Sub, Ty::Float, Ty::Float, Ty::Float),
    (BinaryOp::Sub, QUANTITY, QUANTITY, QUANTITY),
    (BinaryOp::Sub, DURATION, DURATION, DURATION),
    (BinaryOp::Sub, TIME, TIME, DURATION),
    (BinaryOp::Sub, TIME, DURATION, TIME),
    (BinaryOp::Mul, Ty::Int, Ty::Int, Ty::Int),
    (BinaryOp::Mul, Ty::Float, Ty::Float, Ty::Float),
    (BinaryOp::Mul, DURATION, Ty::Int, DURATION),
    (BinaryOp::Mul, Ty::Int, DURATION, DURATION),
    (BinaryOp::Div, Ty::Int, Ty::Int, Ty::Float),
    (BinaryOp::Div, Ty::Float, Ty::Float, Ty::Float),
    (BinaryOp::Rem, Ty::Int, Ty::Int, Ty::Int),
];

impl Checker<'_> {
    pub(super) fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: &ast::Expr,
        right: &ast::Expr,
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let hint = want.filter(|ty| ty.required() == Ty::Float);
        let left = self.expr(left, hint);
        let right = self.expr(right, hint);
        for side in [&left, &right] {
            if side.ty == Ty::Error {
                return Expr::error(span);
            }
            if side.ty != Ty::Any && self.types.may_be_null(&side.ty) {
                self.absent_operand(side, op.symbol());
                return Expr::error(span);
            }
        }
        if left.ty == Ty::Any || right.ty == Ty::Any {
            return pair(op, left, right, Ty::Any, span);
        }
        let (left, right) = if op == BinaryOp::Div { (left, right) } else { self.same_numbers(left, right) };
        let found =
            TABLE.iter().find(|(o, a, b, _)| *o == op && self.types.fits(&left.ty, a) && self.types.fits(&right.ty, b));
        match found {
            Some((_, a, b, ty)) => {
                let (left, right) = (self.widen(left, a), self.widen(right, b));
                pair(op, left, right, ty.clone(), span)
            }
            None => {
                self.bad_operands(op, &left, &right);
                Expr::error(span)
            }
        }
    }

    fn bad_operands(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        let (a, b) = (self.types.show(&left.ty), self.types.show(&right.ty));
        let (x, y) = (self.source(left.span), self.source(right.span));
        let text = |ty: &Ty| matches!(ty, Ty::String | Ty::Literal(_));
        let many = |ty: &Ty| matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Map(..));
        let d = Diagnostic::error(Code::WrongOperand, format!("`{}` does not take `{a}` and `{b}`", op.symbol()))
            .at(left.span, format!("`{a}`"))
            .at(right.span, format!("`{b}`"));
        self.report(match op {
            BinaryOp::Add if text(&left.ty) || text(&right.ty) => {
                d.help(format!("put texts together in one: `\"{}{}\"`", self.hole(left), self.hole(right)))
            }
            BinaryOp::Add if many(&left.ty) => d.help(format!("join them with `++`: `{x} ++ {y}`")),
            BinaryOp::Sub if matches!(left.ty, Ty::Set(_)) => d.help(format!("write `sets.minus({x}, {y})`")),
            _ => d,
        });
    }

    /// `-e`
    pub(super) fn negate(&mut self, operand: &ast::Expr, want: Option<&Ty>, span: Span) -> Expr {
        let value = self.expr(operand, want);
        match (&value.kind, &value.ty) {
            (ExprKind::Const(Const::Int(n)), _) => {
                return match n.checked_neg() {
                    Some(n) => Expr::constant(Const::Int(n), Ty::Int, span),
                    None => Expr { kind: ExprKind::Neg(Box::new(value)), ty: Ty::Int, span },
                };
            }
            (ExprKind::Const(Const::Float(n)), _) => return Expr::constant(Const::Float(-n), Ty::Float, span),
            (_, Ty::Int | Ty::Float | Ty::Any) | (_, Ty::Scalar(ScalarKind::Duration)) => {}
            (_, Ty::Error) => return Expr::error(span),
            (_, ty) if self.types.may_be_null(ty) => {
                self.absent_operand(&value, "-");
                return Expr::error(span);
            }
            (_, ty) => {
                let shown = self.types.show(ty);
                self.report(
                    Diagnostic::error(Code::WrongOperand, format!("`-` does not take `{shown}`"))
                        .at(value.span, "not a number or a duration"),
                );
                return Expr::error(span);
            }
        }
        let ty = value.ty.clone();
        Expr { kind: ExprKind::Neg(Box::new(value)), ty, span }
    }
}
