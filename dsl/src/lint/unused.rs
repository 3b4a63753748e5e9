//! Lints about what is declared and never read.

use super::{Subject, is_library};
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::expr::{Clause, Comprehension, Expr, ExprKind};
use crate::hir::walk::{each_of_function, each_of_policy, walk_expr};
use crate::hir::{Expect, GlobalKind, LocalId, Member, Statement, TestDocument};
use crate::source::Span;
use crate::syntax::ast::{self, UseNames};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// `let`s of policies, rules, functions and comprehensions.
pub(super) fn unused_lets(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for policy in subject.hir.policies.iter().filter(|p| !is_library(&p.module)) {
        let mut body = Body::default();
        for member in &policy.members {
            if let Member::Clause(clause) = member {
                body.clause(clause);
            }
        }
        policy.rules.iter().flat_map(|rule| &rule.clauses).for_each(|clause| body.clause(clause));
        each_of_policy(policy, &mut |top| body.top(top));
        body.report(|local| policy.locals.get(local.0 as usize).map(|l| l.name.clone()), found);
    }
    for function in subject.hir.functions.iter().filter(|f| !is_library(&f.module)) {
        let mut body = Body::default();
        for statement in &function.body {
            if let Statement::Let { local, value } = statement {
                body.lets.push((*local, value.span));
            }
        }
        each_of_function(&function.body, &function.result, &mut |top| body.top(top));
        body.report(|local| function.locals.get(local.0 as usize).map(|l| l.name.clone()), found);
    }
}

/// `let`s of a body, and the variables that it reads.
#[derive(Default)]
struct Body {
    lets: Vec<(LocalId, Span)>,
    read: FxHashSet<LocalId>,
}

impl Body {
    fn clause(&mut self, clause: &Clause) {
        if let Clause::Let { local, span, .. } = clause {
            self.lets.push((*local, *span));
        }
    }

    fn top(&mut self, top: &Expr) {
        walk_expr(top, &mut |expr| match &expr.kind {
            ExprKind::Local(local) => {
                self.read.insert(*local);
            }
            ExprKind::Comprehension(c) => self.comprehension(c),
            _ => {}
        });
    }

    fn comprehension(&mut self, c: &Comprehension) {
        c.clauses.iter().for_each(|clause| self.clause(clause));
    }

    fn report(&self, name: impl Fn(LocalId) -> Option<Arc<str>>, found: &mut Vec<Diagnostic>) {
        for (local, span) in &self.lets {
            let Some(name) = name(*local).filter(|name| !name.starts_with('_') && !name.is_empty()) else { continue };
            if !self.read.contains(local) {
                found.push(
                    Diagnostic::warning(Code::Unused, format!("`{name}` is never read"))
                        .at(*span, "computed for nothing")
                        .help("remove it, or call it `_` if it stands for a value that is not needed"),
                );
            }
        }
    }
}

/// Parameters of policies.
pub(super) fn unused_params(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for policy in subject.hir.policies.iter().filter(|p| !is_library(&p.module)) {
        let mut read = FxHashSet::default();
        each_of_policy(policy, &mut |top| {
            walk_expr(top, &mut |expr| {
                if let ExprKind::Param(param) = expr.kind {
                    read.insert(param.0);
                }
            });
        });
        for (index, param) in (0_u32..).zip(&policy.params) {
            if !read.contains(&index) {
                found.push(
                    Diagnostic::warning(Code::Unused, format!("the parameter `{}` is never read", param.name))
                        .at(policy.span, format!("of the policy `{}`", policy.name))
                        .help("remove it, or use it"),
                );
            }
        }
    }
}

/// Functions that nothing of the bundle calls, tests included. A public one may be for others, so only private ones and
/// those of modules with policies count.
pub(super) fn unused_functions(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut called = FxHashSet::default();
    let mut note = |top: &Expr| {
        walk_expr(top, &mut |expr| {
            if let ExprKind::Call { function, .. } = expr.kind {
                called.insert(function.0);
            }
        });
    };
    let hir = subject.hir;
    hir.functions.iter().for_each(|f| each_of_function(&f.body, &f.result, &mut note));
    hir.policies.iter().for_each(|p| each_of_policy(p, &mut note));
    for global in &hir.globals {
        if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
            note(value);
        }
    }
    hir.profiles.iter().flat_map(|p| &p.settings).for_each(|setting| note(&setting.value));
    for test in &hir.tests {
        test.asserts.iter().for_each(|(condition, _)| note(condition));
        test.params.iter().for_each(|setting| note(&setting.value));
        test.data.iter().for_each(|(_, value)| note(value));
        test.request.iter().for_each(&mut note);
        let fixed = test.expects.iter().filter_map(|(e, _)| if let Expect::Fixed(d) = e { Some(d) } else { None });
        for document in test.input.iter().chain(&test.old).chain(&test.cluster).chain(fixed) {
            if let TestDocument::Value(value) = document {
                note(value);
            }
        }
    }
    for (index, function) in (0_u32..).zip(&hir.functions) {
        let own = function.name.starts_with('_') || hir.policies.iter().any(|p| p.module == function.module);
        if own && !is_library(&function.module) && !called.contains(&index) {
            found.push(
                Diagnostic::warning(Code::Unused, format!("the function `{}` is never called", function.name))
                    .at(function.span, "not called")
                    .help("remove it, or move it to a module of its own if it is for other bundles"),
            );
        }
    }
}

/// `use` lines whose names do not occur in the file.
pub(super) fn unused_uses(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for module in subject.modules {
        let name =
            module.name.as_ref().map(|path| path.segments.iter().map(|s| &*s.name).collect::<Vec<_>>().join("."));
        if name.is_some_and(|name| is_library(&name)) {
            continue;
        }
        let words = words(subject, module);
        for line in &module.uses {
            let names: Vec<&ast::Ident> = match &line.names {
                UseNames::Module => line.path.segments.last().into_iter().collect(),
                UseNames::As(name) => vec![name],
                UseNames::Items(names) => names.iter().collect(),
            };
            for name in names.into_iter().filter(|name| !words.contains(&*name.name)) {
                found.push(
                    Diagnostic::warning(Code::Unused, format!("`{}` is imported and never used", name.name))
                        .at(name.span, "not used in this file")
                        .help("remove it from the `use` line"),
                );
            }
        }
    }
}

/// Every word of the items of a module. A word in a comment or text counts as a use: better silent than wrong.
fn words<'s>(subject: &Subject<'s>, module: &ast::Module) -> FxHashSet<&'s str> {
    let mut words = FxHashSet::default();
    for item in &module.items {
        let text = subject.sources.text(item.span);
        words.extend(text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()));
    }
    words
}
