//! Tests of the whole: an oracle to compare the machine with, programs to compare them over, and what runs the
//! examples of the documentation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    reason = "a test may panic"
)]

pub mod corpus;
pub mod differ;
pub mod faces;
pub mod generate;
pub mod library;
pub mod markdown;
pub mod modules;
pub mod mutate;
pub mod oracle;
pub mod shrink;
