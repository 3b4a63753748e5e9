//! Files → documents, in parallel. What cannot be read is kept beside what could.

use super::walk::{InputFile, shown};
use crate::input::input_error;
use plimsoll_engine::document::{self, Document, Format, InputError, InputErrorKind, Limits, ReadOptions, SourceText};
use plimsoll_engine::program::Symbols;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Texts that stand in the place of what the files hold: standard input (as `-`), and files that are being fixed.
pub type Overlay = BTreeMap<String, Arc<[u8]>>;

/// A file that was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadFile {
    /// Which.
    pub file: InputFile,
    /// Its text; empty where it has none.
    pub source: Arc<SourceText>,
    /// The documents that could be read.
    pub documents: Vec<Arc<Document>>,
    /// What could not.
    pub errors: Vec<InputError>,
}

/// Reads files, in their order.
#[must_use]
pub fn read_all(
    files: &[InputFile],
    overlay: &Overlay,
    limits: Limits,
    symbols: &Arc<Symbols>,
    done: &(dyn Fn() + Sync),
) -> Vec<ReadFile> {
    files
        .par_iter()
        .map(|file| {
            let read = read_one(file, overlay, limits, symbols);
            done();
            read
        })
        .collect()
}

fn read_one(file: &InputFile, overlay: &Overlay, limits: Limits, symbols: &Arc<Symbols>) -> ReadFile {
    let options = ReadOptions { format: Format::of_path(&file.name), limits, symbols: symbols.clone() };
    let read = match overlay.get(&file.name) {
        Some(bytes) => Ok(document::read(&file.name, bytes, &options)),
        None => bytes(file, limits).map(|bytes| document::read(&file.name, &bytes, &options)),
    };
    match read {
        Ok(read) => {
            ReadFile { file: file.clone(), source: read.source, documents: read.documents, errors: read.errors }
        }
        Err((kind, message)) => {
            let source = Arc::new(SourceText::new(&file.name, ""));
            let errors = vec![input_error(kind, &message, &source.name)];
            ReadFile { file: file.clone(), source, documents: Vec::new(), errors }
        }
    }
}

/// The bytes of a file. A file that is larger than the limit is not read at all.
fn bytes(file: &InputFile, limits: Limits) -> Result<Vec<u8>, (InputErrorKind, String)> {
    let Some(path) = &file.path else { return Ok(Vec::new()) };
    crate::file::read(path, limits.max_bytes as u64).map_err(|error| {
        if error.kind() == std::io::ErrorKind::FileTooLarge {
            (InputErrorKind::Limit, format!("the input is too large: {error}"))
        } else {
            (InputErrorKind::Unreadable, format!("the file can't be read: {error}"))
        }
    })
}

/// Reads pipes and devices among the paths into an overlay: they give their text once, and a scan may ask for it several
/// times. What cannot be read is left to the scan, which says so.
pub fn pipes(paths: &[PathBuf], limits: Limits, overlay: &mut Overlay) {
    for path in paths.iter().filter(|path| crate::file::is_pipe(path)) {
        match crate::file::read(path, limits.max_bytes as u64) {
            Ok(bytes) => overlay.insert(shown(path), bytes.into()),
            // The scan reads as far, and says the same of it.
            Err(_) => None,
        };
    }
}

/// Standard input up to a limit, as an overlay's text.
///
/// # Errors
/// If it cannot be read.
pub fn stdin(limits: Limits) -> std::io::Result<Arc<[u8]>> {
    let mut bytes = Vec::new();
    let most = (limits.max_bytes as u64).saturating_add(1);
    std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}
