//! Diagnostics as workflow commands of GitHub Actions: one line each, shown at the line of the file.
//!
//! INVARIANT: nothing of a diagnostic can end its line or begin a command of its own.

use super::{Diagnostic, Level, render};
use crate::source::{SourceMap, Span};
use std::fmt::Write;

/// `::error file=a.plim,line=3,col=5,endLine=3,endColumn=9,title=E0302::the title, its label and its help`
#[must_use]
pub fn to_github(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let level = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut out = format!("::{level} ");
    let span = diagnostic.span();
    if let Some(source) = diagnostic.labels.first().and_then(|_| sources.get(span.source)) {
        let (start, end) = (sources.position(span), sources.position(Span { start: span.end, ..span }));
        let file = property(&source.path);
        let (line, column) = (start.line, start.column);
        // Writing to a string cannot fail.
        _ = write!(out, "file={file},line={line},col={column},endLine={},endColumn={},", end.line, end.column);
    }
    let mut message = diagnostic.title.clone();
    let label = diagnostic.labels.first().map(|label| &label.text);
    for text in label.into_iter().chain(&diagnostic.help).filter(|text| !text.is_empty()) {
        message.push('\n');
        message.push_str(text);
    }
    _ = write!(out, "title={}::{}", diagnostic.code.id(), data(&message));
    out
}

fn data(text: &str) -> String {
    render::clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    #[test]
    fn one_line_whatever_it_says() {
        let mut sources = SourceMap::default();
        sources.add("a,b:c.plim", "let a = 1");
        let span = Span { source: SourceId(0), start: 4, end: 5 };
        let diagnostic = Diagnostic::error(Code::Syntax, "100 %\n::set-env name=x::y").at(span, "here").help("do\r\n");
        assert_eq!(
            to_github(&diagnostic, &sources),
            "::error file=a%2Cb%3Ac.plim,line=1,col=5,endLine=1,endColumn=6,title=E0101::\
             100 %25%0A::set-env name=x::y%0Ahere%0Ado\u{fffd}%0A"
        );
        assert_eq!(to_github(&Diagnostic::warning(Code::Syntax, "w"), &sources), "::warning title=E0101::w");
    }
}
