//! Wire: messages as the bytes that a client speaks, encoded once for all who get the same.
//!
//! A relay passes on what it does not understand. So state events have the names of their kinds here, not the kinds that
//! [`shared`] knows, and the messages that carry them are types of the relay's own, with the same bytes.

use crate::state::{OpenStateEntry, Subscribed, each, is_kind};
use crate::text;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::codec::{self, CodecError, Event, Payload};
use shared::event::LogEvent;
use shared::message::{ClientMessage, LogEntry, ServerMessage};
use shared::{Epoch, Offset, RunId};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Text messages above so many bytes are made for each client anew instead of being kept.
const KEPT_TEXT_BYTES: usize = 64 << 10;

/// The form that a client chose with its greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireForm {
    /// `MessagePack`.
    Binary,
    /// JSON.
    Text,
}

/// An encoded message; clones share its bytes.
#[derive(Clone, Debug)]
pub(crate) struct MessageFrame {
    form: WireForm,
    bytes: Bytes,
}

impl MessageFrame {
    /// Encodes a message for one client.
    pub(crate) fn new(message: &ServerMessage, form: WireForm) -> Result<Self, CodecError> {
        Ok(match form {
            WireForm::Binary => Self::binary(codec::to_bytes(message)?),
            WireForm::Text => Self::text(codec::to_text(message)?),
        })
    }

    fn binary(bytes: Vec<u8>) -> Self {
        Self { form: WireForm::Binary, bytes: bytes.into() }
    }

    fn text(text: String) -> Self {
        Self { form: WireForm::Text, bytes: text.into() }
    }

    pub(crate) const fn form(&self) -> WireForm {
        self.form
    }

    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The frame, if it is not above the limit of messages.
    pub(crate) fn fitting(self) -> Result<Self, CodecError> {
        match self.bytes.len() {
            ..=codec::MAX_MESSAGE_BYTES => Ok(self),
            bytes => Err(CodecError::TooLarge { bytes, limit: codec::MAX_MESSAGE_BYTES }),
        }
    }
}

/// The message of a subscription's beginning.
pub(crate) fn subscribed(begin: &Subscribed, form: WireForm) -> Result<MessageFrame, CodecError> {
    #[derive(Serialize)]
    struct Message<'a> {
        subscribed: &'a Subscribed,
    }
    match form {
        WireForm::Binary => codec::to_bytes(&Message { subscribed: begin }).map(MessageFrame::binary),
        WireForm::Text => text::subscribed(begin).map(MessageFrame::text),
    }
}

/// A text message with the first of these entries, at least one and as many as are enough, and how many those are.
pub(crate) fn log_text(run: &RunId, epoch: Epoch, entries: &[LogEntry]) -> Result<(MessageFrame, usize), CodecError> {
    text::log(run, epoch, entries).map(|(text, taken)| (MessageFrame::text(text), taken))
}

/// State events for viewers, as [`ServerMessage::State`]; encoded at most once a form.
#[derive(Debug)]
pub(crate) struct StateMessage {
    body: StateBody,
    binary: OnceLock<Result<MessageFrame, CodecError>>,
    text: OnceLock<Option<MessageFrame>>,
}

#[derive(Debug, Serialize)]
struct StateBody {
    run: RunId,
    epoch: Epoch,
    #[serde(serialize_with = "each")]
    entries: Vec<Arc<OpenStateEntry>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    skipped: BTreeMap<String, u64>,
}

impl StateMessage {
    pub(crate) const fn new(
        run: RunId,
        epoch: Epoch,
        entries: Vec<Arc<OpenStateEntry>>,
        skipped: BTreeMap<String, u64>,
    ) -> Self {
        let body = StateBody { run, epoch, entries, skipped };
        Self { body, binary: OnceLock::new(), text: OnceLock::new() }
    }

    #[cfg(test)]
    pub(crate) const fn parts(&self) -> (&Vec<Arc<OpenStateEntry>>, &BTreeMap<String, u64>) {
        (&self.body.entries, &self.body.skipped)
    }

    /// How many events it says that its viewers were spared.
    pub(crate) fn spared(&self) -> u64 {
        self.body.skipped.values().sum()
    }

    pub(crate) fn frame(&self, form: WireForm) -> Result<MessageFrame, CodecError> {
        #[derive(Serialize)]
        struct Message<'a> {
            state: &'a StateBody,
        }
        let StateBody { run, epoch, entries, skipped } = &self.body;
        match form {
            WireForm::Binary => {
                let encode = || codec::to_bytes(&Message { state: &self.body }).map(MessageFrame::binary);
                self.binary.get_or_init(encode).clone()
            }
            WireForm::Text => {
                let whole = || text::state(run, *epoch, entries, skipped).map(MessageFrame::text);
                let small = || whole().ok().filter(|it| it.bytes.len() <= KEPT_TEXT_BYTES);
                self.text.get_or_init(small).clone().map_or_else(whole, Ok)
            }
        }
    }
}

