//! Which functions of the bundle anything calls: only those get code.

use crate::hir::expr::ExprKind;
use crate::hir::walk::{each_of_function, each_of_policy, walk_expr};
use crate::hir::{Expect, Expr, GlobalKind, Hir, TestDocument};

/// For each function of the tree, its number in the program; none where nothing calls it.
pub(super) fn numbers(hir: &Hir, with_tests: bool) -> Vec<Option<u32>> {
    let mut reached = vec![false; hir.functions.len()];
    let mut todo = Vec::new();
    roots(hir, with_tests, &mut |expr| calls(expr, &mut todo));
    while let Some(function) = todo.pop() {
        let Some(seen) = reached.get_mut(function) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        if let Some(function) = hir.functions.get(function) {
            each_of_function(&function.body, &function.result, &mut |expr| calls(expr, &mut todo));
        }
    }
    let mut next = 0..;
    reached.into_iter().map(|reached| if reached { next.next() } else { None }).collect()
}

fn calls(expr: &Expr, todo: &mut Vec<usize>) {
    walk_expr(expr, &mut |expr| {
        if let ExprKind::Call { function, .. } = expr.kind {
            todo.push(function.0 as usize);
        }
    });
}

/// Everything that is run without being called.
fn roots(hir: &Hir, with_tests: bool, visit: &mut dyn FnMut(&Expr)) {
    hir.policies.iter().for_each(|policy| each_of_policy(policy, visit));
    for global in &hir.globals {
        if let GlobalKind::Let(value) | GlobalKind::Param(Some(value)) = &global.kind {
            visit(value);
        }
    }
    hir.profiles.iter().flat_map(|profile| &profile.settings).for_each(|setting| visit(&setting.value));
    if !with_tests {
        return;
    }
    for test in &hir.tests {
        test.asserts.iter().for_each(|(condition, _)| visit(condition));
        test.sides.iter().flatten().flat_map(|(left, right)| [left, right]).for_each(&mut *visit);
        test.params.iter().for_each(|setting| visit(&setting.value));
        test.data.iter().for_each(|(_, value)| visit(value));
        test.request.iter().for_each(&mut *visit);
        let fixed = test.expects.iter().filter_map(|(e, _)| if let Expect::Fixed(d) = e { Some(d) } else { None });
        for document in test.input.iter().chain(&test.old).chain(&test.cluster).chain(fixed) {
            if let TestDocument::Value(value) = document {
                visit(value);
            }
        }
    }
}
