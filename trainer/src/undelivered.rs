//! Log events that did not reach a relay, as a file from which they are delivered later.
//!
//! Layout: 16 bytes `MAGIC`, then `MessagePack` values: an `UndeliveredHead`, and for every epoch a [`Prologue`] and lists of log
//! entries, of which an empty one is the last; in the end the list of state events, and 4 bytes CRC-32C (little-endian) of everything
//! before them. Version 1 has no checksum.

use crate::outbox::{Outbox, Prologue};
use crate::publication::Publication;
use crate::spill::{self, SpillError};
use crc::{CRC_32_ISCSI, Crc, Digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::message::{LogEntry, StateEntry};
use shared::{CodecError, RunId, codec};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"terrarium-events";
const VERSION: u32 = 2;
/// The first version with a checksum.
const CHECKED: u32 = 2;

static CRC: Crc<u32, crc::Table<16>> = Crc::<u32, crc::Table<16>>::new(&CRC_32_ISCSI);

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
    let (file, path) = file.into_parts();
    let mut out = BufWriter::new(file);
    let mut digest = CRC.digest();
    let mut put = |bytes: Vec<u8>| {
        digest.update(&bytes);
        out.write_all(&bytes).map_err(fault)
    };
    put(MAGIC.to_vec())?;
    let outbox = publication.outbox();
    let head = UndeliveredHead { version: VERSION, run: publication.run().clone(), chapters: outbox.chapters().len() };
    put(codec::to_bytes(&head)?)?;
    for chapter in outbox.chapters() {
        put(codec::to_bytes(&outbox.prologue(chapter)?)?)?;
        let mut offset = chapter.first();
        loop {
            let entries = outbox.read(chapter.epoch(), offset)?;
            put(codec::to_bytes(&entries)?)?;
            let Some(last) = entries.last() else { break };
            offset = last.offset.next().0;
        }
    }
    put(codec::to_bytes(&publication.states().collect::<Vec<_>>())?)?;
    out.write_all(&digest.finalize().to_le_bytes()).map_err(fault)?;
    out.into_inner().map_err(|error| fault(error.into_error()))?;
    path.keep().map_err(|error| fault(error.error))
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
    if head.version >= CHECKED && !is_whole(path).map_err(fault)? {
        return Err(wrong(
            "it is cut short or damaged: its checksum does not fit. Nothing was delivered, and the file stays. Deliver a copy that was made \
             before; a run that is kept with --runs has what it learned in its directory, and `terrarium resume` goes on with it"
                .into(),
        ));
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

/// The publication that the spill file of a killed process holds, of which nothing more will come; what is lost of it, in words.
pub fn read_spill(path: &Path, mut outbox: Outbox) -> Result<(Publication, Option<String>), KeepError> {
    let (run, blocks, lost) = spill::read(path)?;
    outbox.take_up(blocks)?;
    let mut publication = Publication::new(run, outbox);
    publication.end();
    Ok((publication, lost))
}

/// Whether the checksum at the end of a file fits what is before it.
fn is_whole(path: &Path) -> std::io::Result<bool> {
    const CHECKSUM: u64 = 4;
    let file = File::open(path)?;
    let length = file.metadata()?.len().saturating_sub(CHECKSUM);
    let mut file = BufReader::new(file);
    let mut digest: Digest<'_, u32, crc::Table<16>> = CRC.digest();
    let mut content = file.by_ref().take(length);
    loop {
        let bytes = content.fill_buf()?;
        let count = bytes.len();
        if count == 0 {
            break;
        }
        digest.update(bytes);
        content.consume(count);
    }
    let mut checksum = [0; CHECKSUM as usize];
    Ok(file.read_exact(&mut checksum).is_ok() && checksum == digest.finalize().to_le_bytes())
}

fn next<T: DeserializeOwned>(file: &mut impl Read) -> Result<T, String> {
    rmp_serde::from_read(file).map_err(|error| format!("it is cut short or damaged ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Spill;
    use shared::episode::{EpisodeBin, Stat};
    use shared::event::{LogEvent, Severity};
    use shared::{Epoch, Offset, Payload};
    use std::collections::BTreeMap;

    fn outbox() -> Outbox {
        Outbox::new(1 << 20, Spill::new(std::env::temp_dir()))
    }

    /// Twenty bins of one episode, of which a relay has stored twelve.
    fn kept(folder: &Path) -> PathBuf {
        let mut outbox = outbox();
        outbox.begin(Epoch(1), 0.0);
        let opening = LogEvent::Notice { severity: Severity::Information, text: "it begins".into() };
        let event = Payload::plain(&opening).unwrap();
        outbox.push(LogEntry { offset: Offset(0), time_millis: 0.0, event }).unwrap();
        for episode in 0..20 {
            let (returns, length) = (Stat::of(1.0), Stat::of(4.0));
            let (first_episode, last_episode, count, step) = (episode, episode, 1, 4 * episode + 4);
            let outcomes = BTreeMap::new();
            let bin = EpisodeBin {
                first_episode,
                last_episode,
                count,
                step,
                episodic_return: returns,
                length,
                outcomes,
                each: None,
            };
            let event = Payload::plain(&LogEvent::Episodes(bin)).unwrap();
            outbox.push(LogEntry { offset: Offset(0), time_millis: episode as f64, event }).unwrap();
        }
        outbox.acknowledge(Epoch(1), 13);
        keep(&Publication::new(RunId::new("run").unwrap(), outbox), folder).unwrap()
    }

    #[test]
    fn a_relay_that_has_nothing_gets_all_episodes_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let publication = read(&kept(folder.path()), outbox()).unwrap();
        assert_eq!(publication.outbox().unstored(), 8);
        let mut outbox = publication.into_outbox();
        let fresh = outbox.begin_anew(Epoch(1), Epoch(2), 0.0).unwrap();
        let (mut offset, mut episodes) = (0, 0);
        loop {
            let entries = outbox.read(fresh, offset).unwrap();
            let Some(last) = entries.last() else { break };
            offset = last.offset.next().0;
            for entry in entries {
                match entry.event.decode().unwrap() {
                    LogEvent::Episodes(bin) => {
                        assert_eq!(bin.first_episode, episodes);
                        episodes = bin.last_episode + 1;
                    }
                    LogEvent::Notice { text, .. } => {
                        assert!(text == "it begins" || text.contains("told again here"), "{text}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(episodes, 20);
    }

    #[test]
    fn a_damaged_file_is_refused_wherever_the_damage_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = kept(folder.path());
        let whole = std::fs::read(&file).unwrap();
        for index in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            std::fs::write(&file, damaged).unwrap();
            assert!(read(&file, outbox()).is_err(), "a bit of byte {index}");
        }
        std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        let error = read(&file, outbox()).unwrap_err().to_string();
        assert!(error.contains("its checksum does not fit"), "{error}");
        std::fs::write(&file, &whole).unwrap();
        assert!(read(&file, outbox()).is_ok());
        // Without a checksum, as files of the first version are.
        let version = b"version".len() + whole.windows(7).position(|it| it == b"version").unwrap();
        let mut first = whole[..whole.len() - 4].to_vec();
        first[version] = 1;
        std::fs::write(&file, first).unwrap();
        assert_eq!(read(&file, outbox()).unwrap().outbox().unstored(), 8);
    }
}
