//! String literals: escapes, `{{` and `}}`, holes, raw texts, and document texts without their common indentation.

use super::cursor::{Cx, Kids, Pair};
use super::expr::expr;
use super::grammar::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{DocFormat, Expr, ExprKind, Ident, StrPart};
use std::borrow::Cow;
use std::sync::Arc;

/// A string literal as an expression.
pub(super) fn string(cx: &Cx, pair: Pair<'_>) -> Option<Expr> {
    let span = cx.span(&pair);
    Some(Expr { kind: ExprKind::Str(parts(cx, pair)?), span })
}

/// The parts of a string literal; neighbouring texts are one.
pub(super) fn parts(cx: &Cx, pair: Pair<'_>) -> Option<Vec<StrPart>> {
    let mut parts = vec![];
    for piece in Kids::of(pair) {
        parts.push(match piece.as_rule() {
            Rule::short_text | Rule::long_text => StrPart::Text(decode(cx, &piece).into()),
            Rule::raw => StrPart::Text(unquote(piece.as_str()).into()),
            Rule::hole => StrPart::Hole(expr(cx, Kids::of(piece).next()?)?),
            _ => return None,
        });
    }
    Some(parts)
}

/// The text of a literal that may not have holes.
pub(super) fn plain(cx: &Cx, pair: Pair<'_>) -> Option<Arc<str>> {
    let mut text = String::new();
    for part in parts(cx, pair)? {
        match part {
            StrPart::Text(part) => text.push_str(&part),
            StrPart::Hole(hole) => {
                cx.report(
                    Diagnostic::error(Code::Escape, "this text must be the same always and takes no `{…}`")
                        .at(hole.span, "a value is put in here")
                        .help("write `{{` and `}}` for braces that are meant as such"),
                );
                return Some("".into());
            }
        }
    }
    Some(text.into())
}

/// `name` or `"a name"` behind a dot or in a type.
pub(super) fn field(cx: &Cx, pair: Pair<'_>) -> Option<Ident> {
    let inner = Kids::of(pair).next()?;
    match inner.as_rule() {
        Rule::word => Some(cx.ident(&inner)),
        _ => Some(Ident { span: cx.span(&inner), name: plain(cx, inner)? }),
    }
}

fn decode(cx: &Cx, pair: &Pair<'_>) -> String {
    let text = pair.as_str();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '{' | '}' => {
                chars.next();
                out.push(c);
            }
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 'u')) => {
                    let code: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').skip(1).collect();
                    let decoded = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    out.extend(decoded.or_else(|| {
                        let start = pair.as_span().start().saturating_add(at);
                        let end = start.saturating_add(code.len()).saturating_add(4);
                        cx.report(
                            Diagnostic::error(Code::Escape, format!("`\\u{{{code}}}` is no Unicode character"))
                                .at(cx.range(start, end), "characters are 0 to d7ff and e000 to 10ffff"),
                        );
                        None
                    }));
                }
                Some((_, other)) => out.push(other),
                None => {}
            },
            _ => out.push(c),
        }
    }
    out
}

/// The text between the quotes, `"` or `"""`, of a literal without escapes.
fn unquote(literal: &str) -> &str {
    let quoted = literal.trim_start_matches(|c| c != '"');
    let inner = quoted.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\""));
    let inner = inner.or_else(|| quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')));
    inner.unwrap_or_default()
}

/// `re"…"`
pub(super) fn regex(cx: &Cx, pair: &Pair<'_>) -> Expr {
    Expr { kind: ExprKind::Regex(unquote(pair.as_str()).into()), span: cx.span(pair) }
}

/// `yaml"…"`, `json"…"`
pub(super) fn doc_text(cx: &Cx, pair: &Pair<'_>) -> Expr {
    let literal = pair.as_str();
    let format = if literal.starts_with("yaml") { DocFormat::Yaml } else { DocFormat::Json };
    let raw = unquote(literal);
    let marks = literal.len().saturating_sub(raw.len()).saturating_sub(4) / 2;
    let start = pair.as_span().start().saturating_add(4).saturating_add(marks);
    let inner = cx.range(start, start.saturating_add(raw.len()));
    Expr { kind: ExprKind::DocText { format, text: dedent(raw).into(), inner }, span: cx.span(pair) }
}

/// `raw` without the indentation that all its lines share. Line ends are kept, so that line n stays line n; the line on
/// which the text begins has none.
#[must_use]
pub fn dedent(raw: &str) -> Cow<'_, str> {
    let margin = margin(raw);
    if margin == 0 {
        return Cow::Borrowed(raw);
    }
    let lines = raw.split('\n').enumerate().map(|(i, line)| cut(i, line, margin));
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Where byte `offset` of `dedent(raw)` stands in `raw`.
#[must_use]
pub fn dedented_offset(raw: &str, offset: usize) -> usize {
    let margin = margin(raw);
    let (mut before, mut behind) = (0usize, 0usize);
    for (i, line) in raw.split('\n').enumerate() {
        let kept = cut(i, line, margin);
        let removed = line.len().saturating_sub(kept.len());
        if offset <= behind.saturating_add(kept.len()) {
            return before.saturating_add(removed).saturating_add(offset.saturating_sub(behind));
        }
        before = before.saturating_add(line.len()).saturating_add(1);
        behind = behind.saturating_add(kept.len()).saturating_add(1);
    }
    raw.len()
}

fn cut(index: usize, line: &str, margin: usize) -> &str {
    if index == 0 {
        return line;
    }
    line.get(margin..).unwrap_or_else(|| if line.ends_with('\r') { "\r" } else { "" })
}

/// How many bytes of blanks all lines but the first and the empty ones begin with.
fn margin(raw: &str) -> usize {
    let lines = raw.split('\n').skip(1).filter(|line| !line.trim().is_empty());
    let mut shared: Option<&str> = None;
    for line in lines {
        let blank =
            line.get(..line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len())).unwrap_or_default();
        let common = match shared {
            None => blank.len(),
            Some(shared) => shared.bytes().zip(blank.bytes()).take_while(|(a, b)| a == b).count(),
        };
        shared = blank.get(..common);
    }
    shared.map_or(0, str::len)
}
