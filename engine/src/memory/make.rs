//! Making: texts, lists, sets, maps and records in the kept or the scratch heap.
//!
//! INVARIANT: a set is sorted and has no two equal members; a map is sorted by key, has no two equal keys and holds no
//! null (a member that is null is one that is absent).

use super::{DEPTH, MAX_HEAP, Memory, Result};
use crate::error::EvalError;
use crate::scalar::{Scalar, ScalarKind};
use crate::value::{Data, HeapId, Range, RecordRef, StrRef, Value};
use std::cmp::Ordering;

/// A list, set or map that is being built: items, or keys and values in turn.
#[derive(Debug, Default)]
pub(super) struct Builder {
    values: Vec<Value>,
    open: bool,
}

impl Memory {
    /// A text.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn alloc_text(&mut self, text: &str) -> Result<Value> {
        if text.is_empty() {
            return Ok(Value::of(Data::Str(StrRef::EMPTY)));
        }
        self.reserve(text.len())?;
        let (id, heap) = self.target();
        Ok(Value::of(Data::Str(heap.push_text(id, text))))
    }

    /// A text built in a buffer of [`Memory::take_buf`], which is taken back.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn alloc_buf(&mut self, buf: String) -> Result<Value> {
        let text = self.alloc_text(&buf);
        self.give_buf(buf);
        text
    }

    /// A part of a text: bytes `from..to` of it; nothing is copied. The place stays.
    #[must_use]
    pub fn part(&self, value: Value, from: usize, to: usize) -> Value {
        let Data::Str(text) = value.data else { return Value::of(Data::Str(StrRef::EMPTY)) };
        let mark = text.len & crate::document::node::OWNED;
        let bytes = u32::try_from(from).ok().zip(u32::try_from(to.saturating_sub(from)).ok());
        let part = bytes.and_then(|(from, len)| {
            (self.str(text).get(from as usize..to).is_some()).then_some(StrRef {
                space: text.space,
                start: text.start.checked_add(from)?,
                len: len | mark,
            })
        });
        Value { data: Data::Str(part.unwrap_or(StrRef::EMPTY)), place: value.place }
    }

    /// A list.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn alloc_list(&mut self, items: &[Value]) -> Result<Value> {
        Ok(Value::of(Data::List(self.alloc_run(items)?)))
    }

    /// A set: `items` are sorted and freed of doubles where they lie (of equal ones the first stays).
    ///
    /// # Errors
    /// [`EvalError::Memory`]; members that can't be compared.
    pub fn alloc_set(&mut self, items: &mut Vec<Value>) -> Result<Value> {
        self.sort_values(items)?;
        self.dedup(items)?;
        Ok(Value::of(Data::Set(self.alloc_run(items)?)))
    }

    /// A map: `pairs` are sorted where they lie; values under equal keys become one.
    ///
    /// # Errors
    /// [`EvalError::KeyTwice`] for two values under one key that neither join nor are equal; [`EvalError::Memory`].
    pub fn alloc_map(&mut self, pairs: &mut Vec<(Value, Value)>) -> Result<Value> {
        self.alloc_map_at(pairs, DEPTH)
    }

    /// A record of a shape of the program.
    ///
    /// # Errors
    /// [`EvalError::Memory`]; as many values as the shape has fields are needed.
    pub fn alloc_record(&mut self, shape: u16, values: &[Value]) -> Result<Value> {
        if self.shapes.get(usize::from(shape)).map(|s| s.fields.len()) != Some(values.len()) {
            return Err(EvalError::Internal("a record that does not fit its shape"));
        }
        let Range { heap, start, .. } = self.alloc_run(values)?;
        Ok(Value::of(Data::Record(RecordRef { heap, shape, start })))
    }

    /// A scalar that has no texts, or whose texts are kept where it lives.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn alloc_scalar(&mut self, scalar: Scalar) -> Result<Value> {
        self.reserve(size_of::<Scalar>())?;
        let (id, heap) = self.target();
        Ok(heap.push(id, scalar))
    }

    /// A scalar out of a text; nothing if it is none.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub(super) fn alloc_parsed(&mut self, kind: ScalarKind, text: &str) -> Result<Option<Value>> {
        self.reserve(text.len().saturating_add(size_of::<Scalar>()).saturating_add(32))?;
        self.count_work(text.len() / 4);
        let (id, heap) = self.target();
        Ok(Scalar::read(kind, text, id, &mut heap.text).map(|scalar| heap.push(id, scalar)))
    }

    /// `a ++ b`: lists one after the other, sets united; of maps and records the right one wins.
    ///
    /// # Errors
    /// Values that can't be joined; [`EvalError::Memory`].
    pub fn concat(&mut self, a: Value, b: Value) -> Result<Value> {
        match (a.data, b.data) {
            (Data::Null, _) => Ok(b),
            (_, Data::Null) => Ok(a),
            (Data::Map(_) | Data::DocMap | Data::Record(_), Data::Map(_) | Data::DocMap | Data::Record(_)) => {
                self.overlay(a, b)
            }
            _ => self.join(&[a, b]),
        }
    }

    /// A buffer that a comprehension builds in.
    pub fn build(&mut self) -> Value {
        let index = self.free_builders.pop().unwrap_or_else(|| {
            self.builders.push(Builder::default());
            u32::try_from(self.builders.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        if let Some(builder) = self.builders.get_mut(index as usize) {
            builder.open = true;
        }
        Value::of(Data::Builder(index))
    }

    /// Adds an item to what is being built.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn push(&mut self, builder: Value, item: Value) -> Result<()> {
        self.building = self.building.saturating_add(size_of::<Value>());
        self.reserve(0)?;
        self.builder(builder)?.values.push(item);
        Ok(())
    }

    /// Adds a key and its value to what is being built.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn push_pair(&mut self, builder: Value, key: Value, value: Value) -> Result<()> {
        self.push(builder, key)?;
        self.push(builder, value)
    }

    /// The list that was built.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn finish_list(&mut self, builder: Value) -> Result<Value> {
        self.finish(builder, |memory, items| memory.alloc_list(items))
    }

    /// The set that was built.
    ///
    /// # Errors
    /// As [`Memory::alloc_set`].
    pub fn finish_set(&mut self, builder: Value) -> Result<Value> {
        self.finish(builder, Memory::alloc_set)
    }

    /// The map that was built.
    ///
    /// # Errors
    /// As [`Memory::alloc_map`].
    pub fn finish_map(&mut self, builder: Value) -> Result<Value> {
        self.finish(builder, |memory, items| {
            let mut pairs = memory.take_pairs();
            pairs.extend(items.chunks_exact(2).filter_map(|c| Some((*c.first()?, *c.get(1)?))));
            let map = memory.alloc_map(&mut pairs);
            memory.give_pairs(pairs);
            map
        })
    }

    /// Checks that `bytes` more fit the limit.
    ///
    /// # Errors
    /// [`EvalError::Memory`]
    pub fn reserve(&self, bytes: usize) -> Result<()> {
        let used = if self.keeping { self.kept.used() } else { self.scratch.used() };
        let used = used.saturating_add(self.building).saturating_add(bytes);
        if used > self.limit.min(MAX_HEAP) { Err(EvalError::Memory) } else { Ok(()) }
    }

    /// Sorts values; of equal ones the first stays first.
    ///
    /// # Errors
    /// Values that can't be compared.
    pub fn sort_values(&mut self, items: &mut [Value]) -> Result<()> {
        let mut spare = self.take_values();
        let sorted = sort(items, &mut spare, &mut |a, b| self.compare(*a, *b));
        self.give_values(spare);
        sorted
    }

    /// Sorts pairs by their first values; of equal ones the first stays first.
    ///
    /// # Errors
    /// Values that can't be compared.
    pub fn sort_pairs(&self, pairs: &mut [(Value, Value)]) -> Result<()> {
        let mut spare = self.take_pairs();
        let sorted = sort(pairs, &mut spare, &mut |a, b| self.compare(a.0, b.0));
        self.give_pairs(spare);
        sorted
    }

    pub(super) fn reset_builders(&mut self) {
        self.free_builders.clear();
        for (i, builder) in (0..).zip(&mut self.builders) {
            builder.values.clear();
            builder.open = false;
            self.free_builders.push(i);
        }
        self.building = 0;
    }

    fn target(&mut self) -> (HeapId, &mut super::Heap) {
        if self.keeping { (HeapId::Kept, &mut self.kept) } else { (HeapId::Scratch, &mut self.scratch) }
    }

    fn alloc_run(&mut self, items: &[Value]) -> Result<Range> {
        self.reserve(size_of_val(items))?;
        self.count_work(items.len());
        let (id, heap) = self.target();
        let start = u32::try_from(heap.values.len()).map_err(|_| EvalError::Memory)?;
        heap.values.extend_from_slice(items);
        Ok(Range { heap: id, start, len: u32::try_from(items.len()).map_err(|_| EvalError::Memory)? })
    }

    fn builder(&mut self, builder: Value) -> Result<&mut Builder> {
        let Data::Builder(index) = builder.data else { return Err(EvalError::Internal("not a builder")) };
        let builder = self.builders.get_mut(index as usize).filter(|b| b.open);
        builder.ok_or(EvalError::Internal("a builder that is not open"))
    }

    fn finish(
        &mut self,
        builder: Value,
        make: impl FnOnce(&mut Memory, &mut Vec<Value>) -> Result<Value>,
    ) -> Result<Value> {
        let open = self.builder(builder)?;
        open.open = false;
        let mut values = std::mem::take(&mut open.values);
        let made = make(self, &mut values);
        self.building = self.building.saturating_sub(size_of_val(values.as_slice()));
        values.clear();
        if let Data::Builder(index) = builder.data {
            if let Some(slot) = self.builders.get_mut(index as usize) {
                slot.values = values;
            }
            self.free_builders.push(index);
        }
        made
    }

    /// Frees sorted values of doubles.
    fn dedup(&self, items: &mut Vec<Value>) -> Result<()> {
        let mut failed = None;
        items.dedup_by(|later, kept| {
            self.equal(*kept, *later).unwrap_or_else(|e| {
                failed = Some(e);
                false
            })
        });
        failed.map_or(Ok(()), Err)
    }

    fn alloc_map_at(&mut self, pairs: &mut Vec<(Value, Value)>, depth: u32) -> Result<Value> {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        pairs.retain(|(_, v)| !v.is_null());
        self.sort_pairs(pairs)?;
        let mut out = self.take_values();
        let filled = self.merge(pairs, &mut out, depth);
        let map = filled.and_then(|()| self.alloc_run(&out));
        self.give_values(out);
        Ok(Value::of(Data::Map(map?)))
    }

    /// Writes sorted pairs as keys and values in turn, one for each key.
    fn merge(&mut self, pairs: &[(Value, Value)], out: &mut Vec<Value>, depth: u32) -> Result<()> {
        let mut rest = pairs;
        while let Some(((key, value), others)) = rest.split_first() {
            let mut same = 0_usize;
            for (other, _) in others {
                if self.compare(*key, *other)? != Ordering::Equal {
                    break;
                }
                same = same.saturating_add(1);
            }
            let value = if same == 0 {
                *value
            } else {
                let group = rest.get(..same.saturating_add(1)).unwrap_or_default();
                let mut values = self.take_values();
                values.extend(group.iter().map(|(_, v)| *v));
                let joined = self.join_same_key(*key, &values, depth);
                self.give_values(values);
                joined?
            };
            out.extend([*key, value]);
            rest = others.get(same..).unwrap_or_default();
        }
        Ok(())
    }

    /// The one value of a key that several were given for.
    fn join_same_key(&mut self, key: Value, values: &[Value], depth: u32) -> Result<Value> {
        let all = |f: fn(&Data) -> bool| values.iter().all(|v| f(&v.data));
        if all(|d| matches!(d, Data::List(_) | Data::DocList)) || all(|d| matches!(d, Data::Set(_))) {
            return self.join(values);
        }
        if all(|d| matches!(d, Data::Map(_) | Data::DocMap)) {
            let mut pairs = self.take_pairs();
            let filled = self.gather(values, &mut pairs);
            let map = filled.and_then(|()| self.alloc_map_at(&mut pairs, depth));
            self.give_pairs(pairs);
            return map;
        }
        let (first, others) = values.split_first().ok_or(EvalError::Internal("no values to join"))?;
        for other in others {
            if !self.equal(*first, *other)? {
                let mut text = String::new();
                self.to_text(key, &mut text)?;
                return Err(EvalError::KeyTwice(format!("two values under the key `{text}`")));
            }
        }
        Ok(*first)
    }

    /// Lists one after the other, or sets united.
    fn join(&mut self, parts: &[Value]) -> Result<Value> {
        let sets = parts.iter().all(|p| matches!(p.data, Data::Set(_)));
        let mut out = self.take_values();
        let mut gather = || -> Result<()> {
            for part in parts {
                let fits = sets || matches!(part.data, Data::List(_) | Data::DocList);
                if !fits {
                    return Err(self.expected("lists, sets or maps of one kind to join", *part));
                }
                for item in self.items(*part)? {
                    out.push(item?);
                    self.reserve(size_of_val(out.as_slice()))?;
                }
            }
            Ok(())
        };
        let gathered = gather();
        let joined = gathered.and_then(|()| if sets { self.alloc_set(&mut out) } else { self.alloc_list(&out) });
        self.give_values(out);
        joined
    }

    /// All members of some maps.
    fn gather(&self, maps: &[Value], pairs: &mut Vec<(Value, Value)>) -> Result<()> {
        for map in maps {
            for member in self.members(*map)? {
                pairs.push(member?);
                self.reserve(size_of_val(pairs.as_slice()))?;
            }
        }
        Ok(())
    }

    /// The members of both maps; where both have a key, that of `b`.
    fn overlay(&mut self, a: Value, b: Value) -> Result<Value> {
        if let (Data::Record(x), Data::Record(y)) = (a.data, b.data)
            && x.shape == y.shape
        {
            let mut out = self.take_values();
            let pick = |(x, y): (&Value, &Value)| if y.is_null() { *x } else { *y };
            out.extend(self.record_values(x).iter().zip(self.record_values(y)).map(pick));
            let record = self.alloc_record(x.shape, &out);
            self.give_values(out);
            return record;
        }
        let mut pairs = self.take_pairs();
        let map = self.gather(&[b, a], &mut pairs).and_then(|()| {
            // The sort is stable and `b` went in first, so of equal keys its value comes first.
            self.sort_pairs(&mut pairs)?;
            let mut out = self.take_values();
            for (key, value) in &pairs {
                let last = out.len().checked_sub(2).and_then(|i| out.get(i)).copied();
                if !last.is_some_and(|last: Value| self.equal(last, *key).unwrap_or(false)) {
                    out.extend([*key, *value]);
                }
            }
            let run = self.alloc_run(&out);
            self.give_values(out);
            Ok(Value::of(Data::Map(run?)))
        });
        self.give_pairs(pairs);
        map
    }
}

