//! The typed tree of a whole bundle, without errors: what optimiser, cost analysis, code generator and the oracle read.

pub mod expr;
pub mod show;
pub mod ty;
pub mod walk;

pub use expr::{Arm, Clause, Comprehension, Const, Expr, ExprKind, Into, Pattern, PlaceExpr, Step, TextPart};
pub use ty::{DeclId, RecordTy, Ty};

use crate::source::Span;
use crate::syntax::ast::RuleAction;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names a function of the bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FnId(pub u32);

/// Names a module-level `let`, `param` or `data`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalId(pub u32);

/// Names a policy of the bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PolicyId(pub u32);

/// Names a variable of one body (function, policy, global).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LocalId(pub u32);

/// A parameter of the policy at hand, by its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PolicyParam(pub u32);

/// A checked bundle.
#[derive(Clone, Debug, Default)]
pub struct Hir {
    /// Recursive types.
    pub decls: Vec<Decl>,
    /// All functions; a function only calls functions, and no call is circular.
    pub functions: Vec<Function>,
    /// All module-level `let`s, `param`s and `data`; not circular.
    pub globals: Vec<Global>,
    /// Functions of the host.
    pub externs: Vec<ExternFn>,
    /// All policies.
    pub policies: Vec<Policy>,
    /// All profiles.
    pub profiles: Vec<Profile>,
    /// All tests.
    pub tests: Vec<Test>,
}

/// A recursive type.
#[derive(Clone, Debug)]
pub struct Decl {
    /// Its name.
    pub name: Arc<str>,
    /// What it stands for.
    pub ty: Ty,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// As written; empty for one that the checker made.
    pub name: Arc<str>,
    /// Its type where it is bound.
    pub ty: Ty,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// `std.workload`
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its variables; the first `params` of them are its parameters.
    pub locals: Vec<Local>,
    /// How many parameters.
    pub params: u32,
    /// Statements before the result.
    pub body: Vec<Statement>,
    /// The result.
    pub result: Expr,
    /// Doc comment.
    pub doc: String,
    /// Where its name stands.
    pub span: Span,
}

/// A statement of a function.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `let`
    Let {
        /// The variable.
        local: LocalId,
        /// Its value.
        value: Expr,
    },
    /// `if cond return value`
    Return {
        /// When.
        cond: Expr,
        /// What.
        value: Expr,
    },
}

/// A module-level value.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Ty,
    /// What it is.
    pub kind: GlobalKind,
    /// The variables of its expression.
    pub locals: Vec<Local>,
    /// Doc comment.
    pub doc: String,
    /// Where its name stands.
    pub span: Span,
}

/// The kinds of module-level values.
#[derive(Clone, Debug)]
pub enum GlobalKind {
    /// `let`
    Let(Expr),
    /// `param`, with its default.
    Param(Option<Expr>),
    /// `data`
    Data,
}

/// A function of the host.
#[derive(Clone, Debug)]
pub struct ExternFn {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Types of its parameters.
    pub params: Vec<Ty>,
    /// Type of its result.
    pub result: Ty,
}

/// `refs`
pub type Refs = BTreeMap<Arc<str>, Vec<Arc<str>>>;

/// `critical` … `info`
pub type Severity = plimsoll_engine::decision::Severity;

/// A policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// `POD-01`
    pub id: Arc<str>,
    /// Its severity.
    pub severity: Severity,
    /// Its references.
    pub refs: Refs,
    /// `enabled`, with its text.
    pub enabled: Option<(Expr, Arc<str>)>,
    /// `window`, in nanoseconds.
    pub window: Option<i64>,
    /// `sensitive`
    pub sensitive: bool,
    /// First sentence of the doc comment.
    pub title: String,
    /// The whole doc comment.
    pub doc: String,
    /// Its own parameters.
    pub params: Vec<Param>,
    /// What it looks at.
    pub on: On,
    /// `except` and clauses before the first rule, in order.
    pub members: Vec<Member>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// The variables of the policy and all its rules.
    pub locals: Vec<Local>,
    /// Where its name stands.
    pub span: Span,
}

/// A parameter of a policy.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Ty,
    /// Its value where nobody sets it; reads no variables but those of its own comprehensions (`locals` of the policy).
    pub default: Option<Expr>,
    /// Doc comment.
    pub doc: String,
}

/// What a policy looks at.
#[derive(Clone, Debug)]
pub enum On {
    /// `on cluster`
    Cluster,
    /// `on K as x`
    Objects {
        /// The variable.
        local: LocalId,
        /// The kinds; `Ty::Any` for `on any`.
        kinds: Ty,
        /// Those of the kinds that were written without a subresource: `Ty::Never` if none was.
        whole: Ty,
        /// The members with a subresource: they match only requests on it.
        subresources: Vec<Subresource>,
        /// Operations.
        operations: Operations,
    },
}

/// `Deployment/scale`
#[derive(Clone, Debug)]
pub struct Subresource {
    /// The kind that it belongs to: `Deployment`.
    pub of: Ty,
    /// `scale`
    pub name: Arc<str>,
    /// The kind of its objects: `Scale`.
    pub object: Ty,
}

/// Which admission operations a policy is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl Default for Operations {
    fn default() -> Self {
        Self { create: true, update: true, delete: false, connect: false }
    }
}

