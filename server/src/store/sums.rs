//! Sums: the metrics of a long log, summed up beforehand, so that many values in few groups are read instead of counted.
//!
//! As in the ladder, offsets fall into blocks: of level k, each has 2^k of them, aligned. A sum has a point of every metric of a
//! block, exact in count, mean and extremes; every fourth block of a level is one of the next but one. A block without
//! metrics has an empty sum, so that none is missing in front of the offset that they have come to. They tell of the log as
//! it was when it came: where it gets thin later they stay, as far as they are no finer than the log is then.

mod curves;
#[cfg(test)]
mod tests;

pub(super) use curves::curves;

use super::StoreError;
use super::damage::{Damage, checksum, is_sound};
use super::read::entries;
use super::sql::{corrupt, signed, unsigned};
use crate::log::Excerpt;
use crate::points::MetricPoint;
use crate::thin::{ThinnedEntry, part};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use shared::{CodecError, Epoch, RunId, codec};
use std::collections::BTreeMap;
use std::ops::Range;

/// The lowest level.
pub(super) const FLOOR: u32 = 6;

/// Levels from one to the next.
const STEP: u32 = 2;

/// Entries and bytes of them that are read at a time.
const PAGE_ENTRIES: usize = 4096;
const PAGE_BYTES: usize = 1 << 20;

/// Most bytes of a sum, unpacked. A log with metrics of so many names goes without.
const MOST_BYTES: usize = 256 << 10;

/// Stands for the offset that the sums of a log have come to that is never summed up.
const NEVER: i64 = -1;

/// A metric of a block.
#[derive(Clone, Debug, PartialEq)]
struct Sum {
    point: MetricPoint,
    /// The least and the greatest step; those of the first and the last value may lie between them.
    steps: (u64, u64),
}

type SumBlock = BTreeMap<String, Sum>;

impl Sum {
    fn of(step: u64, value: f64) -> Self {
        Self { point: MetricPoint::of(step, value), steps: (step, step) }
    }

    fn merge(&mut self, later: &Self) {
        self.point.merge(&later.point);
        self.steps = (self.steps.0.min(later.steps.0), self.steps.1.max(later.steps.1));
    }

    const fn values(&self) -> u64 {
        self.point.count + self.point.not_finite
    }

    /// How much of it lies within steps.
    fn within(&self, steps: &Range<u64>) -> Within {
        let (least, greatest) = self.steps;
        if least >= steps.end || greatest < steps.start {
            Within::None
        } else if least >= steps.start && greatest < steps.end {
            Within::All
        } else {
            Within::Some
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    None,
    Some,
    All,
}

fn add(block: &mut SumBlock, name: &str, later: &Sum) {
    match block.get_mut(name) {
        Some(sum) => sum.merge(later),
        None => {
            block.insert(name.to_owned(), later.clone());
        }
    }
}

/// A block as it is stored: names, and of each as many numbers.
#[derive(Serialize, Deserialize)]
struct Columns {
    names: Vec<String>,
    whole: Vec<u64>,
    real: Vec<f64>,
}

/// The bytes of a block; none where it has too many.
fn packed(block: &SumBlock) -> Result<Option<Vec<u8>>, CodecError> {
    let mut columns = Columns { names: Vec::new(), whole: Vec::new(), real: Vec::new() };
    for (name, Sum { point, steps }) in block {
        columns.names.push(name.clone());
        columns.whole.extend([point.first_step, point.last_step, point.count, point.not_finite]);
        columns.whole.extend([point.min_step, point.max_step, steps.0, steps.1]);
        columns.real.extend([point.mean, point.min, point.max, point.last]);
    }
    let bytes = codec::to_bytes(&columns)?;
    if bytes.len() > MOST_BYTES { Ok(None) } else { codec::compressed(bytes).map(Some) }
}

fn unpacked(bytes: &[u8]) -> Option<SumBlock> {
    let columns: Columns = codec::from_kept(&codec::unpacked(bytes, MOST_BYTES).ok()?).ok()?;
    let (whole, real) = (columns.whole.chunks_exact(8), columns.real.chunks_exact(4));
    let mut block = SumBlock::new();
    for (name, (whole, real)) in columns.names.into_iter().zip(whole.zip(real)) {
        let [first_step, last_step, count, not_finite, min_step, max_step, least, greatest] = *whole else {
            return None;
        };
        let [mean, min, max, last] = *real else { return None };
        let point = MetricPoint { first_step, last_step, count, not_finite, mean, min, min_step, max, max_step, last };
        block.insert(name, Sum { point, steps: (least, greatest) });
    }
    Some(block)
}

/// Sums a log up, some blocks of the lowest level. False when what is left is less than one.
pub(super) fn climb(connection: &mut Connection, row: i64, floor: u32, most: u64) -> Result<bool, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let find = "SELECT run, epoch, entries, summed FROM epochs WHERE id = ?1";
    let columns = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, Epoch(unsigned(row.get(1)?)), unsigned(row.get(2)?), row.get::<_, i64>(3)?))
    };
    let found = transaction.query_row(find, [row], columns).optional()?;
    let Some((run, epoch, stored, summed)) = found else { return Ok(false) };
    let (Ok(run), Ok(begin)) = (RunId::new(run), u64::try_from(summed)) else { return Ok(false) };
    let size = 1 << floor;
    let last = stored - stored % size;
    let end = last.min(begin.saturating_add(most * size));
    let (mut block, mut start, mut next, mut fits) = (SumBlock::new(), begin, begin, true);
    while next < end {
        let excerpt = Excerpt { offsets: next..end, most: PAGE_ENTRIES, most_bytes: PAGE_BYTES };
        let page = entries(&transaction, &run, epoch, &excerpt, &Damage::default())?;
        next = page.last().map_or(end, |it| it.offset.next().0);
        for entry in page {
            while start + size <= entry.offset.0 {
                fits &= store(&transaction, row, start, &std::mem::take(&mut block), floor)?;
                start += size;
            }
            if let ThinnedEntry::Metrics { step, values } = part(&entry) {
                for (name, value) in values {
                    add(&mut block, &name, &Sum::of(step, value));
                }
            }
        }
    }
    while start < end {
        fits &= store(&transaction, row, start, &std::mem::take(&mut block), floor)?;
        start += size;
    }
    let reached = if fits { signed(end) } else { NEVER };
    transaction.execute("UPDATE epochs SET summed = ?2 WHERE id = ?1", params![row, reached])?;
    if !fits {
        transaction.execute("DELETE FROM sums WHERE epoch = ?1", [row])?;
    }
    transaction.commit()?;
    Ok(fits && end < last)
}

