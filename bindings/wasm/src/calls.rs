//! The calls, over a state and plain numbers: what the exports do.

use crate::answer::{Fault, Outcome, Status};
use crate::state::{State, Thing};
use plimsoll::{Engine, Identity, Input};
use serde_json::Value;

/// A place and a length, as the host says them.
pub(crate) type Bytes = (usize, usize);

/// How an input is written.
const FORMATS: [fn(&[u8]) -> Input<'_>; 2] = [|text| Input::json(text), |text| Input::yaml(text)];

pub(crate) fn version(state: &mut State) -> Outcome {
    state.answer = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
    Ok(0)
}

pub(crate) fn builder(state: &mut State) -> Outcome {
    state.keep(Thing::Builder(Box::new(Engine::builder()), false))
}

pub(crate) fn builder_bundle(state: &mut State, handle: i32, at: Bytes) -> Outcome {
    let bytes = state.memory.read(at.0, at.1)?.to_vec();
    let (builder, has) = state.builder(handle)?;
    *builder = std::mem::take(builder).compiled(bytes);
    *has = true;
    Ok(0)
}

pub(crate) fn builder_settings(state: &mut State, handle: i32, at: Bytes) -> Outcome {
    let settings = json(state, at, "the settings are")?;
    let (builder, _) = state.builder(handle)?;
    // What is refused leaves the builder as it was.
    *builder = builder.clone().configure(&settings)?;
    Ok(0)
}

pub(crate) fn builder_build(state: &mut State, handle: i32) -> Outcome {
    let (builder, has) = state.builder(handle)?;
    // Also in a module that has policies of its own: they are asked for by name.
    if !*has {
        return Err(Fault::new(Status::Refused, "no policies were given"));
    }
    let engine = builder.clone().build()?;
    state.keep(Thing::Engine(engine))
}

pub(crate) fn evaluator(state: &mut State, engine: i32) -> Outcome {
    let evaluator = state.engine(engine)?.evaluator();
    state.keep(Thing::Evaluator(evaluator, engine))
}

pub(crate) fn inventory(state: &mut State, engine: i32) -> Outcome {
    let inventory = state.engine(engine)?.inventory();
    state.keep(Thing::Inventory(inventory, engine))
}

pub(crate) fn inventory_insert(state: &mut State, handle: i32, format: i32, input: Bytes, name: Bytes) -> Outcome {
    let (text, name) = texts(state, input, name)?;
    let input = read(format, &text, name)?;
    state.inventory(handle)?.0.insert(&input)?;
    Ok(0)
}

pub(crate) fn inventory_replace(state: &mut State, handle: i32, format: i32, input: Bytes, name: Bytes) -> Outcome {
    let (text, name) = texts(state, input, name)?;
    let input = read(format, &text, name)?;
    // No text is no object, not an object that cannot be read.
    let inputs = (!text.is_empty()).then_some(input);
    state.inventory(handle)?.0.replace_all(inputs)?;
    Ok(0)
}

pub(crate) fn inventory_remove(state: &mut State, handle: i32, at: Bytes) -> Outcome {
    let identity = identity(&json(state, at, "the identity is")?)?;
    Ok(i32::from(state.inventory(handle)?.0.remove(&identity)))
}

pub(crate) fn inventory_complete(state: &mut State, handle: i32) -> Outcome {
    state.inventory(handle)?.0.set_all_complete();
    Ok(0)
}

pub(crate) fn inventory_len(state: &mut State, handle: i32) -> Outcome {
    Ok(i32::try_from(state.inventory(handle)?.0.len()).unwrap_or(i32::MAX))
}

pub(crate) fn decide(state: &mut State, handle: i32, beside: i32, format: i32, input: Bytes, name: Bytes) -> Outcome {
    let (text, name) = texts(state, input, name)?;
    let input = read(format, &text, name)?;
    let inventory = if beside == 0 { None } else { Some(of_same_engine(state, handle, beside)?) };
    let (evaluator, _) = state.evaluator(handle)?;
    let decision = match inventory {
        Some(inventory) => evaluator.decide_in(&inventory, &input),
        None => evaluator.decide(&input),
    };
    state.answer = decision.to_json().into_bytes();
    Ok(i32::from(decision.allowed))
}

pub(crate) fn decide_cluster(state: &mut State, handle: i32, inventory: i32) -> Outcome {
    let inventory = of_same_engine(state, handle, inventory)?;
    let decision = state.evaluator(handle)?.0.evaluate_cluster(&inventory);
    state.answer = decision.to_json().into_bytes();
    Ok(i32::from(decision.allowed))
}

/// An inventory that an evaluator can read: names in it mean what they mean to its engine. A copy shares all objects.
fn of_same_engine(state: &mut State, evaluator: i32, inventory: i32) -> Result<plimsoll::Inventory, Fault> {
    let (_, engine) = state.evaluator(evaluator)?;
    let (inventory, other) = state.inventory(inventory)?;
    if engine != other {
        return Err(Fault::new(Status::Handle, "the inventory is of another engine than the evaluator"));
    }
    Ok(inventory.clone())
}

fn texts(state: &State, input: Bytes, name: Bytes) -> Result<(Vec<u8>, String), Fault> {
    let text = state.memory.read(input.0, input.1)?.to_vec();
    Ok((text, state.memory.text(name.0, name.1)?.to_owned()))
}

fn read(format: i32, text: &[u8], name: String) -> Result<Input<'_>, Fault> {
    let format = usize::try_from(format).ok().and_then(|format| FORMATS.get(format));
    let input =
        format.ok_or_else(|| Fault::new(Status::Argument, "the format is neither 0 (JSON) nor 1 (YAML)"))?(text);
    Ok(if name.is_empty() { input } else { input.named(name) })
}

