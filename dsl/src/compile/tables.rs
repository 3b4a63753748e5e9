//! The tables of a program that is being made: each entry once, named by its place.

use super::CompileError;
use crate::hir::Ty;
use plimsoll_engine::program::{
    ConstId, Constant, ImportId, IndexDef, IndexId, KindSet, KindsId, ShapeId, Sym, Symbols, TypeDesc,
};
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) symbols: Symbols,
    pub(super) constants: Vec<Constant>,
    constant_ids: FxHashMap<String, u32>,
    pub(super) regexes: Entries<String>,
    pub(super) shapes: Entries<Vec<u32>>,
    pub(super) types: Vec<TypeDesc>,
    pub(super) type_ids: FxHashMap<Ty, u32>,
    pub(super) kinds: Entries<KindSet>,
    pub(super) indexes: Entries<IndexDef>,
    pub(super) imports: Entries<(String, String)>,
}

/// A table of entries that differ.
#[derive(Debug)]
pub(super) struct Entries<T> {
    pub(super) list: Vec<T>,
    ids: FxHashMap<T, u32>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries { list: Vec::new(), ids: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Entries<T> {
    /// The place of an entry, which is added where it is new.
    fn id(&mut self, entry: T, what: &'static str) -> Result<u32, CompileError> {
        if let Some(id) = self.ids.get(&entry) {
            return Ok(*id);
        }
        let id = push(&mut self.list, entry.clone(), what)?;
        self.ids.insert(entry, id);
        Ok(id)
    }
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
        self.regexes.id(pattern.to_owned(), "regular expressions")
    }

    pub(super) fn shape(&mut self, fields: Vec<u32>) -> Result<ShapeId, CompileError> {
        let index = self.shapes.id(fields, "shapes of records")?;
        u16::try_from(index).map(ShapeId).map_err(|_| CompileError::TooMany("shapes of records"))
    }

    pub(super) fn kinds(&mut self, kinds: KindSet) -> Result<KindsId, CompileError> {
        self.kinds.id(kinds, "sets of kinds").map(KindsId)
    }

    pub(super) fn index(&mut self, index: IndexDef) -> Result<IndexId, CompileError> {
        self.indexes.id(index, "indexes").map(IndexId)
    }

    pub(super) fn import(&mut self, module: &str, name: &str) -> Result<ImportId, CompileError> {
        self.imports.id((module.to_owned(), name.to_owned()), "built-ins").map(ImportId)
    }
}

pub(super) fn push<T>(table: &mut Vec<T>, entry: T, what: &'static str) -> Result<u32, CompileError> {
    let id = u32::try_from(table.len()).map_err(|_| CompileError::TooMany(what))?;
    table.push(entry);
    Ok(id)
}
