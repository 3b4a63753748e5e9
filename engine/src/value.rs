//! Values: what registers hold.
//!
//! A [`Value`] is small and `Copy`: its data, and the place in a document that it came from. Scalars of a document are
//! decoded when they are read and keep their place; its lists and maps stay nodes ([`Data::DocList`], [`Data::DocMap`]:
//! the value's `place` is the node). Derived lists, sets, maps, records and texts lie in a [`Heap`](crate::memory::Heap) and are named by
//! ranges, so a value needs no reference count and a whole evaluation is forgotten at once.

use crate::document::NodeId;

/// Names a document that an evaluation can see; see `memory` for the ranges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DocId(pub u32);

/// A node of a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Which document.
    pub doc: DocId,
    /// Which node.
    pub node: NodeId,
}

impl Place {
    /// No place.
    pub const NONE: Place = Place { doc: DocId(u32::MAX), node: NodeId(0) };

    /// True if it names a node.
    #[must_use]
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// Which heap a derived value lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum HeapId {
    /// The program's constants.
    Const,
    /// What is kept for the life of an inventory: module `let`s, parameters.
    Kept,
    /// What is forgotten after each evaluation.
    Scratch,
}

/// A text: in a document (`space` is its `DocId`, `len` may carry `document::node::OWNED`) or in a heap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StrRef {
    /// A `DocId`, or one of [`StrRef::CONST`], [`StrRef::KEPT`], [`StrRef::SCRATCH`].
    pub space: u32,
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

impl StrRef {
    /// The program's constants.
    pub const CONST: u32 = u32::MAX - 1;
    /// The kept heap.
    pub const KEPT: u32 = u32::MAX - 2;
    /// The scratch heap.
    pub const SCRATCH: u32 = u32::MAX - 3;
    /// The names of the program's symbols, end to end.
    pub const SYMBOLS: u32 = u32::MAX - 4;
    /// The empty text.
    pub const EMPTY: StrRef = StrRef { space: Self::CONST, start: 0, len: 0 };
}

/// A run of values in a heap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Range {
    /// Which heap.
    pub heap: HeapId,
    /// The first value.
    pub start: u32,
    /// How many values (for a map: twice its entries, key and value in turn).
    pub len: u32,
}

/// A record: its values in the order of its shape's fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecordRef {
    /// Which heap.
    pub heap: HeapId,
    /// The shape: an index into `Program::shapes`.
    pub shape: u16,
    /// The first value.
    pub start: u32,
}

/// A scalar too large for a register: an index into a heap's `scalars`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScalarRef {
    /// Which heap.
    pub heap: HeapId,
    /// Which scalar.
    pub index: u32,
}

/// The state of an iteration. The register's `place.node` counts what was handed out, `place.doc` is the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Iter {
    /// What is iterated.
    pub over: IterOver,
    /// The next child or value.
    pub next: u32,
    /// Behind the last.
    pub end: u32,
}

/// What an iteration runs over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IterOver {
    /// Children of a document list.
    DocList,
    /// Members of a document map.
    DocMap,
    /// Values of a list or set.
    Run(HeapId),
    /// Keys and values of a map in turn.
    Pairs(HeapId),
    /// Fields of a record of this shape.
    Fields(HeapId, u16),
    /// Nothing: null, or an empty collection.
    Nothing,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Data {
    /// Absent, or JSON `null`.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `float`
    Float(f64),
    /// `string`
    Str(StrRef),
    /// A list of a document: the node that `place` names.
    DocList,
    /// A map or object of a document: the node that `place` names.
    DocMap,
    /// A derived `list`.
    List(Range),
    /// A derived `set`: sorted by [`Memory::compare`](crate::memory::Memory::compare), no two equal.
    Set(Range),
    /// A derived `map`: sorted by key.
    Map(Range),
    /// A derived record.
    Record(RecordRef),
    /// `duration`, in nanoseconds.
    Duration(i64),
    /// `regex`: an index into the program's, or (from `DYNAMIC_REGEX`) the evaluator's.
    Regex(u32),
    /// `quantity`, `time`, `version`, `cidr`, `ip`, `image`
    Scalar(ScalarRef),
    /// A place that is not there: `place` is its nearest node, the run holds the keys below it (text or int).
    Missing(Range),
    /// An iteration (never seen by a policy).
    Iter(Iter),
    /// A list, set or map that is being built (never seen by a policy).
    Builder(u32),
    /// The error that a policy's `let` ended with: an index into the evaluator's; reading it raises it again.
    Poison(u32),
}

/// From here on a regex index counts the evaluator's own.
pub const DYNAMIC_REGEX: u32 = 1 << 31;

/// A value and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// The node it came from.
    pub place: Place,
}

impl Value {
    /// `null`, from nowhere.
    pub const NULL: Value = Value::of(Data::Null);

    /// A value from nowhere.
    #[must_use]
    pub const fn of(data: Data) -> Value {
        Value { data, place: Place::NONE }
    }

    /// The same value with a place.
    #[must_use]
    pub const fn at(self, place: Place) -> Value {
        Value { data: self.data, place }
    }

    /// True for `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::of(Data::Bool(b))
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Value::of(Data::Int(i))
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Value::of(Data::Float(f))
    }
}
