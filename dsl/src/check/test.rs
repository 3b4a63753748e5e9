//! Tests: their documents, settings, conditions and expectations.

use super::Checker;
use super::body::{Body, Place};
use super::policy::{plain_text, request_ty};
use super::profile::policy_id;
use crate::diagnostic::{Code, Diagnostic};
use crate::hir::{self, Const, Expect, Expr, ExprKind, GlobalId, PolicyId, TestDocument, Ty};
use crate::schema::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, Arg, Args, BinaryOp, DocFormat, Ident, TestMemberKind};
use plimsoll_engine::document::{Format, NodeId, ReadOptions, read};
use std::sync::Arc;

/// What a text of documents holds: one value, or a list where there are several or the format is one of lines.
fn read_value(name: &str, text: &str, format: Format) -> Result<serde_json::Value, String> {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let found = read(name, text.as_bytes(), &options);
    if let Some(error) = found.errors.first() {
        return Err(format!("line {}, column {}: {}", error.start.line, error.start.column, error.message));
    }
    let mut values: Vec<serde_json::Value> = found.documents.iter().map(|d| d.to_json(NodeId::ROOT)).collect();
    match values.pop() {
        Some(one) if values.is_empty() && format != Format::JsonLines => Ok(one),
        last => {
            values.extend(last);
            Ok(serde_json::Value::Array(values))
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_tests(&mut self) -> Vec<hir::Test> {
        (0..self.tests.len()).filter_map(|ix| self.check_test(ix)).collect()
    }

    fn check_test(&mut self, ix: usize) -> Option<hir::Test> {
        let &(module, ast, item) = self.tests.get(ix)?;
        let name = match plain_text(&ast.name) {
            Some(name) => name,
            None => {
                self.report(
                    Diagnostic::error(Code::BadTest, "the name of a test is a plain text")
                        .at(ast.name.span, "this one has holes"),
                );
                "".into()
            }
        };
        let mut test = hir::Test {
            module: self.modules.get(module).map(|m| m.name.clone()).unwrap_or_default(),
            name,
            input: vec![],
            old: vec![],
            cluster: vec![],
            complete: vec![],
            data: vec![],
            params: vec![],
            request: None,
            now: None,
            asserts: vec![],
            sides: vec![],
            expects: vec![],
            locals: vec![],
            span: item.span,
        };
        let ((), state) = self.with_body(module, Body::new(Place::Test), |cx| {
            cx.members_once(ast);
            for member in &ast.members {
                cx.test_member(member, &mut test);
            }
        });
        test.locals = state.locals;
        Some(test)
    }

    fn members_once(&mut self, test: &ast::Test) {
        let word = |kind: &TestMemberKind| match kind {
            TestMemberKind::Input(_) => Some("input"),
            TestMemberKind::Old(_) => Some("old"),
            TestMemberKind::Cluster(_) => Some("cluster"),
            TestMemberKind::Request(_) => Some("request"),
            TestMemberKind::Now(_) => Some("now"),
            _ => None,
        };
        for (ix, member) in test.members.iter().enumerate() {
            let Some(this) = word(&member.kind) else { continue };
            let first = test.members.iter().take(ix).find(|m| word(&m.kind) == Some(this));
            if let Some(first) = first {
                self.report(
                    Diagnostic::error(Code::BadTest, format!("a test has one `{this}`"))
                        .at(member.span, "the second one")
                        .at(first.span, "the first one")
                        .help("give several documents as a list: `[ … ]`"),
                );
            }
        }
    }

    fn test_member(&mut self, member: &'a ast::TestMember, test: &mut hir::Test) {
        match &member.kind {
            TestMemberKind::Input(e) => test.input = self.documents(e),
            TestMemberKind::Old(e) => test.old = self.documents(e),
            TestMemberKind::Cluster(e) => test.cluster = self.documents(e),
            TestMemberKind::Request(e) => test.request = Some(self.expr_as(e, &request_ty().optional())),
            TestMemberKind::Now(e) => test.now = self.now(e),
            TestMemberKind::Complete(ty) => test.complete.push(ty.as_ref().map(|t| self.kinds(t))),
            TestMemberKind::Data(name, e) => test.data.extend(self.test_data(name, e)),
            TestMemberKind::Param(policy, name, e) => test.params.extend(self.setting(policy.as_ref(), name, e)),
            TestMemberKind::Assert(e) => {
                let cond = self.condition(e);
                test.sides.push(sides(&cond));
                test.asserts.push((cond, member.span));
            }
            TestMemberKind::Expect(e) => {
                let expect = self.expect(e);
                test.expects.extend(expect.map(|e| (e, member.span)));
            }
        }
    }

    /// One document or a list of them.
    fn documents(&mut self, e: &ast::Expr) -> Vec<TestDocument> {
        match &e.kind {
            ast::ExprKind::List(items) => items.iter().map(|e| self.document(e)).collect(),
            _ => vec![self.document(e)],
        }
    }

    fn document(&mut self, e: &ast::Expr) -> TestDocument {
        if let ast::ExprKind::DocText { format, text, inner } = &e.kind {
            return TestDocument::Text { format: *format, text: text.clone(), inner: *inner };
        }
        if let ast::ExprKind::Call { callee, args: Args::Plain(args) } = &e.kind
            && matches!(&callee.kind, ast::ExprKind::Name(name) if &**name == "file")
        {
            return match self.file_text(args, e.span) {
                Some((path, text)) => TestDocument::File { path, text },
                None => TestDocument::Value(Expr::error(e.span)),
            };
        }
        TestDocument::Value(self.expr(e, Some(&Ty::Any)))
    }

    /// `file("…")`: the path and what it holds.
    fn file_text(&mut self, args: &[Arg], span: Span) -> Option<(Arc<str>, Arc<str>)> {
        let path = match args {
            [Arg::Expr(e)] => plain_text(e),
            _ => None,
        };
        let Some(path) = path else {
            self.report(
                Diagnostic::error(Code::WrongArguments, "`file` takes a plain text")
                    .at(span, "the path of a file beside the module")
                    .help("write `file(\"fixtures/pod.yaml\")`"),
            );
            return None;
        };
        let module = self.input.modules.get(self.module).and_then(|m| m.path).unwrap_or_default();
        let Some(text) = (self.input.files)(module, &path) else {
            self.report(
                Diagnostic::error(Code::NoFile, format!("there is no file `{path}`"))
                    .at(span, "not found beside this module, or not readable"),
            );
            return None;
        };
        Some((path, text))
    }

    /// `file("…")` as a value: what the document holds, several as a list; else the text.
    pub(super) fn file(&mut self, args: &[Arg], span: Span) -> Expr {
        let Some((path, text)) = self.file_text(args, span) else { return Expr::error(span) };
        let format = Format::of_path(&path);
        if format == Format::Auto {
            return Expr::constant(Const::Str(text), Ty::String, span);
        }
        self.document_value(read_value(&path, &text, format), span)
    }

    fn document_value(&mut self, value: Result<serde_json::Value, String>, span: Span) -> Expr {
        match value {
            Ok(value) => Expr::constant(Const::Json(Arc::new(value)), Ty::Any, span),
            Err(why) => {
                self.report(Diagnostic::error(Code::BadDocument, "this document cannot be read").at(span, why));
                Expr::error(span)
            }
        }
    }

    /// `yaml"…"` and `json"…"` outside the members that take documents.
    pub(super) fn doc_text(&mut self, e: &ast::Expr) -> Expr {
        let ast::ExprKind::DocText { format, text, .. } = &e.kind else { return Expr::error(e.span) };
        let format = match format {
            DocFormat::Json => Format::Json,
            DocFormat::Yaml => Format::Yaml,
        };
        self.document_value(read_value("", text, format), e.span)
    }

    fn now(&mut self, e: &ast::Expr) -> Option<i64> {
        let text = plain_text(e);
        let nanos = text.as_deref().and_then(|t| plimsoll_engine::scalar::time::parse(t).ok());
        let nanos = nanos.and_then(|t| i64::try_from(t.as_nanos()).ok());
        if nanos.is_none() {
            self.report(
                Diagnostic::error(Code::BadConstant, "`now` is a time")
                    .at(e.span, "not a text of RFC 3339")
                    .help("write it like `\"2026-11-24T00:00:00Z\"`"),
            );
        }
        nanos
    }

    fn test_data(&mut self, name: &Ident, e: &ast::Expr) -> Option<(GlobalId, Expr)> {
        let is_data = |g: &super::resolve::GlobalEntry<'_>| matches!(g.ast, super::resolve::GlobalAst::Data(_));
        let here = self.modules.get(self.module);
        let here = here.and_then(|m| m.own.values.get(&name.name).or_else(|| m.used.values.get(&name.name)));
        let here = here.map(|(id, _)| *id).filter(|id| self.globals.get(id.0 as usize).is_some_and(is_data));
        let anywhere = (0..).map(GlobalId).zip(&self.globals).find(|(_, g)| is_data(g) && g.name.name == name.name);
        let Some(id) = here.or(anywhere.map(|(id, _)| id)) else {
            let names: Vec<Arc<str>> =
                self.globals.iter().filter(|g| is_data(g)).map(|g| g.name.name.clone()).collect();
            self.report(
                Diagnostic::error(Code::UnknownParam, format!("there is no data document `{}`", name.name))
                    .at(name.span, "no module declares it")
                    .help_if(suggest(&name.name, names.iter().map(|n| &**n)), |best| format!("did you mean `{best}`?")),
            );
            return None;
        };
        let ty = self.global_ty(id, name.span);
        let value = self.expr(e, Some(&ty));
        // A document is checked when it is loaded, as the host's would be.
        let value =
            if matches!(value.kind, ExprKind::Const(Const::Json(_))) { value } else { self.data_value(value, &ty) };
        Some((id, value))
    }

    fn data_value(&mut self, value: Expr, ty: &Ty) -> Expr {
        let before = std::mem::replace(&mut self.body.document, true);
        let value = self.coerce(value, ty);
        self.body.document = before;
        value
    }

    fn expect(&mut self, e: &ast::Expect) -> Option<Expect> {
        Some(match e {
            ast::Expect::Fixed(e) => Expect::Fixed(self.document(e)),
            ast::Expect::Error => Expect::Error,
            ast::Expect::Pass(policy) => Expect::Pass(self.expected(policy.as_ref())?),
            ast::Expect::Skip(policy) => Expect::Skip(self.expected(policy.as_ref())?),
            ast::Expect::Finding { action, policy, at, message, count } => Expect::Finding {
                action: *action,
                policy: self.expected(policy.as_ref())?,
                at: at.as_ref().and_then(|e| self.expected_text(e)),
                message: message.as_ref().and_then(|e| self.expected_text(e)),
                count: count.map(|(n, _)| n),
            },
        })
    }

    /// The policy that is named, if one is; none at all if it does not exist.
    #[expect(clippy::option_option, reason = "named, not named, and wrongly named")]
    fn expected(&mut self, name: Option<&Ident>) -> Option<Option<PolicyId>> {
        let Some(name) = name else { return Some(None) };
        match self.policy_names.get(&name.name) {
            Some(ix) => Some(Some(policy_id(*ix))),
            None => {
                self.unknown_policy(name, "policy", &[]);
                None
            }
        }
    }

    fn expected_text(&mut self, e: &ast::Expr) -> Option<Arc<str>> {
        let text = plain_text(e);
        if text.is_none() {
            self.report(
                Diagnostic::error(Code::BadTest, "what is expected is a plain text").at(e.span, "this one has holes"),
            );
        }
        text
    }
}

/// What a comparison compares.
fn sides(condition: &Expr) -> Option<(Expr, Expr)> {
    let ExprKind::Binary { op, left, right } = &condition.kind else { return None };
    let joins = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::OrElse);
    (!joins).then(|| (left.as_ref().clone(), right.as_ref().clone()))
}
