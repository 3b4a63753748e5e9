//! The built-in functions as the checker sees them: modules, names, and signatures read once.

use crate::syntax::{Shape, parse_signature};
use plimsoll_engine::builtins::{BuiltinId, MODULES, all};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A built-in function.
pub(super) struct Signature {
    pub(super) id: BuiltinId,
    pub(super) shape: Shape,
}

/// Functions by module and name; the module of those that need none is empty.
static TABLE: LazyLock<FxHashMap<&'static str, FxHashMap<&'static str, Signature>>> = LazyLock::new(|| {
    let mut table: FxHashMap<_, FxHashMap<_, _>> = FxHashMap::default();
    for (id, module, function) in all() {
        // A test reads every signature.
        if let Ok(shape) = parse_signature(function.signature) {
            table.entry(module).or_default().insert(function.name, Signature { id, shape });
        }
    }
    table
});

/// The function of a module.
pub(super) fn find(module: &str, name: &str) -> Option<&'static Signature> {
    TABLE.get(module)?.get(name)
}

/// The module of that name; modules whose name begins with `_` are the compiler's own.
pub(super) fn module(name: &str) -> Option<&'static str> {
    MODULES.iter().map(|m| m.name).find(|m| *m == name && !m.is_empty() && !m.starts_with('_'))
}

/// Names of all modules.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|m| m.name).filter(|m| !m.is_empty() && !m.starts_with('_'))
}

/// Names of the functions of a module.
pub(super) fn functions(module: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    MODULES.iter().filter(move |m| m.name == module).flat_map(|m| m.functions.iter().map(|f| f.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_can_be_read() {
        let all = MODULES.iter().flat_map(|m| m.functions.iter().map(|f| (m.name, f)));
        for (module, function) in all {
            if let Err(errors) = parse_signature(function.signature) {
                panic!("{module}.{}: {errors:?}", function.name);
            }
        }
    }
}
