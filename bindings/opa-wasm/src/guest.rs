//! The module at work: the engine of its bundle, made again when `data` says something else, and what hosts ask of it.

use crate::answer::Entrypoint;
use crate::arena::{Arena, Context};
use crate::host::{Abort, Host};
use crate::paths;
use plimsoll::engine::decision::json;
use plimsoll::{Engine, Evaluator, Input, Inventory};
use serde_json::{Map, Value};

/// What an engine is made of.
struct Loaded {
    /// The text of `data` that it was made with.
    data: Vec<u8>,
    /// What that says.
    settings: Map<String, Value>,
    engine: Engine,
    evaluator: Evaluator,
    inventory: Option<Inventory>,
}

/// Everything.
pub(crate) struct Guest<H> {
    host: H,
    arena: Arena,
    /// None before the first call, and after one that left no place for it.
    loaded: Option<Loaded>,
    entrypoints: Vec<Entrypoint>,
    ready: bool,
    /// Why nothing is answered.
    broken: Option<String>,
}

impl<H: Host> Guest<H> {
    /// A guest that has done nothing yet.
    pub(crate) const fn new(host: H) -> Guest<H> {
        Guest { host, arena: Arena::new(), loaded: None, entrypoints: Vec::new(), ready: false, broken: None }
    }

    /// Does what a host asks, and leaves the memory above the border to the host. What ends it is a text in the arena, at
    /// this address; 0 if there was no place for it.
    pub(crate) fn call<T>(&mut self, what: impl FnOnce(&mut Guest<H>) -> Result<T, Abort>) -> Result<T, u32> {
        self.prepare();
        let done = match &self.broken {
            Some(why) => Err(why.clone()),
            None => what(self),
        };
        let done = done.map_err(|text| self.message(&text));
        self.settle();
        done
    }

    /// The first call makes the engine, and sets the border.
    fn prepare(&mut self) {
        if !self.ready {
            self.broken = self.load(b"").err();
            let start = self.host.freeze();
            self.arena = Arena::at(start);
            self.broken = self.broken.take().or(self.arena.set_pointer(&mut self.host, start).err());
            self.ready = true;
        }
    }

    /// Takes back what Rust has above the border; what does not go by itself is made again in the next call.
    fn settle(&mut self) {
        if self.host.settle() {
            return;
        }
        if let Some(loaded) = &mut self.loaded {
            loaded.evaluator = loaded.engine.evaluator();
        }
        if self.host.settle() {
            return;
        }
        self.loaded = None;
        if !self.host.settle() {
            self.broken = Some("plimsoll: an earlier call used up the memory".to_owned());
        }
    }

    /// The engine for a text of `data`.
    fn load(&mut self, data: &[u8]) -> Result<&mut Loaded, Abort> {
        if self.loaded.as_ref().is_none_or(|loaded| loaded.data != data) {
            let settings = settings(data).map_err(|e| of_settings(&e))?;
            match &mut self.loaded {
                Some(loaded) if loaded.settings == settings => data.clone_into(&mut loaded.data),
                _ => {
                    self.loaded = None;
                    self.loaded = Some(self.make(data, settings)?);
                }
            }
        }
        self.loaded.as_mut().ok_or_else(|| "plimsoll: there is no engine".to_owned())
    }

    fn make(&mut self, data: &[u8], said: Map<String, Value>) -> Result<Loaded, Abort> {
        let mut settings = said.clone();
        let objects = settings.remove("inventory");
        let complete = match settings.remove("complete") {
            None => false,
            Some(Value::Bool(complete)) => complete,
            Some(_) => return Err(of_settings(&"`complete` is no boolean")),
        };
        let builder = Engine::builder().compiled(self.host.bundle());
        let builder = builder.configure(&Value::Object(settings)).map_err(|e| of_settings(&e))?;
        let engine = builder.build().map_err(|e| format!("plimsoll: {e}"))?;
        let inventory = match objects {
            Some(Value::Array(objects)) => {
                let mut inventory = engine.inventory();
                for (index, object) in objects.iter().enumerate() {
                    let input = Input::value(object).named(format!("data.plimsoll.inventory[{index}]"));
                    inventory.insert(&input).map_err(|e| of_settings(&e))?;
                }
                if complete {
                    inventory.set_all_complete();
                }
                Some(inventory)
            }
            Some(_) => return Err(of_settings(&"`inventory` is no list of objects")),
            None if complete => {
                let mut inventory = engine.inventory();
                inventory.set_all_complete();
                Some(inventory)
            }
            None => None,
        };
        if self.entrypoints.is_empty() {
            self.entrypoints = Entrypoint::all(&engine);
        }
        let evaluator = engine.evaluator();
        Ok(Loaded { data: data.to_owned(), settings: said, engine, evaluator, inventory })
    }

    /// The result set of an entrypoint.
    fn evaluate(&mut self, entrypoint: u32, data: &[u8], input: &[u8]) -> Result<Vec<u8>, Abort> {
        let index = usize::try_from(entrypoint).ok();
        let Some(entrypoint) = index.and_then(|index| self.entrypoints.get(index)).cloned() else {
            return Err(format!("plimsoll: invalid entrypoint id {entrypoint}"));
        };
        let Loaded { engine, evaluator, inventory, .. } = self.load(data)?;
        let input = Input::json(input);
        let decision = match inventory {
            Some(inventory) => evaluator.decide_in(inventory, &input),
            None => evaluator.decide(&input),
        };
        Ok(entrypoint.answer(engine, &decision))
    }

    /// `opa_malloc`
    pub(crate) fn malloc(&mut self, len: u32) -> Result<u32, Abort> {
        self.arena.alloc(&mut self.host, len)
    }

