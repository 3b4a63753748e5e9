//! A file with mistakes: it is cut at the words that begin items, and a policy or test that cannot be read at the words
//! that begin their parts. Each piece is read on its own, so each tells its own mistake, and only one.

use super::assembly::{Assembly, Stage};
use super::cursor::{Cx, Kids, Pair};
use super::grammar::Rule;
use super::mistake::{ITEM_WORDS, MEMBER_WORDS, PART_WORDS, mistake};
use super::site::{Kind, Site};
use super::{Stop, items, one, strings, test_item};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Doc, Expr, ExprKind, Function, Ident, Item, ItemKind, Let, Module, Policy, Test};
use crate::syntax::scan::{Fault, Scan, Token, TokenKind};

/// How many mistakes are told of one file.
const MAX_ERRORS: usize = 1000;

/// Reads what can be read of a file with mistakes.
pub(super) fn recover(source: SourceId, text: &str, scan: &Scan, module: &mut Module) -> Vec<Diagnostic> {
    let tokens = scan.tokens.iter().filter(|token| token.kind != TokenKind::Comment).copied().collect();
    let mut recovery = Recovery { source, text, tokens, faults: &scan.faults, diagnostics: vec![] };
    recovery.file(module);
    let mut diagnostics = recovery.diagnostics;
    diagnostics.sort_by_key(Diagnostic::span);
    diagnostics.truncate(MAX_ERRORS);
    diagnostics
}

struct Recovery<'t> {
    source: SourceId,
    text: &'t str,
    /// All but comments.
    tokens: Vec<Token>,
    faults: &'t [Fault],
    diagnostics: Vec<Diagnostic>,
}

/// A range of tokens.
type Piece = (usize, usize);

impl<'t> Recovery<'t> {
    fn file(&mut self, module: &mut Module) {
        let starts: Vec<usize> = (0..self.tokens.len()).filter(|at| self.begins_item(*at)).collect();
        let head_end = starts.first().map_or(self.tokens.len(), |start| self.with_docs(*start, 0));
        if head_end > 0 || starts.is_empty() {
            self.head((0, head_end), module);
        }
        let mut next = starts.iter().copied().skip(1).map(Some).chain([None]);
        for start in &starts {
            if self.diagnostics.len() >= MAX_ERRORS {
                break;
            }
            let end = next.next().flatten().map_or(self.tokens.len(), |end| self.with_docs(end, *start));
            let first = self.with_docs(*start, 0);
            match self.word(*start) {
                "module" | "use" if module.items.is_empty() => self.head((first, end), module),
                _ => self.item((first, end), *start, module),
            }
        }
    }

    fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map(|token| token.text(self.text)).unwrap_or_default()
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// `start`, or the first of the doc comments right above it.
    fn with_docs(&self, start: usize, floor: usize) -> usize {
        let docs = (floor..start).rev().take_while(|at| self.kind(*at) == Some(TokenKind::Doc)).count();
        start.saturating_sub(docs)
    }

