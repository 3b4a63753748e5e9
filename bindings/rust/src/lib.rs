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

pub mod codes;
pub mod compile;
pub mod config;
pub mod fix;
pub mod listing;
pub mod load;
pub mod report;
pub mod scan;
pub mod session;
pub mod settings;
pub mod testing;

pub use plimsoll_dsl as dsl;
pub use plimsoll_engine as engine;
