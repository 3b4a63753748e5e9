//! Comparisons, membership, patterns.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::memory::Memory;
use crate::program::operand::{Compare, Def, Use};
use crate::scalar::glob;
use crate::value::{Data, Value};
use std::cmp::Ordering;

impl Machine<'_> {
    pub(super) fn compare(&mut self, op: Compare, left: Use, right: Use, dst: Def) -> Result<()> {
        let (a, b) = (self.get(left)?, self.get(right)?);
        let memory = &self.state.memory;
        let truth = match op {
            Compare::Eq => memory.equal(a, b)?,
            Compare::Ne => !memory.equal(a, b)?,
            Compare::Lt => order(memory, op, a, b)? == Ordering::Less,
            Compare::Le => order(memory, op, a, b)? != Ordering::Greater,
            Compare::Gt => order(memory, op, a, b)? == Ordering::Greater,
            Compare::Ge => order(memory, op, a, b)? != Ordering::Less,
        };
        self.charge_work()?;
        self.set(dst, Value::from(truth))
    }

    pub(super) fn contains(&mut self, item: Use, of: Use, dst: Def) -> Result<()> {
        let (item, of) = (self.get(item)?, self.get(of)?);
        let found = self.state.memory.contains(of, item)?;
        self.charge_work()?;
        self.set(dst, Value::from(found))
    }

    pub(super) fn matches(&mut self, text: Use, pattern: Use, dst: Def) -> Result<()> {
        let (text, pattern) = (self.get(text)?, self.get(pattern)?);
        let memory = &self.state.memory;
        let text = memory.str_of(text).ok_or_else(|| memory.expected("a string left of `matches`", text))?;
        let len = text.len();
        let found = memory.regex_of(pattern)?.is_match(text);
        self.charge_bytes(len)?;
        self.set(dst, Value::from(found))
    }

    pub(super) fn like(&mut self, text: Use, pattern: Use, dst: Def) -> Result<()> {
        let (text, pattern) = (self.get(text)?, self.get(pattern)?);
        let memory = &self.state.memory;
        let text = memory.str_of(text).ok_or_else(|| memory.expected("a string left of `like`", text))?;
        let pattern = memory.str_of(pattern).ok_or_else(|| memory.expected("a string right of `like`", pattern))?;
        let size = text.len().saturating_add(pattern.len());
        let found = glob::matches(pattern, text);
        self.charge_bytes(size)?;
        self.set(dst, Value::from(found))
    }

    /// What looking at so many bytes costs.
    fn charge_bytes(&mut self, bytes: usize) -> Result<()> {
        self.charge(bytes as u64 / 8)
    }
}

/// The order of two values of one kind that has an order.
fn order(memory: &Memory, op: Compare, a: Value, b: Value) -> Result<Ordering> {
    let comparable = match (a.data, b.data) {
        (Data::Int(_) | Data::Float(_), Data::Int(_) | Data::Float(_))
        | (Data::Str(_), Data::Str(_))
        | (Data::Duration(_), Data::Duration(_)) => true,
        (Data::Scalar(_), Data::Scalar(_)) => {
            memory.scalar_of(a).map(|s| s.kind()) == memory.scalar_of(b).map(|s| s.kind())
        }
        _ => false,
    };
    if comparable {
        return memory.compare(a, b);
    }
    let sign = crate::program::operand::Operand::show(&op);
    Err(EvalError::Value(format!(
        "`{sign}` has no meaning between {} and {}",
        memory.kind_name(a),
        memory.kind_name(b)
    )))
}
