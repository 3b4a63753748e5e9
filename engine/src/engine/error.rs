//! What a host says that does not fit the program.

/// Why an engine can't be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No such profile.
    #[error("there is no profile `{name}`{}", hint(.suggestion))]
    UnknownProfile {
        /// As it was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// No such policy.
    #[error("there is no policy `{name}`{}", hint(.suggestion))]
    UnknownPolicy {
        /// As it was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// No such parameter.
    #[error("there is no parameter `{name}`{}", hint(.suggestion))]
    UnknownParam {
        /// As it was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// No such `data`.
    #[error("no policy asks for the data `{name}`{}", hint(.suggestion))]
    UnknownData {
        /// As it was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A value that is not of the parameter's type.
    #[error("the parameter `{name}` can't be set: {why} (its type is `{type_text}`)")]
    BadParam {
        /// The parameter.
        name: String,
        /// Its type.
        type_text: String,
        /// What is wrong.
        why: String,
    },
    /// A parameter without default that nobody set.
    #[error("the parameter `{name}` has no default and must be set (`--set {name}=…`)")]
    MissingParam {
        /// The parameter.
        name: String,
    },
    /// `data` that a policy needs and nobody gave.
    #[error("the data `{name}` must be given (`--data {name}=FILE`)")]
    MissingData {
        /// The name.
        name: String,
    },
    /// A document that is not of the type of its `data`.
    #[error("the data `{name}` is not as policies expect it: {why} (its type is `{type_text}`)")]
    BadData {
        /// The name.
        name: String,
        /// Its type.
        type_text: String,
        /// What is wrong.
        why: String,
    },
    /// Two profiles that set one parameter to different values.
    #[error("the profiles `{first}` and `{second}` set `{name}` to different values")]
    Conflict {
        /// The parameter.
        name: String,
        /// One profile.
        first: String,
        /// The other.
        second: String,
    },
    /// The condition of a policy could not be evaluated.
    #[error("whether `{policy}` is enabled can't be told: {why}")]
    Enabled {
        /// The policy.
        policy: String,
        /// What is wrong.
        why: String,
    },
    /// Two `[[use]]` entries of one name, or one that is named as a policy.
    #[error("the name `{name}` of a `[[use]]` entry is taken")]
    UseTwice {
        /// The name.
        name: String,
    },
    /// A module for an `extern fn` that can't be used.
    #[error("the extension for `{name}` can't be used: {why}")]
    Extension {
        /// The function.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A module for an `extern fn` that nobody declares.
    #[error("no policy asks for the function `{name}`{}", hint(.suggestion))]
    UnknownFunction {
        /// As it was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// The program needs something that this engine lacks.
    #[error("the program can't be run: {0}")]
    Program(String),
}

impl EngineError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownProfile { .. } => "E0610",
            Self::UnknownPolicy { .. } => "E0611",
            Self::UnknownParam { .. } => "E0612",
            Self::UnknownData { .. } => "E0613",
            Self::BadParam { .. } => "E0614",
            Self::MissingParam { .. } => "E0615",
            Self::MissingData { .. } => "E0616",
            Self::BadData { .. } => "E0617",
            Self::Conflict { .. } => "E0618",
            Self::Enabled { .. } => "E0619",
            Self::UseTwice { .. } => "E0620",
            Self::Program(_) => "E0621",
            Self::Extension { .. } => "E0622",
            Self::UnknownFunction { .. } => "E0623",
        }
    }
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |s| format!("; did you mean `{s}`?"))
}

/// The name that is closest to what was written, if one is close.
#[must_use]
pub fn suggest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let fold = |s: &str| s.to_ascii_lowercase().replace('-', "_");
    let written = fold(written);
    let distance = |name: &str| strsim::damerau_levenshtein(&written, &fold(name));
    let close = names.into_iter().map(|n| (distance(n), n)).min()?;
    let most = (written.chars().count() / 3).max(1);
    (close.0 <= most).then(|| close.1.to_owned())
}
