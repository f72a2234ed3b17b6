//! The codec: `MessagePack` maps with field names in binary, the same as JSON in text.

use crate::event::{LogEvent, StateEvent};
use crate::reader::{MOST_DEPTH, MOST_MAP_ENTRIES, MessagePackReader, ReadError};
use crate::writer;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::marker::PhantomData;

/// Most bytes of one message, 8 MiB; both sides refuse more.
pub const MAX_MESSAGE_BYTES: usize = 8 << 20;

/// Most bytes of one event or answer, before it is compressed: the rest of its message fits beside it.
pub const MOST_EVENT_BYTES: usize = MAX_MESSAGE_BYTES - (64 << 10);

/// Events above this many bytes are compressed once, by their sender.
pub const COMPRESS_ABOVE_BYTES: usize = 1024;

/// First byte of a zlib stream. No event begins so: events are `MessagePack` maps, which begin with 0x80 to 0x8f,
/// 0xde or 0xdf.
const ZLIB_MARK: u8 = 0x78;

/// Bytes as hexadecimal digits, two each.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Above the limit.
    #[error("a message of {bytes} bytes is above the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Well formed, but of a kind that this side does not know.
    #[error("unknown message kind {kind:?}")]
    UnknownKind {
        /// The kind, cut after 60 characters.
        kind: String,
    },
    /// Not well formed.
    #[error("malformed message: {reason}")]
    Malformed {
        /// What was found where something else was expected.
        reason: String,
    },
    /// Not encodable: a defect of the sender.
    #[error("cannot encode: {reason}")]
    Unencodable {
        /// The encoder's words.
        reason: String,
    },
}

impl CodecError {
    fn malformed(error: &impl ToString) -> Self {
        Self::Malformed { reason: error.to_string().chars().take(200).collect() }
    }
}

/// Something that travels as a whole message: an enum of kinds.
pub trait Message: Serialize + DeserializeOwned {
    /// The names of its kinds on the wire.
    const KINDS: &'static [&'static str];
}

/// Encodes to a binary frame.
pub fn to_bytes<T: Serialize>(message: &T) -> Result<Vec<u8>, CodecError> {
    writer::write(message).map_err(|error| CodecError::Unencodable { reason: error.to_string() })
}

/// Encodes a message to a binary frame, or says that no receiver would take it.
pub fn to_frame<T: Message>(message: &T) -> Result<Vec<u8>, CodecError> {
    let bytes = to_bytes(message)?;
    check_size(bytes.len())?;
    Ok(bytes)
}

/// Encodes to a text frame.
pub fn to_text<T: Serialize>(message: &T) -> Result<String, CodecError> {
    serde_json::to_string(message).map_err(|error| CodecError::Unencodable { reason: error.to_string() })
}

/// Decodes a binary frame. Unknown fields are ignored; an unknown kind is its own error.
pub fn from_bytes<T: Message>(bytes: &[u8]) -> Result<T, CodecError> {
    check_size(bytes.len())?;
    decode_exactly(bytes).map_err(|error| {
        let kind = decode_exactly::<UnknownKind>(bytes).ok();
        unknown_kind(kind, T::KINDS).unwrap_or_else(|| CodecError::malformed(&error))
    })
}

/// Decodes a text frame. Unknown fields are ignored; an unknown kind is its own error.
pub fn from_text<T: Message>(text: &str) -> Result<T, CodecError> {
    check_text(text)?;
    serde_json::from_str(text).map_err(|error| {
        if let Some(reason) = not_finite(text, &error) {
            return CodecError::Malformed { reason };
        }
        let kind = serde_json::from_str::<UnknownKind>(text).ok();
        unknown_kind(kind, T::KINDS).unwrap_or_else(|| CodecError::malformed(&error))
    })
}

