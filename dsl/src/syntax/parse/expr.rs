//! Expressions: a flat row of operands and operators → tree, by precedence.
//!
//! The grammar lets operators stand in any order; two things that it does not say are said here: comparisons do not
//! chain, and `not` is no operand of anything tighter than itself.

use super::cursor::{Cx, Kids, Pair};
use super::grammar::Rule;
use super::{policy, strings, types};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Arg, Args, Arm, BinaryOp, Comprehension, Expr, ExprKind, FieldKey, StrPart, UnaryOp};
use pest::pratt_parser::{Assoc::Left, ConstPrattParser, Op};

/// Every operator, loosest first; `true` begins a new level.
static PRECEDENCE: ConstPrattParser<Rule, 22> = ConstPrattParser::new_const([
    (Op::infix(Rule::op_or, Left), true),
    (Op::infix(Rule::op_and, Left), true),
    (Op::prefix(Rule::not_op), true),
    (Op::infix(Rule::op_eq, Left), true),
    (Op::infix(Rule::op_ne, Left), false),
    (Op::infix(Rule::op_le, Left), false),
    (Op::infix(Rule::op_ge, Left), false),
    (Op::infix(Rule::op_lt, Left), false),
    (Op::infix(Rule::op_gt, Left), false),
    (Op::infix(Rule::op_not_in, Left), false),
    (Op::infix(Rule::op_in, Left), false),
    (Op::infix(Rule::op_matches, Left), false),
    (Op::infix(Rule::op_like, Left), false),
    (Op::postfix(Rule::is_type), false),
    (Op::infix(Rule::op_or_else, Left), true),
    (Op::infix(Rule::op_join, Left), true),
    (Op::infix(Rule::op_add, Left), false),
    (Op::infix(Rule::op_sub, Left), false),
    (Op::infix(Rule::op_mul, Left), true),
    (Op::infix(Rule::op_div, Left), false),
    (Op::infix(Rule::op_rem, Left), false),
    (Op::prefix(Rule::neg_op), true),
]);

/// What an operator between operands means.
fn binary_op(rule: Rule) -> Option<BinaryOp> {
    Some(match rule {
        Rule::op_or => BinaryOp::Or,
        Rule::op_and => BinaryOp::And,
        Rule::op_eq => BinaryOp::Eq,
        Rule::op_ne => BinaryOp::Ne,
        Rule::op_le => BinaryOp::Le,
        Rule::op_ge => BinaryOp::Ge,
        Rule::op_lt => BinaryOp::Lt,
        Rule::op_gt => BinaryOp::Gt,
        Rule::op_not_in => BinaryOp::NotIn,
        Rule::op_in => BinaryOp::In,
        Rule::op_matches => BinaryOp::Matches,
        Rule::op_like => BinaryOp::Like,
        Rule::op_or_else => BinaryOp::OrElse,
        Rule::op_join => BinaryOp::Join,
        Rule::op_add => BinaryOp::Add,
        Rule::op_sub => BinaryOp::Sub,
        Rule::op_mul => BinaryOp::Mul,
        Rule::op_div => BinaryOp::Div,
        Rule::op_rem => BinaryOp::Rem,
        _ => return None,
    })
}

/// An expression on its way through the Pratt parser.
struct Node {
    expr: Expr,
    /// With parentheses.
    outer: Span,
    shape: Shape,
}

/// What the outermost operator is, where it stands without parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Not,
    Comparison,
    Other,
}

/// An expression.
pub(super) fn expr(cx: &Cx, pair: Pair<'_>) -> Option<Expr> {
    let span = cx.span(&pair);
    let row: Vec<_> = Kids::of(pair).collect();
    let operators = row.iter().filter(|p| p.as_rule() != Rule::operand).count();
    let built = cx.deeper(operators.saturating_add(1), span, || {
        let node = PRECEDENCE
            .map_primary(|pair| operand(cx, pair).unwrap_or_else(|| unreadable(cx.range(0, 0))))
            .map_prefix(|op, node| prefix(cx, &op, node))
            .map_postfix(|node, is| is_type(cx, node, is))
            .map_infix(|left, op, right| infix(cx, left, &op, right))
            .parse(row.into_iter());
        node.expr
    });
    Some(built.unwrap_or(Expr { kind: ExprKind::Error, span }))
}