pub(crate) fn json(state: &State, at: Bytes, what: &str) -> Result<Value, Fault> {
    let value = serde_json::from_slice(state.memory.read(at.0, at.1)?);
    value.map_err(|error| Fault::new(Status::Argument, format!("{what} no JSON: {error}")))
}

fn identity(value: &Value) -> Result<Identity, Fault> {
    plimsoll::identity::read(value).map_err(|why| Fault::new(Status::Argument, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_handle_is_refused_by_every_call() {
        let mut state = State::default();
        let none = (0, 0);
        let builder = builder(&mut state).unwrap();
        for handle in [0, -1, 7, i32::MAX, i32::MIN, builder] {
            let outcomes = [
                evaluator(&mut state, handle),
                inventory(&mut state, handle),
                inventory_insert(&mut state, handle, 0, none, none),
                inventory_replace(&mut state, handle, 0, none, none),
                inventory_complete(&mut state, handle),
                inventory_len(&mut state, handle),
                decide(&mut state, handle, 0, 0, none, none),
                decide_cluster(&mut state, handle, handle),
            ];
            assert!(outcomes.iter().all(|o| o.as_ref().is_err_and(|f| f.status == Status::Handle)), "{outcomes:?}");
        }
        state.forget(builder).unwrap();
        for outcome in
            [builder_build(&mut state, builder), state.forget(builder), builder_bundle(&mut state, builder, none)]
        {
            assert_eq!(outcome.unwrap_err().status, Status::Handle);
        }
    }

    #[test]
    fn a_builder_without_policies_says_so() {
        let mut state = State::default();
        let builder = builder(&mut state).unwrap();
        let fault = builder_build(&mut state, builder).unwrap_err();
        assert_eq!(fault.status, Status::Refused);
        builder_bundle(&mut state, builder, (0, 0)).unwrap();
        let text = String::from_utf8(builder_build(&mut state, builder).unwrap_err().to_json()).unwrap();
        assert!(text.contains("\"code\":\"E0"), "{text}");
    }

    #[test]
    fn identities_have_no_unknown_members() {
        let good = identity(&serde_json::json!({ "kind": "Pod", "namespace": null, "name": "a" })).unwrap();
        assert_eq!((good.group.as_str(), good.kind.as_str(), good.namespace), ("", "Pod", None));
        for wrong in [serde_json::json!([]), serde_json::json!({ "knid": "Pod" }), serde_json::json!({ "name": 1 })] {
            assert_eq!(identity(&wrong).unwrap_err().status, Status::Argument);
        }
    }
}
