//! Portable: one epoch of a run as a run file, or its episodes or metrics as a table.

mod table;

use crate::batch::Heading;
use crate::store::EpochTransfer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use shared::artifact::ArtifactHash;
use shared::csv::EpisodeRows;
use shared::event::LogEvent;
use shared::json;
use shared::message::LogEntry;
use shared::run_file::{END, EntryLines, LAYOUT, PART, RunFileHead, end_line, entry_line, lines_of_end};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Lines, Write};
pub(crate) use table::ExportContent;
use table::ExportTable;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// It cannot be read at all.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is not such a file, or one of a later layout.
    #[error("this is no file that `terrarium export` wrote, or one of a later layout than {LAYOUT}")]
    NoExport,
    /// A line is not an entry.
    #[error("line {line} is no log entry: {reason}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It ends before its last line.
    #[error(
        "it is cut short: nothing follows line {line}, where `terrarium export` writes how many lines there are. Copy or export \
         it again"
    )]
    Cut {
        /// The number of the last line that is there, from 1.
        line: u64,
    },
    /// Its last line tells of other lines than there are.
    #[error(
        "its last line says that {said} lines stand before it, the first aside, and there are {found}: lines are missing or \
         doubled. Copy or export it again"
    )]
    Holed {
        /// So many are said.
        said: u64,
        /// So many are there.
        found: u64,
    },
    /// A line is not a part of an artifact.
    #[error("line {line} is no part of an artifact: {reason}")]
    Part {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// A part of an artifact.
#[derive(Serialize, Deserialize)]
struct PartLine {
    artifact: ArtifactHash,
    length: u64,
    offset: u64,
    /// Base64.
    content: String,
}

/// A part of an artifact, of so many bytes in all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArtifactPart {
    pub(crate) hash: ArtifactHash,
    pub(crate) length: u64,
    pub(crate) offset: u64,
    pub(crate) content: Vec<u8>,
}

/// What an epoch is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// All entries as lines of JSON, which `import` reads
    Jsonl,
    /// A table, comma-separated
    Csv,
    /// A table for pandas, polars and databases
    Parquet,
}

/// Writes an epoch.
pub(crate) enum ExportWriter<W: Write + Send> {
    /// With the artifacts that the entries so far refer to, and the lines that are written after the first.
    Lines(W, BTreeSet<ArtifactHash>, u64),
    /// With the rows that are written.
    Episodes(W, EpisodeRows, u64),
    Table(ExportTable<W>),
}

impl<W: Write + Send> ExportWriter<W> {
    /// Begins a file.
    pub(crate) fn new(mut out: W, format: Format, content: ExportContent, chapter: &EpochTransfer) -> io::Result<Self> {
        match (format, content) {
            (Format::Csv, ExportContent::Episodes) => {
                let mut rows = EpisodeRows::new();
                out.write_all(rows.take().as_bytes())?;
                return Ok(Self::Episodes(out, rows, 0));
            }
            (Format::Csv, ExportContent::Metrics) => return ExportTable::csv(out).map(Self::Table),
            (Format::Parquet, content) => return ExportTable::parquet(content, out).map(Self::Table),
            (Format::Jsonl, _) => {}
        }
        let EpochTransfer { run, epoch, started_millis, heading, thinned, grain } = chapter.clone();
        let Heading { title, is_host } = heading;
        let head = RunFileHead { terrarium_run: LAYOUT, run, epoch, started_millis, title, is_host, thinned, grain };
        writeln!(out, "{}", serde_json::to_string(&head)?)?;
        Ok(Self::Lines(out, BTreeSet::new(), 0))
    }

    /// How many rows of a table of episodes stand for several each.
    pub(crate) fn bins(&self) -> u64 {
        match self {
            Self::Episodes(_, rows, _) => rows.bins(),
            Self::Table(table) => table.bins(),
            Self::Lines(..) => 0,
        }
    }

    /// How many rows a table has so far.
    pub(crate) const fn rows(&self) -> Option<u64> {
        match self {
            Self::Episodes(_, _, count) => Some(*count),
            Self::Table(table) => Some(table.count()),
            Self::Lines(..) => None,
        }
    }

    pub(crate) fn push(&mut self, entry: &LogEntry) -> io::Result<()> {
        let out = match self {
            Self::Table(table) => return table.push(entry),
            Self::Episodes(out, rows, count) => {
                if let Ok(event) = entry.event.decode() {
                    rows.push_event(&event);
                }
                let text = rows.take();
                *count += text.lines().count() as u64;
                return out.write_all(text.as_bytes());
            }
            Self::Lines(out, artifacts, lines) => {
                *lines += 1;
                if let Ok(LogEvent::Checkpoint { artifact: Some(artifact), .. }) = entry.event.decode() {
                    artifacts.insert(artifact.hash());
                }
                out
            }
        };
        writeln!(out, "{}", entry_line(entry)?)
    }

    /// The artifacts that the entries refer to, where they can be written, too: after all entries.
    pub(crate) fn artifacts(&self) -> Vec<ArtifactHash> {
        match self {
            Self::Lines(_, artifacts, _) => artifacts.iter().copied().collect(),
            Self::Episodes(..) | Self::Table(_) => Vec::new(),
        }
    }

