//! The layout of a module and of its items but policies.

use super::doc::{Doc, text};
use super::{Brackets, Formatter, Style};
use crate::syntax::parse::cursor::Pair;
use crate::syntax::parse::grammar::Rule;

impl<'t> Formatter<'t> {
    pub(super) fn module(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        let mut before = None;
        for kid in pair.into_inner() {
            let (rule, start) = (kid.as_rule(), kid.as_span().start());
            if matches!(rule, Rule::EOI | Rule::semi) {
                continue;
            }
            let kind = section(&kid);
            if before.is_some_and(|before| before != kind || kind == Section::Block) && kind != Section::Doc {
                let apart = !matches!((before, kind), (Some(Section::Doc), Section::Name));
                docs.extend(apart.then_some(Doc::Blank));
            }
            before = Some(kind);
            self.statement(start, &mut docs, || match rule {
                Rule::module_doc => self.leaf(&kid),
                Rule::item => self.item(kid.clone()),
                _ => self.plain_line(kid.clone()),
            });
        }
        docs.extend(self.comments_before(usize::MAX));
        Doc::Concat(docs)
    }

    /// `module a.b`, `use a.b.{c}`
    fn plain_line(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::semi => {}
                Rule::use_items => docs.push(self.use_items(kid)),
                _ => {
                    docs.extend((!docs.is_empty()).then(|| text(" ")));
                    docs.push(self.plain(kid));
                }
            }
        }
        Doc::Concat(docs)
    }

    fn use_items(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut kids = pair.into_inner();
        let dot = kids.next().map(|dot| self.leaf(&dot));
        let list =
            self.separated(kids.collect(), Style { commas: true, fill: true, spaced: false }, |f, kid| f.pair(kid));
        Doc::Concat(dot.into_iter().chain([list]).collect())
    }

    /// Children of which the first and the last are brackets, and the others elements and commas.
    pub(super) fn separated(
        &self,
        mut kids: Vec<Pair<'t>>,
        style: Style,
        element: impl Fn(&Self, Pair<'t>) -> Doc<'t>,
    ) -> Doc<'t> {
        let close = kids.pop();
        let mut kids = kids.into_iter();
        let Some(open) = kids.next() else { return Doc::Soft };
        let broken = self.line_ends_behind(open.as_span().end());
        let open = self.leaf(&open);
        let elements = kids.filter(|kid| kid.as_rule() != Rule::comma).map(|kid| element(self, kid)).collect();
        self.closed(Brackets { open, close: Doc::Soft, broken }, close, elements, style)
    }

    /// Puts the closing bracket; comments before it stand with the elements.
    pub(super) fn closed(
        &self,
        brackets: Brackets<'t>,
        close: Option<Pair<'t>>,
        mut elements: Vec<Doc<'t>>,
        style: Style,
    ) -> Doc<'t> {
        let Some(close) = close else { return Doc::Concat(elements) };
        let comments = self.comments_before(close.as_span().start());
        let close = self.leaf(&close);
        if comments.is_empty() {
            return self.bracketed(Brackets { close, ..brackets }, elements, style);
        }
        if style.commas && !elements.is_empty() {
            elements.push(Doc::Concat(comments));
            let Brackets { open, .. } = brackets;
            let mut inside = vec![Doc::Hard];
            let last = elements.len().saturating_sub(1);
            for (at, element) in elements.into_iter().enumerate() {
                inside.push(element);
                inside.extend((at < last).then(|| text(",")));
                inside.push(Doc::Hard);
            }
            return Doc::group(vec![open, Doc::Indent(inside), Doc::Hard, close]);
        }
        let mut inside = vec![Doc::Hard];
        for element in elements {
            inside.extend([element, Doc::Hard]);
        }
        inside.extend(comments);
        Doc::group(vec![brackets.open, Doc::Indent(inside), Doc::Hard, close])
    }

    fn item(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::doc => docs.extend([Doc::Hard, self.leaf(&kid), Doc::Hard]),
                Rule::semi => {}
                Rule::policy => docs.push(self.policy(kid)),
                Rule::test | Rule::profile => docs.push(self.body(kid)),
                _ => docs.push(self.declaration(kid)),
            }
        }
        Doc::Concat(docs)
    }

    /// `let`, `param`, `data`, `type`, `fn`: words, then a value.
    pub(super) fn declaration(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        let mut kids = pair.into_inner().peekable();
        let mut before = None;
        while let Some(kid) = kids.next() {
            let rule = kid.as_rule();
            if before.is_some_and(|last| super::parted(last, rule)) {
                docs.push(text(" "));
            }
            before = Some(rule);
            match rule {
                Rule::default => {
                    let mut kids = kid.into_inner();
                    docs.extend(kids.next().map(|eq| self.leaf(&eq)));
                    docs.extend(kids.next().map(|value| self.value(value)));
                }
                Rule::eq => {
                    docs.push(self.leaf(&kid));
                    docs.extend(kids.next().map(|value| self.value(value)));
                }
                Rule::signature => docs.push(self.signature(kid)),
                Rule::block => docs.push(self.body(kid)),
                _ => docs.push(self.pair(kid)),
            }
        }
        Doc::group(docs)
    }

    /// What stands behind `=`: on the same line if it fits or begins with a bracket, else on the next.
    pub(super) fn value(&self, pair: Pair<'t>) -> Doc<'t> {
        let (hugs, calls) = (self.hugs(&pair), is_call(&pair));
        let value = if pair.as_rule() == Rule::expr { self.expr(pair, true) } else { self.pair(pair) };
        if calls {
            return Doc::Hug(vec![value]);
        }
        if hugs {
            return Doc::Concat(vec![text(" "), value]);
        }
        Doc::group(vec![Doc::Indent(vec![Doc::Line, value])])
    }

    fn signature(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::shape => docs.push(self.shape(kid)),
                _ => {
                    docs.extend((!docs.is_empty()).then(|| text(" ")));
                    docs.push(self.leaf(&kid));
                }
            }
        }
        Doc::Concat(docs)
    }

    fn shape(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut params = vec![];
        let mut rest = vec![];
        for kid in pair.into_inner() {
            if params.last().is_some_and(|last: &Pair<'_>| last.as_rule() == Rule::r_paren) {
                rest.push(kid);
            } else {
                params.push(kid);
            }
        }
        let style = Style { commas: true, ..Style::default() };
        let mut docs = vec![self.separated(params, style, |f, kid| f.declaration(kid))];
        for kid in rest {
            docs.push(text(" "));
            docs.push(self.pair(kid));
        }
        Doc::Concat(docs)
    }

    pub(super) fn record_type(&self, pair: Pair<'t>) -> Doc<'t> {
        let style = Style { spaced: true, commas: true, fill: false };
        self.separated(pair.into_inner().collect(), style, |f, field| {
            let mut docs = vec![];
            for kid in field.into_inner() {
                match kid.as_rule() {
                    Rule::doc => docs.extend([Doc::Hard, f.leaf(&kid), Doc::Hard]),
                    Rule::colon => docs.extend([f.leaf(&kid), text(" ")]),
                    _ => docs.push(f.pair(kid)),
                }
            }
            Doc::Concat(docs)
        })
    }

    /// A head, and statements in braces on lines of their own: a block, test or profile.
    fn body(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut head = vec![];
        let mut inside = vec![];
        let mut opened = false;
        let mut kids = pair.into_inner().peekable();
        while let Some(kid) = kids.next() {
            let (rule, start) = (kid.as_rule(), kid.as_span().start());
            match rule {
                Rule::semi => {}
                Rule::l_brace => {
                    head.extend((!head.is_empty()).then(|| text(" ")));
                    head.push(self.leaf(&kid));
                    opened = true;
                }
                Rule::r_brace => {
                    inside.extend(self.comments_before(start));
                    head.push(Doc::Indent(std::mem::take(&mut inside)));
                    head.extend([Doc::Hard, self.leaf(&kid)]);
                }
                _ if !opened => {
                    head.extend((!head.is_empty()).then(|| text(" ")));
                    head.push(self.pair(kid));
                }
                Rule::RETURN => {
                    let value = kids.next();
                    self.statement(start, &mut inside, || {
                        let value = value.map(|value| self.expr(value, false));
                        Doc::Concat([self.leaf(&kid), text(" ")].into_iter().chain(value).collect())
                    });
                }
                _ => self.statement(start, &mut inside, || self.member(kid)),
            }
        }
        Doc::Concat(head)
    }

    /// A member of a block, test or profile.
    fn member(&self, pair: Pair<'t>) -> Doc<'t> {
        match pair.as_rule() {
            Rule::early_exit => self.with_tail(pair, &[Rule::RETURN]),
            Rule::expect => self.expect(pair),
            Rule::include => self.include(pair),
            _ => self.declaration(pair),
        }
    }

    /// A line whose parts may move to lines of their own, one deeper, from the `breaks` on.
    pub(super) fn with_tail(&self, pair: Pair<'t>, breaks: &[Rule]) -> Doc<'t> {
        let (mut head, mut tail) = (vec![], vec![]);
        for kid in pair.into_inner() {
            let rule = kid.as_rule();
            if breaks.contains(&rule) {
                tail.push(Doc::Line);
            } else if !tail.is_empty() {
                tail.push(text(" "));
            } else if !head.is_empty() {
                head.push(text(" "));
            }
            let doc = self.pair(kid);
            if tail.is_empty() { head.push(doc) } else { tail.push(doc) }
        }
        if !tail.is_empty() {
            head.push(Doc::Indent(tail));
        }
        Doc::group(head)
    }

    fn expect(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expect_finding => {
                    docs.push(text(" "));
                    docs.push(Doc::Indent(vec![Doc::Fill(self.finding(kid), "")]));
                }
                _ => {
                    docs.extend((!docs.is_empty()).then(|| text(" ")));
                    docs.push(self.plain(kid));
                }
            }
        }
        Doc::Concat(docs)
    }

    /// `deny policy`, and each detail.
    fn finding(&self, pair: Pair<'t>) -> Vec<Doc<'t>> {
        let mut head = vec![];
        let mut details = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::detail_at | Rule::detail_message | Rule::detail_count => details.push(self.plain(kid)),
                _ => {
                    head.extend((!head.is_empty()).then(|| text(" ")));
                    head.push(self.plain(kid));
                }
            }
        }
        std::iter::once(Doc::Concat(head)).chain(details).collect()
    }

    fn include(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut names = vec![];
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::comma => {}
                Rule::policy_ref => names.push(self.leaf(&kid)),
                _ => docs.extend([self.leaf(&kid), text(" ")]),
            }
        }
        docs.push(Doc::Indent(vec![Doc::Fill(names, ",")]));
        Doc::Concat(docs)
    }
}

