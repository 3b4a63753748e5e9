//! How bad a finding is and what it does: words that programs and decisions share.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth mending.
    Low,
    /// A weakness.
    Medium,
    /// A way in, with help.
    High,
    /// A way in.
    Critical,
}

/// What a finding does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Action {
    /// Only a report.
    Audit,
    /// An admission warning.
    Warn,
    /// Refuses an admission.
    Deny,
}

/// Names of [`Severity`] as the language and all outputs write them, lowest first.
pub const SEVERITIES: [(&str, Severity); 5] = [
    ("info", Severity::Info),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

/// Names of [`Action`] as the language and all outputs write them, mildest first.
pub const ACTIONS: [(&str, Action); 3] = [("audit", Action::Audit), ("warn", Action::Warn), ("deny", Action::Deny)];

impl Severity {
    /// The severity of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Severity> {
        SEVERITIES.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        SEVERITIES.iter().find(|(_, s)| *s == self).map_or("", |(n, _)| n)
    }
}

impl Action {
    /// The action of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Action> {
        ACTIONS.iter().find(|(n, _)| *n == name).map(|(_, a)| *a)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(_, a)| *a == self).map_or("", |(n, _)| n)
    }
}
