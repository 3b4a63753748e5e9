//! Text → syntax tree.
//!
//! Parsing never fails: it gives a tree of what could be read and says what could not. A file that is right is read by
//! one call of pest; one that is not is cut into pieces (`recover`), each read on its own, so that one run tells all
//! mistakes.
//!
//! INVARIANT: a tree is at most [`MAX_DEPTH`] levels deep, whatever the text.

mod assembly;
pub(super) mod cursor;
mod expected;
mod expr;
mod items;
mod mistake;
mod policy;
mod recover;
mod site;
pub mod strings;
mod test_item;
#[cfg(test)]
mod tests;
mod types;

/// What pest makes of the grammar.
pub(super) mod grammar {
    /// pest's parser.
    #[derive(pest_derive::Parser)]
    #[grammar = "plimsoll.pest"]
    pub(in crate::syntax) struct Grammar;
}

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Doc, Expr, FnParam, Module, Type};
use crate::syntax::scan::{TokenKind, scan};
use cursor::{Cx, Kids, Pair};
use grammar::{Grammar, Rule};
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use site::Site;

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
    if text.len() > MAX_SOURCE {
        return Parsed { module, diagnostics: vec![too_long(cx.range(0, 0), text.len())] };
    }
    let scan = scan(source, text);
    if scan.faults.is_empty()
        && let Ok(pair) = one(Rule::module, text)
    {
        if fill(&cx, pair, &mut module).is_none() && !cx.failed() {
            cx.report(unreadable(whole));
        }
        return Parsed { module, diagnostics: cx.finish() };
    }
    let mut diagnostics = recover::recover(source, text, &scan, &mut module);
    if diagnostics.is_empty() {
        diagnostics.push(unreadable(whole));
    }
    Parsed { module, diagnostics }
}

/// Reads one expression.
///
/// # Errors
/// What is wrong with it.
pub fn parse_expr(source: SourceId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    alone(source, text, Rule::only_expr, expr::expr)
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
    let (params, result) = alone(SourceId::default(), text, Rule::only_signature, types::shape)?;
    Ok(Shape { params, result })
}

/// Reads a text that is one `rule`.
fn alone<T>(
    source: SourceId,
    text: &str,
    rule: Rule,
    build: impl FnOnce(&Cx, Pair<'_>) -> Option<T>,
) -> Result<T, Vec<Diagnostic>> {
    let cx = Cx::new(source, 0);
    if text.len() > MAX_SOURCE {
        return Err(vec![too_long(cx.range(0, 0), text.len())]);
    }
    let scan = scan(source, text);
    if !scan.faults.is_empty() {
        return Err(scan.faults.into_iter().map(|fault| fault.diagnostic).collect());
    }
    let pair = match one(rule, text) {
        Ok(pair) => pair,
        Err(stop) => {
            let tokens: Vec<_> = scan.tokens.into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
            let site = Site::new(source, text, &tokens, (0, tokens.len()), site::Kind::Alone);
            return Err(vec![mistake::mistake(site, stop)]);
        }
    };
    match Kids::of(pair).next().and_then(|pair| build(&cx, pair)) {
        Some(built) if !cx.failed() => Ok(built),
        _ => {
            if !cx.failed() {
                cx.report(unreadable(cx.range(0, text.len())));
            }
            Err(cx.finish())
        }
    }
}

/// Where pest stopped.
pub(super) struct Stop {
    at: usize,
    expected: Vec<Rule>,
    /// The stack would not hold more.
    too_deep: bool,
}

/// The one pair of a successful parse, else where it stopped.
pub(super) fn one(rule: Rule, text: &str) -> Result<Pair<'_>, Stop> {
    let nothing = Stop { at: 0, expected: vec![], too_deep: false };
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => pairs.next().ok_or(nothing),
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            Err(match error.variant {
                ErrorVariant::ParsingError { positives, .. } => Stop { at, expected: positives, too_deep: false },
                ErrorVariant::CustomError { .. } => Stop { at, too_deep: true, ..nothing },
            })
        }
    }
}

fn too_long(at: Span, length: usize) -> Diagnostic {
    Diagnostic::error(Code::SourceSize, format!("the text has {length} bytes, the limit is {MAX_SOURCE}"))
        .at(at, "this file is too long")
        .help("split it into several modules; large tables belong into `data` documents")
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
