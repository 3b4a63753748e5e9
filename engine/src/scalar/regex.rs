//! Regular expressions: linear time, ASCII for `\d \w \s \b` and `(?i)`, whole characters for `.` and `[^…]`.
//!
//! A pattern is parsed and written anew with its classes spelled out, so that the engine needs no Unicode tables and
//! means the same on every face.

use super::quoted;
use regex_syntax::ast::{self, Ast};
use std::fmt::Write;

/// What a compiled pattern is taken to hold, where memory is counted.
pub const TYPICAL_SIZE: usize = 64 << 10;
/// The most a compiled pattern may hold.
const MAX_SIZE: usize = 1 << 20;
/// How deep groups may be nested.
const MAX_DEPTH: u32 = 50;
/// The longest pattern text.
const MAX_TEXT: usize = 64 << 10;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Box<str>,
    regex: regex::Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it: no pattern, `\p{…}`, too large.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let why = |why: String| format!("{} is no regular expression: {why}", quoted(text));
        if text.len() > MAX_TEXT {
            return Err(why("it is too long".into()));
        }
        let parsed = ast::parse::ParserBuilder::new().nest_limit(MAX_DEPTH).build().parse(text);
        let tree = parsed.map_err(|e| why(e.kind().to_string()))?;
        let mut writer = Writer { out: String::with_capacity(text.len().saturating_mul(2)), fold: false };
        writer.write(&tree).map_err(|e| why(e.into()))?;
        let mut builder = regex::RegexBuilder::new(&writer.out);
        builder.size_limit(MAX_SIZE).nest_limit(MAX_DEPTH.saturating_mul(4));
        let regex = builder.build().map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => why("it is too large when compiled".into()),
            other => why(other.to_string()),
        })?;
        Ok(Pattern { text: text.into(), regex })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if it finds a part of the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The compiled pattern.
    #[must_use]
    pub fn regex(&self) -> &regex::Regex {
        &self.regex
    }
}

/// Writes a syntax tree as a pattern without Unicode classes. It recurses no deeper than the parser lets groups be.
struct Writer {
    out: String,
    /// Under `(?i)`.
    fold: bool,
}

type Written = Result<(), &'static str>;

