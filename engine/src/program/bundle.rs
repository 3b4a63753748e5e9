//! The `.plb` format, version 0: magic, version, section table, sections, checksum.
//!
//! ```text
//! 0   8  magic "PLIMSOLL"
//! 8   4  format version (little endian, like all numbers)
//! 12  4  number of sections
//! 16  …  section table: for each, tag (4 bytes), offset (u32), length (u32)
//! …   …  sections
//! -32 32 SHA-256 of everything before it
//! ```
//!
//! Section `PROG` holds the program, `SETT` what the bundle says of its policies (both postcard); `SIGN` is reserved for a
//! signature. An engine reads its own version only, and no bundle without all sections.

use super::verify::{Verified, VerifyError, verify};
use super::{BundleSettings, Program};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The first bytes of every bundle.
pub const MAGIC: &[u8; 8] = b"PLIMSOLL";
/// The version that this engine writes and reads. Version 0 is not stable.
pub const VERSION: u32 = 0;
/// The program.
const PROGRAM: &[u8; 4] = b"PROG";
/// What the bundle says of its policies.
const SETTINGS: &[u8; 4] = b"SETT";
const CHECKSUM: usize = 32;
const HEADER: usize = 16;
const ENTRY: usize = 12;
const MAX_SECTIONS: u32 = 16;

/// Why a bundle cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no bundle.
    #[error("E0630: this is no compiled Plimsoll bundle")]
    NotABundle,
    /// It was written by another version.
    #[error(
        "E0631: the bundle has format version {found}, this engine reads {VERSION}: recompile it with `plimsoll build`"
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// It was cut or changed.
    #[error("E0632: the bundle is damaged: {0}")]
    Damaged(&'static str),
    /// Its program is not well formed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The program cannot be written.
    #[error("E0633: the program cannot be written: {0}")]
    Write(String),
}

impl BundleError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotABundle => "E0630",
            Self::Version { .. } => "E0631",
            Self::Damaged(_) => "E0632",
            Self::Write(_) => "E0633",
            Self::Verify(_) => "E0634",
        }
    }
}

/// Writes a program.
///
/// # Errors
/// `Write` if the program is too large for the format.
pub fn encode(program: &Program) -> Result<Vec<u8>, BundleError> {
    let sections = [(PROGRAM, body(program)?), (SETTINGS, body(&program.settings)?)];
    let too_large = || BundleError::Write("it is larger than 4 GiB".to_owned());
    let number = |n: usize| u32::try_from(n).map(u32::to_le_bytes).map_err(|_| too_large());
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&number(sections.len())?);
    let mut at = HEADER.saturating_add(ENTRY.saturating_mul(sections.len()));
    for (tag, body) in &sections {
        out.extend_from_slice(*tag);
        out.extend_from_slice(&number(at)?);
        out.extend_from_slice(&number(body.len())?);
        at = at.checked_add(body.len()).ok_or_else(too_large)?;
    }
    sections.iter().for_each(|(_, body)| out.extend_from_slice(body));
    seal(&mut out);
    Ok(out)
}

fn body(part: &impl Serialize) -> Result<Vec<u8>, BundleError> {
    postcard::to_allocvec(part).map_err(|error| BundleError::Write(error.to_string()))
}

/// Appends the checksum.
pub fn seal(bytes: &mut Vec<u8>) {
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
}

/// Reads a program and verifies it.
///
/// # Errors
/// If the bytes are no bundle, of another version, damaged, or the program is not well formed.
pub fn decode(bytes: &[u8]) -> Result<Verified, BundleError> {
    if bytes.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(BundleError::NotABundle);
    }
    let found = number(bytes, 8).ok_or(BundleError::Damaged("it ends in its header"))?;
    if found != VERSION {
        return Err(BundleError::Version { found });
    }
    let split = bytes.len().checked_sub(CHECKSUM).ok_or(BundleError::Damaged("it ends in its header"))?;
    let (content, sum) = bytes.split_at(split);
    if Sha256::digest(content).as_slice() != sum {
        return Err(BundleError::Damaged("the checksum does not fit"));
    }
    let mut program: Program = part(content, PROGRAM, "it holds no program")?;
    program.settings = part::<BundleSettings>(content, SETTINGS, "it holds no settings: compile it again")?;
    Ok(verify(program)?)
}

/// What a section holds, to its last byte.
fn part<T: DeserializeOwned>(content: &[u8], tag: &[u8; 4], missing: &'static str) -> Result<T, BundleError> {
    match postcard::take_from_bytes(section(content, tag, missing)?) {
        Ok((part, [])) => Ok(part),
        Ok(_) => Err(BundleError::Damaged("bytes follow what a section holds")),
        Err(_) => Err(BundleError::Damaged("a section cannot be read")),
    }
}

fn section<'b>(content: &'b [u8], tag: &[u8; 4], missing: &'static str) -> Result<&'b [u8], BundleError> {
    let count = number(content, 12)
        .filter(|n| *n <= MAX_SECTIONS)
        .ok_or(BundleError::Damaged("the section table is too long"))?;
    let entries = content.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY).take(count as usize);
    let entry = entries.into_iter().find(|e| e.starts_with(tag)).ok_or(BundleError::Damaged(missing))?;
    let range = number(entry, 4).zip(number(entry, 8)).map(|(start, len)| {
        let start = start as usize;
        start..start.saturating_add(len as usize)
    });
    range.and_then(|range| content.get(range)).ok_or(BundleError::Damaged("a section is out of range"))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}
