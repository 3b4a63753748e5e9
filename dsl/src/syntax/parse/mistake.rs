//! Where pest stopped → what is said about it. Mistakes that people make often have a message of their own, tried in the
//! order of [`KINDS`]; the rest is told by what was expected and what was found.

use super::cursor::too_deep;
use super::expected::{FOREIGN, FOREIGN_ITEMS, either, expectations};
use super::grammar::Rule;
use super::site::{Kind, Site, shortened};
use super::{RESERVED, Stop};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::scan::{Token, TokenKind};

/// Says what is wrong with a piece.
pub(super) fn mistake(mut site: Site<'_>, stop: Stop) -> Diagnostic {
    site.stop_at(stop.at);
    if stop.too_deep {
        return too_deep(site.found_span());
    }
    site.expected = stop.expected;
    KINDS.iter().find_map(|kind| kind(&site)).unwrap_or_else(|| plain(&site))
}

/// The mistakes with a message of their own, the surest first.
const KINDS: &[fn(&Site<'_>) -> Option<Diagnostic>] = &[
    conditional_clause,
    empty_hole,
    foreign_text,
    old_fix,
    foreign_item,
    misplaced_doc,
    glued_number,
    double_optional,
    chained_assignment,
    missing_else,
    early_exit,
    missing_return,
    behind_return,
    missing_result,
    missing_type,
    no_object,
    missing_message,
    bad_severity,
    no_arms,
    headless_comprehension,
    nested_item,
    wrong_order,
    reserved_name,
    mixed_brace,
    foreign_mark,
    unknown_part,
    unknown_item,
    unknown_member,
];

fn plain(site: &Site<'_>) -> Diagnostic {
    let words = expectations(&site.expected);
    let found = site.found_words();
    if words.is_empty() {
        return site.error(Code::Syntax, format!("{found} has no place here"), "nothing like this may stand here");
    }
    let words = either(&words);
    site.error(Code::Syntax, format!("expected {words}, found {found}"), format!("expected {words}"))
}

fn conditional_clause(site: &Site<'_>) -> Option<Diagnostic> {
    let clause = site.found() == "then" && !site.expects(Rule::THEN);
    clause.then(|| {
        site.error(
            Code::ConditionalClause,
            "`if … then …` is an expression, not a clause",
            "a clause ends before `then`",
        )
        .help("put parentheses round it: `if (if a then b else c)`; a clause alone is `if a`")
    })
}

fn empty_hole(site: &Site<'_>) -> Option<Diagnostic> {
    let before = site.at.checked_sub(1).and_then(|at| site.token(at));
    let empty = site.token(site.at)?.kind == TokenKind::HoleClose && before?.kind == TokenKind::HoleOpen;
    empty.then(|| {
        site.error(Code::Escape, "the hole in the string is empty", "expected an expression before this `}`")
            .help("write `{{}}` for braces that are meant as such")
    })
}

/// Comments, quotes and block comments of other languages.
fn foreign_text(site: &Site<'_>) -> Option<Diagnostic> {
    let token = site.token(site.at).filter(|token| token.kind == TokenKind::Unknown)?;
    let text = token.text(site.text);
    let (title, help) = match text.chars().next()? {
        '#' => ("`#` begins no comment", "write `// …`"),
        '\'' => ("strings stand in double quotes", "write `\"…\"`"),
        '/' => ("comments end with their line", "write `//` before each line"),
        '&' => ("`&` has no meaning here", "write `and` for a condition; sets are joined with `++`"),
        '`' => ("strings stand in double quotes", "write `\"…\"`, or `r\"…\"` for raw text"),
        '$' => ("names have no `$`", "write the name alone; in a string write `{name}`"),
        _ => return None,
    };
    Some(site.error(Code::Foreign, title, "this is of another language").help(help))
}

fn old_fix(site: &Site<'_>) -> Option<Diagnostic> {
    (site.found() == "{" && matches!(site.before(1), "fix" | "unsafe")).then(|| {
        site.error(Code::Foreign, "a fix has no braces", "expected `set`, `add` or `remove`").help(
            "write `fix set value`, `fix add value` or `fix remove`, each with its own `at place` if it needs one",
        )
    })
}

fn foreign_item(site: &Site<'_>) -> Option<Diagnostic> {
    let starts = matches!(site.kind, Kind::Item | Kind::Part) && site.expects_start();
    let (word, help) = FOREIGN_ITEMS.iter().find(|(word, _)| starts && *word == site.found())?;
    Some(site.error(Code::Foreign, format!("`{word}` begins nothing here"), "this is of another language").help(*help))
}

impl Site<'_> {
    /// True at the place where a piece begins, or could be over.
    fn expects_start(&self) -> bool {
        self.at == self.first || self.expects(Rule::EOI)
    }
}

