//! Checked tree → checked tree that costs less and means the same, errors included. A pass a file.

mod join;
mod rewrite;

use crate::hir::Hir;

/// The passes, in order.
const PASSES: &[fn(&mut Hir)] = &[join::index_joins];

/// Runs all passes.
pub fn optimize(hir: &mut Hir) {
    for pass in PASSES {
        pass(hir);
    }
}
