//! Recorded episodes on disk.

use super::{RecordsError, files};
use run::recorded::{FORMAT, ReplayFile, ReplayFileError};
use std::path::Path;

/// Reads a file of a recorded episode.
pub fn read(path: &Path) -> Result<ReplayFile, RecordsError> {
    let bytes = std::fs::read(path).map_err(files::fault(path))?;
    ReplayFile::from_bytes(&bytes).map_err(|error| match error {
        ReplayFileError::Newer { found } => RecordsError::Newer { path: path.into(), found, known: FORMAT },
        error => RecordsError::Damaged { path: path.into(), reason: error.to_string() },
    })
}
