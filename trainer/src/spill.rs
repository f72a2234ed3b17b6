//! The spill file: what memory cannot hold while the relay is away. That of a run has a name, so that what is in it can be delivered
//! after its process was killed, failed, or could not keep it elsewhere; others go with their process.
//!
//! Layout of a named one: 16 bytes `MAGIC`, then `MessagePack` values: a `SpillHead`, and a [`SpilledBlock`] each time. The last may be
//! cut short. An unnamed one has blocks alone.

use rmp_serde::decode::Error;
use serde::{Deserialize, Serialize};
use shared::message::LogEntry;
use shared::{CodecError, Epoch, RunId};
use std::fs::{File, TryLockError};
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"terrarium-spill\n";
const VERSION: u32 = 1;
/// Suffix of the names.
const SUFFIX: &str = ".terrarium-spill";

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
    /// The process that writes the file lives.
    #[error(
        "{path} is being written by the process of its run, which delivers it itself: wait for it, or end it with Ctrl-C"
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// An entry of our own is not encodable.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

#[derive(Serialize, Deserialize)]
struct SpillHead {
    version: u32,
    run: RunId,
}

/// Neighbouring entries of an epoch, as they lie in the file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SpilledBlock {
    /// Their epoch.
    pub epoch: Epoch,
    /// When it began, in milliseconds since 1970.
    pub started_millis: f64,
    /// The first entry of the epoch, which says what runs; with the first block of an epoch alone.
    pub opening: Option<LogEntry>,
    /// Offset of the first of the entries that count.
    pub first: u64,
    /// Entries before that one, which do not count.
    pub skipped: usize,
    /// All of them.
    pub entries: Vec<LogEntry>,
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
    run: Option<RunId>,
    file: Option<(File, Option<PathBuf>)>,
    end: u64,
    extents: usize,
    /// The newest epoch whose opening is in the file.
    opened: Option<Epoch>,
}

impl Spill {
    /// A file in this folder.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, run: None, file: None, end: 0, extents: 0, opened: None }
    }

    /// The same with a name, that of a run.
    #[must_use]
    pub fn named(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// Where the file is, if it has a name and something whole is in it.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().filter(|_| self.extents > 0)?.1.as_deref()
    }

    /// Its size.
    pub const fn bytes(&self) -> u64 {
        self.end
    }

    /// Appends entries.
    pub fn write(&mut self, mut block: SpilledBlock) -> Result<Extent, SpillError> {
        let epoch = Some(block.epoch);
        if self.opened == epoch {
            block.opening = None;
        }
        let bytes = shared::codec::to_bytes(&block)?;
        let written = self.file().and_then(|(mut file, position)| {
            file.seek(SeekFrom::Start(position))?;
            file.write_all(&bytes)?;
            Ok(Extent { position, length: bytes.len() })
        });
        let extent = written.map_err(|source| {
            if self.extents == 0 {
                // Nobody could have anything from it.
                self.discard();
            }
            self.disk(source)
        })?;
        self.end = extent.position + extent.length as u64;
        self.opened = epoch;
        self.extents += 1;
        Ok(extent)
    }

    /// Reads entries back.
    pub fn read(&self, extent: &Extent) -> Result<Vec<LogEntry>, SpillError> {
        let mut bytes = vec![0; extent.length];
        if let Some(mut file) = self.file.as_ref().map(|(file, _)| file) {
            let read = file.seek(SeekFrom::Start(extent.position)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|source| self.disk(source))?;
        }
        rmp_serde::from_slice(&bytes)
            .map(|block: SpilledBlock| block.entries)
            .map_err(|error| SpillError::Content { folder: self.folder.clone(), reason: error.to_string() })
    }

    /// Entries are no longer needed.
    pub fn release(&mut self, _: &Extent) {
        self.extents -= 1;
        if self.extents == 0 {
            self.discard();
        }
    }

    /// Gives the file up: all that is in it is kept elsewhere, and cannot be read from it any longer. Nothing else but the release of its
    /// last entries removes a file with a name, so that it outlives whatever goes wrong.
    pub fn discard(&mut self) {
        // Closing a file without a name gives its space back.
        if let Some((_, Some(path))) = self.file.take() {
            std::fs::remove_file(path).ok();
        }
        (self.end, self.opened) = (0, None);
    }

    fn file(&mut self) -> std::io::Result<(&File, u64)> {
        let file = match (self.file.take(), &self.run) {
            (Some(file), _) => file,
            (None, None) => (tempfile::tempfile_in(&self.folder)?, None),
            (None, Some(run)) => {
                let prefix = format!("{run}-");
                let file = tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(&self.folder)?;
                let (mut file, path) = file.keep()?;
                let head = SpillHead { version: VERSION, run: run.clone() };
                let head = shared::codec::to_bytes(&head).map_err(std::io::Error::other)?;
                let begun = file.try_lock().map_err(std::io::Error::from);
                let begun = begun.and_then(|()| file.write_all(&[&MAGIC[..], &head].concat()));
                begun.inspect_err(|_| {
                    std::fs::remove_file(&path).ok();
                })?;
                self.end = (MAGIC.len() + head.len()) as u64;
                (file, Some(path))
            }
        };
        Ok((&self.file.insert(file).0, self.end))
    }

    fn disk(&self, source: std::io::Error) -> SpillError {
        SpillError::Disk { folder: self.folder.clone(), source }
    }
}

