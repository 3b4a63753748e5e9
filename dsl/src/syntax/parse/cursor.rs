//! How the builders walk over pest's pairs: [`Kids`] gives the children of a pair that carry meaning, [`Cx`] turns
//! pest's places into [`Span`]s and keeps what has been found wrong.
//!
//! INVARIANT: a builder gives `None` only where the grammar does not allow the pair to look so; the caller then
//! reports the item as unreadable, so that a slip between grammar and builder is an error message and not a panic.

use super::MAX_DEPTH;
use super::grammar::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Doc, Ident, Path};
use pest::iterators::{Pair as PestPair, Pairs};
use std::cell::{Cell, RefCell};

/// A pair of our grammar.
pub(in crate::syntax) type Pair<'i> = PestPair<'i, Rule>;

/// The children of a pair, without key words and marks.
pub(super) struct Kids<'i>(Pairs<'i, Rule>);

impl<'i> Kids<'i> {
    /// The children of `pair`.
    pub(super) fn of(pair: Pair<'i>) -> Self {
        Kids(pair.into_inner())
    }

    /// The rule of the next child.
    pub(super) fn peek(&mut self) -> Option<Rule> {
        while let Some(pair) = self.0.peek() {
            if !is_noise(pair.as_rule()) {
                return Some(pair.as_rule());
            }
            self.0.next();
        }
        None
    }

    /// The next child if it is a `rule`.
    pub(super) fn only(&mut self, rule: Rule) -> Option<Pair<'i>> {
        if self.peek() == Some(rule) { self.0.next() } else { None }
    }

    /// All next children that are a `rule`.
    pub(super) fn every(&mut self, rule: Rule) -> Vec<Pair<'i>> {
        std::iter::from_fn(|| self.only(rule)).collect()
    }
}

impl<'i> Iterator for Kids<'i> {
    type Item = Pair<'i>;

    fn next(&mut self) -> Option<Pair<'i>> {
        self.0.by_ref().find(|pair| !is_noise(pair.as_rule()))
    }
}

/// Key words and marks: that the parent is there says that they are.
fn is_noise(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        l_brace
            | r_brace
            | l_paren
            | r_paren
            | l_bracket
            | r_bracket
            | l_angle
            | r_angle
            | comma
            | semi
            | colon
            | dot
            | safe_dot
            | bar
            | eq
            | arrow
            | fat_arrow
            | quote
            | quote3
            | EOI
    ) || is_key_word(rule)
}

/// The rules of words that only lead or link.
pub(in crate::syntax) fn is_key_word(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        IF | THEN
            | ELSE
            | IN
            | NOT
            | IS
            | MATCH
            | FOR
            | LET
            | RETURN
            | TRUE
            | MODULE
            | USE
            | AS
            | TYPE
            | PARAM
            | DATA
            | FN
            | EXTERN
            | PROFILE
            | INCLUDE
            | SET
            | POLICY
            | TEST
            | ID
            | SEVERITY
            | REFS
            | ENABLED
            | WINDOW
            | SENSITIVE
            | ON
            | WHEN
            | CLUSTER
            | EXCEPT
            | REPORT
            | AT
            | RELATED
            | FIX
            | ADD
            | REMOVE
            | BY
            | COMPLETE
            | ALL
            | EXPECT
            | ASSERT
            | FIXED
            | ERROR
            | PASS
            | SKIP
            | MESSAGE
            | COUNT
            | LIST
            | MAP
            | KIND
    )
}

/// What the builders of one piece of a file share.
pub(super) struct Cx {
    source: SourceId,
    /// Where the piece begins in its file.
    base: usize,
    depth: Cell<u32>,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl Cx {
    /// For a piece that begins at `base` of `source`.
    pub(super) fn new(source: SourceId, base: usize) -> Self {
        Self { source, base, depth: Cell::new(0), diagnostics: RefCell::default() }
    }

    /// What was found wrong.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    /// True if something was found wrong.
    pub(super) fn failed(&self) -> bool {
        !self.diagnostics.borrow().is_empty()
    }

    /// Keeps an error.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// The span of a byte range of the piece.
    pub(super) fn range(&self, start: usize, end: usize) -> Span {
        let at = |offset: usize| u32::try_from(self.base.saturating_add(offset)).unwrap_or(u32::MAX);
        Span { source: self.source, start: at(start), end: at(end) }
    }

    /// Where a pair stands, without the blanks and comments that pest leaves at its end.
    pub(super) fn span(&self, pair: &Pair<'_>) -> Span {
        let start = pair.as_span().start();
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().rev().find(|p| p.as_rule() != Rule::semi) {
            last = inner;
        }
        self.range(start, last.as_span().end())
    }

    /// Builds something whose parts lie `levels` deeper; `None` and an error where that is too deep.
    pub(super) fn deeper<T>(&self, levels: usize, at: Span, build: impl FnOnce() -> T) -> Option<T> {
        let before = self.depth.get();
        let depth = before.saturating_add(u32::try_from(levels).unwrap_or(u32::MAX));
        if depth > MAX_DEPTH {
            self.report(too_deep(at));
            return None;
        }
        self.depth.set(depth);
        let built = build();
        self.depth.set(before);
        Some(built)
    }

    /// A word as a name.
    pub(super) fn ident(&self, pair: &Pair<'_>) -> Ident {
        Ident { name: pair.as_str().into(), span: self.span(pair) }
    }

    /// `a.b.c`
    pub(super) fn path(&self, pair: Pair<'_>) -> Path {
        let span = self.span(&pair);
        Path { segments: Kids::of(pair).map(|word| self.ident(&word)).collect(), span }
    }

    /// Lines of a doc comment, whose marker has three characters.
    pub(super) fn doc(&self, lines: &[Pair<'_>]) -> Doc {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Doc::default() };
        let text = lines.iter().map(|line| {
            let text = line.as_str().get(3..).unwrap_or_default().trim_end();
            text.strip_prefix(' ').unwrap_or(text)
        });
        Doc { text: text.collect::<Vec<_>>().join("\n"), span: self.span(first).to(self.span(last)) }
    }
}

/// The error of a tree that would be too deep.
pub(super) fn too_deep(at: Span) -> Diagnostic {
    Diagnostic::error(Code::Nesting, "the expression is nested too deeply")
        .at(at, format!("deeper than {MAX_DEPTH} levels; every operator of a chain counts"))
        .help("give its parts names with `let`, or put them into a list and use `any` or `all`")
}
