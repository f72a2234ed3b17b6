//! Files that are there as a whole or not at all.

use super::RecordsError;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// How the names of files begin that are not whole yet. What a killed process left of them is removed when the run goes on.
pub(super) const PART: &str = ".part-";

/// The error of a file.
pub(super) fn fault(path: &Path) -> impl FnOnce(io::Error) -> RecordsError {
    let path = path.to_owned();
    move |source| RecordsError::File { path, source }
}

/// Writes all of a file or nothing: beside its place, to the disk, and then renamed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordsError> {
    let folder = folder(path);
    let put = || {
        let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        part.persist(path)?;
        sync_folder(folder)
    };
    put().map_err(fault(path))
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
