//! Portable: one epoch of a run as lines of JSON, or its episodes or metrics as a table.
//!
//! The first line says what follows; each further one is a log entry. An event is there in words, and one that cannot be put
//! into words as its bytes in hexadecimal digits: whatever a file was written from, reading it gives the same bytes or others
//! of the same meaning.

mod table;

use crate::store::Chapter;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::csv::EpisodeRows;
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{Epoch, Offset, Payload, RunId};
use std::io::{self, BufRead, Write};
pub(crate) use table::Content;
use table::Table;

/// The version of the layout.
const LAYOUT: u32 = 1;

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
}

#[derive(Serialize, Deserialize)]
struct Head {
    terrarium_run: u32,
    run: RunId,
    epoch: Epoch,
    started_millis: f64,
    title: String,
    thinned: u64,
    grain: u64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    offset: Offset,
    time_millis: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
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
pub(crate) enum Writer<W: Write + Send> {
    Lines(W),
    Episodes(W, EpisodeRows),
    Table(Table<W>),
}

impl<W: Write + Send> Writer<W> {
    pub(crate) fn new(mut out: W, format: Format, content: Content, chapter: &Chapter) -> io::Result<Self> {
        match (format, content) {
            (Format::Csv, Content::Episodes) => {
                let mut rows = EpisodeRows::new();
                out.write_all(rows.take().as_bytes())?;
                return Ok(Self::Episodes(out, rows));
            }
            (Format::Csv, Content::Metrics) => return Table::csv(out).map(Self::Table),
            (Format::Parquet, content) => return Table::parquet(content, out).map(Self::Table),
            (Format::Jsonl, _) => {}
        }
        let Chapter { run, epoch, started_millis, title, thinned, grain } = chapter.clone();
        let head = Head { terrarium_run: LAYOUT, run, epoch, started_millis, title, thinned, grain };
        writeln!(out, "{}", serde_json::to_string(&head)?)?;
        Ok(Self::Lines(out))
    }

    /// How many rows of a table of episodes stand for several each.
    pub(crate) fn bins(&self) -> u64 {
        match self {
            Self::Episodes(_, rows) => rows.bins(),
            Self::Table(table) => table.bins(),
            Self::Lines(_) => 0,
        }
    }

    pub(crate) fn push(&mut self, entry: &LogEntry) -> io::Result<()> {
        let (out, event) = match self {
            Self::Table(table) => return table.push(entry),
            Self::Episodes(out, rows) => {
                if let Ok(event) = entry.event.decode() {
                    rows.push_event(&event);
                }
                return out.write_all(rows.take().as_bytes());
            }
            Self::Lines(out) => (out, entry.event.decode()),
        };
        let LogEntry { offset, time_millis, .. } = *entry;
        let words = event.ok().and_then(|it| serde_json::value::to_raw_value(&it).ok());
        let hexadecimal = |bytes: &[u8]| bytes.iter().fold(String::new(), |before, it| format!("{before}{it:02x}"));
        let bytes = words.is_none().then(|| hexadecimal(entry.event.as_bytes()));
        writeln!(out, "{}", serde_json::to_string(&Line { offset, time_millis, event: words, bytes })?)
    }

    /// Writes what is left.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Table(table) => table.finish(),
            Self::Episodes(mut out, _) | Self::Lines(mut out) => out.flush(),
        }
    }
}

/// Reads what a file holds, entry by entry.
pub(crate) fn read(
    mut file: impl BufRead,
) -> Result<(Chapter, impl Iterator<Item = Result<LogEntry, PortableError>>), PortableError> {
    let mut first = String::new();
    file.read_line(&mut first)?;
    let head: Head = serde_json::from_str(&first).map_err(|_| PortableError::NoExport)?;
    if head.terrarium_run != LAYOUT {
        return Err(PortableError::NoExport);
    }
    let Head { run, epoch, started_millis, title, thinned, grain, .. } = head;
    let chapter = Chapter { run, epoch, started_millis, title, thinned, grain };
    let mut next = 0;
    let entries = (2..).zip(file.lines()).map(move |(line, text)| {
        let wrong = |reason: String| PortableError::Line { line, reason };
        let entry = entry(&text?).map_err(wrong)?;
        if entry.offset.0 < next || entry.offset.0 > next && next >= thinned {
            return Err(wrong(format!("its offset is {}, where {next} was expected", entry.offset.0)));
        }
        next = entry.offset.next().0;
        Ok(entry)
    });
    Ok((chapter, entries))
}

fn entry(text: &str) -> Result<LogEntry, String> {
    let Line { offset, time_millis, event, bytes } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let event = match (event, bytes) {
        (Some(event), None) => {
            let event: LogEvent = serde_json::from_str(event.get()).map_err(|error| error.to_string())?;
            Payload::compressed(&event).map_err(|error| error.to_string())?
        }
        (None, Some(digits)) => Payload::from_bytes(bytes_of(&digits).ok_or("its bytes are no hexadecimal digits")?),
        _ => return Err("it has neither an event nor bytes, or both".into()),
    };
    Ok(LogEntry { offset, time_millis, event })
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2)).collect()
}
