//! Modules and their items: pairs → tree.

use super::cursor::{Cx, Kids, Pair};
use super::expr::expr;
use super::grammar::Rule;
use super::{policy, strings, types};
use crate::syntax::ast::{
    Expr, Function, Ident, Item, ItemKind, Let, Param, Profile, ProfileMember, Signature, Statement, Use, UseNames,
};

/// An item with its doc comment.
pub(super) fn item(cx: &Cx, pair: Pair<'_>) -> Option<Item> {
    let mut kids = Kids::of(pair);
    let doc = cx.doc(&kids.every(Rule::doc));
    let inner = kids.next()?;
    let span = cx.span(&inner);
    Some(Item { doc, kind: item_kind(cx, inner)?, span })
}

fn item_kind(cx: &Cx, pair: Pair<'_>) -> Option<ItemKind> {
    let rule = pair.as_rule();
    match rule {
        Rule::policy => return policy::policy(cx, pair).map(ItemKind::Policy),
        Rule::test => return super::test_item::test(cx, pair).map(ItemKind::Test),
        Rule::let_decl => return let_decl(cx, pair).map(ItemKind::Let),
        Rule::param => return param(cx, pair).map(ItemKind::Param),
        _ => {}
    }
    let mut kids = Kids::of(pair);
    Some(match rule {
        Rule::profile => profile(cx, kids).map(ItemKind::Profile)?,
        Rule::func => function(cx, kids).map(ItemKind::Fn)?,
        Rule::extern_fn => ItemKind::ExternFn(signature(cx, kids.next()?)?),
        Rule::type_decl => ItemKind::Type { name: cx.ident(&kids.next()?), ty: types::ty(cx, kids.next()?)? },
        Rule::data => ItemKind::Data { name: cx.ident(&kids.next()?), ty: types::ty(cx, kids.next()?)? },
        _ => return None,
    })
}

/// `use …`
pub(super) fn use_decl(cx: &Cx, pair: Pair<'_>) -> Option<Use> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let path = cx.path(kids.next()?);
    let names = match kids.next() {
        None => UseNames::Module,
        Some(names) if names.as_rule() == Rule::use_as => UseNames::As(cx.ident(&Kids::of(names).next()?)),
        Some(names) => UseNames::Items(Kids::of(names).map(|name| cx.ident(&name)).collect()),
    };
    Some(Use { path, names, span })
}

/// `let n: T = e`
pub(super) fn let_decl(cx: &Cx, pair: Pair<'_>) -> Option<Let> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let name = cx.ident(&kids.next()?);
    let ty = match kids.only(Rule::let_type) {
        Some(ty) => Some(types::ty(cx, Kids::of(ty).next()?)?),
        None => None,
    };
    Some(Let { name, ty, value: expr(cx, kids.next()?)?, span })
}

/// `param n: T = e`, the doc comment left empty.
pub(super) fn param(cx: &Cx, pair: Pair<'_>) -> Option<Param> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let name = cx.ident(&kids.next()?);
    let ty = types::ty(cx, kids.next()?)?;
    Some(Param { name, ty, default: default_value(cx, &mut kids)?, doc: crate::syntax::ast::Doc::default(), span })
}

/// `= e` where it stands.
#[expect(clippy::option_option, reason = "the outer one is that of every builder: could the pair be read")]
pub(super) fn default_value(cx: &Cx, kids: &mut Kids<'_>) -> Option<Option<Expr>> {
    match kids.only(Rule::default) {
        Some(default) => Some(Some(expr(cx, Kids::of(default).next()?)?)),
        None => Some(None),
    }
}

/// `fn f(…) -> T`
pub(super) fn signature(cx: &Cx, pair: Pair<'_>) -> Option<Signature> {
    let span = cx.span(&pair);
    let mut kids = Kids::of(pair);
    let name = cx.ident(&kids.next()?);
    let (params, result) = types::shape(cx, kids.next()?)?;
    Some(Signature { name, params, result, span })
}

fn function(cx: &Cx, mut kids: Kids<'_>) -> Option<Function> {
    let signature = signature(cx, kids.next()?)?;
    if let Some(result) = default_value(cx, &mut kids)? {
        return Some(Function { signature, body: vec![], result, block: false });
    }
    let mut kids = Kids::of(kids.next()?);
    let mut body = vec![];
    loop {
        let pair = kids.next()?;
        match pair.as_rule() {
            Rule::expr => return Some(Function { signature, body, result: expr(cx, pair)?, block: true }),
            Rule::let_decl => body.push(Statement::Let(let_decl(cx, pair)?)),
            _ => {
                let span = cx.span(&pair);
                let mut kids = Kids::of(pair);
                let (cond, value) = (expr(cx, kids.next()?)?, expr(cx, kids.next()?)?);
                body.push(Statement::Return { cond, value, span });
            }
        }
    }
}

fn profile(cx: &Cx, mut kids: Kids<'_>) -> Option<Profile> {
    let name = cx.ident(&kids.next()?);
    let members = kids.map(|pair| {
        let (span, rule) = (cx.span(&pair), pair.as_rule());
        let mut kids = Kids::of(pair);
        if rule == Rule::include {
            return Some(ProfileMember::Include(kids.map(|policy| cx.ident(&policy)).collect()));
        }
        let (policy, param) = dotted(cx, &mut kids)?;
        Some(ProfileMember::Set { policy, param, value: expr(cx, kids.next()?)?, span })
    });
    Some(Profile { name, members: members.collect::<Option<_>>()? })
}

/// `policy.param` or `param`
pub(super) fn dotted(cx: &Cx, kids: &mut Kids<'_>) -> Option<(Option<Ident>, Ident)> {
    let first = cx.ident(&kids.next()?);
    match kids.only(Rule::dot_name) {
        Some(second) => Some((Some(first), cx.ident(&Kids::of(second).next()?))),
        None => Some((None, first)),
    }
}

/// A string, as expression.
pub(super) fn string(cx: &Cx, kids: &mut Kids<'_>) -> Option<Expr> {
    strings::string(cx, kids.only(Rule::string)?)
}
