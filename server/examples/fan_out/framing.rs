//! How each server wants messages framed.

use crate::peers::Peer;
use anyhow::{Context as _, bail};
use bytes::{Buf as _, Bytes, BytesMut};
use shared::event::{LogEvent, Severity};
use shared::message::{ClientMessage, LogEntry, ServerMessage};
use shared::{Epoch, Offset, Payload, RunId, codec};

/// Bytes of an event: its number in so many digits, and what fills it up.
pub(crate) const EVENT_BYTES: usize = 1000;
const DIGITS: usize = 10;

/// The topic, subject, run and event that are published.
pub(crate) const TOPIC: &str = "events";

fn event(number: u64) -> String {
    let mut text = format!("{number:0DIGITS$}");
    text.extend(std::iter::repeat_n('x', EVENT_BYTES - DIGITS));
    text
}

/// What a publisher sends for an event.
pub(crate) fn published(peer: Peer, number: u64) -> anyhow::Result<Vec<u8>> {
    let text = event(number);
    Ok(match peer {
        Peer::Floor => text.into_bytes(),
        Peer::Relay => {
            let event = Payload::plain(&LogEvent::Notice { severity: Severity::Information, text })?;
            let entries = vec![LogEntry { offset: Offset(number), time_millis: number as f64, event }];
            binary(&ClientMessage::Log { run: RunId::new(TOPIC)?, epoch: Epoch(1), entries })?
        }
        Peer::Mosquitto => mqtt(0x30, &[&[0, TOPIC.len() as u8], TOPIC.as_bytes(), text.as_bytes()].concat()),
        Peer::Nats => format!("PUB {TOPIC} {EVENT_BYTES}\r\n{text}\r\n").into_bytes(),
        Peer::FastApi => websocket(0x81, text.as_bytes()),
        Peer::FlaskSocketio => websocket(0x81, format!("42[\"{TOPIC}\",\"{text}\"]").as_bytes()),
    })
}

/// A message to the relay.
pub(crate) fn binary(message: &ClientMessage) -> anyhow::Result<Vec<u8>> {
    Ok(websocket(0x82, &codec::to_bytes(message)?))
}

/// A frame of a client, with a mask that changes nothing.
pub(crate) fn websocket(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        short @ ..126 => vec![0x80 | short as u8],
        long => [&[0xfe][..], &(long as u16).to_be_bytes()].concat(),
    };
    [&[kind][..], &length, &[0; 4], payload].concat()
}

/// A packet of MQTT.
pub(crate) fn mqtt(kind: u8, body: &[u8]) -> Vec<u8> {
    let (mut packet, mut left) = (vec![kind], body.len());
    loop {
        let digit = (left % 128) as u8;
        left /= 128;
        packet.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}

/// The content of the next whole message, empty where it is none of ours; none while there is none.
pub(crate) fn take(peer: Peer, buffer: &mut BytesMut) -> Option<Bytes> {
    match peer {
        Peer::Floor => (buffer.len() >= EVENT_BYTES).then(|| buffer.split_to(EVENT_BYTES).freeze()),
        Peer::Mosquitto => take_mqtt(buffer),
        Peer::Nats => take_nats(buffer),
        Peer::Relay | Peer::FastApi | Peer::FlaskSocketio => take_websocket(buffer),
    }
}

fn take_mqtt(buffer: &mut BytesMut) -> Option<Bytes> {
    let (mut length, mut head) = (0, 1);
    loop {
        let digit = *buffer.get(head)?;
        length |= usize::from(digit & 0x7f) << (7 * (head - 1));
        head += 1;
        if digit & 0x80 == 0 {
            break;
        }
    }
    if buffer.len() < head + length {
        return None;
    }
    let is_event = buffer[0] >> 4 == 3;
    let mut body = buffer.split_to(head + length).freeze().split_off(head);
    if !is_event {
        return Some(Bytes::new());
    }
    let topic = usize::from(body.get_u16());
    Some(body.split_off(topic))
}

fn take_nats(buffer: &mut BytesMut) -> Option<Bytes> {
    let end = buffer.windows(2).take(4096).position(|it| it == b"\r\n")?;
    let size = match buffer[..end].strip_prefix(b"MSG ") {
        None => {
            buffer.advance(end + 2);
            return Some(Bytes::new());
        }
        Some(line) => str::from_utf8(line).ok()?.rsplit(' ').next()?.parse::<usize>().ok()?,
    };
    if buffer.len() < end + 2 + size + 2 {
        return None;
    }
    buffer.advance(end + 2);
    let content = buffer.split_to(size).freeze();
    buffer.advance(2);
    Some(content)
}

fn take_websocket(buffer: &mut BytesMut) -> Option<Bytes> {
    let [kind, short, ..] = **buffer else { return None };
    let (head, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?) as usize),
        short => (2, usize::from(short)),
    };
    if buffer.len() < head + length {
        return None;
    }
    let content = buffer.split_to(head + length).freeze().split_off(head);
    Some(if kind & 0x0f <= 2 { content } else { Bytes::new() })
}

/// The numbers of the events in a message's content.
pub(crate) fn numbers(peer: Peer, content: &[u8], mut each: impl FnMut(u64)) -> anyhow::Result<()> {
    let text = match peer {
        Peer::Relay if content.is_empty() => return Ok(()),
        Peer::Relay => {
            match codec::from_bytes(content)? {
                ServerMessage::Log { entries, .. } => entries.iter().for_each(|it| each(it.offset.0)),
                ServerMessage::Error { message, .. } => bail!(message),
                _ => {}
            }
            return Ok(());
        }
        Peer::FlaskSocketio => content.strip_prefix(b"42[\"events\",\"").unwrap_or_default(),
        _ => content,
    };
    if let Some(digits) = text.get(..DIGITS) {
        let number = str::from_utf8(digits).ok().and_then(|it| it.parse().ok());
        // What has fewer digits in front is none of the events, such as a greeting.
        each(number.with_context(|| format!("no event: {}", String::from_utf8_lossy(digits)))?);
    }
    Ok(())
}
