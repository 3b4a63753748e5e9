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

/// All modules.
pub const MODULES: &[&Module] = &[];

/// Every built-in with its module's name, in the order of the table.
pub fn all() -> impl Iterator<Item = (BuiltinId, &'static str, &'static Builtin)> {
    let functions = MODULES.iter().flat_map(|module| module.functions.iter().map(|function| (module.name, function)));
    (0..).map(BuiltinId).zip(functions).map(|(id, (module, function))| (id, module, function))
}

/// The built-in of a module (empty for those that need none) by name.
#[must_use]
pub fn find(module: &str, name: &str) -> Option<BuiltinId> {
    all().find(|(_, of, function)| *of == module && function.name == name).map(|(id, ..)| id)
}

/// The built-in that an id names.
#[must_use]
pub fn get(id: BuiltinId) -> Option<&'static Builtin> {
    all().find(|(known, ..)| *known == id).map(|(.., function)| function)
}

/// Module and name of a built-in.
#[must_use]
pub fn name_of(id: BuiltinId) -> Option<(&'static str, &'static str)> {
    all().find(|(known, ..)| *known == id).map(|(_, module, function)| (module, function.name))
}

/// How many parameters a built-in has.
#[must_use]
pub fn arity(id: BuiltinId) -> Option<usize> {
    let signature = get(id)?.signature;
    let params = signature.strip_prefix('(')?.split(") ->").next()?.trim();
    let (mut depth, mut commas) = (0_i32, 0_usize);
    for c in params.chars() {
        match c {
            '<' | '{' | '(' | '[' => depth = depth.saturating_add(1),
            '>' | '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => commas = commas.saturating_add(1),
            _ => {}
        }
    }
    Some(if params.is_empty() { 0 } else { commas.saturating_add(1) })
}
