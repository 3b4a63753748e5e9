//! Policies, rules and clauses: pairs → tree.

use super::cursor::{Cx, Kids, Pair};
use super::expr::expr;
use super::grammar::Rule;
use super::items::{let_decl, param, string};
use super::types;
use crate::source::Span;
use crate::syntax::ast::{
    Clause, Doc, Expr, ExprKind, Fix, FixOp, Header, HeaderKind, Member, On, OnTarget, Policy, Rule as PolicyRule,
    RuleAction, RuleHead, Subject,
};

/// `policy n { … }`
pub(super) fn policy(cx: &Cx, pair: Pair<'_>) -> Option<Policy> {
    let mut kids = Kids::of(pair);
    let mut policy = Policy { name: cx.ident(&kids.next()?), headers: vec![], members: vec![], rules: vec![] };
    for pair in kids {
        match pair.as_rule() {
            Rule::header => policy.headers.push(header(cx, pair)?),
            Rule::policy_rule => policy.rules.push(rule(cx, pair)?),
            _ => policy.members.push(member(cx, pair)?),
        }
    }
    Some(policy)
}

/// A line of the header.
pub(super) fn header(cx: &Cx, pair: Pair<'_>) -> Option<Header> {
    let span = cx.span(&pair);
    let line = Kids::of(pair).next()?;
    let rule = line.as_rule();
    if rule == Rule::sensitive_header {
        return Some(Header { kind: HeaderKind::Sensitive, span });
    }
    let value = Kids::of(line).next()?;
    let kind = match rule {
        Rule::id_header => HeaderKind::Id(super::strings::string(cx, value)?),
        Rule::severity_header => HeaderKind::Severity(cx.ident(&value)),
        Rule::refs_header => HeaderKind::Refs(brace(cx, value)?),
        Rule::enabled_header => HeaderKind::Enabled(expr(cx, value)?),
        Rule::window_header => HeaderKind::Window(super::expr::literal(cx, value)?),
        _ => return None,
    };
    Some(Header { kind, span })
}

/// `{ … }` where nothing else may stand.
fn brace(cx: &Cx, pair: Pair<'_>) -> Option<Expr> {
    super::expr::literal(cx, pair)
}

/// What stands before the first rule.
pub(super) fn member(cx: &Cx, pair: Pair<'_>) -> Option<Member> {
    let span = cx.span(&pair);
    Some(match pair.as_rule() {
        Rule::docs_param => {
            let mut kids = Kids::of(pair);
            let doc = cx.doc(&kids.every(Rule::doc));
            let mut param = param(cx, kids.next()?)?;
            param.doc = doc;
            Member::Param(param)
        }
        Rule::on => Member::On(on(cx, Kids::of(pair), span)?),
        Rule::except => {
            let mut kids = Kids::of(pair);
            Member::Except { cond: expr(cx, kids.next()?)?, reason: string(cx, &mut kids)?, span }
        }
        _ => Member::Clause(clause(cx, pair)?),
    })
}

fn on(cx: &Cx, mut kids: Kids<'_>, span: Span) -> Option<On> {
    let target = kids.next()?;
    let target = match target.as_rule() {
        Rule::on_cluster => OnTarget::Cluster,
        _ => {
            let mut kids = Kids::of(target);
            let subjects = kids.every(Rule::subject).into_iter().map(|pair| {
                let mut kids = Kids::of(pair);
                let ty = types::ty(cx, kids.next()?)?;
                let subresource =
                    kids.only(Rule::subresource).and_then(|sub| Kids::of(sub).find(|p| p.as_rule() == Rule::word));
                Some(Subject { ty, subresource: subresource.map(|word| cx.ident(&word)) })
            });
            OnTarget::Subjects { subjects: subjects.collect::<Option<_>>()?, name: cx.ident(&kids.next()?) }
        }
    };
    let operations = kids.only(Rule::on_when).map(|when| Kids::of(when).map(|op| cx.ident(&op)).collect());
    Some(On { target, operations: operations.unwrap_or_default(), span })
}

