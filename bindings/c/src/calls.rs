//! The calls, over Rust values.

use crate::fault::{Fault, Status};
use plimsoll::{Builder, Decision, Evaluator, Identity, Input, Inventory};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, RwLock, TryLockError};

/// A builder, and whether it has policies.
pub(crate) type BuilderState = Mutex<(Builder, bool)>;

/// An inventory, and the number of its engine.
pub(crate) struct InventoryState {
    pub(crate) inventory: RwLock<Inventory>,
    pub(crate) engine: usize,
}

/// An evaluator, and the number of its engine.
pub(crate) struct EvaluatorState {
    pub(crate) evaluator: Mutex<Evaluator>,
    pub(crate) engine: usize,
}

/// A decision and the texts that were asked of it.
pub(crate) struct DecisionState {
    pub(crate) decision: Decision,
    pub(crate) json: String,
}

impl DecisionState {
    fn of(decision: Decision) -> DecisionState {
        let json = decision.to_json();
        DecisionState { decision, json }
    }
}

/// How an input is written.
const FORMATS: [fn(&[u8]) -> Input<'_>; 3] =
    [|text| Input::json(text), |text| Input::yaml(text), |text| Input::trusted_json(text)];

/// Tells engines apart: where the shared part of one stands, which evaluators and inventories keep alive.
pub(crate) fn number(engine: &plimsoll::Engine) -> usize {
    engine.engines().as_ptr().addr()
}

fn broken() -> Fault {
    Fault::new(Status::Panic, "an earlier call with this handle ended in a panic")
}

/// What a lock has, if nobody else uses it.
pub(crate) fn own<T>(lock: &Mutex<T>) -> Result<MutexGuard<'_, T>, Fault> {
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Fault::new(Status::Busy, "the handle is in use"),
        TryLockError::Poisoned(_) => broken(),
    })
}

pub(crate) fn bundle(builder: &BuilderState, bytes: &[u8]) -> Result<(), Fault> {
    let mut state = own(builder)?;
    state.0 = std::mem::take(&mut state.0).compiled(bytes);
    state.1 = true;
    Ok(())
}

#[cfg(feature = "compile")]
pub(crate) fn path(builder: &BuilderState, path: &str) -> Result<(), Fault> {
    let mut state = own(builder)?;
    state.0 = std::mem::take(&mut state.0).bundle(path);
    state.1 = true;
    Ok(())
}

#[cfg(not(feature = "compile"))]
pub(crate) fn path(_: &BuilderState, _: &str) -> Result<(), Fault> {
    Err(Fault::new(Status::Refused, "this build has no compiler"))
}

pub(crate) fn settings(builder: &BuilderState, json: &[u8]) -> Result<(), Fault> {
    let settings = value(json, "the settings are")?;
    let mut state = own(builder)?;
    // What is refused leaves the builder as it was.
    state.0 = state.0.clone().configure(&settings)?;
    Ok(())
}

pub(crate) fn build(builder: &BuilderState) -> Result<plimsoll::Engine, Fault> {
    let state = own(builder)?;
    // Also in a build that has policies of its own: they are asked for by name.
    if !state.1 {
        return Err(Fault::new(Status::Refused, "no policies were given"));
    }
    Ok(state.0.clone().build()?)
}

pub(crate) fn input<'a>(format: u32, text: &'a [u8], name: &str) -> Result<Input<'a>, Fault> {
    let read = usize::try_from(format).ok().and_then(|format| FORMATS.get(format));
    let read = read.ok_or_else(|| Fault::new(Status::Argument, "there is no such format"))?;
    let input = read(text);
    Ok(if name.is_empty() { input } else { input.named(name) })
}

pub(crate) fn change<T>(
    state: &InventoryState,
    change: impl FnOnce(&mut Inventory) -> Result<T, plimsoll::Error>,
) -> Result<T, Fault> {
    let mut inventory = state.inventory.write().map_err(|_| broken())?;
    Ok(change(&mut inventory)?)
}

/// A copy, which shares all objects: a change waits for no evaluation, and no evaluation for a change.
fn copy(state: &InventoryState, engine: usize) -> Result<Inventory, Fault> {
    // Names in an inventory mean what they mean to its engine.
    if state.engine != engine {
        return Err(Fault::new(Status::Handle, "the inventory is of another engine than the evaluator"));
    }
    Ok(state.inventory.read().map_err(|_| broken())?.clone())
}

pub(crate) fn decide(
    state: &EvaluatorState,
    beside: Option<&InventoryState>,
    input: &Input<'_>,
) -> Result<DecisionState, Fault> {
    let beside = beside.map(|beside| copy(beside, state.engine)).transpose()?;
    let mut evaluator = own(&state.evaluator)?;
    Ok(DecisionState::of(match beside {
        Some(inventory) => evaluator.decide_in(&inventory, input),
        None => evaluator.decide(input),
    }))
}

pub(crate) fn decide_cluster(state: &EvaluatorState, inventory: &InventoryState) -> Result<DecisionState, Fault> {
    let inventory = copy(inventory, state.engine)?;
    Ok(DecisionState::of(own(&state.evaluator)?.evaluate_cluster(&inventory)))
}

fn value(json: &[u8], what: &str) -> Result<Value, Fault> {
    serde_json::from_slice(json).map_err(|e| Fault::new(Status::Argument, format!("{what} no JSON: {e}")))
}

pub(crate) fn identity(json: &[u8]) -> Result<Identity, Fault> {
    let value = value(json, "the identity is")?;
    plimsoll::identity::read(&value).map_err(|why| Fault::new(Status::Argument, why))
}
