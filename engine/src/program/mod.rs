//! The program: bytecode and its tables, as the compiler makes them and the VM runs them.
//!
//! INVARIANT: the VM takes only a [`Verified`](verify::Verified) program; nothing but `verify` makes one.

pub mod assemble;
pub mod bundle;
pub mod instr;
pub mod listing;
pub mod operand;
pub mod symbol;
pub mod verify;

pub use crate::settings::{BundleSettings, BundleUse};
pub use instr::Instr;
pub use operand::{
    Arith, BuildKind, Compare, ConstId, Def, DefBuilder, DefIter, ExternId, FixKind, FuncId, GlobalId, ImportId,
    IndexId, Jump, KindsId, MarkId, ParamRef, RuleId, ShapeId, StepIter, Sym, TypeIdx, Use, UseBuilder, UseRun,
};
pub use symbol::{Symbol, Symbols};

use crate::scalar::ScalarKind;
use crate::severity::{Action, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole compiled bundle.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Program {
    /// Name and version of the bundle.
    pub bundle: BundleInfo,
    /// What the bundle says of its policies; a section of its own in a `.plb`.
    #[serde(skip)]
    pub settings: BundleSettings,
    /// Names of fields, in the order of their symbols.
    pub symbols: Vec<String>,
    /// Constants; one may only name earlier ones.
    pub constants: Vec<Constant>,
    /// Patterns of constant regular expressions.
    pub regexes: Vec<String>,
    /// Shapes of records: the symbols of their fields, in order.
    pub shapes: Vec<Vec<u32>>,
    /// Run-time types; may be circular.
    pub types: Vec<TypeDesc>,
    /// Sets of kinds.
    pub kinds: Vec<KindSet>,
    /// The types of kinds that are looked at, for the check while loading.
    pub kind_types: Vec<KindType>,
    /// Kinds that carry a pod template.
    pub workloads: Vec<WorkloadDef>,
    /// Equality indexes over the inventory.
    pub indexes: Vec<IndexDef>,
    /// Built-ins, by module and name.
    pub imports: Vec<(String, String)>,
    /// Functions of the host.
    pub externs: Vec<ExternDef>,
    /// Module-level values.
    pub globals: Vec<GlobalDef>,
    /// All code.
    pub functions: Vec<Function>,
    /// Policies.
    pub policies: Vec<PolicyDef>,
    /// Rules of all policies.
    pub rules: Vec<RuleDef>,
    /// What is run for an object, by kind.
    pub plans: Vec<Plan>,
    /// Profiles.
    pub profiles: Vec<ProfileDef>,
    /// Clauses and branches of a program that is compiled to be traced.
    pub marks: Vec<MarkDef>,
}

/// Name and version of a bundle.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BundleInfo {
    /// `owasp`
    pub name: String,
    /// `1.0.0`
    pub version: String,
    /// The profile where none is asked for.
    pub default_profile: Option<String>,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"a"`
    Str(String),
    /// `7d`
    Duration(i64),
    /// An index into `regexes`.
    Regex(u32),
    /// A scalar, by its text.
    Scalar(ScalarKind, String),
    /// A list of earlier constants.
    List(Vec<u32>),
    /// A set of earlier constants.
    Set(Vec<u32>),
    /// A map of earlier constants.
    Map(Vec<(u32, u32)>),
    /// A record of earlier constants, by shape.
    Record(u16, Vec<u32>),
}

/// A type, as values are tested and converted at run time. Types name each other by their place in `Program::types`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeDesc {
    /// Anything, null too.
    Any,
    /// Nothing.
    Never,
    /// `null`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float` (an int fits)
    Float,
    /// `string`
    Str,
    /// One text.
    Literal(String),
    /// A scalar; in a document a text (a quantity: a number too).
    Scalar(ScalarKind),
    /// A list.
    List(u32),
    /// A set; in a document a list.
    Set(u32),
    /// A map; in a document an object.
    Map(u32, u32),
    /// A record, a schema type or a kind.
    Record(RecordDesc),
    /// Any of them; the first that fits.
    Union(Vec<u32>),
    /// Null, or the type.
    Optional(u32),
    /// An object that carries a pod template.
    Workload,
}

/// A record type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordDesc {
    /// Its name in messages.
    pub name: String,
    /// For a kind: what objects of it are known by. `is` decides by it alone.
    pub kind: Option<KindMatch>,
    /// Its fields; of a schema type only those that are required or looked at.
    pub fields: Vec<FieldDesc>,
}

/// A field of a record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDesc {
    /// Its name.
    pub symbol: u32,
    /// Its type (that of the value, without null, where it is required).
    pub ty: u32,
    /// It must be there (for `is` and for the check of `data`, params; a missing one in an object is an error only when read).
    pub required: bool,
    /// Some policy looks at it: it is checked when an object is loaded.
    pub read: bool,
}

/// How objects of a kind are known. Any version of the group fits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KindMatch {
    /// The kind.
    pub kind: String,
    /// Its group; empty for the core group.
    pub group: String,
    /// Groups that served the kind before (`extensions` for Deployment).
    pub old_groups: Vec<String>,
}

/// A set of kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KindSet {
    /// Every kind.
    pub any: bool,
    /// Every object that carries a pod template.
    pub workloads: bool,
    /// These.
    pub kinds: Vec<KindMatch>,
    /// As messages show it: `Role | ClusterRole`
    pub text: String,
}

/// The type of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KindType {
    /// The kind.
    pub kind: KindMatch,
    /// Its type: an index into `types`.
    pub ty: u32,
}

