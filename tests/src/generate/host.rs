//! What a host says of a program: profiles, uses, enforcement, exceptions, what may be suppressed.

use super::Gen;
use super::types::T;
use crate::oracle::host::Config;
use plimsoll_engine::decision::{Enforce, Exception, Match, PolicyConfig, Severity};
use plimsoll_engine::engine::{Mode, Setting, UseEntry};
use std::fmt::Write;

/// Names of uses.
const USES: &[&str] = &["again", "once-more"];

impl Gen<'_> {
    /// Profiles; where both are asked for they do not set one parameter.
    pub(super) fn profiles(&mut self, out: &mut String) {
        let first = self.named();
        let set = if self.rng.chance(50) { " set mode = \"auto\"" } else { "" };
        let _ = writeln!(out, "profile first {{ include {first}{set} }}");
        self.profiles.push("first".into());
        if self.rng.chance(50) {
            let mut include = self.named();
            if self.rng.chance(50) {
                include.push_str(", first");
            }
            let number = self.rng.below(self.policies.len());
            let set = match self.policies[number].first().cloned() {
                Some((name, ty)) if self.rng.chance(70) => {
                    let value = self.constant(&ty);
                    format!(" set policy_{number}.{name} = {value}")
                }
                _ => String::new(),
            };
            let _ = writeln!(out, "profile second {{ include {include}{set} }}");
            self.profiles.push("second".into());
        }
    }

    /// A policy, by its id or name.
    fn named(&mut self) -> String {
        let number = self.rng.below(self.policies.len());
        if self.rng.chance(50) { format!("T-{number}") } else { format!("policy_{number}") }
    }

    /// What the host says.
    pub(super) fn config(&mut self) -> Config {
        let mut config = Config::default();
        for profile in self.profiles.clone() {
            if self.rng.chance(50) {
                config.profiles.push(profile);
            }
        }
        for name in USES {
            if self.rng.chance(40) {
                let entry = self.one_use(name);
                config.uses.push(entry);
            }
        }
        for _ in 0..self.rng.below(3) {
            let name =
                if config.uses.is_empty() || self.rng.chance(80) { self.named() } else { config.uses[0].name.clone() };
            let entry = (name, self.policy_config());
            config.policies.push(entry);
        }
        for list in [0, 1] {
            if self.rng.chance(8) {
                let name = self.named();
                if list == 0 { config.only.push(name) } else { config.skip.push(name) }
            }
        }
        if self.rng.chance(25) {
            let policies = vec![if self.rng.chance(20) { "*".to_owned() } else { self.named() }];
            let until = self.rng.chance(50).then(|| (*self.rng.pick(&["2026-11-23", "2026-11-24"])).to_owned());
            let matches = self.chosen();
            config.exceptions.push(Exception { policies, matches, reason: "agreed".into(), owner: None, until });
        }
        if self.rng.chance(15) {
            let name = if self.rng.chance(30) { "*".to_owned() } else { self.named() };
            config.no_suppression.push(name);
        }
        if self.rng.chance(15) {
            config.min_severity = Some(*self.rng.pick(&[Severity::Low, Severity::Medium, Severity::High]));
        }
        if self.rng.chance(30) {
            config.params.push(("mode".into(), "auto".into()));
        }
        config.mode = if self.rng.chance(40) { Mode::Admission } else { Mode::Scan };
        config
    }

    fn one_use(&mut self, name: &str) -> UseEntry {
        let number = self.rng.below(self.policies.len());
        let policy = if self.rng.chance(50) { format!("t-{number}") } else { format!("policy_{number}") };
        let mut params = Vec::new();
        for (param, ty) in self.policies[number].clone() {
            if let Some(value) = self.outside(&ty).filter(|_| self.rng.chance(70)) {
                params.push((param, Setting::Json(value)));
            }
        }
        let ints = self.policies[number].iter().find(|(_, ty)| *ty == T::Int).cloned();
        if let Some((param, _)) = ints.filter(|_| self.rng.chance(20)) {
            self.params.push((format!("{name}.{param}"), 7.into()));
        }
        let matches = if self.rng.chance(50) { Match::default() } else { self.chosen() };
        let config = self.rng.chance(40).then(|| self.policy_config());
        UseEntry { name: name.to_owned(), policy, params, matches, config }
    }

    fn chosen(&mut self) -> Match {
        let mut matches = Match::default();
        let mut some = |list: &mut Vec<String>, globs: &[&str], percent: usize| {
            if self.rng.chance(percent) {
                list.push((*self.rng.pick(globs)).to_owned());
            }
        };
        some(&mut matches.kind, &["Pod", "*", "Deploy*", "Namespace"], 50);
        some(&mut matches.namespace, &["", "?*", "a*", "kube-*", "web"], 30);
        some(&mut matches.name, &["web", "*", "a*", "**"], 30);
        some(&mut matches.file, &["f?.made.yaml", "*.json", "**"], 20);
        matches
    }

    fn policy_config(&mut self) -> PolicyConfig {
        let levels = [Enforce::Off, Enforce::Audit, Enforce::Warn, Enforce::Enforce, Enforce::Enforce];
        let severities = [None, None, Some(Severity::Info), Some(Severity::Critical)];
        PolicyConfig {
            severity: *self.rng.pick(&severities),
            scan: *self.rng.pick(&levels),
            admission: *self.rng.pick(&levels),
            keep_existing: self.rng.chance(40),
        }
    }
}
