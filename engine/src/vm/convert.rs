//! `Convert`, and the reading of parameters and `data` by their types.
//!
//! Both give a value the form that its type asks for: scalars out of text, sets out of lists, floats out of ints. The
//! instruction leaves records as they are (their fields are converted as they are read) and keeps places; parameters and
//! `data` are checked to the last member, for nobody has checked them before, and an error names the JSON pointer.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::program::operand::{Def, TypeIdx, Use};
use crate::program::symbol::Symbol;
use crate::program::{Program, RecordDesc, TypeDesc};
use crate::value::{Data, Value};
use std::fmt::Write;

/// Types within types.
const DEPTH: u32 = 200;

/// For each type, whether a value of a document may need another form.
pub(crate) fn needs(program: &Program) -> Vec<bool> {
    let mut needs: Vec<bool> =
        program.types.iter().map(|t| matches!(t, TypeDesc::Float | TypeDesc::Scalar(_) | TypeDesc::Set(_))).collect();
    // Types may be circular, so what needs conversion is spread until nothing changes.
    loop {
        let mut changed = false;
        for (i, ty) in program.types.iter().enumerate() {
            let inner = |t: &u32| needs.get(*t as usize).copied().unwrap_or(false);
            let now = match ty {
                TypeDesc::List(t) | TypeDesc::Optional(t) => inner(t),
                TypeDesc::Map(k, v) => inner(k) || inner(v),
                TypeDesc::Union(members) => members.iter().any(inner),
                TypeDesc::Record(record) => record.kind.is_none() && record.fields.iter().any(|f| inner(&f.ty)),
                _ => false,
            };
            if let Some(slot) = needs.get_mut(i).filter(|slot| now && !**slot) {
                *slot = true;
                changed = true;
            }
        }
        if !changed {
            return needs;
        }
    }
}

