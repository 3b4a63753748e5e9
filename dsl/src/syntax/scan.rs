//! The scanner: text → tokens, without recursion. It guards pest against deep nesting, finds what is wrong inside strings
//! and brackets, and is what recovery and the formatter work on.
//!
//! INVARIANT: a text for which [`Scan::faults`] is empty nests no deeper than [`MAX_NESTING`] brackets, holes, type
//! arguments and `if`s, so pest may recurse over it.

mod bracket;
mod string;

use super::parse::RESERVED;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use bracket::Frame;

/// The deepest nesting of brackets, holes, type arguments and conditional expressions.
pub const MAX_NESTING: usize = 128;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// `abc`, reserved or not.
    Word,
    /// Begins with a digit.
    Number,
    /// An operator or a separator.
    Mark,
    /// `(`, `[`, `{`
    Open,
    /// `)`, `]`, `}`
    Close,
    /// A whole `r"…"`, `re"…"`, `yaml"…"`, `json"…"`.
    Raw,
    /// The quotes that begin a string.
    Quote,
    /// Text between quotes and holes.
    Text,
    /// `{` in a string.
    HoleOpen,
    /// `}` in a string.
    HoleClose,
    /// The quotes that end a string.
    Unquote,
    /// `// …`
    Comment,
    /// `/// …`
    Doc,
    /// `//! …`
    ModuleDoc,
    /// What is no token of the language.
    Unknown,
}

/// A piece of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
    /// How many brackets and strings it stands in; those that open and close them stand outside.
    pub depth: usize,
    /// Nothing but blanks stands before it on its line.
    pub line_start: bool,
}

/// Something that is wrong, with its offset.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Where.
    pub at: usize,
    /// What.
    pub diagnostic: Diagnostic,
}

/// The tokens of a text.
#[derive(Clone, Debug)]
pub struct Scan {
    /// In order.
    pub tokens: Vec<Token>,
    /// In order of their offsets.
    pub faults: Vec<Fault>,
}

/// Cuts `text` into tokens.
#[must_use]
pub fn scan(source: SourceId, text: &str) -> Scan {
    let first = Scanner::new(source, text, false).run();
    // Brackets that do not match shift the depth of all that follows; look again for where the author took them up.
    if first.1 { Scanner::new(source, text, true).run().0 } else { first.0 }
}

/// Marks of more than one character, longest first. Some are of other languages: they are told by name.
const MARKS: [&str; 21] = [
    "===", "!==", "...", "==", "!=", "<=", ">=", "=>", "->", "??", "?.", "++", "&&", "||", "|>", ":=", "::", "**",
    "+=", "-=", "..",
];

/// The work in progress.
struct Scanner<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    faults: Vec<Fault>,
    frames: Vec<Frame>,
    /// All that counts as nesting now.
    nesting: usize,
    /// The current run of too deep a nesting was told.
    told_deep: bool,
    /// Nothing but blanks was seen on the current line.
    fresh: bool,
    /// A string was not closed, and none was since: the next such is its end.
    half: bool,
    /// Brackets did not match.
    torn: bool,
    /// Take up the thread at words that can't stand in brackets.
    mend: bool,
}

impl<'t> Scanner<'t> {
    fn new(source: SourceId, text: &'t str, mend: bool) -> Self {
        Self {
            source,
            text,
            at: 0,
            tokens: vec![],
            faults: vec![],
            frames: vec![Frame::default()],
            nesting: 0,
            told_deep: false,
            fresh: true,
            half: false,
            torn: false,
            mend,
        }
    }

