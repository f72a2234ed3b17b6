//! Damage: entries whose bytes are not those that were stored, and pages of the database that cannot be read.
//!
//! What is damaged is lost, and nothing else: it is skipped, a notice stands in its place so that offsets have no holes, and
//! the relay's health tells how many there are.

use super::sql::{is_corrupt, layout, signed, unsigned};
use rusqlite::{Connection, params};
use shared::event::{LogEvent, Severity};
use shared::message::LogEntry;
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

const CHECKSUM: crc::Crc<u32, crc::Table<16>> = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// The most damaged entries that are told apart.
const MOST_KNOWN: usize = 10_000;

/// The checksum of an event's bytes.
pub(super) fn checksum(event: &[u8]) -> i64 {
    i64::from(CHECKSUM.checksum(event))
}

/// Whether these are the bytes that were stored, as far as anybody can tell: what early formats stored has no checksum.
pub(super) fn is_sound(event: &[u8], stored: Option<i64>) -> bool {
    stored.is_none_or(|it| it == checksum(event))
}

/// The damaged entries that were met so far. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage {
    known: Arc<Mutex<BTreeSet<(RunId, Epoch, u64)>>>,
}

impl Damage {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Which they are.
    pub(super) fn list(&self) -> Vec<(RunId, Epoch, u64)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// An entry is damaged: what stands in its place.
    pub(super) fn found(&self, run: &RunId, epoch: Epoch, offset: u64) -> LogEntry {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_KNOWN && known.insert((run.clone(), epoch, offset)) {
            tracing::error!(%run, %epoch, offset, "an entry is damaged on disk; `terrarium doctor` looks for others");
        }
        notice(offset)
    }
}

/// What stands in the place of a damaged entry.
pub(super) fn notice(offset: u64) -> LogEntry {
    let text = format!("Entry {offset} was damaged where the relay keeps it, and is lost. All others are there.");
    let event = LogEvent::Notice { severity: Severity::Warning, text };
    // A notice is always encodable; were it not, an empty event would be shown as one that cannot be read.
    let event = Payload::plain(&event).unwrap_or_else(|_| Payload::from_bytes(Vec::new()));
    LogEntry { offset: Offset(offset), time_millis: 0.0, event }
}

/// The first offset of a range, all of which is damaged in front, that can be read again; its end where none follows. None
/// where nothing of it can be told.
pub(super) fn next_sound(
    connection: &Connection,
    id: i64,
    offsets: Range<u64>,
) -> Result<Option<u64>, rusqlite::Error> {
    let stored = "SELECT min(?2, entries) FROM epochs WHERE id = ?1";
    let end = connection.query_row(stored, params![id, signed(offsets.end)], |row| row.get(0)).map(unsigned)?;
    let (mut damaged, mut step) = (offsets.start, 1);
    let mut sound = loop {
        let tried = damaged.saturating_add(step).min(end);
        if tried >= end {
            // The last of them: damaged up to the end, unless the search finds more.
            break Probe { offset: end, found: None };
        }
        if let Some(found) = probe(connection, id, tried..end)? {
            break Probe { offset: tried, found: Some(found) };
        }
        damaged = tried;
        step *= 2;
    };
    // The edge lies between what was tried last without and with success.
    while sound.offset > damaged + 1 {
        let middle = damaged + (sound.offset - damaged) / 2;
        match probe(connection, id, middle..end)? {
            Some(found) => sound = Probe { offset: middle, found: Some(found) },
            None => damaged = middle,
        }
    }
    let next = sound.found.unwrap_or(end);
    Ok((next > offsets.start).then_some(next))
}

struct Probe {
    offset: u64,
    /// The first row from there on, if there is one.
    found: Option<u64>,
}

/// The offset of the first row of a range; none where that cannot be read, or there is none.
fn probe(connection: &Connection, id: i64, offsets: Range<u64>) -> Result<Option<u64>, rusqlite::Error> {
    let (range, order) = layout(connection)?;
    let first = format!("SELECT offset, length(event) FROM entries WHERE {range} ORDER BY {order} LIMIT 2");
    let mut first = connection.prepare_cached(&first)?;
    let mut rows = first.query(params![id, signed(offsets.start), signed(offsets.end)])?;
    let mut next = || match rows.next().and_then(|row| row.map(|row| row.get(0)).transpose()) {
        Err(error) if is_corrupt(&error) => Ok(None),
        row => row.map(|it| it.map(unsigned)),
    };
    let Some(first) = next()? else { return Ok(None) };
    // A row in front of one that it belongs behind is not where its number was read.
    Ok(Some(next()?.filter(|second| *second < first && offsets.contains(second)).unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_damage_and_what_has_no_checksum_is_trusted() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert!(is_sound(b"event", Some(checksum(b"event"))));
        assert!(!is_sound(b"evenu", Some(checksum(b"event"))));
        assert!(is_sound(b"event", None));
    }

    #[test]
    fn damage_is_counted_once() {
        let (damage, run) = (Damage::default(), RunId::new("r").unwrap());
        for offset in [3, 3, 4] {
            assert_eq!(damage.found(&run, Epoch(1), offset).offset, Offset(offset));
        }
        assert_eq!(damage.count(), 2);
    }
}
