//! What a call says: a number, and for most calls bytes. A call that fails says why in both.

use plimsoll::Error;
use serde_json::json;

/// Why a call fails; the number that it gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// There is nothing of that handle, or it is something else.
    Handle = -1,
    /// These bytes are not in memory that `plimsoll_alloc` gave.
    Memory = -2,
    /// A text that is not UTF-8, a number that means nothing, JSON that is none.
    Argument = -3,
    /// A bundle, settings, an input or policies that are refused.
    Refused = -4,
    /// A call ended in a trap before: the instance is not to be used any more.
    Broken = -5,
}

/// A call that fails.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: Status,
    code: Option<&'static str>,
    message: String,
}

/// What a call gives.
pub(crate) type Outcome = Result<i32, Fault>;

impl Fault {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, code: None, message: message.into() }
    }

    /// The bytes of the answer.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let value = json!({ "status": self.status as i32, "code": self.code, "message": self.message });
        plimsoll::engine::decision::json::to_vec(&value)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let code = error.code();
        let text = error.to_string();
        let message = code.and_then(|code| text.strip_prefix(code)?.strip_prefix(": ")).unwrap_or(&text).to_owned();
        Fault { status: Status::Refused, code, message }
    }
}