/// A kind that carries a pod template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkloadDef {
    /// The kind.
    pub kind: KindMatch,
    /// Fields from the object to the template (the object that has `metadata` and `spec` of the pod); empty for Pod.
    pub template: Vec<String>,
}

/// An equality index: objects by the value at a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IndexDef {
    /// Which objects: an index into `kinds`.
    pub kinds: u32,
    /// Symbols of the path below the object.
    pub path: Vec<u32>,
}

/// A function of the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExternDef {
    /// Its module.
    pub module: String,
    /// Its name.
    pub name: String,
    /// Types of its parameters.
    pub params: Vec<u32>,
    /// Type of its result.
    pub result: u32,
}

/// A module-level value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GlobalDef {
    /// Its module.
    pub module: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: u32,
    /// Its type as messages show it.
    pub type_text: String,
    /// What it is.
    pub kind: GlobalKind,
    /// Doc comment.
    pub doc: String,
}

/// The kinds of module-level values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum GlobalKind {
    /// `let`: the function that computes it.
    Let(u32),
    /// `param`: the function that computes its default, where it has one.
    Param(Option<u32>),
    /// `data`
    Data,
}

/// Code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Function {
    /// For listings and messages: `std.workload.containers`, `policy run_as_non_root`
    pub name: String,
    /// How many parameters; they are the first registers.
    pub params: u16,
    /// How many registers.
    pub registers: u16,
    /// Its instructions.
    pub code: Vec<Instr>,
    /// Where errors are caught, inner ones first.
    pub regions: Vec<Region>,
    /// Where its code comes from: for each entry, the first instruction and what it belongs to.
    pub lines: Vec<(u32, SourceRef)>,
}

/// A place in a policy text, for messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SourceRef {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A run of instructions whose errors (not limits) are caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Region {
    /// First instruction.
    pub start: u32,
    /// Behind the last.
    pub end: u32,
    /// What becomes of an error.
    pub catch: Catch,
    /// Where code goes on.
    pub to: u32,
}

/// What becomes of an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Catch {
    /// It ends the rule and is reported.
    Rule(u32),
    /// It ends the policy (in `except`, or in a clause before the first rule) and is reported once.
    Policy(u32),
    /// It is kept in a register: whoever reads the `let` has it too.
    Let(u16),
}

/// A policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyDef {
    /// `POD-01`
    pub id: String,
    /// `run_as_non_root`
    pub name: String,
    /// `owasp.workload.identity`
    pub module: String,
    /// First sentence of its doc comment.
    pub title: String,
    /// Its doc comment.
    pub doc: String,
    /// Its severity.
    pub severity: Severity,
    /// Its references.
    pub refs: BTreeMap<String, Vec<String>>,
    /// The function that says whether it is on, and the condition's text.
    pub enabled: Option<(u32, String)>,
    /// Nanoseconds of a stream that it needs.
    pub window: Option<i64>,
    /// Values of documents are not shown.
    pub sensitive: bool,
    /// Its parameters.
    pub params: Vec<ParamDef>,
    /// The objects that it looks at (of Pod `ephemeralcontainers` and `resize` too): an index into `kinds`; `None` for
    /// `on cluster`.
    pub on: Option<u32>,
    /// The subresources that it looks at.
    pub subresources: Vec<SubresourceDef>,
    /// Operations.
    pub operations: Operations,
    /// Kinds that it reads by `cluster()`, through functions and `let`s too: indexes into `kinds`.
    pub reads: Vec<u32>,
    /// Data that it reads: indexes into `globals`.
    pub data: Vec<u32>,
}

/// A subresource that a policy looks at, and how requests on it are known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubresourceDef {
    /// The kind that it belongs to: `Deployment`.
    pub of: KindMatch,
    /// The resource of that kind, as requests name it: `deployments`.
    pub resource: String,
    /// `scale`
    pub name: String,
    /// The kind of its objects: `Scale`.
    pub object: KindMatch,
}

/// Operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Operations {
    /// `create`
    pub create: bool,
    /// `update`
    pub update: bool,
    /// `delete`
    pub delete: bool,
    /// `connect`
    pub connect: bool,
}

/// A parameter of a policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ParamDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: u32,
    /// Its type as messages show it.
    pub type_text: String,
    /// The function that computes its default.
    pub default: Option<u32>,
    /// The default as it was written.
    pub default_text: String,
    /// Doc comment.
    pub doc: String,
}

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RuleDef {
    /// Its policy.
    pub policy: u32,
    /// Its action; `None`: computed.
    pub action: Option<Action>,
    /// Its own severity.
    pub severity: Option<Severity>,
    /// The policy's references with its own over them.
    pub refs: BTreeMap<String, Vec<String>>,
    /// Where it stands in the policy text.
    pub source: SourceRef,
}

/// Code that is run for an object: one policy, or several that share work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The policies that it evaluates.
    pub policies: Vec<u32>,
    /// Its code: a function without parameters that ends with `End`.
    pub function: u32,
}

/// A profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfileDef {
    /// Its name.
    pub name: String,
    /// Doc comment.
    pub doc: String,
    /// Its policies.
    pub policies: Vec<u32>,
    /// What it sets, and the function that computes the value; a later one wins.
    pub settings: Vec<(SettingTarget, u32)>,
}

/// What is set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum SettingTarget {
    /// A parameter of the bundle: an index into `globals`.
    Global(u32),
    /// A parameter of a policy.
    Policy(u32, u16),
}

/// A clause or branch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MarkDef {
    /// Its policy or function.
    pub owner: String,
    /// `rule`, `if`, `for`, `then`, `else`, `arm`, …
    pub kind: String,
    /// Its text.
    pub text: String,
    /// The file.
    pub file: String,
    /// Where.
    pub source: SourceRef,
}