fn misplaced_doc(site: &Site<'_>) -> Option<Diagnostic> {
    let (kind, at) = match site.token(site.at) {
        Some(token) => (token.kind, site.at),
        None => (site.token(site.at.checked_sub(1)?)?.kind, site.at.checked_sub(1)?),
    };
    let (title, help) = match kind {
        TokenKind::Doc => (
            "the doc comment describes nothing",
            "it must stand above an item, a parameter, a rule or a field; write `//` for a comment",
        ),
        TokenKind::ModuleDoc => {
            ("`//!` stands only at the top of a file", "write `///` to describe what follows, or `//`")
        }
        _ => return None,
    };
    Some(Diagnostic::error(Code::Order, title).at(site.span(at), "nothing that it could describe follows").help(help))
}

fn glued_number(site: &Site<'_>) -> Option<Diagnostic> {
    let token = site.token(site.at).filter(|token| token.kind == TokenKind::Number)?;
    let text = token.text(site.text);
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '.');
    let glued = !digits.is_empty() && !matches!(digits, "ms" | "s" | "m" | "h" | "d" | "w");
    let dotted = text.matches('.').count() > 0 && text.contains('_');
    (site.expects(Rule::expr) || site.expects(Rule::operand)).then_some(())?;
    (glued || dotted || text.contains("__") || text.ends_with('_')).then(|| {
        site.error(Code::Number, format!("`{}` is no number", shortened(text)), "a number followed by letters")
            .help("units of time are `ms`, `s`, `m`, `h`, `d` and `w`; quantities are written `quantity(\"500m\")`")
    })
}

fn double_optional(site: &Site<'_>) -> Option<Diagnostic> {
    let types = [Rule::optional, Rule::bar].iter().any(|rule| site.expects(*rule)) && !site.expects(Rule::op_or_else);
    (types && site.found() == "??").then(|| {
        site.error(Code::Syntax, "`T??` is `T?`: null is null once", "one `?` is enough").help("write one `?`")
    })
}

fn chained_assignment(site: &Site<'_>) -> Option<Diagnostic> {
    let operator = site.expects(Rule::op_eq) || site.expects(Rule::op_or);
    (site.found() == "=" && operator).then(|| {
        site.error(Code::Foreign, "`=` does not compare", "`=` gives a name its value").help("write `==` to compare")
    })
}

fn missing_else(site: &Site<'_>) -> Option<Diagnostic> {
    site.expects(Rule::ELSE).then(|| {
        site.error(Code::MissingPart, "`if … then …` has no `else`", "expected `else`")
            .help("an expression always has a value: add `else null`, or what it is otherwise")
    })
}

fn early_exit(site: &Site<'_>) -> Option<Diagnostic> {
    let exit = site.expects(Rule::RETURN) && !site.expects(Rule::LET) && !site.expects(Rule::let_decl);
    exit.then(|| {
        site.error(Code::MissingReturn, "`if` in a block needs `return`", "expected `return`")
            .help("write `if cond return value`")
    })
}

fn missing_return(site: &Site<'_>) -> Option<Diagnostic> {
    site.expects(Rule::RETURN).then(|| {
        let found = site.found_words();
        site.error(
            Code::MissingReturn,
            "the block does not end with `return`",
            format!("expected `return`, found {found}"),
        )
        .help("a block is `let`s and early exits (`if cond return value`), then `return value`")
    })
}

fn behind_return(site: &Site<'_>) -> Option<Diagnostic> {
    let ends = site.leader() == "fn" && site.expects(Rule::r_brace) && matches!(site.found(), "let" | "if" | "return");
    let depth = site.token(site.at)?.depth;
    (ends && depth == 1).then(|| {
        site.error(
            Code::MissingReturn,
            "nothing may stand behind the last `return` of a block",
            "this is never reached",
        )
        .help("move it above `return`")
    })
}

