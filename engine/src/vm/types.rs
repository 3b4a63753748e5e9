//! `is`: does a value have a type. A kind is told by group and kind alone, a record by the fields that it requires.

use super::{Machine, Result, Subject};
use crate::builtins::KindAt;
use crate::error::EvalError;
use crate::inventory::{View, group_of, matches_kind};
use crate::memory::Memory;
use crate::program::operand::{Def, TypeIdx, Use};
use crate::program::symbol::Symbol;
use crate::program::{KindMatch, RecordDesc, TypeDesc};
use crate::scalar::{Scalar, ScalarKind};
use crate::value::{Data, HeapId, Place, Value};

/// Types within types.
const DEPTH: u32 = 64;

impl Machine<'_> {
    pub(super) fn is(&mut self, src: Use, ty: TypeIdx, dst: Def) -> Result<()> {
        let value = self.get(src)?;
        let truth = self.fits(value, ty.0, DEPTH)?;
        self.charge_work()?;
        self.set(dst, Value::from(truth))
    }

    /// True if a value has a type.
    pub(super) fn fits(&mut self, value: Value, ty: u32, depth: u32) -> Result<bool> {
        self.charge(1)?;
        let depth = depth.checked_sub(1).ok_or_else(|| EvalError::Value("the value is nested too deep".into()))?;
        let code = self.code;
        let desc = code.program.types.get(ty as usize).ok_or(EvalError::Internal("no such type"))?;
        Ok(match (desc, value.data) {
            (TypeDesc::Any, _) => true,
            (TypeDesc::Never, _) => false,
            (TypeDesc::Null | TypeDesc::Optional(_), Data::Null) => true,
            (TypeDesc::Optional(inner), _) => self.fits(value, *inner, depth)?,
            (_, Data::Null) => false,
            (TypeDesc::Bool, Data::Bool(_)) => true,
            (TypeDesc::Int, Data::Int(_)) => true,
            (TypeDesc::Float, Data::Int(_) | Data::Float(_)) => true,
            (TypeDesc::Str, Data::Str(_)) => true,
            (TypeDesc::Literal(text), Data::Str(_)) => self.state.memory.str_of(value) == Some(text),
            (TypeDesc::Scalar(kind), _) => is_scalar(&self.state.memory, *kind, value),
            (TypeDesc::List(item), Data::List(_) | Data::DocList) => self.all_fit(value, *item, depth)?,
            (TypeDesc::Set(item), Data::Set(_)) => self.all_fit(value, *item, depth)?,
            (TypeDesc::Map(key, item), Data::Map(_) | Data::DocMap | Data::Record(_)) => {
                self.all_members_fit(value, *key, *item, depth)?
            }
            (TypeDesc::Union(members), _) => {
                for member in members {
                    if self.fits(value, *member, depth)? {
                        return Ok(true);
                    }
                }
                false
            }
            (TypeDesc::Workload, Data::DocMap | Data::Map(_) | Data::Record(_)) => self.is_workload(value)?,
            (TypeDesc::Record(record), Data::DocMap | Data::Map(_) | Data::Record(_)) => {
                self.is_record(value, record, depth)?
            }
            _ => false,
        })
    }

    fn all_fit(&mut self, list: Value, item: u32, depth: u32) -> Result<bool> {
        let mut iter = self.state.memory.iter(list)?;
        while let Some((_, value)) = self.state.memory.next(&mut iter)? {
            if !self.fits(value, item, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn all_members_fit(&mut self, map: Value, key: u32, item: u32, depth: u32) -> Result<bool> {
        let mut iter = self.state.memory.iter(map)?;
        while let Some((name, value)) = self.state.memory.next(&mut iter)? {
            if !self.fits(name, key, depth)? || !self.fits(value, item, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_record(&mut self, value: Value, record: &RecordDesc, depth: u32) -> Result<bool> {
        if let Some(kind) = &record.kind {
            return self.is_kind(value, kind);
        }
        for field in &record.fields {
            let member = self.state.memory.field(value, Symbol(field.symbol))?;
            let fits = if member.is_null() { !field.required } else { self.fits(member, field.ty, depth)? };
            // A field that is not required may be anything that an optional of its type is.
            if !fits && (field.required || !member.is_null()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Compares group and kind of an object: as the object says, else as the list or request says that it came in.
    fn is_kind(&self, value: Value, kind: &KindMatch) -> Result<bool> {
        let memory = &self.state.memory;
        let (version, name) = (memory.member(value, "apiVersion")?, memory.member(value, "kind")?);
        match (memory.str_of(version), memory.str_of(name)) {
            (Some(version), Some(name)) => Ok(matches_kind(kind, group_of(version), name)),
            _ => Ok(self.known_kind(value).is_some_and(|(group, name)| matches_kind(kind, group, name))),
        }
    }

    fn known_kind(&self, value: Value) -> Option<(&str, &str)> {
        kind_at(&self.view, &self.subject, value.place)
    }

    /// True for an object of a kind that carries a pod template, if it has one.
    pub(super) fn is_workload(&mut self, value: Value) -> Result<bool> {
        let code = self.code;
        for workload in &code.workloads {
            if self.is_kind(value, &workload.kind)? {
                let mut at = value;
                for step in workload.template.iter().map(String::as_str).chain(["spec"]) {
                    at = match at.data {
                        Data::DocMap | Data::Map(_) | Data::Record(_) => self.state.memory.member(at, step)?,
                        _ => Value::NULL,
                    };
                }
                return Ok(matches!(at.data, Data::DocMap | Data::Map(_) | Data::Record(_)));
            }
        }
        Ok(false)
    }
}

/// What the objects of an evaluation are that do not say it themselves.
#[derive(Debug)]
pub(super) struct Kinds<'a> {
    pub(super) view: View<'a>,
    pub(super) subject: Subject<'a>,
}

impl KindAt for Kinds<'_> {
    fn kind_at(&self, place: Place) -> Option<(&str, &str)> {
        kind_at(&self.view, &self.subject, place)
    }
}

fn kind_at<'a>(view: &View<'a>, subject: &Subject<'a>, place: Place) -> Option<(&'a str, &'a str)> {
    if !place.is_some() {
        return None;
    }
    if place == subject.object.place || place == subject.old.place {
        return Some(subject.kind);
    }
    view.kind_at(place)
}

/// True for a scalar of the kind, and for a text (a quantity: a number too) that is one.
fn is_scalar(memory: &Memory, kind: ScalarKind, value: Value) -> bool {
    match value.data {
        Data::Duration(_) => kind == ScalarKind::Duration,
        Data::Regex(_) => kind == ScalarKind::Regex,
        Data::Scalar(s) => memory.scalar(s).is_some_and(|s| s.kind() == kind),
        Data::Int(_) | Data::Float(_) => kind == ScalarKind::Quantity,
        Data::Str(text) => parses(kind, memory.str(text)),
        _ => false,
    }
}

/// True if a text is a scalar of the kind.
pub(crate) fn parses(kind: ScalarKind, text: &str) -> bool {
    match kind {
        ScalarKind::Duration => crate::scalar::duration::parse(text).is_ok(),
        ScalarKind::Regex => crate::scalar::regex::Pattern::new(text).is_ok(),
        _ => Scalar::parse(kind, text, HeapId::Scratch, &mut String::new()).is_ok(),
    }
}
