//! The layout of policies.

use super::doc::{Doc, STEP, WIDTH, text};
use super::{Formatter, doc};
use crate::syntax::parse::cursor::Pair;
use crate::syntax::parse::grammar::Rule;

impl<'t> Formatter<'t> {
    pub(super) fn policy(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut head = vec![];
        let mut inside = vec![];
        let mut opened = false;
        let mut long_rule = false;
        let header_width = header_width(&pair);
        for kid in pair.into_inner() {
            let (rule, start) = (kid.as_rule(), kid.as_span().start());
            match rule {
                Rule::semi => {}
                Rule::l_brace => {
                    head.extend([text(" "), self.leaf(&kid)]);
                    opened = true;
                }
                Rule::r_brace => {
                    inside.extend(self.comments_before(start));
                    head.push(Doc::Indent(std::mem::take(&mut inside)));
                    head.extend([Doc::Hard, self.leaf(&kid)]);
                }
                _ if !opened => {
                    head.extend((!head.is_empty()).then(|| text(" ")));
                    head.push(self.leaf(&kid));
                }
                Rule::header => self.statement(start, &mut inside, || self.header(kid, header_width)),
                Rule::policy_rule => {
                    let mut docs = vec![];
                    let mut long = false;
                    self.statement(start, &mut docs, || {
                        let rule = self.rule(kid);
                        // A head that is too wide has more than one line too.
                        let rule = Doc::Indent(vec![rule]);
                        long = rule.ends_line() || doc::print(&rule).trim().contains('\n');
                        match rule {
                            Doc::Indent(mut docs) => docs.pop().unwrap_or(Doc::Soft),
                            other => other,
                        }
                    });
                    inside.extend((long || long_rule).then_some(Doc::Blank));
                    inside.append(&mut docs);
                    long_rule = long;
                }
                _ => self.statement(start, &mut inside, || self.part(kid)),
            }
        }
        Doc::Concat(head)
    }

    /// `severity = high`, the `=` below each other.
    fn header(&self, pair: Pair<'t>, width: usize) -> Doc<'t> {
        let mut docs = vec![];
        let Some(line) = pair.into_inner().next() else { return Doc::Soft };
        let mut kids = line.into_inner();
        if let Some(word) = kids.next() {
            let pad = width.saturating_sub(word.as_str().len());
            docs.extend([self.leaf(&word), text(" ".repeat(pad.saturating_add(1)))]);
        }
        docs.extend(kids.next().map(|eq| self.leaf(&eq)));
        docs.extend(kids.next().map(|value| match value.as_rule() {
            Rule::brace => Doc::Concat(vec![text(" "), self.primary(value)]),
            _ => self.value(value),
        }));
        Doc::Concat(docs)
    }

    /// A member, clause or part of a rule.
    pub(super) fn part(&self, pair: Pair<'t>) -> Doc<'t> {
        match pair.as_rule() {
            Rule::docs_param => {
                let mut docs = vec![];
                for kid in pair.into_inner() {
                    match kid.as_rule() {
                        Rule::doc => docs.extend([Doc::Hard, self.leaf(&kid), Doc::Hard]),
                        _ => docs.push(self.declaration(kid)),
                    }
                }
                Doc::Concat(docs)
            }
            Rule::let_decl => self.declaration(pair),
            Rule::except => self.with_tail(pair, &[Rule::string]),
            Rule::fix => self.with_tail(pair, &[Rule::at, Rule::fix_when]),
            Rule::on => self.on(pair),
            Rule::rule_refs => {
                let kids = pair.into_inner().map(|kid| match kid.as_rule() {
                    Rule::brace => Doc::Concat(vec![text(" "), self.primary(kid)]),
                    _ => self.leaf(&kid),
                });
                Doc::Concat(kids.collect())
            }
            _ => self.plain(pair),
        }
    }

    fn on(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            docs.extend((!docs.is_empty()).then(|| text(" ")));
            match kid.as_rule() {
                Rule::on_subjects => docs.push(self.with_tail(kid, &[Rule::bar])),
                _ => docs.push(self.plain(kid)),
            }
        }
        Doc::Concat(docs)
    }

    /// A rule: on one line if the author wrote it so and it fits, else a line a clause.
    fn rule(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut kids = pair.into_inner().filter(|kid| kid.as_rule() != Rule::semi).peekable();
        let Some(start) = kids.next() else { return Doc::Soft };
        let message_end = start.clone().into_inner().last().map_or(0, |last| last.as_span().end());
        let part_start = kids.peek().map_or(message_end, |part| part.as_span().start());
        let one_line = !self.source.get(message_end..part_start).is_some_and(|between| between.contains('\n'));
        let head = self.rule_start(start);
        let mut parts = vec![];
        for kid in kids {
            parts.push((self.blank_before(kid.as_span().start()), self.part(kid)));
        }
        let mut docs = head.0;
        let last = parts.len().saturating_sub(1);
        let comment = parts.iter().take(last).any(|(_, part)| part.has_comment()) || last > 0 && head.1.has_comment();
        let widths = parts.iter().map(|(_, part)| part.width().map(|width| width.saturating_add(1)));
        let width = widths.chain([head.1.width()]).try_fold(STEP, |sum, width| Some(sum.saturating_add(width?)));
        docs.push(head.1);
        if one_line && !comment && width.is_some_and(|width| width <= WIDTH) {
            for (_, part) in parts {
                docs.extend([text(" "), part]);
            }
            return Doc::Concat(docs);
        }
        let mut inside = vec![];
        for (blank, part) in parts {
            inside.extend(blank);
            inside.extend([Doc::Hard, part]);
        }
        docs.push(Doc::Indent(inside));
        Doc::Concat(docs)
    }

    /// The doc comment of a rule, and its head with the message.
    fn rule_start(&self, pair: Pair<'t>) -> (Vec<Doc<'t>>, Doc<'t>) {
        let (mut docs, mut head) = (vec![], vec![]);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::doc => docs.extend([Doc::Hard, self.leaf(&kid), Doc::Hard]),
                Rule::report_head => head.push(self.report_head(kid)),
                _ => {
                    head.extend((!head.is_empty()).then(|| text(" ")));
                    head.push(self.pair(kid));
                }
            }
        }
        (docs, Doc::Concat(head))
    }

    fn report_head(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut kids = pair.into_inner();
        let report = kids.next().map(|report| self.leaf(&report));
        let rest: Vec<_> = kids.collect();
        let mut docs: Vec<_> = report.into_iter().chain([text(" ")]).collect();
        docs.push(self.arguments(rest));
        Doc::Concat(docs)
    }

    /// Like `separated`, for brackets that take no comma behind the last element.
    fn arguments(&self, kids: Vec<Pair<'t>>) -> Doc<'t> {
        let mut docs = vec![];
        for kid in kids {
            let comma = kid.as_rule() == Rule::comma;
            docs.push(self.pair(kid));
            docs.extend(comma.then(|| text(" ")));
        }
        Doc::Concat(docs)
    }
}

/// The longest word of the header lines.
fn header_width(policy: &Pair<'_>) -> usize {
    let words = policy.clone().into_inner().filter(|kid| kid.as_rule() == Rule::header);
    let words = words.filter_map(|header| header.into_inner().next()?.into_inner().next());
    words.map(|word| word.as_str().len()).max().unwrap_or(0)
}
