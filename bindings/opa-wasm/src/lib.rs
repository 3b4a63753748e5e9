//! Plimsoll as a WebAssembly module that speaks OPA's ABI 1.3, so that any SDK for Rego policies in WASM runs it unchanged.
//!
//! The module is a template: `plimsoll build BUNDLE --target opa-wasm` puts a bundle into it (`plimsoll::embed`). What it
//! exports is in `raw`; the documentation for hosts is `README.md` beside this crate.
//!
//! One idea holds it together: the memory has two parts. Below a border lives Rust's heap, which hosts never name. Above it
//! is the *arena*, where everything lies that a host gets an address of: a pointer goes up as the host asks for memory, and
//! back when the host says so (`opa_heap_ptr_set`). SDKs write inputs behind that pointer without asking; so nothing of Rust's
//! may stay above the border between two calls (see `arena` and `raw::heap`).
#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )
)]
#![cfg_attr(not(any(test, target_family = "wasm")), expect(dead_code, reason = "only a WASM module has exports"))]

mod answer;
mod arena;
mod guest;
mod host;
mod paths;
#[cfg(target_family = "wasm")]
pub mod raw;
#[cfg(test)]
mod tests;