fn missing_result(site: &Site<'_>) -> Option<Diagnostic> {
    site.expects(Rule::arrow).then(|| {
        site.error(Code::MissingType, "the function has no result type", "expected `->` and a type")
            .help("write the type behind the parameters: `-> bool`")
    })
}

fn missing_type(site: &Site<'_>) -> Option<Diagnostic> {
    let name = site.before(1);
    let typed = match site.leader() {
        "fn" | "extern" => matches!(site.found(), "," | ")" | "=") && matches!(site.before(2), "(" | ","),
        "param" | "data" => site.before(2) == site.leader(),
        _ => false,
    };
    (typed && site.expects(Rule::colon)).then(|| {
        site.error(Code::MissingType, format!("`{name}` has no type"), "expected `:` and a type")
            .help(format!("write `{name}: T`"))
    })
}

fn no_object(site: &Site<'_>) -> Option<Diagnostic> {
    (site.expects(Rule::AS) && site.leader() == "on").then(|| {
        site.error(Code::MissingPart, "`on` gives the object no name", "expected `as` and a name")
            .help("write `on Pod as pod`")
    })
}

fn missing_message(site: &Site<'_>) -> Option<Diagnostic> {
    site.expects(Rule::string).then_some(())?;
    let (title, help) = match site.leader() {
        "deny" | "warn" | "audit" if site.at <= site.first.saturating_add(2) && !site.bad_severity_here() => {
            ("the rule has no message", "say what is wrong: `deny \"container {c.name} may run as root\"`")
        }
        "report" => ("the rule has no message", "say what is wrong behind the parentheses: `report (a, s) \"…\"`"),
        "except" => ("`except` gives no reason", "say why it is skipped: `except if cond \"reason\"`"),
        "test" => ("the test has no name", "say what it shows: `test \"a pod without limits is refused\" { … }`"),
        "id" => ("the id is no string", "write `id = \"POD-01\"`"),
        _ => return None,
    };
    Some(site.error(Code::MissingPart, title, "expected a string").help(help))
}

const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

impl Site<'_> {
    fn bad_severity_here(&self) -> bool {
        let found = self.token(self.at).is_some_and(|token| token.kind == TokenKind::Word);
        let header = self.before(2) == "severity";
        found && (header || self.expects(Rule::severity) && is_string(self.token(self.at.saturating_add(1))))
    }
}

fn is_string(token: Option<&Token>) -> bool {
    token.is_some_and(|token| matches!(token.kind, TokenKind::Quote | TokenKind::Raw))
}

fn bad_severity(site: &Site<'_>) -> Option<Diagnostic> {
    site.bad_severity_here().then(|| {
        let word = site.found();
        let error = site.error(Code::Syntax, format!("`{word}` is no severity"), "expected a severity");
        match nearest(word, &SEVERITIES) {
            Some(best) => error.help(format!("did you mean `{best}`?")),
            None => error.help("write `critical`, `high`, `medium`, `low` or `info`"),
        }
    })
}

/// The word of a list that was most likely meant.
pub(super) fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let scored = words.iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate));
    let (distance, best) = scored.min()?;
    (distance > 0 && distance <= 2 && distance.saturating_mul(2) < word.len()).then_some(best)
}

fn no_arms(site: &Site<'_>) -> Option<Diagnostic> {
    (site.found() == "}" && site.before(1) == "{" && site.expects(Rule::arm)).then(|| {
        site.error(Code::MissingPart, "the `match` has no arms", "expected a pattern")
            .help("write `match x { Pod p => …, else => … }`")
    })
}

fn headless_comprehension(site: &Site<'_>) -> Option<Diagnostic> {
    let inside = [Rule::comp, Rule::for_clause, Rule::FOR].iter().any(|rule| site.expects(*rule));
    (inside && matches!(site.found(), "if" | "let")).then(|| {
        site.error(Code::Syntax, "a comprehension begins with `for`", "expected `for`")
            .help(format!("write `for x in xs` before this `{}`", site.found()))
    })
}

/// Items where clauses are wanted, clauses and late `use` lines where items are.
fn nested_item(site: &Site<'_>) -> Option<Diagnostic> {
    const ITEMS: [&str; 6] = ["policy", "profile", "fn", "extern", "type", "test"];
    let word = site.found();
    let nested = site.kind == Kind::Part && site.expects_start() && ITEMS.contains(&word);
    nested.then(|| {
        site.error(Code::Order, format!("`{word}` is an item of the file, not of a policy"), "stands in a policy")
            .help("move it out of the policy, above it")
    })
}

