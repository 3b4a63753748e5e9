//! Equality indexes: the objects of some kinds by the value at a path.
//!
//! An index belongs to a snapshot and is shared by all evaluators; a request that changes an object does not touch it: the
//! view leaves out and adds. Null is a key too: objects that have nothing at the path.

use super::objects::{IndexName, Object, Objects};
use super::view::{View, value};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::program::KindSet;
use crate::value::{Data, Place, Value};
use rustc_hash::FxHashMap;
use std::sync::Arc;

type Result<T> = std::result::Result<T, EvalError>;

/// Objects by the value at a path.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_key: FxHashMap<Box<[u8]>, Vec<u32>>,
}

/// What an evaluator knows of indexes: the shared ones by number, and lists that it has made.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    indexes: Vec<Option<Arc<Index>>>,
    lists: Vec<FxHashMap<Box<[u8]>, Value>>,
    key: Vec<u8>,
}

impl Lookups {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.indexes.clear();
        self.lists.clear();
    }

    /// Makes `key` the key that is looked up.
    pub(crate) fn set_key(&mut self, memory: &Memory, key: Value) -> Result<()> {
        self.key.clear();
        key_bytes(memory, key, &mut self.key)
    }

    /// The list that was made for the key.
    pub(crate) fn list(&self, index: u32) -> Option<Value> {
        self.lists.get(index as usize)?.get(self.key.as_slice()).copied()
    }

    /// Keeps the list that was made for the key.
    pub(crate) fn keep(&mut self, index: u32, list: Value) {
        let index = index as usize;
        if self.lists.len() <= index {
            self.lists.resize_with(index.saturating_add(1), FxHashMap::default);
        }
        if let Some(lists) = self.lists.get_mut(index) {
            lists.insert(self.key.as_slice().into(), list);
        }
    }

    /// The objects under the key, as the view sees them.
    pub(crate) fn collect(&mut self, index: u32, over: &IndexName, view: View<'_>, out: &mut Vec<Value>) -> Result<()> {
        let slot = index as usize;
        if self.indexes.len() <= slot {
            self.indexes.resize(slot.saturating_add(1), None);
        }
        let shared = match self.indexes.get(slot) {
            Some(Some(shared)) => shared.clone(),
            _ => {
                let shared = view.objects.index(over)?;
                if let Some(place) = self.indexes.get_mut(slot) {
                    *place = Some(shared.clone());
                }
                shared
            }
        };
        let ids = shared.by_key.get(self.key.as_slice()).map_or(&[][..], Vec::as_slice);
        out.extend(ids.iter().filter_map(|id| view.seen(*id)).map(value));
        if let Some(added) = view.added(false).filter(|o| over.0.matches(o)) {
            let mut key = Vec::new();
            object_key(added, &over.1, &mut key)?;
            if key == self.key {
                out.push(value(added));
            }
        }
        Ok(())
    }
}

impl Objects {
    /// The index over some kinds and a path, made when it is first asked for.
    fn index(&self, over: &IndexName) -> Result<Arc<Index>> {
        // A thread that died while it held the lock left whole indexes behind: they are pushed when they are done.
        let mut indexes = self.indexes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, index)) = indexes.iter().find(|(name, _)| name == over) {
            return Ok(index.clone());
        }
        let index = Arc::new(self.make_index(&over.0, &over.1)?);
        indexes.push((over.clone(), index.clone()));
        Ok(index)
    }

    fn make_index(&self, set: &KindSet, path: &[String]) -> Result<Index> {
        let mut index = Index::default();
        let mut key = Vec::new();
        for id in self.order() {
            let Some(object) = self.object(*id).filter(|o| o.errors.is_empty() && set.matches(o)) else { continue };
            key.clear();
            object_key(object, path, &mut key)?;
            match index.by_key.get_mut(key.as_slice()) {
                Some(ids) => ids.push(*id),
                None => {
                    index.by_key.insert(key.as_slice().into(), vec![*id]);
                }
            }
        }
        Ok(index)
    }
}

/// The key of an object: the value at a path below it.
fn object_key(object: &Object, path: &[String], out: &mut Vec<u8>) -> Result<()> {
    let document = &object.document;
    let node = path.iter().try_fold(object.place.node, |at, step| document.get_str(at, step));
    let mut memory = Memory::default();
    memory.request.push(document.clone());
    let doc = crate::value::DocId(crate::memory::REQUEST_DOCS);
    let value = node.map_or(Ok(Value::NULL), |node| memory.load(Place { doc, node }))?;
    key_bytes(&memory, value, out)
}

/// Bytes that are equal for equal values, and for null and the empty text: a name that may be missing reads as empty, so
/// who looks up one wants the other too. The condition itself is still asked of what is found.
pub(crate) fn key_bytes(memory: &Memory, value: Value, out: &mut Vec<u8>) -> Result<()> {
    match value.data {
        Data::Null | Data::Missing(_) => out.push(0),
        Data::Bool(b) => out.extend([1, u8::from(b)]),
        Data::Int(i) => int_key(i, out),
        Data::Float(f) => float_key(f, out),
        Data::Str(text) => match memory.str(text) {
            "" => out.push(0),
            text => {
                out.push(4);
                out.extend(text.as_bytes());
            }
        },
        Data::Duration(d) => {
            out.push(5);
            out.extend(d.to_le_bytes());
        }
        _ => {
            out.push(6);
            out.extend(memory.kind_name(value).as_bytes());
            // serde_json's maps are sorted by key, so equal maps have equal texts.
            out.extend(memory.to_json(value)?.to_string().as_bytes());
        }
    }
    Ok(())
}

fn int_key(i: i64, out: &mut Vec<u8>) {
    out.push(2);
    out.extend(i.to_le_bytes());
}

/// A float that is a whole number is equal to that int.
fn float_key(f: f64, out: &mut Vec<u8>) {
    /// 2^63
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if f.fract() == 0.0 && (-BEYOND..BEYOND).contains(&f) {
        #[expect(clippy::cast_possible_truncation, reason = "the bounds were checked")]
        return int_key(f as i64, out);
    }
    out.push(3);
    out.extend(f.to_bits().to_le_bytes());
}