    /// Writes a part of an artifact. A table holds none.
    pub(crate) fn push_part(&mut self, part: &ArtifactPart) -> io::Result<()> {
        let Self::Lines(out, _, lines) = self else { return Ok(()) };
        *lines += 1;
        let ArtifactPart { hash: artifact, length, offset, content } = part;
        let (artifact, length, offset, content) = (*artifact, *length, *offset, BASE64.encode(content));
        writeln!(out, "{}", serde_json::to_string(&PartLine { artifact, length, offset, content })?)
    }

    /// Writes what is left.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Table(table) => table.finish(),
            Self::Episodes(mut out, ..) => out.flush(),
            Self::Lines(mut out, _, lines) => {
                writeln!(out, "{}", end_line(lines))?;
                out.flush()
            }
        }
    }
}

/// What a file holds after its first line.
#[derive(Debug)]
pub(crate) struct ImportReader<R> {
    lines: Lines<R>,
    /// The number of the last line that was read.
    line: u64,
    entries: EntryLines,
    /// The line after the last entry.
    held: Option<String>,
    /// Whether the last line is still to come.
    is_open: bool,
}

/// What such a file begins with: a bracket, behind blanks or a byte order mark that an editor put there.
const FIRST_BYTES: &[u8] = b"{ \t\xef";

/// Begins to read a file.
pub(crate) fn read<R: BufRead>(mut file: R) -> Result<(EpochTransfer, ImportReader<R>), PortableError> {
    // What is something else may have no lines, and no end.
    if file.fill_buf()?.first().is_some_and(|byte| !FIRST_BYTES.contains(byte)) {
        return Err(PortableError::NoExport);
    }
    let mut first = String::new();
    file.read_line(&mut first)?;
    let head = RunFileHead::read(&first).ok_or(PortableError::NoExport)?;
    let (entries, is_open) = (EntryLines::after(&head), head.has_end());
    let RunFileHead { run, epoch, started_millis, title, is_host, thinned, grain, .. } = head;
    let chapter = EpochTransfer { run, epoch, started_millis, heading: Heading { title, is_host }, thinned, grain };
    Ok((chapter, ImportReader { lines: file.lines(), line: 1, entries, held: None, is_open }))
}

impl<R: BufRead> ImportReader<R> {
    /// The next line before the last one.
    fn next_line(&mut self) -> Option<Result<String, PortableError>> {
        match self.lines.next() {
            Some(Ok(text)) if text.starts_with(END) => {
                self.is_open = false;
                let found = self.line - 1;
                match lines_of_end(&text) {
                    Some(said) if said == found => None,
                    Some(said) => Some(Err(PortableError::Holed { said, found })),
                    None => Some(Err(PortableError::Cut { line: self.line })),
                }
            }
            Some(line) => {
                self.line += 1;
                Some(line.map_err(PortableError::from))
            }
            None => std::mem::take(&mut self.is_open).then_some(Err(PortableError::Cut { line: self.line })),
        }
    }

    /// The entries, one after the other.
    pub(crate) fn entries(&mut self) -> impl Iterator<Item = Result<LogEntry, PortableError>> {
        std::iter::from_fn(|| {
            if self.held.is_some() {
                return None;
            }
            match self.next_line()? {
                Ok(text) if text.starts_with(PART) => {
                    self.held = Some(text);
                    None
                }
                Ok(text) => Some(self.entry(&text)),
                Err(error) => Some(Err(error)),
            }
        })
    }

    fn entry(&mut self, text: &str) -> Result<LogEntry, PortableError> {
        let line = self.line;
        self.entries.read(text).map_err(|reason| PortableError::Line { line, reason })
    }

    /// The parts of artifacts, after the entries.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = Result<ArtifactPart, PortableError>> {
        let mut missing = None;
        std::iter::from_fn(move || {
            let text = match self.held.take() {
                Some(text) => text,
                None => match self.next_line() {
                    Some(Ok(text)) => text,
                    Some(Err(error)) => return Some(Err(missing.take().map_or(error, |part| self.cut(&part)))),
                    None => return missing.take().map(|part| Err(self.cut(&part))),
                },
            };
            let part = match part(&text) {
                Ok(part) => part,
                Err(reason) => return Some(Err(PortableError::Part { line: self.line, reason })),
            };
            let end = part.offset.saturating_add(part.content.len() as u64);
            missing = (end < part.length).then_some((part.hash, end, part.length));
            Some(Ok(part))
        })
    }

    fn cut(&self, (hash, end, length): &(ArtifactHash, u64, u64)) -> PortableError {
        let reason = format!("the file ends after {end} of the {length} bytes of {hash}");
        PortableError::Part { line: self.line, reason }
    }
}

fn part(text: &str) -> Result<ArtifactPart, String> {
    let PartLine { artifact: hash, length, offset, content } =
        serde_json::from_str(text).map_err(|error| json::words(text.as_bytes(), &error))?;
    let content = BASE64.decode(content).map_err(|error| error.to_string())?;
    Ok(ArtifactPart { hash, length, offset, content })
}
