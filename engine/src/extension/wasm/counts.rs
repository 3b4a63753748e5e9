//! What a module says it has, counted before anything is compiled.
//!
//! A function takes two bytes of a module's length and a hundred times that of a compiler's time, so the length of a module
//! alone is no bound. The counts stand at the head of sections; one that lies is refused for that later.

use super::error::ExtensionError;
use wasmparser::{Parser, Payload};

/// Refuses a module with more functions or types than a limit. What can't be read is left to the compiler, which says why.
pub(super) fn check(bytes: &[u8], limit: u32) -> Result<(), ExtensionError> {
    let (mut functions, mut types) = (0_u64, 0_u64);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::TypeSection(section)) => types = types.saturating_add(section.count().into()),
            Ok(Payload::ImportSection(section)) => functions = functions.saturating_add(section.count().into()),
            Ok(Payload::FunctionSection(section)) => functions = functions.saturating_add(section.count().into()),
            // The bodies, one by one, are behind all that is counted.
            Ok(Payload::CodeSectionStart { .. }) | Err(_) => break,
            Ok(_) => {}
        }
    }
    for (what, count) in [("functions", functions), ("types of functions", types)] {
        if count > limit.into() {
            return Err(ExtensionError::TooMany { what, count, limit });
        }
    }
    Ok(())
}
