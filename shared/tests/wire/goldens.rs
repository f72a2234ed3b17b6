//! Every message and event has a golden file with its text and its bytes: a change of the wire is seen in a diff.
//!
//! `cargo xtask goldens` writes them anew.

use crate::samples::{
    CLIENT_KINDS, COMMAND_KINDS, LOG_KINDS, Named, SERVER_KINDS, SHAPE_KINDS, STATE_KINDS, client_kind,
    client_messages, command_kind, commands, log_events, log_kind, server_kind, server_messages, shape_kind,
    state_events, state_kind,
};
use expect_test::expect_file;
use serde::Serialize;
use shared::codec::{self, Event, Message};
use shared::{Payload, StateEvent};
use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

#[test]
fn golden_client_messages() {
    check_messages("client", client_messages());
}

#[test]
fn golden_server_messages() {
    check_messages("server", server_messages());
}

#[test]
fn golden_log_events() {
    check_events("log", log_events());
}

#[test]
fn golden_state_events() {
    check_events("state", state_events());
}

#[test]
fn every_kind_has_a_golden_file() {
    check_kinds(CLIENT_KINDS, client_messages().iter().map(|(_, it)| client_kind(it)));
    check_kinds(SERVER_KINDS, server_messages().iter().map(|(_, it)| server_kind(it)));
    check_kinds(LOG_KINDS, log_events().iter().map(|(_, it)| log_kind(it)));
    check_kinds(STATE_KINDS, state_events().iter().map(|(_, it)| state_kind(it)));
    check_kinds(COMMAND_KINDS, commands().iter().map(|(_, it)| command_kind(it)));
    let frames = state_events();
    let shapes = frames.iter().filter_map(|(_, it)| match it {
        StateEvent::Frame(frame) => Some(&frame.scene.shapes),
        _ => None,
    });
    check_kinds(SHAPE_KINDS, shapes.flatten().map(shape_kind));
}

fn check_kinds(all: &[&'static str], sampled: impl Iterator<Item = &'static str>) {
    assert_eq!(sampled.collect::<BTreeSet<_>>(), all.iter().copied().collect());
}

/// Compares messages with their golden files, and what the bytes and the text decode to with the messages.
fn check_messages<T: Message + Debug + PartialEq>(folder: &str, messages: Named<T>) {
    for (name, message) in messages {
        check_golden(folder, name, &message);
        let bytes = codec::to_bytes(&message).unwrap();
        assert_eq!(codec::from_bytes::<T>(&bytes).unwrap(), message, "{name} from bytes");
        let text = codec::to_text(&message).unwrap();
        assert_eq!(codec::from_text::<T>(&text).unwrap(), message, "{name} from text");
    }
}

fn check_events<T: Event + Debug + PartialEq>(folder: &str, events: Named<T>) {
    for (name, event) in events {
        check_golden(folder, name, &event);
        assert_eq!(Payload::plain(&event).unwrap().decode().unwrap(), event, "{name}");
        assert_eq!(Payload::compressed(&event).unwrap().decode().unwrap(), event, "{name} compressed");
    }
}

fn check_golden(folder: &str, name: &str, value: &impl Serialize) {
    let mut golden = serde_json::to_string_pretty(value).unwrap();
    let bytes = codec::to_bytes(value).unwrap();
    write!(golden, "\n\n{} bytes of MessagePack:\n", bytes.len()).unwrap();
    for row in bytes.chunks(16) {
        let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let letters: String = row.iter().map(shown).collect();
        writeln!(golden, "{:<47}  {}", hex.join(" "), letters.trim_end()).unwrap();
    }
    expect_file![format!("{}/tests/goldens/{folder}/{name}.txt", env!("CARGO_MANIFEST_DIR"))].assert_eq(&golden);
}
