//! WASM modules for `extern fn`: which function each is for, and whether anybody asks for it.

use plimsoll_engine::engine::{EngineError, suggest};
use plimsoll_engine::extension::native::Natives;
use plimsoll_engine::program::Program;

/// True in a build with the feature `extensions`.
pub const AVAILABLE: bool = cfg!(feature = "extensions");

/// Adds modules to the functions of an engine: name of the `extern fn` (alone or with its module) and bytes. A module exports
/// the function by its name alone. One that is given for several functions is compiled once.
///
/// # Errors
/// If a module can't be used, this build lacks the feature `extensions`, or none of the programs calls a function of that
/// name; without programs names are not checked.
pub fn add(natives: &mut Natives, given: &[(String, Vec<u8>)], programs: &[&Program]) -> Result<(), EngineError> {
    for (name, _) in given {
        asked(name, programs)?;
    }
    load(natives, given)
}

#[cfg(feature = "extensions")]
fn load(natives: &mut Natives, given: &[(String, Vec<u8>)]) -> Result<(), EngineError> {
    use plimsoll_engine::extension::wasm::{Extension, ExtensionError};
    let mut loaded: Vec<(&[u8], Extension)> = Vec::new();
    for (name, bytes) in given {
        let wrong = |e: ExtensionError| EngineError::Extension { name: name.clone(), why: e.to_string() };
        let known = loaded.iter().find(|(other, _)| other == bytes).map(|(_, extension)| extension.clone());
        let extension = match known {
            Some(extension) => extension,
            None => Extension::load(bytes).map_err(wrong)?,
        };
        let own = name.rsplit('.').next().unwrap_or(name);
        natives.add(name, extension.function(own).map_err(wrong)?);
        loaded.push((bytes, extension));
    }
    Ok(())
}

#[cfg(not(feature = "extensions"))]
fn load(_: &mut Natives, given: &[(String, Vec<u8>)]) -> Result<(), EngineError> {
    match given.first() {
        None => Ok(()),
        Some((name, _)) => {
            Err(EngineError::Extension { name: name.clone(), why: "this build has no extensions".to_owned() })
        }
    }
}

fn asked(name: &str, programs: &[&Program]) -> Result<(), EngineError> {
    let mut declared = programs.iter().flat_map(|p| &p.externs);
    if programs.is_empty() || declared.any(|f| f.name == name || format!("{}.{}", f.module, f.name) == name) {
        return Ok(());
    }
    let names = programs.iter().flat_map(|p| &p.externs).map(|f| f.name.as_str());
    Err(EngineError::UnknownFunction { name: name.to_owned(), suggestion: suggest(name, names) })
}
