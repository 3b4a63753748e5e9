//! A call: a new instance, the arguments into its memory, the function, the result out of its memory.

use super::error::{ExtensionError, words};
use super::memo::Memo;
use super::sandbox::{Sandbox, store};
use super::{ABI, ALLOC, INITIALIZE, Inner, VERSION, message};
use crate::extension::native::{Metered, Native};
use serde_json::Value;
use std::sync::Arc;
use wasmtime::{Instance, Memory, Module, ModuleExport, Store, Trap};

/// Instructions that one unit of an evaluation's fuel buys.
const RATE: u64 = 10;
/// Fuel of a call by itself: making and dropping an instance.
const CALL: u64 = 2_000;
/// Bytes of a module that cost one unit of fuel at each call, for what an instance copies of it.
const MODULE_RATE: usize = 64;
/// Pages of memory that are in the price of a call.
const FREE_PAGES: u64 = 32;
/// Fuel of a page of memory above: the machine has to clear it.
const PAGE: u64 = 800;

/// Bytes that a value takes for one byte of its text, at most.
const VALUE: usize = 16;

/// What is said of an address outside the module's memory.
pub(super) const OUTSIDE: &str = "it gave an address outside its memory";

/// A function of a module, as an `extern fn` calls it.
pub struct Function {
    extension: Arc<Inner>,
    exports: Exports,
    memo: Memo,
}

/// Where the exports of a call stand in the module.
struct Exports {
    memory: ModuleExport,
    alloc: ModuleExport,
    initialize: Option<ModuleExport>,
    function: ModuleExport,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").finish_non_exhaustive()
    }
}

impl Function {
    pub(super) fn new(extension: Arc<Inner>, name: &str) -> Result<Function, ExtensionError> {
        let find = |module: &Module, name: &str| {
            module.get_export_index(name).ok_or_else(|| ExtensionError::MissingExport(name.to_owned()))
        };
        let exports = Exports {
            memory: find(&extension.module, "memory")?,
            alloc: find(&extension.module, ALLOC)?,
            initialize: extension.module.get_export_index(INITIALIZE),
            function: find(&extension.module, name)?,
        };
        let memo = Memo::new(extension.limits.remembered);
        Ok(Function { extension, exports, memo })
    }

    /// Runs a call with so many instructions; gives also how many it took, and the length of its result.
    fn run(&self, args: &[u8], instructions: u64) -> Ran {
        let extension = &*self.extension;
        let mut store = match store(&extension.engine, &extension.limits, instructions) {
            Ok(store) => store,
            Err(error) => return Ran { result: Err(Stop::of(&error)), instructions: 0, pages: 0, length: 0 },
        };
        let mut pages = 0;
        let mut length = 0;
        let result = self.run_in(&mut store, args, &mut pages, &mut length);
        let left = store.get_fuel().unwrap_or(0);
        Ran { result, instructions: instructions.saturating_sub(left), pages, length }
    }

    fn run_in(
        &self,
        store: &mut Store<Sandbox>,
        args: &[u8],
        pages: &mut u64,
        length: &mut usize,
    ) -> Result<Value, Stop> {
        let limit = self.extension.limits.message;
        let instance = self.extension.instance.instantiate(&mut *store).map_err(|e| Stop::of(&e))?;
        let memory = instance.get_module_export(&mut *store, &self.exports.memory);
        let memory = memory.and_then(wasmtime::Extern::into_memory).ok_or(Stop::Broken)?;
        let called = self.call(store, &instance, memory, args);
        *pages = memory.size(&*store);
        let packed = called?.cast_unsigned();
        let [at, size] =
            [packed >> 32, packed & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or(u32::MAX));
        let bytes = slice(memory.data(&*store), at, size, limit).map_err(Stop::Error)?;
        *length = bytes.len();
        message::result(bytes).map_err(Stop::Error)
    }

    /// Hands over the arguments and calls; gives what the function gives.
    fn call(&self, store: &mut Store<Sandbox>, instance: &Instance, memory: Memory, args: &[u8]) -> Result<i64, Stop> {
        if let Some(initialize) = &self.exports.initialize {
            let initialize = function(store, instance, initialize)?.typed::<(), ()>(&*store);
            initialize.and_then(|f| f.call(&mut *store, ())).map_err(|e| Stop::of(&e))?;
        }
        let length = u32::try_from(args.len()).map_err(|_| Stop::Broken)?.cast_signed();
        let alloc = function(store, instance, &self.exports.alloc)?.typed::<i32, i32>(&*store);
        let at = alloc.and_then(|f| f.call(&mut *store, length)).map_err(|e| Stop::of(&e))?;
        let to = at.cast_unsigned() as usize;
        memory.write(&mut *store, to, args).map_err(|_| Stop::Error(OUTSIDE.to_owned()))?;
        let call = function(store, instance, &self.exports.function)?.typed::<(i32, i32), i64>(&*store);
        call.and_then(|f| f.call(&mut *store, (at, length))).map_err(|e| Stop::of(&e))
    }

