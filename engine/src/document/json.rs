//! JSON text into the arena: RFC 8259 and nothing more.
//!
//! No comments, no trailing commas or bytes, no `NaN`, no lone surrogates, no key twice: where readers differ, a document
//! is refused, so that no two of them see two things. Iterative: depth costs no stack.

use super::build::{Builder, Scalar};
use super::error::{Fault, InputErrorKind};
use super::node::{Tag, flags};
use std::borrow::Cow;

/// Reads one document and nothing but white space around it.
pub(super) fn read(text: &str, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut reader = Reader { text, at: 0 };
    reader.value(builder)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.expected("the end of the file behind the JSON value"));
    }
    Ok(())
}

/// A reader over a text; also used for streams, value by value.
pub(super) struct Reader<'s> {
    text: &'s str,
    /// The byte that comes next.
    pub(super) at: usize,
}

impl<'s> Reader<'s> {
    /// From an offset on.
    pub(super) fn new(text: &'s str, at: usize) -> Reader<'s> {
        Reader { text, at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bump(&mut self, n: usize) {
        self.at = self.at.saturating_add(n);
    }

    /// Skips white space.
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.bump(1);
        }
    }

    /// True at the end of the text.
    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::at(InputErrorKind::Json, self.at, message)
    }

    fn expected(&self, what: &str) -> Fault {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the text ends".to_owned(),
            Some(c) if c.is_control() => format!("found the character U+{:04X}", u32::from(c)),
            Some(c) => format!("found `{c}`"),
        };
        self.fault(format!("expected {what}, {found}"))
    }

    /// One value.
    pub(super) fn value(&mut self, builder: &mut Builder<'_>) -> Result<(), Fault> {
        let outside = builder.depth();
        loop {
            self.space();
            match self.peek() {
                Some(b'{') => {
                    builder.open(Tag::Map, flags::FLOW, self.at)?;
                    self.bump(1);
                    self.space();
                    if self.peek() != Some(b'}') {
                        self.member(builder)?;
                        continue;
                    }
                    self.bump(1);
                    builder.close(self.at)?;
                }
                Some(b'[') => {
                    builder.open(Tag::List, flags::FLOW, self.at)?;
                    self.bump(1);
                    self.space();
                    if self.peek() != Some(b']') {
                        continue;
                    }
                    self.bump(1);
                    builder.close(self.at)?;
                }
                _ => self.scalar(builder)?,
            }
            if self.behind_value(builder, outside)? {
                return Ok(());
            }
        }
    }

    /// Closes what ends here; true where the outermost value has ended, false where another value follows.
    fn behind_value(&mut self, builder: &mut Builder<'_>, outside: usize) -> Result<bool, Fault> {
        while builder.depth() > outside {
            self.space();
            match (builder.innermost(), self.peek()) {
                (Some(Tag::Map), Some(b',')) => {
                    self.bump(1);
                    self.space();
                    self.member(builder)?;
                    return Ok(false);
                }
                (_, Some(b',')) => {
                    self.bump(1);
                    return Ok(false);
                }
                (Some(Tag::Map), Some(b'}')) | (Some(Tag::List), Some(b']')) => {
                    self.bump(1);
                    builder.close(self.at)?;
                }
                (Some(Tag::Map), _) => return Err(self.expected("`,` or `}`")),
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
        Ok(true)
    }

    /// A key and its colon.
    fn member(&mut self, builder: &mut Builder<'_>) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let start = self.at;
        let key = self.string()?;
        builder.key(&key, start.saturating_add(1), start, self.at)?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:` behind the key"));
        }
        self.bump(1);
        Ok(())
    }

    fn scalar(&mut self, builder: &mut Builder<'_>) -> Result<(), Fault> {
        const WORDS: [(&str, Scalar<'static>); 3] =
            [("null", Scalar::Null), ("true", Scalar::Bool(true)), ("false", Scalar::Bool(false))];
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                builder.scalar(Scalar::Str(&text, start.saturating_add(1)), flags::QUOTED, start, self.at)
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self.number()?;
                builder.scalar(number, 0, start, self.at)
            }
            _ => {
                let rest = self.text.get(start..).unwrap_or_default();
                let word = WORDS.iter().find(|(word, _)| rest.starts_with(word));
                let Some((word, value)) = word else {
                    return Err(self.expected("a value"));
                };
                self.bump(word.len());
                builder.scalar(*value, 0, start, self.at)
            }
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.bump(1);
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Scalar<'static>, Fault> {
        let start = self.at;
        let mut whole = true;
        if self.peek() == Some(b'-') {
            self.bump(1);
        }
        if self.peek() == Some(b'0') {
            self.bump(1);
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.fault("a number may not begin with `0`"));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            whole = false;
            self.bump(1);
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.bump(1);
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.bump(1);
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if let (true, Ok(n)) = (whole, text.parse()) {
            return Ok(Scalar::Int(n));
        }
        match text.parse::<f64>() {
            Ok(n) if n.is_finite() => Ok(Scalar::Float(n)),
            _ => Err(Fault::over(InputErrorKind::Json, start, self.at, "a number too large for 64 bits")),
        }
    }

    /// A string; the next byte is its opening quote.
    fn string(&mut self) -> Result<Cow<'s, str>, Fault> {
        self.bump(1);
        let mut out: Cow<'s, str> = Cow::Borrowed("");
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = memchr::memchr2(b'"', b'\\', rest.as_bytes()).unwrap_or(rest.len());
            let run = rest.get(..length).unwrap_or_default();
            if let Some(bad) = run.bytes().position(|b| b < 0x20) {
                self.bump(bad);
                return Err(self.expected("an escape (`\\n`, `\\t`, …) for a control character in a string"));
            }
            self.bump(length);
            match (&mut out, run.is_empty()) {
                (Cow::Borrowed(""), _) => out = Cow::Borrowed(run),
                (_, true) => {}
                (out, false) => out.to_mut().push_str(run),
            }
            match self.peek() {
                Some(b'"') => {
                    self.bump(1);
                    return Ok(out);
                }
                Some(_) => {
                    let c = self.escape()?;
                    out.to_mut().push(c);
                }
                None => return Err(self.expected("`\"` at the end of the string")),
            }
        }
    }

    /// An escape; the next byte is its backslash.
    fn escape(&mut self) -> Result<char, Fault> {
        const SIMPLE: [(u8, char); 8] = [
            (b'"', '"'),
            (b'\\', '\\'),
            (b'/', '/'),
            (b'b', '\u{8}'),
            (b'f', '\u{c}'),
            (b'n', '\n'),
            (b'r', '\r'),
            (b't', '\t'),
        ];
        let start = self.at;
        self.bump(1);
        let letter = self.peek();
        if let Some((_, c)) = SIMPLE.iter().find(|(l, _)| Some(*l) == letter) {
            self.bump(1);
            return Ok(*c);
        }
        if letter != Some(b'u') {
            return Err(self.expected("one of `\" \\ / b f n r t u` behind `\\`"));
        }
        self.bump(1);
        let first = self.hex()?;
        let lone = || Fault::at(InputErrorKind::Json, start, "half of a surrogate pair without its other half");
        let mut code = first;
        if (0xD800..=0xDBFF).contains(&first) {
            if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                return Err(lone());
            }
            self.bump(2);
            let second = self.hex()?;
            if !(0xDC00..=0xDFFF).contains(&second) {
                return Err(lone());
            }
            code = ((first & 0x3FF) << 10 | (second & 0x3FF)).saturating_add(0x1_0000);
        }
        char::from_u32(code).ok_or_else(lone)
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at.saturating_add(4)).unwrap_or_default();
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(self.expected("four hexadecimal digits behind `\\u`"));
        }
        self.bump(4);
        Ok(u32::from_str_radix(digits, 16).unwrap_or(0))
    }
}
