//! Checked expressions: names are ids, every expression has a type, nothing is left to guess.
//!
//! Where the document holds a text and the type is a scalar (`quantity`, `time`, …) the checker has put a `Convert`, so
//! later stages need no types to evaluate.

use super::ty::Ty;
use super::{FnId, GlobalId, LocalId, PolicyParam};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use plimsoll_engine::builtins::BuiltinId;
use std::sync::Arc;

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type, narrowed as far as it is known there.
    pub ty: Ty,
    /// Where it was written.
    pub span: Span,
}

/// The forms of checked expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A constant.
    Const(Const),
    /// A variable of the function, policy or comprehension.
    Local(LocalId),
    /// A module's `let`, `param` or `data`.
    Global(GlobalId),
    /// A parameter of the policy at hand.
    Param(PolicyParam),
    /// The admission request, or null.
    Request,
    /// The object before the request, or null.
    Old,
    /// `e.f`; null where `e` is null.
    Field {
        /// Whose.
        base: Box<Expr>,
        /// Which.
        field: Arc<str>,
        /// The schema says that the field is always there and it is a scalar: reading it where it is missing is an input
        /// error (E0806), not null.
        required: bool,
    },
    /// `e[i]`; null outside and where `e` is null.
    Index {
        /// Whose.
        base: Box<Expr>,
        /// Which.
        index: Box<Expr>,
    },
    /// A function of the bundle; arguments in the order of its parameters, defaults filled in.
    Call {
        /// Which.
        function: FnId,
        /// With what.
        args: Vec<Expr>,
    },
    /// A built-in; arguments in the order of its parameters, defaults filled in.
    Builtin {
        /// Which.
        builtin: BuiltinId,
        /// With what.
        args: Vec<Expr>,
    },
    /// A function of the host: an index into `Hir::externs`.
    Extern {
        /// Which.
        function: u32,
        /// With what.
        args: Vec<Expr>,
    },
    /// `descend(e, .f)`: e and every node below it through `f` (a value or a list of values), in document order.
    Descend {
        /// The top.
        base: Box<Expr>,
        /// The field that leads down.
        field: Arc<str>,
    },
    /// `not e`
    Not(Box<Expr>),
    /// `-e`
    Neg(Box<Expr>),
    /// All operators of the syntax tree, on checked operands; `and`, `or`, `??` evaluate their right side only if needed.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `e is T`
    Is {
        /// What.
        value: Box<Expr>,
        /// Which type.
        ty: Ty,
    },
    /// The value as `to`: parses scalars out of text, also inside lists, sets and maps (not inside records), makes an int
    /// a float; null stays null.
    Convert {
        /// What.
        value: Box<Expr>,
        /// As what.
        to: Ty,
    },
    /// `if a then b else c`
    If {
        /// When.
        cond: Box<Expr>,
        /// Then.
        then: Box<Expr>,
        /// Else.
        otherwise: Box<Expr>,
    },
    /// `match e { … }`: `value` is bound to `local`, arms are tried in order; exhaustive by the checker's word (if no arm
    /// fits all the same, it is an evaluation error).
    Match {
        /// What is looked at.
        value: Box<Expr>,
        /// The variable that holds it (arms' names are this local).
        local: LocalId,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `cluster(K)`
    Cluster {
        /// Which kinds.
        kinds: Ty,
        /// Before the request.
        before: bool,
    },
    /// `complete(K)`
    Complete(Ty),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a, b}`
    Set(Vec<Expr>),
    /// `{k: v}` as a map: two equal keys are joined or an error, as in comprehensions.
    Map(Vec<(Expr, Expr)>),
    /// `{k: v}` as a record, in the order of the fields of its type (`Ty::Record`); a field that was left out is a `Null`
    /// constant.
    Record(Vec<(Arc<str>, Expr)>),
    /// `{ ..record ++ record }`: both sides records (or one of them a schema object): the right one's fields win where they
    /// were written; gives a record with the fields of `ty`.
    RecordJoin {
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `"a {b}"`: joined texts.
    Text(Vec<TextPart>),
    /// Comprehensions and folds.
    Comprehension(Box<Comprehension>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"a"`
    Str(Arc<str>),
    /// `7d`, in nanoseconds
    Duration(i64),
    /// `re"…"`: the pattern, already checked
    Regex(Arc<str>),
    /// A document given by a test (`yaml"…"`, `json"…"`, `file("…")`).
    Json(Arc<serde_json::Value>),
}

