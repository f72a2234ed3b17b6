//! The codec must survive any bytes; what it reads it must write, and read again as the same.
//!
//! Run with `cargo +nightly fuzz run codec` (needs `cargo install cargo-fuzz`).

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::codec::{self, Message};
use shared::{ClientMessage, LogEvent, Payload, ServerMessage, StateEvent};

fuzz_target!(|bytes: &[u8]| {
    check::<ClientMessage>(bytes);
    check::<ServerMessage>(bytes);
    let _ = Payload::<LogEvent>::from_bytes(bytes.to_vec()).decode();
    let _ = Payload::<StateEvent>::from_bytes(bytes.to_vec()).decode();
});

fn check<T: Message>(bytes: &[u8]) {
    if let Ok(message) = codec::from_bytes::<T>(bytes) {
        // Compared as bytes: not-a-number differs from itself.
        let written = codec::to_bytes(&message).expect("what was read can be written");
        let again: T = codec::from_bytes(&written).expect("what was written can be read");
        assert_eq!(codec::to_bytes(&again), Ok(written));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = codec::from_text::<T>(text);
    }
}
