//! The verifier: a program that passes cannot read a register before it is written, jump out of its code, name an entry
//! that is not there, or call itself.
//!
//! It is run on every load, whoever made the program. What it cannot know (how long a loop runs) fuel bounds at run time.

use super::instr::Instr;
use super::operand::{Role, Table};
use super::{Catch, Constant, Function, GlobalKind, Program, SettingTarget, TypeDesc};
use crate::builtins;
use std::sync::Arc;

/// A program that the VM may run.
#[derive(Clone, Debug)]
pub struct Verified(Arc<Program>);

impl Verified {
    /// The program.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.0
    }
}

impl std::ops::Deref for Verified {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

/// Why a program is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("E0634: the program is not well formed: {what}{}", place(.function, *.at))]
pub struct VerifyError {
    /// What is wrong.
    pub what: String,
    /// In which function; empty where it is in a table.
    pub function: String,
    /// At which instruction.
    pub at: Option<usize>,
}

fn place(function: &str, at: Option<usize>) -> String {
    match (function, at) {
        ("", _) => String::new(),
        (name, Some(at)) => format!(" (in `{name}`, instruction {at})"),
        (name, None) => format!(" (in `{name}`)"),
    }
}

fn error<T>(what: impl Into<String>) -> Result<T, VerifyError> {
    Err(VerifyError { what: what.into(), function: String::new(), at: None })
}

/// Registers of one function at most; the verifier's own work is bounded by it.
const MAX_REGISTERS: usize = 4096;
/// Calls inside of calls at most.
pub const MAX_CALL_DEPTH: usize = 256;
/// Parts of a `Report`, without and with computed references.
const REPORT_PARTS: std::ops::RangeInclusive<u16> = 6..=7;

/// Checks a program.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(program: Program) -> Result<Verified, VerifyError> {
    tables(&program)?;
    program.settings.verify().or_else(error)?;
    for function in &program.functions {
        FunctionCheck::new(&program, function).run()?;
    }
    calls_end(&program)?;
    Ok(Verified(Arc::new(program)))
}

/// How many entries a table has.
fn len(program: &Program, table: Table) -> usize {
    match table {
        Table::Symbols => program.symbols.len(),
        Table::Constants => program.constants.len(),
        Table::Types => program.types.len(),
        Table::Functions => program.functions.len(),
        Table::Imports => program.imports.len(),
        Table::Externs => program.externs.len(),
        Table::Globals => program.globals.len(),
        Table::Kinds => program.kinds.len(),
        Table::Indexes => program.indexes.len(),
        Table::Shapes => program.shapes.len(),
        Table::Rules => program.rules.len(),
        Table::Marks => program.marks.len(),
    }
}

fn within(program: &Program, table: Table, index: u32) -> Result<(), VerifyError> {
    if (index as usize) < len(program, table) {
        return Ok(());
    }
    error(format!("{table:?} has no entry {index}"))
}

fn tables(program: &Program) -> Result<(), VerifyError> {
    constants(program)?;
    types(program)?;
    for symbol in program.shapes.iter().flatten().chain(program.indexes.iter().flat_map(|index| &index.path)) {
        within(program, Table::Symbols, *symbol)?;
    }
    for index in &program.indexes {
        within(program, Table::Kinds, index.kinds)?;
    }
    for (module, name) in &program.imports {
        if builtins::find(module, name).is_none() {
            return error(format!("there is no built-in `{module}.{name}`"));
        }
    }
    for function in &program.externs {
        for ty in function.params.iter().chain([&function.result]) {
            within(program, Table::Types, *ty)?;
        }
    }
    for kind in &program.kind_types {
        within(program, Table::Types, kind.ty)?;
    }
    for global in &program.globals {
        within(program, Table::Types, global.ty)?;
        if let GlobalKind::Let(function) | GlobalKind::Param(Some(function)) = global.kind {
            thunk(program, function)?;
        }
    }
    policies(program)
}

