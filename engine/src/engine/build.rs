//! Making an engine: which policies are on, with which parameters, under which names.

use super::error::{EngineError, suggest};
use super::instance::{Instance, PolicyState};
use super::options::{EngineOptions, Mode};
use super::{Inner, Unit, reads, same_name, settings};
use crate::builtins::{Host, WorkloadKind};
use crate::decision::{PolicyConfig, exceptions};
use crate::inventory::{Objects, View};
use crate::program::verify::Verified;
use crate::program::{GlobalDef, GlobalKind, Instr, Program, SettingTarget, TypeDesc};
use crate::value::{Data, Value};
use crate::vm::{Code, Machine, Source, State, Subject};
use std::sync::Arc;

/// Makes an engine.
pub(super) fn build(program: &Verified, mut options: EngineOptions) -> Result<Inner, EngineError> {
    if !options.plain {
        options.add_own(&program.settings);
    }
    let mut code = Code::new(program.program().clone()).map_err(EngineError::Program)?;
    code.workloads.extend(options.workloads.iter().cloned());
    let program = program.program().clone();
    let profiles = profiles(&program, &options)?;
    let mut instances = instances(&mut code, &options)?;
    for (native, def) in code.natives.iter_mut().zip(&program.externs) {
        *native = options.natives.find(&def.module, &def.name);
    }
    settings::apply(&mut code, &instances, &options, &profiles)?;
    give_data(&mut code, &options)?;
    let kinds = code.workloads.iter().flat_map(|w| {
        let groups = std::iter::once(&w.kind.group).chain(&w.kind.old_groups);
        groups.map(|group| WorkloadKind {
            group: group.clone(),
            kind: w.kind.kind.clone(),
            template: w.template.clone(),
        })
    });
    let host =
        Host { now: options.now, k8s_version: options.k8s_version, workloads: kinds.collect(), origins: Vec::new() };
    let mut trial = Trial::new(&code, &host, &options);
    trial.conflicts(&profiles)?;
    trial.enable(&mut instances, &options, &profiles)?;
    trial.check(&instances)?;
    let units = units(&program, &instances);
    Ok(Inner {
        host,
        limits: options.limits,
        instances,
        units,
        exceptions: options.exceptions,
        min_severity: options.min_severity,
        mode: options.mode,
        evidence: options.evidence,
        coverage: options.coverage,
        today: exceptions::day(options.now),
        reads: reads::reads(&program),
        code: Arc::new(code),
    })
}

/// The profiles that count.
fn profiles(program: &Program, options: &EngineOptions) -> Result<Vec<u32>, EngineError> {
    let asked: Vec<&str> = match (&options.profiles[..], &program.bundle.default_profile) {
        ([], Some(default)) => vec![default],
        (asked, _) => asked.iter().map(String::as_str).collect(),
    };
    asked
        .into_iter()
        .map(|name| {
            let found = program.profiles.iter().position(|p| same_name(&p.name, name));
            found.and_then(|i| u32::try_from(i).ok()).ok_or_else(|| EngineError::UnknownProfile {
                name: name.to_owned(),
                suggestion: suggest(name, program.profiles.iter().map(|p| p.name.as_str())),
            })
        })
        .collect()
}

/// The policy of an id or name.
fn policy(program: &Program, name: &str) -> Option<u32> {
    let is = |p: &crate::program::PolicyDef| same_name(&p.id, name) || same_name(&p.name, name);
    program.policies.iter().position(is).and_then(|i| u32::try_from(i).ok())
}

fn unknown_policy(program: &Program, name: &str) -> EngineError {
    let names = program.policies.iter().flat_map(|p| [p.name.as_str(), p.id.as_str()]);
    EngineError::UnknownPolicy { name: name.to_owned(), suggestion: suggest(name, names) }
}

