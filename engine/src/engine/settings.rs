//! Values of parameters: from texts, from JSON, from profiles; the last that is said wins.

use super::error::{EngineError, suggest};
use super::instance::Instance;
use super::options::{EngineOptions, Setting};
use super::same_name;
use crate::document::Document;
use crate::program::{GlobalKind, Program, SettingTarget, TypeDesc};
use crate::scalar::ScalarKind;
use crate::vm::{Code, Source};
use serde_json::Value;
use std::sync::Arc;

/// What a name of a parameter stands for.
enum Target {
    /// A parameter of the bundle.
    Global(u32),
    /// A parameter of instances.
    Instances(Vec<u32>, u16),
}

/// Sets parameters in the order that the language gives: declaration, configuration, profile, use, host.
pub(super) fn apply(
    code: &mut Code,
    instances: &[Instance],
    options: &EngineOptions,
    profiles: &[u32],
) -> Result<(), EngineError> {
    for (i, global) in code.program.clone().globals.iter().enumerate() {
        if let (Some(slot), GlobalKind::Let(f) | GlobalKind::Param(Some(f))) =
            (code.global_sources.get_mut(i), global.kind)
        {
            *slot = Source::Function(f);
        }
    }
    for (name, setting) in &options.config_params {
        set_named(code, instances, name, setting)?;
    }
    for profile in profiles {
        let program = code.program.clone();
        for (target, function) in program.profiles.get(*profile as usize).map_or(&[][..], |p| &p.settings) {
            set_target(code, instances, *target, Source::Function(*function));
        }
    }
    for (entry, instance) in options.uses.iter().zip(instances.iter().filter(|i| i.use_name.is_some())) {
        for (name, setting) in &entry.params {
            let slot = param_slot(&code.program, instance.policy, name, &entry.name)?;
            let at = instances.iter().position(|i| std::ptr::eq(i, instance)).unwrap_or(0);
            let instance = u32::try_from(at).unwrap_or(u32::MAX);
            set(code, &Target::Instances(vec![instance], slot), setting, &format!("{}.{name}", entry.name))?;
        }
    }
    for (name, setting) in &options.params {
        set_named(code, instances, name, setting)?;
    }
    for (target, function) in &options.computed_params {
        set_target(code, instances, *target, Source::Function(*function));
    }
    Ok(())
}

fn set_target(code: &mut Code, instances: &[Instance], target: SettingTarget, source: Source) {
    match target {
        SettingTarget::Global(global) => {
            if let Some(slot) = code.global_sources.get_mut(global as usize) {
                *slot = source;
            }
        }
        SettingTarget::Policy(policy, slot) => {
            for (i, _) in (0_u32..).zip(instances).filter(|(_, i)| i.policy == policy) {
                code.set_param(i, slot, source);
            }
        }
    }
}

fn set_named(code: &mut Code, instances: &[Instance], name: &str, setting: &Setting) -> Result<(), EngineError> {
    let target = find(&code.program, instances, name)?;
    set(code, &target, setting, name)
}

/// The parameter of a name: of the bundle, or `policy.param` with a policy's id or name or the name of a use.
fn find(program: &Program, instances: &[Instance], name: &str) -> Result<Target, EngineError> {
    if let Some((owner, param)) = name.rsplit_once('.') {
        let by_use = |i: &Instance| i.use_name.as_ref().is_some_and(|u| same_name(u, owner));
        let by_policy = |i: &Instance| {
            program
                .policies
                .get(i.policy as usize)
                .is_some_and(|p| same_name(&p.id, owner) || same_name(&p.name, owner))
        };
        let chosen = |f: &dyn Fn(&Instance) -> bool| -> Vec<u32> {
            (0_u32..).zip(instances).filter(|(_, i)| f(i)).map(|(i, _)| i).collect()
        };
        let mut found = chosen(&by_use);
        if found.is_empty() {
            found = chosen(&by_policy);
        }
        let Some(policy) = found.first().and_then(|i| instances.get(*i as usize)).map(|i| i.policy) else {
            return match global(program, name) {
                Some(global) => Ok(Target::Global(global)),
                None => Err(unknown(program, name)),
            };
        };
        let slot = param_slot(program, policy, param, owner)?;
        return Ok(Target::Instances(found, slot));
    }
    global(program, name).map(Target::Global).ok_or_else(|| unknown(program, name))
}

fn global(program: &Program, name: &str) -> Option<u32> {
    let is = |g: &crate::program::GlobalDef| {
        matches!(g.kind, GlobalKind::Param(_))
            && (same_name(&g.name, name) || format!("{}.{}", g.module, g.name) == name)
    };
    program.globals.iter().position(is).and_then(|i| u32::try_from(i).ok())
}

fn param_slot(program: &Program, policy: u32, param: &str, owner: &str) -> Result<u16, EngineError> {
    let params = program.policies.get(policy as usize).map_or(&[][..], |p| &p.params);
    let slot = params.iter().position(|p| same_name(&p.name, param)).and_then(|i| u16::try_from(i).ok());
    slot.ok_or_else(|| EngineError::UnknownParam {
        name: format!("{owner}.{param}"),
        suggestion: suggest(param, params.iter().map(|p| p.name.as_str())).map(|s| format!("{owner}.{s}")),
    })
}

