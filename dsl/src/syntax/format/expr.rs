//! The layout of expressions.

use super::doc::{Doc, text};
use super::{Brackets, Formatter, Style};
use crate::syntax::parse::cursor::Pair;
use crate::syntax::parse::grammar::Rule;

/// Operators at which a long expression may be broken, loosest first; those of one row are one level.
const BREAKS: &[&[Rule]] = &[
    &[Rule::op_or],
    &[Rule::op_and],
    COMPARISONS,
    &[Rule::op_or_else],
    &[Rule::op_join, Rule::op_add, Rule::op_sub],
    &[Rule::op_mul, Rule::op_div, Rule::op_rem],
];

/// Operators that stay on the line of their left side if it is broken itself.
const COMPARISONS: &[Rule] = &[
    Rule::op_eq,
    Rule::op_ne,
    Rule::op_le,
    Rule::op_ge,
    Rule::op_lt,
    Rule::op_gt,
    Rule::op_in,
    Rule::op_not_in,
    Rule::op_matches,
    Rule::op_like,
];

/// Arrows of arms stand below each other where no pattern is wider.
const WIDEST_PATTERN: usize = 24;

/// Entries of a record stand several to a line where none is wider.
const WIDEST_ENTRY: usize = 90;

impl<'t> Formatter<'t> {
    /// An expression; `indented`: a broken one need not be indented again.
    pub(super) fn expr(&self, pair: Pair<'t>, indented: bool) -> Doc<'t> {
        let row: Vec<_> = pair.into_inner().collect();
        self.row(&row, 0, indented)
    }

    /// Operands and operators from `level` on.
    fn row(&self, row: &[Pair<'t>], level: usize, indented: bool) -> Doc<'t> {
        let Some(operators) = BREAKS.get(level) else { return self.segment(row, indented) };
        let splits = |pair: &Pair<'_>| operators.contains(&pair.as_rule());
        // `not` reaches over everything but `and` and `or`, a sign over nothing.
        let next = level.saturating_add(1);
        if !row.iter().any(splits) {
            return self.row(row, next, indented);
        }
        let mut segments = row.split_inclusive(splits);
        let mut docs = vec![];
        let mut rest = vec![];
        let mut operator: Option<&Pair<'t>> = None;
        let compares = *operators == COMPARISONS;
        for segment in &mut segments {
            let (operands, behind) = match segment.split_last() {
                Some((last, operands)) if splits(last) => (operands, Some(last)),
                _ => (segment, None),
            };
            match operator {
                None => docs.push(self.row(operands, next, false)),
                Some(operator) => {
                    rest.extend((!compares).then_some(Doc::Line));
                    rest.extend([self.plain(operator.clone()), text(" ")]);
                    rest.push(self.row(operands, next, false));
                }
            }
            operator = behind;
        }
        let rest = if indented { Doc::Concat(rest) } else { Doc::Indent(rest) };
        if compares {
            return Doc::Compared(docs, vec![rest]);
        }
        docs.push(rest);
        Doc::group(docs)
    }

    /// Operands with the operators that are never broken.
    fn segment(&self, row: &[Pair<'t>], indented: bool) -> Doc<'t> {
        let mut docs = vec![];
        for (at, pair) in row.iter().enumerate() {
            let sign =
                at.checked_sub(1).and_then(|before| row.get(before)).is_some_and(|p| p.as_rule() == Rule::neg_op);
            docs.extend((at > 0 && !sign).then(|| text(" ")));
            docs.push(match pair.as_rule() {
                Rule::operand => self.operand(pair.clone(), indented && row.len() == 1),
                Rule::is_type => self.plain(pair.clone()),
                _ => self.leaf(pair),
            });
        }
        if docs.len() == 1 { docs.pop().unwrap_or(Doc::Soft) } else { Doc::Concat(docs) }
    }

    fn operand(&self, pair: Pair<'t>, indented: bool) -> Doc<'t> {
        let mut docs = vec![];
        for kid in pair.into_inner() {
            docs.push(match kid.as_rule() {
                Rule::call => self.call(kid),
                Rule::index => self.index(kid),
                Rule::member_of | Rule::safe_member => self.tight_field(kid),
                Rule::if_expr => self.conditional(kid, indented),
                _ => self.primary(kid),
            });
        }
        if docs.len() == 1 { docs.pop().unwrap_or(Doc::Soft) } else { Doc::Concat(docs) }
    }

    /// `.name`
    fn tight_field(&self, pair: Pair<'t>) -> Doc<'t> {
        Doc::Concat(pair.into_inner().map(|kid| self.pair(kid)).collect())
    }

    fn index(&self, pair: Pair<'t>) -> Doc<'t> {
        self.separated(pair.into_inner().collect(), Style::default(), |f, kid| f.expr(kid, true))
    }

    pub(super) fn primary(&self, pair: Pair<'t>) -> Doc<'t> {
        match pair.as_rule() {
            Rule::paren => self.index(pair),
            Rule::list => self.list(pair.into_inner().collect()),
            Rule::brace => self.brace(pair),
            Rule::match_expr => self.matching(pair),
            Rule::cluster_expr | Rule::complete_expr => self.tight(pair),
            Rule::if_expr => self.conditional(pair, false),
            _ => self.pair(pair),
        }
    }

    fn call(&self, pair: Pair<'t>) -> Doc<'t> {
        let kids: Vec<_> = pair.into_inner().collect();
        if let [open, only, close] = kids.as_slice()
            && only.as_rule() == Rule::expr
            && is_bracket(only)
            && !self.line_ends_behind(open.as_span().end())
        {
            return Doc::Concat(vec![self.leaf(open), self.expr(only.clone(), false), self.leaf(close)]);
        }
        self.list(kids)
    }

    /// `[…]` and the arguments of a call: elements, or a comprehension.
    fn list(&self, kids: Vec<Pair<'t>>) -> Doc<'t> {
        if kids.iter().any(|kid| kid.as_rule() == Rule::comp) {
            return self.comprehension(kids, false);
        }
        let fill = many_atoms(&kids);
        self.separated(kids, Style { commas: true, fill, spaced: false }, |f, kid| match kid.as_rule() {
            Rule::field_arg => f.tight_field(kid),
            _ => f.expr(kid, false),
        })
    }

    /// Brackets round an element and its clauses, each of which may have a line of its own.
    fn comprehension(&self, mut kids: Vec<Pair<'t>>, spaced: bool) -> Doc<'t> {
        let close = kids.pop();
        let mut kids = kids.into_iter();
        let Some(open) = kids.next() else { return Doc::Soft };
        let broken = self.line_ends_behind(open.as_span().end());
        let open = self.leaf(&open);
        let (mut element, mut elements) = (vec![], vec![]);
        for kid in kids {
            match kid.as_rule() {
                Rule::comp => {
                    elements.push(Doc::Concat(std::mem::take(&mut element)));
                    elements.extend(kid.into_inner().map(|clause| self.part(clause)));
                }
                Rule::pairs => {
                    for kid in kid.into_inner() {
                        match kid.as_rule() {
                            Rule::colon => element.extend([self.leaf(&kid), text(" ")]),
                            Rule::comp => {
                                elements.push(Doc::Concat(std::mem::take(&mut element)));
                                elements.extend(kid.into_inner().map(|clause| self.part(clause)));
                            }
                            _ => element.push(self.expr(kid, true)),
                        }
                    }
                }
                Rule::by => elements.push(self.plain(kid)),
                Rule::expr => element.push(self.expr(kid, true)),
                _ => element.push(self.pair(kid)),
            }
        }
        let style = Style { spaced, commas: false, fill: false };
        self.closed(Brackets { open, close: Doc::Soft, broken }, close, elements, style)
    }

    /// Sets have no blanks inside their braces; records, maps and comprehensions have.
    fn brace(&self, pair: Pair<'t>) -> Doc<'t> {
        let kids: Vec<_> = pair.into_inner().collect();
        let has = |kids: &[Pair<'_>], rule| kids.iter().any(|kid: &Pair<'_>| kid.as_rule() == rule);
        let pairs = kids.iter().find(|kid| kid.as_rule() == Rule::pairs);
        let of_pairs: Vec<_> = pairs.map(|pairs| pairs.clone().into_inner().collect()).unwrap_or_default();
        if has(&kids, Rule::comp) || has(&of_pairs, Rule::comp) {
            return self.comprehension(kids, true);
        }
        if pairs.is_none() {
            let fill = many_atoms(&kids);
            return self.separated(kids, Style { commas: true, fill, spaced: false }, |f, kid| f.expr(kid, false));
        }
        self.entries(kids)
    }

    fn entries(&self, mut kids: Vec<Pair<'t>>) -> Doc<'t> {
        let close = kids.pop();
        let mut kids = kids.into_iter();
        let Some(open) = kids.next() else { return Doc::Soft };
        let broken = self.line_ends_behind(open.as_span().end());
        let open = self.leaf(&open);
        let mut first = vec![];
        let mut elements = vec![];
        let simple = kids.as_slice().iter().all(|kid| kid.as_rule() != Rule::expr && is_simple_entries(kid));
        for kid in kids {
            if kid.as_rule() != Rule::pairs {
                first.push(self.pair(kid));
                continue;
            }
            for kid in kid.into_inner() {
                match kid.as_rule() {
                    Rule::comma => {}
                    Rule::colon => first.push(self.leaf(&kid)),
                    Rule::pair => elements.push(self.entry(kid)),
                    _ => {
                        first.push(self.value(kid));
                        elements.push(Doc::Concat(std::mem::take(&mut first)));
                    }
                }
            }
        }
        let short = |entry: &Doc<'_>| entry.width().is_some_and(|width| width <= WIDEST_ENTRY) && !entry.has_comment();
        let fill = simple && elements.len() > 3 && elements.iter().all(short);
        let style = Style { spaced: true, commas: true, fill };
        self.closed(Brackets { open, close: Doc::Soft, broken }, close, elements, style)
    }

    fn entry(&self, pair: Pair<'t>) -> Doc<'t> {
        let kids = pair.into_inner().map(|kid| match kid.as_rule() {
            Rule::expr => self.value(kid),
            _ => self.pair(kid),
        });
        Doc::Concat(kids.collect())
    }

    /// `if a then b else if c then d else e`, broken before each `else`.
    fn conditional(&self, pair: Pair<'t>, indented: bool) -> Doc<'t> {
        let (mut docs, mut rest) = (vec![], vec![]);
        self.branches(pair, &mut docs, &mut rest);
        docs.push(if indented { Doc::Concat(rest) } else { Doc::Indent(rest) });
        Doc::group(docs)
    }

    /// The first branch into `docs`, the others into `rest`.
    fn branches(&self, pair: Pair<'t>, docs: &mut Vec<Doc<'t>>, rest: &mut Vec<Doc<'t>>) {
        let mut in_else = false;
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::ELSE => {
                    in_else = true;
                    rest.extend([Doc::Line, self.leaf(&kid), text(" ")]);
                }
                Rule::THEN => docs.extend([text(" "), self.leaf(&kid), text(" ")]),
                Rule::IF => docs.extend([self.leaf(&kid), text(" ")]),
                _ if in_else => match only_conditional(&kid) {
                    Some(next) => {
                        let mut branch = vec![];
                        let mut others = vec![];
                        self.branches(next, &mut branch, &mut others);
                        rest.append(&mut branch);
                        rest.append(&mut others);
                    }
                    None => rest.push(self.expr(kid, false)),
                },
                _ => docs.push(self.expr(kid, false)),
            }
        }
    }

    fn matching(&self, pair: Pair<'t>) -> Doc<'t> {
        let mut head = vec![];
        let mut arms = vec![];
        let mut brackets = None;
        let widths = pair.clone().into_inner().filter(|kid| kid.as_rule() == Rule::arm).map(|arm| pattern_width(&arm));
        let widest = widths.max().filter(|width| *width <= WIDEST_PATTERN);
        let broken = pair.clone().into_inner().find(|kid| kid.as_rule() == Rule::l_brace);
        let broken = broken.is_some_and(|brace| self.line_ends_behind(brace.as_span().end()));
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::comma => {}
                Rule::MATCH => head.extend([self.leaf(&kid), text(" ")]),
                Rule::l_brace => {
                    brackets = Some(Brackets { open: self.leaf(&kid), close: Doc::Soft, broken });
                }
                Rule::arm => arms.push(self.arm(kid, widest)),
                Rule::r_brace => {
                    let style = Style { spaced: true, commas: true, fill: false };
                    let Some(brackets) = brackets.take() else { continue };
                    let arms = self.closed(brackets, Some(kid), std::mem::take(&mut arms), style);
                    head.extend([text(" "), arms]);
                }
                _ => head.push(self.expr(kid, false)),
            }
        }
        Doc::Concat(head)
    }

    fn arm(&self, pair: Pair<'t>, width: Option<usize>) -> Doc<'t> {
        let pad = width.map_or(0, |width| width.saturating_sub(pattern_width(&pair)));
        let mut docs = vec![];
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::fat_arrow => docs.extend([text(" "), Doc::IfBroken(" ".repeat(pad).into()), self.leaf(&kid)]),
                Rule::expr => docs.push(self.value(kid)),
                Rule::pattern | Rule::pattern_else => {
                    docs.extend((!docs.is_empty()).then(|| text(" ")));
                    docs.push(self.pattern(kid));
                }
                _ => docs.extend([text(" "), self.leaf(&kid)]),
            }
        }
        Doc::Concat(docs)
    }

    fn pattern(&self, pair: Pair<'t>) -> Doc<'t> {
        let number = pair.clone().into_inner().next().is_some_and(|inner| inner.as_rule() == Rule::number);
        if number { Doc::Concat(pair.into_inner().map(|kid| self.plain(kid)).collect()) } else { self.plain(pair) }
    }

    /// True of values that end in a bracket, so that they begin on the line of their `=` and break inside.
    pub(super) fn hugs(&self, pair: &Pair<'t>) -> bool {
        pair.as_rule() == Rule::record_type || contains_only(pair, Rule::record_type) || is_bracket(pair)
    }
}

/// True if `any_type` is a single type of the form `rule`.
fn contains_only(pair: &Pair<'_>, rule: Rule) -> bool {
    let mut pair = pair.clone();
    while matches!(pair.as_rule(), Rule::any_type | Rule::type_opt | Rule::type_atom) {
        let mut kids = pair.into_inner();
        let (Some(only), None) = (kids.next(), kids.next()) else { return false };
        pair = only;
    }
    pair.as_rule() == rule
}

/// True if the expression is one operand that ends in a bracket or is a document.
fn is_bracket(pair: &Pair<'_>) -> bool {
    let mut row = pair.clone().into_inner();
    let (Some(operand), None) = (row.next(), row.next()) else { return false };
    let last = operand.into_inner().next_back();
    last.is_some_and(|last| match last.as_rule() {
        Rule::list | Rule::brace | Rule::call | Rule::paren | Rule::match_expr | Rule::doc_text => true,
        Rule::string => last.as_str().starts_with("\"\"\""),
        _ => false,
    })
}

/// The conditional expression that an expression consists of.
fn only_conditional<'t>(pair: &Pair<'t>) -> Option<Pair<'t>> {
    let mut row = pair.clone().into_inner();
    let (Some(operand), None) = (row.next(), row.next()) else { return None };
    let mut kids = operand.into_inner();
    let first = kids.next().filter(|first| first.as_rule() == Rule::if_expr)?;
    kids.next().is_none().then_some(first)
}

/// True if the values of all entries are words, numbers, strings, or lists and sets of such.
fn is_simple_entries(kid: &Pair<'_>) -> bool {
    match kid.as_rule() {
        Rule::pair
            if kid.as_str().starts_with(['"', 'r'])
                && kid.clone().into_inner().any(|kid| kid.as_rule() == Rule::string) =>
        {
            false
        }
        Rule::pairs | Rule::pair => kid.clone().into_inner().all(|kid| is_simple_entries(&kid)),
        Rule::expr => {
            let mut row = kid.clone().into_inner();
            let (Some(operand), None) = (row.next(), row.next()) else { return false };
            let mut kids = operand.into_inner();
            let (Some(first), steps) = (kids.next(), kids.count()) else { return false };
            match first.as_rule() {
                Rule::list | Rule::brace if steps == 0 => first.into_inner().all(|kid| is_simple_entries(&kid)),
                Rule::pairs | Rule::comp => false,
                _ => is_atom(&first) && steps < 3 && !kid.as_str().contains('('),
            }
        }
        Rule::comp => false,
        _ => true,
    }
}

fn is_atom(pair: &Pair<'_>) -> bool {
    matches!(
        pair.as_rule(),
        Rule::string | Rule::int | Rule::float | Rule::name | Rule::duration | Rule::bool | Rule::null
    )
}

/// True if there are several elements and all are short words, numbers or strings.
fn many_atoms(kids: &[Pair<'_>]) -> bool {
    let elements = || kids.iter().filter(|kid| kid.as_rule() == Rule::expr);
    let short = |pair: &Pair<'_>| {
        let mut row = pair.clone().into_inner();
        let (Some(operand), None) = (row.next(), row.next()) else { return false };
        let first = operand.clone().into_inner().next();
        let long = operand.as_str().trim_end().len() > 60 || operand.as_str().contains('(');
        first.is_some_and(|first| {
            is_atom(&first) && !first.as_str().contains('\n') && (!long || first.as_str().len() <= 60)
        })
    };
    elements().count() > 1 && elements().all(short)
}

/// How wide the patterns of an arm are with one blank between their parts.
fn pattern_width(arm: &Pair<'_>) -> usize {
    let parts = arm.clone().into_inner().take_while(|kid| kid.as_rule() != Rule::fat_arrow);
    let widths = parts.map(|kid| {
        let words: Vec<_> = kid.as_str().split_whitespace().collect();
        words.join(" ").chars().count().saturating_add(1)
    });
    widths.sum::<usize>().saturating_sub(1)
}
