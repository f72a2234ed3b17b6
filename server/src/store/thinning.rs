//! Thinning in place: what is old in a long log becomes coarser, so that the history of an endless run is bounded and
//! still has every episode.
//!
//! A pass goes through a log from its beginning, or from where the last one ended, and leaves of every block of so many
//! offsets, its grain, one episode bin and one set of metrics; whatever else is in it stays whole. Bins merge exactly,
//! and the last entry of a block keeps its offset. When there is little left to thin at one grain, the next pass has
//! one twice as coarse: so what is old is about equally fine everywhere.

use super::StoreError;
use super::damage::{Damage, checksum};
use super::ladder;
use super::read::{entries, used_bytes};
use super::sql::{ENTRY_BYTES, INSERT, RANGE, signed, unsigned};
use super::sums;
use crate::config::Retention;
use crate::feed::Feed;
use crate::log::Excerpt;
use crate::thin::Thinner;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use shared::message::LogEntry;
use std::ops::Range;
use std::sync::Arc;

/// The first grain.
const FINEST: u64 = 8;

/// Blocks become no fewer than this share of the entries that are never thinned: it would not help.
const LEAST_SHARE: u64 = 8;

/// Offsets that one transaction looks at.
const STEP: u64 = 4096;

/// A pass through the log of one epoch.
pub(super) struct ThinningPass {
    feed: Arc<Feed>,
    row: i64,
    grain: u64,
    /// The grain that the log is known by until the pass is over: coarser in parts only, it counts as fine.
    known_grain: u64,
    next: u64,
    end: u64,
}

impl ThinningPass {
    /// The pass that is due; none where everything old is as coarse as can be.
    pub(super) fn plan(
        connection: &Connection,
        feed: Arc<Feed>,
        retention: &Retention,
    ) -> Result<Option<Self>, StoreError> {
        let find = "SELECT id, entries FROM epochs WHERE run = ?1 AND epoch = ?2";
        let place = params![feed.run.as_str(), signed(feed.epoch.0)];
        let found = connection.query_row(find, place, |row| Ok((row.get(0)?, unsigned(row.get(1)?)))).optional()?;
        let Some((row, stored)) = found else { return Ok(None) };
        let (thin, old) = (feed.thinness(), stored.saturating_sub(retention.fine_entries));
        let (fresh, blocks) = (old.saturating_sub(thin.until), thin.until / thin.grain.max(FINEST));
        let (grain, next) = if fresh >= FINEST && fresh > blocks / 4 {
            (thin.grain.max(FINEST), thin.until)
        } else if blocks > retention.fine_entries / LEAST_SHARE {
            (thin.grain * 2, 0)
        } else {
            return Ok(None);
        };
        let (next, end) = (next - next % grain, old - old % FINEST);
        let known_grain = thin.grain.max(FINEST);
        Ok((next < end).then_some(Self { feed, row, grain, known_grain, next, end }))
    }

    /// Where a run comes back to this epoch, another feed stands for it.
    pub(super) fn hand_over(&mut self, feed: &Arc<Feed>) {
        let same = feed.run == self.feed.run && feed.epoch == self.feed.epoch;
        if same && !Arc::ptr_eq(feed, &self.feed) {
            feed.begin_thinning(self.next, self.known_grain);
            feed.end_thinning();
            self.feed = feed.clone();
        }
    }

    /// Thins the next piece; true when the pass is over, because its end is reached or enough is free.
    pub(super) fn step(&mut self, connection: &mut Connection, retention: &Retention) -> Result<bool, StoreError> {
        let end = (self.next + STEP.max(self.grain)).min(self.end);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut first = self.next;
        while first < end {
            // Towards the end blocks are smaller; the next pass makes whole ones of them.
            let mut size = self.grain;
            while first + size > self.end {
                size /= 2;
            }
            self.thin(&transaction, &(first..first + size))?;
            first += size;
        }
        let over = first >= self.end;
        let grain = if over { self.grain } else { self.known_grain };
        transaction.execute(
            "UPDATE epochs SET thinned = max(thinned, ?2), grain = ?3 WHERE id = ?1",
            params![self.row, signed(first), signed(grain)],
        )?;
        let bytes = "SELECT bytes FROM epochs WHERE id = ?1";
        let bytes = transaction.query_row(bytes, [self.row], |row| row.get(0)).map(unsigned)?;
        let enough = used_bytes(&transaction)? <= retention.total_bytes / 4 * 3
            && retention.run_bytes.is_none_or(|most| bytes <= most / 4 * 3);
        // Viewers within the piece begin anew, whether they read before or after it is committed.
        self.feed.begin_thinning(first, grain);
        let committed = transaction.commit();
        self.feed.end_thinning();
        committed?;
        self.next = first;
        Ok(enough || over)
    }

    fn thin(&self, transaction: &Transaction<'_>, block: &Range<u64>) -> Result<(), StoreError> {
        let whole = Excerpt { offsets: block.clone(), most: usize::MAX, most_bytes: usize::MAX };
        let entries = entries(transaction, &self.feed.run, self.feed.epoch, &whole, &Damage::default())?;
        let (before, bytes_before) = (entries.len(), bytes_of(&entries));
        let mut thinner = Thinner::new(1);
        for entry in entries {
            thinner.push(entry);
        }
        let left = thinner.entries(1)?;
        if left.len() == before {
            sums::follow(transaction, self.row, block, sums::FLOOR)?;
            return Ok(());
        }
        let mut clear = transaction.prepare_cached(&format!("DELETE FROM entries WHERE {RANGE}"))?;
        clear.execute(params![self.row, signed(block.start), signed(block.end)])?;
        let mut insert = transaction.prepare_cached(INSERT)?;
        for entry in &left {
            let event = entry.event.as_bytes();
            insert.execute(params![self.row, signed(entry.offset.0), entry.time_millis, event, checksum(event)])?;
        }
        let freed = signed(bytes_before.saturating_sub(bytes_of(&left)));
        transaction
            .prepare_cached("UPDATE epochs SET bytes = max(0, bytes - ?2) WHERE id = ?1")?
            .execute([self.row, freed])?;
        ladder::follow(transaction, self.row, block, left.len())?;
        sums::follow(transaction, self.row, block, sums::FLOOR)?;
        Ok(())
    }
}

/// About the bytes that entries take.
fn bytes_of(entries: &[LogEntry]) -> u64 {
    entries.iter().map(|it| it.event.as_bytes().len() as u64 + ENTRY_BYTES).sum()
}
