//! What a host or a bundle says of policies: enforcement, exceptions, and what travels in a `.plb`.
//!
//! A bundle's own settings (`[params]`, `[policies]`, `[[use]]`, `[[exception]]` of its `plimsoll.toml`) are part of the
//! compiled bundle, so that it behaves as its folder does. Names are checked by the engine, which knows them; values of
//! parameters are JSON texts, read by the parameter's type.

use crate::severity::{Action, Severity};
use serde::{Deserialize, Serialize};

/// How far a policy is enforced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Enforce {
    /// It is not evaluated.
    Off,
    /// Its findings are only reported.
    Audit,
    /// Its findings warn at most.
    Warn,
    /// As its rules say.
    #[default]
    Enforce,
}

/// What a host says of a policy, by id or name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PolicyConfig {
    /// In the place of its own and its rules' severity.
    pub severity: Option<Severity>,
    /// How far it is enforced in scans.
    pub scan: Enforce,
    /// How far it is enforced in admissions.
    pub admission: Enforce,
    /// `existing = "keep"`: an update is denied only if the old object did not violate.
    pub keep_existing: bool,
}

impl Enforce {
    /// The level of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Enforce> {
        match name {
            "off" => Some(Enforce::Off),
            "audit" => Some(Enforce::Audit),
            "warn" => Some(Enforce::Warn),
            "enforce" => Some(Enforce::Enforce),
            _ => None,
        }
    }

    /// The effective action.
    #[must_use]
    pub fn limit(self, action: Action) -> Action {
        match self {
            Enforce::Off | Enforce::Audit => Action::Audit,
            Enforce::Warn => action.min(Action::Warn),
            Enforce::Enforce => action,
        }
    }
}

/// Which objects: those that one glob of each list fits; an empty list fits all.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Match {
    /// Globs over the kind.
    pub kind: Vec<String>,
    /// Globs over the namespace; an object without one has the empty text.
    pub namespace: Vec<String>,
    /// Globs over the name.
    pub name: Vec<String>,
    /// Globs over the file's path.
    pub file: Vec<String>,
}

/// An exception.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Exception {
    /// Ids, names or use names of policies; `*` for all.
    pub policies: Vec<String>,
    /// Which objects.
    pub matches: Match,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it counts (`2027-01-31`).
    pub until: Option<String>,
}

/// What a bundle says of its own policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleSettings {
    /// Parameters: `name` or `policy.name`, and the value as JSON.
    pub params: Vec<(String, String)>,
    /// Severity and enforcement, by id or name.
    pub policies: Vec<(String, PolicyConfig)>,
    /// Further instances of policies.
    pub uses: Vec<BundleUse>,
    /// What is let through, and why.
    pub exceptions: Vec<Exception>,
}

/// A `[[use]]` entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleUse {
    /// Its name.
    pub name: String,
    /// The policy, by id or name.
    pub policy: String,
    /// Parameters by name, and the value as JSON.
    pub params: Vec<(String, String)>,
    /// Which objects.
    pub matches: Match,
    /// Severity and enforcement, in the place of the policy's.
    pub config: Option<PolicyConfig>,
}

/// The engine compares names with each other, so a table may have so many entries.
const MAX_ENTRIES: usize = 4096;

impl BundleSettings {
    /// Checks what does not need the program.
    pub(crate) fn verify(&self) -> Result<(), String> {
        let tables = [
            ("parameters", self.params.len()),
            ("policies", self.policies.len()),
            ("uses", self.uses.len()),
            ("exceptions", self.exceptions.len()),
        ];
        if let Some((name, len)) = tables.into_iter().find(|(_, len)| *len > MAX_ENTRIES) {
            return Err(format!("its settings have {len} {name}, more than {MAX_ENTRIES}"));
        }
        let params = self.params.iter().chain(self.uses.iter().flat_map(|entry| &entry.params));
        for (name, text) in params {
            if serde_json::from_str::<serde_json::Value>(text).is_err() {
                return Err(format!("its setting of `{name}` is no JSON"));
            }
        }
        Ok(())
    }
}
