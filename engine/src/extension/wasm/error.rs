//! Why a module is refused, and what went wrong in a call, in words that depend on nothing but the module.

use super::ABI;
use std::fmt::Write;
use wasmtime::{ExternType, Trap, ValType};

/// Why a module can't be an extension. Names are the module's own and so may be anything.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// Longer than the limit.
    #[error("it has {length} bytes, more than the limit of {limit}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// More functions, types of functions or loops than the limit.
    #[error("it has {count} {what}, more than the limit of {limit}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many it says it has.
        count: u64,
        /// The limit.
        limit: u32,
    },
    /// No module, or one with features that are not supported.
    #[error("it is no WASM module that can be used: {0}")]
    NotWasm(String),
    /// An export that is not there.
    #[error("it does not export `{0}`")]
    MissingExport(String),
    /// An export that is something else.
    #[error("its export `{name}` {why}")]
    Export {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// An import that is not granted.
    #[error(
        "it imports `{module}.{name}`, which is not granted: an extension has no access to anything{}",
        hint(module)
    )]
    Import {
        /// The module that it is asked from.
        module: String,
        /// Its name.
        name: String,
    },
    /// An import that is granted, with another signature.
    #[error("its import `{module}.{name}` must be a function from (i32, i32) to i64")]
    ImportType {
        /// The module that it is asked from.
        module: String,
        /// Its name.
        name: String,
    },
    /// Made for another version of the ABI.
    #[error("it speaks version {0} of the extension ABI, not version {ABI}")]
    Abi(i32),
    /// It can't be started within the limits.
    #[error("it does not start: {0}")]
    Start(String),
}

impl ExtensionError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "E0622"
    }
}

fn hint(module: &str) -> &'static str {
    if module.starts_with("wasi") { " (build it for `wasm32-unknown-unknown`, without WASI)" } else { "" }
}

/// What is wrong with an export that must be a function.
pub(super) fn export(name: &str, params: usize, results: &[ValType], found: Option<&ExternType>) -> ExtensionError {
    let name = name.to_owned();
    let Some(found) = found else { return ExtensionError::MissingExport(name) };
    let mut why = String::from("must be a function from (");
    let wanted = vec!["i32"; params].join(", ");
    let to = results.first().map_or("nothing".to_owned(), ToString::to_string);
    // Writing to a `String` can't fail.
    let _ = write!(why, "{wanted}) to {to}, not {}", kind(found));
    ExtensionError::Export { name, why }
}

fn kind(found: &ExternType) -> &'static str {
    match found {
        ExternType::Func(_) => "another one",
        ExternType::Global(_) => "a global",
        ExternType::Table(_) => "a table",
        ExternType::Memory(_) => "a memory",
        _ => "something else",
    }
}

/// An error of wasmtime in words, without addresses.
pub(super) fn words(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trapped(*trap).to_owned(),
        None => error.root_cause().to_string(),
    }
}

fn trapped(trap: Trap) -> &'static str {
    match trap {
        Trap::OutOfFuel => "it used up its instructions",
        Trap::StackOverflow => "it used up its stack",
        Trap::UnreachableCodeReached => "it gave up (`unreachable`)",
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => "it left its memory",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => "it called a function that is none",
        Trap::IntegerOverflow | Trap::BadConversionToInteger => "a number was too large",
        Trap::IntegerDivisionByZero => "it divided by zero",
        _ => "it was stopped",
    }
}
