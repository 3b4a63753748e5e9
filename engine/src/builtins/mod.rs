//! The built-in functions: a file per `std` module, each function one [`Builtin`] in its module's list.
//!
//! The signature is text in the policy language, which the compiler parses, so types are written once. A capital letter
//! is a type variable: `C` stands for a list, set or map, `N` for int, float, quantity or duration, `K` for what may be a
//! key, any other for anything.
//!
//! A function counts the sizes that it touches (`Memory::count_work`, which whoever calls it turns into fuel), and asks
//! for the fuel first ([`Cx::charge`]) where it is more than linear.

mod base64;
mod collections;
mod global;
mod graph;
mod hash;
mod image;
mod json;
mod keyed;
mod lists;
mod maps;
mod net;
mod numbers;
mod objects;
mod quantity;
mod regex;
mod scalars;
mod sets;
mod strings;
#[cfg(test)]
mod tests;
mod time;
mod version;
mod walk;
mod workload;
mod yaml;

pub use workload::WorkloadKind;

use crate::error::EvalError;
use crate::memory::Memory;
use crate::value::{DocId, Place, Value};

/// All modules. The order of modules and functions is that of [`BuiltinId`]s, which mean nothing outside a process.
pub const MODULES: &[&Module] = &[
    &global::MODULE,
    &keyed::MODULE,
    &strings::MODULE,
    &lists::MODULE,
    &sets::MODULE,
    &maps::MODULE,
    &numbers::MODULE,
    &regex::MODULE,
    &json::MODULE,
    &yaml::MODULE,
    &base64::MODULE,
    &hash::MODULE,
    &time::MODULE,
    &version::MODULE,
    &net::MODULE,
    &image::MODULE,
    &quantity::MODULE,
    &graph::MODULE,
    &workload::MODULE,
    &walk::MODULE,
];

type Result<T> = std::result::Result<T, EvalError>;

/// Names a built-in: its place in the table of all modules, in order. Bundles import by name, so it is never stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BuiltinId(pub u16);

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

/// The module of this name.
#[must_use]
pub fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|m| m.name == name).copied()
}

/// What a built-in may use.
#[derive(Debug)]
pub struct Cx<'a> {
    /// Documents and heaps.
    pub memory: &'a mut Memory,
    /// Fuel that is left.
    pub fuel: &'a mut u64,
    /// What the host said.
    pub host: &'a Host,
    /// What objects are that do not say it themselves.
    pub kinds: &'a dyn KindAt,
}

/// Tells group and kind of objects that came in a list or a request, which need not say them themselves.
pub trait KindAt: std::fmt::Debug {
    /// Group and kind of the object whose root stands at a place.
    fn kind_at(&self, place: Place) -> Option<(&str, &str)>;
}

/// Every object says itself what it is.
impl KindAt for () {
    fn kind_at(&self, _: Place) -> Option<(&str, &str)> {
        None
    }
}

/// What the host says to an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// `now()`, in nanoseconds since 1970 (UTC).
    pub now: i64,
    /// `k8s_version()`, as major and minor.
    pub k8s_version: (u32, u32),
    /// Kinds that carry a pod template, besides those that Kubernetes has.
    pub workloads: Vec<WorkloadKind>,
    /// Where documents come from: those from this id on (and below that of the next entry), sorted by id. Documents
    /// before the first are files.
    pub origins: Vec<(DocId, Origin)>,
}

/// Where an object comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A file that a person wrote.
    File,
    /// The dump of a cluster.
    Cluster,
    /// An admission request.
    Admission,
}

impl Origin {
    /// Its name in the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Origin::File => "file",
            Origin::Cluster => "cluster",
            Origin::Admission => "admission",
        }
    }
}

/// How a built-in is called: as many values as its signature has parameters (defaults filled in by the compiler).
pub type Call = fn(&mut Cx<'_>, &[Value]) -> std::result::Result<Value, EvalError>;

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
    /// `strings`; empty for the functions that need no module, `_` for those that only the compiler calls.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [Builtin],
}

