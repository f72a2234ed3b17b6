//! Faults of the other side: what it sent is no WebSocket protocol, or too much.

use crate::listening::TooMuch;
use crate::outbox::ConnectionEnd;
use axum::extract::ws::close_code;
use shared::message::ErrorCode;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};

/// How a connection ends whose reading failed; none where the other side is gone. It may send `most` bytes at once.
pub(super) fn ending(error: &axum::Error, most: usize) -> Option<ConnectionEnd> {
    let source = std::error::Error::source(error)?.downcast_ref::<Error>();
    match source? {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(too_large(most)),
        Error::Io(error) if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooMuch>) => {
            let message = format!("more than {most} bytes came before the greeting was complete; send hello first");
            Some(ConnectionEnd::new(ErrorCode::TooLarge, message))
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::ReceivedAfterClosing) => None,
        Error::Protocol(error) => {
            let message = format!("this is not the WebSocket protocol: {error}");
            Some(ConnectionEnd {
                close: Some(close_code::PROTOCOL),
                ..ConnectionEnd::new(ErrorCode::Malformed, message)
            })
        }
        Error::Utf8(_) => Some(ConnectionEnd::new(ErrorCode::Malformed, "a text frame is not UTF-8")),
        _ => None,
    }
}

pub(super) fn too_large(most: usize) -> ConnectionEnd {
    ConnectionEnd::new(ErrorCode::TooLarge, format!("a message above the limit of {most} bytes; send smaller ones"))
}