impl Machine<'_> {
    pub(super) fn convert(&mut self, src: Use, ty: TypeIdx, dst: Def) -> Result<()> {
        let value = self.get(src)?;
        let mut path = Path { deep: false, steps: self.state.memory.take_values() };
        let converted = self.converted(value, ty.0, &mut path, DEPTH);
        self.state.memory.give_values(path.steps);
        self.charge_work()?;
        self.set(dst, converted?)
    }

    /// A parameter or `data` as its type asks for it, checked in full.
    pub(crate) fn convert_deep(&mut self, value: Value, ty: u32) -> Result<Value> {
        let mut path = Path { deep: true, steps: Vec::new() };
        self.converted(value, ty, &mut path, DEPTH)
    }

    fn converted(&mut self, value: Value, ty: u32, path: &mut Path, depth: u32) -> Result<Value> {
        let code = self.code;
        let desc = code.program.types.get(ty as usize).ok_or(EvalError::Internal("no such type"))?;
        if !path.deep && !code.needs_conversion(ty) {
            return Ok(value);
        }
        self.charge(1)?;
        let depth = depth.checked_sub(1).ok_or_else(|| self.complain(path, "is nested too deep"))?;
        match (desc, value.data) {
            (TypeDesc::Any, _) => Ok(value),
            (TypeDesc::Null | TypeDesc::Optional(_), Data::Null) => Ok(value),
            (TypeDesc::Optional(inner), _) => self.converted(value, *inner, path, depth),
            (_, Data::Null) if !path.deep => Ok(value),
            (TypeDesc::Float, Data::Int(i)) => Ok(Value::from(float(i)).at(value.place)),
            (TypeDesc::Scalar(kind), Data::Str(_) | Data::Int(_) | Data::Float(_)) => {
                let scalar = self.state.memory.to_scalar(*kind, value);
                scalar.map_err(|e| match e {
                    EvalError::Value(why) => self.complain(path, &format!(": {why}")),
                    other => other,
                })
            }
            (TypeDesc::List(item), Data::List(_) | Data::DocList | Data::Set(_)) => {
                if path.deep && !code.needs_conversion(*item) && matches!(value.data, Data::DocList) {
                    // Checked, but left where it is.
                    return self.each(value, *item, path, depth, |_, _, _| Ok(())).map(|()| value);
                }
                self.converted_items(value, *item, path, depth, false)
            }
            (TypeDesc::Set(item), Data::List(_) | Data::DocList | Data::Set(_)) => {
                self.converted_items(value, *item, path, depth, true)
            }
            (TypeDesc::Map(key, item), Data::Map(_) | Data::DocMap | Data::Record(_)) => {
                self.converted_map(value, *key, *item, path, depth)
            }
            (TypeDesc::Union(members), _) => self.converted_union(value, members, path, depth),
            (TypeDesc::Record(record), Data::Map(_) | Data::DocMap | Data::Record(_)) if record.kind.is_none() => {
                if path.deep {
                    self.converted_record(value, ty, record, path, depth)
                } else {
                    Ok(value)
                }
            }
            _ if !path.deep || self.fits(value, ty, 64)? => Ok(value),
            _ => {
                let found = self.state.memory.kind_name(value);
                Err(self.complain(path, &format!(": expected {}, found {found}", describe(&code.program, ty, 3))))
            }
        }
    }

    /// Converts each item and hands it on.
    fn each(
        &mut self,
        list: Value,
        item: u32,
        path: &mut Path,
        depth: u32,
        mut then: impl FnMut(&mut Self, Value, Value) -> Result<()>,
    ) -> Result<()> {
        let mut iter = self.state.memory.iter(list)?;
        while let Some((key, value)) = self.state.memory.next(&mut iter)? {
            path.steps.push(key);
            let converted = self.converted(value, item, path, depth)?;
            path.steps.pop();
            then(self, key, converted)?;
        }
        Ok(())
    }

    fn converted_items(&mut self, list: Value, item: u32, path: &mut Path, depth: u32, set: bool) -> Result<Value> {
        let mut items = self.state.memory.take_values();
        let filled = self.each(list, item, path, depth, |_, _, value| {
            items.push(value);
            Ok(())
        });
        let memory = &mut self.state.memory;
        let made = filled.and_then(|()| if set { memory.alloc_set(&mut items) } else { memory.alloc_list(&items) });
        memory.give_values(items);
        Ok(made?.at(list.place))
    }

    fn converted_map(&mut self, map: Value, key: u32, item: u32, path: &mut Path, depth: u32) -> Result<Value> {
        let in_place = !self.code.needs_conversion(key) && !self.code.needs_conversion(item);
        let mut pairs = self.state.memory.take_pairs();
        let filled = self.each(map, item, path, depth, |machine, name, value| {
            let mut here = Path { deep: true, steps: Vec::new() };
            let name = machine.converted(name, key, &mut here, depth)?;
            if !in_place {
                pairs.push((name, value));
            }
            Ok(())
        });
        let memory = &mut self.state.memory;
        let made = filled.and_then(|()| if in_place { Ok(map) } else { memory.alloc_map(&mut pairs) });
        memory.give_pairs(pairs);
        Ok(made?.at(map.place))
    }

    /// Checks the fields of a record; one whose fields need another form is made anew, with null where nothing is given.
    fn converted_record(
        &mut self,
        value: Value,
        ty: u32,
        record: &RecordDesc,
        path: &mut Path,
        depth: u32,
    ) -> Result<Value> {
        let mut values = self.state.memory.take_values();
        for field in &record.fields {
            let symbol = Symbol(field.symbol);
            let member = self.state.memory.field(value, symbol)?;
            let name = Value::of(Data::Str(self.state.memory.symbol_text(symbol)));
            path.steps.push(name);
            if member.is_null() && field.required && !self.may_be_null(field.ty) {
                return Err(self.complain(path, " is missing"));
            }
            let converted = if member.is_null() { member } else { self.converted(member, field.ty, path, depth)? };
            path.steps.pop();
            values.push(converted);
        }
        let shape = if self.code.needs_conversion(ty) { self.shape_of(record) } else { None };
        let made = match shape {
            Some(shape) => self.state.memory.alloc_record(shape, &values)?.at(value.place),
            None => self.rebuilt(value, ty, record, &values)?,
        };
        self.state.memory.give_values(values);
        Ok(made)
    }

    /// The record as a map, where the program has no shape for it.
    fn rebuilt(&mut self, value: Value, ty: u32, record: &RecordDesc, values: &[Value]) -> Result<Value> {
        if !self.code.needs_conversion(ty) {
            return Ok(value);
        }
        let mut pairs = self.state.memory.take_pairs();
        for (field, value) in record.fields.iter().zip(values) {
            let name = self.state.memory.symbol_text(Symbol(field.symbol));
            pairs.push((Value::of(Data::Str(name)), *value));
        }
        let map = self.state.memory.alloc_map(&mut pairs);
        self.state.memory.give_pairs(pairs);
        Ok(map?.at(value.place))
    }

    fn shape_of(&self, record: &RecordDesc) -> Option<u16> {
        let same = |shape: &Vec<u32>| {
            shape.len() == record.fields.len() && shape.iter().zip(&record.fields).all(|(s, f)| *s == f.symbol)
        };
        self.code.program.shapes.iter().position(same).and_then(|i| u16::try_from(i).ok())
    }

    fn converted_union(&mut self, value: Value, members: &[u32], path: &mut Path, depth: u32) -> Result<Value> {
        let mut first = None;
        for member in members {
            let steps = path.steps.len();
            match self.converted(value, *member, path, depth) {
                // What is not checked in full fits only if its kind does.
                Ok(converted) if path.deep || self.fits(converted, *member, 64)? => return Ok(converted),
                Ok(_) => {}
                Err(error) if error.is_limit() => return Err(error),
                Err(error) => first = first.or(Some(error)),
            }
            path.steps.truncate(steps);
        }
        match first {
            Some(error) if path.deep => Err(error),
            _ => Ok(value),
        }
    }

    fn may_be_null(&self, ty: u32) -> bool {
        matches!(self.code.program.types.get(ty as usize), Some(TypeDesc::Any | TypeDesc::Null | TypeDesc::Optional(_)))
    }

    #[cold]
    fn complain(&self, path: &Path, what: &str) -> EvalError {
        if !path.deep {
            return EvalError::Value(what.trim_start_matches(": ").to_owned());
        }
        let mut pointer = String::new();
        for step in &path.steps {
            let mut text = String::new();
            // A step that can't be shown leaves a gap in the message, nothing worse.
            let _ = self.state.memory.to_text(*step, &mut text);
            let _ = write!(pointer, "/{}", crate::document::pointer::escape(&text));
        }
        let place = if pointer.is_empty() { "the value".to_owned() } else { format!("`{pointer}`") };
        EvalError::Value(format!("{place}{what}"))
    }
}

