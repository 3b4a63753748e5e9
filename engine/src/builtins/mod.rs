//! The built-in functions: a file per `std` module, each function one [`Builtin`] in its module's list.
//!
//! The signature is text in the policy language, which the compiler parses, so types are written once. A capital letter
//! is a type variable.

use crate::error::EvalError;
use crate::memory::Memory;
use crate::value::Value;

/// What a built-in may use.
#[derive(Debug)]
pub struct Cx<'a> {
    /// Documents and heaps.
    pub memory: &'a mut Memory,
    /// Fuel that is left.
    pub fuel: &'a mut u64,
    /// What the host said.
    pub host: &'a Host,
}

/// What the host says to an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// `now()`, in nanoseconds since 1970 (UTC).
    pub now: i64,
    /// `k8s_version()`, as major and minor.
    pub k8s_version: (u32, u32),
}

/// How a built-in is called: as many values as its signature has parameters (defaults filled in by the compiler).
pub type Call = fn(&mut Cx<'_>, &[Value]) -> Result<Value, EvalError>;

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Parameters and result: `(s: string, prefix: string) -> bool`.
    pub signature: &'static str,
    /// What it costs, in words: a parameter's name (linear in its size), `1`, or a product.
    pub cost: &'static str,
    /// What it does, in one or two sentences.
    pub doc: &'static str,
    /// A condition that holds.
    pub example: &'static str,
    /// Its implementation.
    pub call: Call,
}

/// A module of built-ins.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// `strings`; empty for the functions that need no module.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [Builtin],
}

/// Names a built-in: its place in the table of all modules, in order. Bundles import by name, so it is never stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BuiltinId(pub u16);
