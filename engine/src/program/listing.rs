//! The listing: a program as text that reads well (`plimsoll build --emit asm`).

use super::instr::Instr;
use super::operand::{Role, Table};
use super::{Catch, Constant, Function, Program};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The whole program.
#[must_use]
pub fn list(program: &Program) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "bundle {} {}", program.bundle.name, program.bundle.version);
    let _ = writeln!(
        out,
        "{} policies, {} rules, {} functions, {} constants, {} types",
        program.policies.len(),
        program.rules.len(),
        program.functions.len(),
        program.constants.len(),
        program.types.len()
    );
    for (index, plan) in program.plans.iter().enumerate() {
        let policies: Vec<&str> =
            plan.policies.iter().filter_map(|p| program.policies.get(*p as usize)).map(|p| p.id.as_str()).collect();
        let _ = writeln!(out, "plan {index}: fn {} runs {}", plan.function, policies.join(", "));
    }
    for (index, function) in program.functions.iter().enumerate() {
        out.push('\n');
        list_function(program, index, function, &mut out);
    }
    out
}

/// One function.
pub fn list_function(program: &Program, index: usize, function: &Function, out: &mut String) {
    let _ = writeln!(
        out,
        "fn {index} {} ({} parameters, {} registers)",
        function.name, function.params, function.registers
    );
    let targets = targets(function);
    let mut lines = function.lines.iter().peekable();
    for (at, instr) in function.code.iter().enumerate() {
        while let Some((_, source)) = lines.next_if(|(start, _)| *start as usize <= at) {
            let _ = writeln!(out, "                              ; line {}:{}", source.line, source.column);
        }
        let mark = if targets.contains(&at) { '>' } else { ' ' };
        let _ = writeln!(out, "{mark}{at:5}  {}", show(program, instr));
    }
    for region in &function.regions {
        let catch = match region.catch {
            Catch::Rule(rule) => format!("end rule {rule}"),
            Catch::Policy(policy) => format!("end policy {policy}"),
            Catch::Let(register) => format!("keep in r{register}"),
        };
        let _ = writeln!(out, "   errors of {}..{}: {catch}, on at {}", region.start, region.end, region.to);
    }
}

fn targets(function: &Function) -> BTreeSet<usize> {
    let mut targets = BTreeSet::new();
    for instr in &function.code {
        instr.operands(&mut |_, operand| {
            if let Role::Target(to) = operand.role() {
                targets.insert(to as usize);
            }
        });
    }
    targets
}

/// An instruction: `Field r1 .securityContext -> r4`.
fn show(program: &Program, instr: &Instr) -> String {
    let mut text = format!("{:<12}", instr.name());
    instr.operands(&mut |_, operand| {
        let part = match operand.role() {
            Role::Writes(_) | Role::WritesIter(_) | Role::WritesBuilder(_) => format!("-> {}", operand.show()),
            Role::Entry(table, index) => entry(program, table, index).unwrap_or_else(|| operand.show()),
            Role::Param(policy, slot) => param(program, policy, slot).unwrap_or_else(|| operand.show()),
            _ => operand.show(),
        };
        text.push(' ');
        text.push_str(&part);
    });
    text
}

/// What an entry of a table is called.
fn entry(program: &Program, table: Table, index: u32) -> Option<String> {
    let at = index as usize;
    Some(match table {
        Table::Symbols => format!(".{}", program.symbols.get(at)?),
        Table::Constants => constant(program, program.constants.get(at)?),
        Table::Functions => program.functions.get(at)?.name.clone(),
        Table::Imports => {
            let (module, name) = program.imports.get(at)?;
            if module.is_empty() { name.clone() } else { format!("{module}.{name}") }
        }
        Table::Externs => format!("extern {}", program.externs.get(at)?.name),
        Table::Globals => {
            let global = program.globals.get(at)?;
            format!("{}.{}", global.module, global.name)
        }
        Table::Kinds => program.kinds.get(at)?.text.clone(),
        Table::Indexes => {
            let index = program.indexes.get(at)?;
            let path: Vec<&str> =
                index.path.iter().filter_map(|s| program.symbols.get(*s as usize)).map(String::as_str).collect();
            format!("{} by {}", program.kinds.get(index.kinds as usize)?.text, path.join("."))
        }
        Table::Shapes => {
            let shape = program.shapes.get(at)?;
            let fields: Vec<&str> =
                shape.iter().filter_map(|s| program.symbols.get(*s as usize)).map(String::as_str).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Table::Types | Table::Rules | Table::Marks => return None,
    })
}

fn param(program: &Program, policy: u32, slot: u32) -> Option<String> {
    let policy = program.policies.get(policy as usize)?;
    Some(format!("{}.{}", policy.name, policy.params.get(slot as usize)?.name))
}

/// A constant, cut where it is long.
fn constant(program: &Program, constant: &Constant) -> String {
    const LONGEST: usize = 40;
    let items = |items: &[u32]| {
        let shown: Vec<String> = items
            .iter()
            .take(4)
            .filter_map(|i| program.constants.get(*i as usize))
            .map(|c| match c {
                Constant::Str(text) => format!("{text:?}"),
                other => format!("{other:?}"),
            })
            .collect();
        let more = if items.len() > 4 { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    let text = match constant {
        Constant::Str(text) => format!("{text:?}"),
        Constant::Regex(index) => format!("re{:?}", program.regexes.get(*index as usize).map_or("", String::as_str)),
        Constant::Scalar(kind, text) => format!("{kind:?}({text})"),
        Constant::List(list) => format!("[{}]", items(list)),
        Constant::Set(set) => format!("{{{}}}", items(set)),
        other => format!("{other:?}"),
    };
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}
