//! Brackets: what is open, how deep it is, and where the thread is taken up when something was not closed.

use super::{MAX_NESTING, Scanner, Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};

/// Something that is open.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Frame {
    /// What was opened.
    pub(super) kind: FrameKind,
    /// Where.
    pub(super) at: usize,
    /// It is the body of a policy, profile or test.
    body: bool,
    /// Conditional expressions that may be open: they nest without a bracket.
    ifs: usize,
    /// Type arguments that are open.
    angles: usize,
    /// Commas to come that part type arguments.
    type_commas: usize,
}

/// What can be open.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum FrameKind {
    /// The file.
    #[default]
    File,
    /// `(`
    Paren,
    /// `[`
    Bracket,
    /// `{`
    Brace,
    /// `"`
    Short,
    /// `"""`
    Long,
    /// `{` in a string
    Hole,
}

impl Frame {
    /// Opened at `at`.
    pub(super) fn new(kind: FrameKind, at: usize) -> Self {
        Self { kind, at, ..Self::default() }
    }
}

impl FrameKind {
    fn of(opening: char) -> Self {
        match opening {
            '(' | ')' => FrameKind::Paren,
            '[' | ']' => FrameKind::Bracket,
            _ => FrameKind::Brace,
        }
    }

    /// As messages write it.
    fn marks(self) -> (&'static str, &'static str) {
        match self {
            FrameKind::Paren => ("(", ")"),
            FrameKind::Bracket => ("[", "]"),
            FrameKind::Short => ("\"", "\""),
            FrameKind::Long => ("\"\"\"", "\"\"\""),
            _ => ("{", "}"),
        }
    }
}

/// Words that can't stand in brackets when they begin a line and are followed like this.
const ITEM_WORDS: [&str; 6] = ["policy", "profile", "test", "fn", "extern", "type"];
const PART_WORDS: [&str; 6] = ["deny", "warn", "audit", "fix", "except", "expect"];

