//! Rules: head, message, clauses, place, related places, fixes.

use super::super::Checker;
use super::super::types::{action_ty, severity_ty};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{Expr, Fix, FixOp, PlaceExpr, Refs, Rule, RuleHead, Ty};
use crate::syntax::ast;
use plimsoll_engine::scalar::ScalarKind;

/// Loops in a row at most, of a policy before its first rule and of a rule.
const MAX_LOOPS: usize = 50;

impl<'a> Checker<'a> {
    /// All rules; each in a scope of its own.
    pub(super) fn rules(&mut self, policy: &'a ast::Policy, refs: &Refs) -> Vec<Rule> {
        let mut out = Vec::with_capacity(policy.rules.len());
        for rule in &policy.rules {
            let mark = self.body.mark();
            out.push(self.rule(rule, refs));
            let names = self.body.bound_since(mark);
            self.body.gone.extend(names.into_iter().map(|n| (n, rule.span)));
            self.body.reset(mark);
        }
        out
    }

    fn rule(&mut self, rule: &'a ast::Rule, refs: &Refs) -> Rule {
        // Head and message stand before the clauses and see what they bind.
        let clauses = self.clauses(&rule.clauses);
        self.loops(&rule.clauses);
        let head = self.head(&rule.head);
        let message = self.expr_as(&rule.message, &Ty::String);
        let mut merged = refs.clone();
        let mut computed_refs = vec![];
        if let Some(own) = &rule.refs {
            let (texts, computed) = self.rule_refs(own);
            merged.extend(texts);
            computed_refs = computed;
        }
        let at = rule.at.as_ref().map(|e| self.expr(e, None));
        let place = at.as_ref().map_or(PlaceExpr::Innermost, |e| self.place_of(e));
        let related = rule.related.as_ref().map(|e| self.expr(e, None));
        let fixes = rule.fixes.iter().map(|f| self.fix(f, at.as_ref())).collect();
        Rule {
            head,
            message,
            clauses,
            refs: merged,
            computed_refs,
            at: place,
            has_at: at.is_some(),
            related,
            fixes,
            doc: rule.doc.text.clone(),
            span: rule.span,
        }
    }

    /// Each loop lies within those before it, and all passes that follow recurse over that.
    pub(super) fn loops<'c>(&mut self, clauses: impl IntoIterator<Item = &'c ast::Clause>) {
        let mut spans = clauses.into_iter().filter_map(|c| match c {
            ast::Clause::For { span, .. } => Some(*span),
            _ => None,
        });
        if let Some(span) = spans.nth(MAX_LOOPS) {
            self.report(
                Diagnostic::error(Code::Nesting, "too many loops lie within each other")
                    .at(span, format!("{MAX_LOOPS} loops are around this one"))
                    .help("move some of them into a function"),
            );
        }
    }

    fn head(&mut self, head: &ast::RuleHead) -> RuleHead {
        match head {
            ast::RuleHead::Action { action, severity } => {
                RuleHead::Fixed { action: *action, severity: severity.as_ref().map(|name| self.severity(name)) }
            }
            ast::RuleHead::Report { action, severity } => RuleHead::Computed {
                action: Box::new(self.expr_as(action, &action_ty())),
                severity: severity.as_ref().map(|e| Box::new(self.expr_as(e, &severity_ty()))),
            },
        }
    }

    fn fix(&mut self, fix: &'a ast::Fix, rule_at: Option<&Expr>) -> Fix {
        let when = fix.when.as_ref().map(|e| self.condition(e));
        let mark = self.body.mark();
        if let Some(when) = &when {
            self.assume(when, true);
        }
        let at = fix.at.as_ref().map(|e| self.expr(e, None));
        let place = at.as_ref().or(rule_at);
        let ty = place.map_or(Ty::Any, |p| self.types.required(&p.ty));
        let op = match &fix.op {
            ast::FixOp::Set(e) => FixOp::Set(self.fixed(e, &ty)),
            ast::FixOp::Add(e) => FixOp::Add(self.added(e, &ty)),
            ast::FixOp::Remove => FixOp::Remove,
        };
        if place.is_none() {
            self.report(
                Diagnostic::error(Code::BadFix, "a fix needs a place")
                    .at(fix.span, "neither the rule nor the fix says `at`")
                    .help("say where: `fix set … at c.image`"),
            );
        }
        self.body.reset(mark);
        Fix { is_unsafe: fix.is_unsafe, op, at: at.map(|e| self.place_of(&e)), when, span: fix.span }
    }

    /// `set e`: a value of the type of the place, as the document writes it.
    fn fixed(&mut self, e: &ast::Expr, ty: &Ty) -> Expr {
        let before = std::mem::replace(&mut self.body.document, true);
        let value = self.expr(e, Some(ty).filter(|t| **t != Ty::Never));
        self.body.document = before;
        if matches!(ty, Ty::Never | Ty::Error | Ty::Any) || matches!(value.ty, Ty::Any | Ty::Error) {
            return value;
        }
        let text =
            matches!(value.ty, Ty::String | Ty::Literal(_)) && matches!(ty, Ty::Scalar(k) if *k != ScalarKind::Regex);
        if text {
            self.check_written(&value, ty);
        } else if !self.types.fits(&self.types.required(&value.ty), ty) {
            let (have, want) = (self.types.show(&value.ty), self.types.show(ty));
            self.report(
                Diagnostic::error(Code::BadFix, format!("the fix writes `{have}` where `{want}` belongs"))
                    .at(e.span, format!("`{have}`"))
                    .help(format!("write a value of type `{want}`, or give the fix a place of its own: `at …`")),
            );
        }
        value
    }

    /// `add e`: an entry of the list at the place.
    fn added(&mut self, e: &ast::Expr, ty: &Ty) -> Expr {
        let item = match ty {
            Ty::List(item) => (**item).clone(),
            Ty::Any | Ty::Error | Ty::Never => Ty::Any,
            other => {
                let shown = self.types.show(other);
                self.report(
                    Diagnostic::error(Code::BadFix, "`add` appends to a list")
                        .at(e.span, format!("the place holds `{shown}`"))
                        .help("use `set` to write the whole value"),
                );
                Ty::Any
            }
        };
        self.fixed(e, &item)
    }
}
