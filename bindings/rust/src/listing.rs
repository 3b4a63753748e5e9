//! What policies a bundle has, as data: for lists, documentation, `plimsoll policies`.

use crate::compile::Bundle;
use plimsoll_engine::decision::Severity;
use plimsoll_engine::engine::{Engine, EngineError, EngineOptions, PolicyState};
use plimsoll_engine::program::{GlobalKind, PolicyDef, Program};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A policy.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PolicyInfo {
    /// `POD-01`
    pub id: String,
    /// `run_as_non_root`
    pub policy: String,
    /// `owasp`
    pub bundle: String,
    /// First sentence of its doc comment.
    pub title: String,
    /// The whole doc comment.
    pub description: String,
    /// Its severity.
    pub severity: Severity,
    /// Whether it is evaluated when nothing else is asked for.
    pub enabled: bool,
    /// Its references.
    pub refs: BTreeMap<String, Vec<String>>,
    /// Its parameters.
    pub params: Vec<ParamInfo>,
    /// The kinds that it looks at, as its author wrote them; `cluster` for a policy on the cluster.
    pub kinds: Vec<String>,
    /// The profiles that it belongs to.
    pub profiles: Vec<String>,
    /// What it needs beside the object.
    pub needs: Needs,
    /// Where it is declared.
    pub module: String,
    /// Why it is not evaluated, if it is not.
    #[serde(skip)]
    pub state: Option<PolicyState>,
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Its type, as an author writes it.
    #[serde(rename = "type")]
    pub type_text: String,
    /// Its default, as it was written; none if it must be set.
    pub default: Option<String>,
    /// Its doc comment.
    pub doc: String,
}

/// What a policy needs beside the object.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Needs {
    /// Kinds of other objects.
    pub cluster: Vec<String>,
    /// `data`
    pub data: Vec<String>,
}

/// The policies of a bundle, in their order. Data and parameters that nobody gave do not matter here.
///
/// # Errors
/// If the engine refuses the options: a profile that is not there, a parameter that does not fit.
pub fn policies(bundle: &Bundle, options: &EngineOptions) -> Result<Vec<PolicyInfo>, EngineError> {
    let (engine, lacking) = engine(bundle, options)?;
    let program = engine.program();
    let infos = program.policies.iter().zip(engine.instances()).map(|(policy, instance)| {
        let on = instance.is_on() || lacking.contains(&policy.id) && instance.state == PolicyState::Skipped;
        info(program, policy, on, &instance.state)
    });
    Ok(infos.collect())
}

/// An engine whose policies ask for nothing that is not there, and the policies that were left out for it.
fn engine(bundle: &Bundle, options: &EngineOptions) -> Result<(Engine, BTreeSet<String>), EngineError> {
    let mut options = options.clone();
    let mut lacking = BTreeSet::new();
    loop {
        let name = match Engine::new(&bundle.program, options.clone()) {
            Ok(engine) => return Ok((engine, lacking)),
            Err(EngineError::MissingData { name } | EngineError::MissingParam { name }) => name,
            Err(other) => return Err(other),
        };
        let program = bundle.program.program();
        let asks = |p: &&PolicyDef| {
            let data = p.data.iter().filter_map(|d| program.globals.get(*d as usize)).any(|g| g.name == name);
            data || name.rsplit_once('.').is_some_and(|(owner, _)| owner == p.name)
        };
        let before = lacking.len();
        lacking.extend(program.policies.iter().filter(asks).map(|p| p.id.clone()));
        if lacking.len() == before {
            return Err(EngineError::MissingParam { name });
        }
        options.skip.extend(lacking.iter().cloned());
    }
}

