//! The program: bytecode and its tables.

pub mod symbol;