fn unreadable(span: Span) -> Node {
    Node { expr: Expr { kind: ExprKind::Error, span }, outer: span, shape: Shape::Other }
}

fn prefix(cx: &Cx, op: &Pair<'_>, node: Node) -> Node {
    let (span, is_not) = (cx.span(op), op.as_rule() == Rule::not_op);
    if !is_not && node.shape == Shape::Not {
        cx.report(loose_not(node.outer));
    }
    let outer = span.to(node.outer);
    let op = if is_not { UnaryOp::Not } else { UnaryOp::Neg };
    let kind = ExprKind::Unary { op, operand: Box::new(node.expr) };
    Node { expr: Expr { kind, span: outer }, outer, shape: if is_not { Shape::Not } else { Shape::Other } }
}

fn infix(cx: &Cx, left: Node, op: &Pair<'_>, right: Node) -> Node {
    let Some(operator) = binary_op(op.as_rule()) else { return left };
    let (shape, tight) = match operator {
        BinaryOp::Or | BinaryOp::And => (Shape::Other, false),
        BinaryOp::OrElse | BinaryOp::Join | BinaryOp::Add | BinaryOp::Sub => (Shape::Other, true),
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => (Shape::Other, true),
        _ => (Shape::Comparison, true),
    };
    if shape == Shape::Comparison && left.shape == Shape::Comparison {
        // Nothing more is said of it: whatever it meant, it would have another type.
        cx.report(chained(cx.span(op), left.outer));
        return unreadable(left.outer.to(right.outer));
    }
    if tight && right.shape == Shape::Not {
        cx.report(loose_not(right.outer));
    }
    let outer = left.outer.to(right.outer);
    let kind = ExprKind::Binary { op: operator, left: Box::new(left.expr), right: Box::new(right.expr) };
    Node { expr: Expr { kind, span: outer }, outer, shape }
}

fn is_type(cx: &Cx, node: Node, is: Pair<'_>) -> Node {
    let span = cx.span(&is);
    if node.shape == Shape::Comparison {
        cx.report(chained(span, node.outer));
        return unreadable(node.outer.to(span));
    }
    let outer = node.outer.to(span);
    let Some(ty) = Kids::of(is).next().and_then(|ty| types::ty(cx, ty)) else { return unreadable(outer) };
    let kind = ExprKind::Is { value: Box::new(node.expr), ty };
    Node { expr: Expr { kind, span: outer }, outer, shape: Shape::Comparison }
}

fn chained(op: Span, left: Span) -> Diagnostic {
    Diagnostic::error(Code::Chain, "comparisons do not chain")
        .at(op, "a second comparison")
        .at(left, "this is a comparison already")
        .help("join two comparisons with `and`, as in `a < b and b < c`, or put one into parentheses")
}

fn loose_not(at: Span) -> Diagnostic {
    Diagnostic::error(Code::Chain, "`not` reaches too far to stand behind this operator")
        .at(at, "`not` takes the whole comparison behind it")
        .help("put parentheses round it: `(not …)`")
}

fn operand(cx: &Cx, pair: Pair<'_>) -> Option<Node> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let first = kids.next()?;
    let steps: Vec<_> = kids.collect();
    let node = cx.deeper(steps.len(), span, || {
        let mut node = primary(cx, first)?;
        for step in steps {
            let outer = node.outer.to(cx.span(&step));
            let kind = postfix(cx, node.expr, step)?;
            node = Node { expr: Expr { kind, span: outer }, outer, shape: Shape::Other };
        }
        Some(node)
    });
    node.unwrap_or_else(|| Some(unreadable(span)))
}

