//! Places that `at`, `related` and `fix` name, also where nothing is there.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::program::symbol::Symbol;
use crate::value::{Data, Place, Value};

/// A place as findings keep it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct At {
    /// The node, or the nearest one that is there.
    pub(crate) place: Place,
    /// What is missing below it.
    pub(crate) keys: Vec<AtKey>,
}

/// A step below a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum AtKey {
    /// A member of a map.
    Name(String),
    /// An item of a list.
    Item(i64),
}

/// A step that is looked for.
enum Step {
    Field(Symbol),
    Index(Value),
}

impl Machine<'_> {
    /// The place `key` below that of `src`.
    pub(super) fn place_field(&mut self, src: Value, key: Symbol) -> Result<Value> {
        self.place_step(src, &Step::Field(key))
    }

    /// The place of an item or member below that of `src`.
    pub(super) fn place_index(&mut self, src: Value, index: Value) -> Result<Value> {
        match index.data {
            Data::Int(_) | Data::Str(_) => self.place_step(src, &Step::Index(index)),
            _ if !src.place.is_some() => self.made_member(src, &Step::Index(index)),
            _ => Ok(src),
        }
    }

    fn place_step(&mut self, src: Value, step: &Step) -> Result<Value> {
        if let Data::Missing(above) = src.data {
            let mut keys = self.state.memory.take_values();
            keys.extend_from_slice(self.state.memory.run(above));
            return self.missing(src.place, keys, step);
        }
        if !src.place.is_some() {
            return self.made_member(src, step);
        }
        let memory = &self.state.memory;
        let document = memory.doc(src.place.doc).ok_or(EvalError::Internal("a document that is not there"))?;
        let node = src.place.node;
        let child = match step {
            Step::Field(key) => document.get_str(node, memory.symbols.name(*key)),
            Step::Index(Value { data: Data::Int(i), .. }) => {
                usize::try_from(*i).ok().and_then(|i| document.item(node, i))
            }
            Step::Index(key) => memory.str_of(*key).and_then(|key| document.get_str(node, key)),
        };
        match child {
            Some(node) => Ok(there(memory, Place { doc: src.place.doc, node })),
            None => {
                let keys = self.state.memory.take_values();
                self.missing(src.place, keys, step)
            }
        }
    }

    /// What stands in a value that the policy made: the value has no place, what was put into it may have one.
    fn made_member(&mut self, src: Value, step: &Step) -> Result<Value> {
        let memory = &mut self.state.memory;
        let member = match (src.data, step) {
            (Data::Record(_) | Data::Map(_), Step::Field(key)) => memory.field(src, *key)?,
            (Data::Map(_) | Data::List(_), Step::Index(key)) => memory.index(src, *key)?,
            _ => Value::NULL,
        };
        self.charge_work()?;
        Ok(member)
    }

    fn missing(&mut self, place: Place, mut keys: Vec<Value>, step: &Step) -> Result<Value> {
        let memory = &mut self.state.memory;
        keys.push(match step {
            Step::Field(key) => Value::of(Data::Str(memory.symbol_text(*key))),
            Step::Index(key) => *key,
        });
        let list = memory.alloc_list(&keys);
        memory.give_values(keys);
        match list?.data {
            Data::List(range) => Ok(Value::of(Data::Missing(range)).at(place)),
            _ => Err(EvalError::Internal("a list that is none")),
        }
    }

    /// True if `src` is a place that is there, in a document that is looked at.
    pub(super) fn is_scope(&self, src: Value) -> bool {
        self.is_there(src) && !self.code.is_setting(self.state.memory.origin(src.place).doc)
    }

    /// True if `src` is a place that is there.
    pub(super) fn is_there(&self, src: Value) -> bool {
        // A text that came from nowhere has no places, also where it was parsed.
        !matches!(src.data, Data::Null | Data::Missing(_)) && self.state.memory.place_of(src).is_some()
    }
}

/// The value of a node whose type does not matter, only its place.
fn there(memory: &Memory, place: Place) -> Value {
    memory.load(place).unwrap_or(Value::of(Data::Bool(true)).at(place))
}

impl At {
    /// A node.
    pub(crate) fn node(place: Place) -> At {
        At { place, keys: Vec::new() }
    }

    /// The place of a value as findings show it: in a document that a person wrote; none where it has no place.
    pub(crate) fn of(memory: &Memory, value: Value) -> Option<At> {
        let place = memory.place_of(value)?;
        let keys = match value.data {
            // What is missing in a text that was parsed while evaluating has the place of the text.
            Data::Missing(range) if place == value.place => memory.run(range),
            _ => &[],
        };
        let keys = keys.iter().map(|k| match k.data {
            Data::Int(i) => AtKey::Item(i),
            _ => AtKey::Name(memory.str_of(*k).unwrap_or_default().to_owned()),
        });
        Some(At { place, keys: keys.collect() })
    }

    /// For each step that is missing, whether it names an item of a list.
    pub(crate) fn items(&self) -> Vec<bool> {
        self.keys.iter().map(|key| matches!(key, AtKey::Item(_))).collect()
    }

    /// Its JSON pointer in the whole document.
    pub(crate) fn pointer(&self, document: &crate::document::Document) -> String {
        let mut out = document.pointer(self.place.node);
        for key in &self.keys {
            out.push('/');
            match key {
                AtKey::Name(name) => out.push_str(&crate::document::pointer::escape(name)),
                AtKey::Item(i) => out.push_str(&i.to_string()),
            }
        }
        out
    }
}
