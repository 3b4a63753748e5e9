//! The syntax tree: a module as it was written, with spans everywhere and no meaning yet.
//!
//! INVARIANT: no tree is nested deeper than `parse::MAX_DEPTH` (long operator chains count), so every pass may recurse,
//! and dropping a tree cannot overflow the stack.

use crate::source::Span;
use std::sync::Arc;

/// A word of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The word (or, for a quoted field name, its decoded text).
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

/// `a.b.c`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one word.
    pub segments: Vec<Ident>,
    /// From the first word to the last.
    pub span: Span,
}

/// `///` or `//!` lines, joined by line ends, each without its marker and one blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    /// The text; empty where there is none.
    pub text: String,
    /// From the first line to the last.
    pub span: Span,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Module {
    /// `//!` lines.
    pub doc: Doc,
    /// `module a.b`
    pub name: Option<Path>,
    /// `use` lines.
    pub uses: Vec<Use>,
    /// The items that could be read.
    pub items: Vec<Item>,
    /// The whole file.
    pub span: Span,
}

/// `use a.b`, `use a.b.{c, d}`, `use a.b as n`
#[derive(Clone, Debug)]
pub struct Use {
    /// The module.
    pub path: Path,
    /// What is taken from it.
    pub names: UseNames,
    /// The whole line.
    pub span: Span,
}

/// What a `use` brings into scope.
#[derive(Clone, Debug)]
pub enum UseNames {
    /// The module under its last word.
    Module,
    /// The module under another name.
    As(Ident),
    /// Some of its items.
    Items(Vec<Ident>),
}

/// An item with its doc comment.
#[derive(Clone, Debug)]
pub struct Item {
    /// `///` lines above it.
    pub doc: Doc,
    /// The item.
    pub kind: ItemKind,
    /// Without the doc comment.
    pub span: Span,
}

/// The kinds of item.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `policy`
    Policy(Policy),
    /// `profile`
    Profile(Profile),
    /// `fn`
    Fn(Function),
    /// `extern fn`
    ExternFn(Signature),
    /// `type n = T`
    Type {
        /// Its name.
        name: Ident,
        /// What it stands for.
        ty: Type,
    },
    /// `param` of the bundle
    Param(Param),
    /// `data name: T`
    Data {
        /// Its name.
        name: Ident,
        /// Its type.
        ty: Type,
    },
    /// `let` of the module
    Let(Let),
    /// `test`
    Test(Test),
}

/// `fn f(a: T = e) -> R` without the body
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name.
    pub name: Ident,
    /// The parameters.
    pub params: Vec<FnParam>,
    /// The result type.
    pub result: Type,
    /// From `fn` to the result type.
    pub span: Span,
}

/// One parameter of a function.
#[derive(Clone, Debug)]
pub struct FnParam {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// Its value where the call leaves it out.
    pub default: Option<Expr>,
}

/// A function with its body.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name, parameters, result.
    pub signature: Signature,
    /// Statements of a block; empty where the body is `= e`.
    pub body: Vec<Statement>,
    /// The expression behind `=` or `return`.
    pub result: Expr,
    /// True if the body was written as a block.
    pub block: bool,
}

/// A statement of a function's block.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `let n = e`
    Let(Let),
    /// `if cond return e`
    Return {
        /// When.
        cond: Expr,
        /// What.
        value: Expr,
        /// The whole statement.
        span: Span,
    },
}

/// `let n: T = e`
#[derive(Clone, Debug)]
pub struct Let {
    /// Its name (`_` too).
    pub name: Ident,
    /// Its type where it is given.
    pub ty: Option<Type>,
    /// Its value.
    pub value: Expr,
    /// The whole clause.
    pub span: Span,
}

/// `param n: T = e`
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Type,
    /// Its value where nobody sets it.
    pub default: Option<Expr>,
    /// Its doc comment where it is a member of a policy.
    pub doc: Doc,
    /// Without the doc comment.
    pub span: Span,
}

/// `profile n { … }`
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: Ident,
    /// In order.
    pub members: Vec<ProfileMember>,
}