/// Log entries for viewers, as [`ServerMessage::Log`]; encoded at most once a form.
#[derive(Debug)]
pub(crate) struct LogMessage {
    message: ServerMessage,
    binary: OnceLock<Result<MessageFrame, CodecError>>,
    text: OnceLock<Option<MessageFrame>>,
}

impl LogMessage {
    pub(crate) const fn new(run: RunId, epoch: Epoch, entries: Vec<LogEntry>) -> Self {
        let message = ServerMessage::Log { run, epoch, entries };
        Self { message, binary: OnceLock::new(), text: OnceLock::new() }
    }

    pub(crate) fn entries(&self) -> &[LogEntry] {
        match &self.message {
            ServerMessage::Log { entries, .. } => entries,
            _ => &[],
        }
    }

    /// All of it in binary.
    pub(crate) fn binary(&self) -> Result<MessageFrame, CodecError> {
        self.binary.get_or_init(|| MessageFrame::new(&self.message, WireForm::Binary)).clone()
    }

    /// All of it in text, if it is small.
    pub(crate) fn small_text(&self) -> Option<MessageFrame> {
        let ServerMessage::Log { run, epoch, entries } = &self.message else { return None };
        let make = || {
            let (frame, taken) = log_text(run, *epoch, entries).ok()?;
            (taken == entries.len() && frame.bytes.len() <= KEPT_TEXT_BYTES).then_some(frame)
        };
        self.text.get_or_init(make).clone()
    }
}

/// What a client says.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// Everything but state events.
    Message(ClientMessage),
    /// State events of any kind.
    State {
        /// Which run.
        run: RunId,
        /// Which epoch.
        epoch: Epoch,
        /// The events.
        entries: Vec<OpenStateEntry>,
    },
}

#[derive(Serialize, Deserialize)]
struct AnyState {
    state: AnyStateBody,
}

#[derive(Serialize, Deserialize)]
struct AnyStateBody {
    run: RunId,
    epoch: Epoch,
    entries: Vec<OpenStateEntry>,
}

impl codec::Message for AnyState {
    const KINDS: &'static [&'static str] = &["state"];
}

/// Reads a binary message.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Incoming, CodecError> {
    if bytes.starts_with(b"\x81\xa5state") {
        let AnyState { state: AnyStateBody { run, epoch, entries } } = codec::from_bytes(bytes)?;
        return Ok(Incoming::State { run, epoch, entries });
    }
    codec::from_bytes(bytes).map(known)
}

/// Events of kinds that this relay does not know come from publishers in text, too.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnyText {
    Log { run: RunId, epoch: Epoch, entries: Vec<AnyEntryText> },
    State { run: RunId, epoch: Epoch, entries: Vec<AnyStateText> },
}

#[derive(Deserialize)]
struct AnyEntryText {
    offset: Offset,
    time_millis: f64,
    event: Box<RawValue>,
}

#[derive(Deserialize)]
struct AnyStateText {
    kind: String,
    sequence: u64,
    event: Box<RawValue>,
}

/// Reads a text message.
pub(crate) fn from_text(text: &str) -> Result<Incoming, CodecError> {
    codec::check_text(text)?;
    let error = match codec::from_text(text).map(known) {
        Err(error @ CodecError::Malformed { .. }) => error,
        read => return read,
    };
    match serde_json::from_str(text) {
        Ok(AnyText::Log { run, epoch, entries }) => {
            let entry = |AnyEntryText { offset, time_millis, event }: AnyEntryText| {
                payload::<LogEvent>(&event).map(|event| LogEntry { offset, time_millis, event })
            };
            let entries = entries.into_iter().map(entry).collect::<Option<_>>().ok_or(error)?;
            Ok(Incoming::Message(ClientMessage::Log { run, epoch, entries }))
        }
        Ok(AnyText::State { run, epoch, entries }) => {
            let entry = |AnyStateText { kind, sequence, event }: AnyStateText| {
                let event = payload::<shared::event::StateEvent>(&event)?;
                is_kind(&kind).then_some(OpenStateEntry { kind, sequence, event })
            };
            let entries = entries.into_iter().map(entry).collect::<Option<_>>().ok_or(error)?;
            Ok(Incoming::State { run, epoch, entries })
        }
        Err(_) => Err(error),
    }
}

fn known(message: ClientMessage) -> Incoming {
    match message {
        ClientMessage::State { run, epoch, entries } => {
            let entries = entries.into_iter().map(OpenStateEntry::from).collect();
            Incoming::State { run, epoch, entries }
        }
        message => Incoming::Message(message),
    }
}

/// An event as it is, or one of a kind that this relay does not know, whatever is in it.
fn payload<T: Event>(text: &RawValue) -> Option<Payload<T>> {
    match serde_json::from_str::<T>(text.get()) {
        Ok(event) => Payload::plain(&event).ok(),
        Err(_) if codec::is_of_unknown_kind::<T>(text.get()) => {
            let any: serde_json::Value = serde_json::from_str(text.get()).ok()?;
            codec::to_bytes(&any).ok().map(Payload::from_bytes)
        }
        Err(_) => None,
    }
}