/// The policies themselves, then the uses, all still on.
fn instances(code: &mut Code, options: &EngineOptions) -> Result<Vec<Instance>, EngineError> {
    let program = code.program.clone();
    let config = |name: &dyn Fn(&str) -> bool| options.policies.iter().rev().find(|(n, _)| name(n)).map(|(_, c)| *c);
    for (name, _) in &options.policies {
        let of_use = options.uses.iter().any(|u| same_name(&u.name, name));
        if policy(&program, name).is_none() && !of_use {
            return Err(unknown_policy(&program, name));
        }
    }
    let no_suppression =
        |names: &[&str]| options.no_suppression.iter().any(|n| n == "*" || names.iter().any(|name| same_name(n, name)));
    let make = |policy: u32, use_name: Option<String>, config: Option<PolicyConfig>, closed: bool| {
        let config = config.unwrap_or_default();
        Instance {
            policy,
            use_name,
            state: PolicyState::On,
            severity: config.severity,
            enforce: if options.mode == Mode::Scan { config.scan } else { config.admission },
            keep_existing: config.keep_existing,
            matches: None,
            no_suppression: closed,
        }
    };
    let mut out = Vec::new();
    for (i, def) in (0_u32..).zip(&program.policies) {
        let is = |name: &str| same_name(name, &def.id) || same_name(name, &def.name);
        out.push(make(i, None, config(&is), no_suppression(&[&def.id, &def.name])));
    }
    for entry in &options.uses {
        let index = policy(&program, &entry.policy).ok_or_else(|| unknown_policy(&program, &entry.policy))?;
        let taken = options.uses.iter().filter(|u| same_name(&u.name, &entry.name)).count() > 1;
        if taken || policy(&program, &entry.name).is_some() {
            return Err(EngineError::UseTwice { name: entry.name.clone() });
        }
        let Some(def) = program.policies.get(index as usize) else { continue };
        let is_use = |name: &str| same_name(name, &entry.name);
        let is_policy = |name: &str| same_name(name, &def.id) || same_name(name, &def.name);
        let config = entry.config.or_else(|| config(&is_use)).or_else(|| config(&is_policy));
        let closed = no_suppression(&[&def.id, &def.name, &entry.name]);
        let mut instance = make(index, Some(entry.name.clone()), config, closed);
        instance.matches = Some(entry.matches.clone());
        code.add_instance(index);
        out.push(instance);
    }
    Ok(out)
}

/// Hands the host's documents to the `data` that they are for.
fn give_data(code: &mut Code, options: &EngineOptions) -> Result<(), EngineError> {
    let program = code.program.clone();
    let is = |g: &GlobalDef, name: &str| {
        g.kind == GlobalKind::Data && (same_name(&g.name, name) || format!("{}.{}", g.module, g.name) == *name)
    };
    for (name, document) in &options.data {
        let Some(at) = program.globals.iter().position(|g| is(g, name)) else {
            let names = program.globals.iter().filter(|g| g.kind == GlobalKind::Data).map(|g| g.name.as_str());
            return Err(EngineError::UnknownData { name: name.clone(), suggestion: suggest(name, names) });
        };
        let source = Source::Document(code.add_setting(document.clone()));
        if let Some(slot) = code.global_sources.get_mut(at) {
            *slot = source;
        }
    }
    for (global, function) in &options.computed_data {
        if let Some(slot) = code.global_sources.get_mut(*global as usize) {
            *slot = Source::Function(*function);
        }
    }
    Ok(())
}

/// What is run: each plan for its policies, and for each use of a policy again.
fn units(program: &Program, instances: &[Instance]) -> Vec<Unit> {
    let plans = || (0_u32..).zip(&program.plans);
    let on = |policy: &u32| instances.get(*policy as usize).is_some_and(Instance::is_on);
    let own = plans().filter(|(_, p)| p.policies.iter().any(on)).map(|(plan, _)| Unit { plan, instance: None });
    let uses = (0_u32..).zip(instances).filter(|(_, i)| i.use_name.is_some() && i.is_on());
    let again = uses.flat_map(|(n, i)| {
        let of = plans().filter(move |(_, p)| p.policies.contains(&i.policy));
        of.map(move |(plan, _)| Unit { plan, instance: Some(n) })
    });
    own.chain(again).collect()
}

/// Runs what must be known before anything is judged.
struct Trial<'a> {
    code: &'a Code,
    host: &'a Host,
    options: &'a EngineOptions,
    objects: Objects,
    state: State,
}

