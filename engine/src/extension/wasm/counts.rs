//! What a module has, counted before anything is compiled.
//!
//! The length of a module bounds no compiler: a function takes four bytes, and the time for the loops of one function grows with
//! their square (with their cube, one within the other). Counts of functions stand at the head of sections; one that lies is
//! refused for that later. Loops are found by reading the code once.

use super::error::ExtensionError;
use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload};

/// Loops of a module.
const LOOPS: u32 = 20_000;
/// Loops of one function.
const LOOPS_OF_FUNCTION: u32 = 1_000;
/// Loops within each other.
const NESTED_LOOPS: u32 = 100;
/// Blocks, branches and loops within each other.
const NESTED: u32 = 5_000;

/// Refuses a module with more functions or types than a limit, or more loops than any. What can't be read is left to the
/// compiler, which says why.
pub(super) fn check(bytes: &[u8], limit: u32) -> Result<(), ExtensionError> {
    let (mut functions, mut types, mut loops) = (0_u64, 0_u64, 0_u64);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::TypeSection(section)) => types = types.saturating_add(section.count().into()),
            Ok(Payload::ImportSection(section)) => functions = functions.saturating_add(section.count().into()),
            Ok(Payload::FunctionSection(section)) => functions = functions.saturating_add(section.count().into()),
            Ok(Payload::CodeSectionStart { count, .. }) => {
                within("functions", functions.max(count.into()), limit)?;
                within("types of functions", types, limit)?;
            }
            Ok(Payload::CodeSectionEntry(body)) => {
                let Ok(shape) = shape(&body) else { break };
                loops = loops.saturating_add(shape.loops.into());
                within("loops in one function", shape.loops.into(), LOOPS_OF_FUNCTION)?;
                within("loops within each other", shape.nested_loops.into(), NESTED_LOOPS)?;
                within("blocks within each other", shape.nested.into(), NESTED)?;
            }
            Err(_) => break,
            Ok(_) => {}
        }
    }
    within("functions", functions, limit)?;
    within("types of functions", types, limit)?;
    within("loops", loops, LOOPS)
}

fn within(what: &'static str, count: u64, limit: u32) -> Result<(), ExtensionError> {
    if count > limit.into() { Err(ExtensionError::TooMany { what, count, limit }) } else { Ok(()) }
}

/// What makes a function long to compile.
#[derive(Default)]
struct Shape {
    loops: u32,
    nested_loops: u32,
    nested: u32,
}

fn shape(body: &FunctionBody<'_>) -> Result<Shape, BinaryReaderError> {
    let mut shape = Shape::default();
    // A loop or another block, from the outside in; no longer than what `NESTED` lets through and one.
    let mut open: Vec<bool> = Vec::new();
    let mut open_loops = 0_u32;
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() && shape.nested <= NESTED {
        let is_loop = match operators.read()? {
            Operator::Loop { .. } => true,
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => false,
            Operator::End => {
                open_loops = open_loops.saturating_sub(u32::from(open.pop() == Some(true)));
                continue;
            }
            _ => continue,
        };
        open.push(is_loop);
        open_loops = open_loops.saturating_add(is_loop.into());
        shape.loops = shape.loops.saturating_add(is_loop.into());
        shape.nested_loops = shape.nested_loops.max(open_loops);
        shape.nested = shape.nested.max(u32::try_from(open.len()).unwrap_or(u32::MAX));
    }
    Ok(shape)
}
