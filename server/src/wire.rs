//! Wire: messages as the bytes that a client speaks, encoded once for all who get the same.

use bytes::Bytes;
use shared::codec::{self, CodecError};
use shared::message::ServerMessage;
use std::sync::OnceLock;

/// The form that a client chose with its greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `MessagePack`.
    Binary,
    /// JSON.
    Text,
}

/// An encoded message; clones share its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    form: Form,
    bytes: Bytes,
}

impl Frame {
    /// Encodes a message for one client.
    pub(crate) fn new(message: &ServerMessage, form: Form) -> Result<Self, CodecError> {
        let bytes = match form {
            Form::Binary => codec::to_bytes(message)?.into(),
            Form::Text => text(message)?.into(),
        };
        Ok(Self { form, bytes })
    }

    pub(crate) const fn form(&self) -> Form {
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

/// A message that is encoded at most once a form.
#[derive(Debug)]
pub(crate) struct SharedMessage {
    message: ServerMessage,
    binary: OnceLock<Result<Frame, CodecError>>,
    text: OnceLock<Result<Frame, CodecError>>,
}

impl SharedMessage {
    pub(crate) const fn new(message: ServerMessage) -> Self {
        Self { message, binary: OnceLock::new(), text: OnceLock::new() }
    }

    /// The message itself.
    pub(crate) const fn message(&self) -> &ServerMessage {
        &self.message
    }

    /// The message encoded.
    pub(crate) fn frame(&self, form: Form) -> Result<Frame, CodecError> {
        let encoded = match form {
            Form::Binary => &self.binary,
            Form::Text => &self.text,
        };
        encoded.get_or_init(|| Frame::new(&self.message, form)).clone()
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
