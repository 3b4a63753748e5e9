//! Errors on their way: to the innermost region around them, or out of the run.
//!
//! An error of a rule ends that rule for that object and is recorded; a `let` keeps its error in its register, so that
//! whoever reads it has it too. A limit is caught by nobody.

use super::{Machine, Place};
use crate::error::EvalError;
use crate::program::operand::Use;
use crate::program::{Catch, Region};
use crate::value::{Data, Value};

/// An error and the node that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    /// What went wrong.
    pub(crate) error: EvalError,
    /// The node, if it is about one.
    pub(crate) place: Place,
}

impl Fault {
    /// About no node.
    pub(crate) fn of(error: EvalError) -> Fault {
        Fault { error, place: Place::NONE }
    }
}

/// An error that was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Raised {
    /// The policy that it ended.
    pub(crate) policy: u32,
    /// What went wrong.
    pub(crate) fault: Fault,
}

impl Machine<'_> {
    /// Hands an error to the innermost region around the instruction at hand, else to the caller's.
    ///
    /// # Errors
    /// The fault itself, if it is a limit or no region above `floor` catches it.
    pub(super) fn catch(&mut self, fault: Fault, floor: usize) -> std::result::Result<(), Fault> {
        if fault.error.is_limit() {
            return Err(fault);
        }
        loop {
            if let Some(region) = self.region() {
                self.recover(region, fault)?;
                self.pc = region.to;
                return Ok(());
            }
            if self.state.frames.len() <= floor || self.leave().is_none() {
                return Err(fault);
            }
        }
    }

    /// The innermost region around the instruction at hand.
    fn region(&self) -> Option<Region> {
        let function = self.code.program.functions.get(self.function as usize)?;
        function.regions.iter().find(|r| r.start <= self.pc && self.pc < r.end).copied()
    }

    fn recover(&mut self, region: Region, fault: Fault) -> std::result::Result<(), Fault> {
        match region.catch {
            Catch::Rule(rule) => {
                let rule = self.code.program.rules.get(rule as usize);
                let policy = rule.map(|r| r.policy).ok_or(Fault::of(EvalError::Internal("no such rule")))?;
                self.record(policy, fault)?;
            }
            Catch::Policy(policy) => self.record(policy, fault)?,
            Catch::Let(register) => {
                let slot = self.state.stack.get_mut(self.base.saturating_add(usize::from(register)));
                let slot = slot.ok_or(Fault::of(EvalError::Internal("no such register")))?;
                // A poisoned register is never copied, so its poison is its own: a loop makes no second one.
                if let Data::Poison(poison) = slot.data
                    && let Some(known) = self.state.poisons.get_mut(poison as usize)
                {
                    *known = fault;
                } else {
                    let poison = u32::try_from(self.state.poisons.len()).unwrap_or(u32::MAX);
                    self.state.poisons.push(fault);
                    *slot = Value::of(Data::Poison(poison));
                }
            }
        }
        Ok(())
    }

    /// Records an error once. A node of the wrong type is an input error of its object already.
    fn record(&mut self, policy: u32, fault: Fault) -> std::result::Result<(), Fault> {
        self.state.drop_fixes();
        let raised = Raised { policy, fault };
        if raised.fault.error != EvalError::WrongInput && !self.state.output.errors.contains(&raised) {
            self.count_found().map_err(Fault::of)?;
            self.state.output.errors.push(raised);
        }
        Ok(())
    }

    /// Reads a register; the error of a poisoned one is raised again.
    #[inline]
    pub(super) fn get(&mut self, register: Use) -> super::Result<Value> {
        self.get_at(usize::from(register.0))
    }

    /// Reads a register by number.
    #[inline]
    pub(super) fn get_at(&mut self, register: usize) -> super::Result<Value> {
        match self.state.stack.get(self.base.saturating_add(register)) {
            Some(value) => match value.data {
                Data::Poison(poison) => self.raise(poison),
                _ => Ok(*value),
            },
            None => Err(EvalError::Internal("no such register")),
        }
    }

    #[cold]
    fn raise(&mut self, poison: u32) -> super::Result<Value> {
        match self.state.poisons.get(poison as usize) {
            Some(fault) => {
                self.blame = fault.place;
                Err(fault.error.clone())
            }
            None => Err(EvalError::Internal("no such poison")),
        }
    }
}