    /// `opa_free`, `opa_value_free`
    pub(crate) fn free(&mut self, address: u32) -> Result<(), Abort> {
        self.arena.free(&mut self.host, address);
        Ok(())
    }

    /// `opa_heap_ptr_get`
    pub(crate) fn pointer(&mut self) -> Result<u32, Abort> {
        self.arena.pointer(&mut self.host)
    }

    /// `opa_heap_ptr_set`
    pub(crate) fn set_pointer(&mut self, to: u32) -> Result<(), Abort> {
        self.arena.set_pointer(&mut self.host, to)
    }

    /// `opa_json_parse`, `opa_value_parse`: 0 if it is no JSON.
    pub(crate) fn parse(&mut self, address: u32, len: u32) -> Result<u32, Abort> {
        let text = self.arena.text(&mut self.host, address, len)?;
        // Some SDKs count the NUL behind the text.
        let text = text.trim_ascii_end().strip_suffix(&[0]).unwrap_or(&text);
        if is_json(text) { self.arena.value(&mut self.host, text) } else { Ok(0) }
    }

    /// `opa_json_dump`, `opa_value_dump`
    pub(crate) fn dump(&mut self, value: u32) -> Result<u32, Abort> {
        Ok(self.arena.value_at(&self.host, value)?.0)
    }

    /// `builtins`: nothing is asked of the host.
    pub(crate) fn builtins(&mut self) -> Result<u32, Abort> {
        self.arena.value(&mut self.host, b"{}")
    }

    /// `entrypoints`
    pub(crate) fn entrypoints(&mut self) -> Result<u32, Abort> {
        let numbered = self.entrypoints.iter().zip(0u32..);
        let map: Map<String, Value> = numbered.map(|(entrypoint, id)| (entrypoint.name(), id.into())).collect();
        self.arena.value(&mut self.host, &json::to_vec(&map))
    }

    /// `opa_eval_ctx_new`
    pub(crate) fn context(&mut self) -> Result<u32, Abort> {
        self.arena.context(&mut self.host)
    }

    /// Changes a context.
    pub(crate) fn set(&mut self, context: u32, change: impl FnOnce(&mut Context)) -> Result<(), Abort> {
        let mut it = self.arena.get_context(&self.host, context)?;
        change(&mut it);
        self.arena.set_context(&mut self.host, context, it)
    }

    /// `opa_eval_ctx_get_result`
    pub(crate) fn result(&mut self, context: u32) -> Result<u32, Abort> {
        Ok(self.arena.get_context(&self.host, context)?.result)
    }

    /// `eval`
    pub(crate) fn eval(&mut self, context: u32) -> Result<(), Abort> {
        let it = self.arena.get_context(&self.host, context)?;
        let input = self.arena.json(&self.host, it.input)?.unwrap_or_default();
        let data = self.arena.json(&self.host, it.data)?.unwrap_or_default();
        let result = self.evaluate(it.entrypoint, &data, &input)?;
        let result = self.arena.value(&mut self.host, &result)?;
        self.set(context, |context| context.result = result)
    }

    /// `opa_eval`
    pub(crate) fn one_shot(
        &mut self,
        entrypoint: u32,
        data: u32,
        (input, len): (u32, u32),
        pointer: u32,
    ) -> Result<u32, Abort> {
        if pointer != 0 {
            self.arena.set_pointer(&mut self.host, pointer)?;
        }
        let input = if len == 0 { Vec::new() } else { self.arena.text(&mut self.host, input, len)? };
        let data = self.arena.json(&self.host, data)?.unwrap_or_default();
        let result = self.evaluate(entrypoint, &data, &input)?;
        self.arena.string(&mut self.host, &result)
    }

    /// `opa_value_add_path`, `opa_value_remove_path` (without a value)
    pub(crate) fn change(&mut self, base: u32, path: u32, value: Option<u32>) -> Result<i32, Abort> {
        let read = |guest: &Guest<H>, address: u32| -> Result<Value, Abort> {
            let text = guest.arena.json(&guest.host, address)?.unwrap_or_default();
            serde_json::from_slice(&text).map_err(|e| format!("plimsoll: a value can't be read: {e}"))
        };
        let (mut of_base, path) = (read(self, base)?, read(self, path)?);
        let code = match value {
            Some(value) => paths::add(&mut of_base, &path, read(self, value)?),
            None => paths::remove(&mut of_base, &path),
        };
        if code == paths::OK {
            self.arena.replace(&mut self.host, base, of_base.to_string().as_bytes())?;
        }
        Ok(code)
    }

    /// A text for `opa_abort`.
    fn message(&mut self, text: &str) -> u32 {
        let text: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
        self.arena.string(&mut self.host, &text).unwrap_or(0)
    }
}

fn of_settings(what: &dyn std::fmt::Display) -> Abort {
    format!("plimsoll: data.plimsoll: {what}")
}

/// `data.plimsoll`, if it is there.
fn settings(data: &[u8]) -> Result<Map<String, Value>, String> {
    if data.is_empty() {
        return Ok(Map::new());
    }
    let data: Value = serde_json::from_slice(data).map_err(|e| e.to_string())?;
    match data {
        Value::Object(mut map) => match map.remove("plimsoll") {
            Some(Value::Object(settings)) => Ok(settings),
            None => Ok(Map::new()),
            Some(_) => Err("it is no object".to_owned()),
        },
        _ => Ok(Map::new()),
    }
}

/// True for JSON, also for one that is nested too deeply for its reader: the engine says so then.
fn is_json(text: &[u8]) -> bool {
    match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
        Ok(_) => true,
        Err(error) => error.to_string().starts_with("recursion limit exceeded"),
    }
}
