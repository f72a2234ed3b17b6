//! Text: the streams as JSON, for people and programs that speak no `MessagePack`.
//!
//! What a publisher sends as a few kilobytes may unpack to megabytes, and those to several times as much JSON. So events are
//! put into words one by one within bounds, messages are cut before they are too large, and what cannot be put into words
//! keeps its place as an opaque one: nothing is left out.

use crate::state::{OpenStateEntry, Subscribed};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use shared::codec::{self, CodecError, Event, Payload};
use shared::message::LogEntry;
use shared::{Epoch, Offset, RunId};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io;

/// Most bytes, unpacked, of an event that is put into words: as JSON it has several times as many, and takes time to make.
const MOST_UNPACKED_BYTES: usize = 2 << 20;

/// Most bytes of one event as JSON: the rest of its message fits beside it.
const MOST_EVENT_BYTES: usize = codec::MOST_EVENT_BYTES;

/// Bytes beyond which a message of several events is not filled any further.
const ENOUGH_BYTES: usize = 256 << 10;

/// A log entry whose event is in words.
#[derive(Debug, Serialize)]
pub(crate) struct EntryText {
    offset: Offset,
    time_millis: f64,
    event: Box<RawValue>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StateText<'a> {
    kind: &'a str,
    sequence: u64,
    event: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum MessageText<'a> {
    Log {
        run: &'a RunId,
        epoch: Epoch,
        entries: Vec<EntryText>,
    },
    State {
        run: &'a RunId,
        epoch: Epoch,
        entries: Vec<StateText<'a>>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        skipped: &'a BTreeMap<String, u64>,
    },
    Subscribed {
        run: &'a RunId,
        epoch: Epoch,
        offset: Offset,
        recovered: bool,
        history: u64,
        snapshot: Vec<StateText<'a>>,
    },
}

impl EntryText {
    pub(crate) fn new(entry: &LogEntry) -> Self {
        let event = event(&entry.event, MOST_EVENT_BYTES);
        Self { offset: entry.offset, time_millis: entry.time_millis, event }
    }

    /// About how many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        self.event.get().len() + 64
    }
}

/// A message with the first of these entries, at least one and as many as are enough, and how many those are.
pub(crate) fn log(run: &RunId, epoch: Epoch, entries: &[LogEntry]) -> Result<(String, usize), CodecError> {
    let (mut texts, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let text = EntryText::new(entry);
        if !texts.is_empty() && bytes + text.bytes() > codec::MOST_EVENT_BYTES {
            break;
        }
        bytes += text.bytes();
        texts.push(text);
        if bytes >= ENOUGH_BYTES {
            break;
        }
    }
    let taken = texts.len();
    Ok((codec::to_text(&MessageText::Log { run, epoch, entries: texts })?, taken))
}

pub(crate) fn state(
    run: &RunId,
    epoch: Epoch,
    entries: &[impl Borrow<OpenStateEntry>],
    skipped: &BTreeMap<String, u64>,
) -> Result<String, CodecError> {
    let entries = states(entries);
    codec::to_text(&MessageText::State { run, epoch, entries, skipped })
}

pub(crate) fn subscribed(begin: &Subscribed) -> Result<String, CodecError> {
    let Subscribed { run, epoch, offset, recovered, history, snapshot } = begin;
    let message = MessageText::Subscribed {
        run,
        epoch: *epoch,
        offset: *offset,
        recovered: *recovered,
        history: *history,
        snapshot: states(snapshot),
    };
    codec::to_text(&message)
}

/// State events as text has them.
pub(crate) fn states(entries: &[impl Borrow<OpenStateEntry>]) -> Vec<StateText<'_>> {
    let mut left = MOST_EVENT_BYTES;
    let text = |entry: &'_ OpenStateEntry| {
        let event = event(&entry.event, left);
        left = left.saturating_sub(event.get().len());
        event
    };
    let texts = entries.iter().map(Borrow::borrow).map(text).collect::<Vec<_>>();
    let entries = entries.iter().map(Borrow::borrow).zip(texts);
    entries.map(|(it, event)| StateText { kind: &it.kind, sequence: it.sequence, event }).collect()
}

/// An event that is passed on, but not in words.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Placeholder {
    Opaque {
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        bytes: usize,
        reason: String,
    },
}

/// An event as JSON, within so many bytes; one that cannot be put into words stands there as an opaque one.
fn event<T: Event>(payload: &Payload<T>, most_bytes: usize) -> Box<RawValue> {
    words(payload, most_bytes).unwrap_or_else(|reason| {
        let kind = kind(payload.as_bytes()).map(|it| it.chars().take(60).collect());
        let opaque = Placeholder::Opaque { kind, bytes: payload.as_bytes().len(), reason };
        serde_json::value::to_raw_value(&opaque).unwrap_or_else(|_| RawValue::NULL.to_owned())
    })
}

fn words<T: Event>(payload: &Payload<T>, most_bytes: usize) -> Result<Box<RawValue>, String> {
    let unpacked = codec::unpacked(payload.as_bytes(), MOST_UNPACKED_BYTES).map_err(|error| error.to_string())?;
    let event: T = codec::from_kept(&unpacked).map_err(|error| error.to_string())?;
    let mut bounded = BoundedBytes { bytes: Vec::new(), most: most_bytes };
    serde_json::to_writer(&mut bounded, &event).map_err(|error| match error.classify() {
        serde_json::error::Category::Io => "too large for text; binary messages carry it".to_owned(),
        _ => error.to_string(),
    })?;
    let text = String::from_utf8(bounded.bytes).map_err(|error| error.to_string())?;
    RawValue::from_string(text).map_err(|error| error.to_string())
}

/// The kind of an event whose content is not understood: the only key of its map.
#[expect(clippy::zero_sized_map_values, reason = "what the key leads to is not understood")]
pub(crate) fn kind(bytes: &[u8]) -> Option<String> {
    let unpacked = codec::unpacked(bytes, MOST_UNPACKED_BYTES).ok()?;
    let kinds: BTreeMap<String, IgnoredAny> = codec::from_kept(&unpacked).ok()?;
    kinds.into_keys().next()
}

/// Bytes up to a bound.
struct BoundedBytes {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for BoundedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
