//! `plimsoll.toml`: what a scan is told by a file, and what a bundle says of itself.
//!
//! One file may be both. Unknown keys are an error, so that a typo cannot switch a policy off.

use crate::clean;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

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
#[serde(untagged, expecting = "expected a string or a list of strings")]
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
#[serde(untagged, expecting = "expected a word, or `{ scan = …, admission = … }` with a word for each")]
pub enum Enforce {
    /// Everywhere.
    Everywhere(String),
    /// Apart.
    Apart(EnforceApart),
}

/// `{ scan = "audit", admission = "enforce" }`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforceApart {
    /// In a scan.
    pub scan: Option<String>,
    /// In an admission.
    pub admission: Option<String>,
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
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("`{path}` can't be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, or has a key that is not known.
    #[error("{path}{place}: {message}{excerpt}")]
    Text {
        /// The file.
        path: String,
        /// Line and column, `:3:7`; empty where there is none.
        place: String,
        /// What is wrong.
        message: String,
        /// The line below a line end, with a caret.
        excerpt: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML, or has a key that is not known.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let name = crate::folder::shown(path);
        match crate::file::read_text(path, crate::file::MAX_CONFIG) {
            Ok(text) => Config::parse(&name, &text),
            Err(source) => Err(ConfigError::Io { path: name, source }),
        }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is no TOML, or has a key that is not known.
    pub fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| text_error(path, text, &error))
    }
}

/// An error with its line. Lines may be long: of this one only the part round the mistake is shown.
fn text_error(path: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let mut out = (String::new(), String::new());
    if let Some(span) = error.span() {
        let at = text.floor_char_boundary(span.start);
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let begin = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let column = before.get(begin..).unwrap_or_default().chars().count();
        let line = before.matches('\n').count().saturating_add(1);
        let rest = after.split('\n').next().unwrap_or_default();
        let whole = format!("{}{rest}", before.get(begin..).unwrap_or_default());
        let (shown, caret) = clean::window(whole.trim_end(), column);
        let (number, indent) = (line.to_string(), " ".repeat(caret));
        let margin = " ".repeat(number.len());
        out = (format!(":{line}:{}", column.saturating_add(1)), format!("\n{number} | {shown}\n{margin} | {indent}^"));
    }
    let message = clean::clip(&clean::line(error.message().trim()), 300);
    ConfigError::Text { path: path.to_owned(), place: out.0, message, excerpt: out.1 }
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
    fn a_word_that_is_none_of_a_table_switches_nothing_off() {
        for (text, why) in [
            ("[policies.POD-01]\nenforce = { scn = \"off\" }", "expected a word"),
            ("[scan]\ncomplete = [1]", "a string or a list of strings"),
        ] {
            let error = Config::parse("c.toml", text).map_err(|e| e.to_string());
            assert!(error.as_ref().is_err_and(|e| e.contains(why)), "{error:?}");
        }
    }

    #[test]
    fn of_a_long_line_the_part_round_the_mistake_is_shown() {
        let text = format!("[scan]\nexclude = [\"{}\", 1]\n", "x".repeat(100_000));
        let error = Config::parse("c.toml", &text).map_err(|e| e.to_string()).unwrap_err();
        assert!(
            error.starts_with("c.toml:2:100016: invalid type: integer `1`, expected a string\n2 | …xxx"),
            "{error}"
        );
        let mut lines = error.lines().rev().map(|line| line.chars().count());
        // The caret is under the `1`, and the line ends behind it.
        assert_eq!(lines.next().map(|caret| caret + 1), lines.next(), "{error}");
        assert!(error.lines().all(|line| line.chars().count() < 130), "{error}");
    }

    #[test]
    fn a_typo_is_an_error_with_its_line() {
        let error = Config::parse("plimsoll.toml", "[scan]\nprofil = \"x\"\n").map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("profil") && e.contains("2")));
    }
}
