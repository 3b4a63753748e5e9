//! Coverage and evidence: what a run of a program that was compiled to be traced went through and read.
//!
//! Without a [`Trace`] in the state none of it costs more than a test.

use super::{Machine, Result};
use crate::error::EvalError;
use crate::program::MarkDef;
use crate::program::operand::{MarkId, RuleId};
use crate::value::{Place, Value};

/// What is recorded.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// For each mark of the program, how often it was passed.
    pub hits: Vec<u64>,
    /// True if reads are recorded as well, for evidence.
    pub reading: bool,
    /// What was read since the last mark.
    pending: Vec<Read>,
    /// What the clauses read when they were last passed.
    reads: Vec<Read>,
    /// The marks of the loops that are under way, each within the one before it.
    loops: Vec<u32>,
}

/// A value that a clause read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// The clause: an index into `Program::marks`.
    pub mark: u32,
    /// The field that was read.
    pub name: String,
    /// Its value as JSON.
    pub value: serde_json::Value,
    /// Its node.
    pub(crate) place: Place,
}

impl Trace {
    /// For a program with so many marks.
    #[must_use]
    pub fn new(marks: usize, reading: bool) -> Trace {
        Trace { hits: vec![0; marks], reading, ..Trace::default() }
    }

    /// Forgets what the last evaluation read; the counts stay.
    pub(crate) fn begin(&mut self) {
        self.pending.clear();
        self.reads.clear();
        self.loops.clear();
    }

    /// Gives what was read since the last mark to the clause of `mark`, which stands behind what its clause reads.
    fn clause(&mut self, marks: &[MarkDef], mark: u32, def: &MarkDef) {
        let is_for = def.kind == "for";
        // A loop that begins anew within a round of another one reads another list; functions have loops of their own.
        let inner = |l: u32| l > mark && marks.get(l as usize).is_some_and(|m| m.owner == def.owner);
        self.loops.retain(|l| !inner(*l));
        // Each round of a loop passes the mark of its `for`, but what was read before a later one belongs to the clause
        // that did not hold.
        if !(is_for && self.loops.contains(&mark)) {
            self.reads.retain(|r| r.mark != mark);
            self.reads.extend(self.pending.drain(..).map(|r| Read { mark, ..r }));
            if is_for {
                self.loops.push(mark);
            }
        }
        self.pending.clear();
    }

    /// A rule begins: what the rules before it read is no reason for its findings.
    fn rule(&mut self, marks: &[MarkDef], mark: u32, owner: &str) {
        let first = marks.iter().position(|m| m.kind == "rule" && m.owner == owner);
        let first = first.and_then(|at| u32::try_from(at).ok()).unwrap_or(mark);
        let of_rules = |at: u32| at >= first && marks.get(at as usize).is_some_and(|m| m.owner == owner);
        self.reads.retain(|r| !of_rules(r.mark));
        self.loops.retain(|l| !of_rules(*l));
        self.pending.clear();
    }
}

impl Machine<'_> {
    pub(super) fn mark(&mut self, mark: MarkId) -> Result<()> {
        let code = self.code;
        let Some(trace) = &mut self.state.trace else { return Ok(()) };
        let hits = trace.hits.get_mut(mark.0 as usize).ok_or(EvalError::Internal("no such mark"))?;
        *hits = hits.saturating_add(1);
        if trace.reading {
            let marks = &code.program.marks;
            let def = marks.get(mark.0 as usize).ok_or(EvalError::Internal("no such mark"))?;
            match def.kind.as_str() {
                "rule" => trace.rule(marks, mark.0, &def.owner),
                _ => trace.clause(marks, mark.0, def),
            }
        }
        Ok(())
    }

    /// Records the read of a field.
    #[inline]
    pub(super) fn note(&mut self, name: crate::program::symbol::Symbol, value: Value) {
        if self.state.trace.as_ref().is_some_and(|t| t.reading) {
            self.note_read(name, value);
        }
    }

    #[cold]
    fn note_read(&mut self, name: crate::program::symbol::Symbol, value: Value) {
        let memory = &self.state.memory;
        let Some(place) = memory.place_of(value).or(value.is_null().then_some(Place::NONE)) else { return };
        let json = memory.to_json(value).unwrap_or_default();
        // What showing a value costs is not the policy's.
        memory.take_work();
        let name = memory.symbols.name(name).to_owned();
        let Some(trace) = &mut self.state.trace else { return };
        let read = Read { mark: 0, name, value: json, place };
        if !trace.pending.contains(&read) {
            trace.pending.push(read);
        }
    }

    /// What the clauses of a rule's policy read on the way to a report.
    pub(super) fn evidence(&self, rule: RuleId) -> Vec<Read> {
        let Some(trace) = self.state.trace.as_ref().filter(|t| t.reading) else { return Vec::new() };
        let program = &self.code.program;
        let policy = program.rules.get(rule.0 as usize).and_then(|r| program.policies.get(r.policy as usize));
        let Some(policy) = policy else { return Vec::new() };
        let of_policy = |r: &&Read| {
            program
                .marks
                .get(r.mark as usize)
                .is_some_and(|m| m.owner.strip_prefix("policy ").unwrap_or(&m.owner) == policy.name)
        };
        let mut reads: Vec<Read> = trace.reads.iter().filter(of_policy).cloned().collect();
        crate::sort::stable(&mut reads, |a, b| a.mark.cmp(&b.mark));
        reads
    }
}
