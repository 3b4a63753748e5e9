//! The command as its users run it: exit codes, outputs, files.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod bad_input;
mod commands;
mod config;
mod extensions;
mod folder;
mod order;
mod scan;
#[cfg(unix)]
mod special;