impl Writer {
    fn write(&mut self, tree: &Ast) -> Written {
        match tree {
            Ast::Empty(_) => Ok(()),
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Literal(literal) => self.literal(literal.c),
            Ast::Dot(_) => self.text("."),
            Ast::Assertion(assertion) => self.text(assertion_text(&assertion.kind)?),
            Ast::ClassUnicode(_) => Err("`\\p{…}` is not to be had, write the characters out"),
            Ast::ClassPerl(class) => self.perl(class),
            Ast::ClassBracketed(class) => self.bracketed(class),
            Ast::Repetition(repetition) => {
                self.write(&repetition.ast)?;
                self.repetition(&repetition.op.kind);
                if !repetition.greedy {
                    self.out.push('?');
                }
                Ok(())
            }
            Ast::Group(group) => self.group(group),
            Ast::Alternation(alternation) => {
                for (i, tree) in alternation.asts.iter().enumerate() {
                    if i > 0 {
                        self.out.push('|');
                    }
                    self.write(tree)?;
                }
                Ok(())
            }
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|tree| self.write(tree)),
        }
    }

    fn text(&mut self, text: &str) -> Written {
        self.out.push_str(text);
        Ok(())
    }

    /// A character as `\x{…}`, so that nothing of it can be syntax.
    fn char(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.out.push(c);
        } else {
            // Writing to a String does not fail.
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
        }
    }

    fn literal(&mut self, c: char) -> Written {
        if self.fold && c.is_ascii_alphabetic() {
            self.out.extend(['[', c.to_ascii_lowercase(), c.to_ascii_uppercase(), ']']);
        } else {
            self.char(c);
        }
        Ok(())
    }

    fn group(&mut self, group: &ast::Group) -> Written {
        let fold = self.fold;
        match &group.kind {
            ast::GroupKind::CaptureIndex(_) => self.text("(")?,
            ast::GroupKind::CaptureName { name, .. } => self.out.extend(["(?P<", &name.name, ">"]),
            ast::GroupKind::NonCapturing(flags) => {
                self.text("(?:")?;
                self.flags(flags)?;
            }
        }
        self.write(&group.ast)?;
        self.fold = fold;
        self.text(")")
    }

    /// Flags for what follows in the group. `i` is done here, `x` was done by the parser.
    fn flags(&mut self, flags: &ast::Flags) -> Written {
        let mut on = true;
        for item in &flags.items {
            let flag = match &item.kind {
                ast::FlagsItemKind::Negation => {
                    on = false;
                    continue;
                }
                ast::FlagsItemKind::Flag(flag) => flag,
            };
            let name = match flag {
                ast::Flag::CaseInsensitive => {
                    self.fold = on;
                    continue;
                }
                ast::Flag::IgnoreWhitespace => continue,
                ast::Flag::MultiLine => "m",
                ast::Flag::DotMatchesNewLine => "s",
                ast::Flag::SwapGreed => "U",
                ast::Flag::CRLF => "R",
                ast::Flag::Unicode => return Err("the flag `u` is not to be had"),
            };
            self.out.extend(["(?", if on { "" } else { "-" }, name, ")"]);
        }
        Ok(())
    }

    fn repetition(&mut self, kind: &ast::RepetitionKind) {
        // Writing to a String does not fail.
        let _ = match kind {
            ast::RepetitionKind::ZeroOrOne => write!(self.out, "?"),
            ast::RepetitionKind::ZeroOrMore => write!(self.out, "*"),
            ast::RepetitionKind::OneOrMore => write!(self.out, "+"),
            ast::RepetitionKind::Range(ast::RepetitionRange::Exactly(n)) => write!(self.out, "{{{n}}}"),
            ast::RepetitionKind::Range(ast::RepetitionRange::AtLeast(n)) => write!(self.out, "{{{n},}}"),
            ast::RepetitionKind::Range(ast::RepetitionRange::Bounded(n, m)) => write!(self.out, "{{{n},{m}}}"),
        };
    }

    fn perl(&mut self, class: &ast::ClassPerl) -> Written {
        self.out.push_str(if class.negated { "[^" } else { "[" });
        self.out.push_str(match class.kind {
            ast::ClassPerlKind::Digit => "0-9",
            ast::ClassPerlKind::Space => "\\t\\n\\x0B\\x0C\\r ",
            ast::ClassPerlKind::Word => "0-9A-Za-z_",
        });
        self.text("]")
    }

    fn bracketed(&mut self, class: &ast::ClassBracketed) -> Written {
        self.out.push_str(if class.negated { "[^" } else { "[" });
        self.set(&class.kind)?;
        self.text("]")
    }

    fn set(&mut self, set: &ast::ClassSet) -> Written {
        match set {
            ast::ClassSet::Item(item) => self.item(item),
            ast::ClassSet::BinaryOp(op) => {
                self.text("[")?;
                self.set(&op.lhs)?;
                self.text(match op.kind {
                    ast::ClassSetBinaryOpKind::Intersection => "]&&[",
                    ast::ClassSetBinaryOpKind::Difference => "]--[",
                    ast::ClassSetBinaryOpKind::SymmetricDifference => "]~~[",
                })?;
                self.set(&op.rhs)?;
                self.text("]")
            }
        }
    }

    fn item(&mut self, item: &ast::ClassSetItem) -> Written {
        match item {
            // An empty side of an operator; `[]` would be read as a class that begins with `]`.
            ast::ClassSetItem::Empty(_) => self.text("[a&&b]"),
            ast::ClassSetItem::Literal(literal) => self.range(literal.c, literal.c),
            ast::ClassSetItem::Range(range) => self.range(range.start.c, range.end.c),
            ast::ClassSetItem::Ascii(class) => self.ascii(class),
            ast::ClassSetItem::Unicode(_) => Err("`\\p{…}` is not to be had, write the characters out"),
            ast::ClassSetItem::Perl(class) => self.perl(class),
            ast::ClassSetItem::Bracketed(class) => self.bracketed(class),
            ast::ClassSetItem::Union(union) => union.items.iter().try_for_each(|item| self.item(item)),
        }
    }

    /// `a-b` in a class; under `(?i)` the letters of it in the other case as well.
    fn range(&mut self, from: char, to: char) -> Written {
        self.plain_range(from, to);
        if self.fold {
            let (low, high) = (from.max('a'), to.min('z'));
            if low <= high {
                self.plain_range(low.to_ascii_uppercase(), high.to_ascii_uppercase());
            }
            let (low, high) = (from.max('A'), to.min('Z'));
            if low <= high {
                self.plain_range(low.to_ascii_lowercase(), high.to_ascii_lowercase());
            }
        }
        Ok(())
    }

    fn plain_range(&mut self, from: char, to: char) {
        self.char(from);
        self.out.push('-');
        self.char(to);
    }

    fn ascii(&mut self, class: &ast::ClassAscii) -> Written {
        use ast::ClassAsciiKind::{Lower, Upper};
        let kind = match &class.kind {
            Lower | Upper if self.fold => "alpha",
            kind => ascii_name(kind),
        };
        self.out.extend(["[:", if class.negated { "^" } else { "" }, kind, ":]"]);
        Ok(())
    }
}

