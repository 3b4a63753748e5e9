//! What the compiler says about a policy text.
//!
//! A [`Diagnostic`] is a code, a title that can be read alone, labels at spans, and help. Rendering is in `render`,
//! codes and their long texts in `codes`.

pub mod codes;
pub mod engine;
pub mod github;
pub mod json;
pub mod render;

pub use codes::Code;
pub use github::to_github;
pub use json::to_json;
pub use render::{Colour, render, render_all};

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Nothing is compiled.
    Error,
    /// A lint.
    Warning,
}

/// A fact at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// The fact; may be empty.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// Error or lint.
    pub level: Level,
    /// What is wrong, in the author's words, lower case, no full stop.
    pub title: String,
    /// The first is where the caret stands.
    pub labels: Vec<Label>,
    /// Orders with text to paste.
    pub help: Vec<String>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    #[must_use]
    pub fn error(code: Code, title: impl Into<String>) -> Self {
        Self { code, level: Level::Error, title: shorten(title.into()), labels: vec![], help: vec![], notes: vec![] }
    }

    /// A lint without a place yet.
    #[must_use]
    pub fn warning(code: Code, title: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, title) }
    }

    /// Adds a label; the first one is the place of the diagnostic.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: shorten(text.into()) });
        self
    }

    /// Adds an order.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(shorten(text.into()));
        self
    }

    /// Adds an order made from `value`, where there is one.
    #[must_use]
    pub fn help_if<T>(self, value: Option<T>, text: impl FnOnce(T) -> String) -> Self {
        match value {
            Some(value) => self.help(text(value)),
            None => self,
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(shorten(text.into()));
        self
    }

    /// Where it is.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|l| l.span).unwrap_or_default()
    }
}

/// The longest text between two backticks: what is quoted is a name, a type or code to paste.
const MOST_QUOTED: usize = 200;
/// How much of a longer one is shown.
const SHOWN_QUOTED: usize = 80;

/// The text with its long quotes cut: a text of an author may have any length, a message is to be read.
fn shorten(text: String) -> String {
    if text.len() <= MOST_QUOTED {
        return text;
    }
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let quoted = index % 2 == 1;
        match part.char_indices().nth(SHOWN_QUOTED) {
            Some((end, _)) if quoted && part.chars().nth(MOST_QUOTED).is_some() => {
                format!("{}…", part.get(..end).unwrap_or(part))
            }
            _ => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_the_words_around_it_are_not() {
        let long = "é".repeat(3000);
        let words = "word ".repeat(60);
        let diagnostic = Diagnostic::error(Code::Syntax, format!("`{long}` is no `name`"))
            .help(format!("{words}`{}` `{long}`", "x".repeat(200)));
        assert_eq!(diagnostic.title, format!("`{}…` is no `name`", "é".repeat(80)));
        assert_eq!(diagnostic.help, [format!("{words}`{}` `{}…`", "x".repeat(200), "é".repeat(80))]);
    }
}
