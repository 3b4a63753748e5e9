//! The policy text of a case: its `plim` blocks as one source, and what its comments assert.
//!
//! Clauses that stand alone are wrapped in a policy. A comment `// type: T` names the type of what the line declares,
//! `// error: [E0304] "text"` an error that the line has.

use super::Case;

/// What begins a clause of a policy, at the beginning of a line.
const CLAUSES: &[&str] = &[
    "on",
    "deny",
    "warn",
    "audit",
    "report",
    "if",
    "for",
    "except",
    "at",
    "related",
    "id",
    "severity",
    "refs",
    "enabled",
    "sensitive",
    "fix",
];

/// What begins an item; `let` and `param` may be both and stay where they are.
const ITEMS: &[&str] = &["test", "fn", "policy", "type", "profile", "data", "extern", "module", "use"];

/// A source of a case.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its path.
    pub path: String,
    /// True if the path says what its module is called.
    pub named: bool,
    /// The policy text.
    pub text: String,
}

/// The sources of a case: one of all blocks without a path, and one for each block with a path.
#[must_use]
pub fn sources(case: &Case) -> Vec<Text> {
    let (mut items, mut clauses) = (String::new(), String::new());
    let mut out = vec![];
    for block in case.of("plim") {
        match block.path() {
            Some(path) => out.push(Text { path: path.to_owned(), named: true, text: block.text.clone() }),
            None => split(&block.text, &mut items, &mut clauses),
        }
    }
    if !clauses.is_empty() {
        items.push_str(&wrap(&clauses));
    }
    if !items.is_empty() {
        let module =
            items.lines().find_map(|l| l.strip_prefix("module ")).map(|l| l.split_whitespace().next().unwrap());
        let path = module.map_or("example.plim".to_owned(), |m| m.replace('.', "/") + ".plim");
        out.insert(0, Text { path, named: module.is_some(), text: items });
    }
    out
}

fn split(text: &str, items: &mut String, clauses: &mut String) {
    let mut bare = false;
    for line in text.split_inclusive('\n') {
        let word: &str = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        if CLAUSES.contains(&word) {
            bare = true;
        } else if ITEMS.contains(&word) {
            bare = false;
        }
        if bare { clauses.push_str(line) } else { items.push_str(line) }
    }
}

/// A policy of clauses; what it must have and has not is added.
fn wrap(clauses: &str) -> String {
    let has = |words: &[&str]| {
        clauses
            .lines()
            .any(|line| words.iter().any(|w| line.strip_prefix(w).is_some_and(|r| r.starts_with([' ', '(']))))
    };
    let mut out = "policy example {".to_owned();
    for (word, text) in [("id", " id = \"EX-1\""), ("severity", " severity = medium"), ("on", " on Pod as p")] {
        if !has(&[word]) {
            out.push_str(text);
        }
    }
    out.push('\n');
    out.push_str(clauses);
    if !has(&["deny", "warn", "audit", "report"]) {
        out.push_str("audit \"nothing\" if false\n");
    }
    out.push_str("}\n");
    out
}

/// An assertion of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `// type: T`
    Type(String),
    /// `// error: [E0304] "text"` or `// warning: …`
    Diagnostic {
        /// `E0304`
        code: String,
        /// A part of its title, labels, help or notes.
        text: Option<String>,
    },
}

/// The assertions of a text, with their lines from 1.
#[must_use]
pub fn claims(text: &str) -> Vec<(usize, Claim)> {
    let mut out = vec![];
    for (number, line) in text.lines().enumerate() {
        if let Some((_, ty)) = line.split_once("// type: ") {
            out.push((number + 1, Claim::Type(ty.trim().to_owned())));
        }
        let said = line.split_once("// error: ").or_else(|| line.split_once("// warning: "));
        let mut rest = said.map_or("", |(_, rest)| rest).trim();
        while let Some((code, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            rest = behind.trim_start();
            let text = rest.strip_prefix('"').and_then(|r| r.split_once('"')).map(|(text, behind)| {
                rest = behind.trim_start();
                text.to_owned()
            });
            out.push((number + 1, Claim::Diagnostic { code: code.to_owned(), text }));
        }
    }
    out
}

/// The text without the lines that have errors, for what it says of types.
#[must_use]
pub fn without_errors(text: &str) -> String {
    let rule =
        |line: &str| ["deny", "warn", "audit", "report"].contains(&line.split([' ', '(']).next().unwrap_or_default());
    let without = |text: &'_ str| match text {
        text if !text.contains("// error: ") => None,
        text if rule(text.trim_start()) => Some("audit \"nothing\"\n"),
        _ => Some("\n"),
    };
    text.split_inclusive('\n').map(|line| without(line).unwrap_or(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read() {
        let found = claims("let a = 1 // type: int\n\nx // error: [E0304] \"may be\" [E0302]\n");
        let code =
            |code: &str, text: Option<&str>| Claim::Diagnostic { code: code.into(), text: text.map(str::to_owned) };
        assert_eq!(
            found,
            [(1, Claim::Type("int".into())), (3, code("E0304", Some("may be"))), (3, code("E0302", None))]
        );
    }

    #[test]
    fn clauses_are_wrapped_and_items_are_not() {
        let (mut items, mut clauses) = (String::new(), String::new());
        split("let a = 1\non Pod as p\nlet b = 2\ntest \"x\" {\n}\n", &mut items, &mut clauses);
        assert_eq!(items, "let a = 1\ntest \"x\" {\n}\n");
        assert_eq!(clauses, "on Pod as p\nlet b = 2\n");
        assert_eq!(
            wrap("on Pod as q\ndeny \"x\"\n"),
            "policy example { id = \"EX-1\" severity = medium\non Pod as q\ndeny \"x\"\n}\n"
        );
    }
}
