//! A table of a run's episodes, written while it trains.

use crate::Error;
use shared::csv::EpisodeRows;
use shared::event::LogEvent;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The table and its file.
#[derive(Debug)]
pub struct EpisodeTable {
    path: PathBuf,
    file: File,
    rows: EpisodeRows,
    /// Why nothing is written any longer.
    fault: Option<io::Error>,
}

impl EpisodeTable {
    /// Begins the file anew.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file, rows: EpisodeRows::new(), fault: None })
    }

    /// Writes the episodes among these events. Training goes on where the disk does not: that is told at the end.
    pub fn push(&mut self, events: &[LogEvent]) {
        if self.fault.is_none() {
            for event in events {
                self.rows.push_event(event);
            }
            self.fault = self.file.write_all(self.rows.take().as_bytes()).err();
        }
    }

    /// Nothing more will come; whether all of it is written.
    pub fn end(self) -> Result<(), Error> {
        self.fault.map_or(Ok(()), |source| Err(Error::File { path: self.path, source }))
    }
}
