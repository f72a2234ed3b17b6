//! A table of a run's episodes, written while it trains.

use crate::Error;
use crate::records::directory;
use crate::records::files;
use shared::csv::EpisodeRows;
use shared::event::LogEvent;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Bytes that are read of a file to learn whether it is such a table: more than its head has.
const BEGINNING_BYTES: u64 = 256;

/// Where the rows go.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RowsTarget {
    /// The standard output.
    Output,
    /// A pipe, a terminal or another device.
    Stream,
    /// A file that begins with this table.
    File,
    /// A table that is there, whose rows so far end after so many bytes.
    Behind(u64),
}

/// What is open of it.
#[derive(Debug)]
enum OpenTarget {
    Output(io::Stdout),
    File(File),
}

/// The table and its file.
#[derive(Debug)]
pub struct EpisodeTable {
    path: PathBuf,
    target: RowsTarget,
    open: Option<OpenTarget>,
    rows: EpisodeRows,
    /// Why nothing is written any longer.
    fault: Option<io::Error>,
}

impl EpisodeTable {
    /// A table in this file, or in the standard output where that is `-`. Nothing is written before it begins.
    ///
    /// # Errors
    /// Where nothing can be written there, or something else than such a table would be written over.
    pub fn new(path: &Path) -> Result<Self, Error> {
        Self::checked(path, || {
            if directory::is_agent(path) {
                return Err(Error::SavedRun { path: path.to_owned() });
            }
            must_be_ours(path).map(|_| RowsTarget::File)
        })
    }

    /// The same of a run that goes on at this episode: a table that is there goes on behind the episode before. Where its process was
    /// killed, rows beyond it are those of episodes that are made again, and give way.
    ///
    /// # Errors
    /// Where the table that is there ends at another episode, or as above.
    pub fn going_on(path: &Path, episode: u64, was_killed: bool) -> Result<Self, Error> {
        Self::checked(path, || {
            if must_be_ours(path)? {
                return Ok(RowsTarget::File);
            }
            let found = Rows::read(path, episode).map_err(fault(path))?;
            match found.bytes_before {
                Some(bytes) if was_killed || bytes == found.bytes => Ok(RowsTarget::Behind(bytes)),
                _ => Err(Error::OtherEpisodes { path: path.to_owned(), episodes: found.episodes, episode }),
            }
        })
    }

    fn checked(path: &Path, of_file: impl FnOnce() -> Result<RowsTarget, Error>) -> Result<Self, Error> {
        let target = match fs::metadata(path) {
            _ if is_output(path) => RowsTarget::Output,
            Ok(it) if it.is_file() || it.is_dir() => {
                let file = OpenOptions::new().append(true).open(path).map_err(fault(path))?;
                let target = of_file()?;
                claim(&file, path)?;
                target
            }
            Ok(_) => RowsTarget::Stream,
            Err(_) => {
                files::check(path)?;
                RowsTarget::File
            }
        };
        Ok(Self { path: path.to_owned(), target, open: None, rows: EpisodeRows::new(), fault: None })
    }

    /// Whether the rows take the standard output, so that nothing else may be printed there.
    pub fn takes_output(&self) -> bool {
        self.target == RowsTarget::Output
    }

    /// Opens the file, and writes over what is in it. A pipe waits here for whoever reads it.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        let opened = match self.target {
            RowsTarget::Output => Ok(OpenTarget::Output(io::stdout())),
            RowsTarget::Stream => OpenOptions::new().write(true).open(&self.path).map(OpenTarget::File),
            RowsTarget::File | RowsTarget::Behind(_) => {
                OpenOptions::new().write(true).create(true).truncate(false).open(&self.path).map(OpenTarget::File)
            }
        };
        let mut opened = opened.map_err(fault(&self.path))?;
        if let (OpenTarget::File(file), false) = (&mut opened, self.target == RowsTarget::Stream) {
            claim(file, &self.path)?;
            let mut bytes = 0;
            if let RowsTarget::Behind(before) = self.target {
                // The head is there.
                self.rows.take();
                bytes = before;
            }
            file.set_len(bytes).and_then(|()| file.seek(SeekFrom::Start(bytes))).map_err(fault(&self.path))?;
        }
        self.open = Some(opened);
        self.push(&[]);
        Ok(())
    }

    /// Writes the episodes among these events. Training goes on where the disk does not: that is told at the end.
    pub fn push(&mut self, events: &[LogEvent]) {
        if self.fault.is_none() {
            for event in events {
                self.rows.push_event(event);
            }
            let rows = self.rows.take();
            self.fault = match &mut self.open {
                Some(OpenTarget::Output(output)) => output.write_all(rows.as_bytes()).and_then(|()| output.flush()),
                Some(OpenTarget::File(file)) => file.write_all(rows.as_bytes()),
                None => Ok(()),
            }
            .err();
        }
    }

    /// Whether whoever read the standard output has gone, as `head` does.
    pub(crate) fn has_no_reader(&self) -> bool {
        self.takes_output() && self.fault.as_ref().is_some_and(|it| it.kind() == ErrorKind::BrokenPipe)
    }

    /// Nothing more will come; whether all of it is written.
    pub fn end(self) -> Result<(), Error> {
        match self.fault {
            None => Ok(()),
            Some(source) if self.target == RowsTarget::Output => Err(Error::Output(source)),
            Some(source) => Err(Error::File { path: self.path, source }),
        }
    }
}

