//! Damaged programs: a valid program is changed by its structure (operands, instructions, table entries) or in the bytes of
//! its bundle, the checksum mended, and what the verifier still accepts is run to an end.
//!
//! Changes are drawn from [`Choices`]: random numbers in a test, the input of a fuzzer in `fuzz/`.

use crate::generate::Programs;
use crate::generate::rng::Rng;
use plimsoll_dsl::compile::Options;
use plimsoll_dsl::compiler::Compiler;
use plimsoll_engine::document::{ReadOptions, read};
use plimsoll_engine::engine::{Engine, EngineOptions};
use plimsoll_engine::inventory::Origin;
use plimsoll_engine::limits::Limits;
use plimsoll_engine::program::bundle::{BundleError, decode, encode, seal};
use plimsoll_engine::program::verify::Verified;
use plimsoll_engine::program::{Instr, Program};
use serde_json::Value;

/// Where the program begins in a bundle: behind the header and one entry of the section table.
const BODY: usize = 28;
/// The checksum at its end.
const CHECKSUM: usize = 32;

/// Decides what is changed.
pub trait Choices {
    /// A number below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize;
}

impl Choices for Rng {
    fn below(&mut self, n: usize) -> usize {
        Rng::below(self, n)
    }
}

/// Decides by bytes, three for each choice; by zeros when they are used up.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'b>(pub &'b [u8]);

impl Choices for Bytes<'_> {
    fn below(&mut self, n: usize) -> usize {
        let (head, rest) = self.0.split_at(self.0.len().min(3));
        self.0 = rest;
        head.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)) % n
    }
}

/// A program to damage, and what it is run over.
#[derive(Clone, Debug)]
pub struct Seed {
    /// As it was.
    pub program: Program,
    /// Its bundle.
    pub bytes: Vec<u8>,
    /// Input files.
    pub files: Vec<(String, String)>,
}

/// What came of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// It cannot be read.
    Unread,
    /// The verifier refuses it.
    Refused,
    /// It is accepted, but no engine can be made of it.
    NoEngine,
    /// It ran to an end and said nothing.
    Silent,
    /// It ran to an end with findings, skips or errors.
    Said,
}

/// A program written for the purpose, and random ones.
#[must_use]
pub fn seeds(random: u64) -> Vec<Seed> {
    let most = vec![("most.plim".to_owned(), include_str!("../cases/most.plim").to_owned())];
    let input = vec![("most.yaml".to_owned(), include_str!("../cases/most.yaml").to_owned())];
    let mut seeds = vec![seed(&most, input).unwrap()];
    let programs = Programs::new();
    seeds.extend((0..random).map(|n| programs.case(n)).filter_map(|case| seed(&case.sources, case.files)));
    seeds
}

fn seed(sources: &[(String, String)], files: Vec<(String, String)>) -> Option<Seed> {
    let compiler = sources.iter().fold(Compiler::default(), |c, (name, text)| c.text(&**name, &**text));
    let program = compiler.check().compile(&Options::default()).ok()??.program;
    let bytes = encode(&program).ok()?;
    Some(Seed { program, bytes, files })
}

impl Seed {
    /// The bundle of a mutant: one change, sometimes two, of the structure or (in a quarter of all) of the bytes. More would
    /// only be refused more often.
    pub fn mutant(&self, choices: &mut impl Choices) -> Vec<u8> {
        if choices.below(4) == 3 {
            return self.of_bytes(choices);
        }
        let mut program = self.program.clone();
        for _ in 0..=choices.below(4) / 3 {
            match choices.below(8) {
                0..5 => operand(&mut program, choices),
                5 | 6 => instruction(&mut program, choices),
                _ => table(&mut program, choices),
            }
        }
        encode(&program).unwrap()
    }

    fn of_bytes(&self, choices: &mut impl Choices) -> Vec<u8> {
        let content = self.bytes.len() - CHECKSUM;
        let mut bytes = self.bytes[..content].to_vec();
        for _ in 0..=choices.below(3) {
            let at = BODY + choices.below(content - BODY);
            bytes[at] = match choices.below(3) {
                0 => bytes[BODY + choices.below(content - BODY)],
                1 => u8::try_from(choices.below(8)).unwrap(),
                _ => bytes[at] ^ (1 << choices.below(8)),
            };
        }
        seal(&mut bytes);
        bytes
    }

    /// Reads a mutant, and runs it over the files.
    #[must_use]
    pub fn run(&self, bytes: &[u8]) -> Fate {
        match decode(bytes) {
            Ok(program) => run(&program, &self.files),
            Err(BundleError::Verify(_)) => Fate::Refused,
            Err(_) => Fate::Unread,
        }
    }
}

