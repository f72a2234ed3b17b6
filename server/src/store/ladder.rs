//! The ladder: a long log, merged beforehand, so that a thinned history is read instead of computed.
//!
//! Offsets fall into blocks: of level k, each has 2^k of them, aligned. A rung stands for the bins of a block, merged, or for
//! its metrics, of which the last stay, and has the offset of the last of them. Rungs of level 0 tell of every entry what
//! it is: so those that stay whole are found, and so is what is rare. A rung that is an entry of the log, as all of metrics
//! are, is only a reference to it; level 1 is left out, because it would save half of a read for as many bytes as the
//! bins have.
//!
//! The writer climbs piece by piece, behind the log: rungs of a level cover its front without a gap, up to the last whole
//! block of that level. Nothing else is remembered, so that it goes on after a restart, and takes in a log of an earlier
//! format or of another relay, just as it follows one that grows.

use super::StoreError;
use super::damage::{Damage, checksum, is_sound};
use super::read::{entries, used_bytes};
use super::sql::{corrupt, signed, unsigned};
use crate::log::Excerpt;
use crate::thin::{MOST_BIN_BYTES, MemorySize as _, ThinnedEntry, packed, part};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use shared::episode::EpisodeBin;
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::VecDeque;
use std::ops::Range;

/// The lowest level that is merged.
pub(super) const LOWEST: u32 = 2;

/// The level of the pieces by which the writer climbs.
pub(super) const PIECE: u32 = 12;

/// Entries of a log from which on it has a ladder: read as a whole, a shorter one takes no longer.
const LEAST_ENTRIES: u64 = 32_768;

/// Bytes that climbing reads at a time.
const PAGE_BYTES: usize = 1 << 20;

/// What a rung stands for; the numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RungKind {
    /// What stays whole; of level 0 only.
    Whole = 0,
    Metrics = 1,
    Bins = 2,
}

/// A rung on its way into the database.
struct LadderRung<T> {
    offset: u64,
    time_millis: f64,
    value: T,
    /// It is no entry of the log.
    is_merged: bool,
}

/// Whether a log that grew has a piece more to climb.
pub(super) const fn is_due(before: u64, stored: u64) -> bool {
    stored >= LEAST_ENTRIES && before >> PIECE < stored >> PIECE
}

/// The epochs whose ladders or sums have not come far enough: those of earlier formats, and imported ones. None where twice as
/// much might be more than may be kept.
pub(super) fn lagging(connection: &Connection, total_bytes: u64) -> Result<VecDeque<i64>, rusqlite::Error> {
    if used_bytes(connection)? > total_bytes / 2 {
        return Ok(VecDeque::new());
    }
    let mut lagging = connection.prepare(
        "SELECT id FROM epochs
                  WHERE entries >= ?1 AND (entries >= laddered + ?2 OR summed >= 0 AND entries >= summed + ?2)
                  ORDER BY id DESC",
    )?;
    let rows = lagging.query_map(params![signed(LEAST_ENTRIES), 1i64 << PIECE], |row| row.get(0))?;
    rows.collect()
}

/// Climbs on, some pieces. False when what is left is less than a piece.
pub(super) fn climb(connection: &mut Connection, row: i64, piece: u32, most: usize) -> Result<bool, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let find = "SELECT run, epoch, entries, laddered FROM epochs WHERE id = ?1";
    let columns = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, Epoch(unsigned(row.get(1)?)), unsigned(row.get(2)?), unsigned(row.get(3)?)))
    };
    let found = transaction.query_row(find, [row], columns).optional()?;
    let Some((run, epoch, stored, mut reached)) = found else { return Ok(false) };
    let Ok(run) = RunId::new(run) else { return Ok(false) };
    let mut left = most;
    while left > 0 && reached + (1 << piece) <= stored {
        let offsets = reached..reached + (1 << piece);
        climb_piece(&transaction, row, (&run, epoch), &offsets)?;
        for level in piece + 1..=offsets.end.trailing_zeros() {
            raise(&transaction, row, offsets.end - (1 << level)..offsets.end, level)?;
        }
        reached = offsets.end;
        left -= 1;
    }
    transaction.execute("UPDATE epochs SET laddered = ?2 WHERE id = ?1", params![row, signed(reached)])?;
    transaction.commit()?;
    Ok(left == 0)
}

