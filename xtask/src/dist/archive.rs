//! Archives and checksums that depend on what is packed and on nothing else: no times, no owners, files in order.

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use tar::{Builder, EntryType, Header};

/// A file of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// Where it is unpacked to.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// May be run.
    pub(crate) executable: bool,
    /// Names another file of the same folder.
    pub(crate) link: Option<String>,
}

impl Packed {
    /// A file from the disk.
    pub(crate) fn read(path: &str, from: &Path, executable: bool) -> Result<Packed, String> {
        let bytes = std::fs::read(from).map_err(|e| format!("{} can't be read: {e}", from.display()))?;
        Ok(Packed { path: path.to_owned(), bytes, executable, link: None })
    }
}

/// Files of a folder, with those of its folders, below `path` in the archive.
pub(crate) fn folder(path: &str, from: &Path) -> Result<Vec<Packed>, String> {
    let cannot = |e: std::io::Error| format!("{} can't be read: {e}", from.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let (kind, name) = (entry.file_type().map_err(cannot)?, entry.file_name().to_string_lossy().into_owned());
        let inner = format!("{path}/{name}");
        if kind.is_dir() {
            files.extend(folder(&inner, &entry.path())?);
        } else if kind.is_symlink() {
            let to = std::fs::read_link(entry.path()).map_err(cannot)?.to_string_lossy().into_owned();
            files.push(Packed { path: inner, bytes: Vec::new(), executable: false, link: Some(to) });
        } else {
            files.push(Packed::read(&inner, &entry.path(), is_executable(&entry.path()))?);
        }
    }
    Ok(files)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "exe")
}

/// A `.tar.gz`.
pub(crate) fn tar_gz(mut files: Vec<Packed>) -> Result<Vec<u8>, String> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let cannot = |e: std::io::Error| format!("the archive can't be made: {e}");
    // Neither a time nor a name goes into the head of the gzip.
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    for file in &files {
        let mut header = Header::new_ustar();
        header.set_mode(if file.executable { 0o755 } else { 0o644 });
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        match &file.link {
            Some(to) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                tar.append_link(&mut header, &file.path, to).map_err(cannot)?;
            }
            None => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(file.bytes.len() as u64);
                tar.append_data(&mut header, &file.path, file.bytes.as_slice()).map_err(cannot)?;
            }
        }
    }
    let mut gzip = tar.into_inner().map_err(cannot)?;
    gzip.flush().map_err(cannot)?;
    gzip.finish().map_err(cannot)
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn an_archive_depends_on_its_files_alone() {
        let root = std::env::temp_dir().join(format!("plimsoll-archive-{}", std::process::id()));
        let mut made = Vec::new();
        for (name, order) in [("a", ["x", "sub/y"]), ("b", ["sub/y", "x"])] {
            let folder_of = root.join(name);
            std::fs::create_dir_all(folder_of.join("sub")).unwrap();
            for file in order {
                std::fs::write(folder_of.join(file), file.repeat(3)).unwrap();
            }
            let file = std::fs::File::options().write(true).open(folder_of.join("x")).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(name.len() as u64 + 77)).unwrap();
            made.push(tar_gz(folder("p", &folder_of).unwrap()).unwrap());
        }
        assert_eq!(made[0], made[1]);
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&made[0][..]));
        let names: Vec<String> =
            archive.entries().unwrap().map(|e| e.unwrap().path().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["p/sub/y", "p/x"]);
        std::fs::write(root.join("b/x"), "other").unwrap();
        assert_ne!(tar_gz(folder("p", &root.join("b")).unwrap()).unwrap(), made[0]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
