//! Text → syntax tree, and back.

pub mod ast;
pub mod parse;

pub use parse::{MAX_DEPTH, Parsed, Shape, parse, parse_expr, parse_signature};
