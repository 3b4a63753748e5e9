//! Plimsoll as a WebAssembly module with an ABI of its own: bytes in, JSON out, no imports.
//!
//! One host, one instance, one thread. Everything that the host names (handles, places in memory) is looked up in tables, so
//! that whatever it says is either what it was given or an answer that says what is wrong. The exports are in [`raw`]; their
//! documentation for hosts is `README.md` beside this crate.
//!
//! Feature `compile`: policies are compiled in the module, and the built-in ones are there.
#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )
)]

mod answer;
mod calls;
#[cfg(feature = "compile")]
mod compile;
mod memory;
pub mod raw;
mod state;