/// One of the functions that have code.
fn function<'p>(program: &'p mut Program, choices: &mut impl Choices) -> Option<&'p mut Vec<Instr>> {
    let mut some: Vec<_> = program.functions.iter_mut().map(|f| &mut f.code).filter(|code| !code.is_empty()).collect();
    let at = choices.below(some.len().max(1));
    (at < some.len()).then(|| some.swap_remove(at))
}

/// Changes a number of an instruction: a register, a place, an index.
fn operand(program: &mut Program, choices: &mut impl Choices) {
    let Some(code) = function(program, choices) else { return };
    let at = choices.below(code.len());
    let mut value = serde_json::to_value(code[at]).unwrap();
    leaf(&mut value, choices);
    if let Ok(instr) = serde_json::from_value(value) {
        code[at] = instr;
    }
}

/// Copies, swaps, removes or doubles instructions.
fn instruction(program: &mut Program, choices: &mut impl Choices) {
    let Some(code) = function(program, choices) else { return };
    let (a, b) = (choices.below(code.len()), choices.below(code.len()));
    match choices.below(4) {
        0 => code[a] = code[b],
        1 => code.swap(a, b),
        2 => _ = code.remove(a),
        _ => code.insert(a, code[b]),
    }
}

/// Changes something in the tables: a leaf, or the order and number of entries.
fn table(program: &mut Program, choices: &mut impl Choices) {
    let mut whole = std::mem::take(program);
    let code: Vec<Vec<Instr>> = whole.functions.iter_mut().map(|f| std::mem::take(&mut f.code)).collect();
    let mut value = serde_json::to_value(&whole).unwrap();
    leaf(&mut value, choices);
    let mut changed = serde_json::from_value(value).unwrap_or(whole);
    for (function, code) in changed.functions.iter_mut().zip(code) {
        function.code = code;
    }
    *program = changed;
}

/// Goes down to a leaf and changes it; on the way, a list may be changed instead.
fn leaf(value: &mut Value, choices: &mut impl Choices) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let at = choices.below(members.len());
            members.values_mut().nth(at).into_iter().for_each(|value| leaf(value, choices));
        }
        Value::Array(items) if !items.is_empty() => {
            let (a, b) = (choices.below(items.len()), choices.below(items.len()));
            match choices.below(10) {
                0 => items[a] = items[b].clone(),
                1 => items.swap(a, b),
                2 => _ = items.remove(a),
                3 => items.insert(a, items[b].clone()),
                _ => leaf(&mut items[a], choices),
            }
        }
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or(0);
            let new = match choices.below(6) {
                0 => old.wrapping_add(1),
                1 => old.wrapping_sub(1),
                2 => u64::from(u16::MAX),
                3 => u64::from(u32::MAX),
                _ => choices.below(24) as u64,
            };
            *value = new.into();
        }
        Value::Bool(bool) => *bool = !*bool,
        Value::String(text) => match choices.below(3) {
            0 => text.clear(),
            1 => _ = text.pop(),
            _ => text.push('*'),
        },
        Value::Null => *value = (choices.below(8) as u64).into(),
        Value::Object(_) | Value::Array(_) => {}
    }
}

/// Runs a program over files, with limits that are soon met.
fn run(program: &Verified, files: &[(String, String)]) -> Fate {
    let limits = Limits { fuel: 20_000, global_fuel: 20_000, memory: 1 << 20, findings: 100, ..Limits::default() };
    let Ok(engine) = Engine::new(program, EngineOptions { limits, ..EngineOptions::default() }) else {
        return Fate::NoEngine;
    };
    let options = ReadOptions { symbols: engine.symbols(), ..ReadOptions::default() };
    let mut inventory = engine.inventory();
    let mut ids = Vec::new();
    for (name, text) in files {
        let documents = read(name, text.as_bytes(), &options).documents;
        ids.extend(documents.into_iter().flat_map(|d| inventory.insert(d, Origin::File)));
    }
    let mut evaluator = engine.evaluator();
    let mut decisions: Vec<_> = ids.into_iter().map(|id| evaluator.evaluate(&inventory, id)).collect();
    decisions.push(evaluator.evaluate_cluster(&inventory));
    let said = decisions.iter().any(|d| !d.findings.is_empty() || !d.errors.is_empty() || !d.skipped.is_empty());
    if said { Fate::Said } else { Fate::Silent }
}
