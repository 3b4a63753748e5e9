//! What a configuration file says → what an engine is told, and what a compiled bundle says of itself.

use super::SettingsError;
use crate::compile::definition;
use crate::config::{self, Config, ExceptionTable, MatchTable, PolicyTable, UseTable};
use plimsoll_dsl::schema::suggest;
use plimsoll_engine::decision::{Enforce, Exception, Match, PolicyConfig, SEVERITIES, Severity};
use plimsoll_engine::engine::{EngineOptions, Setting, UseEntry};
use plimsoll_engine::program::{BundleSettings, BundleUse};
use std::collections::BTreeMap;

/// What a bundle says of its own policies, as its program carries it.
///
/// # Errors
/// The first word that is none of those that are possible.
pub(crate) fn of_bundle(config: &Config) -> Result<BundleSettings, SettingsError> {
    let params = |table: &BTreeMap<String, toml::Value>| -> Vec<(String, String)> {
        table.iter().map(|(name, value)| (name.clone(), json(value).to_string())).collect()
    };
    let policies = config.policies.iter().map(|(name, table)| Ok((name.clone(), policy_of(name, table)?)));
    let uses = config.uses.iter().map(|entry| {
        let (matches, config) = (match_of(&entry.matches), config_of(entry)?);
        let (name, policy) = (entry.name.clone(), entry.policy.clone());
        Ok(BundleUse { name, policy, params: params(&entry.params), matches, config })
    });
    Ok(BundleSettings {
        params: params(&config.params),
        policies: policies.collect::<Result<_, SettingsError>>()?,
        uses: uses.collect::<Result<_, SettingsError>>()?,
        exceptions: config.exceptions.iter().map(exception_of).collect::<Result<_, _>>()?,
    })
}

/// Adds what a configuration file says.
pub(crate) fn add_config(options: &mut EngineOptions, config: &Config) -> Result<(), SettingsError> {
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
        options.workloads.push(definition(workload, "the configuration").map_err(Box::new)?);
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
    let config = config_of(entry)?;
    Ok(UseEntry {
        name: entry.name.clone(),
        policy: entry.policy.clone(),
        params,
        matches: match_of(&entry.matches),
        config,
    })
}

fn config_of(entry: &UseTable) -> Result<Option<PolicyConfig>, SettingsError> {
    let (scan, admission) = enforce_of(&format!("use {}: enforce", entry.name), entry.enforce.as_ref())?;
    Ok(entry.enforce.as_ref().map(|_| PolicyConfig { scan, admission, ..PolicyConfig::default() }))
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

pub(super) fn exception_of(table: &ExceptionTable) -> Result<Exception, SettingsError> {
    let policies = table.policies.to_vec();
    if table.reason.trim().is_empty() {
        return Err(SettingsError::NoReason(policies.join(", ")));
    }
    if let Some(until) = table.until.as_ref().filter(|until| !plimsoll_engine::calendar::is_day(until)) {
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

fn match_of(table: &MatchTable) -> Match {
    Match {
        kind: table.kind.to_vec(),
        namespace: table.namespace.to_vec(),
        name: table.name.to_vec(),
        file: table.file.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_told() {
        let config = Config::parse("t", "[policies.POD-01]\nenforce = \"wran\"").unwrap();
        let mut options = EngineOptions::default();
        let error = add_config(&mut options, &config).unwrap_err().to_string();
        assert_eq!(
            error,
            "`policies.POD-01.enforce = \"wran\"` is not one of off, audit, warn, enforce; did you mean `warn`?"
        );
    }
}
