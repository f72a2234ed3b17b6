//! Writing: one thread follows the logs of all feeds, one transaction for everything that has come in meanwhile.
//!
//! The entries stay in the feeds until they are stored. So when the disk is full or the database refuses, nothing is
//! lost here: publishers are told, get no acknowledgement and keep theirs, viewers get the live entries from memory,
//! and the thread tries again every second.

use super::damage::checksum;
use super::ladder;
use super::read::used_bytes;
use super::sql::{ENTRY_BYTES, INSERT, signed, unsigned};
use super::thinning::ThinningPass;
use super::{Job, StoreError, standings, sums};
use crate::alerts::AlertNote;
use crate::batch::Heading;
use crate::config::Retention;
use crate::feed::{Feed, Unstored};
use crate::log::Remark;
use crate::metrics::Metrics;
use crate::slots::Counts;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use shared::message::{ErrorCode, ServerMessage};
use shared::{Epoch, RunId};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Time between two attempts while the database refuses.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Bytes that one feed adds to a transaction.
const FEED_BYTES: usize = 4 << 20;

/// Transactions between two looks at the size of the database.
const COMMITS_PER_CHECK: u32 = 256;

/// Pieces of a ladder that are climbed before feeds get their turn: about as many entries as one adds to a transaction.
const PIECES_PER_TURN: usize = 8;

pub(super) struct StoreWriter {
    connection: Connection,
    retention: Retention,
    metrics: Metrics,
    healthy: Arc<AtomicBool>,
    freeing: Arc<AtomicUsize>,
    pending: Vec<Arc<Feed>>,
    removals: Vec<RunId>,
    owners: Vec<(RunId, String)>,
    remarks: Vec<(RunId, Remark)>,
    alerts: Vec<(AlertNote, Option<oneshot::Sender<()>>)>,
    /// Whether to look for earlier epochs that are too old, or too much.
    tidies: bool,
    pass: Option<ThinningPass>,
    /// Epochs whose ladders are behind.
    climbs: VecDeque<i64>,
    told: BTreeSet<(RunId, Epoch)>,
    commits: u32,
    closing: bool,
}

/// What became of a feed in a transaction, to be made known when it is committed.
enum WriteOutcome {
    Stored { row: i64, end: u64, state: Option<Counts> },
    Rewound { row: i64, end: u64 },
    Gone,
}

