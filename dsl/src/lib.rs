//! Plimsoll's policy language: text → syntax → checked → bytecode.
#![forbid(unsafe_code)]

pub mod diagnostic;
pub mod hir;
pub mod optimize;
pub mod schema;
pub mod source;
pub mod syntax;
