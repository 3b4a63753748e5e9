//! The tables of a program that is being made: each entry once, named by its place.

use super::CompileError;
use crate::hir::Ty;
use plimsoll_engine::program::{
    ConstId, Constant, ImportId, IndexDef, IndexId, KindSet, KindsId, ShapeId, Sym, Symbols, TypeDesc,
};
use rustc_hash::FxHashMap;

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) symbols: Symbols,
    pub(super) constants: Vec<Constant>,
    constant_ids: FxHashMap<String, u32>,
    pub(super) regexes: Vec<String>,
    pub(super) shapes: Vec<Vec<u32>>,
    pub(super) types: Vec<TypeDesc>,
    pub(super) type_ids: FxHashMap<Ty, u32>,
    pub(super) kinds: Vec<KindSet>,
    pub(super) indexes: Vec<IndexDef>,
    pub(super) imports: Vec<(String, String)>,
}

impl Tables {
    pub(super) fn symbol(&mut self, name: &str) -> Sym {
        Sym(self.symbols.intern(name).0)
    }

    pub(super) fn constant(&mut self, constant: Constant) -> Result<ConstId, CompileError> {
        // Constants hold floats, so they are told apart by their text; `{:?}` of a float is exact.
        let key = format!("{constant:?}");
        if let Some(id) = self.constant_ids.get(&key) {
            return Ok(ConstId(*id));
        }
        let id = push(&mut self.constants, constant, "constants")?;
        self.constant_ids.insert(key, id);
        Ok(ConstId(id))
    }

    pub(super) fn text(&mut self, text: &str) -> Result<ConstId, CompileError> {
        self.constant(Constant::Str(text.to_owned()))
    }

    pub(super) fn regex(&mut self, pattern: &str) -> Result<u32, CompileError> {
        find_or_push(&mut self.regexes, pattern.to_owned(), "regular expressions")
    }

    pub(super) fn shape(&mut self, fields: Vec<u32>) -> Result<ShapeId, CompileError> {
        let index = find_or_push(&mut self.shapes, fields, "shapes of records")?;
        u16::try_from(index).map(ShapeId).map_err(|_| CompileError::TooMany("shapes of records"))
    }

    pub(super) fn kinds(&mut self, kinds: KindSet) -> Result<KindsId, CompileError> {
        find_or_push(&mut self.kinds, kinds, "sets of kinds").map(KindsId)
    }

    pub(super) fn index(&mut self, index: IndexDef) -> Result<IndexId, CompileError> {
        find_or_push(&mut self.indexes, index, "indexes").map(IndexId)
    }

    pub(super) fn import(&mut self, module: &str, name: &str) -> Result<ImportId, CompileError> {
        find_or_push(&mut self.imports, (module.to_owned(), name.to_owned()), "built-ins").map(ImportId)
    }
}

pub(super) fn push<T>(table: &mut Vec<T>, entry: T, what: &'static str) -> Result<u32, CompileError> {
    let id = u32::try_from(table.len()).map_err(|_| CompileError::TooMany(what))?;
    table.push(entry);
    Ok(id)
}

fn find_or_push<T: PartialEq>(table: &mut Vec<T>, entry: T, what: &'static str) -> Result<u32, CompileError> {
    match table.iter().position(|known| *known == entry) {
        Some(at) => u32::try_from(at).map_err(|_| CompileError::TooMany(what)),
        None => push(table, entry, what),
    }
}