fn ascii_name(kind: &ast::ClassAsciiKind) -> &'static str {
    use ast::ClassAsciiKind as K;
    match kind {
        K::Alnum => "alnum",
        K::Alpha => "alpha",
        K::Ascii => "ascii",
        K::Blank => "blank",
        K::Cntrl => "cntrl",
        K::Digit => "digit",
        K::Graph => "graph",
        K::Lower => "lower",
        K::Print => "print",
        K::Punct => "punct",
        K::Space => "space",
        K::Upper => "upper",
        K::Word => "word",
        K::Xdigit => "xdigit",
    }
}

fn assertion_text(kind: &ast::AssertionKind) -> Result<&'static str, &'static str> {
    use ast::AssertionKind as K;
    Ok(match kind {
        K::StartLine => "^",
        K::EndLine => "$",
        K::StartText => "\\A",
        K::EndText => "\\z",
        K::WordBoundary => "(?-u:\\b)",
        K::NotWordBoundary => "(?-u:\\B)",
        K::WordBoundaryStart | K::WordBoundaryStartAngle => "(?-u:\\b{start})",
        K::WordBoundaryEnd | K::WordBoundaryEndAngle => "(?-u:\\b{end})",
        K::WordBoundaryStartHalf => "(?-u:\\b{start-half})",
        K::WordBoundaryEndHalf => "(?-u:\\b{end-half})",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_classes_and_whole_characters() {
        for (pattern, text, expected) in [
            (r"^\d+$", "123", true),
            (r"^\d$", "٣", false),
            (r"^\w$", "é", false),
            (r"^\W$", "é", true),
            (r"^[\W]$", "é", true),
            (r"^.$", "é", true),
            (r"^[^a]$", "é", true),
            (r"(?i)^abc$", "aBC", true),
            (r"(?i)k", "\u{212a}", false),
            (r"(?i)^[a-f]+$", "CAFE", true),
            (r"(?i)^[^a]$", "A", false),
            (r"(?i:a)b", "Ab", true),
            (r"(?i:a)b", "AB", false),
            (r"a(?i)b(?-i)c", "aBc", true),
            (r"a(?i)b(?-i)c", "aBC", false),
            (r"\bfoo\b", "a foo b", true),
            (r"\bfoo\b", "afoo", false),
            (r"\bfoo\b", "éfoo", true),
            (r"\Boo", "foo", true),
            (r"(?x) a  b # comment", "ab", true),
            (r"(?s)a.b", "a\nb", true),
            (r"a.b", "a\nb", false),
            (r"(?m)^b$", "a\nb\nc", true),
            (r"^[[:upper:]]$", "a", false),
            (r"(?i)^[[:upper:]]$", "a", true),
            (r"^(?P<x>a|b){2,3}?$", "aba", true),
            (r"^[a-z&&[^c]]$", "c", false),
            (r"^é+$", "éé", true),
            (r"^[é-ü]$", "ö", true),
            (r"\.\*\[", ".*[", true),
            (r"^[\d\-\]]+$", "1-]", true),
            ("", "", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), expected, "{pattern} {text}");
        }
        for pattern in [r"\p{L}", r"[\pL]", "(", "a{5,2}", "(?u)a", "[z-a]", r"(a)\1", "(?=a)", "a{100000}{100000}"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::new(&"(".repeat(10_000)).is_err());
        assert!(Pattern::new(&format!("{}a{}", "(".repeat(500), ")".repeat(500))).is_err());
    }
}