/// Refuses a text that is too long, nests too deep or has a map of too many entries, before anything is made of it.
pub fn check_text(text: &str) -> Result<(), CodecError> {
    check_size(text.len())?;
    // Entries of each map that is open; in lists nobody counts.
    let mut open = Vec::<Option<usize>>::new();
    let mut bytes = text.bytes();
    let refused = |reason: String| Err(CodecError::Malformed { reason });
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(byte) = bytes.next().filter(|it| *it != b'"') {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            b'{' | b'[' => {
                open.push((byte == b'{').then_some(1));
                if open.len() > MOST_DEPTH as usize {
                    return refused(format!("nested too deep: more than {MOST_DEPTH} maps and lists"));
                }
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => {
                if let Some(Some(entries)) = open.last_mut() {
                    *entries += 1;
                    if *entries > MOST_MAP_ENTRIES {
                        return refused(format!("a map has more than {MOST_MAP_ENTRIES} entries"));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Names an infinity or a not-a-number, which some programs write into what they call JSON.
fn not_finite(text: &str, error: &serde_json::Error) -> Option<String> {
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    let (before, after) = line.split_at_checked(error.column().checked_sub(1)?)?;
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let begin = before.trim_end_matches(is_part).len();
    let end = after.find(|it| !is_part(it)).unwrap_or(after.len());
    let word = line.get(begin..before.len() + end)?;
    let is_one = ["nan", "inf", "infinity"].contains(&word.trim_start_matches('-').to_ascii_lowercase().as_str());
    is_one.then(|| {
        format!(
            "{word} at line {} column {}: JSON has neither infinities nor not-a-number. Send such a value as the text \
             \"NaN\", \"Infinity\" or \"-Infinity\", or send binary messages, which carry it",
            error.line(),
            begin + 1
        )
    })
}

/// Decodes what [`to_bytes`] gave and was kept: files and storage have no limit of messages.
pub fn from_kept<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_exactly(bytes).map_err(|error| CodecError::malformed(&error))
}

/// Decodes one value that fills `bytes` to the last one.
fn decode_exactly<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ReadError> {
    let mut reader = MessagePackReader::new(bytes);
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn check_size(bytes: usize) -> Result<(), CodecError> {
    check_against(bytes, MAX_MESSAGE_BYTES)
}

const fn check_against(bytes: usize, limit: usize) -> Result<(), CodecError> {
    if bytes > limit { Err(CodecError::TooLarge { bytes, limit }) } else { Ok(()) }
}

fn is_compressed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&ZLIB_MARK)
}

/// What [`compressed`] or [`plain`] packed. A stream that would unpack to more than `most` bytes is refused before it
/// does.
pub fn unpacked(bytes: &[u8], most: usize) -> Result<Cow<'_, [u8]>, CodecError> {
    if !is_compressed(bytes) {
        check_against(bytes.len(), most)?;
        return Ok(Cow::Borrowed(bytes));
    }
    let mut whole = Vec::new();
    flate2::read::ZlibDecoder::new(bytes)
        .take(most as u64 + 1)
        .read_to_end(&mut whole)
        .map_err(|error| CodecError::malformed(&error))?;
    check_against(whole.len(), most)?;
    Ok(Cow::Owned(whole))
}

/// The kind of a message whose content is not understood: the only key of its map.
struct UnknownKind(String);

impl<'de> Deserialize<'de> for UnknownKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl<'de> serde::de::Visitor<'de> for KindVisitor {
            type Value = UnknownKind;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a map with one key")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<UnknownKind, A::Error> {
                match map.next_entry::<String, IgnoredAny>()? {
                    Some((kind, _)) if map.next_entry::<String, IgnoredAny>()?.is_none() => Ok(UnknownKind(kind)),
                    _ => Err(serde::de::Error::custom("not exactly one key")),
                }
            }
        }

        deserializer.deserialize_map(KindVisitor)
    }
}

fn unknown_kind(kind: Option<UnknownKind>, known: &[&str]) -> Option<CodecError> {
    let UnknownKind(kind) = kind.filter(|UnknownKind(kind)| !known.contains(&kind.as_str()))?;
    Some(CodecError::UnknownKind { kind: kind.chars().take(60).collect() })
}

/// Whether a text is an event of a kind that is not known here, whatever is in it.
pub fn is_of_unknown_kind<T: Event>(text: &str) -> bool {
    serde_json::from_str::<UnknownKind>(text).is_ok_and(|UnknownKind(kind)| !T::KINDS.contains(&kind.as_str()))
}