    fn run(mut self) -> (Scan, bool) {
        while self.at < self.text.len() {
            if self.in_string() {
                self.string_piece();
            } else {
                self.plain_piece();
            }
        }
        while let Some(string) = self.short_string_around() {
            self.unclosed_string(string);
        }
        if self.frames.len() > 1 {
            self.torn = true;
            self.close_down_to(1);
        }
        self.faults.sort_by_key(|fault| fault.at);
        (Scan { tokens: self.tokens, faults: self.faults }, self.torn)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    fn fault(&mut self, start: usize, diagnostic: Diagnostic) {
        self.faults.push(Fault { at: start, diagnostic });
    }

    /// Adds the next `length` bytes as a token.
    fn push(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        let line_start = std::mem::replace(&mut self.fresh, false);
        self.at = start.saturating_add(length);
        let depth = self.frames.len().saturating_sub(1);
        self.tokens.push(Token { kind, start, end: self.at, depth, line_start });
    }

    /// One token outside of strings, or white space.
    fn plain_piece(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        match c {
            '\n' => self.newline(),
            ' ' | '\t' | '\r' => self.at = self.at.saturating_add(1),
            '/' if rest.starts_with("//") => self.comment(rest),
            '"' => self.open_string(rest),
            '(' | '[' | '{' => self.open(c),
            ')' | ']' | '}' => self.close(c),
            'A'..='Z' | 'a'..='z' | '_' => self.word(rest),
            '0'..='9' => self.push(TokenKind::Number, number_length(rest)),
            _ => self.mark(rest, c),
        }
    }

    fn newline(&mut self) {
        if let Some(string) = self.short_string_around() {
            self.unclosed_string(string);
            return;
        }
        self.at = self.at.saturating_add(1);
        self.fresh = true;
    }

    fn comment(&mut self, rest: &str) {
        let length = rest.find('\n').unwrap_or(rest.len());
        let kind = match rest.as_bytes().get(2..4).unwrap_or(rest.as_bytes().get(2..3).unwrap_or_default()) {
            [b'!', ..] => TokenKind::ModuleDoc,
            [b'/', b'/'] => TokenKind::Comment,
            [b'/', ..] => TokenKind::Doc,
            _ => TokenKind::Comment,
        };
        self.push(kind, length);
    }

    fn word(&mut self, rest: &str) {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let behind = rest.get(length..).unwrap_or_default();
        if matches!(word, "r" | "re" | "yaml" | "json") && behind.starts_with('"') {
            self.raw(length, behind);
            return;
        }
        if self.mend {
            self.mend_at(word, behind);
        }
        self.count_word(word, behind);
        self.push(TokenKind::Word, length);
    }

    fn mark(&mut self, rest: &str, c: char) {
        match c {
            '#' => return self.push(TokenKind::Unknown, rest.find('\n').unwrap_or(rest.len())),
            '\'' => {
                let line = rest.lines().next().unwrap_or_default();
                let end = line.get(1..).and_then(|line| line.find('\'')).map_or(1, |at| at.saturating_add(2));
                return self.push(TokenKind::Unknown, end);
            }
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").map_or(rest.len(), |at| at.saturating_add(2));
                return self.push(TokenKind::Unknown, end);
            }
            _ => {}
        }
        let long =
            MARKS.iter().find(|mark| rest.starts_with(**mark)).filter(|mark| !(**mark == ">=" && self.in_angles()));
        if let Some(mark) = long {
            return self.push(TokenKind::Mark, mark.len());
        }
        if "=<>+-*/%?.,:;|!".contains(c) {
            self.count_mark(c);
            return self.push(TokenKind::Mark, 1);
        }
        let length = rest.find(|c: char| c.is_ascii() || c.is_whitespace()).filter(|length| *length > 0);
        self.push(TokenKind::Unknown, length.unwrap_or(c.len_utf8()));
        if c.is_whitespace() || c == '\u{feff}' {
            // A blank that is not one of ours, such as U+00A0, or a byte order mark.
            self.told_blank(c);
        }
    }

    fn told_blank(&mut self, c: char) {
        if let Some(token) = self.tokens.last().copied() {
            let span = self.span(token.start, token.end);
            let title = format!("U+{:04X} is no blank of the language", u32::from(c));
            let diagnostic = Diagnostic::error(crate::diagnostic::Code::Syntax, title);
            self.fault(token.start, diagnostic.at(span, "looks like a blank").help("write a plain space"));
        }
    }
}

fn number_length(rest: &str) -> usize {
    let run = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let whole = run(rest);
    match rest.get(whole..).and_then(|behind| behind.strip_prefix('.')) {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            whole.saturating_add(1).saturating_add(run(fraction))
        }
        _ => whole,
    }
}

impl Token {
    /// The text of the token.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// True if an operand may end with this token, so that a word behind it begins something new.
    #[must_use]
    pub fn ends_operand(&self, text: &str) -> bool {
        match self.kind {
            TokenKind::Word => is_operand_word(self.text(text)),
            TokenKind::Number | TokenKind::Close | TokenKind::Raw | TokenKind::Unquote | TokenKind::Unknown => true,
            TokenKind::Mark => self.text(text) == ";",
            _ => false,
        }
    }
}

/// True of words that are values: names and `true`, `false`, `null`.
pub(super) fn is_operand_word(word: &str) -> bool {
    !RESERVED.contains(&word) || matches!(word, "true" | "false" | "null")
}