/// One arm.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Any of them.
    pub patterns: Vec<Pattern>,
    /// What the arm gives.
    pub value: Expr,
}

/// A pattern.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Everything.
    Else,
    /// Equal to a constant.
    Const(Const),
    /// Of a type.
    Is(Ty),
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// As it stands.
    Text(Arc<str>),
    /// The text of a value.
    Value(Expr),
}

/// `[e for …]` and its kin.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// What is made of the elements.
    pub into: Into,
    /// `k` of `{k: v for …}`.
    pub key: Option<Expr>,
    /// The element.
    pub element: Expr,
    /// Begins with a `For` or `Join`.
    pub clauses: Vec<Clause>,
    /// `by k`
    pub by: Option<Expr>,
}

/// What a comprehension makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Into {
    /// `[…]`
    List,
    /// `{…}`
    Set,
    /// `{k: v …}`
    Map,
    /// `any(…)`: stops at the first true
    Any,
    /// `all(…)`: stops at the first false
    All,
    /// `count(…)`
    Count,
    /// `sum(…)`: starts from int 0, float 0, an empty quantity or duration, as `ty` says
    Sum,
    /// `min(…)`: the first of equals
    Min,
    /// `max(…)`: the first of equals
    Max,
    /// `first(…)`: stops
    First,
    /// `last(…)`
    Last,
    /// `sorted(…)`: stable
    Sorted,
    /// `unique(…)`: in the order of first appearance
    Unique,
}

/// A clause.
#[derive(Clone, Debug)]
pub enum Clause {
    /// `for`
    For {
        /// `x` in `for x in …` (a list's or set's value, a map's key), or the index or key in `for i, x in …`.
        first: Option<LocalId>,
        /// The value in `for i, x in …`.
        second: Option<LocalId>,
        /// True if two names were written (also where they are `_`).
        two: bool,
        /// What is iterated; null is empty. A list, set, map, record, document node or `any`.
        source: Expr,
        /// The scalar conversion that the value needs as it is bound.
        convert: Option<Ty>,
        /// Where it was written.
        span: Span,
    },
    /// `for x in cluster(K) if x.path == key`, by index (made by the optimiser): at least the objects for which the
    /// condition holds; the condition follows as an `If`.
    Join {
        /// The variable.
        local: LocalId,
        /// `K`
        kinds: Ty,
        /// The path below the object.
        path: Vec<Arc<str>>,
        /// What it must be equal to.
        key: Expr,
        /// Where it was written.
        span: Span,
    },
    /// `let`; a policy-level `let` may be computed when it is first needed.
    Let {
        /// The variable.
        local: LocalId,
        /// Its value.
        value: Expr,
        /// Where it was written.
        span: Span,
    },
    /// `if`
    If {
        /// The condition.
        cond: Expr,
        /// Where it was written.
        span: Span,
    },
}

/// A place, as `at` means it.
#[derive(Clone, Debug)]
pub enum PlaceExpr {
    /// No `at`, or nothing that has a place: the innermost document node that a `for` bound, else the object.
    Innermost,
    /// The place of a value; `Innermost` where it has none.
    Value(Expr),
    /// A path below a value, also where it is missing. A base that is null gives `Innermost`.
    Path {
        /// Where it starts.
        base: Expr,
        /// The steps.
        steps: Vec<Step>,
    },
    /// `if c then p else q`
    If {
        /// When.
        cond: Expr,
        /// Then.
        then: Box<PlaceExpr>,
        /// Else.
        otherwise: Box<PlaceExpr>,
    },
    /// `p ?? q`: the first that is there, else the last.
    OrElse(Box<PlaceExpr>, Box<PlaceExpr>),
}

/// A step of a path.
#[derive(Clone, Debug)]
pub enum Step {
    /// `.f`
    Field(Arc<str>),
    /// `[i]`, `["key"]`
    Index(Expr),
}
