//! Run files: one epoch of a run as lines of JSON, as `terrarium export` writes it and `import` and the page read it.
//!
//! The first line says what follows; each further one is a log entry, and after the last of them come parts of the artifacts
//! that they refer to, and a last line, by which half a file is told from a whole one. An event is there in words, and one that cannot
//! be put into words as its bytes in hexadecimal digits: whatever a file was written from, reading it gives the same bytes or others
//! of the same meaning.

use crate::codec::hexadecimal;
use crate::event::LogEvent;
use crate::message::LogEntry;
use crate::{Epoch, Offset, Payload, RunId, json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::str;

/// The version of the layout: the second one has artifacts, the third one a last line.
pub const LAYOUT: u32 = 3;
/// The first layout that has a last line, without which a file is the beginning of one.
const WITH_END: u32 = 3;

/// How the line of a part of an artifact begins.
pub const PART: &str = "{\"artifact\":";
/// How the last line begins.
pub const END: &str = "{\"end\":";

/// The last line, without its end: how many entries and parts of artifacts stand before it.
pub fn end_line(lines: u64) -> String {
    format!("{END}{lines}}}")
}

/// How many lines a last line says there are; none where it is cut itself.
pub fn lines_of_end(line: &str) -> Option<u64> {
    line.trim_end().strip_prefix(END)?.strip_suffix('}')?.parse().ok()
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFileHead {
    /// The version of the layout.
    pub terrarium_run: u32,
    /// The run.
    pub run: RunId,
    /// Its epoch.
    pub epoch: Epoch,
    /// When the epoch began by its publisher's clock, in milliseconds since 1970.
    pub started_millis: f64,
    /// Title of the environment and the agent.
    pub title: String,
    /// Whether it is no run but a host of runs.
    #[serde(default)]
    pub is_host: bool,
    /// Below this offset, of every `grain` offsets one bin and one set of metrics are left.
    pub thinned: u64,
    /// See `thinned`.
    pub grain: u64,
}

impl RunFileHead {
    /// Reads a first line; none where it is that of another file, or of a later layout.
    pub fn read(line: &str) -> Option<Self> {
        let head: Self = serde_json::from_str(line.trim_start_matches('\u{feff}')).ok()?;
        (1..=LAYOUT).contains(&head.terrarium_run).then_some(head)
    }

    /// Whether the file has a last line, so that one without it is cut short.
    pub const fn has_end(&self) -> bool {
        self.terrarium_run >= WITH_END
    }
}

#[derive(Serialize, Deserialize)]
struct EntryLine {
    offset: Offset,
    time_millis: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

/// The line of a log entry, without its end.
///
/// # Errors
/// The entry cannot be put into JSON.
pub fn entry_line(entry: &LogEntry) -> Result<String, serde_json::Error> {
    let LogEntry { offset, time_millis, .. } = *entry;
    let words = entry.event.decode().ok().and_then(|it| serde_json::value::to_raw_value(&it).ok());
    let bytes = words.is_none().then(|| hexadecimal(entry.event.as_bytes()));
    serde_json::to_string(&EntryLine { offset, time_millis, event: words, bytes })
}

/// Reads the lines of log entries, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryLines {
    /// The offset that the next entry has, or a greater one below `thinned`.
    next: u64,
    thinned: u64,
}

impl EntryLines {
    /// For the entries that follow a first line.
    pub const fn after(head: &RunFileHead) -> Self {
        Self { next: 0, thinned: head.thinned }
    }

    /// The entry of the next line.
    ///
    /// # Errors
    /// The line is none of an entry, or not of the one that follows; in words.
    pub fn read(&mut self, line: &str) -> Result<LogEntry, String> {
        let entry = entry(line)?;
        let Self { next, thinned } = *self;
        if entry.offset.0 < next || entry.offset.0 > next && next >= thinned {
            return Err(format!("its offset is {}, where {next} was expected", entry.offset.0));
        }
        self.next = entry.offset.next().0;
        Ok(entry)
    }
}

fn entry(line: &str) -> Result<LogEntry, String> {
    let EntryLine { offset, time_millis, event, bytes } =
        serde_json::from_str(line).map_err(|error| json::words(line.as_bytes(), &error))?;
    let event = match (event, bytes) {
        (Some(event), None) => {
            let text = event.get();
            let event: LogEvent = serde_json::from_str(text).map_err(|error| json::words(text.as_bytes(), &error))?;
            Payload::compressed(&event).map_err(|error| error.to_string())?
        }
        (None, Some(digits)) => Payload::from_bytes(bytes_of(&digits).ok_or("its bytes are no hexadecimal digits")?),
        _ => return Err("it has neither an event nor bytes, or both".into()),
    };
    Ok(LogEntry { offset, time_millis, event })
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Severity;

    fn head(thinned: u64) -> RunFileHead {
        let run = RunId::new("a").unwrap();
        let (title, is_host) = (String::new(), false);
        RunFileHead {
            terrarium_run: LAYOUT,
            run,
            epoch: Epoch(1),
            started_millis: 0.0,
            title,
            is_host,
            thinned,
            grain: 1,
        }
    }

    fn entry(offset: u64) -> LogEntry {
        let event = LogEvent::Notice { severity: Severity::Warning, text: "a \u{201c}word\u{201d}".into() };
        LogEntry { offset: Offset(offset), time_millis: 1.5, event: Payload::plain(&event).unwrap() }
    }

    #[test]
    fn entries_are_read_as_they_were_written_whatever_they_hold() {
        let unknown = LogEntry { event: Payload::from_bytes(vec![0x81, 0xa1, 0x78, 0xc0]), ..entry(1) };
        let mut lines = EntryLines::after(&head(0));
        for entry in [entry(0), unknown] {
            let read = lines.read(&entry_line(&entry).unwrap()).unwrap();
            assert_eq!((read.offset, read.event.decode().ok()), (entry.offset, entry.event.decode().ok()));
        }
    }

    #[test]
    fn what_is_missing_is_said_unless_the_log_was_thinned_there() {
        let line = |offset| entry_line(&entry(offset)).unwrap();
        let mut lines = EntryLines::after(&head(5));
        for offset in [0, 4, 5, 6] {
            lines.read(&line(offset)).unwrap();
        }
        for offset in [6, 8] {
            let error = lines.read(&line(offset)).unwrap_err();
            assert_eq!(error, format!("its offset is {offset}, where 7 was expected"));
        }
        assert_eq!(
            lines.read("{\"offset\":7,\"time_millis\":0}").unwrap_err(),
            "it has neither an event nor bytes, or both"
        );
    }

    #[test]
    fn other_files_and_later_layouts_have_no_head() {
        let line = |head: &RunFileHead| serde_json::to_string(head).unwrap();
        assert_eq!(RunFileHead::read(&format!("\u{feff}{}\n", line(&head(3)))), Some(head(3)));
        assert_eq!(RunFileHead::read(&line(&RunFileHead { terrarium_run: LAYOUT + 1, ..head(0) })), None);
        for other in ["", "{}", "terrarium-agent"] {
            assert_eq!(RunFileHead::read(other), None, "{other}");
        }
    }
}