/// What the rows of a table that is there come to.
#[derive(Debug, PartialEq)]
struct Rows {
    /// Episodes up to its last row, those of an earlier run that it goes on from among them.
    episodes: u64,
    bytes: u64,
    /// Bytes up to the row of the episode before the one that was asked for, if there is one.
    bytes_before: Option<u64>,
}

impl Rows {
    fn read(path: &Path, episode: u64) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let (mut found, mut line) = (Self { episodes: 0, bytes: 0, bytes_before: None }, Vec::new());
        loop {
            line.clear();
            let read = file.read_until(b'\n', &mut line)? as u64;
            // Half a row is what a killed process left: it gives way.
            if !line.ends_with(b"\n") {
                return Ok(found);
            }
            found.bytes += read;
            let row = String::from_utf8_lossy(&line);
            let mut cells = row.split(',').map(str::parse::<u64>);
            if let (Some(Ok(first)), Some(Ok(count))) = (cells.next(), cells.next()) {
                found.episodes = first.saturating_add(count);
            }
            if found.episodes == episode {
                found.bytes_before = Some(found.bytes);
            }
        }
    }
}

/// Refuses a file that another process writes a table into, and keeps others from it until the file is closed. On Windows that
/// would keep them from reading it, too.
fn claim(file: &File, path: &Path) -> Result<(), Error> {
    if !cfg!(unix) {
        return Ok(());
    }
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::BusyTable { path: path.to_owned() }),
        // Where files cannot be locked, nobody knows.
        Ok(()) | Err(_) => Ok(()),
    }
}

fn fault(path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path: path.clone(), source }
}

/// The first line of every such table.
fn head() -> String {
    EpisodeRows::new().take().trim_end().to_owned()
}

/// Refuses what is no table of episodes; tells whether the file is empty.
fn must_be_ours(path: &Path) -> Result<bool, Error> {
    match beginning(path)? {
        None => Ok(true),
        Some(line) if line == head() => Ok(false),
        Some(_) => Err(Error::NotEpisodes { path: path.to_owned() }),
    }
}

/// The first line of a file; none where it is empty.
fn beginning(path: &Path) -> Result<Option<String>, Error> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|it| it.take(BEGINNING_BYTES).read_to_end(&mut bytes));
    read.map_err(fault(path))?;
    let line = bytes.split(|it| *it == b'\n').next().unwrap_or_default();
    Ok((!bytes.is_empty()).then(|| String::from_utf8_lossy(line).trim_end().to_owned()))
}

/// Whether a file is what the standard output goes to: named so, or as the file that the output leads into.
fn is_output(path: &Path) -> bool {
    path.as_os_str() == "-" || leads_to_output(path)
}

#[cfg(unix)]
fn leads_to_output(path: &Path) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let output = io::stdout().as_fd().try_clone_to_owned().and_then(|it| File::from(it).metadata());
    let place = |it: fs::Metadata| (it.dev(), it.ino());
    output.is_ok_and(|output| fs::metadata(path).is_ok_and(|it| place(it) == place(output)))
}

#[cfg(not(unix))]
const fn leads_to_output(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_goes_on_behind_the_episode_before_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let rows = format!("{}\n0,1,-1,4,\n1,1,-1,4,\"a, b\"\n2,1,-1,4,goal\n", head());
        fs::write(&path, format!("{rows}3,1,-")).unwrap();
        let end = rows.len() as u64;
        assert_eq!(Rows::read(&path, 3).unwrap(), Rows { episodes: 3, bytes: end, bytes_before: Some(end) });
        for was_killed in [false, true] {
            let target = EpisodeTable::going_on(&path, 3, was_killed).unwrap().target;
            assert_eq!(target, RowsTarget::Behind(end), "half a row gives way");
        }
        let before = rows.rfind("2,1").unwrap() as u64;
        assert_eq!(EpisodeTable::going_on(&path, 2, true).unwrap().target, RowsTarget::Behind(before));
        fs::write(&path, &rows).unwrap();
        assert_eq!(EpisodeTable::going_on(&path, 3, false).unwrap().target, RowsTarget::Behind(end));
        for (episode, was_killed) in [(2, false), (4, false), (4, true)] {
            let words = EpisodeTable::going_on(&path, episode, was_killed).unwrap_err().to_string();
            assert!(words.contains("of 3 episodes") && words.contains(&format!("episode {episode}")), "{words}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), rows);
    }
}