/// A member of a profile.
#[derive(Clone, Debug)]
pub enum ProfileMember {
    /// `include POD-01, name`
    Include(Vec<Ident>),
    /// `set policy.param = e` or `set param = e`
    Set {
        /// The policy, where there is one.
        policy: Option<Ident>,
        /// The parameter.
        param: Ident,
        /// Its value.
        value: Expr,
        /// The whole member.
        span: Span,
    },
}

/// `policy n { … }`
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: Ident,
    /// Header, in order.
    pub headers: Vec<Header>,
    /// `param`, `on`, `except` and the clauses before the first rule, in order.
    pub members: Vec<Member>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

/// One line of a policy's header.
#[derive(Clone, Debug)]
pub struct Header {
    /// Which.
    pub kind: HeaderKind,
    /// The whole line.
    pub span: Span,
}

/// The lines of a policy's header.
#[derive(Clone, Debug)]
pub enum HeaderKind {
    /// `id = "POD-01"`
    Id(Expr),
    /// `severity = high`
    Severity(Ident),
    /// `refs = { … }`: a `Record`/`Map`/`Empty` expression
    Refs(Expr),
    /// `enabled = e`
    Enabled(Expr),
    /// `window = 5m`: a `Duration` expression
    Window(Expr),
    /// `sensitive = true`
    Sensitive,
}

/// What stands before the first rule.
#[derive(Clone, Debug)]
pub enum Member {
    /// `param`
    Param(Param),
    /// `on`
    On(On),
    /// `except if`
    Except {
        /// When the policy does not apply.
        cond: Expr,
        /// Why: a `Str` expression.
        reason: Expr,
        /// The whole clause.
        span: Span,
    },
    /// `for`, `let`, `if`
    Clause(Clause),
}

/// `on KINDS as name when …`
#[derive(Clone, Debug)]
pub struct On {
    /// What is looked at.
    pub target: OnTarget,
    /// `when`, as written; empty where nothing is said.
    pub operations: Vec<Ident>,
    /// The whole clause.
    pub span: Span,
}

/// What `on` looks at.
#[derive(Clone, Debug)]
pub enum OnTarget {
    /// `on cluster`
    Cluster,
    /// `on Pod | Job as w`
    Subjects {
        /// At least one.
        subjects: Vec<Subject>,
        /// The variable.
        name: Ident,
    },
}

/// One kind of `on`, perhaps with a subresource.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The kind.
    pub ty: Type,
    /// `exec` in `Pod/exec`.
    pub subresource: Option<Ident>,
}

/// A clause of a rule, a policy or a comprehension.
#[derive(Clone, Debug)]
pub enum Clause {
    /// `for a, b in e`
    For {
        /// One or two names.
        binders: Vec<Ident>,
        /// What is iterated.
        source: Expr,
        /// The whole clause.
        span: Span,
    },
    /// `let n = e`
    Let(Let),
    /// `if e`
    If {
        /// The condition.
        cond: Expr,
        /// The whole clause.
        span: Span,
    },
}

/// The actions that begin a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleAction {
    /// `deny`
    Deny,
    /// `warn`
    Warn,
    /// `audit`
    Audit,
}

/// How a rule begins.
#[derive(Clone, Debug)]
pub enum RuleHead {
    /// `deny high`
    Action {
        /// Which.
        action: RuleAction,
        /// The rule's own severity.
        severity: Option<Ident>,
    },
    /// `report (a, s)`
    Report {
        /// Of type `Action`.
        action: Expr,
        /// Of type `Severity`.
        severity: Option<Expr>,
    },
}

/// A rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `///` above it.
    pub doc: Doc,
    /// Action and severity.
    pub head: RuleHead,
    /// The message: a `Str` expression.
    pub message: Expr,
    /// Its clauses.
    pub clauses: Vec<Clause>,
    /// `refs { … }`
    pub refs: Option<Expr>,
    /// `at`
    pub at: Option<Expr>,
    /// `related`
    pub related: Option<Expr>,
    /// `fix`, in order.
    pub fixes: Vec<Fix>,
    /// From the head to the end.
    pub span: Span,
}