impl StoreWriter {
    pub(super) const fn new(
        connection: Connection,
        retention: Retention,
        metrics: Metrics,
        healthy: Arc<AtomicBool>,
        freeing: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            connection,
            retention,
            metrics,
            healthy,
            freeing,
            pending: Vec::new(),
            removals: Vec::new(),
            owners: Vec::new(),
            remarks: Vec::new(),
            alerts: Vec::new(),
            tidies: false,
            pass: None,
            climbs: VecDeque::new(),
            told: BTreeSet::new(),
            commits: 0,
            closing: false,
        }
    }

    /// Works until told to close.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let lagging = ladder::lagging(&self.connection, self.retention.total_bytes);
        self.climbs = lagging.unwrap_or_else(|error| {
            tracing::warn!(%error, "thinned histories of what is stored are read from whole logs");
            VecDeque::new()
        });
        let mut retry_at = None;
        loop {
            if !self.collect(jobs, retry_at) {
                break;
            }
            retry_at = match self.store().and_then(|()| self.thin()) {
                Ok(()) => {
                    self.recover();
                    self.climb();
                    None
                }
                Err(error) => {
                    self.fail(&error);
                    Some(Instant::now() + RETRY_EVERY)
                }
            };
            if self.closing && (retry_at.is_some() || self.pending.is_empty()) {
                break;
            }
        }
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the write-ahead log stays beside the database; the next start reads it");
        }
    }

    /// Takes all jobs there are, waiting for the first one if there is nothing to do, or until it is time to try
    /// again. False when there is nothing left to do ever.
    fn collect(&mut self, jobs: &Receiver<Job>, retry_at: Option<Instant>) -> bool {
        loop {
            let wait = match retry_at {
                Some(at) => at.saturating_duration_since(Instant::now()),
                None if self.is_idle() => Duration::MAX,
                None => Duration::ZERO,
            };
            let job = match wait {
                Duration::ZERO => jobs.try_recv().map_err(|error| match error {
                    mpsc::TryRecvError::Empty => RecvTimeoutError::Timeout,
                    mpsc::TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
                Duration::MAX => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                wait => jobs.recv_timeout(wait),
            };
            match job {
                Ok(Job::Feed(feed)) => {
                    feed.dequeue();
                    if let Some(pass) = &mut self.pass {
                        pass.hand_over(&feed);
                    }
                    if !self.pending.iter().any(|it| Arc::ptr_eq(it, &feed)) {
                        self.pending.push(feed);
                    }
                }
                Ok(Job::Remove(run)) => self.removals.push(run),
                Ok(Job::Own(run, owner)) => self.owners.push((run, owner)),
                Ok(Job::Say(run, remark)) => self.remarks.push((run, remark)),
                Ok(Job::Alert(note, done)) => self.alerts.push((note, done)),
                Ok(Job::Thin(feed)) => self.plan(feed),
                Ok(Job::Tidy) => self.tidies = true,
                Ok(Job::Close) => {
                    self.closing = true;
                    return true;
                }
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return !self.pending.is_empty(),
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.is_done() && self.pass.is_none() && self.climbs.is_empty()
    }

    /// Whether there is nothing to store.
    const fn is_done(&self) -> bool {
        self.pending.is_empty()
            && self.removals.is_empty()
            && self.owners.is_empty()
            && self.remarks.is_empty()
            && self.alerts.is_empty()
            && !self.tidies
    }

    /// Plans a pass through a log, unless one is under way.
    fn plan(&mut self, feed: Arc<Feed>) {
        if self.pass.is_some() {
            self.has_freed(1);
            return;
        }
        let run = feed.run.clone();
        match ThinningPass::plan(&self.connection, feed, &self.retention) {
            Ok(Some(pass)) => {
                tracing::info!(%run, "what is old in its log is thinned to keep the database small");
                self.pass = Some(pass);
                return;
            }
            Ok(None) => {
                tracing::warn!(%run, "its log or the database is above its bound, and nothing in it can be thinned");
            }
            Err(error) => tracing::warn!(%run, %error, "its log cannot be thinned"),
        }
        self.has_freed(1);
    }

    /// So many removals or passes are over, with whatever they freed.
    fn has_freed(&self, count: usize) {
        self.freeing.fetch_sub(count, Ordering::AcqRel);
    }

    /// Goes on with the pass under way; feeds get their turn in between.
    fn thin(&mut self) -> Result<(), StoreError> {
        if let Some(pass) = &mut self.pass
            && pass.step(&mut self.connection, &self.retention)?
        {
            self.pass = None;
            self.has_freed(1);
        }
        Ok(())
    }

    /// Goes on with a ladder that is behind, and with its sums. One that cannot is left where it is: the rest of its log is read as a whole.
    fn climb(&mut self) {
        let Some(row) = self.climbs.pop_front() else { return };
        let blocks = (PIECES_PER_TURN as u64) << (ladder::PIECE - sums::FLOOR);
        let climbed = ladder::climb(&mut self.connection, row, ladder::PIECE, PIECES_PER_TURN);
        let climbed = climbed.and_then(|it| Ok(it | sums::climb(&mut self.connection, row, sums::FLOOR, blocks)?));
        match climbed {
            Ok(true) => self.climbs.push_back(row),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a long log cannot be merged beforehand: whoever joins it reads more"),
        }
    }

    /// One transaction for everything pending.
    fn store(&mut self) -> Result<(), StoreError> {
        if self.is_done() {
            return Ok(());
        }
        self.metrics.store_queue.set(self.pending.len() as i64);
        let began = Instant::now();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut outcomes = Vec::with_capacity(self.pending.len());
        for feed in &self.pending {
            outcomes.push(store_feed(&transaction, feed, self.retention)?);
        }
        for run in &self.removals {
            remove_run(&transaction, run)?;
        }
        for (run, remark) in &self.remarks {
            super::tokens::say(&transaction, run, remark)?;
        }
        for (run, owner) in &self.owners {
            super::tokens::own(&transaction, run, owner)?;
        }
        for (note, _) in &self.alerts {
            standings::keep(&transaction, note)?;
        }
        if self.tidies {
            tidy(&transaction, &self.retention)?;
        }
        self.commits = (self.commits + 1) % COMMITS_PER_CHECK;
        if self.commits == 1 {
            shrink(&transaction, self.retention.total_bytes)?;
        }
        transaction.commit()?;
        self.metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
        self.has_freed(self.removals.len());
        self.removals.clear();
        self.tidies = false;
        self.owners.clear();
        self.remarks.clear();
        for done in self.alerts.drain(..).filter_map(|(_, done)| done) {
            // Whoever asked may wait no longer.
            done.send(()).ok();
        }
        let mut more = Vec::new();
        for (feed, outcome) in std::mem::take(&mut self.pending).into_iter().zip(outcomes) {
            match outcome {
                WriteOutcome::Stored { row, end, state } => {
                    feed.set_storage_key(row);
                    if let Some(counts) = state {
                        feed.mark_state_stored(counts);
                    }
                    if ladder::is_due(feed.position().stored, end) && !self.climbs.contains(&row) {
                        self.climbs.push_back(row);
                    }
                    feed.mark_stored(end);
                    if end < feed.position().expected {
                        more.push(feed);
                    }
                }
                WriteOutcome::Rewound { row, end } => {
                    feed.set_storage_key(row);
                    feed.rewind(end);
                }
                WriteOutcome::Gone => {}
            }
        }
        self.metrics.store_queue.set(more.len() as i64);
        self.pending = more;
        Ok(())
    }

    fn recover(&mut self) {
        if !self.healthy.swap(true, Ordering::AcqRel) {
            self.told.clear();
            tracing::info!("the database takes entries again");
        }
    }

    fn fail(&mut self, error: &StoreError) {
        self.metrics.storage_failures.inc();
        if self.healthy.swap(false, Ordering::AcqRel) {
            tracing::error!(
                %error,
                "entries cannot be stored; viewers still get them live, publishers keep them. Trying again every second"
            );
        }
        for feed in &self.pending {
            if self.told.insert((feed.run.clone(), feed.epoch))
                && let Some(publisher) = feed.publisher()
            {
                let message = format!(
                    "run {} cannot be stored at present ({error}); viewers still see it live. Keep what is not \
                     acknowledged: the relay tries again every second",
                    feed.run
                );
                publisher.tell(&ServerMessage::error(ErrorCode::Storage, message));
            }
        }
    }
}

fn store_feed(
    transaction: &Transaction<'_>,
    feed: &Feed,
    retention: Retention,
) -> Result<WriteOutcome, rusqlite::Error> {
    let (row, stored) = match feed.storage_key() {
        Some(row) => (row, feed.position().stored),
        None => announce(transaction, feed, retention)?,
    };
    let batches = match feed.unstored(FEED_BYTES) {
        Unstored::Batches(batches) => batches,
        Unstored::Hole => return Ok(WriteOutcome::Rewound { row, end: stored }),
    };
    let end = batches.last().map_or(stored, |it| it.end()).max(stored);
    let mut update = transaction.prepare_cached(
        "UPDATE epochs SET entries = max(entries, ?2), title = ?3, is_host = ?4, bytes = bytes + ?5,
             stored_millis = max(stored_millis, ?6) WHERE id = ?1",
    )?;
    let Heading { title, is_host } = feed.heading();
    let (mut bytes, mut newest) = (0, (retention.clock)());
    for entry in batches.iter().flat_map(|it| it.entries_from(stored)) {
        bytes += entry.event.as_bytes().len() as u64 + ENTRY_BYTES;
        newest = newest.max(entry.time_millis);
    }
    if update.execute(params![row, signed(end), title, is_host, signed(bytes), newest])? == 0 {
        // The epoch was given up for newer ones.
        return Ok(WriteOutcome::Gone);
    }
    let mut insert = transaction.prepare_cached(INSERT)?;
    for entry in batches.iter().flat_map(|it| it.entries_from(stored)) {
        let event = entry.event.as_bytes();
        insert.execute(params![row, signed(entry.offset.0), entry.time_millis, event, checksum(event)])?;
    }
    let state = feed.unstored_state();
    let mut replace = transaction.prepare_cached(
        "INSERT OR REPLACE INTO states (epoch, kind, sequence, event, checksum) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for entry in state.iter().flat_map(|(entries, _)| entries) {
        let event = entry.event.as_bytes();
        replace.execute(params![row, entry.kind, signed(entry.sequence), event, checksum(event)])?;
    }
    Ok(WriteOutcome::Stored { row, end, state: state.map(|(_, counts)| counts) })
}

/// Makes an epoch the shown one of its run; one that is keeps its place among the runs. Tells its row and how many of its entries are stored.
fn announce(transaction: &Transaction<'_>, feed: &Feed, retention: Retention) -> Result<(i64, u64), rusqlite::Error> {
    let found = transaction.query_row(
        "INSERT INTO epochs (run, epoch, started_millis, announced)
         VALUES (?1, ?2, ?3, (SELECT ifnull(max(announced), 0) + 1 FROM epochs))
         ON CONFLICT (run, epoch) DO UPDATE SET announced =
             iif(announced = (SELECT max(announced) FROM epochs WHERE run = ?1), announced, excluded.announced)
         RETURNING id, entries",
        params![feed.run.as_str(), signed(feed.epoch.0), feed.started_millis],
        |row| Ok((row.get(0)?, unsigned(row.get(1)?))),
    )?;
    // Of those that tell more than that they began so many are kept, and as many others: a trainer that ends as soon as it
    // has begun, again and again, pushes no history out.
    for told in ["entries > 1", "entries <= 1"] {
        let mut old = transaction.prepare(&format!(
            "SELECT id FROM epochs WHERE run = ?1 AND id <> ?2 AND {told} ORDER BY announced DESC LIMIT -1 OFFSET ?3"
        ))?;
        let earlier = retention.epochs_per_run.max(1) - 1;
        let old: Vec<i64> =
            old.query_map(params![feed.run.as_str(), found.0, earlier], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for row in old {
            remove_epoch(transaction, row)?;
        }
    }
    Ok(found)
}

/// Removes a run with all its epochs and whom it belongs to; false if there is none of that name.
pub(super) fn remove_run(transaction: &Transaction<'_>, run: &RunId) -> Result<bool, rusqlite::Error> {
    let mut rows = transaction.prepare("SELECT id FROM epochs WHERE run = ?1")?;
    let rows: Vec<i64> = rows.query_map([run.as_str()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for row in &rows {
        remove_epoch(transaction, *row)?;
    }
    let was_there = !rows.is_empty();
    transaction.execute("DELETE FROM runs WHERE run = ?1", [run.as_str()])?;
    transaction.execute("DELETE FROM standings WHERE run = ?1", [run.as_str()])?;
    transaction.execute_batch("PRAGMA incremental_vacuum")?;
    Ok(was_there)
}

fn remove_epoch(transaction: &Transaction<'_>, row: i64) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM entries WHERE place >= ?1 << 36 AND place < (?1 + 1) << 36", [row])?;
    transaction.execute("DELETE FROM rungs WHERE epoch = ?1", [row])?;
    transaction.execute("DELETE FROM sums WHERE epoch = ?1", [row])?;
    transaction.execute("DELETE FROM states WHERE epoch = ?1", [row])?;
    transaction.execute("DELETE FROM epochs WHERE id = ?1", [row])?;
    Ok(())
}

/// Gives up replaced epochs that are too old, or of a run that has too much, the oldest first.
fn tidy(transaction: &Transaction<'_>, retention: &Retention) -> Result<(), rusqlite::Error> {
    let mut find = transaction.prepare_cached(
        "SELECT id FROM (
             SELECT id, stored_millis, sum(bytes) OVER newest AS total, row_number() OVER newest AS place
             FROM epochs WINDOW newest AS (PARTITION BY run ORDER BY announced DESC))
         WHERE place > 1 AND (stored_millis < ?1 OR total > ?2)",
    )?;
    let (before, most) = (retention.oldest_millis(), retention.run_bytes.map_or(i64::MAX, signed));
    let old: Vec<i64> = find.query_map(params![before, most], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for row in &old {
        remove_epoch(transaction, *row)?;
    }
    if !old.is_empty() {
        tracing::info!(given_up = old.len(), "old epochs were given up, as told");
        transaction.execute_batch("PRAGMA incremental_vacuum")?;
    }
    Ok(())
}

/// Gives up replaced epochs, the oldest first, until the database is small enough.
fn shrink(transaction: &Transaction<'_>, total_bytes: u64) -> Result<(), rusqlite::Error> {
    let mut given_up = 0;
    while used_bytes(transaction)? > total_bytes {
        let oldest = "SELECT id FROM epochs AS it
                      WHERE announced < (SELECT max(announced) FROM epochs WHERE run = it.run)
                      ORDER BY announced LIMIT 1";
        let Some(row) = transaction.query_row(oldest, [], |row| row.get(0)).optional()? else { break };
        remove_epoch(transaction, row)?;
        given_up += 1;
    }
    if given_up > 0 {
        tracing::info!(given_up, total_bytes, "old epochs were given up to keep the database small");
        transaction.execute_batch("PRAGMA incremental_vacuum")?;
    }
    Ok(())
}
