//! What can go wrong in the engine: evaluation errors (E08) and limits (E09).

/// Why an evaluation did not go on. An error of a rule ends that rule for that object; it is never an allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// E0801: an operator or function got a value that it is not for.
    #[error("{0}")]
    Value(String),
    /// E0802: `fail("…")`
    #[error("{0}")]
    Failed(String),
    /// E0803: integer overflow or division by zero.
    #[error("{0}")]
    Arithmetic(String),
    /// E0804: two values under one key of a map.
    #[error("{0}")]
    KeyTwice(String),
    /// E0805: a node of the wrong type was read; the object's input error says so, this adds nothing.
    #[error("a value of the wrong type was read")]
    WrongInput,
    /// E0806: a required field that is not there was read.
    #[error("{0}")]
    MissingInput(String),
    /// E0807: a host function is not there or failed.
    #[error("{0}")]
    Extern(String),
    /// E0901: the fuel of the object is used up.
    #[error("the evaluation used up its fuel")]
    Fuel,
    /// E0902: the memory of the evaluation is used up.
    #[error("the evaluation used up its memory")]
    Memory,
    /// E0903: more findings than the limit.
    #[error("more findings than the limit")]
    Findings,
    /// E0909: the bytecode did what the verifier excludes: a defect of the engine.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl EvalError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Value(_) => "E0801",
            Self::Failed(_) => "E0802",
            Self::Arithmetic(_) => "E0803",
            Self::KeyTwice(_) => "E0804",
            Self::WrongInput => "E0805",
            Self::MissingInput(_) => "E0806",
            Self::Extern(_) => "E0807",
            Self::Fuel => "E0901",
            Self::Memory => "E0902",
            Self::Findings => "E0903",
            Self::Internal(_) => "E0909",
        }
    }

    /// True for a limit: it ends the whole object, not one rule, and no `let` may keep it.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::Fuel | Self::Memory | Self::Findings | Self::Internal(_))
    }
}
