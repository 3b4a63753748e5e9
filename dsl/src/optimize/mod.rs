//! Checked tree → checked tree that costs less and means the same, errors included. A pass a file.

mod join;
mod rewrite;

use crate::hir::Hir;
use crate::stack::on_big_stack;

/// The passes, in order.
const PASSES: &[fn(&mut Hir)] = &[join::index_joins];

/// Runs all passes.
pub fn optimize(hir: &mut Hir) {
    on_big_stack(|| PASSES.iter().for_each(|pass| pass(hir)));
}
