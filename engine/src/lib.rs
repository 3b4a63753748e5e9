//! Plimsoll's engine: documents, bytecode, VM, decisions.

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

pub mod builtins;
pub mod decision;
pub mod document;
pub mod engine;
pub mod error;
pub mod extension;
pub mod inventory;
pub mod limits;
pub mod memory;
pub mod program;
pub mod scalar;
pub mod value;
pub mod vm;
