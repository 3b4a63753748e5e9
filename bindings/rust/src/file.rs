//! Files that others name: read up to a limit, written as a whole or not at all.
//!
//! INVARIANT: what has no end (a device, a pipe that is written for ever) ends at the limit. A pipe is read as a file is, since
//! shells make pipes of `<(…)`; a folder, a socket and a disk never are.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The longest configuration file.
pub const MAX_CONFIG: u64 = 4 << 20;

/// Reads a file that is not larger than `most`.
///
/// # Errors
/// If it cannot be read, is larger, or is of a kind that has no text.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if let Some(what) = unreadable(&metadata) {
        return Err(io::Error::other(format!("it is {what}")));
    }
    let size = metadata.len();
    if metadata.is_file() && size > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, TooLarge { size: Some(size), most }));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(most)).unwrap_or(0));
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, TooLarge { size: None, most }));
    }
    Ok(bytes)
}

/// Reads a file of text.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// A file that is larger than what is read.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{}", .size.map_or_else(|| format!("it has more than {most} bytes, which is the limit"), |n| format!("it has {n} bytes, more than the limit of {most}")))]
#[non_exhaustive]
pub struct TooLarge {
    /// Its bytes, where they can be told.
    pub size: Option<u64>,
    /// The limit.
    pub most: u64,
}

/// True for what is there and is neither a file nor a folder: a pipe or a device. It can be read once.
#[must_use]
pub fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| !m.is_file() && unreadable(&m).is_none())
}

/// What a thing is that has no text.
fn unreadable(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    match what(kind) {
        "a folder" | "a socket" | "a disk" => Some(what(kind)),
        _ => None,
    }
}

/// What a thing is.
#[must_use]
pub fn what(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let special = [
            (kind.is_fifo(), "a pipe"),
            (kind.is_socket(), "a socket"),
            (kind.is_char_device(), "a device"),
            (kind.is_block_device(), "a disk"),
        ];
        if let Some((_, name)) = special.into_iter().find(|(is, _)| *is) {
            return name;
        }
    }
    if kind.is_dir() { "a folder" } else { "a file" }
}

/// Writes a file as a whole or not at all; a link stays a link, owner and permissions stay. A pipe or device that is there is
/// written to.
///
/// # Errors
/// If the file, or one beside it, cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let before = std::fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|m| !m.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(&target)?.write_all(bytes);
    }
    let beside = beside(&target);
    let written = (|| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        if let Some(before) = before {
            keep_owner(&file, &before);
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()?;
        std::fs::rename(&beside, &target)
    })();
    if written.is_err() {
        // What is half written is of no use; the error that matters is the first one.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn beside(target: &Path) -> PathBuf {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.join(format!(".plimsoll-{}.tmp", std::process::id()))
}

/// Only root can give a file away; for others the file becomes theirs, which is what any editor does.
#[cfg(unix)]
fn keep_owner(file: &File, before: &Metadata) {
    use std::os::unix::fs::MetadataExt as _;
    let same = |now: Metadata| (now.uid(), now.gid()) == (before.uid(), before.gid());
    if !file.metadata().is_ok_and(same) {
        let _ = std::os::unix::fs::fchown(file, Some(before.uid()), Some(before.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}
