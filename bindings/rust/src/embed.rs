//! Feature `embed`: a compiled bundle put inside a WebAssembly module, so that engine and policies are one file.
//!
//! A *template* is a module that asks its surroundings for its bundle: it imports `plimsoll.bundle_len: () -> i32` and
//! `plimsoll.bundle_copy: (i32) -> ()`, which writes the bundle to an address. [`embed`] puts two functions in the place of the
//! imports, over a data segment that has the bundle. No other function changes its index but those that are imported.
//!
//! ```no_run
//! let template = std::fs::read("opa-wasm.wasm")?;
//! let bundle = std::fs::read("policies.plb")?;
//! let module = plimsoll::embed::embed(&template, &bundle, &plimsoll::embed::EmbedOptions::opa())?;
//! std::fs::write("policies.wasm", module)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod survey;
mod write;

use wasm_encoder::reencode;

/// The module of the two imports.
pub const MODULE: &str = "plimsoll";
/// The import that gives the bundle's length.
pub const BUNDLE_LEN: &str = "bundle_len";
/// The import that copies the bundle to an address.
pub const BUNDLE_COPY: &str = "bundle_copy";
/// The custom section that has the bundle of a module that does not ask for it.
pub const BUNDLE_SECTION: &str = "plimsoll.bundle";

/// What else is changed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EmbedOptions {
    /// Constants to export as immutable globals, in order.
    pub globals: Vec<(String, i32)>,
    /// Custom sections to append: name and content.
    pub sections: Vec<(String, Vec<u8>)>,
    /// The memory is imported, and may be smaller than what the module needs: the module asks for one page, grows the memory
    /// as it starts, and copies its data then.
    pub grow_at_start: bool,
}

impl EmbedOptions {
    /// For a module that speaks OPA's ABI 1.3: hosts make a memory of a few pages, and read the version from two globals.
    #[must_use]
    pub fn opa() -> EmbedOptions {
        let globals = [("opa_wasm_abi_version", 1), ("opa_wasm_abi_minor_version", 3)];
        EmbedOptions {
            globals: globals.map(|(name, value)| (name.to_owned(), value)).into(),
            grow_at_start: true,
            ..EmbedOptions::default()
        }
    }

    /// One more custom section.
    #[must_use]
    pub fn section(mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) -> EmbedOptions {
        self.sections.push((name.into(), content.into()));
        self
    }
}

/// Why nothing was embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The template is no WebAssembly module, or a broken one.
    #[error("the template is no WebAssembly module that can be read: {0}")]
    Module(String),
    /// It is a module, but not of the form that a template has.
    #[error("the module is no template of Plimsoll: {0}")]
    Template(&'static str),
    /// The bundle is too large for a 32 bit address.
    #[error("the bundle has {0} bytes, more than a module can hold")]
    Large(usize),
}

impl From<wasmparser::Error> for EmbedError {
    fn from(error: wasmparser::Error) -> EmbedError {
        EmbedError::Module(error.to_string())
    }
}

impl From<reencode::Error> for EmbedError {
    fn from(error: reencode::Error) -> EmbedError {
        match error {
            reencode::Error::ParseError(error) => error.into(),
            other => EmbedError::Module(other.to_string()),
        }
    }
}

/// The module with the bundle inside. What it gives is a valid module, whatever the template is.
///
/// # Errors
/// If the template is no module, or has not the form of a template.
pub fn embed(template: &[u8], bundle: &[u8], options: &EmbedOptions) -> Result<Vec<u8>, EmbedError> {
    if i32::try_from(bundle.len()).is_err() {
        return Err(EmbedError::Large(bundle.len()));
    }
    wasmparser::validate(template)?;
    let survey = survey::Survey::of(template)?;
    let module = write::write(template, bundle, &survey, options)?;
    wasmparser::validate(&module)?;
    Ok(module)
}

/// A module with custom sections appended, all else as it is: `bundle` in [`BUNDLE_SECTION`], for hosts that hand it over to a
/// module that loads bundles at run time.
///
/// # Errors
/// If the template is no module.
pub fn attach(template: &[u8], bundle: &[u8]) -> Result<Vec<u8>, EmbedError> {
    wasmparser::validate(template)?;
    let mut module = template.to_vec();
    write::custom(&mut module, BUNDLE_SECTION, bundle);
    Ok(module)
}

/// True if a module asks for a bundle.
#[must_use]
pub fn is_template(module: &[u8]) -> bool {
    survey::Survey::of(module).is_ok()
}

#[cfg(test)]
mod tests;