fn policies(program: &Program) -> Result<(), VerifyError> {
    let has_policy = |index: u32| match program.policies.get(index as usize) {
        Some(policy) => Ok(policy),
        None => error(format!("there is no policy {index}")),
    };
    for policy in &program.policies {
        for kinds in policy.on.iter().chain(&policy.reads) {
            within(program, Table::Kinds, *kinds)?;
        }
        for data in &policy.data {
            within(program, Table::Globals, *data)?;
        }
        for param in &policy.params {
            within(program, Table::Types, param.ty)?;
            param.default.map_or(Ok(()), |function| thunk(program, function))?;
        }
        policy.enabled.as_ref().map_or(Ok(()), |(function, _)| thunk(program, *function))?;
    }
    for rule in &program.rules {
        has_policy(rule.policy)?;
    }
    for plan in &program.plans {
        plan.policies.iter().try_for_each(|policy| has_policy(*policy).map(drop))?;
        thunk(program, plan.function)?;
    }
    for profile in &program.profiles {
        profile.policies.iter().try_for_each(|policy| has_policy(*policy).map(drop))?;
        for (target, function) in &profile.settings {
            thunk(program, *function)?;
            match target {
                SettingTarget::Global(global) => within(program, Table::Globals, *global)?,
                SettingTarget::Policy(policy, slot) => {
                    if has_policy(*policy)?.params.len() <= usize::from(*slot) {
                        return error("a setting of a parameter that is not there");
                    }
                }
            }
        }
    }
    Ok(())
}

/// A function that is called without arguments.
fn thunk(program: &Program, function: u32) -> Result<(), VerifyError> {
    match program.functions.get(function as usize) {
        Some(code) if code.params == 0 => Ok(()),
        Some(_) => error("a value is computed by a function with parameters"),
        None => error(format!("there is no function {function}")),
    }
}

