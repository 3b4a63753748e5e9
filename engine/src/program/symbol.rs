//! Symbols: the field names that a program knows, as integers.
//!
//! The table is made with the program and never changes afterwards, so documents can be loaded in parallel without a
//! lock; a key that no policy names has no symbol and is found by its text.

use rustc_hash::FxHashMap;

/// A field name that a program knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

impl Symbol {
    /// No symbol.
    pub const NONE: Symbol = Symbol(u32::MAX);
}

/// The names of a program.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<Box<str>>,
    /// All names end to end, so that a name can stand as a text of the evaluation.
    text: String,
    starts: Vec<u32>,
    by_name: FxHashMap<Box<str>, Symbol>,
}

impl Symbols {
    /// The symbol of a name, made where there is none yet.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.starts.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.text.push_str(name);
        self.by_name.insert(name.into(), symbol);
        symbol
    }

    /// The symbol of a name, `Symbol::NONE` where the program does not know it.
    #[must_use]
    pub fn find(&self, name: &str) -> Symbol {
        self.by_name.get(name).copied().unwrap_or(Symbol::NONE)
    }

    /// The name of a symbol; empty for one of another table.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0 as usize).map_or("", |n| n)
    }

    /// All names end to end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the name of a symbol begins in [`Symbols::text`], and its length; nothing for one of another table.
    #[must_use]
    pub fn span(&self, symbol: Symbol) -> (u32, u32) {
        match (self.starts.get(symbol.0 as usize), self.names.get(symbol.0 as usize)) {
            (Some(start), Some(name)) => (*start, u32::try_from(name.len()).unwrap_or(0)),
            _ => (0, 0),
        }
    }

    /// All names in the order of their symbols.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|n| &**n)
    }
}
