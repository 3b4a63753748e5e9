//! Checked tree → bytecode.
//!
//! Each function of the bundle that anything calls becomes a function of the program; then come module values, parameters,
//! settings, and one plan for each policy. Everything that can be known now (constant lists and sets, scalars, shapes,
//! types, kinds) is a table entry.

mod comprehension;
mod expr;
mod place;
mod policy;
mod query;
mod reach;
mod tables;
mod testing;
mod touched;
mod types;
mod workloads;

pub use query::Query;
pub use testing::{Assert, CompiledTest, TestValue};

use crate::hir::{self, Expr, Hir, Local, LocalId};
use crate::schema::Schema;
use crate::source::{SourceMap, Span};
use crate::stack::on_big_stack;
use plimsoll_engine::program::assemble::{AssembleError, Assembler};
use plimsoll_engine::program::{
    BundleInfo, Def, ExternDef, Function, GlobalDef, GlobalKind, Instr, MarkDef, MarkId, Plan, ProfileDef, Program,
    SettingTarget, SourceRef, Use, WorkloadDef,
};
use rustc_hash::FxHashMap;
use tables::Tables;

/// What a compilation is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Name, version and default profile of the bundle.
    pub bundle: BundleInfo,
    /// Adds `Mark`s, for coverage and evidence.
    pub trace: bool,
    /// Compiles the tests too.
    pub tests: bool,
    /// Compiles an expression too.
    pub query: Option<Query>,
    /// Kinds that carry a pod template, beside those that are known anyway.
    pub workloads: Vec<WorkloadDef>,
}

/// A compiled bundle.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// What is run.
    pub program: Program,
    /// The tests, where they were asked for.
    pub tests: Vec<CompiledTest>,
    /// The function of the query, where there is one.
    pub query: Option<u32>,
}

/// Why a checked bundle has no bytecode: a limit of the format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// One function is too large.
    #[error("`{name}` is too large: {error}")]
    TooLarge {
        /// Which.
        name: String,
        /// Why.
        error: AssembleError,
    },
    /// A table has more entries than an operand can name.
    #[error("the bundle has too many {0}")]
    TooMany(&'static str),
    /// The tree breaks what the checker promises.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

/// Compiles a checked bundle.
///
/// # Errors
/// Only if the bundle exceeds a limit of the bytecode.
pub fn compile(hir: &Hir, schema: &Schema, sources: &SourceMap, options: &Options) -> Result<Compiled, CompileError> {
    on_big_stack(|| compile_here(hir, schema, sources, options))
}

fn compile_here(hir: &Hir, schema: &Schema, sources: &SourceMap, options: &Options) -> Result<Compiled, CompileError> {
    let mut compiler = Compiler::new(hir, schema, sources, options);
    compiler.functions()?;
    compiler.globals()?;
    compiler.externs()?;
    for (index, policy) in hir.policies.iter().enumerate() {
        compiler.policy(index, policy)?;
    }
    compiler.profiles()?;
    let tests = if options.tests { compiler.tests()? } else { Vec::new() };
    let query = options.query.as_ref().map(|query| compiler.query(query)).transpose()?;
    compiler.kind_types()?;
    Ok(Compiled { program: compiler.finish(options), tests, query })
}

/// The state of a compilation.
struct Compiler<'a> {
    hir: &'a Hir,
    schema: &'a Schema,
    sources: &'a SourceMap,
    trace: bool,
    tables: Tables,
    touched: touched::Touched,
    functions: Vec<Function>,
    /// The number of each function of the tree that has code.
    numbers: Vec<Option<u32>>,
    program: Program,
    lines: FxHashMap<u32, Vec<u32>>,
}

/// The code of one function that is being written.
struct Body<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    asm: Assembler,
    locals: Vec<Option<u16>>,
    /// The policy at hand, for its parameters.
    policy: Option<u16>,
    /// Variables that `for` bound, outermost first, for findings without a place.
    scopes: Vec<u16>,
    owner: String,
}

impl<'a> Compiler<'a> {
    fn new(hir: &'a Hir, schema: &'a Schema, sources: &'a SourceMap, options: &'a Options) -> Self {
        let workloads = workloads::workloads(&options.workloads);
        let numbers = reach::numbers(hir, options.tests);
        let touched = touched::Touched::of(hir, schema, &workloads);
        Compiler {
            hir,
            schema,
            sources,
            trace: options.trace,
            tables: Tables::default(),
            touched,
            functions: Vec::new(),
            numbers,
            program: Program { workloads, ..Program::default() },
            lines: FxHashMap::default(),
        }
    }