/// The rungs of a piece, up to the one that stands for all of it.
fn climb_piece(
    connection: &Connection,
    row: i64,
    (run, epoch): (&RunId, Epoch),
    offsets: &Range<u64>,
) -> Result<(), StoreError> {
    let (mut bins, mut metrics, mut weight) = (Vec::new(), Vec::new(), 0);
    let mut next = offsets.start;
    while next < offsets.end {
        let excerpt = Excerpt { offsets: next..offsets.end, most: usize::MAX, most_bytes: PAGE_BYTES };
        let page = entries(connection, run, epoch, &excerpt, &Damage::default())?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        for entry in page {
            let (offset, time_millis) = (entry.offset.0, entry.time_millis);
            let kind = match part(&entry) {
                ThinnedEntry::Bin(value) if weight < MOST_BIN_BYTES => {
                    weight += value.weight();
                    bins.push(LadderRung { offset, time_millis, value, is_merged: false });
                    RungKind::Bins
                }
                ThinnedEntry::Metrics { .. } => {
                    metrics.push(LadderRung { offset, time_millis, value: (), is_merged: false });
                    RungKind::Metrics
                }
                _ => RungKind::Whole,
            };
            refer(connection, row, kind, 0, offset)?;
        }
    }
    for level in 1..=(offsets.end - offsets.start).ilog2() {
        bins = joined(bins, level);
        metrics = joined(metrics, level);
        if level >= LOWEST {
            for it in &bins {
                store(connection, row, level, it)?;
            }
            for it in &metrics {
                refer(connection, row, RungKind::Metrics, level, it.offset)?;
            }
        }
    }
    Ok(())
}

trait Join {
    /// Takes in what follows; false if nothing is left of this one.
    fn join(&mut self, later: Self) -> bool;
}

impl Join for EpisodeBin {
    fn join(&mut self, later: Self) -> bool {
        self.merge(&later);
        true
    }
}

impl Join for () {
    fn join(&mut self, (): Self) -> bool {
        false
    }
}

/// One rung of every block.
fn joined<T: Join>(rungs: Vec<LadderRung<T>>, level: u32) -> Vec<LadderRung<T>> {
    let mut joined: Vec<LadderRung<T>> = Vec::with_capacity(rungs.len());
    for rung in rungs {
        match joined.last_mut() {
            Some(last) if last.offset >> level == rung.offset >> level => {
                (last.offset, last.time_millis) = (rung.offset, rung.time_millis);
                last.is_merged = last.value.join(rung.value);
            }
            _ => joined.push(rung),
        }
    }
    joined
}

/// The rungs of a block, of those of its halves.
fn raise(connection: &Connection, row: i64, block: Range<u64>, level: u32) -> Result<(), StoreError> {
    let mut bins = Vec::new();
    read(connection, row, (RungKind::Bins, level - 1), block.clone(), |offset, entry, is_merged| {
        // A bin whose bytes are damaged is lost.
        if let Some(LogEntry { time_millis, event, .. }) = entry
            && let Ok(LogEvent::Episodes(value)) = event.decode()
        {
            bins.push(LadderRung { offset, time_millis, value, is_merged });
        }
    })?;
    for it in joined(bins, level) {
        store(connection, row, level, &it)?;
    }
    if let Some(last) = last(connection, row, (RungKind::Metrics, level - 1), &block)? {
        refer(connection, row, RungKind::Metrics, level, last)?;
    }
    Ok(())
}

fn store(connection: &Connection, row: i64, level: u32, rung: &LadderRung<EpisodeBin>) -> Result<(), StoreError> {
    if !rung.is_merged {
        return Ok(refer(connection, row, RungKind::Bins, level, rung.offset)?);
    }
    let event = packed(rung.value.clone())?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO rungs (epoch, kind, level, offset, time_millis, event, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (offset, bytes) = (signed(rung.offset), event.as_bytes());
    insert.execute(params![row, RungKind::Bins as i64, level, offset, rung.time_millis, bytes, checksum(bytes)])?;
    Ok(())
}

fn refer(connection: &Connection, row: i64, kind: RungKind, level: u32, offset: u64) -> Result<(), rusqlite::Error> {
    let mut insert =
        connection.prepare_cached("INSERT INTO rungs (epoch, kind, level, offset) VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute(params![row, kind as i64, level, signed(offset)])?;
    Ok(())
}

/// Reads the rungs of a range: `take` gets the offset, the entry if it is sound, and whether it was merged.
pub(super) fn read(
    connection: &Connection,
    row: i64,
    (kind, level): (RungKind, u32),
    offsets: Range<u64>,
    mut take: impl FnMut(u64, Option<LogEntry>, bool),
) -> Result<(), rusqlite::Error> {
    let mut rungs = connection.prepare_cached(
        "SELECT offset, time_millis, event, checksum FROM rungs
         WHERE epoch = ?1 AND kind = ?2 AND level = ?3 AND offset >= ?4 AND offset < ?5 ORDER BY offset",
    )?;
    let mut entry =
        connection.prepare_cached("SELECT time_millis, event, checksum FROM entries WHERE place = ?1 << 36 | ?2")?;
    let place = params![row, kind as i64, level, signed(offsets.start), signed(offsets.end)];
    let mut rows = rungs.query(place)?;
    while let Some(rung) = rows.next()? {
        let offset = unsigned(rung.get(0)?);
        let merged: Option<Vec<u8>> = rung.get(2)?;
        let is_merged = merged.is_some();
        let found = if let Some(event) = merged {
            Some((rung.get(1)?, event, rung.get(3)?))
        } else {
            let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            entry.query_row(params![row, signed(offset)], columns).optional()?
        };
        let found = found.filter(|(_, event, checksum)| is_sound(event, *checksum));
        if found.is_none() && is_merged {
            return Err(corrupt("a rung of the ladder is damaged"));
        }
        let entry = found.map(|(time_millis, event, _)| LogEntry {
            offset: Offset(offset),
            time_millis,
            event: Payload::from_bytes(event),
        });
        take(offset, entry, is_merged);
    }
    Ok(())
}

/// Whether a level has so many rungs of a kind.
pub(super) fn has(
    connection: &Connection,
    row: i64,
    kind: RungKind,
    level: u32,
    many: usize,
) -> Result<bool, rusqlite::Error> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM rungs WHERE epoch = ?1 AND kind = ?2 AND level = ?3 LIMIT ?4)",
    )?;
    let many = signed(many as u64);
    count.query_row(params![row, kind as i64, level, many], |row| row.get::<_, i64>(0)).map(|it| it >= many)
}

