//! What a host and its configuration file say → what an engine is told.
//!
//! Names are checked here as far as the file alone can tell (severities, levels, dates); those of policies and parameters
//! are checked by the engine, which knows them.

use crate::compile::{BuildError, Bundle, definition};
use crate::config::{self, Config, ExceptionTable, MatchTable, PolicyTable, UseTable};
use plimsoll_dsl::schema::suggest;
use plimsoll_engine::decision::{Enforce, Exception, Match, PolicyConfig, SEVERITIES, Severity};
use plimsoll_engine::document::{self, Document, Format, ReadOptions};
use plimsoll_engine::engine::{Engine, EngineError, EngineOptions, Setting, UseEntry, same_name};
use plimsoll_engine::program::Symbols;
use plimsoll_engine::program::{GlobalKind, Program};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest document of `data`: what the limits of a document let through.
const MAX_DATA: u64 = 64 << 20;

/// What a host says, for all bundles.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What engines are told as it stands; names are split by bundle.
    pub options: EngineOptions,
    /// The configuration of the host.
    pub config: Option<Config>,
    /// More exceptions, of files of their own.
    pub exceptions: Vec<ExceptionTable>,
    /// Files of `data`, by name.
    pub data: Vec<(String, PathBuf)>,
}

/// What does not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A word that is none of those that are possible.
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
    #[error("the exception for {0} says `until = \"{1}\"`, which is not a day such as `2027-01-31`")]
    Day(String, String),
    /// An exception without a reason.
    #[error("an exception for {0} says no reason")]
    NoReason(String),
    /// A file of `data` that cannot be used.
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
    #[error(transparent)]
    Build(#[from] BuildError),
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |s| format!("; did you mean `{s}`?"))
}

/// One engine for each bundle that has a say, in their order.
///
/// # Errors
/// The first thing that does not fit.
pub fn engines(bundles: &[Bundle], settings: &Settings) -> Result<Vec<Engine>, SettingsError> {
    let mut out = Vec::new();
    for (index, bundle) in bundles.iter().enumerate() {
        let mut options = options(bundle, settings)?;
        let several = bundles.len() > 1;
        if !several || split(&mut options, bundles, index) {
            out.push(Engine::new(&bundle.program, options)?);
        }
    }
    Ok(out)
}

/// What the engine of a bundle is told.
///
/// # Errors
/// The first thing that does not fit.
pub fn options(bundle: &Bundle, settings: &Settings) -> Result<EngineOptions, SettingsError> {
    let mut options = settings.options.clone();
    for config in [Some(&bundle.config), settings.config.as_ref()].into_iter().flatten() {
        add_config(&mut options, config, &bundle.name)?;
    }
    for exception in &settings.exceptions {
        options.exceptions.push(exception_of(exception)?);
    }
    for (name, path) in &settings.data {
        options.data.push((name.clone(), data(name, path, bundle.program.program())?));
    }
    Ok(options)
}

/// A document for `data`, read with the names of the program.
fn data(name: &str, path: &Path, program: &Program) -> Result<Arc<Document>, SettingsError> {
    let shown = crate::scan::walk::shown(path);
    let wrong = |why: String| SettingsError::Data { name: name.to_owned(), path: shown.clone(), why };
    let bytes = crate::file::read(path, MAX_DATA).map_err(|error| wrong(error.to_string()))?;
    let options = ReadOptions { format: Format::of_path(&shown), symbols: symbols(program), ..ReadOptions::default() };
    let read = document::read(&shown, &bytes, &options);
    if let Some(error) = read.errors.first() {
        return Err(wrong(error.to_string()));
    }
    match &read.documents[..] {
        [document] => Ok(document.clone()),
        // JSON Lines, or a stream: a list.
        several => {
            let values: Vec<serde_json::Value> = several.iter().map(|d| d.to_json(document::NodeId::ROOT)).collect();
            let list = serde_json::Value::Array(values);
            let document = Document::from_value(&shown, &list, document::Limits::default(), &options.symbols);
            document.map(Arc::new).map_err(|error| wrong(error.message))
        }
    }
}

