//! Plimsoll as a WebAssembly module that speaks Kubewarden's waPC guest protocol: a policy that a policy server runs.
//!
//! The module is a template: `plimsoll build BUNDLE --target kubewarden` puts a bundle into it (`plimsoll::embed`). Text in,
//! text out: `guest` answers the operations of the protocol (`validate`, `validate_settings`, `protocol_version`), `host` is
//! what it needs of its surroundings, `raw` is that in a module. The documentation for users is `README.md` beside this crate.
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
mod context;
mod guest;
mod host;
#[cfg(target_family = "wasm")]
pub mod raw;
mod settings;
#[cfg(test)]
mod tests;
