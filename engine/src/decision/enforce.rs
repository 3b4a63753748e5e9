//! Enforcement: what becomes of the action that a rule asks for.

use super::{Action, Severity};

/// How far a policy is enforced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