/// True of an expression that ends in the brackets of a call, of parentheses or of a comprehension.
fn is_call(pair: &Pair<'_>) -> bool {
    let mut row = pair.clone().into_inner();
    let (Some(operand), None) = (row.next(), row.next()) else { return false };
    let last = (operand.as_rule() == Rule::operand).then(|| operand.into_inner().next_back()).flatten();
    let collects = |pair: Pair<'_>| pair.into_inner().any(|kid| kid.as_rule() == Rule::comp);
    last.is_some_and(|last| match last.as_rule() {
        Rule::call | Rule::paren => true,
        Rule::list | Rule::brace => collects(last),
        _ => false,
    })
}

/// What belongs together without an empty line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Doc,
    Name,
    Use,
    Line,
    Block,
}

fn section(pair: &Pair<'_>) -> Section {
    let block = |inner: Pair<'_>| match inner.as_rule() {
        Rule::policy | Rule::test | Rule::profile => true,
        Rule::func => inner.into_inner().any(|kid| kid.as_rule() == Rule::block),
        _ => false,
    };
    match pair.as_rule() {
        Rule::module_doc => Section::Doc,
        Rule::module_name => Section::Name,
        Rule::use_decl => Section::Use,
        _ if pair.clone().into_inner().any(block) => Section::Block,
        _ => Section::Line,
    }
}