    fn functions(&mut self) -> Result<(), CompileError> {
        for (index, function) in self.hir.functions.iter().enumerate() {
            if self.numbers.get(index).copied().flatten().is_none() {
                continue;
            }
            let name = format!("{}.{}", function.module, function.name);
            let mut body = Body::new(self, &function.locals, None, &name);
            let params = u16::try_from(function.params).map_err(|_| CompileError::TooMany("parameters"))?;
            for param in 0..params {
                let register = body.register()?;
                body.bind(LocalId(u32::from(param)), register);
            }
            for statement in &function.body {
                body.statement(statement)?;
            }
            let result = body.expr(&function.result)?;
            body.asm.emit(Instr::Return { src: Use(result) });
            let code = body.finish(&name, params)?;
            self.add_function(code)?;
        }
        Ok(())
    }

    fn globals(&mut self) -> Result<(), CompileError> {
        for global in &self.hir.globals {
            let name = format!("{}.{}", global.module, global.name);
            let kind = match &global.kind {
                hir::GlobalKind::Let(value) => GlobalKind::Let(self.thunk(&name, &global.locals, None, value)?),
                hir::GlobalKind::Param(default) => GlobalKind::Param(
                    default.as_ref().map(|value| self.thunk(&name, &global.locals, None, value)).transpose()?,
                ),
                hir::GlobalKind::Data => GlobalKind::Data,
            };
            let ty = self.type_index(&global.ty)?;
            self.program.globals.push(GlobalDef {
                module: global.module.to_string(),
                name: global.name.to_string(),
                ty: ty.0,
                type_text: self.show(&global.ty),
                kind,
                doc: global.doc.clone(),
            });
        }
        Ok(())
    }

    fn externs(&mut self) -> Result<(), CompileError> {
        for function in &self.hir.externs {
            let params =
                function.params.iter().map(|ty| Ok(self.type_index(ty)?.0)).collect::<Result<_, CompileError>>()?;
            let result = self.type_index(&function.result)?.0;
            self.program.externs.push(ExternDef {
                module: function.module.to_string(),
                name: function.name.to_string(),
                params,
                result,
            });
        }
        Ok(())
    }

    fn profiles(&mut self) -> Result<(), CompileError> {
        for profile in &self.hir.profiles {
            let mut settings = Vec::new();
            for setting in &profile.settings {
                let name = format!("set of profile {}", profile.name);
                let function = self.thunk(&name, &profile.locals, None, &setting.value)?;
                settings.push((setting_target(setting.target)?, function));
            }
            self.program.profiles.push(ProfileDef {
                name: profile.name.to_string(),
                doc: profile.doc.clone(),
                policies: profile.policies.iter().map(|p| p.0).collect(),
                settings,
            });
        }
        Ok(())
    }

    /// A function without parameters that gives the value of an expression.
    fn thunk(&mut self, name: &str, locals: &[Local], policy: Option<u16>, value: &Expr) -> Result<u32, CompileError> {
        let mut body = Body::new(self, locals, policy, name);
        let result = body.expr(value)?;
        body.asm.emit(Instr::Return { src: Use(result) });
        let function = body.finish(name, 0)?;
        self.add_function(function)
    }

    fn add_function(&mut self, function: Function) -> Result<u32, CompileError> {
        let index = u32::try_from(self.functions.len()).map_err(|_| CompileError::TooMany("functions"))?;
        self.functions.push(function);
        Ok(index)
    }

    fn add_plan(&mut self, policy: usize, function: Function) -> Result<(), CompileError> {
        let policy = u32::try_from(policy).map_err(|_| CompileError::TooMany("policies"))?;
        let function = self.add_function(function)?;
        self.program.plans.push(Plan { policies: vec![policy], function });
        Ok(())
    }

    fn finish(self, options: &Options) -> Program {
        let Tables { symbols, constants, regexes, shapes, kinds, indexes, imports, types, .. } = self.tables;
        Program {
            bundle: options.bundle.clone(),
            symbols: symbols.iter().map(str::to_owned).collect(),
            constants,
            regexes: regexes.list,
            shapes: shapes.list,
            types,
            kinds: kinds.list,
            indexes: indexes.list,
            imports: imports.list,
            functions: self.functions,
            ..self.program
        }
    }