/// The error for values nested beyond [`DEPTH`].
pub(super) fn too_deep() -> EvalError {
    EvalError::Value("the value is nested too deep".into())
}

/// A stable merge sort that stops at an error and needs no memory but `spare`.
pub(crate) fn sort<T: Copy>(
    items: &mut [T],
    spare: &mut Vec<T>,
    compare: &mut dyn FnMut(&T, &T) -> Result<Ordering>,
) -> Result<()> {
    let mut width = 1_usize;
    while width < items.len() {
        spare.clear();
        for run in items.chunks(width.saturating_mul(2)) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            // Runs that are in order already are taken as they are: sorting what is sorted is linear.
            let in_order = match (left.last(), right.first()) {
                (Some(l), Some(r)) => compare(l, r)? != Ordering::Greater,
                _ => true,
            };
            while !in_order && let (Some((l, ls)), Some((r, rs))) = (left.split_first(), right.split_first()) {
                if compare(r, l)? == Ordering::Less {
                    spare.push(*r);
                    right = rs;
                } else {
                    spare.push(*l);
                    left = ls;
                }
            }
            spare.extend_from_slice(left);
            spare.extend_from_slice(right);
        }
        items.copy_from_slice(spare);
        width = width.saturating_mul(2);
    }
    Ok(())
}
