//! The formatter: a text in the one style of the language.
//!
//! It walks over pest's pairs, in which every token is a leaf, and lays them out again with the comments that stand
//! between them. It adds and takes away nothing but blanks, line ends, `;`, and commas before a closing bracket.
//!
//! INVARIANT: the tree of the result is that of the text but for spans, and the result is formatted already.

mod doc;
mod expr;
mod items;
mod policy;
#[cfg(test)]
mod tests;

use super::parse::cursor::{Pair, is_key_word};
use super::parse::grammar::Rule;
use super::parse::{one, parse};
use super::scan::{Token, TokenKind, scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use doc::{Doc, text};
use std::cell::Cell;

/// Formats a module.
///
/// # Errors
/// What keeps the text from being read; it is formatted only as a whole.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(SourceId::default(), source);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let Ok(module) = one(Rule::module, source) else {
        let nowhere = Span::default();
        return Err(vec![Diagnostic::error(Code::Syntax, "this cannot be read").at(nowhere, "")]);
    };
    let comments = scan(SourceId::default(), source).tokens;
    let comments = comments.into_iter().filter(|token| token.kind == TokenKind::Comment).collect();
    let formatter = Formatter { source, comments, next: Cell::new(0) };
    Ok(doc::print(&formatter.module(module)))
}

/// Walks over the pairs from the first to the last, once; comments are put where they stand.
struct Formatter<'t> {
    source: &'t str,
    comments: Vec<Token>,
    /// The first comment that was not put yet.
    next: Cell<usize>,
}

