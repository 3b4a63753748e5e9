//! Programs written by hand, run over small manifests.

mod errors;
mod plans;
mod values;

use crate::decision::{Action, Decision, Severity};
use crate::document::{Document, ReadOptions, read};
use crate::engine::{Engine, EngineOptions};
use crate::inventory::{Inventory, ObjectId, Origin};
use crate::program::assemble::Assembler;
use crate::program::operand::{Def, RuleId, Use, UseRun};
use crate::program::verify::verify;
use crate::program::{
    BundleInfo, Catch, ConstId, Constant, Function, Instr, KindMatch, KindSet, Operations, Plan, PolicyDef, Program,
    RuleDef, SourceRef, Sym, TypeDesc,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A program that is being written.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) program: Program,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        let bundle = BundleInfo { name: "test".into(), version: "1".into(), default_profile: None };
        Writer { program: Program { bundle, ..Program::default() } }
    }

    pub(crate) fn sym(&mut self, name: &str) -> Sym {
        let symbols = &mut self.program.symbols;
        let at = symbols.iter().position(|s| s == name).unwrap_or_else(|| {
            symbols.push(name.into());
            symbols.len() - 1
        });
        Sym(at as u32)
    }

    pub(crate) fn constant(&mut self, constant: Constant) -> ConstId {
        self.program.constants.push(constant);
        ConstId(self.program.constants.len() as u32 - 1)
    }

    pub(crate) fn str(&mut self, text: &str) -> ConstId {
        self.constant(Constant::Str(text.into()))
    }

    pub(crate) fn ty(&mut self, ty: TypeDesc) -> u32 {
        self.program.types.push(ty);
        self.program.types.len() as u32 - 1
    }

    pub(crate) fn kinds(&mut self, kinds: &[&str]) -> u32 {
        let kinds = kinds.iter().map(|k| kind(k)).collect();
        self.program.kinds.push(KindSet { kinds, ..KindSet::default() });
        self.program.kinds.len() as u32 - 1
    }

    pub(crate) fn function(&mut self, function: Function) -> u32 {
        self.program.functions.push(function);
        self.program.functions.len() as u32 - 1
    }

    pub(crate) fn policy(&mut self, id: &str, on: Option<u32>) -> u32 {
        self.program.policies.push(PolicyDef {
            id: id.into(),
            name: id.to_ascii_lowercase().replace('-', "_"),
            module: "test".into(),
            title: "A title.".into(),
            doc: String::new(),
            severity: Severity::High,
            refs: BTreeMap::new(),
            enabled: None,
            window: None,
            sensitive: false,
            params: Vec::new(),
            on,
            subresources: Vec::new(),
            operations: Operations { create: true, update: true, delete: false, connect: false },
            reads: Vec::new(),
            data: Vec::new(),
        });
        self.program.policies.len() as u32 - 1
    }

    pub(crate) fn rule(&mut self, policy: u32, action: Action) -> RuleId {
        let refs = BTreeMap::new();
        self.program.rules.push(RuleDef {
            policy,
            action: Some(action),
            severity: None,
            refs,
            source: SourceRef::default(),
        });
        RuleId(self.program.rules.len() as u32 - 1)
    }

    pub(crate) fn plan(&mut self, policies: &[u32], function: Function) {
        let function = self.function(function);
        self.program.plans.push(Plan { policies: policies.to_vec(), function });
    }

    pub(crate) fn engine(self, options: EngineOptions) -> Engine {
        Engine::new(&verify(self.program).unwrap(), options).unwrap()
    }
}

pub(crate) fn kind(name: &str) -> KindMatch {
    let (group, kind) = name.split_once('/').unwrap_or(("", name));
    KindMatch { kind: kind.into(), group: group.into(), old_groups: Vec::new() }
}

/// `dst` is a constant.
pub(crate) fn load(asm: &mut Assembler, value: ConstId) -> u16 {
    let dst = asm.register().unwrap();
    asm.emit(Instr::Const { value, dst: Def(dst) });
    dst
}

/// A report of a message at a place (a register), with nothing else.
pub(crate) fn report(asm: &mut Assembler, rule: RuleId, message: ConstId, place: u16, null: ConstId) {
    let first = asm.run(6).unwrap();
    asm.emit(Instr::Const { value: message, dst: Def(first) });
    asm.emit(Instr::Move { src: Use(place), dst: Def(first + 1) });
    for i in 2..6 {
        asm.emit(Instr::Const { value: null, dst: Def(first + i) });
    }
    asm.emit(Instr::Report { rule, parts: UseRun { first, len: 6 } });
}

/// Wraps code in the region of a rule.
pub(crate) fn in_rule(asm: &mut Assembler, rule: RuleId, code: impl FnOnce(&mut Assembler)) {
    let start = asm.here();
    let end = asm.label();
    code(asm);
    asm.catch(start, Catch::Rule(rule.0), end);
    asm.bind(end);
}

pub(crate) fn documents(engine: &Engine, name: &str, text: &str) -> Vec<Arc<Document>> {
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let result = read(name, text.as_bytes(), &options);
    assert_eq!(result.errors, []);
    result.documents
}

pub(crate) fn inventory(engine: &Engine, text: &str) -> (Inventory, Vec<ObjectId>) {
    let mut inventory = engine.inventory();
    let mut ids = Vec::new();
    for document in documents(engine, "t.yaml", text) {
        ids.extend(inventory.insert(document, Origin::File));
    }
    (inventory, ids)
}

/// Decisions about all objects of a text.
pub(crate) fn judge(engine: &Engine, text: &str) -> Vec<Decision> {
    let (inventory, ids) = inventory(engine, text);
    let mut evaluator = engine.evaluator();
    ids.into_iter().map(|id| evaluator.evaluate(&inventory, id)).collect()
}

pub(crate) fn summary(decision: &Decision) -> Vec<String> {
    decision.findings.iter().map(|f| format!("{} {} {} {}", f.action.name(), f.id, f.pointer, f.message)).collect()
}

/// Runs a function without policies and gives the text of its value, or the code of its error.
pub(crate) fn value_of(writer: Writer, function: u32) -> String {
    let engine = writer.engine(EngineOptions::default());
    let mut evaluator = engine.evaluator();
    match evaluator.call(&engine.inventory(), function) {
        Ok(value) => value.to_string(),
        Err(error) => error.code().to_owned(),
    }
}