/// An encoded event inside a message: a byte string in binary, the event itself in text.
/// A relay passes it on as it is; only who shows it decodes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload<T> {
    bytes: Vec<u8>,
    event: PhantomData<fn() -> T>,
}

impl<T> Payload<T> {
    /// Wraps bytes as they came, checked when decoded.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, event: PhantomData }
    }

    /// The encoded bytes, see [`Payload::as_bytes`].
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The encoded bytes: a `MessagePack` map, or a zlib stream of one.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the bytes are a zlib stream, which unpacks to more than they are.
    pub fn is_compressed(&self) -> bool {
        is_compressed(&self.bytes)
    }
}

/// What becomes of an encoded event's bytes. A function, so that a program has the compressor only if it names it.
pub type Packing = fn(Vec<u8>) -> Result<Vec<u8>, CodecError>;

/// Bytes as they are: for transports that copy memory.
pub const fn plain(bytes: Vec<u8>) -> Result<Vec<u8>, CodecError> {
    Ok(bytes)
}

/// Bytes for a network: compressed above [`COMPRESS_ABOVE_BYTES`] where that makes them fewer.
pub fn compressed(bytes: Vec<u8>) -> Result<Vec<u8>, CodecError> {
    if bytes.len() <= COMPRESS_ABOVE_BYTES {
        return Ok(bytes);
    }
    let unencodable = |error: std::io::Error| CodecError::Unencodable { reason: error.to_string() };
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).map_err(unencodable)?;
    let small = encoder.finish().map_err(unencodable)?;
    Ok(if small.len() < bytes.len() { small } else { bytes })
}

impl<T: Event> Payload<T> {
    /// Encodes and packs an event. One above [`MOST_EVENT_BYTES`] is refused: nobody could read it.
    pub fn packed(event: &T, packing: Packing) -> Result<Self, CodecError> {
        let bytes = to_bytes(event)?;
        check_against(bytes.len(), MOST_EVENT_BYTES)?;
        packing(bytes).map(Self::from_bytes)
    }

    /// Encodes an event as it is.
    pub fn plain(event: &T) -> Result<Self, CodecError> {
        Self::packed(event, plain)
    }

    /// Encodes an event for a network.
    pub fn compressed(event: &T) -> Result<Self, CodecError> {
        Self::packed(event, compressed)
    }

    /// The event. A stream that would unpack to more than [`MAX_MESSAGE_BYTES`] is refused before it does.
    pub fn decode(&self) -> Result<T, CodecError> {
        from_kept(&unpacked(&self.bytes, MAX_MESSAGE_BYTES)?)
    }
}

/// Something that travels inside a [`Payload`]: an enum of kinds.
pub trait Event: Serialize + DeserializeOwned {
    /// The names of its kinds on the wire, and those that they had before.
    const KINDS: &'static [&'static str];
}

impl Event for LogEvent {
    const KINDS: &'static [&'static str] = &[
        "run_started",
        "episodes",
        "metrics",
        "recorded_episode",
        "tape",
        "tuned",
        "checkpoint",
        "notice",
        "run_ended",
    ];
}

impl Event for StateEvent {
    const KINDS: &'static [&'static str] = &[
        "status",
        "frame",
        "values",
        "optimal_solution",
        "truth",
        "recorded_episodes",
        "tapes",
        "network",
        "host",
        "image",
    ];
}

impl<T> std::fmt::Debug for Payload<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Payload({} bytes)", self.bytes.len())
    }
}

impl<T: Event> Serialize for Payload<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.decode().map_err(serde::ser::Error::custom)?.serialize(serializer)
        } else {
            serializer.serialize_bytes(&self.bytes)
        }
    }
}

impl<'de, T: Event> Deserialize<'de> for Payload<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::plain(&T::deserialize(deserializer)?).map_err(serde::de::Error::custom)
        } else {
            serde_bytes::ByteBuf::deserialize(deserializer).map(|bytes| Self::from_bytes(bytes.into_vec()))
        }
    }
}