    /// The price of a call, in fuel of the evaluation.
    fn price(&self, ran: &Ran) -> u64 {
        let module = (self.extension.length / MODULE_RATE) as u64;
        let pages = ran.pages.saturating_sub(FREE_PAGES).saturating_mul(PAGE);
        CALL.saturating_add(module).saturating_add(pages).saturating_add(ran.instructions / RATE)
    }
}

/// How a call went.
struct Ran {
    result: Result<Value, Stop>,
    instructions: u64,
    /// Pages of memory at its end.
    pages: u64,
    /// Bytes of the result.
    length: usize,
}

/// Why a call has no value.
enum Stop {
    /// It used up its instructions.
    Fuel,
    /// In words.
    Error(String),
    /// What was there when the module was loaded is not there now: a defect.
    Broken,
}

impl Stop {
    fn of(error: &wasmtime::Error) -> Stop {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Stop::Fuel,
            _ => Stop::Error(words(error)),
        }
    }
}

impl Native for Function {
    fn call(&self, args: &[Value]) -> Result<Value, String> {
        self.metered(args, u64::MAX).result
    }

    fn metered(&self, args: &[Value], left: u64) -> Metered {
        let limits = &self.extension.limits;
        let args = match message::arguments(args, limits.message) {
            Ok(args) => args,
            Err(why) => return Metered { result: Err(why), fuel: 0 },
        };
        if let Some(known) = self.memo.get(&args) {
            return known;
        }
        let bought = left.saturating_mul(RATE);
        let ran = self.run(&args, limits.instructions.min(bought));
        let fuel = self.price(&ran);
        let result = match ran.result {
            Ok(value) => Ok(value),
            Err(Stop::Error(why)) => Err(why),
            Err(Stop::Broken) => Err("it lost an export".to_owned()),
            // The evaluation's fuel, not that of the call: another evaluation may have more.
            Err(Stop::Fuel) if bought < limits.instructions => {
                return Metered { result: Err("no fuel is left".to_owned()), fuel: u64::MAX };
            }
            Err(Stop::Fuel) => Err(format!("it used up its {} instructions", limits.instructions)),
        };
        let answer = Metered { result, fuel };
        self.memo.put(args, answer.clone(), ran.length.saturating_mul(VALUE));
        answer
    }
}

impl Inner {
    /// Makes an instance as a call would, and asks it for its version.
    pub(super) fn try_out(&self) -> Result<(), ExtensionError> {
        let start = |e: wasmtime::Error| ExtensionError::Start(words(&e));
        let mut store = store(&self.engine, &self.limits, self.limits.instructions).map_err(start)?;
        let instance = self.instance.instantiate(&mut store).map_err(start)?;
        if self.module.get_export_index(INITIALIZE).is_some() {
            let initialize = instance.get_typed_func::<(), ()>(&mut store, INITIALIZE).map_err(start)?;
            initialize.call(&mut store, ()).map_err(start)?;
        }
        let version = instance.get_typed_func::<(), i32>(&mut store, VERSION).map_err(start)?;
        match version.call(&mut store, ()).map_err(start)? {
            ABI => Ok(()),
            other => Err(ExtensionError::Abi(other)),
        }
    }
}

fn function(store: &mut Store<Sandbox>, instance: &Instance, export: &ModuleExport) -> Result<wasmtime::Func, Stop> {
    let found = instance.get_module_export(store, export);
    found.and_then(wasmtime::Extern::into_func).ok_or(Stop::Broken)
}

/// A part of a module's memory.
pub(super) fn slice(memory: &[u8], at: u32, length: u32, limit: usize) -> Result<&[u8], String> {
    let (at, length) = (at as usize, length as usize);
    if length > limit {
        return Err(format!("it gave {length} bytes, more than the limit of {limit}"));
    }
    memory.get(at..).and_then(|rest| rest.get(..length)).ok_or_else(|| OUTSIDE.to_owned())
}

/// Address and length in one number.
pub(super) fn pack(at: u32, length: u32) -> i64 {
    ((u64::from(at) << 32) | u64::from(length)).cast_signed()
}
