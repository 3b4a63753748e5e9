//! Diagnostics as text: title, place, source line, carets, help.
//!
//! Whatever comes from a source text is cleaned of control characters and of marks that change the direction of
//! writing, so that a policy cannot write to the terminal.

use super::{Diagnostic, Label, Level};
use crate::source::{SourceId, SourceMap, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Shown, Message, Renderer, Snippet};
use plimsoll_engine::decision::json::is_hidden;
use std::borrow::Cow;

/// Whether the text is for a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// With escape sequences.
    Always,
}

/// One diagnostic as text, without a line end behind it.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colour: Colour) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let title = level.primary_title(clean(&diagnostic.title)).id(diagnostic.code.id());
    let mut group = title.elements(snippets(diagnostic, sources));
    for (level, texts) in [(Shown::HELP, &diagnostic.help), (Shown::NOTE, &diagnostic.notes)] {
        group = group.elements(texts.iter().map(|text| -> Message<'_> { level.clone().message(clean(text)) }));
    }
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    renderer.render(&[group] as &[Group<'_>])
}

/// All diagnostics as text, a blank line between two.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], sources: &SourceMap, colour: Colour) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&render(diagnostic, sources, colour));
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out
}

/// A snippet for each source that a label stands in, that of the first label first.
fn snippets<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Snippet<'a, Annotation<'a>>> {
    let mut ids: Vec<SourceId> = vec![];
    for label in &diagnostic.labels {
        if !ids.contains(&label.span.source) {
            ids.push(label.span.source);
        }
    }
    let primary = diagnostic.labels.first();
    ids.into_iter().filter_map(|id| snippet(diagnostic, sources, id, primary)).collect()
}

fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a SourceMap,
    id: SourceId,
    primary: Option<&Label>,
) -> Option<Snippet<'a, Annotation<'a>>> {
    let source = sources.get(id)?;
    let labels: Vec<_> = diagnostic.labels.iter().filter(|label| label.span.source == id).collect();
    let first = labels.iter().map(|label| label.span.start as usize).min()?.min(source.text.len());
    let last = labels.iter().map(|label| one_line(&source.text, label.span).1).max()?;
    // Only the lines between the labels: a text may be long and its errors many.
    let start = source.text.get(..first)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let end = source.text.get(last..)?.find('\n').map_or(source.text.len(), |at| at.saturating_add(last));
    let line = source.text.get(..start)?.matches('\n').count().saturating_add(1);
    let annotations = labels.into_iter().map(|label| {
        let kind = if Some(label) == primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let (from, to) = one_line(&source.text, label.span);
        let annotation = kind.span(from.saturating_sub(start)..to.saturating_sub(start));
        if label.text.is_empty() { annotation } else { annotation.label(clean(&label.text)) }
    });
    let text = source.text.get(start..end)?;
    Some(Snippet::source(text).path(clean(&source.path)).line_start(line).fold(true).annotations(annotations))
}

/// A span cut at the end of its first line, and at the bounds of characters.
fn one_line(text: &str, span: Span) -> (usize, usize) {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.floor_char_boundary(span.end as usize).max(start);
    let line = text.get(start..end).and_then(|covered| covered.find('\n'));
    (start, line.map_or(end, |at| at.saturating_add(start)))
}

/// The text without control characters, line ends but the last words of a text included.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c != '\n' && c != '\t' && is_hidden(c);
    if text.contains(harmful) { Cow::Owned(text.replace(harmful, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn sources() -> SourceMap {
        let mut sources = SourceMap::default();
        sources.add("root.plim", "policy p {\n    deny \"é\" if c.securtyContext\n}\n");
        sources.add("other.plim", "let a = 1\n");
        sources
    }

    fn span(source: u32, start: u32, end: u32) -> Span {
        Span { source: SourceId(source), start, end }
    }

    #[test]
    fn a_diagnostic_shows_title_place_line_and_help() {
        let diagnostic = Diagnostic::error(Code::Syntax, "`Container` has no field `securtyContext`")
            .at(span(0, 30, 44), "not a field of `Container`")
            .help("did you mean `securityContext`?")
            .note("a note");
        insta::assert_snapshot!(render(&diagnostic, &sources(), Colour::Never), @r#"
        error[E0101]: `Container` has no field `securtyContext`
         --> root.plim:2:19
          |
        2 |     deny "é" if c.securtyContext
          |                   ^^^^^^^^^^^^^^ not a field of `Container`
          |
          = help: did you mean `securityContext`?
          = note: a note
        "#);
    }

    #[test]
    fn labels_may_stand_in_two_files() {
        let diagnostic =
            Diagnostic::warning(Code::Syntax, "two").at(span(0, 7, 8), "here").at(span(1, 4, 5), "and there");
        insta::assert_snapshot!(render(&diagnostic, &sources(), Colour::Never), @r#"
        warning[E0101]: two
         --> root.plim:1:8
          |
        1 | policy p {
          |        ^ here
          |
         ::: other.plim:1:5
          |
        1 | let a = 1
          |     - and there
        "#);
    }

    #[test]
    fn the_end_of_a_text_and_nowhere_can_be_shown() {
        let at_end = Diagnostic::error(Code::Syntax, "the end").at(span(1, 10, 10), "here");
        insta::assert_snapshot!(render(&at_end, &sources(), Colour::Never), @r#"
        error[E0101]: the end
         --> other.plim:2:1
          |
        2 |
          | ^ here
        "#);
        let nowhere = Diagnostic::error(Code::Syntax, "no place");
        insta::assert_snapshot!(render(&nowhere, &sources(), Colour::Never), @r#"
        error[E0101]: no place
        "#);
        let beyond =
            Diagnostic::error(Code::Syntax, "beyond").at(span(7, 10, 20), "of no source").at(span(1, 99, 120), "x");
        assert!(render(&beyond, &sources(), Colour::Never).contains("beyond"));
    }

    #[test]
    fn of_a_long_line_the_part_round_the_label_is_shown() {
        let mut sources = SourceMap::default();
        let name = "x".repeat(3000);
        sources.add("a.plim", format!("let a = \"{}\" + {name} + \"{}\"\n", "é".repeat(3000), "z".repeat(3000)));
        let begin = 9 + 6000 + 4;
        let long = Diagnostic::error(Code::UnknownName, format!("there is no variable `{name}`"))
            .at(span(0, begin, begin + 3000), format!("`{name}` is not known"));
        let shown = render(&long, &sources, Colour::Never);
        assert!(shown.len() < 1000, "{}", shown.len());
        insta::assert_snapshot!(shown, @r#"
        error[E0201]: there is no variable `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`
         --> a.plim:1:3014
          |
        1 | ... + xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx + ...
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not known
        "#);
        let short = Diagnostic::error(Code::UnknownName, "short").at(span(0, begin, begin + 3), "here");
        insta::assert_snapshot!(render(&short, &sources, Colour::Never), @r#"
        error[E0201]: short
         --> a.plim:1:3014
          |
        1 | ...ééééééééééééééééééééééééééééééééééééééééééééééééééééééééé" + xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
          |                                                                 ^^^ here
        "#);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut sources = SourceMap::default();
        sources.add("a\u{1b}[31m.plim", "let a = \u{1b}]0;title\u{7}\u{202e}x\n");
        let diagnostic =
            Diagnostic::error(Code::Syntax, "odd \u{1b}[2J").at(span(0, 8, 9), "\u{9b}31m").help("\u{202e}");
        let shown = render(&diagnostic, &sources, Colour::Never);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
    }
}
