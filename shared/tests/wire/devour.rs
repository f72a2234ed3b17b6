//! What the codec must stand: property tests, damaged golden files and the fuzz target (`fuzz/`) all feed it this way.

use shared::codec::{self, CodecError, Message};
use shared::{ClientMessage, LogEvent, Payload, ServerMessage, StateEvent};

/// Decodes whatever comes, events included. An error must say something; what is read must be written, and read again
/// as the same.
pub(crate) fn devour(bytes: &[u8]) {
    if let Some(ClientMessage::Log { entries, .. }) = read(bytes) {
        for it in entries {
            named(it.event.decode().map(drop));
        }
    }
    read::<ServerMessage>(bytes);
    named(Payload::<LogEvent>::from_bytes(bytes.to_vec()).decode().map(drop));
    named(Payload::<StateEvent>::from_bytes(bytes.to_vec()).decode().map(drop));
    if let Ok(text) = std::str::from_utf8(bytes) {
        named(codec::from_text::<ClientMessage>(text).map(drop));
        named(codec::from_text::<ServerMessage>(text).map(drop));
    }
}

fn read<T: Message>(bytes: &[u8]) -> Option<T> {
    match codec::from_bytes::<T>(bytes) {
        Ok(message) => {
            // Compared as bytes: not-a-number differs from itself.
            let written = codec::to_bytes(&message).unwrap();
            let again: T = codec::from_bytes(&written).unwrap();
            assert_eq!(codec::to_bytes(&again), Ok(written));
            Some(message)
        }
        Err(error) => {
            named(Err(error));
            None
        }
    }
}

/// An error of bad input is readable and short enough to send back.
fn named(result: Result<(), CodecError>) {
    if let Err(error) = result {
        assert!(!matches!(error, CodecError::Unencodable { .. }), "{error}");
        let words = error.to_string();
        assert!((10..400).contains(&words.chars().count()), "{words:?}");
    }
}
