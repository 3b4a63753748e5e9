//! The exports. Each takes numbers and gives one: what it made or counts if it is not negative, else why it failed; the
//! answer says more. Nothing here reads or writes through a pointer.
#![expect(unsafe_code, reason = "`no_mangle` is an unsafe attribute; there is no unsafe block")]

use crate::calls;
use crate::state::{call, look};

/// The version of this ABI. 0 is not frozen.
const ABI: i32 = 0;

/// An export with `SAFETY` said once: its name begins with `plimsoll_`, which nothing else in a module of this crate has, so
/// that it replaces no other symbol.
macro_rules! exports {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty $body:block)*) => {$(
        $(#[$doc])*
        // SAFETY: see `exports!`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($arg: $ty),*) -> $out $body
    )*};
}

exports! {
    /// The version of the ABI.
    fn plimsoll_abi() -> i32 { ABI }

    /// The version of Plimsoll, as text.
    fn plimsoll_version() -> i32 { call(calls::version) }

    /// Memory for so many bytes; 0 where there is not so much.
    fn plimsoll_alloc(len: usize) -> usize { look(|state| state.memory.alloc(len)) }

    /// Gives memory back: 1, or 0 if there is none of that address.
    fn plimsoll_free(address: usize) -> i32 { i32::from(look(|state| usize::from(state.memory.free(address))) != 0) }

    /// Where the answer of the last call stands.
    fn plimsoll_answer() -> usize { look(|state| state.answer.as_ptr().expose_provenance()) }

    /// How many bytes it has.
    fn plimsoll_answer_len() -> usize { look(|state| state.answer.len()) }

    /// Drops what a handle means.
    fn plimsoll_drop(handle: i32) -> i32 { call(|state| state.forget(handle)) }

    /// An engine in the making.
    fn plimsoll_builder() -> i32 { call(calls::builder) }

    /// Adds a compiled bundle.
    fn plimsoll_builder_bundle(builder: i32, bundle: usize, bundle_len: usize) -> i32 {
        call(|state| calls::builder_bundle(state, builder, (bundle, bundle_len)))
    }

    /// Adds settings, a JSON object.
    fn plimsoll_builder_settings(builder: i32, settings: usize, settings_len: usize) -> i32 {
        call(|state| calls::builder_settings(state, builder, (settings, settings_len)))
    }

    /// An engine of what the builder has.
    fn plimsoll_builder_build(builder: i32) -> i32 { call(|state| calls::builder_build(state, builder)) }

    /// An evaluator of an engine.
    fn plimsoll_evaluator(engine: i32) -> i32 { call(|state| calls::evaluator(state, engine)) }

    /// An empty inventory of an engine.
    fn plimsoll_inventory(engine: i32) -> i32 { call(|state| calls::inventory(state, engine)) }

    /// Adds the objects of an input, in the place of those of the same identities.
    fn plimsoll_inventory_insert(
        inventory: i32, format: i32, input: usize, input_len: usize, name: usize, name_len: usize,
    ) -> i32 {
        call(|state| calls::inventory_insert(state, inventory, format, (input, input_len), (name, name_len)))
    }

    /// Puts the objects of an input in the place of all.
    fn plimsoll_inventory_replace(
        inventory: i32, format: i32, input: usize, input_len: usize, name: usize, name_len: usize,
    ) -> i32 {
        call(|state| calls::inventory_replace(state, inventory, format, (input, input_len), (name, name_len)))
    }

    /// Takes out the objects of an identity: 1, or 0 if there was none.
    fn plimsoll_inventory_remove(inventory: i32, identity: usize, identity_len: usize) -> i32 {
        call(|state| calls::inventory_remove(state, inventory, (identity, identity_len)))
    }

    /// Says that every object of every kind is in.
    fn plimsoll_inventory_complete(inventory: i32) -> i32 {
        call(|state| calls::inventory_complete(state, inventory))
    }

    /// How many objects there are.
    fn plimsoll_inventory_len(inventory: i32) -> i32 { call(|state| calls::inventory_len(state, inventory)) }

    /// Judges an input: 1 if it is allowed, 0 if not; the answer is the Decision JSON. Inventory 0 is none.
    fn plimsoll_decide(
        evaluator: i32, inventory: i32, format: i32, input: usize, input_len: usize, name: usize, name_len: usize,
    ) -> i32 {
        call(|state| calls::decide(state, evaluator, inventory, format, (input, input_len), (name, name_len)))
    }

    /// Judges an inventory as a whole.
    fn plimsoll_decide_cluster(evaluator: i32, inventory: i32) -> i32 {
        call(|state| calls::decide_cluster(state, evaluator, inventory))
    }
}

#[cfg(feature = "compile")]
exports! {
    /// Compiles texts, `{ "name": …, "files": { path: text } }`.
    fn plimsoll_compile(texts: usize, texts_len: usize) -> i32 {
        call(|state| crate::compile::compile_texts(state, (texts, texts_len)))
    }

    /// Compiles the built-in policies.
    fn plimsoll_compile_builtin() -> i32 { call(crate::compile::compile_builtin) }

    /// The compiled bundle.
    fn plimsoll_compilation_bundle(compilation: i32) -> i32 {
        call(|state| crate::compile::compilation_bundle(state, compilation))
    }

    /// What is to be said of the texts, as JSON: 1 if they are good, 0 if not.
    fn plimsoll_compilation_report(compilation: i32) -> i32 {
        call(|state| crate::compile::compilation_report(state, compilation))
    }
}