fn postfix(cx: &Cx, base: Expr, step: Pair<'_>) -> Option<ExprKind> {
    let rule = step.as_rule();
    let mut kids = Kids::of(step);
    Some(match rule {
        Rule::safe_member | Rule::member_of => ExprKind::Field {
            base: Box::new(base),
            field: strings::field(cx, kids.next()?)?,
            safe: rule == Rule::safe_member,
        },
        Rule::index => ExprKind::Index { base: Box::new(base), index: Box::new(expr(cx, kids.next()?)?) },
        Rule::call => ExprKind::Call { callee: Box::new(base), args: args(cx, kids)? },
        _ => return None,
    })
}

fn args(cx: &Cx, mut kids: Kids<'_>) -> Option<Args> {
    let mut args = vec![];
    while let Some(pair) = kids.next() {
        args.push(match pair.as_rule() {
            Rule::field_arg => Arg::Field(strings::field(cx, Kids::of(pair).next()?)?),
            Rule::expr => Arg::Expr(expr(cx, pair)?),
            Rule::comp => {
                let element = match args.pop()? {
                    Arg::Expr(element) => element,
                    Arg::Field(field) => {
                        cx.report(
                            Diagnostic::error(Code::Syntax, "`.field` is no value that could be collected")
                                .at(field.span, "expected an expression before `for`"),
                        );
                        Expr { kind: ExprKind::Error, span: field.span }
                    }
                };
                let by = kids.only(Rule::by).and_then(|by| Kids::of(by).next());
                let by = by.and_then(|by| expr(cx, by));
                return Some(Args::Comprehension(Box::new(comprehension(cx, element, pair, by)?)));
            }
            _ => return None,
        });
    }
    Some(Args::Plain(args))
}

fn comprehension(cx: &Cx, element: Expr, comp: Pair<'_>, by: Option<Expr>) -> Option<Comprehension> {
    // Each loop holds what follows.
    let span = cx.span(&comp);
    let loops = comp.clone().into_inner().filter(|clause| clause.as_rule() == Rule::for_clause).count();
    let read = || Kids::of(comp).map(|clause| policy::clause(cx, clause)).collect::<Option<_>>();
    let clauses = cx.deeper(loops, span, read)??;
    Some(Comprehension { element, clauses, by })
}

/// A duration, a brace: what stands where the grammar wants nothing else.
pub(super) fn literal(cx: &Cx, pair: Pair<'_>) -> Option<Expr> {
    primary(cx, pair).map(|node| node.expr)
}

fn primary(cx: &Cx, pair: Pair<'_>) -> Option<Node> {
    let outer = cx.span(&pair);
    let expr = match pair.as_rule() {
        Rule::paren => expr(cx, Kids::of(pair).next()?)?,
        Rule::string => strings::string(cx, pair)?,
        Rule::regex => strings::regex(cx, &pair),
        Rule::doc_text => strings::doc_text(cx, &pair),
        rule => Expr { kind: compound(cx, rule, pair, outer)?, span: outer },
    };
    Some(Node { expr, outer, shape: Shape::Other })
}

fn compound(cx: &Cx, rule: Rule, pair: Pair<'_>, span: Span) -> Option<ExprKind> {
    let text = pair.as_str();
    if let Some(kind) = atom(rule, text) {
        return Some(kind.unwrap_or_else(|| too_large(cx, text, span)));
    }
    // One function a form: what recurs must have a small frame.
    match rule {
        Rule::if_expr => conditional(cx, pair),
        Rule::match_expr => matching(cx, pair),
        Rule::list => list(cx, Kids::of(pair)),
        Rule::brace => brace(cx, Kids::of(pair)),
        _ => of_types(cx, rule, pair),
    }
}

fn too_large(cx: &Cx, text: &str, span: Span) -> ExprKind {
    cx.report(types::out_of_range(text).at(span, "the number is too large"));
    ExprKind::Error
}

