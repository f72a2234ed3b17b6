//! The spill file: what memory cannot hold while the relay is away. It has no name, so it goes with the process.

use shared::CodecError;
use shared::message::LogEntry;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

/// Entries that could not be written to the file or read back.
#[derive(Debug, thiserror::Error)]
pub enum SpillError {
    /// The disk refuses.
    #[error(
        "the spill file in {folder} fails ({source}); log events stay in memory. Free some space there, or name \
         another folder with --spill"
    )]
    Disk {
        /// Where the file is.
        folder: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// What was read is not what was written.
    #[error("the spill file in {folder} does not hold what was written: {reason}")]
    Content {
        /// Where the file is.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An entry of our own is not encodable.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// A part of the file.
#[derive(Debug)]
pub struct Extent {
    position: u64,
    length: usize,
}

/// A file made when it is first needed, and emptied whenever nothing in it is needed.
#[derive(Debug)]
pub struct Spill {
    folder: PathBuf,
    file: Option<File>,
    end: u64,
    extents: usize,
}

impl Spill {
    /// A file in this folder.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, file: None, end: 0, extents: 0 }
    }

    /// Its size.
    pub const fn bytes(&self) -> u64 {
        self.end
    }

    /// Appends entries.
    pub fn write(&mut self, entries: &[LogEntry]) -> Result<Extent, SpillError> {
        let bytes = shared::codec::to_bytes(&entries)?;
        let written = self.file().and_then(|(mut file, position)| {
            file.seek(SeekFrom::Start(position))?;
            file.write_all(&bytes)?;
            Ok(Extent { position, length: bytes.len() })
        });
        let extent = written.map_err(|source| self.disk(source))?;
        self.end += extent.length as u64;
        self.extents += 1;
        Ok(extent)
    }

    /// Reads entries back.
    pub fn read(&self, extent: &Extent) -> Result<Vec<LogEntry>, SpillError> {
        let mut bytes = vec![0; extent.length];
        if let Some(mut file) = self.file.as_ref() {
            let read = file.seek(SeekFrom::Start(extent.position)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|source| self.disk(source))?;
        }
        rmp_serde::from_slice(&bytes)
            .map_err(|error| SpillError::Content { folder: self.folder.clone(), reason: error.to_string() })
    }

    /// Entries are no longer needed.
    pub fn release(&mut self, _: &Extent) {
        self.extents -= 1;
        if self.extents == 0 {
            // Closing a file without a name gives its space back.
            self.file = None;
            self.end = 0;
        }
    }

    fn file(&mut self) -> std::io::Result<(&File, u64)> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        Ok((self.file.insert(file), self.end))
    }

    fn disk(&self, source: std::io::Error) -> SpillError {
        SpillError::Disk { folder: self.folder.clone(), source }
    }
}