/// Whether a file begins like a named spill file.
pub fn is_one(path: &Path) -> bool {
    let mut magic = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *MAGIC
}

/// The run and the blocks of a file that a killed process left, by epoch and offset, and what of it cannot be read, in words. Half a block at
/// its end was being written.
///
/// # Errors
/// Where it cannot be read, is of a newer program, or its process lives.
pub fn read(path: &Path) -> Result<(RunId, Vec<SpilledBlock>, Option<String>), SpillError> {
    let disk = |source| SpillError::Disk { folder: path.to_owned(), source };
    let wrong = |reason: String| SpillError::Content { folder: path.to_owned(), reason };
    let file = File::open(path).map_err(disk)?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(SpillError::Busy { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(disk(source)),
    }
    let mut file = BufReader::new(file);
    file.read_exact(&mut [0; MAGIC.len()]).map_err(disk)?;
    let head: SpillHead = rmp_serde::from_read(&mut file).map_err(|error| wrong(error.to_string()))?;
    if head.version > VERSION {
        return Err(wrong(format!("a newer program wrote it (version {}, known is {VERSION})", head.version)));
    }
    let mut blocks: Vec<SpilledBlock> = Vec::new();
    let lost = loop {
        match rmp_serde::from_read(&mut file) {
            Ok(block) => blocks.push(block),
            Err(Error::InvalidMarkerRead(error) | Error::InvalidDataRead(error))
                if error.kind() == ErrorKind::UnexpectedEof =>
            {
                break None;
            }
            Err(error) => break Some(format!("{} is damaged ({error}): what lies behind is lost", path.display())),
        }
    };
    blocks.sort_by_key(|it| (it.epoch, it.first));
    Ok((head.run, blocks, lost))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_takes_no_whole_block_is_no_file_to_deliver() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path().to_owned()).named(RunId::new("run").unwrap());
        let block = || SpilledBlock {
            epoch: Epoch(1),
            started_millis: 0.0,
            opening: None,
            first: 0,
            skipped: 0,
            entries: Vec::new(),
        };
        // A full disk takes the head, which is small, and no block.
        spill.file().unwrap();
        let (_, path) = spill.file.take().unwrap();
        spill.file = Some((File::options().write(true).open("/dev/full").unwrap(), path.clone()));
        assert!(spill.write(block()).is_err());
        assert_eq!((spill.path(), path.unwrap().exists()), (None, false));
        let extent = spill.write(block()).unwrap();
        assert!(spill.path().is_some_and(Path::exists));
        spill.release(&extent);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
