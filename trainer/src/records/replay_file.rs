//! Recorded episodes on disk. What is large of their environment lies in the texts of their run's directory.

use super::{RecordsError, files, texts};
use run::recorded::{FORMAT, ReplayFile, ReplayFileError};
use shared::json;
use std::path::Path;

/// Reads a file of a recorded episode.
pub fn read(path: &Path) -> Result<ReplayFile, RecordsError> {
    let bytes = files::read_text(path)?;
    let damaged = |reason: String| RecordsError::Damaged { path: path.into(), reason };
    match ReplayFile::from_bytes(&bytes) {
        Ok(file) => Ok(file),
        Err(ReplayFileError::Beside) => {
            let file = serde_json::from_slice(&bytes).map_err(|error| damaged(json::fault(&bytes, &error)))?;
            let directory = files::folder(files::folder(path));
            let whole = texts::whole(file, &texts::of(directory))?;
            serde_json::from_value(whole).map_err(|error| damaged(error.to_string()))
        }
        Err(ReplayFileError::Newer { found }) => Err(RecordsError::Newer { path: path.into(), found, known: FORMAT }),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// Writes one into a run's directory.
pub(super) fn write(path: &Path, file: &ReplayFile) -> Result<(), RecordsError> {
    let wrong = |reason: String| RecordsError::Replay { path: path.into(), reason };
    let bytes = if texts::has_large(&file.environment.parameters) {
        texts::lay_beside(files::folder(files::folder(path)), file)?.to_string().into_bytes()
    } else {
        file.to_bytes().map_err(|error| wrong(error.to_string()))?
    };
    files::write(path, &bytes)
}