/// Where in a parameter or `data` a value stands.
struct Path {
    /// True if all is checked.
    deep: bool,
    steps: Vec<Value>,
}

#[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
fn float(i: i64) -> f64 {
    i as f64
}

/// A type in words, for messages.
pub(crate) fn describe(program: &Program, ty: u32, depth: u32) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "…".into() };
    let inner = |t: u32| describe(program, t, depth);
    match program.types.get(ty as usize) {
        None | Some(TypeDesc::Any) => "anything".into(),
        Some(TypeDesc::Never) => "nothing".into(),
        Some(TypeDesc::Null) => "null".into(),
        Some(TypeDesc::Bool) => "true or false".into(),
        Some(TypeDesc::Int) => "a whole number".into(),
        Some(TypeDesc::Float) => "a number".into(),
        Some(TypeDesc::Str) => "a string".into(),
        Some(TypeDesc::Literal(text)) => format!("{text:?}"),
        Some(TypeDesc::Scalar(kind)) => format!("a {}", kind.name()),
        Some(TypeDesc::List(_) | TypeDesc::Set(_)) => "a list".into(),
        Some(TypeDesc::Map(..)) => "a map".into(),
        Some(TypeDesc::Record(record)) if record.name.is_empty() => "an object".into(),
        Some(TypeDesc::Record(record)) => format!("an object ({})", record.name),
        Some(TypeDesc::Union(members)) => members.iter().map(|m| inner(*m)).collect::<Vec<_>>().join(" or "),
        Some(TypeDesc::Optional(t)) => format!("{} or null", inner(*t)),
        Some(TypeDesc::Workload) => "an object that carries a pod template".into(),
    }
}
