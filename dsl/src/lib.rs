//! Plimsoll's policy language: text → syntax → checked → bytecode.
#![forbid(unsafe_code)]
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

pub mod check;
pub mod compile;
pub mod compiler;
pub mod cost;
pub mod diagnostic;
pub mod hir;
pub mod lint;
pub mod optimize;
pub mod schema;
pub mod source;
mod stack;
pub mod syntax;
