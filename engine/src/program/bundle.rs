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
//! Section `PROG` holds the program (postcard); `SIGN` is reserved for a signature. An engine reads its own version only.

use super::Program;
use super::verify::{Verified, VerifyError, verify};
use sha2::{Digest, Sha256};

/// The first bytes of every bundle.
pub const MAGIC: &[u8; 8] = b"PLIMSOLL";
/// The version that this engine writes and reads. Version 0 is not stable.
pub const VERSION: u32 = 0;
/// The program.
const PROGRAM: &[u8; 4] = b"PROG";
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

/// Writes a program.
///
/// # Errors
/// `Write` if the program is too large for the format.
pub fn encode(program: &Program) -> Result<Vec<u8>, BundleError> {
    let body = postcard::to_allocvec(program).map_err(|error| BundleError::Write(error.to_string()))?;
    let too_large = |_| BundleError::Write("it is larger than 4 GiB".to_owned());
    let mut out = Vec::with_capacity(body.len().saturating_add(HEADER + ENTRY + CHECKSUM));
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&1_u32.to_le_bytes());
    out.extend_from_slice(PROGRAM);
    out.extend_from_slice(&u32::try_from(HEADER + ENTRY).map_err(too_large)?.to_le_bytes());
    out.extend_from_slice(&u32::try_from(body.len()).map_err(too_large)?.to_le_bytes());
    out.extend_from_slice(&body);
    seal(&mut out);
    Ok(out)
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
    let body = section(content, PROGRAM)?;
    let (program, rest) =
        postcard::take_from_bytes::<Program>(body).map_err(|_| BundleError::Damaged("the program cannot be read"))?;
    if !rest.is_empty() {
        return Err(BundleError::Damaged("bytes follow the program"));
    }
    Ok(verify(program)?)
}

fn section<'b>(content: &'b [u8], tag: &[u8; 4]) -> Result<&'b [u8], BundleError> {
    let count = number(content, 12)
        .filter(|n| *n <= MAX_SECTIONS)
        .ok_or(BundleError::Damaged("the section table is too long"))?;
    let entries = content.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY).take(count as usize);
    let entry = entries.into_iter().find(|e| e.starts_with(tag)).ok_or(BundleError::Damaged("it holds no program"))?;
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
