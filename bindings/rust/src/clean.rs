//! Text of others, made harmless: names, messages and source lines come from whoever wrote the object.
//!
//! INVARIANT: what a terminal gets from us has no control character but the line ends and colours that we wrote.

use plimsoll_engine::decision::json::is_hidden;
use std::borrow::Cow;

/// The text for one line of a terminal: control and invisible characters are shown as escapes.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { clean.extend(c.escape_default()) } else { clean.push(c) }
    }
    Cow::Owned(clean)
}

/// A source line for a terminal: as [`line()`], but every character stays one column wide, so that carets fit below it.
#[must_use]
pub fn source(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if is_hidden(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// At most so many characters of a text; what is cut off is marked.
#[must_use]
pub fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The widest part of a source line that is shown.
const WIDEST: usize = 110;

/// The part of a source line round a column (from 0), cleaned, and where the column is in it.
#[must_use]
pub fn window(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    if length <= WIDEST {
        return (source(line), column);
    }
    let cut = column.saturating_sub(WIDEST / 2).min(length.saturating_sub(WIDEST));
    let part: String = line.chars().skip(cut).take(WIDEST).collect();
    let (before, after) = (if cut > 0 { "…" } else { "" }, if cut.saturating_add(WIDEST) < length { "…" } else { "" });
    let column = column.saturating_sub(cut).saturating_add(usize::from(cut > 0));
    (format!("{before}{}{after}", source(&part)), column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_are_shown_not_obeyed() {
        assert_eq!(line("a\u{1b}[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(line("a\nb"), "a\\nb");
        assert_eq!(line("\u{202e}txt"), "\\u{202e}txt");
        assert_eq!(line("straße"), "straße");
    }

    #[test]
    fn a_source_line_keeps_its_columns() {
        assert_eq!(source("a\tb\u{1b}c").chars().count(), 5);
    }
}
