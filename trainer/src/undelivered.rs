//! Log events that did not reach a relay, as a file from which they are delivered later.
//!
//! Layout: 16 bytes `MAGIC`, then `MessagePack` values: an `UndeliveredHead`, and for every epoch a [`Prologue`] and lists of log
//! entries, of which an empty one is the last; in the end the list of state events.

use crate::outbox::{Outbox, Prologue};
use crate::publication::Publication;
use crate::spill::SpillError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::message::{LogEntry, StateEntry};
use shared::{CodecError, RunId, codec};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"terrarium-events";
const VERSION: u32 = 1;

/// Suffix of the files' names.
const SUFFIX: &str = ".terrarium-events";

/// Why events could not be kept in a file or had from it.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk refuses.
    #[error("{path}: {source}")]
    File {
        /// The file, or the folder where it was to be.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Something else, or of a newer trainer.
    #[error("{path} is no file of undelivered events that this trainer can read: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What waits in the spill file cannot be had.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// An entry of our own is not encodable.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

#[derive(Serialize, Deserialize)]
struct UndeliveredHead {
    version: u32,
    run: RunId,
    chapters: usize,
}

/// Writes what a publication has not delivered into a new file of a folder, and gives its path.
pub fn keep(publication: &Publication, folder: &Path) -> Result<PathBuf, KeepError> {
    let fault = |source| KeepError::File { path: folder.to_owned(), source };
    let prefix = format!("{}-", publication.run());
    let file = tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(folder).map_err(fault)?;
    let mut out = BufWriter::new(file);
    out.write_all(MAGIC).map_err(fault)?;
    let mut put = |bytes: Vec<u8>| out.write_all(&bytes).map_err(fault);
    let outbox = publication.outbox();
    let head = UndeliveredHead { version: VERSION, run: publication.run().clone(), chapters: outbox.chapters().len() };
    put(codec::to_bytes(&head)?)?;
    for chapter in outbox.chapters() {
        put(codec::to_bytes(&chapter.prologue())?)?;
        let mut offset = chapter.first();
        loop {
            let entries = outbox.read(chapter.epoch(), offset)?;
            put(codec::to_bytes(&entries)?)?;
            let Some(last) = entries.last() else { break };
            offset = last.offset.next().0;
        }
    }
    put(codec::to_bytes(&publication.states().collect::<Vec<_>>())?)?;
    let file = out.into_inner().map_err(|error| fault(error.into_error()))?;
    file.keep().map(|(_, path)| path).map_err(|error| fault(error.error))
}

/// Whether a file begins like one.
pub fn is_one(path: &Path) -> bool {
    let mut magic = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *MAGIC
}

/// The publication that a file holds, of which nothing more will come.
pub fn read(path: &Path, mut outbox: Outbox) -> Result<Publication, KeepError> {
    let fault = |source| KeepError::File { path: path.to_owned(), source };
    let wrong = |reason: String| KeepError::Content { path: path.to_owned(), reason };
    let mut file = BufReader::new(File::open(path).map_err(fault)?);
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic)
        .ok()
        .filter(|()| magic == *MAGIC)
        .ok_or_else(|| wrong("it does not begin like one".into()))?;
    let head: UndeliveredHead = next(&mut file).map_err(wrong)?;
    if head.version > VERSION {
        return Err(wrong(format!("a newer trainer wrote it (version {}, known is {VERSION})", head.version)));
    }
    for _ in 0..head.chapters {
        let prologue: Prologue = next(&mut file).map_err(wrong)?;
        outbox.resume(prologue);
        loop {
            let entries: Vec<LogEntry> = next(&mut file).map_err(wrong)?;
            if entries.is_empty() {
                break;
            }
            entries.into_iter().try_for_each(|entry| outbox.push(entry))?;
        }
    }
    let states: Vec<StateEntry> = next(&mut file).map_err(wrong)?;
    let mut publication = Publication::new(head.run, outbox);
    publication.state(states);
    publication.end();
    Ok(publication)
}

fn next<T: DeserializeOwned>(file: &mut impl Read) -> Result<T, String> {
    rmp_serde::from_read(file).map_err(|error| format!("it is cut short or damaged ({error})"))
}
