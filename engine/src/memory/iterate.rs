//! Iteration: a register's worth of state for loops, and Rust iterators for the built-ins.
//!
//! Lists as they stand, fields of a document map as they stand, sets and derived maps by key, records by shape.

use super::read::load_from;
use super::{Memory, Result};
use crate::document::{Document, NodeId, Tag};
use crate::error::EvalError;
use crate::value::{Data, DocId, Iter, IterOver, Place, Value};

impl Memory {
    /// The start of an iteration over a value (nothing for null), for [`Memory::next`].
    ///
    /// # Errors
    /// A value that can't be iterated.
    pub fn iter(&self, value: Value) -> Result<Value> {
        let of = |over, start: u32, len: u32| Iter { over, next: start, end: start.saturating_add(len) };
        let iter = match value.data {
            Data::Null | Data::Missing(_) => of(IterOver::Nothing, 0, 0),
            Data::List(r) | Data::Set(r) => of(IterOver::Run(r.heap), r.start, r.len),
            Data::Map(r) => of(IterOver::Pairs(r.heap), r.start, r.len),
            Data::Record(r) => {
                let len = u32::try_from(self.record_values(r).len()).unwrap_or(0);
                of(IterOver::Fields(r.heap, r.shape), r.start, len)
            }
            Data::DocList | Data::DocMap => {
                let over = if matches!(value.data, Data::DocList) { IterOver::DocList } else { IterOver::DocMap };
                let node = self.doc(value.place.doc).and_then(|d| d.node(value.place.node));
                let end = node.map_or(0, |n| n.skip);
                Iter { over, next: value.place.node.0.saturating_add(1), end }
            }
            _ => return Err(self.expected("a list, set or map to iterate", value)),
        };
        Ok(Value { data: Data::Iter(iter), place: Place { doc: value.place.doc, node: NodeId(0) } })
    }

    /// The next key and value: of a list or set the number and the item, of a map or record the key and the member.
    ///
    /// # Errors
    /// A node of the wrong type; a register that holds no iteration.
    pub fn next(&self, register: &mut Value) -> Result<Option<(Value, Value)>> {
        let Data::Iter(iter) = &mut register.data else {
            return Err(EvalError::Internal("not an iteration"));
        };
        let place = &mut register.place;
        loop {
            if iter.next >= iter.end {
                return Ok(None);
            }
            let index = place.node.0;
            place.node = NodeId(index.saturating_add(1));
            match iter.over {
                IterOver::Nothing => return Ok(None),
                IterOver::DocList | IterOver::DocMap => {
                    let (document, node) = self.step(place.doc, iter)?;
                    if iter.over == IterOver::DocList {
                        let item = load_from(document, Place { doc: place.doc, node })?;
                        return Ok(Some((Value::from(i64::from(index)), item)));
                    }
                    if document.tag(node) != Tag::Null {
                        let item = load_from(document, Place { doc: place.doc, node })?;
                        return Ok(Some((key_of(document, item.place), item)));
                    }
                }
                IterOver::Run(heap) => {
                    let item = self.heap(heap).values.get(iter.next as usize).copied();
                    iter.next = iter.next.saturating_add(1);
                    return Ok(item.map(|item| (Value::from(i64::from(index)), item)));
                }
                IterOver::Pairs(heap) => {
                    let at = iter.next as usize;
                    let pair = self.heap(heap).values.get(at..at.saturating_add(2));
                    iter.next = iter.next.saturating_add(2);
                    let Some([key, value]) = pair else { return Ok(None) };
                    return Ok(Some((*key, *value)));
                }
                IterOver::Fields(heap, shape) => {
                    let value = self.heap(heap).values.get(iter.next as usize).copied();
                    iter.next = iter.next.saturating_add(1);
                    let fields = self.shapes.get(usize::from(shape)).map_or(&[][..], |s| &s.fields);
                    let (Some(value), Some(field)) = (value, fields.get(index as usize)) else { return Ok(None) };
                    if !value.is_null() {
                        return Ok(Some((Value::of(Data::Str(self.symbol_text(*field))), value)));
                    }
                }
            }
        }
    }

    /// The items of a list or set, none of null.
    ///
    /// # Errors
    /// A value that is neither.
    pub fn items(&self, value: Value) -> Result<Items<'_>> {
        match value.data {
            Data::List(_) | Data::Set(_) | Data::DocList | Data::Null | Data::Missing(_) => {
                Ok(Items { memory: self, register: self.iter(value)? })
            }
            _ => Err(self.expected("a list or set", value)),
        }
    }

    /// The keys and values of a map or record, none of null.
    ///
    /// # Errors
    /// A value that is neither.
    pub fn members(&self, value: Value) -> Result<Members<'_>> {
        match value.data {
            Data::Map(_) | Data::DocMap | Data::Record(_) | Data::Null | Data::Missing(_) => {
                Ok(Members { memory: self, register: self.iter(value)? })
            }
            _ => Err(self.expected("a map", value)),
        }
    }

    /// The node that a document iteration stands at; the iteration goes on behind it.
    fn step(&self, doc: DocId, iter: &mut Iter) -> Result<(&Document, NodeId)> {
        let node = NodeId(iter.next);
        let document = self.doc(doc).ok_or(EvalError::Internal("a document that is not there"))?;
        let skip = document.node(node).map_or(u32::MAX, |n| n.skip);
        // A node's skip is behind it; were it not, the loop would not end.
        iter.next = skip.max(iter.next.saturating_add(1));
        Ok((document, node))
    }
}

/// The key of a member of a document map; its place is the member.
fn key_of(document: &Document, place: Place) -> Value {
    let text = document.key_text(place.node);
    let text = crate::value::StrRef { space: place.doc.0, start: text.start, len: text.len };
    Value::of(Data::Str(text)).at(place)
}

/// The items of a list or set.
#[derive(Clone, Debug)]
pub struct Items<'m> {
    memory: &'m Memory,
    register: Value,
}

impl Iterator for Items<'_> {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        self.memory.next(&mut self.register).transpose().map(|r| r.map(|(_, item)| item))
    }
}

/// The keys and values of a map or record.
#[derive(Clone, Debug)]
pub struct Members<'m> {
    memory: &'m Memory,
    register: Value,
}

impl Iterator for Members<'_> {
    type Item = Result<(Value, Value)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.memory.next(&mut self.register).transpose()
    }
}
