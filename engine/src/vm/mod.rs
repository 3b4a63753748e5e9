//! The virtual machine: runs the code of a verified program over what an evaluation can see.
//!
//! One `State` is a thread's scratch: registers of all frames in one vector, heaps, what was kept. A `Machine` is one
//! run over it. INVARIANT: no bytecode makes it panic: every table is asked with `get`, and what the verifier excludes is
//! an [`EvalError::Internal`]. Nothing allocates once the vectors are warm, unless something is found.

mod arith;
mod build;
mod call;
pub(crate) mod code;
mod compare;
pub(crate) mod convert;
mod dispatch;
mod fault;
mod iterate;
mod path;
mod place;
mod report;
#[cfg(test)]
pub(crate) mod tests;
mod trace;
mod types;

pub(crate) use code::{Code, Source};
pub(crate) use fault::{Fault, Raised};
pub(crate) use place::{At, AtKey};
pub(crate) use report::{FixStep, Output, Report};
pub use trace::{Read, Trace};
pub(crate) use types::parses;

use crate::builtins::Host;
use crate::error::EvalError;
use crate::inventory::View;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::program::{Function, Instr};
use crate::value::{Place, Value};

pub(crate) type Result<T> = std::result::Result<T, EvalError>;

/// What one evaluation is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The object under review; null for `on cluster`.
    pub(crate) object: Value,
    /// The admission request, or null.
    pub(crate) request: Value,
    /// The object before the request, or null.
    pub(crate) old: Value,
    /// Group and kind of the object, where the host knows them better than its text.
    pub(crate) kind: (&'a str, &'a str),
}

impl Subject<'_> {
    /// Nothing is under review.
    pub(crate) const NONE: Subject<'static> =
        Subject { object: Value::NULL, request: Value::NULL, old: Value::NULL, kind: ("", "") };
}

/// A module-level value or parameter as far as it is computed.
#[derive(Clone, Debug, Default)]
pub(crate) enum Slot {
    /// Not asked for yet.
    #[default]
    Empty,
    /// Being computed: asking again is a circle, which the verifier excludes.
    Running,
    /// Its value.
    Ready(Value),
    /// How it ended.
    Failed(EvalError),
}

/// A frame that waits for a call to end.
#[derive(Clone, Copy, Debug)]
struct Frame {
    function: u32,
    /// The instruction that called.
    pc: u32,
    base: usize,
    /// The register of this frame that gets the result.
    dst: u16,
}

/// A thread's scratch.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Documents and heaps.
    pub(crate) memory: Memory,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    /// Fuel that is left.
    pub(crate) fuel: u64,
    /// Module-level values.
    pub(crate) globals: Vec<Slot>,
    /// Parameters by instance, as `Code::instances` numbers them.
    pub(crate) params: Vec<Slot>,
    /// Lists of objects by set of kinds: after and before the request.
    pub(crate) clusters: Vec<[Option<Value>; 2]>,
    /// Those that the request at hand changes.
    pub(crate) changed: Vec<[Option<Value>; 2]>,
    /// Results of look-ups that no request changes.
    pub(crate) lookups: crate::inventory::Lookups,
    /// Errors that `let`s ended with.
    poisons: Vec<Fault>,
    /// What was found.
    pub(crate) output: Output,
    /// Steps of the fix of the next finding.
    fixes: Vec<FixStep>,
    /// How many reports, skips and errors the object has so far.
    found: usize,
    /// Bytes that they hold, about.
    told: usize,
    /// Runs within runs (module-level values).
    depth: u32,
    /// What is recorded, if anything is.
    pub(crate) trace: Option<Box<Trace>>,
}

/// Module-level values may ask for each other this deep.
const MAX_DEPTH: u32 = 256;

impl State {
    /// Scratch for a program.
    pub(crate) fn new(code: &Code, limits: &Limits) -> State {
        let mut memory = code.memory();
        memory.limit = limits.memory;
        State {
            memory,
            globals: vec![Slot::Empty; code.program.globals.len()],
            params: vec![Slot::Empty; code.param_count()],
            clusters: vec![[None; 2]; code.program.kinds.len()],
            changed: vec![[None; 2]; code.program.kinds.len()],
            ..State::default()
        }
    }

