//! Layout: a text with places where a line may end, printed within [`WIDTH`] columns.
//!
//! A group is printed on one line if it fits, else all its own places become line ends. A line end on an empty line is
//! none, so comments and statements may each ask for one.

use crate::syntax::parse::strings::dedent;
use std::borrow::Cow;

/// The longest line, in characters.
pub(super) const WIDTH: usize = 120;

/// One level of indentation.
pub(super) const STEP: usize = 4;

/// A piece of layout.
#[derive(Debug)]
pub(super) enum Doc<'t> {
    /// As it is; may hold line ends.
    Text(Cow<'t, str>),
    /// A blank, or a line end in a broken group.
    Line,
    /// Nothing, or a line end in a broken group.
    Soft,
    /// A line end.
    Hard,
    /// An empty line, unless something was just opened.
    Blank,
    /// A comment that ends its line.
    Trailing(&'t str),
    /// A `yaml"""…"""` or `json"""…"""`, moved to the indentation of its line.
    Document(&'t str),
    /// One level deeper.
    Indent(Vec<Doc<'t>>),
    /// One after the other.
    Concat(Vec<Doc<'t>>),
    /// On one line, or broken; `true`: broken in any case.
    Group(Vec<Doc<'t>>, bool),
    /// A left side and what is compared with it: on one line, or the second on a line of its own; but it stays behind a left
    /// side that is broken itself.
    Compared(Vec<Doc<'t>>, Vec<Doc<'t>>),
    /// What stands behind `=`: on the same line if it fits there, else on the next if it fits there, else broken.
    Hug(Vec<Doc<'t>>),
    /// Only in a broken group.
    IfBroken(Cow<'t, str>),
    /// As many on a line as fit, parted by commas (or blanks alone).
    Fill(Vec<Doc<'t>>, &'static str),
}

impl<'t> Doc<'t> {
    /// A group, broken if something in it ends a line.
    pub(super) fn group(docs: Vec<Doc<'t>>) -> Doc<'t> {
        let broken = line_ends(&docs).0;
        Doc::Group(docs, broken)
    }

    /// True if a line ends in it, however much room there is; a comment behind all else does not count.
    pub(super) fn ends_line(&self) -> bool {
        self.line_ends().0
    }

    /// True if a comment is the last of it.
    pub(super) fn has_comment(&self) -> bool {
        self.line_ends().1
    }

    /// True if a line ends in it, and true if a comment is the last of it.
    fn line_ends(&self) -> (bool, bool) {
        match self {
            Doc::Hard | Doc::Blank => (true, false),
            Doc::Trailing(_) => (false, true),
            Doc::Group(docs, broken) => (*broken, line_ends(docs).1),
            Doc::Compared(left, right) => {
                let (before, comment) = line_ends(left);
                let (behind, last) = line_ends(right);
                (before || comment || behind, last)
            }
            Doc::Indent(docs) | Doc::Concat(docs) | Doc::Hug(docs) | Doc::Fill(docs, _) => line_ends(docs),
            _ => (false, false),
        }
    }

    /// How wide it is on one line; `None` where it does not stand on one. A comment behind it does not count.
    pub(super) fn width(&self) -> Option<usize> {
        if self.ends_line() {
            return None;
        }
        match self {
            Doc::Text(text) => (!text.contains('\n')).then(|| text.chars().count()),
            Doc::Document(text) => (!text.contains('\n')).then(|| text.chars().count()),
            Doc::Line => Some(1),
            Doc::Hug(docs) => docs.iter().try_fold(1usize, |sum, doc| Some(sum.saturating_add(doc.width()?))),
            Doc::Indent(docs) | Doc::Concat(docs) | Doc::Group(docs, _) => {
                docs.iter().try_fold(0usize, |sum, doc| Some(sum.saturating_add(doc.width()?)))
            }
            Doc::Compared(left, right) => {
                left.iter().chain(right).try_fold(1usize, |sum, doc| Some(sum.saturating_add(doc.width()?)))
            }
            Doc::Fill(docs, _) => {
                let commas = docs.len().saturating_sub(1).saturating_mul(2);
                docs.iter().try_fold(commas, |sum, doc| Some(sum.saturating_add(doc.width()?)))
            }
            _ => Some(0),
        }
    }
}

/// [`Doc::line_ends`] of several, one behind the other.
pub(super) fn line_ends(docs: &[Doc<'_>]) -> (bool, bool) {
    docs.iter().fold((false, false), |(ends, comment), doc| {
        let (inside, last) = doc.line_ends();
        (ends || inside || comment, last)
    })
}

/// Text as layout.
pub(super) fn text<'t>(text: impl Into<Cow<'t, str>>) -> Doc<'t> {
    Doc::Text(text.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Something to print, at an indentation.
type Task<'d, 't> = (usize, Mode, Work<'d, 't>);

#[derive(Clone, Copy)]
enum Work<'d, 't> {
    Doc(&'d Doc<'t>),
    /// What stands between two elements of a fill, of which this is the second.
    Next(&'d Doc<'t>, &'static str),
    /// What is compared with a left side that began when so many lines had ended.
    Behind(&'d [Doc<'t>], usize),
}

struct Printer {
    out: String,
    /// Characters of the current line.
    column: usize,
    /// Indentation of the current line.
    line_indent: usize,
    /// Where a comment begins that ends the current line.
    comment: Option<usize>,
    /// How many lines have ended.
    lines: usize,
}

/// Prints a layout.
pub(super) fn print(doc: &Doc<'_>) -> String {
    let mut printer = Printer { out: String::new(), column: 0, line_indent: 0, comment: None, lines: 0 };
    let mut tasks: Vec<Task<'_, '_>> = vec![(0, Mode::Broken, Work::Doc(doc))];
    while let Some((indent, mode, work)) = tasks.pop() {
        match work {
            Work::Doc(doc) => printer.doc(indent, mode, doc, &mut tasks),
            Work::Behind(docs, began) => {
                if printer.lines == began {
                    printer.newline();
                } else {
                    printer.text(indent, " ");
                }
                tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
            }
            Work::Next(doc, comma) => {
                if !comma.is_empty() {
                    printer.text(indent, comma);
                }
                let room = WIDTH.saturating_sub(2);
                if printer.column == 0
                    || !fits(
                        room.saturating_sub(printer.column),
                        (indent, Mode::Flat, Work::Doc(doc)),
                        &[],
                        printer.lines,
                    )
                {
                    printer.newline();
                } else {
                    printer.text(indent, " ");
                }
                tasks.push((indent, mode, Work::Doc(doc)));
            }
        }
    }
    printer.newline();
    printer.out
}

impl Printer {
    fn doc<'d, 't>(&mut self, indent: usize, mode: Mode, doc: &'d Doc<'t>, tasks: &mut Vec<Task<'d, 't>>) {
        let all = |docs: &'d [Doc<'t>], indent: usize, mode: Mode, tasks: &mut Vec<Task<'d, 't>>| {
            tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
        };
        match doc {
            Doc::Text(text) => self.text(indent, text),
            Doc::Document(literal) => {
                let base = if self.column == 0 { indent } else { self.line_indent };
                self.text(indent, &moved(literal, base));
            }
            Doc::Line if mode == Mode::Flat => self.text(indent, " "),
            Doc::Soft if mode == Mode::Flat => {}
            Doc::Line | Doc::Soft | Doc::Hard => self.newline(),
            Doc::Blank => self.blank(),
            Doc::Trailing(comment) => self.trailing(indent, comment),
            Doc::Indent(docs) => all(docs, indent.saturating_add(STEP), mode, tasks),
            Doc::Concat(docs) => all(docs, indent, mode, tasks),
            Doc::IfBroken(text) if mode == Mode::Broken => self.text(indent, text),
            Doc::IfBroken(_) => {}
            Doc::Group(docs, broken) => {
                let flat = (indent, Mode::Flat, Work::Doc(doc));
                let column = if self.column == 0 { indent } else { self.column };
                let on_one_line =
                    !broken && (mode == Mode::Flat || fits(WIDTH.saturating_sub(column), flat, tasks, self.lines));
                all(docs, indent, if on_one_line { Mode::Flat } else { Mode::Broken }, tasks);
            }
            Doc::Compared(left, right) => {
                let flat = (indent, Mode::Flat, Work::Doc(doc));
                let column = if self.column == 0 { indent } else { self.column };
                let room = WIDTH.saturating_sub(column);
                if !doc.ends_line() && (mode == Mode::Flat || fits(room, flat, tasks, self.lines)) {
                    all(right, indent, Mode::Flat, tasks);
                    tasks.push((indent, Mode::Flat, Work::Doc(&Doc::Line)));
                    all(left, indent, Mode::Flat, tasks);
                } else {
                    tasks.push((indent, Mode::Broken, Work::Behind(right, self.lines)));
                    all(left, indent, Mode::Broken, tasks);
                }
            }
            Doc::Hug(docs) => {
                let here = WIDTH.saturating_sub(self.column);
                let next = indent.saturating_add(STEP);
                let fits_here = mode == Mode::Flat
                    || !doc.ends_line() && fits(here, (indent, Mode::Flat, Work::Doc(doc)), tasks, self.lines);
                let width = docs.iter().try_fold(next, |sum, doc| Some(sum.saturating_add(doc.width()?)));
                if !fits_here && width.is_some_and(|width| width <= WIDTH) {
                    self.newline();
                    return all(docs, next, Mode::Flat, tasks);
                }
                self.text(indent, " ");
                all(docs, indent, if fits_here { Mode::Flat } else { Mode::Broken }, tasks);
            }
            Doc::Fill(docs, comma) => {
                for (at, doc) in docs.iter().enumerate().rev() {
                    tasks.push((indent, Mode::Flat, if at == 0 { Work::Doc(doc) } else { Work::Next(doc, comma) }));
                }
            }
        }
    }

    fn text(&mut self, indent: usize, text: &str) {
        if let Some(comment) = self.comment {
            if text == "," {
                self.out.insert(comment, ',');
                self.comment = Some(comment.saturating_add(1));
                return;
            }
            self.newline();
        }
        let text = if self.column == 0 { text.trim_start_matches(' ') } else { text };
        if text.is_empty() {
            return;
        }
        if self.column == 0 {
            self.out.extend(std::iter::repeat_n(' ', indent));
            (self.column, self.line_indent) = (indent, indent);
        }
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column = self.column.saturating_add(text.chars().count()),
        }
    }

    fn newline(&mut self) {
        if self.column > 0 {
            self.lines = self.lines.saturating_add(1);
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
        }
        (self.column, self.comment) = (0, None);
    }

    fn blank(&mut self) {
        self.newline();
        let opened = self.out.ends_with(['{', '[', '(']) || self.out.ends_with("{\n") || self.out.ends_with("[\n");
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && !opened && !self.out.ends_with("(\n") {
            self.out.push('\n');
        }
    }

    fn trailing(&mut self, indent: usize, comment: &str) {
        if self.comment.is_some() {
            self.newline();
        }
        if self.column == 0 {
            self.text(indent, comment);
            return self.newline();
        }
        let start = self.out.trim_end_matches(' ').len();
        self.out.truncate(start);
        self.comment = None;
        self.text(indent, "  ");
        self.text(indent, comment);
        self.comment = Some(start);
    }
}

/// True if what is to be printed fits into `room` characters, up to the next line end that is sure.
fn fits<'d, 't>(room: usize, first: Task<'d, 't>, rest: &[Task<'d, 't>], lines: usize) -> bool {
    let mut left = room;
    let mut tasks = vec![first];
    let mut behind = rest.iter().rev();
    loop {
        let Some((indent, mode, work)) = tasks.pop().or_else(|| behind.next().copied()) else { return true };
        let doc = match work {
            Work::Doc(doc) => doc,
            // What is compared stands on a line of its own, unless the left side has more than one.
            Work::Behind(_, began) if began == lines => return true,
            Work::Behind(docs, _) => {
                let Some(less) = left.checked_sub(1) else { return false };
                left = less;
                tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                continue;
            }
            Work::Next(doc, _) => {
                let Some(less) = left.checked_sub(2) else { return false };
                left = less;
                doc
            }
        };
        let word: &str = match doc {
            Doc::Text(text) => text,
            Doc::Document(text) => text,
            Doc::Line if mode == Mode::Flat => " ",
            Doc::Soft if mode == Mode::Flat => "",
            Doc::Line | Doc::Soft | Doc::Hard | Doc::Blank | Doc::Trailing(_) => return true,
            Doc::IfBroken(text) if mode == Mode::Broken => text,
            Doc::IfBroken(_) => "",
            Doc::Hug(docs) => {
                let Some(less) = left.checked_sub(1) else { return false };
                left = less;
                tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                continue;
            }
            Doc::Indent(docs) | Doc::Concat(docs) => {
                tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                continue;
            }
            Doc::Group(docs, broken) => {
                let mode = if *broken { Mode::Broken } else { mode };
                tasks.extend(docs.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                continue;
            }
            Doc::Compared(one, other) => {
                let mode = if doc.ends_line() { Mode::Broken } else { mode };
                tasks.extend(other.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                tasks.push((indent, mode, Work::Doc(&Doc::Line)));
                tasks.extend(one.iter().rev().map(|doc| (indent, mode, Work::Doc(doc))));
                continue;
            }
            Doc::Fill(docs, comma) => {
                let next = docs.iter().enumerate().rev();
                tasks.extend(
                    next.map(|(at, doc)| (indent, mode, if at == 0 { Work::Doc(doc) } else { Work::Next(doc, comma) })),
                );
                continue;
            }
        };
        let line = word.split('\n').next().unwrap_or_default();
        let Some(less) = left.checked_sub(line.chars().count()) else { return false };
        if line.len() < word.len() {
            return true;
        }
        left = less;
    }
}

/// A document literal with its lines moved so that they stand one level deeper than `indent`, if that leaves its text
/// as it is.
fn moved(literal: &str, indent: usize) -> Cow<'_, str> {
    let Some((head, rest)) = literal.split_once("\"\"\"") else { return Cow::Borrowed(literal) };
    let Some(raw) = rest.strip_suffix("\"\"\"") else { return Cow::Borrowed(literal) };
    if !raw.starts_with('\n') {
        return Cow::Borrowed(literal);
    }
    let text = dedent(raw);
    let (inside, last) = (indent.saturating_add(STEP), text.rsplit('\n').next().unwrap_or_default());
    let mut out = String::with_capacity(literal.len());
    let lines = text.split('\n').count();
    for (at, line) in text.split('\n').enumerate() {
        let closing = at.saturating_add(1) == lines;
        let margin = match (line.is_empty(), closing) {
            (true, true) => indent,
            (true, false) => 0,
            _ => inside,
        };
        out.extend((at > 0).then_some('\n'));
        out.extend(std::iter::repeat_n(' ', if at > 0 { margin } else { 0 }));
        out.push_str(line);
    }
    let same = dedent(&out) == text && (last.is_empty() || !last.trim().is_empty());
    if same { Cow::Owned(format!("{head}\"\"\"{out}\"\"\"")) } else { Cow::Borrowed(literal) }
}
