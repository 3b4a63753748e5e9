//! The `test` items: pairs → tree.

use super::cursor::{Cx, Kids, Pair};
use super::expr::{expr, parse_int};
use super::grammar::Rule;
use super::items::{dotted, string};
use super::{policy, types};
use crate::syntax::ast::{Expect, Test, TestMember, TestMemberKind};

/// `test "name" { … }`
pub(super) fn test(cx: &Cx, pair: Pair<'_>) -> Option<Test> {
    let mut kids = Kids::of(pair);
    let name = string(cx, &mut kids)?;
    Some(Test { name, members: kids.map(|pair| member(cx, pair)).collect::<Option<_>>()? })
}

/// One member of a test.
pub(super) fn member(cx: &Cx, pair: Pair<'_>) -> Option<TestMember> {
    let (span, rule) = (cx.span(&pair), pair.as_rule());
    let mut kids = Kids::of(pair);
    let kind = match rule {
        Rule::expect => TestMemberKind::Expect(expect(cx, kids.next()?)?),
        Rule::assert_member => TestMemberKind::Assert(expr(cx, kids.next()?)?),
        Rule::data_member => TestMemberKind::Data(cx.ident(&kids.next()?), expr(cx, kids.next()?)?),
        Rule::param_member => {
            let (policy, param) = dotted(cx, &mut kids)?;
            TestMemberKind::Param(policy, param, expr(cx, kids.next()?)?)
        }
        Rule::complete_member => {
            let what = kids.next()?;
            TestMemberKind::Complete(match what.as_rule() {
                Rule::complete_all => None,
                _ => Some(types::ty(cx, what)?),
            })
        }
        Rule::value_member => {
            let word = kids.next()?;
            let value = expr(cx, kids.next()?)?;
            match word.as_str() {
                "input" => TestMemberKind::Input(value),
                "old" => TestMemberKind::Old(value),
                "cluster" => TestMemberKind::Cluster(value),
                "request" => TestMemberKind::Request(value),
                _ => TestMemberKind::Now(value),
            }
        }
        _ => return None,
    };
    Some(TestMember { kind, span })
}

fn expect(cx: &Cx, pair: Pair<'_>) -> Option<Expect> {
    let rule = pair.as_rule();
    let mut kids = Kids::of(pair);
    Some(match rule {
        Rule::expect_fixed => Expect::Fixed(expr(cx, kids.next()?)?),
        Rule::expect_error => Expect::Error,
        Rule::expect_pass => Expect::Pass(expected(cx, &mut kids)),
        Rule::expect_skip => Expect::Skip(expected(cx, &mut kids)),
        Rule::expect_finding => {
            let action = policy::action(&kids.next()?)?;
            let policy = expected(cx, &mut kids);
            let (mut at, mut message, mut count) = (None, None, None);
            for detail in kids {
                let (span, rule) = (cx.span(&detail), detail.as_rule());
                let mut kids = Kids::of(detail);
                match rule {
                    Rule::detail_at => at = Some(string(cx, &mut kids)?),
                    Rule::detail_message => message = Some(string(cx, &mut kids)?),
                    _ => {
                        let digits = kids.next()?;
                        let number = parse_int(digits.as_str()).and_then(|n| u64::try_from(n).ok());
                        if number.is_none() {
                            cx.report(
                                types::out_of_range(digits.as_str()).at(cx.span(&digits), "the number is too large"),
                            );
                        }
                        count = Some((number.unwrap_or_default(), span));
                    }
                }
            }
            Expect::Finding { action, policy, at, message, count }
        }
        _ => return None,
    })
}

fn expected(cx: &Cx, kids: &mut Kids<'_>) -> Option<crate::syntax::ast::Ident> {
    let pair = kids.only(Rule::expected)?;
    Kids::of(pair).next().map(|name| cx.ident(&name))
}
