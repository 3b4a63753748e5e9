//! Why there is no engine, or no decision.

#[cfg(feature = "compile")]
use crate::compile::BuildError;
#[cfg(feature = "compile")]
use crate::load::LoadError;
use crate::settings::SettingsError;
use plimsoll_engine::decision::DecisionError;
use plimsoll_engine::document::{InputError, InputErrorKind};
use plimsoll_engine::program::bundle::BundleError;

/// Why there is no engine, or no decision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Policies cannot be compiled.
    #[cfg(feature = "compile")]
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A compiled bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What the host says does not fit.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An input cannot be read.
    #[error(transparent)]
    Input(#[from] Box<InputError>),
    /// An input has no object.
    #[error("E0710: there is no object in `{0}`")]
    NoObject(String),
    /// A request that is none.
    #[error("E0710: `{0}` is no admission request")]
    NoRequest(String),
    /// No policies were given, and this build has none of its own.
    #[error("no policies were given")]
    NoPolicies,
    /// What a host says in JSON is not understood.
    #[error("the settings can't be used: {0}")]
    Configure(String),
    /// There is nothing to evaluate.
    #[error("no bundle has what `only` and `profile` ask for")]
    Nothing,
}

impl Error {
    /// The stable code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Error::Bundle(error) => Some(error.code()),
            Error::Settings(SettingsError::Engine(error)) => Some(error.code()),
            Error::Input(error) => Some(error.code),
            Error::NoObject(_) | Error::NoRequest(_) => Some(InputErrorKind::NotAnObject.code()),
            #[cfg(feature = "compile")]
            Error::Build(BuildError::Refused { source, .. }) => Some(source.code()),
            _ => None,
        }
    }

    /// The error as decisions list it.
    #[must_use]
    pub fn to_decision_error(&self, file: &str) -> DecisionError {
        if let Error::Input(error) = self {
            return DecisionError::from(&**error);
        }
        let code = self.code().unwrap_or_default();
        let text = self.to_string();
        let message = text.strip_prefix(code).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text);
        DecisionError::of_input(code, message, file)
    }
}

#[cfg(feature = "compile")]
impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Error::Build(error.into())
    }
}
