//! Which kinds the module-level values of a program read by `cluster()`: those that a request may change are computed
//! anew for it.

use crate::program::{GlobalKind, Instr, Program};

/// For each module-level value the sets of kinds that it reads, through functions and other values too.
pub(super) fn reads(program: &Program) -> Vec<Vec<u32>> {
    let mut of_functions: Vec<Option<Vec<u32>>> = vec![None; program.functions.len()];
    let of_global = |global: &crate::program::GlobalDef, of_functions: &mut Vec<Option<Vec<u32>>>| match global.kind {
        GlobalKind::Let(function) => of_function(program, function, of_functions),
        GlobalKind::Param(_) | GlobalKind::Data => Vec::new(),
    };
    program.globals.iter().map(|g| of_global(g, &mut of_functions)).collect()
}

/// Works off a list of functions, so that no program makes it recurse.
fn of_function(program: &Program, function: u32, known: &mut [Option<Vec<u32>>]) -> Vec<u32> {
    if let Some(Some(reads)) = known.get(function as usize) {
        return reads.clone();
    }
    let (mut todo, mut seen, mut reads) = (vec![function], vec![function], Vec::new());
    while let Some(next) = todo.pop() {
        let code = program.functions.get(next as usize).map_or(&[][..], |f| &f.code);
        for instr in code {
            let called = match instr {
                Instr::Cluster { kinds, .. } | Instr::Complete { kinds, .. } => {
                    reads.push(kinds.0);
                    None
                }
                Instr::Lookup { index, .. } => {
                    reads.extend(program.indexes.get(index.0 as usize).map(|i| i.kinds));
                    None
                }
                Instr::Call { function, .. } => Some(function.0),
                Instr::Global { global, .. } => match program.globals.get(global.0 as usize).map(|g| g.kind) {
                    Some(GlobalKind::Let(function)) => Some(function),
                    _ => None,
                },
                _ => None,
            };
            if let Some(called) = called.filter(|c| !seen.contains(c)) {
                seen.push(called);
                todo.push(called);
            }
        }
    }
    reads.sort_unstable();
    reads.dedup();
    if let Some(slot) = known.get_mut(function as usize) {
        *slot = Some(reads.clone());
    }
    reads
}
