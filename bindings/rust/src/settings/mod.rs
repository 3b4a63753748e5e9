//! What a host and its configuration file say → what an engine is told.
//!
//! Names are checked here as far as the file alone can tell (severities, levels, dates); those of policies and parameters
//! are checked by the engine, which knows them.

#[cfg(feature = "compile")]
mod files;
#[cfg(feature = "compile")]
mod tables;

#[cfg(feature = "compile")]
pub use files::{Settings, engines, options};
#[cfg(feature = "compile")]
pub use tables::severity;
#[cfg(feature = "compile")]
pub(crate) use tables::{add_config, of_bundle};

#[cfg(feature = "compile")]
use crate::compile::BuildError;
use plimsoll_engine::engine::{Engine, EngineError, EngineOptions, same_name};
use plimsoll_engine::program::verify::Verified;
use plimsoll_engine::program::{GlobalKind, Program, Symbols};
use std::sync::Arc;

/// What does not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A word that is none of those that are possible.
    #[cfg(feature = "compile")]
    #[error("`{key} = \"{value}\"` is not one of {options}{}", hint(.suggestion))]
    Word {
        /// Where it stands.
        key: String,
        /// What was written.
        value: String,
        /// What is possible.
        options: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A day that is none.
    #[cfg(feature = "compile")]
    #[error("the exception for {0} says `until = \"{1}\"`, which is not a day such as `2027-01-31`")]
    Day(String, String),
    /// An exception without a reason.
    #[cfg(feature = "compile")]
    #[error("an exception for {0} says no reason")]
    NoReason(String),
    /// A file of `data` that cannot be used.
    #[cfg(feature = "compile")]
    #[error("the data `{name}` can't be read from `{path}`: {why}")]
    Data {
        /// The name.
        name: String,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// The engine refuses it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A `[[workload]]` that is not right.
    #[cfg(feature = "compile")]
    #[error(transparent)]
    Build(#[from] Box<BuildError>),
}

#[cfg(feature = "compile")]
fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |s| format!("; did you mean `{s}`?"))
}

/// One engine for each program that has a say, in their order.
///
/// # Errors
/// The first thing that does not fit.
pub(crate) fn engines_of(
    programs: &[&Verified],
    options: impl Fn(usize) -> Result<EngineOptions, SettingsError>,
) -> Result<Vec<Engine>, SettingsError> {
    let mut out = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        let mut options = options(index)?;
        if programs.len() < 2 || split(&mut options, programs, index) {
            out.push(Engine::new(program, options)?);
        }
    }
    Ok(out)
}

/// The names of a program, as its engine will have them.
pub(crate) fn symbols(program: &Program) -> Arc<Symbols> {
    let mut symbols = Symbols::default();
    for name in &program.symbols {
        symbols.intern(name);
    }
    Arc::new(symbols)
}

/// Leaves each bundle the names that it knows; a name that none knows stays with the first, which says so. False if what
/// was asked for is all of other bundles.
fn split(options: &mut EngineOptions, programs: &[&Verified], index: usize) -> bool {
    let mine = |knows: &dyn Fn(&Program) -> bool| {
        let has = |program: &&Verified| knows(program.program());
        programs.get(index).is_some_and(has) || index == 0 && !programs.iter().any(has)
    };
    let asked = (!options.only.is_empty(), !options.profiles.is_empty());
    let host: Vec<(String, String)> = options.uses.iter().map(|u| (u.name.clone(), u.policy.clone())).collect();
    let has_use = |p: &Program, name: &str| {
        let mut of_host = host.iter().filter(|(_, policy)| has_policy(p, policy));
        of_host.any(|(n, _)| same_name(n, name)) || p.settings.uses.iter().any(|u| same_name(&u.name, name))
    };
    options.profiles.retain(|name| mine(&|p| p.profiles.iter().any(|profile| same_name(&profile.name, name))));
    options.only.retain(|name| mine(&|p| has_policy(p, name) || has_use(p, name)));
    options.skip.retain(|name| mine(&|p| has_policy(p, name) || has_use(p, name)));
    options.params.retain(|(name, _)| mine(&|p| has_param(p, name, &has_use)));
    options.config_params.retain(|(name, _)| mine(&|p| has_param(p, name, &has_use)));
    options.policies.retain(|(name, _)| mine(&|p| has_policy(p, name) || has_use(p, name)));
    options.uses.retain(|entry| mine(&|p| has_policy(p, &entry.policy)));
    options.data.retain(|(name, _)| mine(&|p| p.globals.iter().any(|g| is_data(g, name))));
    !(asked.0 && options.only.is_empty() || asked.1 && options.profiles.is_empty())
}

fn has_policy(program: &Program, name: &str) -> bool {
    program.policies.iter().any(|p| same_name(&p.id, name) || same_name(&p.name, name))
}

fn has_param(program: &Program, name: &str, has_use: &dyn Fn(&Program, &str) -> bool) -> bool {
    let global = |g: &plimsoll_engine::program::GlobalDef| {
        matches!(g.kind, GlobalKind::Param(_))
            && (same_name(&g.name, name) || format!("{}.{}", g.module, g.name) == name)
    };
    let of_policy = name.rsplit_once('.').is_some_and(|(owner, param)| {
        let by_use = has_use(program, owner);
        let has = |p: &plimsoll_engine::program::PolicyDef| p.params.iter().any(|q| same_name(&q.name, param));
        program.policies.iter().any(|p| (by_use || same_name(&p.id, owner) || same_name(&p.name, owner)) && has(p))
    });
    program.globals.iter().any(global) || of_policy
}

fn is_data(global: &plimsoll_engine::program::GlobalDef, name: &str) -> bool {
    global.kind == GlobalKind::Data && (global.name == name || format!("{}.{}", global.module, global.name) == name)
}