fn wrong_order(site: &Site<'_>) -> Option<Diagnostic> {
    const CLAUSES: [&str; 9] = ["deny", "warn", "audit", "report", "for", "if", "at", "fix", "on"];
    let word = site.found();
    let item = site.kind == Kind::Item && site.expects_start();
    if item && matches!(word, "use" | "module") {
        return Some(
            site.error(Code::Order, format!("`{word}` stands below an item"), "items have begun already")
                .help("move it to the top of the file"),
        );
    }
    (item && CLAUSES.contains(&word)).then(|| {
        site.error(Code::Order, format!("`{word}` stands outside of a policy"), "expected an item")
            .help("move it into a `policy name { … }`")
    })
}

fn reserved_name(site: &Site<'_>) -> Option<Diagnostic> {
    let word = site.found();
    let name = [Rule::name, Rule::path, Rule::dot_name].iter().any(|rule| site.expects(*rule));
    let others = site.expects(Rule::expr) || site.expects(Rule::operand);
    (name && !others && RESERVED.contains(&word)).then(|| {
        site.error(Code::ReservedWord, format!("`{word}` is a reserved word, so it is no name"), "expected a name")
            .help("choose another name")
            .note(format!("reserved are: {}", RESERVED.join(", ")))
    })
}

fn mixed_brace(site: &Site<'_>) -> Option<Diagnostic> {
    let keyless = site.expects(Rule::pair) && site.expects(Rule::r_brace) && site.before(1) == ",";
    if keyless && site.found() != ")" && site.found() != "," {
        let title = "a `{…}` is either a set or a map";
        return Some(
            site.error(Code::Syntax, title, "an element without a key, behind one with")
                .help("give every element a key, or none"),
        );
    }
    (site.found() == ":" && site.expects(Rule::r_brace)).then(|| {
        site.error(Code::Syntax, "a `{…}` is either a set or a map", "a value for a key, behind members of a set")
            .help("give every element a key, or none")
    })
}

fn foreign_mark(site: &Site<'_>) -> Option<Diagnostic> {
    let token = site.token(site.at)?;
    let text = token.text(site.text);
    let found = FOREIGN.iter().find(|(mark, _, _)| *mark == text)?;
    let ternary = text == "?" && !site.expects(Rule::op_or_else);
    let arm = text == "=>" && site.expects(Rule::pattern);
    (!ternary && !arm).then(|| site.error(Code::Foreign, found.1, "this is of another language").help(found.2))
}

/// The words that begin a part of a policy.
pub(super) const PART_WORDS: &[&str] = &[
    "id",
    "severity",
    "refs",
    "enabled",
    "window",
    "sensitive",
    "param",
    "on",
    "except",
    "for",
    "let",
    "if",
    "deny",
    "warn",
    "audit",
    "report",
    "at",
    "related",
    "fix",
];

/// The words that begin an item.
pub(super) const ITEM_WORDS: &[&str] =
    &["policy", "profile", "fn", "extern", "type", "param", "data", "let", "test", "module", "use"];

/// The words that begin a member of a test.
pub(super) const MEMBER_WORDS: &[&str] =
    &["input", "old", "cluster", "request", "now", "complete", "data", "param", "assert", "expect"];

fn unknown_part(site: &Site<'_>) -> Option<Diagnostic> {
    unknown(site, Kind::Part, PART_WORDS, "a part of a policy")
}

fn unknown_item(site: &Site<'_>) -> Option<Diagnostic> {
    unknown(site, Kind::Item, ITEM_WORDS, "an item")
}

fn unknown_member(site: &Site<'_>) -> Option<Diagnostic> {
    unknown(site, Kind::Member, MEMBER_WORDS, "a member of a test")
}

fn unknown(site: &Site<'_>, kind: Kind, words: &[&str], what: &str) -> Option<Diagnostic> {
    let token = site.token(site.at).filter(|token| token.kind == TokenKind::Word)?;
    let word = token.text(site.text);
    if site.kind != kind || !site.expects_start() || RESERVED.contains(&word) {
        return None;
    }
    let error =
        site.error(Code::Syntax, format!("`{word}` begins nothing that stands here"), format!("expected {what}"));
    let error = error.help_if(nearest(word, words), |best| format!("did you mean `{best}`?"));
    Some(error.note(format!("{what} begins with {}", words.join(", "))))
}
