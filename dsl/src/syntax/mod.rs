//! Text → syntax tree, and back.

pub mod ast;
pub mod format;
pub mod parse;
pub mod scan;

pub use format::format;
pub use parse::{MAX_DEPTH, Parsed, Shape, parse, parse_expr, parse_signature};
