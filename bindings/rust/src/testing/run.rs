//! One test: its documents, its engine, what comes of them.

use super::{Failure, TestOptions, expect, fixed};
use crate::compile::Bundle;
use plimsoll_dsl::compile::{Assert, CompiledTest, TestValue};
use plimsoll_dsl::hir::Expect;
use plimsoll_dsl::source::Span;
use plimsoll_dsl::syntax::ast::DocFormat;
use plimsoll_engine::decision::Decision;
use plimsoll_engine::document::{self, Document, Format, InputError, Limits, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineOptions, Evaluator, Request};
use plimsoll_engine::inventory::{Inventory, Origin};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What came of a test.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) failures: Vec<Failure>,
    /// For each mark of the program, how often it was passed.
    pub(super) hits: Vec<u64>,
}

/// A test at work.
pub(super) struct Case<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) test: &'a CompiledTest,
    pub(super) told: &'a TestOptions,
    pub(super) engine: Engine,
    pub(super) evaluator: Evaluator,
    /// The policies that the test judges, by index.
    pub(super) judged: BTreeSet<usize>,
    pub(super) failures: Vec<Failure>,
}

/// The documents of a test.
#[derive(Clone, Default)]
pub(super) struct Documents {
    pub(super) input: Vec<Arc<Document>>,
    old: Vec<Arc<Document>>,
    cluster: Vec<Arc<Document>>,
    request: Option<serde_json::Value>,
    /// What could not be read of the input.
    errors: Vec<InputError>,
}

/// Runs a test.
pub(super) fn run(bundle: &Bundle, test: &CompiledTest, told: &TestOptions) -> Ran {
    let judged = judged(bundle, test);
    let engine = match Engine::new(&bundle.program, options(bundle, test, Some(&judged), told)) {
        Ok(engine) => engine,
        Err(error) => {
            let failure =
                Failure { line: line(bundle, test.span), message: format!("the test can't be set up: {error}") };
            return Ran { failures: vec![failure], ..Ran::default() };
        }
    };
    let evaluator = engine.evaluator();
    let mut case = Case { bundle, test, told, engine, evaluator, judged, failures: Vec::new() };
    case.run();
    Ran { hits: case.evaluator.hits().to_vec(), failures: case.failures }
}

/// The policies that a test names, else those of its module, else all.
fn judged(bundle: &Bundle, test: &CompiledTest) -> BTreeSet<usize> {
    let named = test.expects.iter().filter_map(|(expect, _)| match expect {
        Expect::Pass(policy) | Expect::Skip(policy) | Expect::Finding { policy, .. } => *policy,
        Expect::Fixed(_) | Expect::Error => None,
    });
    let mut judged: BTreeSet<usize> = named.map(|p| p.0 as usize).collect();
    let policies = &bundle.program.policies;
    if test.expects.is_empty() {
        return judged;
    }
    if judged.is_empty() {
        judged = policies.iter().enumerate().filter(|(_, p)| p.module == *test.module).map(|(i, _)| i).collect();
    }
    if judged.is_empty() {
        judged = (0..policies.len()).collect();
    }
    judged
}

/// What the engine of a test is told; `judged` are the policies that are on, else those that are on anyway.
pub(super) fn options(
    bundle: &Bundle,
    test: &CompiledTest,
    judged: Option<&BTreeSet<usize>>,
    told: &TestOptions,
) -> EngineOptions {
    let mut options = EngineOptions {
        computed_params: test.params.iter().map(|(target, function)| (*target, *function)).collect(),
        computed_data: test.data.clone(),
        now: test.now.unwrap_or(NOW),
        coverage: told.coverage,
        natives: told.natives.clone(),
        plain: true,
        ..EngineOptions::default()
    };
    if let Some(judged) = judged {
        let all = bundle.program.policies.iter().enumerate();
        let (on, off): (Vec<_>, Vec<_>) = all.partition(|(i, _)| judged.contains(i));
        options.only = on.into_iter().map(|(_, p)| p.id.clone()).collect();
        if options.only.is_empty() {
            options.skip = off.into_iter().map(|(_, p)| p.id.clone()).collect();
        }
    }
    options
}

