//! A journal: what a run says, in a file from its first event on, so that a process which is killed has lost nothing.
//!
//! Layout: 16 bytes `MAGIC`, then `MessagePack` values: a `Head`, and lists of log entries. The last may be cut short.

use crate::outbox::Outbox;
use crate::publication::Publication;
use crate::undelivered::KeepError;
use serde::{Deserialize, Serialize};
use shared::message::LogEntry;
use shared::{Epoch, RunId, codec};
use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"terrarium-record";
const VERSION: u32 = 1;

/// Suffix of the files' names.
const SUFFIX: &str = ".terrarium-journal";

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    run: RunId,
    epoch: Epoch,
    started_millis: f64,
}

/// A file that a run's log is written into as it goes.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// A new file in a folder, which is made where there is none.
    pub fn create(folder: &Path, run: &RunId, epoch: Epoch, started_millis: f64) -> Result<Self, KeepError> {
        let path = folder.join(format!("{run}-{epoch}{SUFFIX}"));
        let head = codec::to_bytes(&Head { version: VERSION, run: run.clone(), epoch, started_millis })?;
        let create = || {
            std::fs::create_dir_all(folder)?;
            let mut file = File::create_new(&path)?;
            file.write_all(&[&MAGIC[..], &head].concat())?;
            Ok(file)
        };
        let file = create().map_err(|source| KeepError::File { path: path.clone(), source })?;
        Ok(Self { path, file })
    }

    /// Appends entries.
    pub fn append(&mut self, entries: &[LogEntry]) -> Result<(), KeepError> {
        let bytes = codec::to_bytes(&entries)?;
        self.file.write_all(&bytes).map_err(|source| KeepError::File { path: self.path.clone(), source })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file: everything in it is elsewhere, too.
    pub fn remove(self) -> Result<(), KeepError> {
        std::fs::remove_file(&self.path).map_err(|source| KeepError::File { path: self.path, source })
    }
}

/// Whether a file begins like a journal.
pub fn is_journal(path: &Path) -> bool {
    let mut magic = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *MAGIC
}

/// The publication that a journal holds, of which nothing more will come. What follows an entry that is cut short is
/// left out: the process was killed there.
pub fn read(path: &Path, outbox: Outbox) -> Result<Publication, KeepError> {
    let fault = |source| KeepError::File { path: path.to_owned(), source };
    let wrong = |reason: String| KeepError::Content { path: path.to_owned(), reason };
    let mut file = BufReader::new(File::open(path).map_err(fault)?);
    file.read_exact(&mut [0; MAGIC.len()]).map_err(fault)?;
    let head: Head = rmp_serde::from_read(&mut file).map_err(|error| wrong(error.to_string()))?;
    if head.version > VERSION {
        return Err(wrong(format!("a newer program wrote it (version {}, known is {VERSION})", head.version)));
    }
    let mut publication = Publication::new(head.run, outbox);
    publication.begin(head.epoch, head.started_millis);
    while let Ok(entries) = rmp_serde::from_read::<_, Vec<LogEntry>>(&mut file) {
        publication.log(entries)?;
    }
    publication.end();
    Ok(publication)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Spill;
    use shared::event::{LogEvent, Severity};
    use shared::{Offset, Payload};

    fn entry(number: u64) -> LogEntry {
        let event = LogEvent::Notice { severity: Severity::Information, text: number.to_string() };
        LogEntry { offset: Offset(number), time_millis: 0.0, event: Payload::plain(&event).unwrap() }
    }

    #[test]
    fn what_was_written_before_a_kill_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new("r").unwrap();
        let mut journal = Journal::create(folder.path(), &run, Epoch(7), 1.0).unwrap();
        journal.append(&[entry(0), entry(1)]).unwrap();
        let whole = std::fs::metadata(journal.path()).unwrap().len();
        journal.append(&[entry(2)]).unwrap();
        let unstored = || {
            let outbox = Outbox::new(1 << 20, Spill::new(folder.path().to_owned()));
            read(journal.path(), outbox).unwrap().outbox().unstored()
        };
        assert_eq!(unstored(), 3);
        File::options().write(true).open(journal.path()).unwrap().set_len(whole + 5).unwrap();
        assert_eq!(unstored(), 2);
        assert!(is_journal(journal.path()));
        let path = journal.path().to_owned();
        journal.remove().unwrap();
        assert!(!is_journal(&path));
    }
}