/// The names of a program, as its engine will have them.
pub(crate) fn symbols(program: &Program) -> Arc<Symbols> {
    let mut symbols = Symbols::default();
    for name in &program.symbols {
        symbols.intern(name);
    }
    Arc::new(symbols)
}

/// Adds what a configuration file says.
fn add_config(options: &mut EngineOptions, config: &Config, bundle: &str) -> Result<(), SettingsError> {
    let settings = |table: &BTreeMap<String, toml::Value>| -> Vec<(String, Setting)> {
        table.iter().map(|(name, value)| (name.clone(), Setting::Json(json(value)))).collect()
    };
    options.config_params.extend(settings(&config.params));
    for (name, table) in &config.policies {
        options.policies.push((name.clone(), policy_of(name, table)?));
    }
    for entry in &config.uses {
        options.uses.push(use_of(entry, settings(&entry.params))?);
    }
    for exception in &config.exceptions {
        options.exceptions.push(exception_of(exception)?);
    }
    for workload in &config.workloads {
        options.workloads.push(definition(workload, bundle)?);
    }
    Ok(())
}

/// A value of a configuration file as JSON; times are texts.
fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(members) => members.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
    }
}

fn policy_of(name: &str, table: &PolicyTable) -> Result<PolicyConfig, SettingsError> {
    let key = |member: &str| format!("policies.{name}.{member}");
    let severity = table.severity.as_deref().map(|s| severity(&key("severity"), s)).transpose()?;
    let (scan, admission) = enforce_of(&key("enforce"), table.enforce.as_ref())?;
    let keep_existing = match table.existing.as_deref() {
        None => false,
        Some("keep") => true,
        Some(other) => return Err(word(&key("existing"), other, &["keep"])),
    };
    Ok(PolicyConfig { severity, scan, admission, keep_existing })
}

fn use_of(entry: &UseTable, params: Vec<(String, Setting)>) -> Result<UseEntry, SettingsError> {
    let (scan, admission) = enforce_of(&format!("use {}: enforce", entry.name), entry.enforce.as_ref())?;
    let config = entry.enforce.as_ref().map(|_| PolicyConfig { scan, admission, ..PolicyConfig::default() });
    Ok(UseEntry {
        name: entry.name.clone(),
        policy: entry.policy.clone(),
        params,
        matches: match_of(&entry.matches),
        config,
    })
}

fn enforce_of(key: &str, enforce: Option<&config::Enforce>) -> Result<(Enforce, Enforce), SettingsError> {
    const LEVELS: [&str; 4] = ["off", "audit", "warn", "enforce"];
    let level = |text: &String| Enforce::parse(text).ok_or_else(|| word(key, text, &LEVELS));
    let maybe = |text: &Option<String>| text.as_ref().map_or(Ok(Enforce::Enforce), level);
    match enforce {
        None => Ok((Enforce::Enforce, Enforce::Enforce)),
        Some(config::Enforce::Everywhere(text)) => level(text).map(|l| (l, l)),
        Some(config::Enforce::Apart(apart)) => Ok((maybe(&apart.scan)?, maybe(&apart.admission)?)),
    }
}

/// A severity by its name.
///
/// # Errors
/// If there is none of that name.
pub fn severity(key: &str, text: &str) -> Result<Severity, SettingsError> {
    let names: Vec<&str> = SEVERITIES.iter().rev().map(|(name, _)| *name).collect();
    Severity::parse(text).ok_or_else(|| word(key, text, &names))
}

fn word(key: &str, value: &str, options: &[&str]) -> SettingsError {
    SettingsError::Word {
        key: key.to_owned(),
        value: value.to_owned(),
        options: options.join(", "),
        suggestion: suggest(value, options.iter().copied()).map(str::to_owned),
    }
}

