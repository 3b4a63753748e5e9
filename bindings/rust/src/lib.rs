//! Policy-as-code for Kubernetes: compile, load, evaluate, report.
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

pub mod builder;
pub mod codes;
pub mod compile;
pub mod config;
pub mod file;
pub mod fix;
pub mod input;
pub mod listing;
pub mod load;
pub mod report;
pub mod scan;
pub mod session;
pub mod settings;
pub mod testing;

pub use builder::{Builder, Engine, Error, Evaluator, Inventory};
pub use input::Input;
pub use plimsoll_dsl as dsl;
pub use plimsoll_engine as engine;
pub use plimsoll_engine::decision::{Action, Decision, Finding, Severity};
pub use plimsoll_engine::limits::Limits;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
