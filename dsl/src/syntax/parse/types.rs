//! Types and patterns: pairs → tree.

use super::cursor::{Cx, Kids, Pair};
use super::expr::{parse_float, parse_int};
use super::grammar::Rule;
use super::strings;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{FnParam, Pattern, PatternKind, Type, TypeField, TypeKind};

/// `T | U?`, and `type_plain`, `type_opt`, `type_atom`, which are parts of it.
pub(super) fn ty(cx: &Cx, pair: Pair<'_>) -> Option<Type> {
    let span = cx.span(&pair);
    match pair.as_rule() {
        Rule::any_type | Rule::type_plain => {
            let mut members = Kids::of(pair).map(|member| ty(cx, member)).collect::<Option<Vec<_>>>()?;
            if members.len() == 1 { members.pop() } else { Some(Type { kind: TypeKind::Union(members), span }) }
        }
        Rule::type_opt => {
            let mut kids = Kids::of(pair);
            let inner = ty(cx, kids.next()?)?;
            match kids.only(Rule::optional) {
                Some(_) => Some(Type { kind: TypeKind::Optional(Box::new(inner)), span }),
                None => Some(inner),
            }
        }
        Rule::type_atom => ty(cx, Kids::of(pair).next()?),
        rule => Some(Type { kind: atom(cx, rule, pair)?, span }),
    }
}

fn atom(cx: &Cx, rule: Rule, pair: Pair<'_>) -> Option<TypeKind> {
    if rule == Rule::path {
        return Some(TypeKind::Path(cx.path(pair)));
    }
    if rule == Rule::string {
        return Some(TypeKind::Literal(strings::plain(cx, pair)?));
    }
    let mut kids = Kids::of(pair);
    Some(match rule {
        Rule::list_type => TypeKind::List(Box::new(ty(cx, kids.next()?)?)),
        Rule::set_type => TypeKind::Set(Box::new(ty(cx, kids.next()?)?)),
        Rule::map_type => TypeKind::Map(Box::new(ty(cx, kids.next()?)?), Box::new(ty(cx, kids.next()?)?)),
        Rule::kind_type => {
            TypeKind::Kind { kind: strings::plain(cx, kids.next()?)?, api_version: strings::plain(cx, kids.next()?)? }
        }
        Rule::record_type => TypeKind::Record(kids.map(|field| type_field(cx, field)).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn type_field(cx: &Cx, pair: Pair<'_>) -> Option<TypeField> {
    let mut kids = Kids::of(pair);
    let doc = cx.doc(&kids.every(Rule::doc));
    let name = strings::field(cx, kids.next()?)?;
    let optional = kids.only(Rule::optional).is_some();
    Some(TypeField { doc, name, optional, ty: ty(cx, kids.next()?)? })
}

/// `(a: T = e) -> R`
pub(super) fn shape(cx: &Cx, pair: Pair<'_>) -> Option<(Vec<FnParam>, Type)> {
    let mut kids = Kids::of(pair);
    let params = kids.every(Rule::fn_param).into_iter().map(|param| {
        let mut kids = Kids::of(param);
        let name = cx.ident(&kids.next()?);
        let ty = ty(cx, kids.next()?)?;
        Some(FnParam { name, ty, default: super::items::default_value(cx, &mut kids)? })
    });
    let params = params.collect::<Option<Vec<_>>>()?;
    Some((params, ty(cx, kids.next()?)?))
}

/// A pattern of an arm.
pub(super) fn pattern(cx: &Cx, pair: Pair<'_>) -> Option<Pattern> {
    let span = cx.span(&pair);
    if pair.as_rule() == Rule::pattern_else {
        return Some(Pattern { kind: PatternKind::Else, span });
    }
    let inner = Kids::of(pair).next()?;
    let kind = match inner.as_rule() {
        Rule::null => PatternKind::Null,
        Rule::bool => PatternKind::Bool(inner.as_str() == "true"),
        Rule::type_atom => PatternKind::Type(ty(cx, inner)?),
        Rule::number => number(cx, inner)?,
        _ => return None,
    };
    Some(Pattern { kind, span })
}

fn number(cx: &Cx, pair: Pair<'_>) -> Option<PatternKind> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let negative = kids.only(Rule::neg_op).is_some();
    let digits = kids.next()?;
    let sign = if negative { "-" } else { "" };
    let text = format!("{sign}{}", digits.as_str());
    let kind = match digits.as_rule() {
        Rule::float => parse_float(&text).map(PatternKind::Float),
        _ => parse_int(&text).map(PatternKind::Int),
    };
    kind.or_else(|| {
        cx.report(out_of_range(&text).at(span, "the number is too large"));
        Some(PatternKind::Int(0))
    })
}

/// The error of a number that does not fit; the caller says where.
pub(super) fn out_of_range(text: &str) -> Diagnostic {
    Diagnostic::error(Code::Number, format!("`{text}` does not fit its type"))
        .note("an int has 64 bits: at most 9223372036854775807; a duration at most 292 years")
}
