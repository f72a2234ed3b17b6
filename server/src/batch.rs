//! Batches: log entries that came together and travel on together.

use crate::wire::LogMessage;
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{Epoch, RunId};
use std::time::Instant;

/// Consecutive log entries of one epoch, at least one, as the message that carries them.
#[derive(Debug)]
pub(crate) struct LogBatch {
    first: u64,
    bytes: usize,
    came: Instant,
    message: LogMessage,
}

impl LogBatch {
    /// Wraps consecutive entries, of which `first` is the first one's offset.
    pub(crate) fn new(run: &RunId, epoch: Epoch, first: u64, entries: Vec<LogEntry>) -> Self {
        let bytes = entries.iter().map(size).sum();
        Self { first, bytes, came: Instant::now(), message: LogMessage::new(run.clone(), epoch, entries) }
    }

    /// When it was taken in.
    pub(crate) const fn came(&self) -> Instant {
        self.came
    }

    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// The offset after its last entry.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.entries().len() as u64
    }

    /// About how much memory it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn entries(&self) -> &[LogEntry] {
        self.message.entries()
    }

    /// The entries from an offset on.
    pub(crate) fn entries_from(&self, offset: u64) -> &[LogEntry] {
        let skip = usize::try_from(offset.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.entries().get(skip..).unwrap_or_default()
    }

    /// The message with all entries.
    pub(crate) const fn message(&self) -> &LogMessage {
        &self.message
    }
}

/// About how many bytes an entry takes in memory and on the wire.
pub(crate) fn size(entry: &LogEntry) -> usize {
    entry.event.as_bytes().len() + 40
}

/// What a list tells of an epoch, from its first log entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Title of its environment and agent.
    pub(crate) title: String,
    /// It is no run but a host of runs.
    pub(crate) is_host: bool,
}

impl Heading {
    /// Of a first entry, if that is a start.
    pub(crate) fn of(entry: &LogEntry) -> Option<Self> {
        match entry.event.decode() {
            Ok(LogEvent::RunStarted { environment, agent, is_host, .. }) => {
                Some(Self { title: format!("{} · {}", environment.title, agent.title), is_host })
            }
            _ => None,
        }
    }
}