impl<'a> Trial<'a> {
    fn new(code: &'a Code, host: &'a Host, options: &'a EngineOptions) -> Trial<'a> {
        let mut state = State::new(code, &options.limits);
        state.memory.request = code.settings.clone();
        state.begin(&options.limits);
        Trial { code, host, options, objects: Objects::default(), state }
    }

    fn run<T>(&mut self, instance: Option<u32>, what: impl FnOnce(&mut Machine<'_>) -> T) -> T {
        let view = View { objects: &self.objects, change: None, workloads: &self.code.workloads };
        let limits = &self.options.limits;
        self.state.begin(limits);
        let mut machine = Machine::new(self.code, self.host, limits, view, Subject::NONE, &mut self.state);
        machine.instance = instance;
        what(&mut machine)
    }

    /// Two profiles may set a parameter only to the same value.
    fn conflicts(&mut self, profiles: &[u32]) -> Result<(), EngineError> {
        let mut known: Vec<(SettingTarget, usize, serde_json::Value)> = Vec::new();
        let program = self.code.program.clone();
        for (n, profile) in profiles.iter().enumerate() {
            let Some(def) = program.profiles.get(*profile as usize) else { continue };
            // Within a profile the last wins.
            for (i, (target, function)) in def.settings.iter().enumerate() {
                if def.settings.iter().skip(i.saturating_add(1)).any(|(later, _)| later == target) {
                    continue;
                }
                let value = self.run(None, |m| {
                    let value = m.run(*function, &[]).unwrap_or(Value::NULL);
                    m.state.memory.to_json(value).unwrap_or_default()
                });
                match known.iter().find(|(t, ..)| t == target) {
                    Some((_, first, other)) if *other != value => {
                        let name = |n: usize| profiles.get(n).and_then(|p| program.profiles.get(*p as usize));
                        return Err(EngineError::Conflict {
                            name: target_name(&program, *target),
                            first: name(*first).map_or(String::new(), |p| p.name.clone()),
                            second: def.name.clone(),
                        });
                    }
                    Some(_) => {}
                    None => known.push((*target, n, value)),
                }
            }
        }
        Ok(())
    }

    /// Works out which instances are on.
    fn enable(
        &mut self,
        instances: &mut [Instance],
        options: &EngineOptions,
        profiles: &[u32],
    ) -> Result<(), EngineError> {
        let program = self.code.program.clone();
        let is_named = |instance: &Instance, name: &str| {
            let policy = program.policies.get(instance.policy as usize);
            policy.is_some_and(|p| same_name(&p.id, name) || same_name(&p.name, name))
                || instance.use_name.as_ref().is_some_and(|u| same_name(u, name))
        };
        for name in options.only.iter().chain(&options.skip) {
            if !instances.iter().any(|i| is_named(i, name)) {
                return Err(unknown_policy(&program, name));
            }
        }
        let among = |list: &[String], i: &Instance| list.iter().any(|name| is_named(i, name));
        let in_profile = |policy: u32| {
            profiles.iter().any(|p| program.profiles.get(*p as usize).is_some_and(|p| p.policies.contains(&policy)))
        };
        for (n, instance) in (0_u32..).zip(instances.iter_mut()) {
            let asked = among(&options.only, instance);
            instance.state = if among(&options.skip, instance) || (!options.only.is_empty() && !asked) {
                PolicyState::Skipped
            } else if instance.enforce == crate::decision::Enforce::Off {
                PolicyState::Off
            } else if asked {
                PolicyState::On
            } else if instance.use_name.is_none() && !profiles.is_empty() && !in_profile(instance.policy) {
                PolicyState::NotInProfile
            } else {
                let chosen = instance.use_name.is_some() || (!profiles.is_empty() && in_profile(instance.policy));
                self.enabled(n, instance.policy, chosen)?
            };
        }
        Ok(())
    }

    /// A condition over parameters decides; one that reads none (`enabled = false`) gives way to a profile or use that
    /// names the policy.
    fn enabled(&mut self, instance: u32, policy: u32, chosen: bool) -> Result<PolicyState, EngineError> {
        let program = self.code.program.clone();
        let Some(def) = program.policies.get(policy as usize) else { return Ok(PolicyState::On) };
        let Some((function, text)) = &def.enabled else { return Ok(PolicyState::On) };
        let constant = program.functions.get(*function as usize).is_some_and(|f| {
            !f.code.iter().any(|i| matches!(i, Instr::Param { .. } | Instr::Global { .. } | Instr::Call { .. }))
        });
        if constant && chosen {
            return Ok(PolicyState::On);
        }
        match self.run(Some(instance), |m| m.run(*function, &[])) {
            Ok(Value { data: Data::Bool(true), .. }) => Ok(PolicyState::On),
            Ok(_) => Ok(PolicyState::Disabled(text.clone())),
            Err(fault) => Err(EngineError::Enabled { policy: def.name.clone(), why: fault.error.to_string() }),
        }
    }

    /// Every parameter of what is on, and all `data` that it needs, must have a value of its type.
    fn check(&mut self, instances: &[Instance]) -> Result<(), EngineError> {
        let program = self.code.program.clone();
        for (n, instance) in (0_u32..).zip(instances) {
            let Some(def) = program.policies.get(instance.policy as usize) else { continue };
            for (slot, param) in (0_u16..).zip(&def.params) {
                let owner = instance.use_name.as_ref().unwrap_or(&def.name);
                let name = format!("{owner}.{}", param.name);
                let value = self.run(Some(n), |m| m.param_value(n, slot));
                // A value that the host gave is checked also where its policy is off: it may be a slip.
                let given = matches!(self.code.param_source(n, slot), Some(Source::Value(_)));
                match value {
                    Ok(value) if value.is_null() && !nullable(&program, param.ty) && instance.is_on() => {
                        return Err(EngineError::MissingParam { name });
                    }
                    Err(e) if instance.is_on() || given => {
                        return Err(EngineError::BadParam {
                            name,
                            type_text: param.type_text.clone(),
                            why: e.to_string(),
                        });
                    }
                    _ => {}
                }
            }
        }
        let needed = |i: u32| {
            instances
                .iter()
                .filter(|x| x.is_on())
                .any(|x| program.policies.get(x.policy as usize).is_some_and(|p| p.data.contains(&i)))
        };
        for (i, global) in (0_u32..).zip(&program.globals) {
            let source = self.code.global_sources.get(i as usize).copied();
            let (name, type_text) = (global.name.clone(), global.type_text.clone());
            let missing = source == Some(Source::Missing) && !nullable(&program, global.ty);
            match global.kind {
                GlobalKind::Let(_) => {}
                GlobalKind::Param(_) if missing => return Err(EngineError::MissingParam { name }),
                GlobalKind::Data if missing && needed(i) => return Err(EngineError::MissingData { name }),
                GlobalKind::Data if source == Some(Source::Missing) => {}
                GlobalKind::Param(_) | GlobalKind::Data => {
                    let value = self.run(None, |m| m.global_value(i));
                    let why = value.err().map(|e| e.to_string());
                    match (why, global.kind) {
                        (Some(why), GlobalKind::Data) => return Err(EngineError::BadData { name, type_text, why }),
                        (Some(why), _) => return Err(EngineError::BadParam { name, type_text, why }),
                        (None, _) => {}
                    }
                }
            }
        }
        Ok(())
    }
}

fn nullable(program: &Program, ty: u32) -> bool {
    matches!(program.types.get(ty as usize), Some(TypeDesc::Optional(_) | TypeDesc::Any | TypeDesc::Null))
}

fn target_name(program: &Program, target: SettingTarget) -> String {
    match target {
        SettingTarget::Global(g) => program.globals.get(g as usize).map_or(String::new(), |g| g.name.clone()),
        SettingTarget::Policy(p, slot) => {
            let policy = program.policies.get(p as usize);
            let param = policy.and_then(|p| p.params.get(usize::from(slot))).map_or("", |p| p.name.as_str());
            format!("{}.{param}", policy.map_or("", |p| p.name.as_str()))
        }
    }
}
