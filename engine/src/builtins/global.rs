//! The functions that need no module.

use super::{Builtin, Module, collections, graph, objects, scalars};

/// The functions that need no module: those of the files named here, one list behind the other.
pub(super) const MODULE: Module = Module { name: "", doc: "Functions that need no module.", functions: &joined() };

const PARTS: [&[Builtin]; 4] = [collections::FUNCTIONS, objects::FUNCTIONS, scalars::FUNCTIONS, graph::FUNCTIONS];

const LEN: usize =
    collections::FUNCTIONS.len() + objects::FUNCTIONS.len() + scalars::FUNCTIONS.len() + graph::FUNCTIONS.len();

#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const fn joined() -> [Builtin; LEN] {
    let mut all = [collections::FUNCTIONS[0]; LEN];
    let (mut part, mut at) = (0, 0);
    while part < PARTS.len() {
        let mut i = 0;
        while i < PARTS[part].len() {
            all[at] = PARTS[part][i];
            at += 1;
            i += 1;
        }
        part += 1;
    }
    all
}