/// Stores a block of the lowest level, and those above that end with it. False where it has too many bytes.
fn store(connection: &Connection, row: i64, start: u64, block: &SumBlock, floor: u32) -> Result<bool, StoreError> {
    let (mut level, mut whole) = (floor, (start, block.clone()));
    loop {
        let (start, block) = &whole;
        let event = if block.is_empty() { Some(Vec::new()) } else { packed(block)? };
        let Some(event) = event else { return Ok(false) };
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO sums (epoch, level, block, event, checksum) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![row, level, signed(*start), event, checksum(&event)])?;
        let end = start + (1 << level);
        if end % (1 << (level + STEP)) != 0 {
            return Ok(true);
        }
        let start = end - (1 << (level + STEP));
        let mut above = SumBlock::new();
        read(connection, row, level, start..end, |_, part| {
            for (name, sum) in part {
                add(&mut above, &name, &sum);
            }
        })?;
        level += STEP;
        whole = (start, above);
    }
}

/// Reads the blocks of a level in a range of offsets: `take` gets where each begins, and what it has.
fn read(
    connection: &Connection,
    row: i64,
    level: u32,
    offsets: Range<u64>,
    mut take: impl FnMut(u64, SumBlock),
) -> Result<(), rusqlite::Error> {
    let mut blocks = connection.prepare_cached(
        "SELECT block, event, checksum FROM sums WHERE epoch = ?1 AND level = ?2 AND block >= ?3 AND block < ?4
         ORDER BY block",
    )?;
    let mut rows = blocks.query(params![row, level, signed(offsets.start), signed(offsets.end)])?;
    while let Some(found) = rows.next()? {
        let event: Vec<u8> = found.get(1)?;
        let block = if event.is_empty() { Some(SumBlock::new()) } else { unpacked(&event) };
        let block = block.filter(|_| is_sound(&event, found.get(2).ok()));
        take(unsigned(found.get(0)?), block.ok_or_else(|| corrupt("a sum of metrics is damaged"))?);
    }
    Ok(())
}

/// A block of the log, which ends here, was thinned to so many offsets: sums that are finer go, once all of a coarser one
/// is as thin.
pub(super) fn follow(connection: &Connection, row: i64, block: &Range<u64>, floor: u32) -> Result<(), rusqlite::Error> {
    let grain = (block.end - block.start).ilog2();
    let level = floor + grain.saturating_sub(floor).next_multiple_of(STEP);
    let reached: i64 = connection.query_row("SELECT summed FROM epochs WHERE id = ?1", [row], |row| row.get(0))?;
    if level > floor && block.end.is_multiple_of(1 << level) && signed(block.end) <= reached {
        let mut clear = connection
            .prepare_cached("DELETE FROM sums WHERE epoch = ?1 AND level = ?2 AND block >= ?3 AND block < ?4")?;
        for finer in (floor..level).step_by(STEP as usize) {
            clear.execute(params![row, finer, signed(block.end - (1 << level)), signed(block.end)])?;
        }
    }
    Ok(())
}