impl<'t> Formatter<'t> {
    /// The comments before `offset` that were not put yet, each on a line of its own.
    fn comments_before(&self, offset: usize) -> Vec<Doc<'t>> {
        let mut docs = vec![];
        while let Some(comment) = self.pending().filter(|comment| comment.start < offset) {
            docs.extend(self.blank_before(comment.start));
            docs.extend([Doc::Hard, text(comment.text(self.source).trim_end()), Doc::Hard]);
            self.next.set(self.next.get().saturating_add(1));
        }
        docs
    }

    /// A comment behind `offset` on the same line, with nothing but separators between.
    fn comment_behind(&self, offset: usize) -> Option<Doc<'t>> {
        let comment = self.pending()?;
        let between = self.source.get(offset..comment.start)?;
        if !between.chars().all(|c| matches!(c, ' ' | '\t' | ';' | ',')) {
            return None;
        }
        self.next.set(self.next.get().saturating_add(1));
        Some(Doc::Trailing(comment.text(self.source).trim_end()))
    }

    fn pending(&self) -> Option<&Token> {
        self.comments.get(self.next.get())
    }

    /// True if the author left an empty line before `offset`.
    fn blank_before(&self, offset: usize) -> Option<Doc<'t>> {
        let before = self.source.get(..offset)?;
        let blank = before.get(before.trim_end().len()..)?;
        (blank.matches('\n').count() > 1).then_some(Doc::Blank)
    }

    /// A token, with the comments around it.
    fn leaf(&self, pair: &Pair<'t>) -> Doc<'t> {
        let span = pair.as_span();
        let mut docs = self.comments_before(span.start());
        // Comments in the holes of a string are part of its text.
        while self.pending().is_some_and(|comment| comment.start < span.end()) {
            self.next.set(self.next.get().saturating_add(1));
        }
        docs.push(match pair.as_rule() {
            Rule::doc_text => Doc::Document(pair.as_str()),
            Rule::doc | Rule::module_doc => text(pair.as_str().trim_end()),
            _ => text(pair.as_str()),
        });
        docs.extend(self.comment_behind(span.end()));
        if docs.len() == 1 { docs.pop().unwrap_or(Doc::Soft) } else { Doc::Concat(docs) }
    }

    /// Any pair: its tokens one behind the other, parted by blanks where they need them.
    fn pair(&self, pair: Pair<'t>) -> Doc<'t> {
        match pair.as_rule() {
            Rule::expr => self.expr(pair, false),
            Rule::string | Rule::doc_text => self.leaf(&pair),
            Rule::any_type | Rule::type_plain => self.union(pair),
            Rule::record_type => self.record_type(pair),
            Rule::kind_type | Rule::list_type | Rule::set_type | Rule::map_type => self.tight(pair),
            _ => self.plain(pair),
        }
    }

    fn plain(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        let mut before: Option<Rule> = None;
        let mut kids = pair.clone().into_inner().peekable();
        if kids.peek().is_none() {
            return self.leaf(&pair);
        }
        for kid in kids {
            let rule = kid.as_rule();
            if rule == Rule::semi {
                continue;
            }
            if before.is_some_and(|last| parted(last, rule)) {
                docs.push(text(" "));
            }
            before = Some(rule);
            docs.push(self.pair(kid));
        }
        Doc::Concat(docs)
    }

    /// Like [`Self::plain`], with blanks only behind commas: `map<K, V>`.
    fn tight(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            let comma = kid.as_rule() == Rule::comma;
            docs.push(self.pair(kid));
            if comma {
                docs.push(text(" "));
            }
        }
        Doc::Concat(docs)
    }

    /// `A | B`
    fn union(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        let mut rest = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::bar => rest.extend([Doc::Line, self.leaf(&kid), text(" ")]),
                _ if rest.is_empty() => docs.push(self.plain(kid)),
                _ => rest.push(self.plain(kid)),
            }
        }
        if rest.is_empty() {
            return Doc::Concat(docs);
        }
        docs.push(Doc::Indent(rest));
        Doc::group(docs)
    }

    /// Statements on lines of their own, with the empty lines that the author left between them.
    fn statement(&self, start: usize, docs: &mut Vec<Doc<'t>>, build: impl FnOnce() -> Doc<'t>) {
        let first = self.pending().map_or(start, |comment| comment.start.min(start));
        if first < start {
            docs.extend(self.comments_before(start));
        }
        docs.extend(self.blank_before(start));
        docs.extend([Doc::Hard, build(), Doc::Hard]);
    }

    /// Something in brackets, parted by commas: on one line if it fits and the author did not begin a line behind the
    /// opening bracket.
    fn bracketed(&self, brackets: Brackets<'t>, elements: Vec<Doc<'t>>, style: Style) -> Doc<'t> {
        let Brackets { open, close, broken } = brackets;
        if elements.is_empty() && !open.ends_line() {
            return Doc::Concat(vec![open, close]);
        }
        let style = Style { commas: style.commas && !elements.is_empty(), ..style };
        let inner = || if style.spaced { Doc::Line } else { Doc::Soft };
        let mut inside = vec![inner()];
        if style.fill {
            inside.push(Doc::Fill(elements, ","));
        } else {
            for (at, element) in elements.into_iter().enumerate() {
                if at > 0 {
                    inside.extend([text(if style.commas { "," } else { "" }), Doc::Line]);
                }
                inside.push(element);
            }
        }
        if style.commas {
            inside.push(Doc::IfBroken(",".into()));
        }
        let docs = vec![open, Doc::Indent(inside), inner(), close];
        let broken = broken || doc::line_ends(&docs).0;
        Doc::Group(docs, broken)
    }

    /// True if a line ends behind the token that ends at `offset`.
    fn line_ends_behind(&self, offset: usize) -> bool {
        let rest = self.source.get(offset..).unwrap_or_default();
        let blank = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t', '\r']).len());
        rest.get(blank..).is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("//"))
    }
}

/// The brackets of a group.
struct Brackets<'t> {
    open: Doc<'t>,
    close: Doc<'t>,
    /// The author broke it.
    broken: bool,
}

/// How the elements of a group stand.
#[derive(Clone, Copy, Default)]
struct Style {
    /// A blank behind the opening and before the closing bracket.
    spaced: bool,
    /// Commas part the elements, and one stands behind the last in a broken group.
    commas: bool,
    /// Many short elements to a line.
    fill: bool,
}

/// True if a blank stands between two parts that follow each other.
fn parted(last: Rule, next: Rule) -> bool {
    let glued_next = matches!(
        next,
        Rule::comma
            | Rule::colon
            | Rule::dot
            | Rule::safe_dot
            | Rule::dot_name
            | Rule::optional
            | Rule::subresource
            | Rule::shape
            | Rule::use_items
            | Rule::let_type
            | Rule::r_paren
            | Rule::r_bracket
            | Rule::r_angle
    );
    let glued_before = matches!(
        last,
        Rule::dot | Rule::safe_dot | Rule::neg_op | Rule::l_paren | Rule::l_bracket | Rule::l_angle | Rule::op_div
    );
    !glued_next && !glued_before || is_key_word(last) && next != Rule::colon && !glued_before
}