impl Scanner<'_> {
    pub(super) fn in_string(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.kind, FrameKind::Short | FrameKind::Long))
    }

    pub(super) fn in_angles(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.angles > 0)
    }

    pub(super) fn open(&mut self, c: char) {
        let body = c == '{' && self.opens_body();
        self.push(TokenKind::Open, 1);
        let at = self.at.saturating_sub(1);
        self.enter(Frame { body, ..Frame::new(FrameKind::of(c), at) });
    }

    fn opens_body(&self) -> bool {
        let before = |n: usize| self.tokens.len().checked_sub(n).and_then(|i| self.tokens.get(i));
        let named = before(2).is_some_and(|token| matches!(token.text(self.text), "policy" | "profile"));
        named || before(1).is_some_and(|token| token.kind == TokenKind::Unquote && token.depth == 0)
    }

    pub(super) fn enter(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.deeper(frame.at);
    }

    fn deeper(&mut self, at: usize) {
        self.nesting = self.nesting.saturating_add(1);
        if self.nesting > MAX_NESTING && !self.told_deep {
            self.told_deep = true;
            let diagnostic = Diagnostic::error(Code::Nesting, "this is nested too deeply")
                .at(self.span(at, at.saturating_add(1)), format!("more than {MAX_NESTING} levels"))
                .help("give the inner parts names with `let`");
            self.fault(at, diagnostic);
        }
    }

    pub(super) fn leave(&mut self) -> Option<Frame> {
        if self.frames.len() <= 1 {
            return None;
        }
        let frame = self.frames.pop()?;
        self.shallower(frame.ifs.saturating_add(frame.angles).saturating_add(1));
        Some(frame)
    }

    fn shallower(&mut self, levels: usize) {
        self.nesting = self.nesting.saturating_sub(levels);
        // An item of its own may be told of its own depth.
        self.told_deep &= self.frames.len() > 1;
    }

    pub(super) fn close(&mut self, c: char) {
        let kind = FrameKind::of(c);
        let top = self.frames.last().map_or(FrameKind::File, |frame| frame.kind);
        if top == FrameKind::Hole {
            if c == '}' {
                self.leave();
                return self.push(TokenKind::HoleClose, 1);
            }
            return self.lone(c);
        }
        if top != kind {
            let string = self
                .frames
                .iter()
                .rposition(|f| matches!(f.kind, FrameKind::Hole | FrameKind::Short | FrameKind::Long));
            let Some(matching) =
                self.frames.iter().rposition(|frame| frame.kind == kind).filter(|at| Some(*at) > string)
            else {
                return self.lone(c);
            };
            self.torn = true;
            self.close_down_to(matching.saturating_add(1));
        }
        self.leave();
        self.push(TokenKind::Close, 1);
    }

    fn lone(&mut self, c: char) {
        let start = self.at;
        let again = self
            .tokens
            .last()
            .is_some_and(|token| token.kind == TokenKind::Unknown && token.text(self.text) == c.to_string());
        if again {
            return self.push(TokenKind::Unknown, 1);
        }
        let opening = match c {
            ')' => "(",
            ']' => "[",
            _ => "{",
        };
        let diagnostic = Diagnostic::error(Code::Unclosed, format!("`{c}` closes nothing"))
            .at(self.span(start, start.saturating_add(1)), format!("no `{opening}` is open here"));
        self.fault(start, diagnostic);
        self.push(TokenKind::Unknown, 1);
    }

    /// Leaves all but the outermost `kept` frames and tells the innermost: the others are most likely the same mistake.
    pub(super) fn close_down_to(&mut self, kept: usize) {
        let Some(innermost) = self.frames.last().copied() else { return };
        if self.frames.len() <= kept {
            return;
        }
        let deep = self.told_deep && self.nesting > MAX_NESTING;
        while self.frames.len() > kept && self.leave().is_some() {}
        if deep {
            return;
        }
        let (open, close) = innermost.kind.marks();
        let what = match innermost.kind {
            FrameKind::Short | FrameKind::Long => "the string",
            FrameKind::Hole => "the hole in the string",
            _ => "the bracket",
        };
        let diagnostic = Diagnostic::error(Code::Unclosed, format!("{what} is not closed")).at(
            self.span(innermost.at, innermost.at.saturating_add(open.len())),
            format!("no `{close}` for this `{open}`"),
        );
        self.fault(innermost.at, diagnostic);
    }

    /// Closes what is open before a word that can't stand in it.
    pub(super) fn mend_at(&mut self, word: &str, behind: &str) {
        if !self.fresh || self.frames.len() <= 1 {
            return;
        }
        let next = behind.trim_start();
        let kept = if ITEM_WORDS.contains(&word) && begins_item(word, next) {
            1
        } else if PART_WORDS.contains(&word) && begins_part(word, next) {
            match self.frames.iter().rposition(|frame| frame.body) {
                Some(body) => body.saturating_add(1),
                None => return,
            }
        } else {
            return;
        };
        self.close_down_to(kept);
    }

    /// Keeps count of what nests without brackets.
    pub(super) fn count_word(&mut self, word: &str, behind: &str) {
        let before_operand = self.last_code().is_none_or(|token| !token.ends_operand(self.text));
        match word {
            "let" | "for" => self.settle(),
            // A new item: the one before is over, and its conditional expressions with it.
            _ if self.fresh
                && self.frames.len() <= 1
                && ITEM_WORDS.contains(&word)
                && begins_item(word, behind.trim_start()) =>
            {
                self.settle();
            }
            "if" if before_operand => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.ifs = frame.ifs.saturating_add(1);
                }
                self.deeper(self.at);
            }
            "if" => self.settle(),
            "list" | "set" | "map" if behind.trim_start().starts_with('<') => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.angles = frame.angles.saturating_add(1);
                    frame.type_commas = frame.type_commas.saturating_add(usize::from(word == "map"));
                }
                self.deeper(self.at);
            }
            _ => {}
        }
    }

    pub(super) fn count_mark(&mut self, mark: char) {
        let Some(frame) = self.frames.last_mut() else { return };
        match mark {
            '>' if frame.angles > 0 => {
                frame.angles = frame.angles.saturating_sub(1);
                self.shallower(1);
            }
            ',' if frame.type_commas > 0 => frame.type_commas = frame.type_commas.saturating_sub(1),
            ',' | ';' => self.settle(),
            _ => {}
        }
    }

    /// A clause or an element is over: no conditional expression of this frame is open any more.
    fn settle(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let over = frame.ifs.saturating_add(frame.angles);
        (frame.ifs, frame.angles, frame.type_commas) = (0, 0, 0);
        self.shallower(over);
    }

    fn last_code(&self) -> Option<&Token> {
        self.tokens.iter().rev().find(|token| token.kind != TokenKind::Comment)
    }
}

fn begins_item(word: &str, next: &str) -> bool {
    let second = next.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(next.len());
    let third = next.get(second..).unwrap_or_default().trim_start();
    match word {
        "test" => next.starts_with('"'),
        "extern" => next.starts_with("fn "),
        "fn" => second > 0 && third.starts_with('('),
        "type" => second > 0 && third.starts_with('='),
        _ => second > 0 && third.starts_with('{'),
    }
}

fn begins_part(word: &str, next: &str) -> bool {
    let one_of = |words: &[&str]| words.iter().any(|word| next.starts_with(word));
    match word {
        "fix" => one_of(&["set ", "add ", "remove", "unsafe "]),
        "except" => one_of(&["if "]),
        "expect" => one_of(&["deny", "warn", "audit", "pass", "skip", "fixed", "error"]),
        _ => one_of(&["\"", "critical ", "high ", "medium ", "low ", "info "]),
    }
}