fn exception_of(table: &ExceptionTable) -> Result<Exception, SettingsError> {
    let policies = table.policies.to_vec();
    if table.reason.trim().is_empty() {
        return Err(SettingsError::NoReason(policies.join(", ")));
    }
    if let Some(until) = table.until.as_ref().filter(|until| !is_day(until)) {
        return Err(SettingsError::Day(policies.join(", "), until.clone()));
    }
    Ok(Exception {
        policies,
        matches: match_of(&table.matches),
        reason: table.reason.clone(),
        owner: table.owner.clone(),
        until: table.until.clone(),
    })
}

/// `2027-01-31`
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, len: usize, most: u32| {
        part.len() == len
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    matches!(parts[..], [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

fn match_of(table: &MatchTable) -> Match {
    Match {
        kind: table.kind.to_vec(),
        namespace: table.namespace.to_vec(),
        name: table.name.to_vec(),
        file: table.file.to_vec(),
    }
}

/// Leaves each bundle the names that it knows; a name that none knows stays with the first, which says so. False if what
/// was asked for is all of other bundles.
fn split(options: &mut EngineOptions, bundles: &[Bundle], index: usize) -> bool {
    let mine = |knows: &dyn Fn(&Program) -> bool| {
        let has = |b: &Bundle| knows(b.program.program());
        bundles.get(index).is_some_and(has) || index == 0 && !bundles.iter().any(has)
    };
    let asked = (!options.only.is_empty(), !options.profiles.is_empty());
    let uses: Vec<String> = options.uses.iter().map(|u| u.name.clone()).collect();
    options.profiles.retain(|name| mine(&|p| p.profiles.iter().any(|profile| same_name(&profile.name, name))));
    options.only.retain(|name| mine(&|p| has_policy(p, name) || uses.iter().any(|u| same_name(u, name))));
    options.skip.retain(|name| mine(&|p| has_policy(p, name) || uses.iter().any(|u| same_name(u, name))));
    options.params.retain(|(name, _)| mine(&|p| has_param(p, name, &uses)));
    options.config_params.retain(|(name, _)| mine(&|p| has_param(p, name, &uses)));
    options.policies.retain(|(name, _)| mine(&|p| has_policy(p, name)));
    options.uses.retain(|entry| mine(&|p| has_policy(p, &entry.policy)));
    options.data.retain(|(name, _)| mine(&|p| p.globals.iter().any(|g| is_data(g, name))));
    !(asked.0 && options.only.is_empty() || asked.1 && options.profiles.is_empty())
}

fn has_policy(program: &Program, name: &str) -> bool {
    program.policies.iter().any(|p| same_name(&p.id, name) || same_name(&p.name, name))
}

fn has_param(program: &Program, name: &str, uses: &[String]) -> bool {
    let global = |g: &plimsoll_engine::program::GlobalDef| {
        matches!(g.kind, GlobalKind::Param(_))
            && (same_name(&g.name, name) || format!("{}.{}", g.module, g.name) == name)
    };
    let of_policy = name.rsplit_once('.').is_some_and(|(owner, param)| {
        let by_use = uses.iter().any(|u| same_name(u, owner));
        let has = |p: &plimsoll_engine::program::PolicyDef| p.params.iter().any(|q| same_name(&q.name, param));
        program.policies.iter().any(|p| (by_use || same_name(&p.id, owner) || same_name(&p.name, owner)) && has(p))
    });
    program.globals.iter().any(global) || of_policy
}

fn is_data(global: &plimsoll_engine::program::GlobalDef, name: &str) -> bool {
    global.kind == GlobalKind::Data && (global.name == name || format!("{}.{}", global.module, global.name) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert!(is_day("2027-01-31"));
        assert!(!is_day("2027-1-31") && !is_day("31.01.2027") && !is_day("2027-13-01") && !is_day("+027-01-01"));
    }

    #[test]
    fn a_level_that_is_none_is_told() {
        let config = Config::parse("t", "[policies.POD-01]\nenforce = \"wran\"").unwrap();
        let mut options = EngineOptions::default();
        let error = add_config(&mut options, &config, "b").unwrap_err().to_string();
        assert_eq!(
            error,
            "`policies.POD-01.enforce = \"wran\"` is not one of off, audit, warn, enforce; did you mean `warn`?"
        );
    }
}
