//! `plimsoll.toml`: what a scan is told by a file, and what a bundle says of itself.
//!
//! One file may be both. Unknown keys are an error, so that a typo cannot switch a policy off.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Of a bundle: its name.
    pub name: Option<String>,
    /// Of a bundle: its version.
    pub version: Option<String>,
    /// Of a bundle: the edition of the language, `2026`.
    pub edition: Option<String>,
    /// Of a bundle: the profile where none is asked for.
    pub default: Option<String>,
    /// Of a bundle: files of custom resource definitions, beside the file.
    #[serde(default)]
    pub crds: Vec<String>,
    /// What a scan does.
    pub scan: Option<ScanTable>,
    /// Parameters: of the bundle by name, of a policy by `policy.param`.
    #[serde(default)]
    pub params: BTreeMap<String, toml::Value>,
    /// By id or name.
    #[serde(default)]
    pub policies: BTreeMap<String, PolicyTable>,
    /// Further instances of policies.
    #[serde(default, rename = "use")]
    pub uses: Vec<UseTable>,
    /// Kinds that carry a pod template.
    #[serde(default, rename = "workload")]
    pub workloads: Vec<WorkloadTable>,
    /// What is let through, and why.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<ExceptionTable>,
}

/// `[scan]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanTable {
    /// Bundles, as paths beside the file.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Profiles.
    #[serde(default)]
    pub profile: OneOrMany,
    /// Globs of files that are not read.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Globs of files that are read; empty: all.
    #[serde(default)]
    pub include: Vec<String>,
    /// The least severity that fails the scan.
    pub fail_on: Option<String>,
    /// Objects to join with, as paths beside the file.
    #[serde(default)]
    pub inventory: Vec<String>,
    /// Kinds that are complete, or `all`.
    #[serde(default)]
    pub complete: OneOrMany,
    /// A file of exceptions, beside the file.
    pub exceptions: Option<String>,
}

/// One text or a list of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// Nothing was said.
    #[default]
    None,
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

/// `[policies.POD-38]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyTable {
    /// Another severity.
    pub severity: Option<String>,
    /// What its findings do.
    pub enforce: Option<Enforce>,
    /// `keep`: an update is denied only if the old object did not violate.
    pub existing: Option<String>,
}

/// `enforce = "off"`, or by scan and admission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Enforce {
    /// Everywhere.
    Everywhere(String),
    /// Apart.
    Apart {
        /// In a scan.
        scan: Option<String>,
        /// In an admission.
        admission: Option<String>,
    },
}

/// `[[use]]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseTable {
    /// The name of the instance.
    pub name: String,
    /// The policy, by id or name.
    pub policy: String,
    /// Its parameters.
    #[serde(default)]
    pub params: BTreeMap<String, toml::Value>,
    /// Which objects.
    #[serde(default, rename = "match")]
    pub matches: MatchTable,
    /// What its findings do.
    pub enforce: Option<Enforce>,
}

/// `match = { kind = "Pod", namespace = "prod-*" }`: globs; what is left out fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchTable {
    /// Kinds.
    #[serde(default)]
    pub kind: OneOrMany,
    /// Namespaces.
    #[serde(default)]
    pub namespace: OneOrMany,
    /// Names.
    #[serde(default)]
    pub name: OneOrMany,
    /// Files.
    #[serde(default)]
    pub file: OneOrMany,
}

/// `[[workload]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadTable {
    /// `group/version/Kind`
    pub kind: String,
    /// The pointer to the pod template.
    pub pod: String,
}

/// `[[exception]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionTable {
    /// Which policies, by id or name; `*` is every one.
    pub policies: OneOrMany,
    /// Which objects.
    #[serde(default, rename = "match")]
    pub matches: MatchTable,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds, `2027-01-31`.
    pub until: Option<String>,
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// What is wrong, with line and column.
    pub source: Box<toml::de::Error>,
}

impl Config {
    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is no TOML, or has a key that is not known.
    pub fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|source| ConfigError { path: path.to_owned(), source: Box::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_and_a_scan_in_one_file() -> Result<(), ConfigError> {
        let config = Config::parse(
            "plimsoll.toml",
            r#"
            name = "acme"
            [scan]
            profile = "pss_restricted"
            complete = ["Pod"]
            [params]
            "run_as_non_root.exempt_images" = ["postgres"]
            [policies.POD-38]
            enforce = { scan = "audit" }
            [[use]]
            name = "blue"
            policy = "rollout_has_steps"
            match = { namespace = "prod-*" }
            "#,
        )?;
        assert_eq!(config.scan.map(|s| s.profile.to_vec()), Some(vec!["pss_restricted".to_owned()]));
        assert_eq!(config.uses.len(), 1);
        Ok(())
    }

    #[test]
    fn a_typo_is_an_error_with_its_line() {
        let error = Config::parse("plimsoll.toml", "[scan]\nprofil = \"x\"\n").map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("profil") && e.contains("2")));
    }
}
