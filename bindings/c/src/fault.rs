//! Why a call fails.

use plimsoll::Error;

/// What a call came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub enum Status {
    /// It is done.
    Ok = 0,
    /// A handle is NULL, or of another kind.
    Handle = 1,
    /// A pointer is NULL where bytes must be, a length is too great, a text is not UTF-8, or JSON is none.
    Argument = 2,
    /// A bundle, settings, an input or policies are refused.
    Refused = 3,
    /// Another thread (or the caller of a function of the host) uses the handle.
    Busy = 4,
    /// The library has an error of its own; what was in use is not to be used any more.
    Panic = 5,
}

/// A call that fails.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: Status,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, code: "", message: message.into() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let code = error.code().unwrap_or_default();
        let text = error.to_string();
        let message = text.strip_prefix(code).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text).to_owned();
        Fault { status: Status::Refused, code, message }
    }
}
