//! What an instance holds: things by handle, memory of the host, the last answer.
//!
//! INVARIANT: a handle is given once; one that was dropped never means something else.

use crate::answer::{Fault, Outcome, Status};
use crate::memory::Memory;
use plimsoll::{Builder, Engine, Evaluator, Inventory};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a handle means.
#[derive(Debug)]
pub(crate) enum Thing {
    /// An engine in the making, and whether it has a bundle.
    Builder(Box<Builder>, bool),
    /// An engine.
    Engine(Engine),
    /// An evaluator, and the handle of its engine.
    Evaluator(Evaluator, i32),
    /// An inventory, and the handle of its engine.
    Inventory(Inventory, i32),
    /// Policies that were compiled.
    #[cfg(feature = "compile")]
    Compilation(crate::compile::Compilation),
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct State {
    things: BTreeMap<i32, Thing>,
    last: i32,
    pub(crate) memory: Memory,
    pub(crate) answer: Vec<u8>,
}

/// Gives the part of a thing that a call needs.
macro_rules! of_kind {
    ($($name:ident: $pattern:pat => $part:expr, $what:ty, $word:literal;)*) => {$(
        pub(crate) fn $name(&mut self, handle: i32) -> Result<$what, Fault> {
            match self.things.get_mut(&handle) {
                Some($pattern) => Ok($part),
                _ => Err(Fault::new(Status::Handle, format!(concat!("{} is no ", $word), handle))),
            }
        }
    )*};
}

impl State {
    of_kind! {
        builder: Thing::Builder(builder, has) => (builder.as_mut(), has), (&mut Builder, &mut bool), "builder";
        engine: Thing::Engine(engine) => engine, &mut Engine, "engine";
        evaluator: Thing::Evaluator(evaluator, of) => (evaluator, *of), (&mut Evaluator, i32), "evaluator";
        inventory: Thing::Inventory(inventory, of) => (inventory, *of), (&mut Inventory, i32), "inventory";
    }

    #[cfg(feature = "compile")]
    of_kind! {
        compilation: Thing::Compilation(compilation) => compilation, &mut crate::compile::Compilation, "compilation";
    }

    /// Keeps a thing; gives its handle.
    pub(crate) fn keep(&mut self, thing: Thing) -> Outcome {
        self.last = self.last.checked_add(1).ok_or_else(|| Fault::new(Status::Handle, "there are no more handles"))?;
        self.things.insert(self.last, thing);
        Ok(self.last)
    }

    /// Drops a thing.
    pub(crate) fn forget(&mut self, handle: i32) -> Outcome {
        let gone = self.things.remove(&handle).map(|_| 0);
        gone.ok_or_else(|| Fault::new(Status::Handle, format!("{handle} is no handle")))
    }
}

thread_local! {
    /// The state of the instance.
    static STATE: RefCell<State> = RefCell::default();
}

/// Runs a call: its number, and its answer in the state. A trap inside leaves the state taken, so that every later call says
/// that the instance is broken.
pub(crate) fn call(what: impl FnOnce(&mut State) -> Outcome) -> i32 {
    let run = |state: &RefCell<State>| {
        let Ok(mut state) = state.try_borrow_mut() else { return Status::Broken as i32 };
        state.answer = Vec::new();
        match what(&mut state) {
            Ok(number) => number,
            Err(fault) => {
                state.answer = fault.to_json();
                fault.status as i32
            }
        }
    };
    STATE.try_with(run).unwrap_or(Status::Broken as i32)
}

/// Looks at the state and leaves the answer as it is; 0 in a broken instance.
pub(crate) fn look(what: impl FnOnce(&mut State) -> usize) -> usize {
    let run = |state: &RefCell<State>| state.try_borrow_mut().map_or(0, |mut state| what(&mut state));
    STATE.try_with(run).unwrap_or(0)
}
