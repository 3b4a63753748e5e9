//! Paths that narrowing can hold on to: a variable and the fields and constant or variable indices below it.
//!
//! Variables never change, so a fact about a path stays true as long as its scope lasts.

use crate::hir::{Const, Expr, ExprKind, GlobalId, LocalId, PolicyParam};
use std::sync::Arc;

/// Where a path starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Root {
    Local(LocalId),
    Global(GlobalId),
    Param(PolicyParam),
    Request,
    Old,
}

/// A step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum KeyStep {
    Field(Arc<str>),
    Text(Arc<str>),
    Int(i64),
    Local(LocalId),
    Param(PolicyParam),
    Global(GlobalId),
}

/// A path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Key {
    pub(super) root: Root,
    pub(super) steps: Vec<KeyStep>,
}

impl Key {
    /// A variable alone.
    pub(super) fn local(id: LocalId) -> Key {
        Key { root: Root::Local(id), steps: vec![] }
    }

    /// The path that an expression is, if it is one.
    pub(super) fn of(expr: &Expr) -> Option<Key> {
        let mut steps = Vec::new();
        let mut at = expr;
        let root = loop {
            match &at.kind {
                ExprKind::Local(id) => break Root::Local(*id),
                ExprKind::Global(id) => break Root::Global(*id),
                ExprKind::Param(id) => break Root::Param(*id),
                ExprKind::Request => break Root::Request,
                ExprKind::Old => break Root::Old,
                ExprKind::Convert { value, .. } => at = value,
                ExprKind::Field { base, field, .. } => {
                    steps.push(KeyStep::Field(field.clone()));
                    at = base;
                }
                ExprKind::Index { base, index } => {
                    steps.push(step(index)?);
                    at = base;
                }
                _ => return None,
            }
        };
        steps.reverse();
        Some(Key { root, steps })
    }
}

fn step(index: &Expr) -> Option<KeyStep> {
    Some(match &index.kind {
        ExprKind::Const(Const::Str(text)) => KeyStep::Text(text.clone()),
        ExprKind::Const(Const::Int(n)) => KeyStep::Int(*n),
        ExprKind::Local(id) => KeyStep::Local(*id),
        ExprKind::Param(id) => KeyStep::Param(*id),
        ExprKind::Global(id) => KeyStep::Global(*id),
        _ => return None,
    })
}
