//! Reading: nodes to values, fields, items, membership.
//!
//! A member that is null is a member that is absent: it is not counted, not iterated and not found.

use super::{Memory, Result};
use crate::document::{Document, NodeId, Tag, flags};
use crate::error::EvalError;
use crate::program::symbol::Symbol;
use crate::scalar::Scalar;
use crate::value::{Data, Place, Range, RecordRef, StrRef, Value};
use std::cmp::Ordering;
use std::sync::Arc;

impl Memory {
    /// The value of a node: scalars decoded, lists and maps as they are; the place is the node.
    ///
    /// # Errors
    /// [`EvalError::WrongInput`] for a node of the wrong type.
    pub fn load(&self, place: Place) -> Result<Value> {
        let Some(document) = self.doc(place.doc) else {
            return Err(EvalError::Internal("a document that is not there"));
        };
        load_from(document, place)
    }

    /// The member of a value by symbol; null where it is not there, and of null.
    ///
    /// # Errors
    /// A value that has no fields; a node of the wrong type.
    pub fn field(&self, value: Value, key: Symbol) -> Result<Value> {
        match value.data {
            Data::DocMap => {
                let Some(document) = self.doc(value.place.doc) else { return Ok(Value::NULL) };
                let node = if Arc::ptr_eq(document.symbols(), &self.symbols) {
                    document.get(value.place.node, key)
                } else {
                    document.get_str(value.place.node, self.symbols.name(key))
                };
                node.map_or(Ok(Value::NULL), |node| load_from(document, Place { doc: value.place.doc, node }))
            }
            Data::Record(record) => Ok(self.record_field(record, key)),
            Data::Map(range) => self.map_str(range, self.symbols.name(key)),
            Data::Scalar(_) => self.image_field(value, self.symbols.name(key)),
            Data::Null | Data::Missing(_) => Ok(Value::NULL),
            _ => Err(EvalError::Value(format!(
                "a value of type {} has no field `{}`",
                self.kind_name(value),
                self.symbols.name(key)
            ))),
        }
    }

    /// The member of a map or record by the text of its key; null where it is not there.
    ///
    /// # Errors
    /// A value that has no members; a node of the wrong type.
    pub fn member(&self, value: Value, key: &str) -> Result<Value> {
        match value.data {
            Data::DocMap => {
                let Some(document) = self.doc(value.place.doc) else { return Ok(Value::NULL) };
                self.count_work(document.node(value.place.node).map_or(0, |n| n.a as usize));
                let node = document.get_str(value.place.node, key);
                node.map_or(Ok(Value::NULL), |node| load_from(document, Place { doc: value.place.doc, node }))
            }
            Data::Record(record) => Ok(self.record_field(record, self.symbols.find(key))),
            Data::Map(range) => self.map_str(range, key),
            Data::Scalar(_) => self.image_field(value, key),
            Data::Null | Data::Missing(_) => Ok(Value::NULL),
            _ => Err(self.expected("a map", value)),
        }
    }

    /// `value[key]`: an item of a list by number (negative and beyond: null), a member of a map by key.
    ///
    /// # Errors
    /// A value that can't be indexed so; a node of the wrong type.
    pub fn index(&self, value: Value, key: Value) -> Result<Value> {
        match (value.data, key.data) {
            (Data::Null | Data::Missing(_), _) => Ok(Value::NULL),
            (Data::List(range), Data::Int(i)) => {
                let item = usize::try_from(i).ok().and_then(|i| self.run(range).get(i));
                Ok(item.copied().unwrap_or(Value::NULL))
            }
            (Data::DocList, Data::Int(i)) => self.doc_item(value.place, i),
            (Data::Map(range), _) => self.map_get(range, key),
            (Data::DocMap | Data::Record(_), Data::Str(text)) => self.member(value, self.str(text)),
            (Data::DocMap | Data::Record(_), _) => Ok(Value::NULL),
            (Data::List(_) | Data::DocList, _) => Err(self.expected("an int as the index of a list", key)),
            _ => Err(self.expected("a list or map", value)),
        }
    }

