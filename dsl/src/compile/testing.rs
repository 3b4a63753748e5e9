//! The `test` items: their values and conditions as functions of the program; what they expect as data.

use super::{CompileError, Compiler, setting_target};
use crate::hir::{Expect, Test, TestDocument};
use crate::source::Span;
use crate::syntax::ast::DocFormat;
use plimsoll_engine::program::{KindsId, SettingTarget};
use std::sync::Arc;

/// A test, ready to run.
#[derive(Clone, Debug)]
pub struct CompiledTest {
    /// Its module.
    pub module: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The objects under review.
    pub input: Vec<TestValue>,
    /// The objects before.
    pub old: Vec<TestValue>,
    /// The other objects.
    pub cluster: Vec<TestValue>,
    /// Every kind is complete.
    pub complete_all: bool,
    /// These are.
    pub complete: Vec<KindsId>,
    /// Data by global, and the function that gives its value.
    pub data: Vec<(u32, u32)>,
    /// Parameters, and the function that gives the value.
    pub params: Vec<(SettingTarget, u32)>,
    /// The function that gives the request.
    pub request: Option<u32>,
    /// The instant, in nanoseconds since 1970.
    pub now: Option<i64>,
    /// Functions that must give true.
    pub asserts: Vec<Assert>,
    /// What is expected; documents in `Fixed` stand in `fixed`.
    pub expects: Vec<(Expect, Span)>,
    /// The documents of `expect fixed`, in order.
    pub fixed: Vec<TestValue>,
    /// Where it was written.
    pub span: Span,
}

/// A condition of a test.
#[derive(Clone, Debug)]
pub struct Assert {
    /// The function that must give true.
    pub condition: u32,
    /// For a comparison: the functions of its sides.
    pub sides: Option<(u32, u32)>,
    /// Where it was written.
    pub span: Span,
}

/// A document of a test.
#[derive(Clone, Debug)]
pub enum TestValue {
    /// Text to be read.
    Text {
        /// Which reader.
        format: DocFormat,
        /// For messages: the file's name, or empty.
        name: Arc<str>,
        /// The text.
        text: Arc<str>,
    },
    /// The function that gives the value.
    Function(u32),
}

impl Compiler<'_> {
    pub(super) fn tests(&mut self) -> Result<Vec<CompiledTest>, CompileError> {
        self.hir.tests.iter().map(|test| self.test(test)).collect()
    }

    fn test(&mut self, test: &Test) -> Result<CompiledTest, CompileError> {
        let name = format!("test {}", test.name);
        let mut compiled = CompiledTest {
            module: test.module.clone(),
            name: test.name.clone(),
            input: self.documents(&name, test, &test.input)?,
            old: self.documents(&name, test, &test.old)?,
            cluster: self.documents(&name, test, &test.cluster)?,
            complete_all: test.complete.iter().any(Option::is_none),
            complete: test.complete.iter().flatten().map(|ty| self.kind_set(ty)).collect::<Result<_, _>>()?,
            data: Vec::new(),
            params: Vec::new(),
            request: test.request.as_ref().map(|value| self.thunk(&name, &test.locals, None, value)).transpose()?,
            now: test.now,
            asserts: Vec::new(),
            expects: test.expects.clone(),
            fixed: Vec::new(),
            span: test.span,
        };
        for (global, value) in &test.data {
            compiled.data.push((global.0, self.thunk(&name, &test.locals, None, value)?));
        }
        for setting in &test.params {
            compiled
                .params
                .push((setting_target(setting.target)?, self.thunk(&name, &test.locals, None, &setting.value)?));
        }
        for ((condition, span), sides) in test.asserts.iter().zip(&test.sides) {
            let condition = self.thunk(&name, &test.locals, None, condition)?;
            // What is traced counts what is passed: the sides would count twice.
            let sides = match sides.as_ref().filter(|_| !self.trace) {
                None => None,
                Some((left, right)) => {
                    Some((self.thunk(&name, &test.locals, None, left)?, self.thunk(&name, &test.locals, None, right)?))
                }
            };
            compiled.asserts.push(Assert { condition, sides, span: *span });
        }
        for (expect, _) in &test.expects {
            if let Expect::Fixed(document) = expect {
                compiled.fixed.extend(self.documents(&name, test, std::slice::from_ref(document))?);
            }
        }
        Ok(compiled)
    }

    fn documents(
        &mut self,
        name: &str,
        test: &Test,
        documents: &[TestDocument],
    ) -> Result<Vec<TestValue>, CompileError> {
        documents
            .iter()
            .map(|document| match document {
                TestDocument::Text { format, text, .. } => {
                    Ok(TestValue::Text { format: *format, name: Arc::from(""), text: text.clone() })
                }
                TestDocument::File { path, text } => {
                    let json = path.ends_with(".json") || path.ends_with(".jsonl");
                    let format = if json { DocFormat::Json } else { DocFormat::Yaml };
                    Ok(TestValue::Text { format, name: path.clone(), text: text.clone() })
                }
                TestDocument::Value(value) => Ok(TestValue::Function(self.thunk(name, &test.locals, None, value)?)),
            })
            .collect()
    }
}