/// `now()` where a test says nothing: 2026-01-01T00:00:00Z. A test has no clock.
const NOW: i64 = 1_767_225_600_000_000_000;

pub(super) fn line(bundle: &Bundle, span: Span) -> u32 {
    bundle.sources.position(span).line
}

impl Case<'_> {
    fn run(&mut self) {
        let empty = self.inventory(&Documents::default()).0;
        let documents = match self.documents(&empty) {
            Ok(documents) => documents,
            Err(failure) => return self.failures.push(failure),
        };
        let (inventory, _) = self.inventory(&documents);
        self.asserts(&inventory);
        if self.test.expects.is_empty() {
            return;
        }
        let decision = self.decide(&documents);
        expect::compare(self, &decision);
        fixed::compare(self, &empty, &documents, &decision);
    }

    pub(super) fn fail(&mut self, span: Span, message: impl Into<String>) {
        self.failures.push(Failure { line: line(self.bundle, span), message: message.into() });
    }

    /// Conditions of functions.
    fn asserts(&mut self, inventory: &Inventory) {
        for Assert { condition, sides, span } in &self.test.asserts {
            let text = self.bundle.sources.text(*span).trim().to_owned();
            match self.evaluator.call(inventory, *condition) {
                Ok(serde_json::Value::Bool(true)) => {}
                Ok(_) => {
                    let sides = sides.and_then(|sides| self.sides(inventory, sides));
                    self.fail(*span, format!("it does not hold: {text}{}", sides.unwrap_or_default()));
                }
                Err(error) => self.fail(*span, format!("an error: {error}\n{text}")),
            }
        }
    }

    /// What a comparison compared: two short values, or what differs.
    fn sides(&mut self, inventory: &Inventory, (left, right): (u32, u32)) -> Option<String> {
        let (left, right) = (self.evaluator.call(inventory, left).ok()?, self.evaluator.call(inventory, right).ok()?);
        let texts = (left.to_string(), right.to_string());
        let same_kind = left.is_object() && right.is_object() || left.is_array() && right.is_array();
        if same_kind && texts.0.len().max(texts.1.len()) > 60 && left != right {
            let lines = fixed::diff(std::slice::from_ref(&left), std::slice::from_ref(&right));
            return Some(format!("\nleft (-) and right (+) differ\n{lines}"));
        }
        let short = |text: &str| crate::clean::clip(text, 500);
        Some(format!("\n  left:  {}\n  right: {}", short(&texts.0), short(&texts.1)))
    }

    /// The documents; an input that cannot be read is an input error, anything else a mistake in the test.
    fn documents(&mut self, empty: &Inventory) -> Result<Documents, Failure> {
        let test = self.test;
        let mut out = Documents::default();
        let (input, errors) = self.values(empty, &test.input, "input")?;
        (out.input, out.errors) = (input, errors);
        for (values, name, into) in [(&test.old, "old", &mut out.old), (&test.cluster, "cluster", &mut out.cluster)] {
            let (documents, errors) = self.values(empty, values, name)?;
            if let Some(error) = errors.first() {
                return Err(self.failure(format!("`{name}` can't be read: {error}")));
            }
            *into = documents;
        }
        if let Some(function) = test.request {
            let value = self.evaluator.call(empty, function);
            out.request = Some(value.map_err(|error| self.failure(format!("`request` can't be computed: {error}")))?);
        }
        Ok(out)
    }

    fn failure(&self, message: String) -> Failure {
        Failure { line: line(self.bundle, self.test.span), message }
    }

    pub(super) fn values(
        &mut self,
        empty: &Inventory,
        values: &[TestValue],
        what: &str,
    ) -> Result<(Vec<Arc<Document>>, Vec<InputError>), Failure> {
        let symbols = self.engine.symbols();
        let (mut documents, mut errors) = (Vec::new(), Vec::new());
        for (index, value) in values.iter().enumerate() {
            // Each is a file of its own, so that their orders and fixes are kept apart.
            let name = format!("{what} {index}");
            match value {
                TestValue::Text { format, text, .. } => {
                    let format = match format {
                        DocFormat::Yaml => Format::Yaml,
                        DocFormat::Json => Format::JsonLines,
                    };
                    let options = ReadOptions { format, symbols: symbols.clone(), ..ReadOptions::default() };
                    let read = document::read(&name, text.as_bytes(), &options);
                    documents.extend(read.documents);
                    errors.extend(read.errors);
                }
                TestValue::Function(function) => {
                    let value = self.evaluator.call(empty, *function);
                    let value = value.map_err(|error| self.failure(format!("`{what}` can't be computed: {error}")))?;
                    let document = Document::from_value(&name, &value, Limits::default(), &symbols);
                    documents.push(Arc::new(document.map_err(|e| self.failure(format!("`{what}`: {e}")))?));
                }
            }
        }
        Ok((documents, errors))
    }

    /// What policies may join with, and the objects of the input.
    fn inventory(&self, documents: &Documents) -> (Inventory, Vec<plimsoll_engine::inventory::ObjectId>) {
        let mut inventory = self.engine.inventory();
        for document in &documents.cluster {
            inventory.insert(document.clone(), Origin::File);
        }
        let is_request = |d: &Arc<Document>| documents.request.is_some() || document::admission(d).is_some();
        let mut ids = Vec::new();
        for document in documents.input.iter().filter(|d| !is_request(d)) {
            ids.extend(inventory.insert(document.clone(), Origin::File));
        }
        if self.test.complete_all {
            inventory.set_all_complete();
        }
        for kinds in &self.test.complete {
            if let Some(kinds) = self.bundle.program.kinds.get(kinds.0 as usize) {
                inventory.set_complete_kinds(kinds);
            }
        }
        (inventory, ids)
    }

    /// Judges the input with the test's own engine.
    fn decide(&mut self, documents: &Documents) -> Decision {
        let (inventory, ids) = self.inventory(documents);
        decide(&mut self.evaluator, &inventory, &ids, documents)
    }

    /// Judges other documents in the place of the input, with another engine.
    pub(super) fn decide_with(&self, evaluator: &mut Evaluator, documents: &Documents) -> Decision {
        let (mut inventory, _) = self.inventory(&Documents { input: Vec::new(), ..documents.clone() });
        let mut ids = Vec::new();
        let is_request = |d: &Arc<Document>| documents.request.is_some() || document::admission(d).is_some();
        for document in documents.input.iter().filter(|d| !is_request(d)) {
            ids.extend(inventory.insert(document.clone(), Origin::File));
        }
        decide(evaluator, &inventory, &ids, documents)
    }
}