/// `fix unsafe set e at p when c`
#[derive(Clone, Debug)]
pub struct Fix {
    /// `unsafe` was written.
    pub is_unsafe: bool,
    /// What is done.
    pub op: FixOp,
    /// Its own place.
    pub at: Option<Expr>,
    /// Its condition.
    pub when: Option<Expr>,
    /// The whole clause.
    pub span: Span,
}

/// What a fix does.
#[derive(Clone, Debug)]
pub enum FixOp {
    /// `set e`
    Set(Expr),
    /// `add e`
    Add(Expr),
    /// `remove`
    Remove,
}

/// `test "name" { … }`
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name: a `Str` expression.
    pub name: Expr,
    /// Its members, in order.
    pub members: Vec<TestMember>,
}

/// A member of a test.
#[derive(Clone, Debug)]
pub struct TestMember {
    /// Which.
    pub kind: TestMemberKind,
    /// The whole member.
    pub span: Span,
}

/// The members of a test.
#[derive(Clone, Debug)]
pub enum TestMemberKind {
    /// `input = e`
    Input(Expr),
    /// `old = e`
    Old(Expr),
    /// `cluster = e`
    Cluster(Expr),
    /// `request = e`
    Request(Expr),
    /// `now = e`
    Now(Expr),
    /// `complete = all` (`None`) or `complete = K`
    Complete(Option<Type>),
    /// `data n = e`
    Data(Ident, Expr),
    /// `param p.n = e` or `param n = e`
    Param(Option<Ident>, Ident, Expr),
    /// `assert e`
    Assert(Expr),
    /// `expect …`
    Expect(Expect),
}

/// What a test expects.
#[derive(Clone, Debug)]
pub enum Expect {
    /// `expect fixed yaml"""…"""`
    Fixed(Expr),
    /// `expect error`
    Error,
    /// `expect pass [policy]`
    Pass(Option<Ident>),
    /// `expect skip [policy]`
    Skip(Option<Ident>),
    /// `expect deny [policy] [at "…"] [message "…"] [count n]`
    Finding {
        /// Which action.
        action: RuleAction,
        /// Of which policy.
        policy: Option<Ident>,
        /// Pointer: a `Str` expression.
        at: Option<Expr>,
        /// Text: a `Str` expression.
        message: Option<Expr>,
        /// How many, exactly.
        count: Option<(u64, Span)>,
    },
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// A name, perhaps with module or group: `Pod`, `apps.v1.Deployment`, `int`
    Path(Path),
    /// `T?`
    Optional(Box<Type>),
    /// `A | B`, at least two
    Union(Vec<Type>),
    /// `list<T>`
    List(Box<Type>),
    /// `set<T>`
    Set(Box<Type>),
    /// `map<K, V>`
    Map(Box<Type>, Box<Type>),
    /// `{ a: T, b?: T }`
    Record(Vec<TypeField>),
    /// `"any"`
    Literal(Arc<str>),
    /// `kind("Foo", "example.com/v1")`
    Kind {
        /// The kind.
        kind: Arc<str>,
        /// Its `apiVersion`.
        api_version: Arc<str>,
    },
}

