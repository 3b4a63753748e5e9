//! A policy that is put together from parts that were read one by one: what belongs where.

use super::cursor::{Cx, Pair};
use super::grammar::Rule;
use super::policy;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::Policy;

/// How far a policy has got; parts may only come in this order, and a new rule begins at `Clause` again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Stage {
    Header,
    Member,
    Clause,
    Refs,
    At,
    Related,
    Fix,
}

impl Stage {
    /// The word of what stands last.
    fn word(self) -> &'static str {
        match self {
            Stage::Header => "header",
            Stage::Member => "member",
            Stage::Clause => "rule",
            Stage::Refs => "refs",
            Stage::At => "at",
            Stage::Related => "related",
            Stage::Fix => "fix",
        }
    }
}

/// A policy that is put together from its parts.
pub(super) struct Assembly {
    /// What there is of it.
    pub(super) policy: Policy,
    /// How far it has got.
    pub(super) stage: Stage,
    /// The start of the current rule could not be read: its parts are read and dropped.
    pub(super) broken_rule: bool,
    /// The order of the current rule was told as wrong.
    pub(super) told: bool,
}

impl Assembly {
    /// Adds a part; the inner value is what is wrong with its place.
    #[expect(clippy::option_option, reason = "the outer one is that of every builder: could the pair be read")]
    pub(super) fn add(&mut self, cx: &Cx, pair: Pair<'_>) -> Option<Option<Diagnostic>> {
        let span = cx.span(&pair);
        let word = pair.as_str().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_owned();
        let own = match pair.as_rule() {
            Rule::header => Stage::Header,
            Rule::docs_param | Rule::on | Rule::except => Stage::Member,
            Rule::rule_start => {
                let rule = policy::rule_start(cx, pair)?;
                self.policy.rules.push(rule);
                (self.stage, self.broken_rule, self.told) = (Stage::Clause, false, false);
                return Some(None);
            }
            Rule::rule_refs => Stage::Refs,
            Rule::at => Stage::At,
            Rule::related => Stage::Related,
            Rule::fix => Stage::Fix,
            _ if self.stage < Stage::Clause => Stage::Member,
            _ => Stage::Clause,
        };
        let late = own < self.stage || own == self.stage && matches!(own, Stage::Refs | Stage::At | Stage::Related);
        let early = own > Stage::Clause && self.stage < Stage::Clause;
        let order = (late || early).then(|| out_of_order(&word, self.stage, own, early, span));
        if !late && !early {
            self.stage = own;
        }
        match own {
            Stage::Header => self.policy.headers.push(policy::header(cx, pair)?),
            Stage::Member => self.policy.members.push(policy::member(cx, pair)?),
            _ => self.rule_part(cx, pair)?,
        }
        let first = !self.told;
        self.told |= order.is_some();
        Some(order.filter(|_| first))
    }

    fn rule_part(&mut self, cx: &Cx, pair: Pair<'_>) -> Option<()> {
        let rule = if self.broken_rule { None } else { self.policy.rules.last_mut() };
        match rule {
            Some(rule) => {
                rule.span.end = cx.span(&pair).end;
                policy::rule_part(cx, pair, rule)
            }
            None => policy::read_part(cx, pair),
        }
    }
}

fn out_of_order(word: &str, stage: Stage, own: Stage, early: bool, span: Span) -> Diagnostic {
    if early {
        return Diagnostic::error(Code::Order, format!("`{word}` belongs to a rule, and none has begun"))
            .at(span, "stands before the first rule")
            .help("begin a rule above it: `deny \"…\"`");
    }
    let (title, help) = match own {
        Stage::Header => (format!("`{word}` belongs to the header of the policy"), "move it to the top of the policy"),
        Stage::Member => (format!("`{word}` stands below a rule"), "move it above the first rule"),
        Stage::Clause => {
            (format!("`{word}` stands behind `{}`", stage.word()), "move it above: clauses come first in a rule")
        }
        _ if own == stage => (format!("a rule has one `{word}`"), "take one of them away, or begin a second rule"),
        _ => (
            format!("`{word}` stands behind `{}`", stage.word()),
            "the order is: clauses, `refs`, `at`, `related`, `fix`",
        ),
    };
    Diagnostic::error(Code::Order, title).at(span, "out of its place").help(help)
}
