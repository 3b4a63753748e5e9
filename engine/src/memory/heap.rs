//! A heap: values, texts and large scalars, in three vectors that only grow until they are cleared.

use crate::scalar::{Scalar, ScalarKind};
use crate::value::{HeapId, StrRef, Value};

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

impl Heap {
    /// Adds a text and gives its reference, for a heap that is known as `id`; empty if there is no room for it.
    pub fn push_text(&mut self, id: HeapId, text: &str) -> StrRef {
        let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u32::try_from(text.len())) else {
            return StrRef::EMPTY;
        };
        self.text.push_str(text);
        StrRef { space: id.space(), start, len }
    }

    /// Parses a scalar, adds it and gives its value, for a heap that is known as `id`.
    ///
    /// # Errors
    /// What is wrong with the text. Durations and regexes are not kept in heaps; asking for one is such an error.
    pub fn push_scalar(&mut self, id: HeapId, kind: ScalarKind, text: &str) -> Result<Value, String> {
        let scalar = Scalar::parse(kind, text, id, &mut self.text)?;
        Ok(self.push(id, scalar))
    }

    /// Adds a scalar whose texts are in this heap.
    pub fn push(&mut self, id: HeapId, scalar: Scalar) -> Value {
        let index = u32::try_from(self.scalars.len()).unwrap_or(u32::MAX);
        self.scalars.push(scalar);
        Value::of(crate::value::Data::Scalar(crate::value::ScalarRef { heap: id, index }))
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> usize {
        let values = self.values.len().saturating_mul(size_of::<Value>());
        let scalars = self.scalars.len().saturating_mul(size_of::<Scalar>());
        values.saturating_add(scalars).saturating_add(self.text.len())
    }

    /// Forgets everything and keeps the room.
    pub fn clear(&mut self) {
        self.values.clear();
        self.text.clear();
        self.scalars.clear();
    }
}

impl HeapId {
    /// The space of its texts.
    #[must_use]
    pub const fn space(self) -> u32 {
        match self {
            HeapId::Const => StrRef::CONST,
            HeapId::Kept => StrRef::KEPT,
            HeapId::Scratch => StrRef::SCRATCH,
        }
    }
}
