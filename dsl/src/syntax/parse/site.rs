//! The place where a piece of text could not be read, as the messages look at it.

use super::grammar::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::syntax::scan::{Token, TokenKind};

/// What a piece of text was read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An item.
    Item,
    /// A header, member, clause or rule start of a policy.
    Part,
    /// A member of a test.
    Member,
    /// An expression or a signature alone.
    Alone,
}

/// A piece that could not be read, and where.
pub(super) struct Site<'a> {
    source: SourceId,
    /// The whole text.
    pub(super) text: &'a str,
    /// The tokens of the whole text but comments.
    tokens: &'a [Token],
    /// The tokens of the piece.
    pub(super) first: usize,
    /// Behind the last.
    end: usize,
    pub(super) kind: Kind,
    /// What pest expected.
    pub(super) expected: Vec<Rule>,
    /// The token where it stopped; `end` where the piece is over.
    pub(super) at: usize,
}

impl<'a> Site<'a> {
    pub(super) fn new(source: SourceId, text: &'a str, tokens: &'a [Token], range: (usize, usize), kind: Kind) -> Self {
        let (first, end) = range;
        Site { source, text, tokens, first, end, kind, expected: vec![], at: first }
    }

    /// Sets where it stopped, by offset.
    pub(super) fn stop_at(&mut self, offset: usize) {
        let at = self.tokens.partition_point(|token| token.end <= offset && token.start < offset);
        self.at = at.max(self.first).min(self.end);
    }

    pub(super) fn token(&self, index: usize) -> Option<&Token> {
        (self.first..self.end).contains(&index).then(|| self.tokens.get(index)).flatten()
    }

    pub(super) fn word(&self, index: usize) -> &'a str {
        self.token(index).map(|token| token.text(self.text)).unwrap_or_default()
    }

    /// The text where it stopped; empty at the end.
    pub(super) fn found(&self) -> &'a str {
        self.word(self.at)
    }

    pub(super) fn before(&self, n: usize) -> &'a str {
        self.at.checked_sub(n).map(|at| self.word(at)).unwrap_or_default()
    }

    /// The word that leads the piece.
    pub(super) fn leader(&self) -> &'a str {
        let mut tokens = (self.first..self.end).filter_map(|at| self.tokens.get(at));
        tokens.find(|token| token.kind != TokenKind::Doc).map(|token| token.text(self.text)).unwrap_or_default()
    }

    pub(super) fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    pub(super) fn range(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    pub(super) fn span(&self, index: usize) -> Span {
        match self.token(index) {
            Some(token) => self.range(token.start, token.end),
            None => {
                let last = self.end.checked_sub(1).and_then(|last| self.tokens.get(last));
                let end = last.map_or(self.text.len(), |token| token.end);
                self.range(end, end)
            }
        }
    }

    pub(super) fn found_span(&self) -> Span {
        self.span(self.at)
    }

    /// What stands where it stopped, in words.
    pub(super) fn found_words(&self) -> String {
        let Some(token) = self.token(self.at) else {
            return if self.end >= self.tokens.len() {
                "the end of the text".to_owned()
            } else {
                "the end of this part".to_owned()
            };
        };
        match token.kind {
            TokenKind::Quote | TokenKind::Raw => "a string".to_owned(),
            TokenKind::Text => "text".to_owned(),
            TokenKind::Unquote => "the end of the string".to_owned(),
            TokenKind::Doc | TokenKind::ModuleDoc => "a doc comment".to_owned(),
            _ => format!("`{}`", shortened(token.text(self.text))),
        }
    }

    pub(super) fn error(&self, code: Code, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, title).at(self.found_span(), label)
    }
}

pub(super) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(30) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
        None => line.to_owned(),
    }
}
