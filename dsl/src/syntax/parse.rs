//! Text → syntax tree.
//!
//! Parsing never fails: it gives a tree of what could be read and says what could not. A file that is right is read by
//! one call of pest; one that is not is cut into pieces (`recover`), each read on its own, so that one run tells all
//! mistakes.
//!
//! INVARIANT: a tree is at most [`MAX_DEPTH`] levels deep, whatever the text.

mod cursor;
mod expr;
mod items;
mod policy;
pub mod strings;
mod test_item;
mod types;

/// What pest makes of the grammar.
mod grammar {
    /// pest's parser.
    #[derive(pest_derive::Parser)]
    #[grammar = "plimsoll.pest"]
    pub(super) struct Grammar;
}

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Doc, Expr, ExprKind, FnParam, Module, Type};
use cursor::{Cx, Kids, Pair};
use grammar::{Grammar, Rule};
use pest::Parser;

/// The deepest tree: every pass over it may recurse.
pub const MAX_DEPTH: u32 = 400;

/// The longest text, in bytes.
pub const MAX_SOURCE: usize = 4 << 20;

/// Words that are no names.
pub const RESERVED: [&str; 17] = [
    "and", "else", "false", "for", "if", "in", "is", "let", "like", "match", "matches", "not", "null", "or", "return",
    "then", "true",
];

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What could be read.
    pub module: Module,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one file.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> Parsed {
    let cx = Cx::new(source, 0);
    let whole = cx.range(0, text.len());
    let mut module = Module { doc: Doc::default(), name: None, uses: vec![], items: vec![], span: whole };
    match one(Rule::module, text) {
        Ok(pair) => {
            if fill(&cx, pair, &mut module).is_none() && !cx.failed() {
                cx.report(unreadable(whole));
            }
        }
        Err(at) => cx.report(unreadable(cx.range(at, at))),
    }
    Parsed { module, diagnostics: cx.finish() }
}

/// Reads one expression.
///
/// # Errors
/// What is wrong with it.
pub fn parse_expr(source: SourceId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let cx = Cx::new(source, 0);
    let span = cx.range(0, text.len());
    let built = match one(Rule::only_expr, text) {
        Ok(pair) => Kids::of(pair).next().and_then(|pair| expr::expr(&cx, pair)),
        Err(at) => {
            cx.report(unreadable(cx.range(at, at)));
            None
        }
    };
    settle(cx, span, built)
}

/// The parameters and the result type of a function.
#[derive(Clone, Debug)]
pub struct Shape {
    /// In order.
    pub params: Vec<FnParam>,
    /// Behind the arrow.
    pub result: Type,
}

/// Reads the signature of a built-in: `(s: string, prefix: string = "") -> bool`. A type variable is a path of one
/// capital letter.
///
/// # Errors
/// What is wrong with it.
pub fn parse_signature(text: &str) -> Result<Shape, Vec<Diagnostic>> {
    let cx = Cx::new(SourceId::default(), 0);
    let span = cx.range(0, text.len());
    let built = match one(Rule::only_signature, text) {
        Ok(pair) => Kids::of(pair).next().and_then(|pair| types::shape(&cx, pair)),
        Err(at) => {
            cx.report(unreadable(cx.range(at, at)));
            None
        }
    };
    settle(cx, span, built.map(|(params, result)| Shape { params, result }))
}

fn settle<T>(cx: Cx, span: Span, built: Option<T>) -> Result<T, Vec<Diagnostic>> {
    match built {
        Some(built) if !cx.failed() => Ok(built),
        _ => {
            if !cx.failed() {
                cx.report(unreadable(span));
            }
            Err(cx.finish())
        }
    }
}

/// The one pair of a successful parse, else where it stopped.
fn one(rule: Rule, text: &str) -> Result<Pair<'_>, usize> {
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => pairs.next().ok_or(0),
        Err(error) => Err(match error.location {
            pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
        }),
    }
}

fn fill(cx: &Cx, pair: Pair<'_>, module: &mut Module) -> Option<()> {
    let mut kids = Kids::of(pair);
    module.doc = cx.doc(&kids.every(Rule::module_doc));
    for pair in kids {
        match pair.as_rule() {
            Rule::module_name => module.name = Some(cx.path(Kids::of(pair).next()?)),
            Rule::use_decl => module.uses.push(items::use_decl(cx, pair)?),
            _ => module.items.push(items::item(cx, pair)?),
        }
    }
    Some(())
}

/// What is said where nothing better is known.
fn unreadable(at: Span) -> Diagnostic {
    Diagnostic::error(Code::Syntax, "this cannot be read").at(at, "the text makes no sense from here on")
}

/// True where an expression stands for something that could not be read.
#[must_use]
pub fn is_unreadable(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Error)
}
