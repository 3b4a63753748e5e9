//! The loop over instructions: one short arm each, the work is in the files beside.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::program::Instr;
use crate::program::operand::{Def, Jump, Use};
use crate::value::{Data, Value};

impl Machine<'_> {
    /// Runs until the frame above `floor` ends. After an error `self.pc` is the instruction that failed.
    pub(super) fn execute(&mut self, floor: usize) -> Result<Value> {
        loop {
            let Some(instr) = self.instrs.get(self.pc as usize).copied() else {
                return Err(EvalError::Internal("ran past the end of a function"));
            };
            self.charge(instr.fuel())?;
            let mut next = self.pc.saturating_add(1);
            match instr {
                Instr::Move { src, dst } => {
                    let value = self.get(src)?;
                    self.set(dst, value)?;
                }
                Instr::Const { value, dst } => {
                    let value = self.constant(value)?;
                    self.set(dst, value)?;
                }
                Instr::Field { src, key, dst } => self.field(src, key, dst)?,
                Instr::Required { src, key, dst } => self.required(src, key, dst)?,
                Instr::Index { src, index, dst } => self.index(src, index, dst)?,
                Instr::Not { src, dst } => {
                    let truth = self.truth(src)?;
                    self.set(dst, Value::from(!truth))?;
                }
                Instr::Neg { src, dst } => self.neg(src, dst)?,
                Instr::Arith { op, left, right, dst } => self.arith(op, left, right, dst)?,
                Instr::Compare { op, left, right, dst } => self.compare(op, left, right, dst)?,
                Instr::In { item, of, dst } => self.contains(item, of, dst)?,
                Instr::Matches { text, pattern, dst } => self.matches(text, pattern, dst)?,
                Instr::Like { text, pattern, dst } => self.like(text, pattern, dst)?,
                Instr::Is { src, ty, dst } => self.is(src, ty, dst)?,
                Instr::Convert { src, ty, dst } => self.convert(src, ty, dst)?,
                Instr::Jump { to } => next = to.0,
                Instr::JumpIf { cond, to } => self.jump_if(true, cond, to, &mut next)?,
                Instr::JumpUnless { cond, to } => self.jump_if(false, cond, to, &mut next)?,
                Instr::JumpIfNull { src, to } => {
                    if self.get(src)?.is_null() {
                        next = to.0;
                    }
                }
                Instr::JumpIfSome { src, to } => {
                    if !self.get(src)?.is_null() {
                        next = to.0;
                    }
                }
                Instr::Iter { src, dst } => self.iter(src, dst)?,
                Instr::Next { iter, value, end } => self.next(iter, value, end, &mut next)?,
                Instr::NextPair { iter, key, value, end } => self.next_pair(iter, key, value, end, &mut next)?,
                Instr::Cluster { kinds, before, dst } => self.cluster(kinds, before, dst)?,
                Instr::Lookup { index, key, dst } => self.lookup(index, key, dst)?,
                Instr::Complete { kinds, dst } => self.complete(kinds, dst)?,
                Instr::Build { kind, dst } => self.build(kind, dst)?,
                Instr::Push { builder, value } => self.push(builder, value)?,
                Instr::PushPair { builder, key, value } => self.push_pair(builder, key, value)?,
                Instr::Finish { builder, dst } => self.finish(builder, dst)?,
                Instr::Record { shape, values, dst } => self.record_of(shape, values, dst)?,
                Instr::Text { parts, dst } => self.text(parts, dst)?,
                Instr::Call { function, args, dst } => {
                    self.call(function, args, dst)?;
                    continue;
                }
                Instr::Builtin { import, args, dst } => self.builtin(import, args, dst)?,
                Instr::Extern { function, args, dst } => self.call_host(function, args, dst)?,
                Instr::Descend { src, key, dst } => self.descend(src, key, dst)?,
                Instr::Global { global, dst } => self.global(global, dst)?,
                Instr::Param { param, dst } => self.param(param, dst)?,
                Instr::Object { dst } => self.set(dst, self.subject.object)?,
                Instr::Request { dst } => self.set(dst, self.subject.request)?,
                Instr::Old { dst } => self.set(dst, self.subject.old)?,
                Instr::Return { src } => {
                    let value = self.get(src)?;
                    if self.state.frames.len() <= floor {
                        return Ok(value);
                    }
                    next = self.give_back(value)?;
                }
                Instr::End {} => {
                    if self.state.frames.len() <= floor {
                        return Ok(Value::NULL);
                    }
                    next = self.give_back(Value::NULL)?;
                }
                Instr::PlaceField { src, key, dst } => {
                    let src = self.get(src)?;
                    let place = self.place_field(src, key.symbol())?;
                    self.set(dst, place)?;
                }
                Instr::PlaceIndex { src, index, dst } => {
                    let (src, index) = (self.get(src)?, self.get(index)?);
                    let place = self.place_index(src, index)?;
                    self.set(dst, place)?;
                }
                Instr::JumpIfPlace { src, to } => {
                    let src = self.get(src)?;
                    if self.is_there(src) {
                        next = to.0;
                    }
                }
                Instr::JumpIfScope { src, to } => {
                    let src = self.get(src)?;
                    if self.is_scope(src) {
                        next = to.0;
                    }
                }
                Instr::Skip { rule, reason } => self.skip(rule, reason)?,
                Instr::Fix { kind, value, place } => self.fix(kind, value, place)?,
                Instr::Report { rule, parts } => self.report(rule, parts)?,
                Instr::Mark { mark } => self.mark(mark)?,
                Instr::NoArm { src } => self.no_arm(src)?,
            }
            self.pc = next;
        }
    }

    /// Writes a register.
    #[inline]
    pub(super) fn set(&mut self, register: Def, value: Value) -> Result<()> {
        self.set_at(usize::from(register.0), value)
    }

    /// Writes a register by number.
    #[inline]
    pub(super) fn set_at(&mut self, register: usize, value: Value) -> Result<()> {
        match self.state.stack.get_mut(self.base.saturating_add(register)) {
            Some(slot) => {
                *slot = value;
                Ok(())
            }
            None => Err(EvalError::Internal("no such register")),
        }
    }

    fn truth(&mut self, register: Use) -> Result<bool> {
        let value = self.get(register)?;
        match value.data {
            Data::Bool(b) => Ok(b),
            _ => Err(self.state.memory.expected("true or false", value)),
        }
    }

    fn jump_if(&mut self, when: bool, cond: Use, to: Jump, next: &mut u32) -> Result<()> {
        if self.truth(cond)? == when {
            *next = to.0;
        }
        Ok(())
    }

    #[cold]
    fn no_arm(&mut self, src: Use) -> Result<()> {
        let value = self.get(src)?;
        let text = self.text_of(value)?;
        let kind = self.state.memory.kind_name(value);
        Err(EvalError::Value(format!("no arm of this `match` takes the value `{text}` ({kind})")))
    }
}