fn boxed(cx: &Cx, pair: Pair<'_>) -> Option<Box<Expr>> {
    expr(cx, pair).map(Box::new)
}

fn conditional(cx: &Cx, pair: Pair<'_>) -> Option<ExprKind> {
    let mut kids = Kids::of(pair);
    let cond = boxed(cx, kids.next()?)?;
    let then = boxed(cx, kids.next()?)?;
    Some(ExprKind::If { cond, then, otherwise: boxed(cx, kids.next()?)? })
}

fn matching(cx: &Cx, pair: Pair<'_>) -> Option<ExprKind> {
    let mut kids = Kids::of(pair);
    let value = boxed(cx, kids.next()?)?;
    let mut arms = vec![];
    for pair in kids {
        arms.push(arm(cx, pair)?);
    }
    Some(ExprKind::Match { value, arms })
}

/// `cluster(K)`, `complete(K)`
fn of_types(cx: &Cx, rule: Rule, pair: Pair<'_>) -> Option<ExprKind> {
    let mut kids = Kids::of(pair);
    let ty = types::ty(cx, kids.next()?)?;
    match rule {
        Rule::cluster_expr => Some(ExprKind::Cluster { ty, before: kids.only(Rule::before).is_some() }),
        Rule::complete_expr => Some(ExprKind::Complete(ty)),
        _ => None,
    }
}

/// Words and numbers; the inner `None` is a number that does not fit.
fn atom(rule: Rule, text: &str) -> Option<Option<ExprKind>> {
    Some(match rule {
        Rule::name => Some(ExprKind::Name(text.into())),
        Rule::null => Some(ExprKind::Null),
        Rule::bool => Some(ExprKind::Bool(text == "true")),
        Rule::int => parse_int(text).map(ExprKind::Int),
        Rule::float => parse_float(text).map(ExprKind::Float),
        Rule::duration => parse_duration(text).map(ExprKind::Duration),
        _ => return None,
    })
}

/// `1_000`
pub(super) fn parse_int(text: &str) -> Option<i64> {
    text.replace('_', "").parse().ok()
}

/// `1.5`
pub(super) fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `7d` in nanoseconds.
fn parse_duration(text: &str) -> Option<i64> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(unit_at)?;
    const MILLISECOND: i64 = 1_000_000;
    let nanoseconds = match unit {
        "ms" => MILLISECOND,
        "s" => 1_000 * MILLISECOND,
        "m" => 60_000 * MILLISECOND,
        "h" => 3_600_000 * MILLISECOND,
        "d" => 86_400_000 * MILLISECOND,
        "w" => 604_800_000 * MILLISECOND,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(nanoseconds)
}

fn arm(cx: &Cx, pair: Pair<'_>) -> Option<Arm> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let mut patterns = vec![];
    while let Some(pattern) = kids.only(Rule::pattern_else).or_else(|| kids.only(Rule::pattern)) {
        patterns.push(types::pattern(cx, pattern)?);
    }
    let name = kids.only(Rule::name).map(|name| cx.ident(&name));
    Some(Arm { patterns, name, value: expr(cx, kids.next()?)?, span })
}

fn list(cx: &Cx, mut kids: Kids<'_>) -> Option<ExprKind> {
    let mut elements = vec![];
    while let Some(element) = kids.only(Rule::expr) {
        elements.push(expr(cx, element)?);
    }
    Some(match kids.only(Rule::comp) {
        Some(comp) => ExprKind::ListComp(Box::new(comprehension(cx, elements.pop()?, comp, None)?)),
        None => ExprKind::List(elements),
    })
}