    /// Line and column of a span.
    fn source_ref(&mut self, span: Span) -> SourceRef {
        let Some(source) = self.sources.get(span.source) else { return SourceRef::default() };
        let starts = self.lines.entry(span.source.0).or_insert_with(|| line_starts(&source.text));
        let line = starts.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|l| starts.get(l)).copied().unwrap_or(0);
        let column =
            source.text.get(start as usize..span.start as usize).unwrap_or_default().chars().count().saturating_add(1);
        SourceRef { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at.saturating_add(1));
    std::iter::once(0).chain(breaks).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
}

fn setting_target(target: hir::SettingTarget) -> Result<SettingTarget, CompileError> {
    Ok(match target {
        hir::SettingTarget::Global(global) => SettingTarget::Global(global.0),
        hir::SettingTarget::Policy(policy, param) => {
            SettingTarget::Policy(policy.0, u16::try_from(param.0).map_err(|_| CompileError::TooMany("parameters"))?)
        }
    })
}

impl<'c, 'a> Body<'c, 'a> {
    fn new(compiler: &'c mut Compiler<'a>, locals: &[Local], policy: Option<u16>, owner: &str) -> Self {
        Body {
            compiler,
            asm: Assembler::default(),
            locals: vec![None; locals.len()],
            policy,
            scopes: Vec::new(),
            owner: owner.to_owned(),
        }
    }

    fn finish(self, name: &str, params: u16) -> Result<Function, CompileError> {
        self.asm.finish(name, params).map_err(|error| CompileError::TooLarge { name: name.to_owned(), error })
    }

    fn register(&mut self) -> Result<u16, CompileError> {
        self.run(1)
    }

    fn run(&mut self, len: usize) -> Result<u16, CompileError> {
        self.asm.run(len).map_err(|error| CompileError::TooLarge { name: self.owner.clone(), error })
    }

    fn bind(&mut self, local: LocalId, register: u16) {
        if let Some(slot) = self.locals.get_mut(local.0 as usize) {
            *slot = Some(register);
        }
    }

    fn local(&self, local: LocalId) -> Result<u16, CompileError> {
        self.locals
            .get(local.0 as usize)
            .copied()
            .flatten()
            .ok_or(CompileError::Internal("a variable is read before it is bound"))
    }

    /// Marks the place of what follows in the policy text.
    fn line(&mut self, span: Span) {
        let source = self.compiler.source_ref(span);
        self.asm.line(source);
    }

    /// Marks a clause or branch, if the program is to be traced.
    fn mark(&mut self, kind: &str, span: Span) -> Result<(), CompileError> {
        if !self.compiler.trace {
            return Ok(());
        }
        let compiler = &mut *self.compiler;
        let source = compiler.source_ref(span);
        let id = u32::try_from(compiler.program.marks.len()).map_err(|_| CompileError::TooMany("clauses"))?;
        compiler.program.marks.push(MarkDef {
            owner: self.owner.clone(),
            kind: kind.to_owned(),
            text: compiler.sources.text(span).to_owned(),
            file: compiler.sources.get(span.source).map(|s| s.path.to_string()).unwrap_or_default(),
            source,
        });
        self.asm.emit(Instr::Mark { mark: MarkId(id) });
        Ok(())
    }

    fn statement(&mut self, statement: &hir::Statement) -> Result<(), CompileError> {
        match statement {
            hir::Statement::Let { local, value } => {
                self.line(value.span);
                let register = self.register()?;
                self.expr_into(value, register)?;
                self.bind(*local, register);
            }
            hir::Statement::Return { cond, value } => {
                self.line(cond.span);
                let next = self.asm.label();
                let height = self.asm.height();
                self.jump_unless(cond, next)?;
                self.mark("return", value.span)?;
                let result = self.expr(value)?;
                self.asm.emit(Instr::Return { src: Use(result) });
                self.asm.bind(next);
                self.asm.release(height);
            }
        }
        Ok(())
    }

    /// A null in a register.
    fn null_into(&mut self, dst: u16) -> Result<(), CompileError> {
        let value = self.compiler.tables.constant(plimsoll_engine::program::Constant::Null)?;
        self.asm.emit(Instr::Const { value, dst: Def(dst) });
        Ok(())
    }
}
