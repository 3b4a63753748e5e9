//! Making: lists, sets, maps, records, texts.

use super::{Machine, Result};
use crate::document::NodeId;
use crate::error::EvalError;
use crate::program::operand::{BuildKind, Def, DefBuilder, ShapeId, Use, UseBuilder, UseRun};
use crate::value::{Place, Value};

/// What is built stands in the register's `place.node`, which has no other use there.
const KINDS: [BuildKind; 3] = [BuildKind::List, BuildKind::Set, BuildKind::Map];

impl Machine<'_> {
    pub(super) fn build(&mut self, kind: BuildKind, dst: DefBuilder) -> Result<()> {
        let number = KINDS.iter().position(|k| *k == kind).and_then(|i| u32::try_from(i).ok()).unwrap_or(0);
        let builder = self.state.memory.build().at(Place { doc: Place::NONE.doc, node: NodeId(number) });
        self.set_at(usize::from(dst.0), builder)
    }

    pub(super) fn push(&mut self, builder: UseBuilder, value: Use) -> Result<()> {
        let value = self.get(value)?;
        let builder = self.get_at(usize::from(builder.0))?;
        self.state.memory.push(builder, value)
    }

    pub(super) fn push_pair(&mut self, builder: UseBuilder, key: Use, value: Use) -> Result<()> {
        let (key, value) = (self.get(key)?, self.get(value)?);
        let builder = self.get_at(usize::from(builder.0))?;
        self.state.memory.push_pair(builder, key, value)
    }

    pub(super) fn finish(&mut self, builder: UseBuilder, dst: Def) -> Result<()> {
        let builder = self.get_at(usize::from(builder.0))?;
        let memory = &mut self.state.memory;
        let made = match KINDS.get(builder.place.node.0 as usize) {
            Some(BuildKind::List) => memory.finish_list(builder),
            Some(BuildKind::Set) => memory.finish_set(builder),
            Some(BuildKind::Map) => memory.finish_map(builder),
            None => Err(EvalError::Internal("not a builder")),
        };
        self.charge_work()?;
        self.set(dst, made?)
    }

    pub(super) fn record_of(&mut self, shape: ShapeId, values: UseRun, dst: Def) -> Result<()> {
        self.check_run(values)?;
        let state = &mut *self.state;
        let run = run(&state.stack, self.base, values)?;
        let record = state.memory.alloc_record(shape.0, run)?;
        self.set(dst, record)
    }

    pub(super) fn text(&mut self, parts: UseRun, dst: Def) -> Result<()> {
        self.check_run(parts)?;
        let state = &mut *self.state;
        let mut text = state.memory.take_buf();
        let written = run(&state.stack, self.base, parts)
            .and_then(|parts| parts.iter().try_for_each(|part| state.memory.to_text(*part, &mut text)));
        let joined = state.memory.alloc_buf(text);
        self.charge_work()?;
        written?;
        self.set(dst, joined?)
    }

    /// Raises the error of the first poisoned register of a run.
    pub(super) fn check_run(&mut self, run: UseRun) -> Result<()> {
        let first = usize::from(run.first);
        for register in first..first.saturating_add(usize::from(run.len)) {
            self.get_at(register)?;
        }
        Ok(())
    }
}

/// The values of a run of registers.
pub(super) fn run(stack: &[Value], base: usize, run: UseRun) -> Result<&[Value]> {
    let first = base.saturating_add(usize::from(run.first));
    stack.get(first..first.saturating_add(usize::from(run.len))).ok_or(EvalError::Internal("no such registers"))
}