    /// `item in container`; nothing is in null.
    ///
    /// # Errors
    /// A container that is none; a node of the wrong type among those looked at.
    pub fn contains(&self, container: Value, item: Value) -> Result<bool> {
        match container.data {
            Data::Null | Data::Missing(_) => Ok(false),
            Data::Set(range) => Ok(self.search(range, 1, item)?.is_some()),
            Data::List(_) | Data::DocList => {
                for member in self.items(container)? {
                    self.count_work(1);
                    if self.equal(member?, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Data::Map(range) => Ok(self.search(range, 2, item)?.is_some()),
            Data::DocMap => {
                // The value of the member does not matter, so it is not decoded: only whether it is null.
                let (Some(key), Some(document)) = (self.str_of(item), self.doc(container.place.doc)) else {
                    return Ok(false);
                };
                self.count_work(document.node(container.place.node).map_or(0, |n| n.a as usize));
                let node = document.get_str(container.place.node, key);
                Ok(node.is_some_and(|n| document.tag(n) != Tag::Null))
            }
            Data::Record(_) => match self.str_of(item) {
                Some(key) => Ok(!self.member(container, key)?.is_null()),
                None => Ok(false),
            },
            Data::Scalar(_) => self.net_contains(container, item),
            _ => Err(self.expected("a list, set, map or cidr right of `in`", container)),
        }
    }

    /// How many items or members a value has; 0 for null.
    ///
    /// # Errors
    /// A value that has none.
    pub fn len(&self, value: Value) -> Result<usize> {
        match value.data {
            Data::Null | Data::Missing(_) => Ok(0),
            Data::List(r) | Data::Set(r) => Ok(r.len as usize),
            Data::Map(r) => Ok((r.len / 2) as usize),
            Data::DocList => {
                Ok(self.doc(value.place.doc).and_then(|d| d.node(value.place.node)).map_or(0, |n| n.a as usize))
            }
            Data::DocMap => {
                let Some(document) = self.doc(value.place.doc) else { return Ok(0) };
                let present = |n: &NodeId| document.tag(*n) != Tag::Null;
                let count = document.children(value.place.node).filter(present).count();
                self.count_work(count);
                Ok(count)
            }
            Data::Record(r) => Ok(self.record_values(r).iter().filter(|v| !v.is_null()).count()),
            _ => Err(self.expected("a list, set or map", value)),
        }
    }

    /// The values of a record, in the order of its shape.
    #[must_use]
    pub fn record_values(&self, record: RecordRef) -> &[Value] {
        let len = self.shapes.get(usize::from(record.shape)).map_or(0, |s| s.fields.len());
        let len = u32::try_from(len).unwrap_or(0);
        self.run(Range { heap: record.heap, start: record.start, len })
    }

    /// Where `key` stands in a run that is sorted by every `step`-th value.
    pub(super) fn search(&self, range: Range, step: usize, key: Value) -> Result<Option<usize>> {
        let run = self.run(range);
        let (mut low, mut high) = (0, run.len().checked_div(step).unwrap_or(0));
        while low < high {
            let middle = low.midpoint(high);
            let Some(found) = run.get(middle.saturating_mul(step)) else { return Ok(None) };
            match self.compare(*found, key)? {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(Some(middle)),
            }
        }
        Ok(None)
    }

    fn map_get(&self, range: Range, key: Value) -> Result<Value> {
        let Some(found) = self.search(range, 2, key)? else { return Ok(Value::NULL) };
        let value = self.run(range).get(found.saturating_mul(2).saturating_add(1));
        Ok(value.copied().unwrap_or(Value::NULL))
    }

    /// The member of a derived map by the text of its key: the keys that are texts stand together, in byte order.
    fn map_str(&self, range: Range, key: &str) -> Result<Value> {
        let run = self.run(range);
        let (mut low, mut high) = (0, run.len() / 2);
        while low < high {
            let middle = low.midpoint(high);
            let at = middle.saturating_mul(2);
            let Some([k, v]) = run.get(at..at.saturating_add(2)) else { return Ok(Value::NULL) };
            self.count_work(1);
            let order = match k.data {
                Data::Str(text) => self.str(text).cmp(key),
                _ => self.compare(*k, Value::of(Data::Str(StrRef::EMPTY)))?,
            };
            match order {
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(*v),
            }
        }
        Ok(Value::NULL)
    }

    fn record_field(&self, record: RecordRef, key: Symbol) -> Value {
        let fields = self.shapes.get(usize::from(record.shape)).map_or(&[][..], |s| &s.fields);
        let slot = fields.iter().position(|f| *f == key && key != Symbol::NONE);
        slot.and_then(|slot| self.record_values(record).get(slot)).copied().unwrap_or(Value::NULL)
    }

    fn doc_item(&self, list: Place, index: i64) -> Result<Value> {
        let (Some(document), Ok(index)) = (self.doc(list.doc), usize::try_from(index)) else { return Ok(Value::NULL) };
        self.count_work(index.min(document.node(list.node).map_or(0, |n| n.a as usize)));
        let node = document.item(list.node, index);
        node.map_or(Ok(Value::NULL), |node| load_from(document, Place { doc: list.doc, node }))
    }

    /// `host`, `path`, `tag`, `digest` of an image.
    fn image_field(&self, value: Value, name: &str) -> Result<Value> {
        let Some(Scalar::Image(image)) = self.scalar_of(value) else {
            return Err(self.expected("a value with fields", value));
        };
        match image.part(name) {
            Some(Some(text)) => Ok(Value::of(Data::Str(text)).at(value.place)),
            Some(None) => Ok(Value::NULL),
            None => Err(EvalError::Value(format!("an image has no field `{name}`"))),
        }
    }

    fn net_contains(&self, container: Value, item: Value) -> Result<bool> {
        match (self.scalar_of(container), self.scalar_of(item)) {
            (Some(Scalar::Cidr(net)), Some(Scalar::Ip(ip))) => Ok(net.contains(ip)),
            (Some(Scalar::Cidr(net)), Some(Scalar::Cidr(inner))) => Ok(net.contains(inner)),
            (Some(Scalar::Cidr(_)), _) => Err(self.expected("an ip or cidr left of `in`", item)),
            _ => Err(self.expected("a list, set, map or cidr right of `in`", container)),
        }
    }
}

/// The value of a node of a document.
pub(super) fn load_from(document: &Document, place: Place) -> Result<Value> {
    let Some(node) = document.node(place.node) else {
        return Err(EvalError::Internal("a node that is not there"));
    };
    if node.flags & flags::WRONG_TYPE != 0 {
        return Err(EvalError::WrongInput);
    }
    let data = match node.tag {
        Tag::Null => Data::Null,
        Tag::Bool => Data::Bool(node.a != 0),
        Tag::Int => Data::Int(node.bits().cast_signed()),
        Tag::Float => Data::Float(f64::from_bits(node.bits())),
        Tag::Str => Data::Str(StrRef { space: place.doc.0, start: node.a, len: node.b }),
        Tag::List => Data::DocList,
        Tag::Map => Data::DocMap,
    };
    Ok(Value { data, place })
}
