//! Functions for `extern fn` that WASM modules implement, in a sandbox.
//!
//! A module is compiled and tried out once ([`Extension::load`]). Each call runs in an instance of its own, which is
//! thrown away: nothing that a call does can reach another one, so a function of a module gives equal results for equal
//! arguments whatever it tries, and a result may be remembered. There is no clock, no randomness and no I/O, only what
//! the host grants by name ([`Grants`]). Time is bounded by fuel alone: the same module and arguments end at the same
//! instruction on every machine.
//!
//! What goes between host and module is JSON in the module's memory; `docs/guide/extensions.md` describes it.

mod call;
mod counts;
mod error;
mod grants;
mod memo;
mod message;
mod sandbox;

pub use call::Function;
pub use error::ExtensionError;
pub use grants::Grants;
pub use sandbox::WasmLimits;

use sandbox::Sandbox;
use std::sync::Arc;
use wasmtime::{Engine, ExternType, FuncType, InstancePre, Module, ValType};

/// What a module's `plimsoll_abi` must give.
pub const ABI: i32 = 1;

/// The export that gives memory for arguments.
const ALLOC: &str = "plimsoll_alloc";
/// The export that tells the version.
const VERSION: &str = "plimsoll_abi";
/// The export that is called first, where there is one.
const INITIALIZE: &str = "_initialize";

/// A WASM module that is compiled and keeps to the ABI. Cheap to clone.
#[derive(Clone)]
pub struct Extension {
    inner: Arc<Inner>,
}

/// What the functions of a module share.
pub(super) struct Inner {
    engine: Engine,
    module: Module,
    instance: InstancePre<Sandbox>,
    limits: WasmLimits,
    /// Length of the module, which is a part of the price of a call.
    length: usize,
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension").field("length", &self.inner.length).finish_non_exhaustive()
    }
}

impl Extension {
    /// Compiles a module that is granted nothing, within the usual limits.
    ///
    /// # Errors
    /// As [`Extension::load_with`].
    pub fn load(bytes: &[u8]) -> Result<Extension, ExtensionError> {
        Extension::load_with(bytes, WasmLimits::default(), &Grants::default())
    }

    /// Compiles a module and makes one instance of it, to see that it starts.
    ///
    /// # Errors
    /// If it is too long, has too many functions or is no WASM module, lacks an export or has it with another signature, imports what is not
    /// granted, needs more than the limits, or does not start.
    pub fn load_with(bytes: &[u8], limits: WasmLimits, grants: &Grants) -> Result<Extension, ExtensionError> {
        if bytes.len() > limits.module {
            return Err(ExtensionError::TooLong { length: bytes.len(), limit: limits.module });
        }
        // Before the compiler sees it: how long that takes grows with what is counted.
        counts::check(bytes, limits.functions)?;
        let engine = sandbox::engine(&limits)?;
        let module = Module::from_binary(&engine, bytes).map_err(|e| ExtensionError::NotWasm(error::words(&e)))?;
        for (name, params, result) in
            [(VERSION, 0, ValType::I32), (ALLOC, 1, ValType::I32), (INITIALIZE, 0, ValType::I32)]
        {
            let results: &[ValType] = if name == INITIALIZE { &[] } else { std::slice::from_ref(&result) };
            match module.get_export(name) {
                Some(export) if is_function(&export, params, results) => {}
                None if name == INITIALIZE => {}
                found => return Err(error::export(name, params, results, found.as_ref())),
            }
        }
        match module.get_export("memory") {
            Some(ExternType::Memory(memory)) if !memory.is_64() && !memory.is_shared() => {}
            Some(_) => return Err(ExtensionError::Export { name: "memory".into(), why: "is no memory".into() }),
            None => return Err(ExtensionError::MissingExport("memory".into())),
        }
        let instance = grants::link(&engine, &module, grants)?;
        let length = bytes.len();
        let inner = Inner { engine, module, instance, limits, length };
        inner.try_out()?;
        Ok(Extension { inner: Arc::new(inner) })
    }

    /// The function that a module exports by this name.
    ///
    /// # Errors
    /// If there is none, or it does not take two `i32` and give an `i64`.
    pub fn function(&self, name: &str) -> Result<Function, ExtensionError> {
        let wanted = [ValType::I64];
        match self.inner.module.get_export(name) {
            Some(export) if is_function(&export, 2, &wanted) => Function::new(self.inner.clone(), name),
            found => Err(error::export(name, 2, &wanted, found.as_ref())),
        }
    }

    /// Names of the functions that can be an `extern fn`, in the order of the module.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let ours = |name: &str| name.starts_with("plimsoll_") || name.starts_with('_');
        let exports = self.inner.module.exports();
        exports.filter(move |e| is_function(&e.ty(), 2, &[ValType::I64]) && !ours(e.name())).map(|e| e.name())
    }
}

/// Whether an export is a function of so many `i32` with these results.
fn is_function(export: &ExternType, params: usize, results: &[ValType]) -> bool {
    matches!(export, ExternType::Func(ty) if has_signature(ty, params, results))
}

/// Whether a function has so many `i32` as parameters, and these results.
fn has_signature(ty: &FuncType, params: usize, results: &[ValType]) -> bool {
    ty.params().len() == params
        && ty.params().all(|p| matches!(p, ValType::I32))
        && ty.results().len() == results.len()
        && ty.results().zip(results).all(|(a, b)| a.matches(b))
}