/// `{…}`: what it is, is known behind its first element.
fn brace(cx: &Cx, mut kids: Kids<'_>) -> Option<ExprKind> {
    let Some(first) = kids.next() else { return Some(ExprKind::EmptyBrace) };
    if let Some(pairs) = kids.only(Rule::pairs) {
        return entries(cx, first, pairs);
    }
    let first = expr(cx, first)?;
    if let Some(comp) = kids.only(Rule::comp) {
        return Some(ExprKind::SetComp(Box::new(comprehension(cx, first, comp, None)?)));
    }
    let mut elements = vec![first];
    for element in kids {
        elements.push(expr(cx, element)?);
    }
    Some(ExprKind::Set(elements))
}

/// `key: value, …` or `key: value for …`
fn entries(cx: &Cx, first: Pair<'_>, pairs: Pair<'_>) -> Option<ExprKind> {
    let mut kids = Kids::of(pairs);
    let value = expr(cx, kids.next()?)?;
    if let Some(comp) = kids.only(Rule::comp) {
        return map_comprehension(cx, first, value, comp);
    }
    let mut entries = vec![(first_key(cx, first)?, value)];
    for pair in kids {
        entries.push(entry(cx, pair)?);
    }
    Some(ExprKind::Record(entries))
}

fn map_comprehension(cx: &Cx, key: Pair<'_>, value: Expr, comp: Pair<'_>) -> Option<ExprKind> {
    let key = Box::new(computed_key(cx, key)?);
    Some(ExprKind::MapComp { key, body: Box::new(comprehension(cx, value, comp, None)?) })
}

fn first_key(cx: &Cx, pair: Pair<'_>) -> Option<FieldKey> {
    match pair.as_rule() {
        Rule::word_key => Some(word_key(cx, &pair)),
        _ => expr(cx, pair).map(|key| literal_key(cx, key)),
    }
}

fn entry(cx: &Cx, pair: Pair<'_>) -> Option<(FieldKey, Expr)> {
    let mut kids = Kids::of(pair);
    let key = kids.next()?;
    let key = match key.as_rule() {
        Rule::word => word_key(cx, &key),
        _ => FieldKey { span: cx.span(&key), parts: strings::parts(cx, key)?, word: false },
    };
    Some((key, expr(cx, kids.next()?)?))
}

/// The key of a comprehension is an expression; a word is a variable.
fn computed_key(cx: &Cx, pair: Pair<'_>) -> Option<Expr> {
    if pair.as_rule() == Rule::expr {
        return expr(cx, pair);
    }
    let span = cx.span(&pair);
    let word = pair.into_inner().next()?;
    let kind = match word.as_str() {
        "true" => ExprKind::Bool(true),
        "false" => ExprKind::Bool(false),
        "null" => ExprKind::Null,
        word if super::RESERVED.contains(&word) => {
            cx.report(
                Diagnostic::error(Code::ReservedWord, format!("`{word}` is a reserved word, so it is no variable"))
                    .at(span, "the key of a comprehension is an expression")
                    .help(format!("for the text itself write `\"{word}\"`")),
            );
            ExprKind::Error
        }
        word => ExprKind::Name(word.into()),
    };
    Some(Expr { kind, span })
}

fn word_key(cx: &Cx, pair: &Pair<'_>) -> FieldKey {
    // Of a `word_key`, the word alone: pest leaves what stands before the colon in the pair.
    let word = pair.clone().into_inner().next().map_or(pair.as_str(), |word| word.as_str());
    FieldKey { parts: vec![StrPart::Text(word.into())], word: true, span: cx.span(pair) }
}

/// A key that was read as an expression, before its colon was seen.
fn literal_key(cx: &Cx, key: Expr) -> FieldKey {
    let parts = match key.kind {
        ExprKind::Str(parts) => parts,
        _ => {
            cx.report(
                Diagnostic::error(Code::Syntax, "a key is a word or a string")
                    .at(key.span, "this is an expression")
                    .help("write a string with a hole, `\"{…}\"`, or build the map with `{k: v for …}`"),
            );
            vec![]
        }
    };
    FieldKey { parts, word: false, span: key.span }
}
