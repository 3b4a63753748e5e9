//! Comments of YAML text that speak to Plimsoll: `# plimsoll:ignore POD-01, NET-02 -- reason [until 2027-01-31]`.
//!
//! Comments are read in a pass of their own, and only where the text has the word, so that other files pay nothing. A
//! `#` inside of a scalar is no comment: the parser says what is one.

use super::error::{Fault, InputError, InputErrorKind};
use super::node::{Document, NodeId, SourceText};
use super::read::Limits;
use super::yaml;
use granit_parser::Event;

/// The word that such a comment begins with.
const WORD: &str = "plimsoll:ignore";

/// A comment that suppresses findings on its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoreComment {
    /// Its line, from 1.
    pub line: u32,
    /// The node that it stands beside begins in this line: its own, or where it stands alone, that of what follows.
    pub target: u32,
    /// Offset of its `#`.
    pub start: u32,
    /// Offset behind it.
    pub end: u32,
    /// Ids or names of policies, as written.
    pub policies: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, as written (`2027-01-31`).
    pub until: Option<String>,
}

/// What the comments of a text say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comments {
    /// Those that are whole.
    pub ignores: Vec<IgnoreComment>,
    /// Those that are not: without a reason, without a policy, with a date that is none.
    pub errors: Vec<InputError>,
}

/// Reads the comments of a YAML text. What stands behind a syntax error is read from the next document on.
#[must_use]
pub fn comments(source: &SourceText, limits: Limits) -> Comments {
    let mut out = Comments::default();
    if memchr::memmem::find(source.text.as_bytes(), WORD.as_bytes()).is_none() {
        return out;
    }
    let mut parser = yaml::parser(&source.text, limits, true);
    loop {
        match parser.next_event() {
            None => break,
            Some(Err(_)) => {
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
            Some(Ok((Event::Comment(text, _), span))) => {
                let (start, end) = span.byte_range().map_or((0, 0), |r| (r.start, r.end));
                match parse(&text) {
                    None => {}
                    Some(Ok(said)) => out.ignores.push(place(source, said, start, end)),
                    Some(Err(message)) => {
                        let fault = Fault::over(InputErrorKind::Suppression, start, end, message);
                        out.errors.push(fault.locate(source, 0));
                    }
                }
            }
            Some(Ok(_)) => {}
        }
    }
    out
}

impl Document {
    /// The lines on which a comment speaks of a finding at `node` of the object `object`: those on which the node, its
    /// parent and the object begin (a member begins at its key). Compare with [`IgnoreComment::target`].
    #[must_use]
    pub fn comment_lines(&self, node: NodeId, object: NodeId) -> Vec<u32> {
        let line = |id: NodeId| {
            let start = self.key_span(id).map_or_else(|| self.span(id).0, |key| key.0);
            self.source().position(start).line
        };
        let parent = self.parent(node).filter(|parent| *parent >= object);
        let mut lines: Vec<u32> = [Some(node), parent, Some(object)].into_iter().flatten().map(line).collect();
        lines.dedup();
        lines
    }
}

/// What one comment says.
struct Said {
    policies: Vec<String>,
    reason: String,
    until: Option<String>,
}

fn parse(comment: &str) -> Option<Result<Said, String>> {
    let rest = comment.trim_start().strip_prefix(WORD)?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', ':']) {
        return None;
    }
    Some(parse_rest(rest))
}

fn parse_rest(rest: &str) -> Result<Said, String> {
    let (ids, why) = rest.split_once("--").unwrap_or((rest, ""));
    let split = |c: char| c == ',' || c.is_whitespace();
    let policies: Vec<String> =
        ids.trim_start_matches(':').split(split).filter(|s| !s.is_empty()).map(Into::into).collect();
    if policies.is_empty() {
        return Err(format!("expected the id or name of a policy behind `{WORD}`"));
    }
    let (reason, until) = reason_and_end(why)?;
    if reason.is_empty() {
        return Err(format!("expected a reason: `# {WORD} {} -- why`", policies.join(", ")));
    }
    Ok(Said { policies, reason, until })
}