/// A field of a record type.
#[derive(Clone, Debug)]
pub struct TypeField {
    /// `///` above it.
    pub doc: Doc,
    /// Its name.
    pub name: Ident,
    /// `?` behind the name.
    pub optional: bool,
    /// Its type.
    pub ty: Type,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, without surrounding parentheses.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"a {b}"`, `"""…"""`, `r"…"`
    Str(Vec<StrPart>),
    /// `re"…"`: the pattern
    Regex(Arc<str>),
    /// `yaml"…"`, `json"…"`: the text without common indentation; `span` of the literal locates it
    DocText {
        /// Which reader.
        format: DocFormat,
        /// The text.
        text: Arc<str>,
        /// Line and column of errors inside count from here.
        inner: Span,
    },
    /// `7d`: nanoseconds, and the text
    Duration(i64),
    /// A variable, an item, or a module before `.`
    Name(Arc<str>),
    /// `e.f`, `e?.f`
    Field {
        /// Whose.
        base: Box<Expr>,
        /// Which; quoted names too.
        field: Ident,
        /// `?.`
        safe: bool,
    },
    /// `e[i]`
    Index {
        /// Whose.
        base: Box<Expr>,
        /// Which.
        index: Box<Expr>,
    },
    /// `f(…)`, `m.f(…)`: the callee is a `Name` or a `Field` chain of names
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// With what.
        args: Args,
    },
    /// `not e`, `-e`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Of what.
        operand: Box<Expr>,
    },
    /// `a + b`
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
        /// Of which type.
        ty: Type,
    },
    /// `if a then b else c`
    If {
        /// When.
        cond: Box<Expr>,
        /// What then.
        then: Box<Expr>,
        /// What else.
        otherwise: Box<Expr>,
    },
    /// `match e { … }`
    Match {
        /// What is looked at.
        value: Box<Expr>,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `cluster(K)`, `cluster(K, before)`
    Cluster {
        /// Which kinds.
        ty: Type,
        /// As it was before the request.
        before: bool,
    },
    /// `complete(K)`
    Complete(Type),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{a, b}`
    Set(Vec<Expr>),
    /// `{k: v}`: record or map, as its place asks
    Record(Vec<(FieldKey, Expr)>),
    /// `{}`
    EmptyBrace,
    /// `[e for …]`
    ListComp(Box<Comprehension>),
    /// `{e for …}`
    SetComp(Box<Comprehension>),
    /// `{k: v for …}`
    MapComp {
        /// The key.
        key: Box<Expr>,
        /// Value and clauses.
        body: Box<Comprehension>,
    },
    /// Where the parser found nothing that it could read; a diagnostic says why.
    Error,
}

/// The key of a record or map literal.
#[derive(Clone, Debug)]
pub struct FieldKey {
    /// A word is `[StrPart::Text]`; a string may have holes.
    pub parts: Vec<StrPart>,
    /// True if it was written as a word.
    pub word: bool,
    /// Where it stands.
    pub span: Span,
}

/// `e for … let … if … by k`
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// The element.
    pub element: Expr,
    /// Begins with a `for`.
    pub clauses: Vec<Clause>,
    /// `by e`: only in arguments.
    pub by: Option<Expr>,
}

/// What stands in the parentheses of a call.
#[derive(Clone, Debug)]
pub enum Args {
    /// `f(a, b)`
    Plain(Vec<Arg>),
    /// `f(e for …)`
    Comprehension(Box<Comprehension>),
}

/// One argument.
#[derive(Clone, Debug)]
pub enum Arg {
    /// An expression.
    Expr(Expr),
    /// `.field`: the second argument of `descend`.
    Field(Ident),
}

/// A part of a string.
#[derive(Clone, Debug)]
pub enum StrPart {
    /// Text, decoded.
    Text(Arc<str>),
    /// `{e}`
    Hole(Expr),
}

/// The readers of document texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DocFormat {
    /// `yaml"…"`
    Yaml,
    /// `json"…"`
    Json,
}

/// Operators before their operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Neg,
}

/// Operators between operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `matches`
    Matches,
    /// `like`
    Like,
    /// `??`
    OrElse,
    /// `++`
    Join,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
}

impl BinaryOp {
    /// How the operator is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Matches => "matches",
            Self::Like => "like",
            Self::OrElse => "??",
            Self::Join => "++",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }
}

/// One arm of a `match`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// At least one pattern, or `else` alone.
    pub patterns: Vec<Pattern>,
    /// The name that the value has in the arm, narrowed.
    pub name: Option<Ident>,
    /// What the arm gives.
    pub value: Expr,
    /// The whole arm.
    pub span: Span,
}

/// A pattern of an arm.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of patterns.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// `else`
    Else,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `-1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// A type; `"text"` is `TypeKind::Literal`
    Type(Type),
}
