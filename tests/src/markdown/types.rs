//! The types of what a checked bundle declares, by line.

use plimsoll_dsl::compiler::Bundle;
use plimsoll_dsl::hir::show::{TypeNames, show_ty};
use plimsoll_dsl::hir::{Clause, Hir, Local, LocalId, Member, Statement, Ty};
use plimsoll_dsl::hir::{Expr, ExprKind};
use plimsoll_dsl::source::{SourceId, Span};

/// Every `let`, `for`, `param` and `fn` of a source: its line from 1 and its type as text.
#[must_use]
pub fn declared(bundle: &Bundle, hir: &Hir, source: SourceId) -> Vec<(usize, String)> {
    let mut found = Found { bundle, hir, source, out: vec![] };
    for global in &hir.globals {
        found.add(global.span, &global.ty);
        if let plimsoll_dsl::hir::GlobalKind::Let(value) = &global.kind {
            found.inside(value, &global.locals);
        }
    }
    for function in &hir.functions {
        for statement in &function.body {
            if let Statement::Let { local, value } = statement {
                found.local(value.span, *local, &function.locals);
                found.inside(value, &function.locals);
            }
        }
    }
    for policy in &hir.policies {
        let members = policy.members.iter().filter_map(|m| match m {
            Member::Clause(clause) => Some(clause),
            Member::Except { .. } => None,
        });
        for clause in members.chain(policy.rules.iter().flat_map(|r| &r.clauses)) {
            found.clause(clause, &policy.locals);
        }
    }
    found.out
}

struct Found<'a> {
    bundle: &'a Bundle,
    hir: &'a Hir,
    source: SourceId,
    out: Vec<(usize, String)>,
}

impl Found<'_> {
    fn add(&mut self, span: Span, ty: &Ty) {
        if span.source == self.source {
            let line = self.bundle.sources.position(span).line as usize;
            let shown = show_ty(ty, &self.bundle.schema, &self.hir.decls, &TypeNames::default());
            self.out.push((line, shown));
        }
    }

    fn local(&mut self, span: Span, local: LocalId, locals: &[Local]) {
        if let Some(local) = locals.get(local.0 as usize) {
            self.add(span, &local.ty);
        }
    }

    fn clause(&mut self, clause: &Clause, locals: &[Local]) {
        match clause {
            Clause::Let { local, value, span } => {
                self.local(*span, *local, locals);
                self.inside(value, locals);
            }
            Clause::For { first, second, span, .. } => {
                if let Some(local) = second.or(*first) {
                    self.local(*span, local, locals);
                }
            }
            Clause::Join { .. } | Clause::If { .. } => {}
        }
    }

    /// The clauses of a comprehension.
    fn inside(&mut self, value: &Expr, locals: &[Local]) {
        if let ExprKind::Comprehension(comprehension) = &value.kind {
            for clause in &comprehension.clauses {
                self.clause(clause, locals);
            }
        }
    }
}
