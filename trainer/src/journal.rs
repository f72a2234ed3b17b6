//! A journal: what a run says, in a file from its first event on, so that a process which is killed has lost nothing.
//!
//! Layout: 16 bytes `MAGIC`, then `MessagePack` values: a `JournalHead`, and lists of log entries. The last may be cut short.

use crate::outbox::Outbox;
use crate::publication::Publication;
use crate::undelivered::KeepError;
use rmp_serde::decode::Error;
use serde::{Deserialize, Serialize};
use shared::message::LogEntry;
use shared::{Epoch, RunId, codec};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"terrarium-record";
const VERSION: u32 = 1;

/// Suffix of the files' names.
const SUFFIX: &str = ".terrarium-journal";

#[derive(Serialize, Deserialize)]
struct JournalHead {
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
        let head = codec::to_bytes(&JournalHead { version: VERSION, run: run.clone(), epoch, started_millis })?;
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

/// The publication that a journal holds, of which nothing more will come. What is cut short at its end is left out: the process was
/// killed there. Where something within cannot be read, nothing behind it can be either: what is lost, in words.
pub fn read(path: &Path, outbox: Outbox) -> Result<(Publication, Option<String>), KeepError> {
    let fault = |source| KeepError::File { path: path.to_owned(), source };
    let wrong = |reason: String| KeepError::Content { path: path.to_owned(), reason };
    let mut file = BufReader::new(File::open(path).map_err(fault)?);
    file.read_exact(&mut [0; MAGIC.len()]).map_err(fault)?;
    let head: JournalHead = rmp_serde::from_read(&mut file).map_err(|error| wrong(error.to_string()))?;
    if head.version > VERSION {
        return Err(wrong(format!("a newer program wrote it (version {}, known is {VERSION})", head.version)));
    }
    let mut publication = Publication::new(head.run, outbox);
    publication.begin(head.epoch, head.started_millis);
    let lost = loop {
        let whole = file.stream_position().map_err(fault)?;
        match rmp_serde::from_read::<_, Vec<LogEntry>>(&mut file) {
            Ok(entries) => publication.log(entries)?,
            Err(Error::InvalidMarkerRead(error) | Error::InvalidDataRead(error))
                if error.kind() == ErrorKind::UnexpectedEof =>
            {
                break None;
            }
            Err(error) => {
                let lost = file.seek(SeekFrom::End(0)).map_err(fault)? - whole;
                let path = path.display();
                break Some(format!(
                    "{path} is damaged at byte {whole} ({error}): the {lost} bytes from there on are lost"
                ));
            }
        }
    };
    publication.end();
    Ok((publication, lost))
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
            let (publication, lost) = read(journal.path(), outbox).unwrap();
            (publication.outbox().unstored(), lost)
        };
        assert_eq!(unstored(), (3, None));
        let mut damaged = std::fs::read(journal.path()).unwrap();
        damaged[whole as usize] = 0xc1;
        let (path, good) = (journal.path().to_owned(), std::fs::read(journal.path()).unwrap());
        std::fs::write(&path, damaged).unwrap();
        let (kept, lost) = unstored();
        let lost = lost.unwrap();
        assert!(kept == 2 && lost.contains(&format!("is damaged at byte {whole} ")), "{kept}, {lost}");
        assert!(lost.ends_with(&format!("the {} bytes from there on are lost", good.len() as u64 - whole)), "{lost}");
        std::fs::write(&path, good).unwrap();
        File::options().write(true).open(journal.path()).unwrap().set_len(whole + 5).unwrap();
        assert_eq!(unstored(), (2, None));
        assert!(is_journal(journal.path()));
        let path = journal.path().to_owned();
        journal.remove().unwrap();
        assert!(!is_journal(&path));
    }
}
