//! A name that hides another one of the same body.

use super::{Subject, is_library};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    self, Clause, Comprehension, Expr, ExprKind, Item, ItemKind, Member, OnTarget, Statement, StrPart,
};
use std::sync::Arc;

/// `let`s, `for`s, parameters and arms that have the name of one around them.
pub(super) fn shadowed(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for module in subject.modules {
        let name =
            module.name.as_ref().map(|path| path.segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join("."));
        if name.is_some_and(|name| is_library(&name)) {
            continue;
        }
        for item in &module.items {
            Scope { names: Vec::new(), found }.item(item);
        }
    }
}

struct Scope<'f> {
    names: Vec<Arc<str>>,
    found: &'f mut Vec<Diagnostic>,
}

impl Scope<'_> {
    fn bind(&mut self, name: &ast::Ident) {
        self.bind_at(&name.name, name.span);
    }

    fn bind_at(&mut self, name: &Arc<str>, span: Span) {
        if self.names.contains(name) && !name.starts_with('_') {
            self.found.push(
                Diagnostic::warning(Code::Shadowed, format!("`{name}` hides another `{name}`"))
                    .at(span, "the outer one can't be read from here on")
                    .help("give it another name"),
            );
        }
        self.names.push(name.clone());
    }

    /// What is bound inside is forgotten afterwards.
    fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        let height = self.names.len();
        body(self);
        self.names.truncate(height);
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Fn(function) => {
                function.signature.params.iter().for_each(|param| self.bind(&param.name));
                for statement in &function.body {
                    match statement {
                        Statement::Let(one) => {
                            self.expr(&one.value);
                            self.bind(&one.name);
                        }
                        Statement::Return { cond, value, .. } => {
                            self.expr(cond);
                            self.expr(value);
                        }
                    }
                }
                self.expr(&function.result);
            }
            ItemKind::Let(one) => self.expr(&one.value),
            ItemKind::Policy(policy) => self.policy(policy),
            _ => {}
        }
    }

    fn policy(&mut self, policy: &ast::Policy) {
        for member in &policy.members {
            match member {
                Member::Param(param) => self.bind(&param.name),
                Member::On(on) => {
                    if let OnTarget::Subjects { name, .. } = &on.target {
                        self.bind(name);
                    }
                }
                Member::Except { cond, .. } => self.expr(cond),
                Member::Clause(clause) => self.clause(clause),
            }
        }
        for rule in &policy.rules {
            self.inside(|scope| {
                rule.clauses.iter().for_each(|clause| scope.clause(clause));
                scope.expr(&rule.message);
                rule.related.iter().for_each(|related| scope.expr(related));
            });
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::For { binders, source, .. } => {
                self.expr(source);
                binders.iter().for_each(|name| self.bind(name));
            }
            Clause::Let(one) => {
                self.expr(&one.value);
                self.bind(&one.name);
            }
            Clause::If { cond, .. } => self.expr(cond),
        }
    }

    fn comprehension(&mut self, key: Option<&Expr>, c: &Comprehension) {
        self.inside(|scope| {
            c.clauses.iter().for_each(|clause| scope.clause(clause));
            key.into_iter().chain([&c.element]).chain(&c.by).for_each(|part| scope.expr(part));
        });
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::ListComp(c) | ExprKind::SetComp(c) => self.comprehension(None, c),
            ExprKind::MapComp { key, body } => self.comprehension(Some(key), body),
            ExprKind::Call { args: ast::Args::Comprehension(c), .. } => self.comprehension(None, c),
            ExprKind::Call { args: ast::Args::Plain(args), .. } => {
                for arg in args {
                    if let ast::Arg::Expr(arg) = arg {
                        self.expr(arg);
                    }
                }
            }
            ExprKind::Match { value, arms } => {
                self.expr(value);
                for arm in arms {
                    self.inside(|scope| {
                        // An arm may narrow a variable under its own name.
                        let again =
                            |name: &ast::Ident| matches!(&value.kind, ExprKind::Name(known) if *known == name.name);
                        arm.name.iter().filter(|name| !again(name)).for_each(|name| scope.bind(name));
                        scope.expr(&arm.value);
                    });
                }
            }
            ExprKind::Field { base, .. } => self.expr(base),
            ExprKind::Unary { operand: base, .. } | ExprKind::Is { value: base, .. } => self.expr(base),
            ExprKind::Index { base: left, index: right } | ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::If { cond, then, otherwise } => {
                [cond, then, otherwise].into_iter().for_each(|part| self.expr(part))
            }
            ExprKind::List(items) | ExprKind::Set(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Record(fields) => fields.iter().for_each(|(_, value)| self.expr(value)),
            ExprKind::Str(parts) => parts.iter().for_each(|part| {
                if let StrPart::Hole(hole) = part {
                    self.expr(hole);
                }
            }),
            _ => {}
        }
    }
}
