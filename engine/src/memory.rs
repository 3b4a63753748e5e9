//! What an evaluation can see and write: documents, heaps, regexes.
//!
//! `DocId` ranges: below [`REQUEST_DOCS`] the inventory's documents; then those of the request under review (object,
//! old, request, data); then texts parsed while evaluating that are kept; then those that are forgotten.
//!
//! INVARIANT: no method panics whatever values it is given: a reference outside its heap reads as nothing or is an
//! [`EvalError::Internal`]. Buffers are recycled, so that an evaluation allocates nothing once it is warm.

mod compare;
mod convert;
mod heap;
mod iterate;
mod make;
mod read;
mod regexes;
mod show;
#[cfg(test)]
mod tests;

pub use heap::Heap;
pub(crate) use make::sort;

use crate::document::{Document, NodeId};
use crate::error::EvalError;
use crate::program::symbol::{Symbol, Symbols};
use crate::scalar::Scalar;
use crate::scalar::regex::Pattern;
use crate::value::{Data, DocId, HeapId, Place, Range, ScalarRef, StrRef, Value};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// First id of the documents of the request.
pub const REQUEST_DOCS: u32 = 1 << 30;
/// First id of the documents that were parsed from texts and are kept.
pub const KEPT_DOCS: u32 = 2 << 30;
/// First id of the documents that were parsed from texts and are forgotten.
pub const SCRATCH_DOCS: u32 = 3 << 30;

/// How deep values may be nested where they are compared, shown or joined.
pub(crate) const DEPTH: u32 = 200;
/// The memory limit where the host sets none, in bytes.
const DEFAULT_LIMIT: usize = 256 << 20;
/// No heap grows beyond this, whatever the host says: offsets are 32 bits.
const MAX_HEAP: usize = 1 << 31;

type Result<T> = std::result::Result<T, EvalError>;

/// A document parsed out of a text while evaluating.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The document.
    pub document: Document,
    /// Where the text stood.
    pub origin: Place,
}

/// The fields of a record, in the order of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Their names.
    pub fields: Box<[Symbol]>,
}

/// Documents and heaps of one evaluator.
#[derive(Debug)]
pub struct Memory {
    /// The inventory's documents.
    pub inventory: Arc<Vec<Arc<Document>>>,
    /// Documents of the request under review and of the host's data.
    pub request: Vec<Arc<Document>>,
    /// Parsed texts that are kept.
    pub kept_docs: Vec<Parsed>,
    /// Parsed texts that are forgotten.
    pub scratch_docs: Vec<Parsed>,
    /// The program's constants.
    pub constants: Arc<Heap>,
    /// Values that are kept.
    pub kept: Heap,
    /// Values that are forgotten.
    pub scratch: Heap,
    /// The program's symbols.
    pub symbols: Arc<Symbols>,
    /// The program's record shapes.
    pub shapes: Arc<Vec<Shape>>,
    /// The program's regular expressions.
    pub regexes: Arc<Vec<Pattern>>,
    /// True while a module `let` or a parameter is computed: what is made is kept.
    pub keeping: bool,
    /// How many bytes one evaluation may make; what is kept has the same limit for itself.
    pub limit: usize,
    dynamic: regexes::Dynamic,
    builders: Vec<make::Builder>,
    free_builders: Vec<u32>,
    building: usize,
    work: Cell<u64>,
    bufs: Vec<String>,
    values: Vec<Vec<Value>>,
    pairs: RefCell<Vec<Vec<(Value, Value)>>>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            inventory: Arc::default(),
            request: Vec::new(),
            kept_docs: Vec::new(),
            scratch_docs: Vec::new(),
            constants: Arc::default(),
            kept: Heap::default(),
            scratch: Heap::default(),
            symbols: Arc::default(),
            shapes: Arc::default(),
            regexes: Arc::default(),
            keeping: false,
            limit: DEFAULT_LIMIT,
            dynamic: regexes::Dynamic::default(),
            builders: Vec::new(),
            free_builders: Vec::new(),
            building: 0,
            work: Cell::new(0),
            bufs: Vec::new(),
            values: Vec::new(),
            pairs: RefCell::default(),
        }
    }
}