fn unknown(program: &Program, name: &str) -> EngineError {
    let globals = program.globals.iter().filter(|g| matches!(g.kind, GlobalKind::Param(_))).map(|g| g.name.clone());
    let of_policies = program.policies.iter().flat_map(|p| p.params.iter().map(|q| format!("{}.{}", p.name, q.name)));
    let names: Vec<String> = globals.chain(of_policies).collect();
    // A parameter of a policy without its owner, or a table of them.
    let part = |full: &&String| {
        full.split_once('.').is_some_and(|(owner, own)| same_name(own, name) || same_name(owner, name))
    };
    let suggestion = suggest(name, names.iter().map(String::as_str)).or_else(|| names.iter().find(part).cloned());
    EngineError::UnknownParam { name: name.to_owned(), suggestion }
}

fn set(code: &mut Code, target: &Target, setting: &Setting, name: &str) -> Result<(), EngineError> {
    let program = code.program.clone();
    let (ty, type_text) = match target {
        Target::Global(global) => program.globals.get(*global as usize).map(|g| (g.ty, g.type_text.clone())),
        Target::Instances(instances, slot) => {
            let policy = instances.first().and_then(|i| code.instance_policy(*i));
            let param = policy.and_then(|p| program.policies.get(p as usize)?.params.get(usize::from(*slot)));
            param.map(|p| (p.ty, p.type_text.clone()))
        }
    }
    .unwrap_or_default();
    let bad = |why: String| EngineError::BadParam { name: name.to_owned(), type_text: type_text.clone(), why };
    let value = match setting {
        Setting::Json(value) => value.clone(),
        Setting::Text(text) => read(&program, ty, text).map_err(bad)?,
    };
    let document = Document::from_value(name, &value, crate::document::Limits::default(), &code.symbols);
    let source = Source::Value(code.add_setting(Arc::new(document.map_err(|e| bad(e.message))?)));
    match target {
        Target::Global(global) => set_target(code, &[], SettingTarget::Global(*global), source),
        Target::Instances(instances, slot) => {
            for instance in instances {
                code.set_param(*instance, *slot, source);
            }
        }
    }
    Ok(())
}

/// A text of a command line by the type of its parameter: as it stands for texts and scalars, JSON for what has members,
/// or `a,b,c` for lists and sets of scalars.
pub(super) fn read(program: &Program, ty: u32, text: &str) -> Result<Value, String> {
    let json = || serde_json::from_str::<Value>(text).map_err(|e| format!("{text:?} is not JSON: {e}"));
    match program.types.get(ty as usize) {
        Some(TypeDesc::Optional(_)) if text == "null" => Ok(Value::Null),
        Some(TypeDesc::Optional(inner)) => read(program, *inner, text),
        Some(TypeDesc::Str | TypeDesc::Literal(_) | TypeDesc::Scalar(_)) => Ok(Value::String(text.to_owned())),
        Some(TypeDesc::Bool) => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("expected true or false, found {text:?}")),
        },
        Some(TypeDesc::Int) => {
            text.parse::<i64>().map(Value::from).map_err(|_| format!("expected a whole number, found {text:?}"))
        }
        Some(TypeDesc::Float) => {
            text.parse::<f64>().map(Value::from).map_err(|_| format!("expected a number, found {text:?}"))
        }
        Some(TypeDesc::List(item) | TypeDesc::Set(item)) => {
            let whole = text.trim_start().starts_with('[');
            if whole || !is_scalar(program, *item, 8) {
                return json();
            }
            let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
            parts.map(|p| read(program, *item, p)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        Some(TypeDesc::Union(members)) => {
            // A text that one of the members takes as it stands is that text: `1.30` is never the number 1.3.
            let texts = members.iter().filter(|m| is_text(program, **m));
            let others = members.iter().filter(|m| !is_text(program, **m));
            let literal = members
                .iter()
                .any(|m| matches!(program.types.get(*m as usize), Some(TypeDesc::Literal(l)) if l == text));
            if literal {
                return Ok(Value::String(text.to_owned()));
            }
            let mut first = None;
            for member in others.chain(texts) {
                match read(program, *member, text) {
                    Ok(value) => return Ok(value),
                    Err(why) => first = first.or(Some(why)),
                }
            }
            Err(first.unwrap_or_else(|| "no value fits".into()))
        }
        _ => json(),
    }
}

fn is_text(program: &Program, ty: u32) -> bool {
    matches!(program.types.get(ty as usize), Some(TypeDesc::Str | TypeDesc::Literal(_) | TypeDesc::Scalar(_)))
}

fn is_scalar(program: &Program, ty: u32, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match program.types.get(ty as usize) {
        Some(TypeDesc::Bool | TypeDesc::Int | TypeDesc::Float | TypeDesc::Str | TypeDesc::Literal(_)) => true,
        Some(TypeDesc::Scalar(kind)) => *kind != ScalarKind::Regex,
        Some(TypeDesc::Optional(inner)) => is_scalar(program, *inner, depth),
        Some(TypeDesc::Union(members)) => members.iter().all(|m| is_scalar(program, *m, depth)),
        _ => false,
    }
}
