//! Plimsoll's engine: documents, bytecode, VM, decisions.

pub mod builtins;
pub mod decision;
pub mod document;
pub mod error;
pub mod memory;
pub mod program;
pub mod scalar;
pub mod value;

