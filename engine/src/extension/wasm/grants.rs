//! What a module may import: functions of the host, by name, and nothing else.
//!
//! A granted function is called as the host calls the module: address and length of a JSON array in, address and length of
//! `{"ok": …}` or `{"error": …}` out, in memory that the module's `plimsoll_alloc` gives.

use super::error::ExtensionError;
use super::message;
use super::sandbox::Sandbox;
use super::{ALLOC, has_signature};
use crate::extension::native::Native;
use std::sync::Arc;
use wasmtime::{Caller, Engine, Extern, ExternType, InstancePre, Linker, Module, ValType};

/// Functions that modules may import. Each must give equal results for equal arguments; its time is the host's.
#[derive(Clone, Default)]
pub struct Grants {
    functions: Vec<(String, String, Arc<dyn Native>)>,
}

impl std::fmt::Debug for Grants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.functions.iter().map(|(module, name, _)| (module, name))).finish()
    }
}

impl Grants {
    /// Grants a function; a later one of the same names takes its place.
    pub fn add(&mut self, module: impl Into<String>, name: impl Into<String>, function: impl Native + 'static) {
        let (module, name) = (module.into(), name.into());
        self.functions.retain(|(m, n, _)| (m, n) != (&module, &name));
        self.functions.push((module, name, Arc::new(function)));
    }

    fn find(&self, module: &str, name: &str) -> Option<&Arc<dyn Native>> {
        self.functions.iter().find(|(m, n, _)| m == module && n == name).map(|(_, _, function)| function)
    }
}

/// Links a module with what it imports, if all of it is granted.
pub(super) fn link(engine: &Engine, module: &Module, grants: &Grants) -> Result<InstancePre<Sandbox>, ExtensionError> {
    let mut linker = Linker::new(engine);
    // A module may import one function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let names = || (from.to_owned(), name.to_owned());
        let Some(function) = grants.find(from, name) else {
            let (module, name) = names();
            return Err(ExtensionError::Import { module, name });
        };
        if !matches!(import.ty(), ExternType::Func(ty) if has_signature(&ty, 2, &[ValType::I64])) {
            let (module, name) = names();
            return Err(ExtensionError::ImportType { module, name });
        }
        let function = function.clone();
        let call = move |caller: Caller<'_, Sandbox>, at: i32, length: i32| answer(&*function, caller, at, length);
        linker.func_wrap(from, name, call).map_err(|e| ExtensionError::Start(super::error::words(&e)))?;
    }
    linker.instantiate_pre(module).map_err(|e| ExtensionError::Start(super::error::words(&e)))
}

/// Answers a call of a module. An error of the function is an answer; a call that can't be read ends the module.
fn answer(function: &dyn Native, mut caller: Caller<'_, Sandbox>, at: i32, length: i32) -> wasmtime::Result<i64> {
    let limit = caller.data().message;
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("it has no memory"))?;
    let bytes = super::call::slice(memory.data(&caller), at.cast_unsigned(), length.cast_unsigned(), limit);
    let args = bytes.and_then(message::read_arguments).map_err(wasmtime::Error::msg)?;
    let mut result = message::write_result(function.call(&args));
    if result.len() > limit {
        result = message::write_result(Err(format!("the result has more than {limit} bytes")));
    }
    let alloc = caller.get_export(ALLOC).and_then(Extern::into_func);
    let alloc = alloc.ok_or_else(|| wasmtime::Error::msg("it has no memory to give"))?.typed::<i32, i32>(&caller)?;
    // It is shorter than the limit, which is far below 2 GiB.
    let length = u32::try_from(result.len()).unwrap_or(u32::MAX);
    let to = alloc.call(&mut caller, length.cast_signed())?.cast_unsigned();
    memory.write(&mut caller, to as usize, &result).map_err(|_| wasmtime::Error::msg(super::call::OUTSIDE))?;
    Ok(super::call::pack(to, length))
}
