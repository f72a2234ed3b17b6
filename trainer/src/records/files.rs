//! Files that are there as a whole or not at all.

use super::RecordsError;
use crate::text_file;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempPath;

/// How the names of files begin that are not whole yet. What a killed process left of them is removed when the run goes on.
pub(super) const PART: &str = ".part-";

/// The error of a file that is written.
pub(super) fn fault(path: &Path) -> impl FnOnce(io::Error) -> RecordsError {
    let path = path.to_owned();
    move |source| RecordsError::File { path, source }
}

/// The error of a file that is read.
pub(super) fn unread(path: &Path) -> impl FnOnce(io::Error) -> RecordsError {
    let path = path.to_owned();
    move |source| RecordsError::Unread { path, source }
}

/// Reads a text that people may have edited: a byte order mark is no part of it.
pub(super) fn read_text(path: &Path) -> Result<Vec<u8>, RecordsError> {
    text_file::read(path).map(String::into_bytes).map_err(unread(path))
}

/// Begins a file in a folder that is to have another name once it is whole; it goes where it gets none. Others may read it as they may
/// read any file of this process, and what the system refuses is told in the system's words alone.
pub(crate) fn begin_part(folder: &Path) -> io::Result<(File, TempPath)> {
    Ok(tempfile::Builder::new().prefix(PART).make_in(folder, |part| File::create_new(part))?.into_parts())
}

/// Writes all of a file or nothing: beside its place, to the disk, and then renamed. A link stays, and what it leads to is
/// written; what is no plain file is refused.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordsError> {
    let led_to = led_to(path);
    let (path, folder) = (led_to.as_path(), folder(&led_to));
    let put = || {
        must_be_plain(path)?;
        let (mut file, part) = begin_part(folder)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        part.persist(path)?;
        sync_folder(folder)
    };
    put().map_err(fault(path))
}

/// Where a file is written: where a link leads, to nothing so far, too.
fn led_to(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .ok()
        .or_else(|| Some(folder(path).join(fs::read_link(path).ok()?)))
        .unwrap_or(path.to_owned())
}

fn must_be_plain(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is there already, and no plain file"));
    }
    Ok(())
}

/// What was in the place of a file at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBefore(Option<(SystemTime, u64)>);

impl FileBefore {
    /// What is there now.
    pub fn of(path: &Path) -> Self {
        Self(fs::metadata(path).and_then(|it| Ok((it.modified()?, it.len()))).ok())
    }

    /// Whether another file has come there since.
    pub fn has_changed(&self, path: &Path) -> bool {
        let now = Self::of(path);
        now.0.is_some() && now != *self
    }
}

/// A name beside that of a file under which there is nothing.
pub fn beside(path: &Path) -> PathBuf {
    let (stem, ending) = (path.file_stem().unwrap_or_default(), path.extension());
    let numbered = |number: u64| {
        let mut name = stem.to_owned();
        name.push(format!("-{number}"));
        if let Some(ending) = ending {
            name.push(".");
            name.push(ending);
        }
        path.with_file_name(name)
    };
    (2..u64::MAX).map(numbered).find(|it| fs::symlink_metadata(it).is_err()).unwrap_or_else(|| path.to_owned())
}

/// Learns before a long run, not after it, that a file cannot be written.
pub fn check(path: &Path) -> Result<(), RecordsError> {
    let led_to = led_to(path);
    must_be_plain(&led_to).and_then(|()| tempfile::tempfile_in(folder(&led_to)).map(drop)).map_err(fault(path))
}

/// Makes the names in a folder as lasting as the files.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder that a file lies in.
pub fn folder(file: &Path) -> &Path {
    file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what a killed process left half.
pub(super) fn remove_parts(folder: &Path) -> Result<(), RecordsError> {
    for name in names(folder)? {
        if name.starts_with(PART) {
            fs::remove_file(folder.join(&name)).map_err(fault(folder))?;
        }
    }
    Ok(())
}

/// The names in a folder, in order; none where there is no folder.
pub fn names(folder: &Path) -> Result<Vec<String>, RecordsError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(fault(folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(fault(folder))?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// A value as JSON that people read.
pub(super) fn pretty<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, RecordsError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| RecordsError::File { path: "JSON".into(), source: io::Error::other(error) })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_stays_a_link_and_what_is_no_file_stays_what_it_is() {
        let root = tempfile::tempdir().unwrap();
        let (link, target) = (root.path().join("link"), root.path().join("target"));
        fs::write(&target, "old").unwrap();
        symlink(&target, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        let refused = write(Path::new("/dev/null"), b"new").unwrap_err().to_string();
        assert!(refused.contains("/dev/null") && refused.contains("no plain file"), "{refused}");
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