impl Cx<'_> {
    /// Group and kind of an object: as it says, else as what it came in says. Empty where nothing says it.
    ///
    /// # Errors
    /// A value that has no members; a node of the wrong type.
    pub(super) fn kind_of(&self, object: Value) -> Result<(&str, &str)> {
        let memory = &*self.memory;
        let (version, kind) = (memory.member(object, "apiVersion")?, memory.member(object, "kind")?);
        match (memory.str_of(version), memory.str_of(kind)) {
            (Some(version), Some(kind)) => Ok((version.rsplit_once('/').map_or("", |(group, _)| group), kind)),
            (version, kind) => Ok(self.kinds.kind_at(object.place).unwrap_or_else(|| {
                (version.and_then(|v| v.rsplit_once('/')).map_or("", |(group, _)| group), kind.unwrap_or_default())
            })),
        }
    }

    /// Takes fuel before work is done.
    ///
    /// # Errors
    /// [`EvalError::Fuel`]
    pub fn charge(&mut self, n: usize) -> Result<()> {
        match self.fuel.checked_sub(n as u64) {
            Some(left) => {
                *self.fuel = left;
                Ok(())
            }
            None => {
                *self.fuel = 0;
                Err(EvalError::Fuel)
            }
        }
    }

    /// The text of an argument; its size is counted.
    fn text(&self, value: Value) -> Result<&str> {
        let text = self.memory.str_of(value).ok_or_else(|| self.memory.expected("a string", value))?;
        self.memory.count_work(text.len() / 16);
        Ok(text)
    }

    /// The number of an argument.
    fn int(&self, value: Value) -> Result<i64> {
        match value.data {
            crate::value::Data::Int(i) => Ok(i),
            _ => Err(self.memory.expected("an int", value)),
        }
    }

    /// A list that `fill` makes.
    fn list(&mut self, fill: impl FnOnce(&Memory, &mut Vec<Value>) -> Result<()>) -> Result<Value> {
        let mut out = self.memory.take_values();
        let list = fill(self.memory, &mut out).and_then(|()| self.memory.alloc_list(&out));
        self.memory.give_values(out);
        list
    }

    /// A set that `fill` makes, in any order.
    fn set(&mut self, fill: impl FnOnce(&Memory, &mut Vec<Value>) -> Result<()>) -> Result<Value> {
        let mut out = self.memory.take_values();
        let set = fill(self.memory, &mut out).and_then(|()| self.memory.alloc_set(&mut out));
        self.memory.give_values(out);
        set
    }

    /// A text that `fill` makes.
    fn string(&mut self, fill: impl FnOnce(&Memory, &mut String) -> Result<()>) -> Result<Value> {
        let mut out = self.memory.take_buf();
        let filled = fill(self.memory, &mut out);
        let text = self.memory.alloc_buf(out);
        filled.and(text)
    }
}

/// The arguments of a function of `N` parameters.
fn args<const N: usize>(args: &[Value]) -> Result<[Value; N]> {
    args.try_into().map_err(|_| EvalError::Internal("a built-in got another number of values"))
}

/// Adds a value to a list that is being made, if there is room for it.
fn add(memory: &Memory, out: &mut Vec<Value>, value: Value) -> Result<()> {
    memory.reserve(size_of_val(out.as_slice()))?;
    memory.count_work(1);
    out.push(value);
    Ok(())
}

/// Null instead of an error about the value.
fn try_or_null(result: Result<Value>) -> Result<Value> {
    match result {
        Err(EvalError::Value(_)) => Ok(Value::NULL),
        other => other,
    }
}

/// A length as an int.
fn int_of(n: usize) -> Value {
    Value::from(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A count of items: below zero is zero.
fn count_of(n: i64) -> usize {
    usize::try_from(n.max(0)).unwrap_or(usize::MAX)
}
