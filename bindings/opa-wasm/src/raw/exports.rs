//! The exports of OPA's ABI 1.3, and how a call ends that can't go on.

use super::memory::Linear;
use crate::guest::Guest;
use crate::host::Abort;
use std::sync::Mutex;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn opa_abort(text: *const u8);
}

static GUEST: Mutex<Guest<Linear>> = Mutex::new(Guest::new(Linear));

/// Where there is no place for a text, or no answer from the guest.
const LAST_WORDS: &[u8] = b"plimsoll: the memory is full, or an earlier call did not come to its end\0";

/// Does what is asked, or tells the host why not.
fn call<T>(what: impl FnOnce(&mut Guest<Linear>) -> Result<T, Abort>) -> T {
    let done = match GUEST.try_lock() {
        Ok(mut guest) => guest.call(what),
        Err(_) => Err(0),
    };
    // The guest is free again: a host may end the call by an exception, which nothing here would see.
    match done {
        Ok(value) => value,
        Err(text) => {
            let text = match usize::try_from(text) {
                Ok(0) | Err(_) => LAST_WORDS.as_ptr(),
                Ok(address) => std::ptr::with_exposed_provenance(address),
            };
            // SAFETY: the host's function; the text has a NUL behind it and stays where it is.
            unsafe { opa_abort(text) };
            std::arch::wasm32::unreachable()
        }
    }
}

/// An export with `SAFETY` said once: the names are those of OPA's ABI, and nothing else in a module of this crate has one of
/// them, so that no other symbol is replaced.
macro_rules! exports {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident),*) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$doc])*
        // SAFETY: see `exports!`.
        #[unsafe(no_mangle)]
        extern "C" fn $name($($arg: u32),*) $(-> $out)? $body
    )*};
}

exports! {
    /// Evaluates a context.
    fn eval(context) -> i32 {
        call(|guest| guest.eval(context));
        0
    }

    /// The functions that the host has to have: none.
    fn builtins() -> u32 { call(|guest| guest.builtins()) }

    /// Numbers of entrypoints by name.
    fn entrypoints() -> u32 { call(|guest| guest.entrypoints()) }

    /// A new context.
    fn opa_eval_ctx_new() -> u32 { call(|guest| guest.context()) }

    /// The input of a context.
    fn opa_eval_ctx_set_input(context, value) { call(|guest| guest.set(context, |it| it.input = value)); }

    /// The data of a context.
    fn opa_eval_ctx_set_data(context, value) { call(|guest| guest.set(context, |it| it.data = value)); }

    /// The entrypoint of a context.
    fn opa_eval_ctx_set_entrypoint(context, id) { call(|guest| guest.set(context, |it| it.entrypoint = id)); }

    /// The result set of a context.
    fn opa_eval_ctx_get_result(context) -> u32 { call(|guest| guest.result(context)) }

    /// Memory.
    fn opa_malloc(len) -> u32 { call(|guest| guest.malloc(len)) }

    /// Gives memory back.
    fn opa_free(address) { call(|guest| guest.free(address)); }

    /// A value of a JSON text; 0 if it is none.
    fn opa_json_parse(text, len) -> u32 { call(|guest| guest.parse(text, len)) }

    /// The same: values are JSON here.
    fn opa_value_parse(text, len) -> u32 { call(|guest| guest.parse(text, len)) }

    /// The text of a value.
    fn opa_json_dump(value) -> u32 { call(|guest| guest.dump(value)) }

    /// The same.
    fn opa_value_dump(value) -> u32 { call(|guest| guest.dump(value)) }

    /// The end of what is in use.
    fn opa_heap_ptr_get() -> u32 { call(|guest| guest.pointer()) }

    /// Gives back all that was made since it was there.
    fn opa_heap_ptr_set(address) { call(|guest| guest.set_pointer(address)); }

    /// Puts a value into another.
    fn opa_value_add_path(base, path, value) -> i32 { call(|guest| guest.change(base, path, Some(value))) }

    /// Takes a value out of another.
    fn opa_value_remove_path(base, path) -> i32 { call(|guest| guest.change(base, path, None)) }

    /// Gives a value back.
    fn opa_value_free(value) { call(|guest| guest.free(value)); }

    /// Free blocks are not used again before the pointer is set back: there is nothing to put aside.
    fn opa_heap_blocks_stash() {}

    /// As [`opa_heap_blocks_stash`].
    fn opa_heap_blocks_restore() {}

    /// As [`opa_heap_blocks_stash`].
    fn opa_heap_stash_clear() {}

    /// All in one: the text of the result set.
    fn opa_eval(_reserved, entrypoint, data, input, input_len, pointer, _format) -> u32 {
        call(|guest| guest.one_shot(entrypoint, data, (input, input_len), pointer))
    }
}