impl Memory {
    /// A document that the evaluation can see.
    #[must_use]
    pub fn doc(&self, id: DocId) -> Option<&Document> {
        let at = |base: u32| id.0.checked_sub(base).map(|i| i as usize);
        if id.0 < REQUEST_DOCS {
            self.inventory.get(id.0 as usize).map(|d| &**d)
        } else if id.0 < KEPT_DOCS {
            self.request.get(at(REQUEST_DOCS)?).map(|d| &**d)
        } else if id.0 < SCRATCH_DOCS {
            self.kept_docs.get(at(KEPT_DOCS)?).map(|p| &p.document)
        } else {
            self.scratch_docs.get(at(SCRATCH_DOCS)?).map(|p| &p.document)
        }
    }

    /// The text that a reference names; empty where it names none.
    #[must_use]
    pub fn str(&self, text: StrRef) -> &str {
        let heap: &str = match text.space {
            StrRef::CONST => &self.constants.text,
            StrRef::KEPT => &self.kept.text,
            StrRef::SCRATCH => &self.scratch.text,
            StrRef::SYMBOLS => self.symbols.text(),
            doc => {
                let text = crate::document::node::TextRef { start: text.start, len: text.len };
                return self.doc(DocId(doc)).map_or("", |d| d.text(text));
            }
        };
        let start = text.start as usize;
        heap.get(start..start.saturating_add(text.len as usize)).unwrap_or_default()
    }

    /// The text of a string value.
    #[must_use]
    pub fn str_of(&self, value: Value) -> Option<&str> {
        match value.data {
            Data::Str(text) => Some(self.str(text)),
            _ => None,
        }
    }

    /// The name of a symbol as a text of this memory.
    #[must_use]
    pub fn symbol_text(&self, symbol: Symbol) -> StrRef {
        let (start, len) = self.symbols.span(symbol);
        StrRef { space: StrRef::SYMBOLS, start, len }
    }

    /// A heap.
    #[must_use]
    pub fn heap(&self, id: HeapId) -> &Heap {
        match id {
            HeapId::Const => &self.constants,
            HeapId::Kept => &self.kept,
            HeapId::Scratch => &self.scratch,
        }
    }

    /// The values of a run; empty where it is none.
    #[must_use]
    pub fn run(&self, range: Range) -> &[Value] {
        let start = range.start as usize;
        self.heap(range.heap).values.get(start..start.saturating_add(range.len as usize)).unwrap_or_default()
    }

    /// A scalar of a heap.
    #[must_use]
    pub fn scalar(&self, scalar: ScalarRef) -> Option<&Scalar> {
        self.heap(scalar.heap).scalars.get(scalar.index as usize)
    }

    /// The scalar that a value holds.
    #[must_use]
    pub fn scalar_of(&self, value: Value) -> Option<&Scalar> {
        match value.data {
            Data::Scalar(s) => self.scalar(s),
            _ => None,
        }
    }

    /// The place of a value in a document that a person wrote: a place in a text that was parsed while evaluating is
    /// the place of that text.
    #[must_use]
    pub fn origin(&self, place: Place) -> Place {
        let mut place = place;
        // A text is parsed after the text that it came from, so the chain is short; the bound is for hostile values.
        for _ in 0..DEPTH {
            let parsed = match place.doc.0 {
                _ if !place.is_some() => return place,
                id if id >= SCRATCH_DOCS => self.scratch_docs.get(id.wrapping_sub(SCRATCH_DOCS) as usize),
                id if id >= KEPT_DOCS => self.kept_docs.get(id.wrapping_sub(KEPT_DOCS) as usize),
                _ => return place,
            };
            match parsed {
                Some(parsed) => place = parsed.origin,
                None => return Place::NONE,
            }
        }
        Place::NONE
    }

