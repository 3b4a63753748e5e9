//! The assembler: code with labels and a register stack → [`Function`].
//!
//! The compiler and the tests write code through it. Jumps name labels until `finish` puts places in their stead.

use super::instr::Instr;
use super::operand::{Jump, Operand};
use super::{Catch, Function, Region, SourceRef};

/// A place in the code that is not known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

impl Label {
    /// The operand that jumps there.
    #[must_use]
    pub fn jump(self) -> Jump {
        Jump(self.0)
    }
}

/// Why code could not be assembled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AssembleError {
    /// More registers than an operand can name.
    #[error("the code needs more than 65,535 registers")]
    Registers,
    /// A label that no `bind` put anywhere.
    #[error("a label was never bound")]
    Unbound,
    /// More instructions than a jump can name.
    #[error("the code has too many instructions")]
    TooLong,
}

/// Code that is being written.
#[derive(Debug, Default)]
pub struct Assembler {
    code: Vec<Instr>,
    labels: Vec<Option<u32>>,
    regions: Vec<(u32, u32, Catch, Label)>,
    lines: Vec<(u32, SourceRef)>,
    next: u16,
    most: u16,
}

impl Assembler {
    /// Adds an instruction.
    pub fn emit(&mut self, instr: Instr) {
        self.code.push(instr);
    }

    /// The place of the next instruction.
    #[must_use]
    pub fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(u32::try_from(self.labels.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// The label names the place of the next instruction.
    pub fn bind(&mut self, label: Label) {
        let here = self.here();
        if let Some(place) = self.labels.get_mut(label.0 as usize) {
            *place = Some(here);
        }
    }

    /// A register above all that are in use.
    ///
    /// # Errors
    /// `Registers` if there is none left.
    pub fn register(&mut self) -> Result<u16, AssembleError> {
        self.run(1)
    }

    /// A run of registers above all that are in use; gives the first.
    ///
    /// # Errors
    /// `Registers` if there are not so many left.
    pub fn run(&mut self, len: usize) -> Result<u16, AssembleError> {
        let first = self.next;
        let len = u16::try_from(len).map_err(|_| AssembleError::Registers)?;
        self.next = first.checked_add(len).ok_or(AssembleError::Registers)?;
        self.most = self.most.max(self.next);
        Ok(first)
    }

    /// The height of the register stack.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.next
    }

    /// Gives back the registers above `height`.
    pub fn release(&mut self, height: u16) {
        self.next = height;
    }

    /// Errors of the code from `start` to here are caught; code goes on at `to`. Inner regions are added before outer ones.
    pub fn catch(&mut self, start: u32, catch: Catch, to: Label) {
        let end = self.here();
        self.regions.push((start, end, catch, to));
    }

    /// The next instruction comes from this place in the policy text.
    pub fn line(&mut self, source: SourceRef) {
        if self.lines.last().is_none_or(|(_, last)| *last != source) {
            self.lines.push((self.here(), source));
        }
    }

    /// The function.
    ///
    /// # Errors
    /// If a label was not bound or the code is too long.
    pub fn finish(self, name: impl Into<String>, params: u16) -> Result<Function, AssembleError> {
        let Assembler { mut code, labels, regions, lines, most, .. } = self;
        u32::try_from(code.len()).map_err(|_| AssembleError::TooLong)?;
        let mut unbound = false;
        let place = |label: u32| labels.get(label as usize).copied().flatten();
        for instr in &mut code {
            instr.operands_mut(&mut |operand: &mut dyn Operand| {
                operand.retarget(&|label| place(label).unwrap_or(u32::MAX));
            });
            instr.operands(&mut |_, operand| {
                unbound |= operand.role() == super::operand::Role::Target(u32::MAX);
            });
        }
        let regions = regions
            .into_iter()
            .map(|(start, end, catch, to)| Some(Region { start, end, catch, to: place(to.0)? }))
            .collect::<Option<Vec<_>>>()
            .ok_or(AssembleError::Unbound)?;
        if unbound {
            return Err(AssembleError::Unbound);
        }
        Ok(Function { name: name.into(), params, registers: most.max(params), code, regions, lines })
    }
}
