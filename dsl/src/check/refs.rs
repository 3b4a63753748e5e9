//! Which functions and module-level values an expression reads.

use crate::hir::walk::each_child;
use crate::hir::{Expr, ExprKind, FnId, Function, GlobalId, Statement};
use crate::source::Span;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Target {
    Function(FnId),
    Global(GlobalId),
}

/// Everything that an expression reads, in order.
pub(super) fn targets(expr: &Expr, found: &mut dyn FnMut(Target, Span)) {
    match &expr.kind {
        ExprKind::Call { function, .. } => found(Target::Function(*function), expr.span),
        ExprKind::Global(id) => found(Target::Global(*id), expr.span),
        _ => {}
    }
    each_child(expr, &mut |child| targets(child, found));
}

/// Everything that a function reads.
pub(super) fn of_function(function: &Function, found: &mut dyn FnMut(Target, Span)) {
    for statement in &function.body {
        match statement {
            Statement::Let { value, .. } => targets(value, found),
            Statement::Return { cond, value } => {
                targets(cond, found);
                targets(value, found);
            }
        }
    }
    targets(&function.result, found);
}
