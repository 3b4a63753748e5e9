//! The state of the body (function, policy, global, test) that is being checked: variables, scopes, facts.

use super::keys::Key;
use super::narrow::Facts;
use crate::hir::{Expr, Local, LocalId, PolicyParam, Ty};
use crate::source::Span;
use crate::syntax::ast::Ident;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a name in scope stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binding {
    Local(LocalId),
    Param(PolicyParam),
    Request,
    Old,
}

/// What may be used here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Place {
    /// A function, a module-level value, a type's default.
    #[default]
    Module,
    /// A policy.
    Policy,
    /// A test.
    Test,
}

/// The state of one body.
#[derive(Default)]
pub(super) struct Body {
    pub(super) place: Place,
    pub(super) locals: Vec<Local>,
    pub(super) scope: Vec<(Arc<str>, Binding)>,
    pub(super) facts: Facts,
    /// Variables bound to a path.
    pub(super) paths: FxHashMap<LocalId, Expr>,
    /// Types of the policy's parameters.
    pub(super) params: Vec<Ty>,
    /// Types of `request` and `old`.
    pub(super) request: Option<Ty>,
    pub(super) old: Option<Ty>,
    /// Names that rules above have bound, for one kind message.
    pub(super) gone: Vec<(Arc<str>, Span)>,
    /// Inside a literal of a schema type: texts stand for quantities, times and their kin, as in a document.
    pub(super) document: bool,
}

/// How far scope and facts reached when it was made.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    scope: usize,
    facts: usize,
}

impl Body {
    pub(super) fn new(place: Place) -> Body {
        Body { place, ..Body::default() }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { scope: self.scope.len(), facts: self.facts.len() }
    }

    /// Forgets what was bound and learnt since `mark`.
    pub(super) fn reset(&mut self, mark: Mark) {
        self.scope.truncate(mark.scope);
        self.facts.truncate(mark.facts);
    }

    /// Names bound since `mark`.
    pub(super) fn bound_since(&self, mark: Mark) -> Vec<Arc<str>> {
        self.scope.iter().skip(mark.scope).map(|(n, _)| n.clone()).collect()
    }

    /// A new variable; `_` is in no scope.
    pub(super) fn bind(&mut self, name: &Ident, ty: Ty) -> LocalId {
        let id = self.fresh(name.name.clone(), ty);
        if &*name.name != "_" {
            self.scope.push((name.name.clone(), Binding::Local(id)));
        }
        id
    }

    /// A new variable in no scope.
    pub(super) fn fresh(&mut self, name: Arc<str>, ty: Ty) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Local { name, ty });
        id
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Binding> {
        self.scope.iter().rev().find(|(n, _)| **n == *name).map(|(_, b)| *b)
    }

    pub(super) fn local_ty(&self, id: LocalId) -> Ty {
        self.locals.get(id.0 as usize).map_or(Ty::Error, |l| l.ty.clone())
    }

    /// Something new is known of a variable.
    pub(super) fn learn(&mut self, key: Key, ty: Ty) {
        self.facts.push((key, ty));
    }
}
