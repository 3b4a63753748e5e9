//! What an evaluation can see and write: documents, heaps, regexes.
//!
//! `DocId` ranges: below [`REQUEST_DOCS`] the inventory's documents; then those of the request under review (object,
//! old, request, data); then texts parsed while evaluating that are kept; then those that are forgotten.

use crate::document::{Document, NodeId, Tag};
use crate::error::EvalError;
use crate::scalar::Scalar;
use crate::value::{Data, DocId, HeapId, Place, Range, StrRef, Value};
use std::sync::Arc;

/// First id of the documents of the request.
pub const REQUEST_DOCS: u32 = 1 << 30;
/// First id of the documents that were parsed from texts and are kept.
pub const KEPT_DOCS: u32 = 2 << 30;
/// First id of the documents that were parsed from texts and are forgotten.
pub const SCRATCH_DOCS: u32 = 3 << 30;

/// A bump arena of derived values.
#[derive(Clone, Debug, Default)]
pub struct Heap {
    /// Values of lists, sets, maps and records.
    pub values: Vec<Value>,
    /// Texts, end to end.
    pub text: String,
    /// Large scalars.
    pub scalars: Vec<Scalar>,
}

/// A document parsed out of a text while evaluating.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The document.
    pub document: Document,
    /// Where the text stood.
    pub origin: Place,
}

/// Documents and heaps of one evaluator.
#[derive(Debug, Default)]
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
    /// True while a module `let` or a parameter is computed: what is made is kept.
    pub keeping: bool,
}