    /// True if a new thing may begin here: what stands before is complete.
    fn after_operand(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.tokens.get(before)) else { return true };
        matches!(before.kind, TokenKind::Doc | TokenKind::ModuleDoc | TokenKind::Open) || before.ends_operand(self.text)
    }

    fn begins_item(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        if token.depth != 0 || token.kind != TokenKind::Word || !self.after_operand(at) {
            return false;
        }
        if at.checked_sub(1).is_some_and(|before| self.word(before) == "extern") {
            return false;
        }
        let (word, next) = (self.word(at), at.saturating_add(1));
        if self.item_shape(word, next) {
            return true;
        }
        let next_kind = self.kind(next);
        let torn = at
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|before| before.start == before.end);
        let named = next_kind == Some(TokenKind::Word)
            && !matches!(self.word(next), "and" | "or" | "in" | "is" | "not")
            || matches!(next_kind, Some(TokenKind::Quote));
        let known = ITEM_WORDS.contains(&word);
        token.line_start
            && (known && (named || self.word(next) == "{") || named && !torn && word != "as" && !is_linking(word))
    }

    /// True of the words that begin items where what follows leaves no doubt.
    fn item_shape(&self, word: &str, next: usize) -> bool {
        let third = self.word(next.saturating_add(1));
        let named = self.kind(next) == Some(TokenKind::Word);
        match word {
            "policy" | "profile" => named && third == "{",
            "fn" => named && third == "(",
            "extern" => self.word(next) == "fn",
            "type" => named && third == "=",
            "param" | "data" => named && third == ":",
            "let" => named && matches!(third, "=" | ":"),
            "test" => matches!(self.kind(next), Some(TokenKind::Quote)),
            _ => false,
        }
    }

    /// The text of a piece and where it begins.
    fn slice(&self, (first, end): Piece) -> (&'t str, usize) {
        let start = self.tokens.get(first).map_or(self.text.len(), |token| token.start);
        let end = end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        (self.text.get(start..end.max(start)).unwrap_or_default(), start)
    }

    /// What the scanner found in a piece; true if there is something.
    fn tell_faults(&mut self, piece: Piece) -> bool {
        let (slice, start) = self.slice(piece);
        let end = start.saturating_add(slice.len()).saturating_add(1);
        let first = self.faults.partition_point(|fault| fault.at < start);
        let found = self.faults.iter().skip(first).take_while(|fault| fault.at < end);
        let found: Vec<_> = found.map(|fault| fault.diagnostic.clone()).collect();
        let any = !found.is_empty();
        self.diagnostics.extend(found);
        any
    }

    fn tell(&mut self, piece: Piece, kind: Kind, base: usize, stop: Stop) {
        let site = Site::new(self.source, self.text, &self.tokens, piece, kind);
        let stop = Stop { at: stop.at.saturating_add(base), ..stop };
        self.diagnostics.push(mistake(site, stop));
    }

    /// Reads a piece as `rule` and builds it; tells what is wrong.
    fn read<T>(
        &mut self,
        piece: Piece,
        rule: Rule,
        kind: Kind,
        build: impl FnOnce(&Cx, Kids<'_>) -> Option<T>,
    ) -> Option<T> {
        let (slice, base) = self.slice(piece);
        match one(rule, slice) {
            Ok(pair) => self.build(base, pair, build),
            Err(stop) => {
                self.tell(piece, kind, base, stop);
                None
            }
        }
    }

    fn build<T>(&mut self, base: usize, pair: Pair<'_>, build: impl FnOnce(&Cx, Kids<'_>) -> Option<T>) -> Option<T> {
        let cx = Cx::new(self.source, base);
        let whole = cx.span(&pair);
        let built = build(&cx, Kids::of(pair));
        if built.is_none() && !cx.failed() {
            cx.report(super::unreadable(whole));
        }
        self.diagnostics.extend(cx.finish());
        built
    }

    fn head(&mut self, piece: Piece, module: &mut Module) {
        if self.tell_faults(piece) {
            return;
        }
        let read = self.read(piece, Rule::only_head, Kind::Item, |cx, mut kids| {
            let doc = cx.doc(&kids.every(Rule::module_doc));
            let name = match kids.only(Rule::module_name) {
                Some(name) => Some(cx.path(Kids::of(name).next()?)),
                None => None,
            };
            let uses = kids.map(|pair| items::use_decl(cx, pair)).collect::<Option<Vec<_>>>()?;
            Some((doc, name, uses))
        });
        if let Some((doc, name, uses)) = read {
            if module.doc.text.is_empty() {
                module.doc = doc;
            }
            module.name = module.name.take().or(name);
            module.uses.extend(uses);
        }
    }

    fn item(&mut self, piece: Piece, keyword: usize, module: &mut Module) {
        let told = self.diagnostics.len();
        let word = self.word(keyword);
        let body =
            (keyword..piece.1).find(|at| self.word(*at) == "{" && self.tokens.get(*at).is_some_and(|t| t.depth == 0));
        let close = body.and_then(|body| (body..piece.1).find(|at| self.closes(*at)));
        let mut stop = None;
        if !self.has_faults(piece) {
            let (slice, base) = self.slice(piece);
            match one(Rule::only_item, slice) {
                Ok(pair) => {
                    let item = self.build(base, pair, |cx, mut kids| items::item(cx, kids.next()?));
                    module.items.extend(item);
                    return;
                }
                Err(error) => stop = Some((base, error)),
            }
        }
        match (word, body) {
            ("policy", Some(body)) => self.policy(piece, body, close, module),
            ("test", Some(body)) => self.test(piece, body, close, module),
            _ => {
                self.tell_faults(piece);
                self.salvage(word, piece, keyword, module);
            }
        }
        if let Some((base, stop)) = stop
            && self.diagnostics.len() == told
        {
            self.tell(piece, Kind::Item, base, stop);
        }
    }

    fn closes(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Close && token.depth == 0)
            && self.word(at) == "}"
    }

    fn has_faults(&self, piece: Piece) -> bool {
        let (slice, start) = self.slice(piece);
        let end = start.saturating_add(slice.len()).saturating_add(1);
        let first = self.faults.partition_point(|fault| fault.at < start);
        self.faults.get(first).is_some_and(|fault| fault.at < end)
    }

    /// Keeps the name of an item whose rest cannot be read, so that its uses are not told as mistakes too.
    fn salvage(&self, word: &str, piece: Piece, keyword: usize, module: &mut Module) {
        let (slice, base) = self.slice(piece);
        let cx = Cx::new(self.source, base);
        let span = cx.range(0, slice.len());
        let nothing = Expr { kind: ExprKind::Error, span };
        let name = keyword.saturating_add(1);
        let kind = match word {
            "fn" if !self.has_faults(piece) => {
                let signature = one(Rule::only_func_start, slice).ok().and_then(|pair| {
                    let mut kids = Kids::of(pair);
                    kids.every(Rule::doc);
                    items::signature(&cx, kids.next()?)
                });
                signature
                    .map(|signature| ItemKind::Fn(Function { signature, body: vec![], result: nothing, block: false }))
            }
            "let" if self.kind(name) == Some(TokenKind::Word) => {
                let name = self.ident(name);
                Some(ItemKind::Let(Let { name, ty: None, value: nothing, span }))
            }
            _ => None,
        };
        module.items.extend(kind.map(|kind| Item { doc: Doc::default(), kind, span }));
    }

    fn ident(&self, at: usize) -> Ident {
        let (start, end) = self.tokens.get(at).map_or((0, 0), |token| (token.start, token.end));
        Ident { name: self.word(at).into(), span: Cx::new(self.source, 0).range(start, end) }
    }

    /// The pieces of a body, cut before each token that `begins` one.
    fn parts(&self, (first, end): Piece, begins: impl Fn(usize) -> bool) -> Vec<Piece> {
        let mut starts: Vec<usize> =
            (first..end).filter(|at| begins(*at)).map(|at| self.with_docs(at, first)).collect();
        if starts.first() != Some(&first) && first < end {
            starts.insert(0, first);
        }
        let ends = starts.iter().copied().skip(1).chain([end]).collect::<Vec<_>>();
        starts.into_iter().zip(ends).collect()
    }

    /// A word of depth 1 that begins a part: what stands before it is complete.
    fn begins_part(&self, at: usize, words: &[&str]) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        if token.depth != 1 || token.kind != TokenKind::Word || !self.after_operand(at) {
            return false;
        }
        let (word, next) = (self.word(at), at.saturating_add(1));
        let before = at.checked_sub(1).map(|before| self.word(before)).unwrap_or_default();
        if !words.contains(&word) {
            // A misspelt word: two words in a row are never one expression.
            let named =
                matches!(self.kind(next), Some(TokenKind::Word | TokenKind::Quote)) && !is_linking(self.word(next));
            let linked = is_linking(word)
                || is_linking(before)
                || matches!(before, "fix" | "set" | "add" | "at" | "deny" | "warn");
            return token.line_start && named && !linked && !matches!(word, "as" | "when" | "message" | "count" | "at");
        }
        match word {
            "let" | "for" => true,
            "if" => before != "except",
            "param" | "data" if before == "complete" => false,
            "id" | "severity" | "enabled" | "window" | "sensitive" => self.word(next) == "=",
            "refs" => matches!(self.word(next), "=" | "{"),
            "report" => self.word(next) == "(",
            "deny" | "warn" | "audit" => before != "expect",
            _ => !matches!(self.word(next), "." | "?." | "=" | "==" | "!=" | ")" | ",") || words == MEMBER_WORDS,
        }
    }

    fn policy(&mut self, piece: Piece, body: usize, close: Option<usize>, module: &mut Module) {
        let (doc, name) = match self.start(piece, body, Rule::only_policy_start) {
            Some((doc, Some(name), _)) => (doc, name),
            _ => (Doc::default(), Ident { name: "_".into(), span: Span::default() }),
        };
        let end = close.unwrap_or(piece.1);
        let mut parts = self.parts((body.saturating_add(1), end), |at| self.begins_part(at, PART_WORDS));
        self.join_fixes(&mut parts);
        let policy = Policy { name, headers: vec![], members: vec![], rules: vec![] };
        let mut assembly = Assembly { policy, stage: Stage::Header, broken_rule: false, told: false };
        for part in parts {
            self.part(part, &mut assembly);
        }
        self.leftover(close, piece);
        let (slice, base) = self.slice(piece);
        let span = Cx::new(self.source, base).range(0, slice.len());
        if &*assembly.policy.name.name != "_" {
            module.items.push(Item { doc, kind: ItemKind::Policy(assembly.policy), span });
        }
    }

    /// `at` and `when` behind `fix` belong to it.
    fn join_fixes(&self, parts: &mut Vec<Piece>) {
        let mut joined: Vec<Piece> = vec![];
        for part in parts.drain(..) {
            match joined.last_mut() {
                Some(last) if self.word(last.0) == "fix" && self.word(part.0) == "at" && self.word(last.1) == "at" => {
                    last.1 = part.1;
                }
                _ => joined.push(part),
            }
        }
        *parts = joined;
    }

    /// What leads to the `{` of a policy or test: its doc comment and its name.
    fn start(&mut self, piece: Piece, body: usize, rule: Rule) -> Option<(Doc, Option<Ident>, Option<Expr>)> {
        let start = (piece.0, body.saturating_add(1));
        let build = |cx: &Cx, mut kids: Kids<'_>| {
            let doc = cx.doc(&kids.every(Rule::doc));
            let name = kids.next()?;
            if name.as_rule() == Rule::string {
                return Some((doc, None, Some(strings::string(cx, name)?)));
            }
            Some((doc, Some(cx.ident(&name)), None))
        };
        if self.tell_faults(start) {
            // That the `{` is not closed is no reason to lose the name.
            let (slice, base) = self.slice(start);
            let cx = Cx::new(self.source, base);
            return one(rule, slice).ok().and_then(|pair| build(&cx, Kids::of(pair)));
        }
        self.read(start, rule, Kind::Item, build)
    }

    /// What stands behind the `}` of an item.
    fn leftover(&mut self, close: Option<usize>, piece: Piece) {
        let Some(close) = close else { return };
        let first = (close.saturating_add(1)..piece.1).find(|at| self.word(*at) != ";");
        let Some(first) = first else { return };
        if !self.tell_faults((first, piece.1)) {
            self.read((first, piece.1), Rule::only_item, Kind::Item, |_, _| Some(()));
        }
    }

    fn part(&mut self, piece: Piece, assembly: &mut Assembly) {
        if self.tell_faults(piece) {
            assembly.broken_rule |= PART_WORDS.get(12..16).is_some_and(|heads| heads.contains(&self.word(piece.0)));
            return;
        }
        let (slice, base) = self.slice(piece);
        let head = matches!(self.lead(piece), "deny" | "warn" | "audit" | "report");
        match one(Rule::only_part, slice) {
            Ok(pair) => {
                let order = self.build(base, pair, |cx, mut kids| assembly.add(cx, kids.next()?));
                self.diagnostics.extend(order.flatten());
            }
            Err(stop) => {
                self.tell(piece, Kind::Part, base, stop);
                if head {
                    (assembly.stage, assembly.broken_rule, assembly.told) = (Stage::Clause, true, false);
                }
            }
        }
    }

    fn lead(&self, (first, end): Piece) -> &'t str {
        (first..end).find(|at| self.kind(*at) != Some(TokenKind::Doc)).map(|at| self.word(at)).unwrap_or_default()
    }

    fn test(&mut self, piece: Piece, body: usize, close: Option<usize>, module: &mut Module) {
        let start = self.start(piece, body, Rule::only_test_start);
        let end = close.unwrap_or(piece.1);
        let mut members = vec![];
        for part in self.parts((body.saturating_add(1), end), |at| self.begins_part(at, MEMBER_WORDS)) {
            if !self.tell_faults(part) {
                let member = self
                    .read(part, Rule::only_member, Kind::Member, |cx, mut kids| test_item::member(cx, kids.next()?));
                members.extend(member);
            }
        }
        self.leftover(close, piece);
        if let Some((doc, _, Some(name))) = start {
            let (slice, base) = self.slice(piece);
            let span = Cx::new(self.source, base).range(0, slice.len());
            module.items.push(Item { doc, kind: ItemKind::Test(Test { name, members }), span });
        }
    }
}

/// Words between two operands, or before one.
fn is_linking(word: &str) -> bool {
    super::RESERVED.contains(&word) && !matches!(word, "true" | "false" | "null" | "let" | "for" | "if")
}
