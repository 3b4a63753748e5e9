//! Whether an input is whole, or goes on in the next line.

/// Ends of lines that ask for more.
const OPEN_ENDS: [&str; 24] = [
    "=", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "??", "++", ",", "=>", "->", "and", "or", "not", "in", "if",
    "then", "else", "matches", "like",
];

/// True if nothing is open: no bracket, no string, no operator that waits for its right side. A comment alone waits for
/// what it is about.
pub(super) fn is_whole(text: &str) -> bool {
    if command_in(text).is_some() {
        return true;
    }
    let mut depth = 0_i64;
    let mut rest = text;
    let mut last = String::new();
    while let Some(c) = rest.chars().next() {
        let skip = match c {
            '"' => match string_end(rest) {
                Some(end) => {
                    last = "\"".to_owned();
                    end
                }
                None => return false,
            },
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '(' | '[' | '{' => {
                depth = depth.saturating_add(1);
                last = c.to_string();
                1
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                last = c.to_string();
                1
            }
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let same = |d: char| {
                    if is_word(c) { is_word(d) } else { !is_word(d) && !d.is_whitespace() && !"()[]{}\"".contains(d) }
                };
                let end = rest.find(|d| !same(d)).unwrap_or(rest.len()).max(c.len_utf8());
                last = rest.get(..end).unwrap_or_default().to_owned();
                end
            }
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    let only_comment = last.is_empty() && text.trim_start().starts_with("///");
    depth <= 0 && !OPEN_ENDS.contains(&last.as_str()) && !only_comment
}

/// The command that the last line is, and what stands before it: a command is one also behind a line that was left unfinished.
pub(super) fn command_in(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let (before, line) = text.rsplit_once('\n').map_or(("", text), |(before, line)| (before, line));
    let word = line.split_whitespace().next()?;
    super::COMMANDS.iter().any(|c| c.name == word).then_some((before.trim(), line.trim()))
}

/// Where a string ends that begins here.
fn string_end(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix("\"\"\"") {
        return inner.find("\"\"\"").map(|at| at.saturating_add(6));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return Some(at),
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(at.saturating_add(1)),
            _ => escaped = false,
        }
    }
    // A string of one line that is not closed is a mistake, which the compiler tells.
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_goes_on() {
        for whole in
            ["1 + 1", "let x = 3", "f(\"(\")", "policy p { }", "x.y", "\"a", "\"\"\"a\nb\"\"\"", "// only this"]
        {
            assert!(is_whole(whole), "{whole}");
        }
        for whole in [":quit", "let x =\n:help", "f(\n  :load a.yaml", "\"\"\"\n:run"] {
            assert!(is_whole(whole), "{whole}");
        }
        assert_eq!(command_in("f(\n:load a.yaml\n"), Some(("f(", ":load a.yaml")));
        assert_eq!(command_in("{ a\n: b }"), None);
        for open in ["let x =", "f(", "policy p {", "\"\"\"a", "a and", "1 +", "[1,", "/// doc"] {
            assert!(!is_whole(open), "{open}");
        }
    }
}