fn info(program: &Program, policy: &PolicyDef, enabled: bool, state: &PolicyState) -> PolicyInfo {
    let kinds = |index: u32| -> Vec<String> {
        let text = program.kinds.get(index as usize).map_or("", |set| set.text.as_str());
        text.split('|').map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty()).collect()
    };
    let reads: BTreeSet<String> = policy.reads.iter().flat_map(|index| kinds(*index)).collect();
    let data = policy.data.iter().filter_map(|index| program.globals.get(*index as usize));
    let index = program.policies.iter().position(|p| std::ptr::eq(p, policy));
    let in_profile = |members: &[u32]| index.is_some_and(|i| members.iter().any(|m| *m as usize == i));
    PolicyInfo {
        id: policy.id.clone(),
        policy: policy.name.clone(),
        bundle: program.bundle.name.clone(),
        title: policy.title.clone(),
        description: policy.doc.clone(),
        severity: policy.severity,
        enabled,
        refs: policy.refs.clone(),
        params: policy.params.iter().map(param).collect(),
        kinds: policy.on.map_or_else(|| vec!["cluster".to_owned()], kinds),
        profiles: program.profiles.iter().filter(|p| in_profile(&p.policies)).map(|p| p.name.clone()).collect(),
        needs: Needs {
            cluster: reads.into_iter().collect(),
            data: data.filter(|g| g.kind == GlobalKind::Data).map(|g| g.name.clone()).collect(),
        },
        module: policy.module.clone(),
        state: (!enabled).then(|| state.clone()),
    }
}

fn param(param: &plimsoll_engine::program::ParamDef) -> ParamInfo {
    ParamInfo {
        name: param.name.clone(),
        type_text: param.type_text.clone(),
        default: param.default.map(|_| param.default_text.clone()),
        doc: param.doc.clone(),
    }
}

/// A framework or peer, and how many rules it has where that is known.
type Framework = (&'static str, &'static str, Option<usize>);

/// The keys of `refs`: what they stand for. Numbers of rules are those of the versions that the library was held against.
const FRAMEWORKS: &[Framework] = &[
    ("owasp2022", "OWASP Kubernetes Top Ten 2022", Some(10)),
    ("owasp2025", "OWASP Kubernetes Top Ten 2025", Some(10)),
    ("pss", "Pod Security Standards", Some(19)),
    ("cis", "CIS Kubernetes Benchmark 1.12", Some(131)),
    ("nsa", "NSA and CISA hardening guide", Some(15)),
    ("stig", "Kubernetes STIG", Some(92)),
    ("trivy", "trivy", Some(169)),
    ("checkov", "checkov", Some(106)),
    ("kubescape", "kubescape", Some(281)),
    ("kyverno", "Kyverno policies", Some(199)),
    ("gatekeeper", "Gatekeeper library", Some(49)),
    ("kube_linter", "kube-linter", Some(63)),
    ("polaris", "Polaris", Some(44)),
    ("kube_score", "kube-score", Some(35)),
    ("kubesec", "kubesec", Some(29)),
];

/// How much of a framework or peer policies answer to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FrameworkCoverage {
    /// The key of `refs`.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its rules that some policy answers to.
    pub rules: usize,
    /// How many rules it has, where that is known.
    pub of: Option<usize>,
    /// Policies that answer to one of its rules.
    pub policies: usize,
}

/// What policies answer to, by framework and peer.
#[must_use]
pub fn coverage(policies: &[PolicyInfo]) -> Vec<FrameworkCoverage> {
    let mut found: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
    for policy in policies {
        for (key, rules) in &policy.refs {
            let entry = found.entry(key).or_default();
            entry.0.extend(rules.iter().map(String::as_str));
            entry.1 = entry.1.saturating_add(1);
        }
    }
    let known = FRAMEWORKS.iter().map(|(key, name, of)| (*key, *name, *of));
    let others: Vec<&str> = found.keys().copied().filter(|key| !FRAMEWORKS.iter().any(|(k, ..)| k == key)).collect();
    known
        .chain(others.into_iter().map(|key| (key, key, None)))
        .map(|(key, name, of)| {
            let (rules, policies) = found.get(key).map_or((0, 0), |(rules, policies)| (rules.len(), *policies));
            FrameworkCoverage { key: key.to_owned(), name: name.to_owned(), rules, of, policies }
        })
        .collect()
}