/// `for`, `let`, `if`
pub(super) fn clause(cx: &Cx, pair: Pair<'_>) -> Option<Clause> {
    let (span, rule) = (cx.span(&pair), pair.as_rule());
    if rule == Rule::let_decl {
        return let_decl(cx, pair).map(Clause::Let);
    }
    let mut kids = Kids::of(pair);
    match rule {
        Rule::if_clause => Some(Clause::If { cond: expr(cx, kids.next()?)?, span }),
        Rule::for_clause => {
            let binders = kids.every(Rule::name).iter().map(|name| cx.ident(name)).collect();
            Some(Clause::For { binders, source: expr(cx, kids.next()?)?, span })
        }
        _ => None,
    }
}

/// Head and message of a rule that has nothing else yet.
pub(super) fn rule_start(cx: &Cx, pair: Pair<'_>) -> Option<PolicyRule> {
    let whole = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let doc = cx.doc(&kids.every(Rule::doc));
    let head = kids.next()?;
    let span = Span { start: cx.span(&head).start, ..whole };
    let head = rule_head(cx, head)?;
    let message = string(cx, &mut kids)?;
    Some(PolicyRule { doc, head, message, clauses: vec![], refs: None, at: None, related: None, fixes: vec![], span })
}

fn rule_head(cx: &Cx, pair: Pair<'_>) -> Option<RuleHead> {
    let rule = pair.as_rule();
    let mut kids = Kids::of(pair);
    if rule == Rule::action_head {
        let action = action(&kids.next()?)?;
        return Some(RuleHead::Action { action, severity: kids.only(Rule::severity).map(|word| cx.ident(&word)) });
    }
    let action = expr(cx, kids.next()?)?;
    let severity = match kids.next() {
        Some(severity) => Some(expr(cx, severity)?),
        None => None,
    };
    Some(RuleHead::Report { action, severity })
}

/// `deny`, `warn`, `audit`
pub(super) fn action(pair: &Pair<'_>) -> Option<RuleAction> {
    match pair.as_str() {
        "deny" => Some(RuleAction::Deny),
        "warn" => Some(RuleAction::Warn),
        "audit" => Some(RuleAction::Audit),
        _ => None,
    }
}

fn rule(cx: &Cx, pair: Pair<'_>) -> Option<PolicyRule> {
    let end = cx.span(&pair).end;
    let mut kids = Kids::of(pair);
    let mut rule = rule_start(cx, kids.next()?)?;
    for pair in kids {
        rule_part(cx, pair, &mut rule)?;
    }
    rule.span.end = end;
    Some(rule)
}

/// Adds a clause, `refs`, `at`, `related` or `fix` to a rule.
pub(super) fn rule_part(cx: &Cx, pair: Pair<'_>, rule: &mut PolicyRule) -> Option<()> {
    match pair.as_rule() {
        Rule::rule_refs => rule.refs = Some(brace(cx, Kids::of(pair).next()?)?),
        Rule::at => rule.at = Some(expr(cx, Kids::of(pair).next()?)?),
        Rule::related => rule.related = Some(expr(cx, Kids::of(pair).next()?)?),
        Rule::fix => rule.fixes.push(fix(cx, pair)?),
        _ => rule.clauses.push(clause(cx, pair)?),
    }
    Some(())
}

/// Reads a part of a rule that is lost, for what is wrong in it.
pub(super) fn read_part(cx: &Cx, pair: Pair<'_>) -> Option<()> {
    let span = cx.span(&pair);
    let nothing = Expr { kind: ExprKind::Error, span };
    let head = RuleHead::Action { action: RuleAction::Deny, severity: None };
    let (clauses, fixes) = (vec![], vec![]);
    let doc = Doc::default();
    let mut lost =
        PolicyRule { doc, head, message: nothing, clauses, refs: None, at: None, related: None, fixes, span };
    rule_part(cx, pair, &mut lost)
}

fn fix(cx: &Cx, pair: Pair<'_>) -> Option<Fix> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let is_unsafe = kids.only(Rule::UNSAFE).is_some();
    let op = kids.next()?;
    let op = match op.as_rule() {
        Rule::fix_set => FixOp::Set(expr(cx, Kids::of(op).next()?)?),
        Rule::fix_add => FixOp::Add(expr(cx, Kids::of(op).next()?)?),
        _ => FixOp::Remove,
    };
    let mut value_of = |rule| match kids.only(rule) {
        Some(pair) => Some(Some(expr(cx, Kids::of(pair).next()?)?)),
        None => Some(None),
    };
    Some(Fix { is_unsafe, op, at: value_of(Rule::at)?, when: value_of(Rule::fix_when)?, span })
}
