//! Plimsoll's engine: documents, bytecode, VM, decisions. It has no I/O, no clock and knows nothing of policy text; a
//! host that ships compiled bundles embeds it alone.
//!
//! ```no_run
//! use plimsoll_engine::document::{ReadOptions, read};
//! use plimsoll_engine::engine::{Engine, EngineOptions};
//! use plimsoll_engine::inventory::Origin;
//! use plimsoll_engine::program::bundle;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let program = bundle::decode(&std::fs::read("owasp.plb")?)?;
//!     let engine = Engine::new(&program, EngineOptions::default())?;
//!     let text = std::fs::read("web.yaml")?;
//!     let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
//!     let mut inventory = engine.inventory();
//!     let mut objects = Vec::new();
//!     for document in read("web.yaml", &text, &options).documents {
//!         objects.extend(inventory.insert(document, Origin::File));
//!     }
//!     let mut evaluator = engine.evaluator();
//!     for object in objects {
//!         for finding in evaluator.evaluate(&inventory, object).findings {
//!             println!("{finding}"); // web.yaml:6:7 high POD-01 container app may run as root
//!         }
//!     }
//!     Ok(())
//! }
//! ```

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
pub mod calendar;
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
pub mod settings;
pub mod severity;
mod sort;
pub mod value;
pub mod vm;
