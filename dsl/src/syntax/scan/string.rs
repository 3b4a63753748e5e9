//! Strings: text, escapes and holes.

use super::bracket::{Frame, FrameKind};
use super::{Scanner, TokenKind};
use crate::diagnostic::{Code, Diagnostic};

const LONG: &str = "\"\"\"";

impl Scanner<'_> {
    pub(super) fn open_string(&mut self, rest: &str) {
        let at = self.at;
        let long = rest.starts_with(LONG);
        self.push(TokenKind::Quote, if long { 3 } else { 1 });
        let kind = if long { FrameKind::Long } else { FrameKind::Short };
        self.enter(Frame::new(kind, at));
    }

    /// A whole literal without escapes and holes, its prefix before it.
    pub(super) fn raw(&mut self, prefix: usize, quoted: &str) {
        let start = self.at;
        let (end, mark) = if quoted.starts_with(LONG) {
            (quoted.get(3..).and_then(|r| r.find(LONG)).map(|at| at.saturating_add(6)), LONG)
        } else {
            let line = quoted.find('\n').unwrap_or(quoted.len());
            let end = quoted.get(1..line).and_then(|r| r.find('"')).map(|at| at.saturating_add(2));
            (end, "\"")
        };
        if end.is_none() {
            let opened = start.saturating_add(prefix);
            let diagnostic = Diagnostic::error(Code::Unclosed, "the string is not closed")
                .at(self.span(opened, opened.saturating_add(mark.len())), format!("no `{mark}` ends it"));
            self.fault(start, diagnostic);
        }
        let whole = if mark == LONG { quoted.len() } else { quoted.find('\n').unwrap_or(quoted.len()) };
        let length = end.unwrap_or(whole).saturating_add(prefix);
        self.push(TokenKind::Raw, length);
    }

    /// The next piece of the string that is open.
    pub(super) fn string_piece(&mut self) {
        let rest = self.rest();
        let long = self.frames.last().is_some_and(|frame| frame.kind == FrameKind::Long);
        let ends = if long { rest.starts_with(LONG) } else { rest.starts_with('"') };
        if ends {
            self.half = false;
            self.leave();
            self.push(TokenKind::Unquote, if long { 3 } else { 1 });
            return;
        }
        let length = self.text_length(rest, long);
        if length > 0 {
            self.push(TokenKind::Text, length);
            return;
        }
        if rest.starts_with('{') {
            let at = self.at;
            self.push(TokenKind::HoleOpen, 1);
            self.enter(Frame::new(FrameKind::Hole, at));
            return;
        }
        // A line end in a short string.
        let string = self.frames.len().saturating_sub(1);
        self.unclosed_string(string);
    }

    /// How far the text goes up to quotes, a hole or the end of the line. Tells of what is wrong in it.
    fn text_length(&mut self, rest: &str, long: bool) -> usize {
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            match c {
                '"' if !long || rest.get(at..).is_some_and(|r| r.starts_with(LONG)) => return at,
                '\n' if !long => return at,
                '{' if next != Some('{') => return at,
                '{' => _ = chars.next(),
                '}' if next == Some('}') => _ = chars.next(),
                '}' => self.lone_brace(at),
                '\\' => {
                    if let Some(length) = self.escape(at, rest) {
                        chars.by_ref().take(length).for_each(drop);
                    }
                }
                _ => {}
            }
        }
        rest.len()
    }

    fn lone_brace(&mut self, at: usize) {
        let start = self.at.saturating_add(at);
        let diagnostic = Diagnostic::error(Code::Escape, "a single `}` stands in a string")
            .at(self.span(start, start.saturating_add(1)), "no hole is open here")
            .help("write `}}` for a brace that is meant as such");
        self.fault(start, diagnostic);
    }

    /// How many characters an escape has behind its backslash; tells of one that is none.
    fn escape(&mut self, at: usize, rest: &str) -> Option<usize> {
        let behind = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let start = self.at.saturating_add(at);
        if behind.starts_with(['n', 't', 'r', '"', '\\']) {
            return Some(1);
        }
        if let Some(code) = behind.strip_prefix("u{") {
            let digits = code.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(code.len());
            if (1..=6).contains(&digits) && code.get(digits..).is_some_and(|r| r.starts_with('}')) {
                return Some(digits.saturating_add(3));
            }
            let diagnostic = Diagnostic::error(Code::Escape, "`\\u` takes one to six hexadecimal digits in braces")
                .at(self.span(start, start.saturating_add(2)), "as in `\\u{e9}`");
            self.fault(start, diagnostic);
            return None;
        }
        let c = behind.chars().next().filter(|c| *c != '\n')?;
        let end = start.saturating_add(1).saturating_add(c.len_utf8());
        let diagnostic = Diagnostic::error(Code::Escape, format!("`\\{c}` is no escape"))
            .at(self.span(start, end), "the escapes are `\\n`, `\\t`, `\\r`, `\\\"`, `\\\\` and `\\u{…}`")
            .help("write `\\\\` for a backslash, or use a raw string: `r\"…\"`, or `re\"…\"` for a pattern");
        self.fault(start, diagnostic);
        Some(1)
    }

    /// The outermost short string that is open, if the text now read stands in a hole of one.
    pub(super) fn short_string_around(&self) -> Option<usize> {
        self.frames.iter().position(|frame| frame.kind == FrameKind::Short)
    }

    /// Tells that a short string, or a hole in it, is open at the end of its line, and leaves it.
    pub(super) fn unclosed_string(&mut self, innermost: usize) {
        let outermost = self.short_string_around().unwrap_or(innermost);
        let hole = self.frames.iter().skip(outermost).find(|frame| frame.kind == FrameKind::Hole).copied();
        let at = self.frames.get(outermost).map_or(self.at, |frame| frame.at);
        let diagnostic = match hole {
            Some(hole) => Diagnostic::error(Code::Unclosed, "the hole in the string is not closed")
                .at(self.span(hole.at, hole.at.saturating_add(1)), "no `}` for this `{`")
                .help("write `{{` for a brace that is meant as such"),
            None => Diagnostic::error(Code::Unclosed, "the string is not closed on its line")
                .at(self.span(at, at.saturating_add(1)), "no `\"` ends it before the end of the line")
                .help("write `\\n` for a line end, or `\"\"\"…\"\"\"` for a text of several lines"),
        };
        self.half = !self.half;
        if self.half {
            self.fault(hole.map_or(at, |hole| hole.at), diagnostic);
        }
        while self.frames.len() > outermost && self.leave().is_some() {}
        self.push(TokenKind::Unquote, 0);
    }
}
