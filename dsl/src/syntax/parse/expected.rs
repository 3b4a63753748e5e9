//! What pest expected, in our own words.

use super::cursor::is_key_word;
use super::grammar::Rule::{self, *};

/// Rules and what an author calls them, the most telling first. A rule that is not here is told by its key word, or not
/// at all.
const WORDS: &[(&str, &[Rule])] = &[
    ("an expression", &[expr, operand, only_expr, paren, list, int, float, duration, bool, null, if_expr, match_expr]),
    (
        "a type",
        &[any_type, type_opt, type_atom, type_plain, path, list_type, set_type, map_type, kind_type, record_type],
    ),
    ("a key", &[pair, word_key]),
    ("a name", &[name, word, field, expected, policy_ref, subject]),
    ("a string", &[string, quote, quote3, raw]),
    ("a `{ … }`", &[brace]),
    ("a pattern", &[pattern, pattern_else]),
    ("an item", &[item, policy, profile, func, extern_fn, type_decl, test, only_item]),
    ("a severity", &[severity]),
    ("an operation", &[operation]),
    ("`deny`, `warn` or `audit`", &[action, action_head]),
    ("`set`, `add` or `remove`", &[fix_set, fix_add, fix_remove]),
    (
        "`fixed`, `error`, `pass`, `skip`, `deny`, `warn` or `audit`",
        &[expect_fixed, expect_error, expect_pass, expect_skip, expect_finding],
    ),
    (
        "`input`, `expect` or another member of a test",
        &[expect, assert_member, data_member, param_member, complete_member, value_member],
    ),
    ("`include` or `set`", &[include, setting]),
    ("`=`", &[eq, default]),
    ("`->`", &[arrow]),
    ("`=>`", &[fat_arrow]),
    ("`:`", &[colon, let_type, pairs]),
    ("`,`", &[comma]),
    ("`(`", &[l_paren, shape]),
    ("`)`", &[r_paren]),
    ("`[`", &[l_bracket]),
    ("`]`", &[r_bracket]),
    ("`{`", &[l_brace, block]),
    ("`}`", &[r_brace]),
    ("`<`", &[l_angle]),
    ("`>`", &[r_angle]),
    ("`for`", &[comp, for_clause, FOR]),
    ("`let`", &[let_decl, LET]),
    ("`if`", &[if_clause, early_exit, IF]),
];

/// What continues an operand or a type: it may stand nearly everywhere and says little.
const LOOSE: &[(&str, &[Rule])] = &[
    (
        "an operator",
        &[
            op_or,
            op_and,
            op_eq,
            op_ne,
            op_le,
            op_ge,
            op_lt,
            op_gt,
            op_not_in,
            op_in,
            op_matches,
            op_like,
            op_or_else,
            op_join,
            op_add,
            op_sub,
            op_mul,
            op_div,
            op_rem,
            is_type,
            call,
            index,
            member_of,
            safe_member,
        ],
    ),
    ("`.`", &[dot, dot_name, use_items]),
    ("`|`", &[bar]),
];

/// The expectations as a list of words, without repetition; at most five.
pub(super) fn expectations(rules: &[Rule]) -> Vec<String> {
    // Behind an operand, these go on with it; so do the operators.
    let operand_ended = rules.contains(&op_or);
    let goes_on = |rule: Rule| operand_ended && matches!(rule, l_paren | l_bracket | dot | safe_dot | NOT | IS);
    let rules: Vec<Rule> = rules.iter().copied().filter(|rule| !goes_on(*rule)).collect();
    let named = |table: &[(&str, &[Rule])]| -> Vec<String> {
        let has = |group: &[Rule]| group.iter().any(|rule| rules.contains(rule));
        table.iter().filter(|(_, group)| has(group)).map(|(words, _)| (*words).to_owned()).collect()
    };
    let mut words = named(WORDS);
    for rule in rules.iter().filter(|rule| is_key_word(**rule)) {
        if WORDS.iter().any(|(_, group)| group.contains(rule)) {
            continue;
        }
        let quoted = format!("`{}`", format!("{rule:?}").to_lowercase());
        if !words.contains(&quoted) {
            words.push(quoted);
        }
    }
    if words.len() < 3 {
        words.extend(named(LOOSE));
    }
    words.truncate(5);
    words
}

/// `a, b or c`
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Forms of other languages: what is found, what is said, what to write.
pub(super) const FOREIGN: &[(&str, &str, &str)] = &[
    ("&&", "`&&` is written `and`", "write `and`"),
    ("||", "`||` is written `or`", "write `or`"),
    ("!", "`!` is written `not`", "write `not`"),
    ("===", "`===` is written `==`", "write `==`: it compares by structure"),
    ("!==", "`!==` is written `!=`", "write `!=`: it compares by structure"),
    (
        "=>",
        "there are no lambdas",
        "name the element in a comprehension, as in `any(x.a for x in xs)` or `sorted(x for x in xs by x.name)`",
    ),
    (
        "->",
        "`->` stands only before the result type of a function",
        "write a comprehension, as in `[f(x) for x in xs]`, where you want a lambda",
    ),
    ("|>", "there is no pipe", "call the function around its argument: `f(x)`"),
    (":=", "`:=` is written `let … =`", "write `let name = …`"),
    ("::", "`::` is written `.`", "write `module.name`"),
    ("**", "there is no power operator", "multiply, or write a loop over a list"),
    ("+=", "a name gets its value once", "write `let new = old + …`, or `sum(… for …)`"),
    ("-=", "a name gets its value once", "write `let new = old - …`"),
    ("..", "there are no ranges", "write the numbers in a list"),
    ("...", "there is nothing to spread", "join lists, sets and records with `++`"),
    ("elif", "`elif` is written `else if`", "write `else if … then …`"),
    ("elsif", "`elsif` is written `else if`", "write `else if … then …`"),
    ("?", "`a ? b : c` is written `if a then b else c`", "write `if a then b else c`"),
];

/// Item words of other languages and older drafts.
pub(super) const FOREIGN_ITEMS: &[(&str, &str)] = &[
    ("const", "write `let name = …`: a `let` of the module never changes"),
    ("var", "write `let name = …`"),
    ("val", "write `let name = …`"),
    ("def", "write `fn name(a: T) -> T = …`"),
    ("func", "write `fn name(a: T) -> T = …`"),
    ("function", "write `fn name(a: T) -> T = …`"),
    ("import", "write `use a.b` or `use a.b.{c}`, above the items"),
    ("from", "write `use a.b.{c}`, above the items"),
    ("package", "write `module a.b` in the first line"),
    ("rule", "write `policy name { … }`; its rules begin with `deny`, `warn` or `audit`"),
    ("allow", "write `policy name { … deny \"…\" if … }`: a policy says what is refused"),
    ("struct", "write `type Name = { field: T }`"),
    ("enum", "write `type Name = \"a\" | \"b\"`"),
    ("interface", "write `type Name = { field: T }`"),
    ("class", "write `type Name = { field: T }`"),
];
