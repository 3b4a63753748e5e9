//! Expressions: each gets its type, with the type that its place asks for as a hint.
//!
//! [`Checker::expr`] takes the hint, [`Checker::expr_as`] insists on it. Narrowed types are read off the facts at every
//! variable, field and index; that is also where texts of documents become scalars.

mod access;
mod arithmetic;
mod braces;
mod call;
mod fold;
mod operator;
mod special;

use super::Checker;
use super::keys::Key;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Clause, Const, Expr, ExprKind, TextPart, Ty};
use crate::source::Span;
use crate::syntax::ast::{self, StrPart, UnaryOp};
use plimsoll_engine::scalar::ScalarKind;
use std::sync::Arc;

impl Expr {
    /// A constant.
    pub(super) fn constant(value: Const, ty: Ty, span: Span) -> Expr {
        Expr { kind: ExprKind::Const(value), ty, span }
    }

    /// What stands for an expression that had an error.
    pub(super) fn error(span: Span) -> Expr {
        Expr::constant(Const::Null, Ty::Error, span)
    }
}

impl Checker<'_> {
    /// Checks an expression; `want` is what its place asks for, if it asks.
    pub(super) fn expr(&mut self, e: &ast::Expr, want: Option<&Ty>) -> Expr {
        if self.depth >= super::MAX_DEPTH {
            self.too_deep(e.span);
            return Expr::error(e.span);
        }
        self.depth = self.depth.saturating_add(1);
        let out = self.expr_inner(e, want);
        self.depth = self.depth.saturating_sub(1);
        out
    }

    fn expr_inner(&mut self, e: &ast::Expr, want: Option<&Ty>) -> Expr {
        let span = e.span;
        let made = |kind, ty| Expr { kind, ty, span };
        match &e.kind {
            ast::ExprKind::Null => Expr::constant(Const::Null, Ty::Null, span),
            ast::ExprKind::Bool(b) => Expr::constant(Const::Bool(*b), Ty::Bool, span),
            ast::ExprKind::Int(n) if self.wants_float(want) => {
                #[expect(clippy::cast_precision_loss, reason = "what a float holds of the number")]
                let n = *n as f64;
                Expr::constant(Const::Float(n), Ty::Float, span)
            }
            ast::ExprKind::Int(n) => Expr::constant(Const::Int(*n), Ty::Int, span),
            ast::ExprKind::Float(n) => Expr::constant(Const::Float(*n), Ty::Float, span),
            ast::ExprKind::Str(parts) => self.text(parts, span),
            ast::ExprKind::Regex(pattern) => self.regex(pattern, span),
            ast::ExprKind::DocText { .. } => self.doc_text(e),
            ast::ExprKind::Duration(n) => Expr::constant(Const::Duration(*n), Ty::Scalar(ScalarKind::Duration), span),
            ast::ExprKind::Name(name) => self.name(name, span),
            ast::ExprKind::Field { base, field, safe } => self.field(base, field, *safe, span),
            ast::ExprKind::Index { base, index } => self.index(base, index, span),
            ast::ExprKind::Call { callee, args } => self.call(callee, args, want, span),
            ast::ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let inner = self.condition(operand);
                made(ExprKind::Not(Box::new(inner)), Ty::Bool)
            }
            ast::ExprKind::Unary { op: UnaryOp::Neg, operand } => self.negate(operand, want, span),
            ast::ExprKind::Binary { op, left, right } => self.binary(*op, left, right, want, span),
            ast::ExprKind::Is { value, ty } => self.is(value, ty, span),
            ast::ExprKind::If { cond, then, otherwise } => self.if_else(cond, then, otherwise, want, span),
            ast::ExprKind::Match { value, arms } => self.match_(value, arms, want, span),
            ast::ExprKind::Cluster { ty, before } => {
                let kinds = self.kinds(ty);
                made(ExprKind::Cluster { kinds: kinds.clone(), before: *before }, Ty::list(kinds))
            }
            ast::ExprKind::Complete(ty) => made(ExprKind::Complete(self.kinds(ty)), Ty::Bool),
            ast::ExprKind::List(items) => self.list(items, want, span),
            ast::ExprKind::Set(items) => self.set(items, want, span),
            ast::ExprKind::Record(entries) => self.braces(entries, want, span),
            ast::ExprKind::EmptyBrace => self.empty_braces(want, span),
            ast::ExprKind::ListComp(comp) => self.list_comprehension(comp, want, span),
            ast::ExprKind::SetComp(comp) => self.set_comprehension(comp, want, span),
            ast::ExprKind::MapComp { key, body } => self.map_comprehension(key, body, want, span),
            ast::ExprKind::Error => Expr::error(span),
        }
    }

    /// Checks an expression that must have a type.
    pub(super) fn expr_as(&mut self, e: &ast::Expr, to: &Ty) -> Expr {
        let value = self.expr(e, Some(to));
        self.coerce(value, to)
    }

    /// The value as `to`, if it fits.
    pub(super) fn coerce(&mut self, value: Expr, to: &Ty) -> Expr {
        if self.types.fits(&value.ty, to) {
            return self.widen(value, to);
        }
        let text = matches!(value.ty, Ty::String | Ty::Literal(_));
        if self.body.document && text && matches!(to.required(), Ty::Scalar(_)) {
            let to = to.required();
            self.check_written(&value, &to);
            return Expr { span: value.span, ty: to.clone(), kind: ExprKind::Convert { value: Box::new(value), to } };
        }
        self.mismatch(&value, to);
        Expr { ty: Ty::Error, ..value }
    }

    /// Ints become floats where floats are asked for.
    pub(super) fn widen(&self, value: Expr, to: &Ty) -> Expr {
        if !self.types.widens(&value.ty, to) {
            return value;
        }
        let ty = self.types.join(&value.ty, to);
        Expr { span: value.span, ty, kind: ExprKind::Convert { value: Box::new(value), to: to.clone() } }
    }

    fn wants_float(&self, want: Option<&Ty>) -> bool {
        want.is_some_and(|ty| ty.required() == Ty::Float)
    }

    fn mismatch(&mut self, value: &Expr, to: &Ty) {
        let (have, want) = (self.types.show(&value.ty), self.types.show(to));
        let text = self.operand_source(value);
        if self.types.may_be_null(&value.ty)
            && value.ty != Ty::Any
            && self.types.fits(&self.types.required(&value.ty), to)
        {
            return self.report(
                Diagnostic::error(Code::MayBeNull, "this value may be absent")
                    .at(value.span, format!("`{have}`, and `{want}` is needed here"))
                    .help(format!("say what absence means: `{text} ?? …`, or test `{text} != null` first")),
            );
        }
        let d = Diagnostic::error(Code::WrongType, format!("this is `{have}`, not `{want}`"))
            .at(value.span, format!("`{want}` is needed here"));
        self.report(match (&value.ty, to.required()) {
            (Ty::Any, _) => d.help(format!("test it first: `{text} is {}`", self.types.show(&to.required()))),
            (Ty::String | Ty::Literal(_), Ty::Scalar(kind)) => {
                d.help(format!("make one of the text: `{}({text})`", crate::hir::show::scalar_name(kind)))
            }
            (Ty::List(_), Ty::Set(_)) => d.help("write `{…}` for a set, or `sets.of(…)`"),
            (Ty::Set(_), Ty::List(_)) => d.help("write `[…]` for a list, or `lists.of(…)`"),
            (Ty::Int | Ty::Float | Ty::Bool | Ty::Scalar(_), Ty::String) => {
                d.help(format!("write `\"{{{text}}}\"` for its text"))
            }
            (Ty::Record(_), Ty::Map(..)) => d.help("give the value the type `map<…>` where it is made"),
            _ => d,
        });
    }

    /// The text under a span, shortened for messages.
    pub(super) fn source(&self, span: Span) -> String {
        let text = self.input.sources.text(span);
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 60 && !line.is_empty() { line } else { "…".into() }
    }

    /// The same, in parentheses where it has an operator or a branch, so that a message can put an operator behind it.
    fn operand_source(&self, value: &Expr) -> String {
        let text = self.source(value.span);
        match value.kind {
            ExprKind::If { .. }
            | ExprKind::Match { .. }
            | ExprKind::Not(_)
            | ExprKind::Neg(_)
            | ExprKind::Is { .. } => {
                format!("({text})")
            }
            ExprKind::Binary { .. } if !text.ends_with([')', ']']) && text.contains(' ') => format!("({text})"),
            _ => text,
        }
    }

    /// Checks what must be true or false.
    pub(super) fn condition(&mut self, e: &ast::Expr) -> Expr {
        let value = self.expr(e, Some(&Ty::Bool));
        self.as_condition(value)
    }

    pub(super) fn as_condition(&mut self, value: Expr) -> Expr {
        match self.types.expand(&value.ty) {
            Ty::Bool | Ty::Any | Ty::Error | Ty::Never => return value,
            Ty::Optional(inner) if matches!(*inner, Ty::Bool) => {
                let text = self.source(value.span);
                self.report(
                    Diagnostic::error(Code::MayBeNull, "this condition may be absent")
                        .at(value.span, "`bool?`: null where nothing is said")
                        .help(format!("say what absence means: `{text} ?? false`")),
                );
            }
            other => {
                let (shown, text) = (self.types.show(&value.ty), self.source(value.span));
                let d = Diagnostic::error(
                    Code::NotACondition,
                    format!("a condition is true or false, and this is `{shown}`"),
                )
                .at(value.span, "neither true nor false");
                let required = self.types.required(&other);
                self.report(match required {
                    Ty::List(_) | Ty::Set(_) | Ty::Map(..) => d.help(format!("ask what you mean: `count({text}) > 0`")),
                    _ if other.may_be_null() => d.help(format!("ask what you mean: `{text} != null`")),
                    Ty::String | Ty::Literal(_) => d.help(format!("ask what you mean: `{text} != \"\"`")),
                    _ => d,
                });
            }
        }
        Expr { ty: Ty::Error, ..value }
    }

    /// A variable, field or index: with the type that is known here, and as a scalar where the document holds its text.
    pub(super) fn read(&self, expr: Expr, from_document: bool) -> Expr {
        let known = Key::of(&expr).and_then(|key| self.fact(&key).cloned());
        let was_any = matches!(expr.ty, Ty::Any);
        let ty = known.unwrap_or_else(|| expr.ty.clone());
        if (from_document || was_any && ty != Ty::Any) && self.types.needs_conversion(&ty) {
            let span = expr.span;
            return Expr { ty: ty.clone(), span, kind: ExprKind::Convert { value: Box::new(expr), to: ty } };
        }
        Expr { ty, ..expr }
    }

    fn text(&mut self, parts: &[StrPart], span: Span) -> Expr {
        if let [] | [StrPart::Text(_)] = parts {
            let text: Arc<str> = parts.first().map_or_else(
                || "".into(),
                |p| match p {
                    StrPart::Text(text) => text.clone(),
                    StrPart::Hole(_) => "".into(),
                },
            );
            return Expr::constant(Const::Str(text.clone()), Ty::Literal(text), span);
        }
        let parts = parts.iter().map(|p| self.text_part(p)).collect();
        Expr { kind: ExprKind::Text(parts), ty: Ty::String, span }
    }

    fn text_part(&mut self, part: &StrPart) -> TextPart {
        match part {
            StrPart::Text(text) => TextPart::Text(text.clone()),
            StrPart::Hole(e) => {
                let value = self.expr(e, None);
                if self.types.may_be_null(&value.ty) && !matches!(value.ty, Ty::Any | Ty::Error) {
                    let (shown, text) = (self.types.show(&value.ty), self.source(value.span));
                    self.report(
                        Diagnostic::error(Code::MayBeNull, "a hole in a text needs a value, and this may be absent")
                            .at(value.span, format!("`{shown}`"))
                            .help(format!("say what absence reads as: `{{{text} ?? \"none\"}}`")),
                    );
                }
                TextPart::Value(value)
            }
        }
    }

    fn if_else(
        &mut self,
        cond: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        want: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let cond = self.condition(cond);
        let mark = self.body.mark();
        let branch = |cx: &mut Self, e: &ast::Expr, truth: bool, want: Option<&Ty>| {
            cx.assume(&cond, truth);
            let value = cx.expr(e, want);
            cx.body.reset(mark);
            value
        };
        // The branch that needs to be told its type comes second.
        let (a, b) = if want.is_none() && needs_place(then) && !needs_place(otherwise) {
            let b = branch(self, otherwise, false, None);
            (branch(self, then, true, Some(&b.ty.clone())), b)
        } else {
            let a = branch(self, then, true, want);
            let hint = a.ty.clone();
            let b = branch(self, otherwise, false, want.or(needs_place(otherwise).then_some(&hint)));
            (a, b)
        };
        let ty = self.types.join(&a.ty, &b.ty);
        let (then, otherwise) = (Box::new(self.widen(a, &ty)), Box::new(self.widen(b, &ty)));
        Expr { kind: ExprKind::If { cond: Box::new(cond), then, otherwise }, ty, span }
    }

    /// Clauses of a comprehension, a rule or a policy; what they bind and show holds until the caller resets.
    pub(super) fn clauses(&mut self, clauses: &[ast::Clause]) -> Vec<Clause> {
        clauses.iter().map(|c| self.clause(c)).collect()
    }

    pub(super) fn clause(&mut self, clause: &ast::Clause) -> Clause {
        match clause {
            ast::Clause::For { binders, source, span } => self.for_clause(binders, source, *span),
            ast::Clause::Let(l) => {
                let (local, value) = self.bind_let(l);
                Clause::Let { local, value, span: l.span }
            }
            ast::Clause::If { cond, span } => {
                let cond = self.condition(cond);
                self.assume(&cond, true);
                Clause::If { cond, span: *span }
            }
        }
    }
}

/// Literals whose type is told by their place alone.
pub(super) fn needs_place(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::EmptyBrace => true,
        ast::ExprKind::List(items) => items.is_empty(),
        ast::ExprKind::Record(_) => true,
        _ => false,
    }
}