/// `why [until 2027-01-31]` in parts: of a comment, or of an annotation. The reason may be empty.
pub(crate) fn reason_and_end(why: &str) -> Result<(String, Option<String>), String> {
    let (reason, until) = match why.rsplit_once("until ") {
        Some((reason, date)) if crate::calendar::is_day(date.trim().trim_end_matches(']')) => {
            (reason.trim_end().trim_end_matches('['), Some(date.trim().trim_end_matches(']').to_owned()))
        }
        Some((_, date)) if date.trim_start().starts_with(|c: char| c.is_ascii_digit()) => {
            return Err(format!("expected a day like `until 2027-01-31`, found `until {}`", date.trim()));
        }
        _ => (why, None),
    };
    Ok((reason.trim().to_owned(), until))
}

fn place(source: &SourceText, said: Said, start: usize, end: usize) -> IgnoreComment {
    let (start, end) = (super::error::offset(start), super::error::offset(end));
    let line = source.position(start).line;
    let own = source.line(line).trim_start().starts_with('#');
    let mut target = line;
    if own {
        // The first line below that is neither empty nor a comment.
        target = target.saturating_add(1);
        let lines = source.line_count();
        while target < lines && matches!(source.line(target).trim_start().chars().next(), None | Some('#')) {
            target = target.saturating_add(1);
        }
    }
    IgnoreComment { line, target, start, end, policies: said.policies, reason: said.reason, until: said.until }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Comments {
        comments(&SourceText::new("t.yaml", text), Limits::default())
    }

    #[test]
    fn comments_name_policies_reason_and_day() {
        let found = read(
            "# plimsoll:ignore POD-01, run_as_non_root -- vendor image until 2027-01-31\n\n# more\nkind: Pod\na: 'x # plimsoll:ignore POD-1 -- no'\nb: |\n  # plimsoll:ignore POD-1 -- text\nc: 1 # plimsoll:ignore NET-02 -- é [until 2026-12-01]\n",
        );
        assert_eq!(found.errors, []);
        let rows: Vec<_> = found
            .ignores
            .iter()
            .map(|i| (i.line, i.target, i.policies.join("|"), i.reason.as_str(), i.until.as_deref()))
            .collect();
        assert_eq!(
            rows,
            [
                (1, 4, "POD-01|run_as_non_root".to_owned(), "vendor image", Some("2027-01-31")),
                (8, 8, "NET-02".to_owned(), "é", Some("2026-12-01")),
            ]
        );
    }

    #[test]
    fn a_comment_without_a_reason_is_an_error() {
        for (text, word) in [
            ("a: 1 # plimsoll:ignore POD-01\n", "a reason"),
            ("a: 1 # plimsoll:ignore POD-01 --  \n", "a reason"),
            ("a: 1 # plimsoll:ignore -- why\n", "id or name"),
            ("a: 1 # plimsoll:ignore POD-01 -- why until 2027-02-30\n", "a day like"),
            ("a: 1 # plimsoll:ignore POD-01 -- until 2027-02-20\n", "a reason"),
        ] {
            let found = read(text);
            assert_eq!((found.ignores.len(), found.errors.len()), (0, 1), "{text}");
            assert!(found.errors[0].message.contains(word), "{}", found.errors[0]);
            assert_eq!((found.errors[0].code, found.errors[0].start.column), ("E0711", 6));
        }
        assert_eq!(read("a: 1 # plimsoll:ignored\n"), Comments::default());
        assert_eq!(read("a: 1 # plimsoll:ignore X -- wait until it is done\n").ignores[0].until, None);
    }

    #[test]
    fn comments_speak_of_a_node_its_parent_and_the_object() {
        let d = crate::document::read::tests::yaml(
            "kind: Pod\nspec:\n  containers:\n  - name: a\n    securityContext:\n      x: 1\n",
        );
        let lines = |p: &str| d.comment_lines(d.find(p).unwrap(), NodeId::ROOT);
        assert_eq!(lines("/spec/containers/0/securityContext/x"), [6, 5, 1]);
        assert_eq!(lines("/spec/containers/0"), [4, 3, 1]);
        assert_eq!(lines(""), [1]);
    }

    #[test]
    fn many_comments_and_broken_documents() {
        let many = format!("a:\n{}  b: 1 # plimsoll:ignore X -- y\n", "  # c\n".repeat(500));
        assert_eq!(read(&many).ignores[0].line, 502);
        let broken = read("a: }\n---\nb: 1 # plimsoll:ignore X -- y\n");
        assert_eq!(broken.ignores[0].line, 3);
    }
}