/// Judges everything of the input.
fn decide(
    evaluator: &mut Evaluator,
    inventory: &Inventory,
    ids: &[plimsoll_engine::inventory::ObjectId],
    documents: &Documents,
) -> Decision {
    let mut all = Decision::empty();
    all.errors.extend(documents.errors.iter().map(plimsoll_engine::decision::DecisionError::from));
    let mut before = evaluator.engine().inventory();
    let olds: Vec<_> = documents.old.iter().flat_map(|d| before.insert(d.clone(), Origin::File)).collect();
    let mut add = |decision: Decision| {
        all.allowed &= decision.allowed;
        all.findings.extend(decision.findings);
        all.errors.extend(decision.errors);
        all.skipped.extend(decision.skipped);
        all.suppressed.extend(decision.suppressed);
    };
    if let Some(request) = &documents.request {
        let pairs = documents.input.len().max(documents.old.len());
        for index in 0..pairs {
            let request = Request {
                request: request.clone(),
                object: documents.input.get(index).cloned(),
                old: documents.old.get(index).cloned(),
            };
            add(evaluator.evaluate_request(inventory, &request));
        }
    } else {
        for document in &documents.input {
            if let Some(decision) = evaluator.review(inventory, document) {
                add(decision);
            }
        }
        for (index, id) in ids.iter().enumerate() {
            match olds.get(index).and_then(|old| before.get(*old)) {
                Some(old) => add(evaluator.evaluate_update(inventory, *id, old)),
                None => add(evaluator.evaluate(inventory, *id)),
            }
        }
    }
    add(evaluator.evaluate_cluster(inventory));
    all
}