/// What stands before the rules.
#[derive(Clone, Debug)]
pub enum Member {
    /// `except if`
    Except {
        /// When it does not apply.
        cond: Expr,
        /// Why.
        reason: Expr,
        /// Where it was written.
        span: Span,
    },
    /// `for`, `let`, `if`
    Clause(Clause),
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Action and severity.
    pub head: RuleHead,
    /// A `Text` or constant.
    pub message: Expr,
    /// Its clauses.
    pub clauses: Vec<Clause>,
    /// The policy's `refs` with its own over them.
    pub refs: Refs,
    /// Those of its own that are computed (a text or a list of texts each), over `refs`.
    pub computed_refs: Vec<(Arc<str>, Expr)>,
    /// Where its findings stand.
    pub at: PlaceExpr,
    /// True if `at` was written.
    pub has_at: bool,
    /// Values whose places are named too: one or a list, nulls left out.
    pub related: Option<Expr>,
    /// In order.
    pub fixes: Vec<Fix>,
    /// Doc comment.
    pub doc: String,
    /// Where it was written.
    pub span: Span,
}

/// Action and severity.
#[derive(Clone, Debug)]
pub enum RuleHead {
    /// Known now.
    Fixed {
        /// Which action.
        action: RuleAction,
        /// Its own severity.
        severity: Option<Severity>,
    },
    /// `report (action, severity)`
    Computed {
        /// A string: deny, warn, audit.
        action: Box<Expr>,
        /// A string: critical … info.
        severity: Option<Box<Expr>>,
    },
}

/// A fix.
#[derive(Clone, Debug)]
pub struct Fix {
    /// Applied only on demand.
    pub is_unsafe: bool,
    /// What is done.
    pub op: FixOp,
    /// Where; `None`: the rule's place.
    pub at: Option<PlaceExpr>,
    /// When.
    pub when: Option<Expr>,
    /// Where it was written.
    pub span: Span,
}

/// What a fix does.
#[derive(Clone, Debug)]
pub enum FixOp {
    /// Sets the value at the place.
    Set(Expr),
    /// Appends to the list at the place.
    Add(Expr),
    /// Removes the place.
    Remove,
}

/// A profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Doc comment.
    pub doc: String,
    /// Policies, those of included profiles too, in the order of the bundle.
    pub policies: Vec<PolicyId>,
    /// Settings, those of included profiles first.
    pub settings: Vec<Setting>,
    /// The variables of the settings' expressions.
    pub locals: Vec<Local>,
}

/// `set`
#[derive(Clone, Debug)]
pub struct Setting {
    /// What is set.
    pub target: SettingTarget,
    /// To what.
    pub value: Expr,
}

/// What is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingTarget {
    /// A parameter of the bundle.
    Global(GlobalId),
    /// A parameter of a policy.
    Policy(PolicyId, PolicyParam),
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The object or objects under review.
    pub input: Vec<TestDocument>,
    /// The objects before.
    pub old: Vec<TestDocument>,
    /// The other objects.
    pub cluster: Vec<TestDocument>,
    /// `None`: nothing said; `Some(None)`: all.
    pub complete: Vec<Option<Ty>>,
    /// `data n = e`
    pub data: Vec<(GlobalId, Expr)>,
    /// `param`
    pub params: Vec<Setting>,
    /// `request = e`
    pub request: Option<Expr>,
    /// `now = "…"`, in nanoseconds since 1970.
    pub now: Option<i64>,
    /// `assert`
    pub asserts: Vec<(Expr, Span)>,
    /// For each of them that compares: the two sides, so that a failure can show them.
    pub sides: Vec<Option<(Expr, Expr)>>,
    /// `expect`
    pub expects: Vec<(Expect, Span)>,
    /// The variables of its expressions.
    pub locals: Vec<Local>,
    /// Where it was written.
    pub span: Span,
}

/// A document of a test.
#[derive(Clone, Debug)]
pub enum TestDocument {
    /// YAML or JSON text, perhaps with several documents; `inner` locates errors.
    Text {
        /// Which reader.
        format: crate::syntax::ast::DocFormat,
        /// The text.
        text: Arc<str>,
        /// Where it stands.
        inner: Span,
    },
    /// A file beside the module: its path and text.
    File {
        /// As written.
        path: Arc<str>,
        /// Its text.
        text: Arc<str>,
    },
    /// A computed value.
    Value(Expr),
}

/// What a test expects.
#[derive(Clone, Debug)]
pub enum Expect {
    /// The object after all fixes (unsafe ones too).
    Fixed(TestDocument),
    /// An input or evaluation error.
    Error,
    /// No finding of the policy, or of any policy that the test names (of the module's policies, where it names none).
    Pass(Option<PolicyId>),
    /// A skip.
    Skip(Option<PolicyId>),
    /// Findings.
    Finding {
        /// Which action.
        action: RuleAction,
        /// Of which policy.
        policy: Option<PolicyId>,
        /// Their pointer.
        at: Option<Arc<str>>,
        /// Their message.
        message: Option<Arc<str>>,
        /// Exactly how many; at least one where nothing is said.
        count: Option<u64>,
    },
}