/// Constants name only earlier ones, so none is circular.
fn constants(program: &Program) -> Result<(), VerifyError> {
    for (at, constant) in program.constants.iter().enumerate() {
        let earlier = |index: &u32| {
            if (*index as usize) < at { Ok(()) } else { error("a constant names a later one") }
        };
        match constant {
            Constant::Regex(index) if *index as usize >= program.regexes.len() => {
                return error("a constant names a regular expression that is not there");
            }
            Constant::List(items) | Constant::Set(items) => items.iter().try_for_each(earlier)?,
            Constant::Map(pairs) => {
                pairs.iter().try_for_each(|(key, value)| earlier(key).and_then(|()| earlier(value)))?
            }
            Constant::Record(shape, items) => {
                let fields = program.shapes.get(usize::from(*shape)).map(Vec::len);
                if fields != Some(items.len()) {
                    return error("a constant record does not fit its shape");
                }
                items.iter().try_for_each(earlier)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn types(program: &Program) -> Result<(), VerifyError> {
    for ty in &program.types {
        let known = |index: &u32| within(program, Table::Types, *index);
        match ty {
            TypeDesc::List(item) | TypeDesc::Set(item) | TypeDesc::Optional(item) => known(item)?,
            TypeDesc::Map(key, value) => known(key).and_then(|()| known(value))?,
            TypeDesc::Union(members) => members.iter().try_for_each(known)?,
            TypeDesc::Record(record) => {
                for field in &record.fields {
                    within(program, Table::Symbols, field.symbol)?;
                    known(&field.ty)?;
                }
            }
            _ => {}
        }
    }
    unguarded_cycles(program)
}

/// A type may be circular only through a list, set, map or field: `A = A?` would never end.
fn unguarded_cycles(program: &Program) -> Result<(), VerifyError> {
    let direct = |index: u32| match program.types.get(index as usize) {
        Some(TypeDesc::Optional(inner)) => vec![*inner],
        Some(TypeDesc::Union(members)) => members.clone(),
        _ => Vec::new(),
    };
    if acyclic(program.types.len(), usize::MAX, &direct) { Ok(()) } else { error("a type is made of itself alone") }
}

/// Functions do not call themselves, not through others or module values either, and not deeper than the VM's stack.
fn calls_end(program: &Program) -> Result<(), VerifyError> {
    let count = program.functions.len();
    let calls: Vec<Vec<u32>> = program.functions.iter().map(|function| callees(program, function)).collect();
    let direct = |index: u32| calls.get(index as usize).cloned().unwrap_or_default();
    if acyclic(count, MAX_CALL_DEPTH, &direct) {
        return Ok(());
    }
    error(format!("a function calls itself, or calls go deeper than {MAX_CALL_DEPTH}"))
}

fn callees(program: &Program, function: &Function) -> Vec<u32> {
    let mut calls = Vec::new();
    let of_global = |global: u32| match program.globals.get(global as usize).map(|g| g.kind) {
        Some(GlobalKind::Let(function) | GlobalKind::Param(Some(function))) => Some(function),
        _ => None,
    };
    for instr in &function.code {
        match instr {
            Instr::Call { function, .. } => calls.push(function.0),
            Instr::Global { global, .. } => calls.extend(of_global(global.0)),
            _ => {}
        }
    }
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// True if no node reaches itself and no path is longer than `deepest`. Without recursion: the graph is the attacker's.
fn acyclic(count: usize, deepest: usize, next: &dyn Fn(u32) -> Vec<u32>) -> bool {
    // 0: not seen; 1: on the path; 2 + height: done
    let mut state = vec![0_usize; count];
    for start in 0..u32::try_from(count).unwrap_or(u32::MAX) {
        if state.get(start as usize) != Some(&0) {
            continue;
        }
        let mut path = vec![(start, next(start), 0_usize)];
        set(&mut state, start, 1);
        while let Some((node, todo, height)) = path.last_mut() {
            let (node, current) = (*node, *height);
            match todo.pop() {
                Some(child) => match state.get(child as usize).copied() {
                    Some(0) => {
                        set(&mut state, child, 1);
                        path.push((child, next(child), 0));
                    }
                    Some(1) => return false,
                    Some(done) => *height = current.max(done.saturating_sub(1)),
                    None => {}
                },
                None => {
                    if current > deepest {
                        return false;
                    }
                    set(&mut state, node, current.saturating_add(2));
                    path.pop();
                    if let Some((_, _, above)) = path.last_mut() {
                        *above = (*above).max(current.saturating_add(1));
                    }
                }
            }
        }
    }
    true
}

fn set(state: &mut [usize], at: u32, value: usize) {
    if let Some(slot) = state.get_mut(at as usize) {
        *slot = value;
    }
}

/// What a register may hold on every path to an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    Nothing,
    Value,
    Iter,
    Builder,
}

struct FunctionCheck<'p> {
    program: &'p Program,
    function: &'p Function,
}

impl<'p> FunctionCheck<'p> {
    fn new(program: &'p Program, function: &'p Function) -> Self {
        Self { program, function }
    }

    fn fail<T>(&self, at: Option<usize>, what: impl Into<String>) -> Result<T, VerifyError> {
        Err(VerifyError { what: what.into(), function: self.function.name.clone(), at })
    }

    fn run(&self) -> Result<(), VerifyError> {
        let function = self.function;
        if function.code.is_empty() {
            return self.fail(None, "there is no code");
        }
        if usize::from(function.registers) > MAX_REGISTERS || function.params > function.registers {
            return self.fail(None, "the number of registers is out of bounds");
        }
        for (at, instr) in function.code.iter().enumerate() {
            self.operands(at, instr)?;
        }
        self.regions()?;
        self.flow()
    }

    /// Registers, tables and jumps are in range; calls have as many arguments as they need.
    fn operands(&self, at: usize, instr: &Instr) -> Result<(), VerifyError> {
        let mut result = Ok(());
        instr.operands(&mut |name, operand| {
            if result.is_ok() {
                result = self.operand(at, name, operand.role());
            }
        });
        result?;
        let count = |wanted: Option<usize>, given: u16| {
            if wanted == Some(usize::from(given)) {
                Ok(())
            } else {
                self.fail(Some(at), "a call with another number of arguments")
            }
        };
        match instr {
            Instr::Call { function, args, .. } => {
                count(self.program.functions.get(function.0 as usize).map(|f| usize::from(f.params)), args.len)
            }
            Instr::Builtin { import, args, .. } => {
                let builtin = self.program.imports.get(import.0 as usize).and_then(|(m, n)| builtins::find(m, n));
                count(builtin.and_then(builtins::arity), args.len)
            }
            Instr::Extern { function, args, .. } => {
                count(self.program.externs.get(function.0 as usize).map(|f| f.params.len()), args.len)
            }
            Instr::Record { shape, values, .. } => {
                count(self.program.shapes.get(usize::from(shape.0)).map(Vec::len), values.len)
            }
            Instr::Report { parts, .. } if !REPORT_PARTS.contains(&parts.len) => {
                self.fail(Some(at), "a report with another number of parts")
            }
            _ => Ok(()),
        }
    }

    fn operand(&self, at: usize, name: &str, role: Role) -> Result<(), VerifyError> {
        let registers = self.function.registers;
        let good = match role {
            Role::Reads(r)
            | Role::Writes(r)
            | Role::ReadsIter(r)
            | Role::WritesIter(r)
            | Role::ReadsBuilder(r)
            | Role::WritesBuilder(r) => r < registers,
            Role::ReadsRun(first, len) => first.checked_add(len).is_some_and(|end| end <= registers),
            Role::Target(to) => (to as usize) < self.function.code.len(),
            Role::Entry(table, index) => (index as usize) < len(self.program, table),
            Role::Param(policy, slot) => {
                self.program.policies.get(policy as usize).is_some_and(|p| (slot as usize) < p.params.len())
            }
            Role::Free => true,
        };
        if good { Ok(()) } else { self.fail(Some(at), format!("operand `{name}` is out of range")) }
    }

    fn regions(&self) -> Result<(), VerifyError> {
        let code = self.function.code.len();
        for region in &self.function.regions {
            let (start, end) = (region.start as usize, region.end as usize);
            let catch = match region.catch {
                Catch::Rule(rule) => (rule as usize) < self.program.rules.len(),
                Catch::Policy(policy) => (policy as usize) < self.program.policies.len(),
                Catch::Let(register) => register < self.function.registers,
            };
            if start > end || end > code || region.to as usize >= code || !catch {
                return self.fail(None, "a region is out of range");
            }
            // An error must lead out of its region, else it would be caught again without end.
            if (start..end).contains(&(region.to as usize)) {
                return self.fail(None, "a region leads into itself");
            }
        }
        Ok(())
    }

    /// Every register is written before it is read, on every path, errors included.
    fn flow(&self) -> Result<(), VerifyError> {
        let code = &self.function.code;
        let mut at_entry: Vec<Option<Vec<Held>>> = vec![None; code.len()];
        let mut first = vec![Held::Nothing; usize::from(self.function.registers)];
        first.iter_mut().take(usize::from(self.function.params)).for_each(|held| *held = Held::Value);
        let mut todo = vec![0_usize];
        merge(&mut at_entry, 0, &first, &mut Vec::new());
        while let Some(at) = todo.pop() {
            let (Some(instr), Some(Some(held))) = (code.get(at), at_entry.get(at)) else {
                return self.fail(Some(at), "the code runs over its end");
            };
            let before = held.clone();
            let mut after = before.clone();
            self.step(at, instr, &mut after)?;
            for region in self.function.regions.iter().filter(|r| (r.start as usize..r.end as usize).contains(&at)) {
                let mut caught = before.clone();
                if let Catch::Let(register) = region.catch {
                    write(&mut caught, register, Held::Value);
                }
                merge(&mut at_entry, region.to as usize, &caught, &mut todo);
            }
            for next in successors(at, instr) {
                if next >= code.len() {
                    return self.fail(Some(at), "the code runs over its end");
                }
                merge(&mut at_entry, next, &after, &mut todo);
            }
        }
        Ok(())
    }

    /// Checks what an instruction reads and notes what it writes.
    fn step(&self, at: usize, instr: &Instr, held: &mut [Held]) -> Result<(), VerifyError> {
        let (mut roles, mut bad) = (Vec::new(), None);
        instr.operands(&mut |name, operand| roles.push((name, operand.role())));
        let is = |register: u16, want: Held| held.get(usize::from(register)) == Some(&want);
        for (name, role) in &roles {
            let good = match role {
                Role::Reads(r) => is(*r, Held::Value),
                Role::ReadsRun(first, len) => (*first..first.saturating_add(*len)).all(|r| is(r, Held::Value)),
                Role::ReadsIter(r) => is(*r, Held::Iter),
                Role::ReadsBuilder(r) => is(*r, Held::Builder),
                _ => true,
            };
            if !good {
                bad = Some(*name);
            }
        }
        if let Some(name) = bad {
            return self.fail(Some(at), format!("operand `{name}` reads a register that holds nothing of the kind"));
        }
        for (_, role) in &roles {
            match role {
                Role::Writes(r) => write(held, *r, Held::Value),
                Role::WritesIter(r) => write(held, *r, Held::Iter),
                Role::WritesBuilder(r) => write(held, *r, Held::Builder),
                _ => {}
            }
        }
        Ok(())
    }
}

fn write(held: &mut [Held], register: u16, what: Held) {
    if let Some(slot) = held.get_mut(usize::from(register)) {
        *slot = what;
    }
}

/// Joins what is held at an instruction with what comes from another path; a change is work to do.
fn merge(at_entry: &mut [Option<Vec<Held>>], at: usize, from: &[Held], todo: &mut Vec<usize>) {
    let Some(slot) = at_entry.get_mut(at) else { return };
    match slot {
        None => {
            *slot = Some(from.to_vec());
            todo.push(at);
        }
        Some(known) => {
            let mut changed = false;
            for (known, new) in known.iter_mut().zip(from) {
                if *known != *new && *known != Held::Nothing {
                    *known = Held::Nothing;
                    changed = true;
                }
            }
            if changed {
                todo.push(at);
            }
        }
    }
}

/// Where code may go on behind an instruction.
fn successors(at: usize, instr: &Instr) -> Vec<usize> {
    let mut next = Vec::new();
    let falls_through = !matches!(instr, Instr::Jump { .. } | Instr::Return { .. } | Instr::End {});
    if falls_through {
        next.push(at.saturating_add(1));
    }
    instr.operands(&mut |_, operand| {
        if let Role::Target(to) = operand.role() {
            next.push(to as usize);
        }
    });
    next
}