    /// The place of a value in a document that a person wrote, if it has one.
    #[must_use]
    pub fn place_of(&self, value: Value) -> Option<Place> {
        Some(self.origin(value.place)).filter(|p| p.is_some())
    }

    /// Takes up a document that was parsed out of a text at `origin`, and gives its root.
    ///
    /// # Errors
    /// [`EvalError::Memory`] where it does not fit any more.
    pub fn adopt(&mut self, document: Document, origin: Place) -> Result<Value> {
        self.reserve(document.len().saturating_mul(size_of::<crate::document::Node>()))?;
        let (docs, base) = match self.keeping {
            true => (&mut self.kept_docs, KEPT_DOCS),
            false => (&mut self.scratch_docs, SCRATCH_DOCS),
        };
        let index = u32::try_from(docs.len()).ok().filter(|i| *i < 1 << 29).ok_or(EvalError::Memory)?;
        docs.push(Parsed { document, origin });
        self.load(Place { doc: DocId(base.saturating_add(index)), node: NodeId::ROOT })
    }

    /// Forgets what was made for one evaluation; what is kept stays, and so does the room.
    pub fn reset(&mut self) {
        self.scratch.clear();
        self.scratch_docs.clear();
        self.reset_builders();
        self.dynamic.reset();
        self.keeping = false;
        self.work.set(0);
    }

    /// Forgets what was kept as well (a new inventory, other parameters).
    pub fn reset_kept(&mut self) {
        self.reset();
        self.kept.clear();
        self.kept_docs.clear();
        self.dynamic.clear();
    }

    /// What comparing, sorting and showing has cost since this was last asked, in units of fuel.
    pub fn take_work(&self) -> u64 {
        self.work.replace(0)
    }

    /// Counts work that an operation does.
    pub(crate) fn count_work(&self, n: usize) {
        self.work.set(self.work.get().saturating_add(n as u64));
    }

    /// An empty text buffer to build in; give it back with [`Memory::give_buf`].
    pub fn take_buf(&mut self) -> String {
        self.bufs.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub fn give_buf(&mut self, mut buf: String) {
        buf.clear();
        self.bufs.push(buf);
    }

    /// An empty buffer of values; give it back with [`Memory::give_values`].
    pub fn take_values(&mut self) -> Vec<Value> {
        self.values.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub fn give_values(&mut self, mut buf: Vec<Value>) {
        buf.clear();
        self.values.push(buf);
    }

    /// An empty buffer of pairs; give it back with [`Memory::give_pairs`].
    pub fn take_pairs(&self) -> Vec<(Value, Value)> {
        self.pairs.try_borrow_mut().ok().and_then(|mut p| p.pop()).unwrap_or_default()
    }

    /// Takes a buffer back.
    pub fn give_pairs(&self, mut buf: Vec<(Value, Value)>) {
        buf.clear();
        if let Ok(mut pool) = self.pairs.try_borrow_mut() {
            pool.push(buf);
        }
    }

    /// What a value is, in the words of the language, for messages.
    #[must_use]
    pub fn kind_name(&self, value: Value) -> &'static str {
        match value.data {
            Data::Null | Data::Missing(_) => "null",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Float(_) => "float",
            Data::Str(_) => "string",
            Data::DocList | Data::List(_) => "list",
            Data::DocMap | Data::Map(_) => "map",
            Data::Set(_) => "set",
            Data::Record(_) => "record",
            Data::Duration(_) => "duration",
            Data::Regex(_) => "regex",
            Data::Scalar(s) => self.scalar(s).map_or("scalar", |s| s.kind().name()),
            Data::Iter(_) | Data::Builder(_) | Data::Poison(_) => "internal value",
        }
    }

    /// The error for a value of another kind than was asked for.
    pub(crate) fn expected(&self, what: &str, got: Value) -> EvalError {
        EvalError::Value(format!("expected {what}, found {}", self.kind_name(got)))
    }
}