    /// Gets ready for the next evaluation; what is kept stays.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.memory.reset();
        self.stack.clear();
        self.frames.clear();
        self.poisons.clear();
        self.fixes.clear();
        self.output.clear();
        self.changed.fill([None; 2]);
        self.found = 0;
        self.told = 0;
        self.depth = 0;
        self.fuel = limits.fuel;
    }

    /// Forgets what was kept.
    pub(crate) fn forget(&mut self) {
        self.memory.reset_kept();
        self.globals.fill(Slot::Empty);
        self.params.fill(Slot::Empty);
        self.clusters.fill([None; 2]);
        self.lookups.clear();
    }
}

/// One run.
pub(crate) struct Machine<'a> {
    pub(crate) code: &'a Code,
    pub(crate) host: &'a Host,
    pub(crate) limits: &'a Limits,
    pub(crate) view: View<'a>,
    pub(crate) subject: Subject<'a>,
    /// The instance whose parameters a policy sees instead of its own.
    pub(crate) instance: Option<u32>,
    pub(crate) state: &'a mut State,
    /// The function that runs, its code, the instruction at hand and the first of its registers.
    function: u32,
    instrs: &'a [Instr],
    pc: u32,
    base: usize,
    /// The node that an error is about, where it is about one.
    blame: Place,
}

impl<'a> Machine<'a> {
    /// A run over an inventory.
    pub(crate) fn new(
        code: &'a Code,
        host: &'a Host,
        limits: &'a Limits,
        view: View<'a>,
        subject: Subject<'a>,
        state: &'a mut State,
    ) -> Machine<'a> {
        Machine {
            code,
            host,
            limits,
            view,
            subject,
            instance: None,
            state,
            function: 0,
            instrs: &[],
            pc: 0,
            base: 0,
            blame: Place::NONE,
        }
    }

    /// Runs a function to its end.
    ///
    /// # Errors
    /// What no region of it caught.
    pub(crate) fn run(&mut self, function: u32, args: &[Value]) -> std::result::Result<Value, Fault> {
        if self.state.depth >= MAX_DEPTH {
            return Err(Fault::of(EvalError::Internal("module values nested too deep")));
        }
        self.state.depth = self.state.depth.saturating_add(1);
        let outer = (self.function, self.instrs, self.pc, self.base);
        let floor = self.state.frames.len();
        let height = self.state.stack.len();
        let result = self.start(function, args, height).map_err(Fault::of).and_then(|()| {
            loop {
                match self.execute(floor) {
                    Ok(value) => break Ok(value),
                    Err(error) => {
                        let place = std::mem::replace(&mut self.blame, Place::NONE);
                        self.catch(Fault { error, place }, floor)?;
                    }
                }
            }
        });
        self.state.frames.truncate(floor);
        self.state.stack.truncate(height);
        (self.function, self.instrs, self.pc, self.base) = outer;
        self.state.depth = self.state.depth.saturating_sub(1);
        result
    }

    /// Makes a function the one that runs, with its registers from `base` on.
    fn start(&mut self, function: u32, args: &[Value], base: usize) -> Result<()> {
        let body = self.enter(function, base)?;
        if args.len() != usize::from(body.params) {
            return Err(EvalError::Internal("a call with the wrong number of arguments"));
        }
        let registers = self.state.stack.get_mut(base..).unwrap_or_default();
        for (register, arg) in registers.iter_mut().zip(args) {
            *register = *arg;
        }
        Ok(())
    }

    fn enter(&mut self, function: u32, base: usize) -> Result<&'a Function> {
        let code = self.code;
        let body = code.program.functions.get(function as usize).ok_or(EvalError::Internal("no such function"))?;
        let top = base.saturating_add(usize::from(body.registers.max(body.params)));
        if top > self.limits.registers {
            return Err(EvalError::Memory);
        }
        self.state.stack.resize(top, Value::NULL);
        self.function = function;
        self.instrs = &body.code;
        self.pc = 0;
        self.base = base;
        Ok(body)
    }

    /// Takes fuel.
    #[inline]
    fn charge(&mut self, fuel: u64) -> Result<()> {
        match self.state.fuel.checked_sub(fuel) {
            Some(left) => {
                self.state.fuel = left;
                Ok(())
            }
            None => {
                self.state.fuel = 0;
                Err(EvalError::Fuel)
            }
        }
    }

    /// Takes the fuel of what the memory compared, sorted and showed since this was last asked.
    #[inline]
    fn charge_work(&mut self) -> Result<()> {
        let work = self.state.memory.take_work();
        self.charge(work)
    }
}