fn last(
    connection: &Connection,
    row: i64,
    (kind, level): (RungKind, u32),
    block: &Range<u64>,
) -> Result<Option<u64>, rusqlite::Error> {
    let mut last = connection.prepare_cached(
        "SELECT max(offset) FROM rungs WHERE epoch = ?1 AND kind = ?2 AND level = ?3 AND offset >= ?4 AND offset < ?5",
    )?;
    let place = params![row, kind as i64, level, signed(block.start), signed(block.end)];
    Ok(last.query_row(place, |row| row.get::<_, Option<i64>>(0))?.map(unsigned))
}

/// A block of the log was thinned to so many entries: up to its level, rungs are what the log has there. Above, they stay
/// what they are.
pub(super) fn follow(
    connection: &Connection,
    row: i64,
    block: &Range<u64>,
    left: usize,
) -> Result<(), rusqlite::Error> {
    let reached = connection.query_row("SELECT laddered FROM epochs WHERE id = ?1", [row], |row| row.get(0));
    let reached = unsigned(reached?);
    if block.start >= reached {
        return Ok(());
    }
    let whole =
        "SELECT count(*) FROM rungs WHERE epoch = ?1 AND kind = 0 AND level = 0 AND offset >= ?2 AND offset < ?3";
    let mut whole = connection.prepare_cached(whole)?;
    let whole: i64 = whole.query_row(params![row, signed(block.start), signed(block.end)], |row| row.get(0))?;
    let bins = last(connection, row, (RungKind::Bins, 0), block)?;
    let metrics = last(connection, row, (RungKind::Metrics, 0), block)?;
    let expected = unsigned(whole) + u64::from(bins.is_some()) + u64::from(metrics.is_some());
    // A bin of this block may have become too large to be merged any further, and a block may reach beyond the ladder.
    if left as u64 != expected || block.end > reached {
        return forget(connection, row);
    }
    let mut clear = connection.prepare_cached(
        "DELETE FROM rungs
         WHERE epoch = ?1 AND kind = ?2 AND level = ?3 AND offset >= ?4 AND offset < ?5 AND offset <> ?6",
    )?;
    let mut refer = connection.prepare_cached(
        "UPDATE rungs SET time_millis = NULL, event = NULL, checksum = NULL
         WHERE epoch = ?1 AND kind = ?2 AND level = ?3 AND offset = ?4 AND event IS NOT NULL",
    )?;
    for (kind, last) in [(RungKind::Bins, bins), (RungKind::Metrics, metrics)] {
        let Some(last) = last.map(signed) else { continue };
        for level in 0..=(block.end - block.start).ilog2() {
            clear.execute(params![row, kind as i64, level, signed(block.start), signed(block.end), last])?;
            refer.execute(params![row, kind as i64, level, last])?;
        }
    }
    Ok(())
}

/// Gives a ladder up; as its log grows, the writer climbs anew.
pub(super) fn forget(connection: &Connection, row: i64) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM rungs WHERE epoch = ?1", [row])?;
    connection.execute("UPDATE epochs SET laddered = 0 WHERE id = ?1", [row])?;
    Ok(())
}
