//! What a host may say to an engine.

use crate::decision::{Exception, Match, PolicyConfig, Severity};
use crate::document::Document;
use crate::extension::native::Natives;
use crate::limits::Limits;
use crate::program::{BundleSettings, SettingTarget, WorkloadDef};
use std::sync::Arc;

/// What is judged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Mode {
    /// Manifests, dumps.
    #[default]
    Scan,
    /// Admission requests.
    Admission,
}

/// A value for a parameter.
#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    /// As it was written on a command line; read by the parameter's type.
    Text(String),
    /// As a configuration file has it.
    Json(serde_json::Value),
}

/// One more use of a policy, with parameters and matches of its own.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UseEntry {
    /// Its name.
    pub name: String,
    /// The policy, by id or name.
    pub policy: String,
    /// Parameters by name.
    pub params: Vec<(String, Setting)>,
    /// Which objects.
    pub matches: Match,
    /// Severity and enforcement, in the place of the policy's.
    pub config: Option<PolicyConfig>,
}

/// What the host says.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Profiles, united; none: the bundle's default, else every enabled policy.
    pub profiles: Vec<String>,
    /// Just these policies, by id, name or use name, also if they are off.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
    /// Findings below are left out.
    pub min_severity: Severity,
    /// `[params]` of the configuration: `name` or `policy.name`.
    pub config_params: Vec<(String, Setting)>,
    /// `--set`: `name`, `policy.name` or `use.name`.
    pub params: Vec<(String, Setting)>,
    /// `[[use]]`
    pub uses: Vec<UseEntry>,
    /// `[policies.X]`: by id or name.
    pub policies: Vec<(String, PolicyConfig)>,
    /// `[[exception]]`
    pub exceptions: Vec<Exception>,
    /// What the bundle says of its own policies (`[params]`, `[policies]`, `[[use]]`, `[[exception]]` of its
    /// `plimsoll.toml`) does not count: tests judge policies as they are written.
    pub plain: bool,
    /// Documents for `data`, by name (alone or with module).
    pub data: Vec<(String, Arc<Document>)>,
    /// Parameters by the functions that compute them: those of tests. They win over all others.
    pub computed_params: Vec<(SettingTarget, u32)>,
    /// `data` by the functions that compute it: that of tests.
    pub computed_data: Vec<(u32, u32)>,
    /// Functions for `extern fn`.
    pub natives: Natives,
    /// Limits.
    pub limits: Limits,
    /// `now()`, in nanoseconds since 1970 (UTC).
    pub now: i64,
    /// `k8s_version()`
    pub k8s_version: (u32, u32),
    /// What is judged.
    pub mode: Mode,
    /// More kinds that carry a pod template.
    pub workloads: Vec<WorkloadDef>,
    /// Policies that manifests may not suppress, by id or name; `*` for all.
    pub no_suppression: Vec<String>,
    /// Findings carry evidence (of a program that was compiled to be traced).
    pub evidence: bool,
    /// Marks are counted (of a program that was compiled to be traced).
    pub coverage: bool,
}

impl EngineOptions {
    /// Puts what a bundle says of itself before what the host says, so that the host's word counts.
    pub(super) fn add_own(&mut self, own: &BundleSettings) {
        fn before<T>(own: impl Iterator<Item = T>, host: &mut Vec<T>) {
            let own = own.collect::<Vec<T>>();
            host.splice(0..0, own);
        }
        // The verifier has seen that it is JSON.
        let params = |params: &[(String, String)]| -> Vec<(String, Setting)> {
            let value = |text: &str| Setting::Json(serde_json::from_str(text).unwrap_or_default());
            params.iter().map(|(name, text)| (name.clone(), value(text))).collect()
        };
        before(params(&own.params).into_iter(), &mut self.config_params);
        before(own.policies.iter().cloned(), &mut self.policies);
        before(own.exceptions.iter().cloned(), &mut self.exceptions);
        let uses = own.uses.iter().map(|entry| UseEntry {
            name: entry.name.clone(),
            policy: entry.policy.clone(),
            params: params(&entry.params),
            matches: entry.matches.clone(),
            config: entry.config,
        });
        before(uses, &mut self.uses);
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            profiles: Vec::new(),
            only: Vec::new(),
            skip: Vec::new(),
            min_severity: Severity::Info,
            config_params: Vec::new(),
            params: Vec::new(),
            uses: Vec::new(),
            policies: Vec::new(),
            exceptions: Vec::new(),
            plain: false,
            data: Vec::new(),
            computed_params: Vec::new(),
            computed_data: Vec::new(),
            natives: Natives::default(),
            limits: Limits::default(),
            now: 0,
            k8s_version: (1, 34),
            mode: Mode::Scan,
            workloads: Vec::new(),
            no_suppression: Vec::new(),
            evidence: false,
            coverage: false,
        }
    }
}
