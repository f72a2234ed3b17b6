//! Wire: messages in the form that a client speaks, encoded once for all who get the same.

use axum::body::Bytes;
use axum::extract::ws::{Message as Frame, Utf8Bytes};
use shared::codec::{self, CodecError};
use shared::message::ServerMessage;
use std::sync::OnceLock;

/// The form that a client chose with its greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Binary frames of `MessagePack`.
    Binary,
    /// Text frames of JSON.
    Text,
}

/// Encodes a message for one client.
pub(crate) fn frame(message: &ServerMessage, form: Form) -> Result<Frame, CodecError> {
    match form {
        Form::Binary => codec::to_bytes(message).map(|it| Frame::Binary(it.into())),
        Form::Text => text(message).map(|it| Frame::Text(it.into())),
    }
}

/// A frame that is not above the limit of messages.
pub(crate) fn fitting(frame: Frame) -> Result<Frame, CodecError> {
    match size(&frame) {
        ..=codec::MAX_MESSAGE_BYTES => Ok(frame),
        bytes => Err(CodecError::TooLarge { bytes, limit: codec::MAX_MESSAGE_BYTES }),
    }
}

/// Bytes of a frame's content.
pub(crate) fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}

/// A message that is encoded at most once a form.
#[derive(Debug)]
pub(crate) struct Shared {
    message: ServerMessage,
    binary: OnceLock<Result<Bytes, CodecError>>,
    text: OnceLock<Result<Utf8Bytes, CodecError>>,
}

impl Shared {
    pub(crate) const fn new(message: ServerMessage) -> Self {
        Self { message, binary: OnceLock::new(), text: OnceLock::new() }
    }

    /// The message itself.
    pub(crate) const fn message(&self) -> &ServerMessage {
        &self.message
    }

    /// The frame; clones share its bytes.
    pub(crate) fn frame(&self, form: Form) -> Result<Frame, CodecError> {
        match form {
            Form::Binary => {
                let bytes = self.binary.get_or_init(|| codec::to_bytes(&self.message).map(Into::into));
                bytes.clone().map(Frame::Binary)
            }
            Form::Text => {
                let words = self.text.get_or_init(|| text(&self.message).map(Into::into));
                words.clone().map(Frame::Text)
            }
        }
    }
}

/// JSON. Events of a kind that this relay does not know travel on in binary, but it cannot put them into words: they
/// are left out here.
fn text(message: &ServerMessage) -> Result<String, CodecError> {
    codec::to_text(message).or_else(|_| {
        let mut readable = message.clone();
        match &mut readable {
            ServerMessage::Log { entries, .. } => entries.retain(|it| it.event.decode().is_ok()),
            ServerMessage::State { entries, .. } | ServerMessage::Subscribed { snapshot: entries, .. } => {
                entries.retain(|it| it.event.decode().is_ok());
            }
            _ => {}
        }
        codec::to_text(&readable)
    })
}
