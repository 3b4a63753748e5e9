//! Every expression of the author's modules, with the variables of its body.

use crate::hir::walk::{each_of_function, each_of_policy, walk_expr};
use crate::hir::{Expr, GlobalKind, Hir, Local};

use super::is_library;

/// Calls `visit` with each expression of the author's functions, module values and policies.
pub(super) fn each_expr(hir: &Hir, visit: &mut dyn FnMut(&Expr, &[Local])) {
    for function in hir.functions.iter().filter(|f| !is_library(&f.module)) {
        each_of_function(&function.body, &function.result, &mut |top| {
            walk_expr(top, &mut |expr| visit(expr, &function.locals));
        });
    }
    for global in hir.globals.iter().filter(|g| !is_library(&g.module)) {
        if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
            walk_expr(value, &mut |expr| visit(expr, &global.locals));
        }
    }
    for policy in hir.policies.iter().filter(|p| !is_library(&p.module)) {
        each_of_policy(policy, &mut |top| walk_expr(top, &mut |expr| visit(expr, &policy.locals)));
    }
}
