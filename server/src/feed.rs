//! A feed: the stream of one epoch, as far as it is in memory.
//!
//! The log is a line of entries with cursors into it. The publisher appends at its end (`expected`), storage
//! follows (`stored`), and every viewer has a cursor of its own. Memory holds the entries from `start` to `expected`:
//! those that are not stored yet, and the newest of those that are. A viewer whose cursor lies before `start` reads
//! from there. So nothing is queued per viewer, and nobody waits for anybody.
//!
//! A feed knows no connection and no database: its publisher is a [`Sink`], and whoever stores it asks for what is not
//! stored yet and marks it.

use crate::batch::{Heading, LogBatch};
use crate::clock;
use crate::config::Limits;
use crate::sink::Sink;
use crate::slots::{Counts, Slots, TooManyKinds, Update};
use crate::state::OpenStateEntry;
use shared::event::{Phase, StateEvent};
use shared::message::{EpochSummary, LogEntry, ServerMessage};
use shared::{Epoch, Offset, RunId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Time between two writes of a run's newest state while it is published.
const STATES_STORED_EVERY: Duration = Duration::from_secs(5);

/// A status takes a tenth of this.
const MOST_STATUS_BYTES: usize = 4096;

/// The stream of one epoch of a run.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) run: RunId,
    pub(crate) epoch: Epoch,
    /// When the epoch began by its publisher's clock, in milliseconds since 1970: for people, not to put epochs in order.
    pub(crate) started_millis: f64,
    /// Greater for what this relay heard of later.
    pub(crate) order: u64,
    /// Whether it waits to be stored already.
    queued: AtomicBool,
    storage_key: OnceLock<i64>,
    stored_more: Notify,
    inner: Mutex<FeedState>,
}

#[derive(Debug)]
struct FeedState {
    recent_bytes: usize,
    unstored_bytes: usize,
    ring: VecDeque<Arc<LogBatch>>,
    ring_bytes: usize,
    expected: u64,
    stored: u64,
    heading: Heading,
    slots: Slots,
    states_stored: Counts,
    states_stored_at: Option<Instant>,
    publisher: Option<Arc<dyn Sink>>,
    /// What the last publisher calls itself.
    trainer: String,
    /// When the last publisher left, in milliseconds since 1970.
    left_millis: Option<f64>,
    /// Another epoch is shown: no newer state comes.
    replaced: bool,
    thinness: Thinness,
}

/// What is stored of an epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownEpoch {
    pub(crate) started_millis: f64,
    pub(crate) heading: Heading,
    /// The offset after the last entry.
    pub(crate) entries: u64,
    /// The time of the last entry.
    pub(crate) newest_millis: Option<f64>,
    pub(crate) thinness: Thinness,
}

/// How much of the stored log is thinned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Thinness {
    /// Below this offset, offsets are missing.
    pub(crate) until: u64,
    /// Offsets of which one bin and one set of metrics are left there.
    pub(crate) grain: u64,
    /// Grows before and after every change.
    pub(crate) changes: u64,
}

/// What lies at a cursor.
#[derive(Debug)]
pub(crate) enum AtCursor {
    /// Entries in memory, some of which may lie before the cursor.
    Batch(Arc<LogBatch>),
    /// Entries in storage, up to this offset.
    Stored(u64),
    /// Nothing yet.
    Nothing,
}

/// What is left to store.
#[derive(Debug)]
pub(crate) enum Unstored {
    /// These, the first of which may begin before the first offset that is missing.
    Batches(Vec<Arc<LogBatch>>),
    /// Entries that memory no longer holds; their publisher still does.
    Hole,
}

/// Where the log stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) expected: u64,
    pub(crate) stored: u64,
}

/// An entry that is not the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) expected: u64,
    pub(crate) given: u64,
}

impl Feed {
    /// A feed of which so much is stored; `order` is greater than those of earlier ones.
    pub(crate) fn new((run, epoch): (RunId, Epoch), order: u64, known: KnownEpoch, limits: &Limits) -> Self {
        let KnownEpoch { started_millis, heading, entries: stored, newest_millis, thinness } = known;
        let inner = FeedState {
            recent_bytes: limits.recent_bytes,
            unstored_bytes: limits.unstored_bytes,
            ring: VecDeque::new(),
            ring_bytes: 0,
            expected: stored,
            stored,
            heading,
            slots: Slots::default(),
            states_stored: Counts::default(),
            states_stored_at: None,
            publisher: None,
            trainer: String::new(),
            left_millis: newest_millis,
            replaced: false,
            thinness,
        };
        Self {
            run,
            epoch,
            started_millis,
            order,
            queued: AtomicBool::new(false),
            storage_key: OnceLock::new(),
            stored_more: Notify::new(),
            inner: Mutex::new(inner),
        }
    }

    /// Appends entries. Those below the expected offset are duplicates and left out; one above it is refused, with
    /// everything after it. Tells how many were new.
    pub(crate) fn push_log(&self, entries: Vec<LogEntry>) -> Result<usize, Gap> {
        let mut inner = self.lock();
        let first = inner.expected;
        let (mut fresh, mut gap) = (Vec::with_capacity(entries.len()), None);
        for entry in entries {
            let next = first + fresh.len() as u64;
            if entry.offset.0 > next {
                gap = Some(Gap { expected: next, given: entry.offset.0 });
                break;
            }
            if entry.offset.0 == next {
                fresh.push(entry);
            }
        }
        let count = fresh.len();
        if count > 0 {
            if first == 0 {
                inner.heading = Heading::of(&fresh[0]).unwrap_or_default();
            }
            inner.append(LogBatch::new(&self.run, self.epoch, first, fresh));
        }
        gap.map_or(Ok(count), Err)
    }

    /// Takes in state events, but none of a kind too many.
    pub(crate) fn push_state(&self, entries: Vec<OpenStateEntry>) -> Result<(), TooManyKinds> {
        self.lock().slots.push(&self.run, self.epoch, entries)
    }

    /// Whether it is time to store the newest state events.
    pub(crate) fn states_are_due(&self) -> bool {
        self.lock().states_are_due()
    }

    /// Takes in the state events that are stored.
    pub(crate) fn restore_state(&self, entries: Vec<OpenStateEntry>) {
        if !entries.is_empty() {
            let mut inner = self.lock();
            // What is stored was taken in before.
            inner.slots.push(&self.run, self.epoch, entries).ok();
            let (_, counts) = inner.slots.newer(&Counts::default());
            inner.states_stored = counts;
        }
    }

    /// The newest state events that are not stored, if it is time to store them.
    pub(crate) fn unstored_state(&self) -> Option<(Vec<Arc<OpenStateEntry>>, Counts)> {
        let inner = self.lock();
        inner.states_are_due().then(|| inner.slots.newer(&inner.states_stored))
    }

    /// The state is stored up to these counts.
    pub(crate) fn mark_state_stored(&self, counts: Counts) {
        let mut inner = self.lock();
        inner.states_stored = counts;
        inner.states_stored_at = Some(Instant::now());
    }

    pub(crate) fn state_since(&self, seen: &mut Counts, budget_bytes: usize) -> Option<Update> {
        self.lock().slots.since(seen, budget_bytes)
    }

    /// The newest state events and where the log stands, at one moment.
    pub(crate) fn snapshot(&self, budget_bytes: usize) -> (Vec<Arc<OpenStateEntry>>, Counts, Position) {
        let inner = self.lock();
        let (entries, seen) = inner.slots.snapshot(budget_bytes);
        (entries, seen, inner.position())
    }

    pub(crate) fn position(&self) -> Position {
        self.lock().position()
    }

    pub(crate) fn thinness(&self) -> Thinness {
        self.lock().thinness
    }

    /// What is stored below an offset is about to be thinned.
    pub(crate) fn begin_thinning(&self, until: u64, grain: u64) {
        let thinness = &mut self.lock().thinness;
        thinness.until = thinness.until.max(until);
        thinness.grain = grain;
        thinness.changes += 1;
    }

    /// It is thinned, or left as it was.
    pub(crate) fn end_thinning(&self) {
        self.lock().thinness.changes += 1;
    }

    /// About how many entries are stored.
    pub(crate) fn stored_rows(&self) -> u64 {
        let inner = self.lock();
        let Thinness { until, grain, .. } = inner.thinness;
        until / grain.max(1) + inner.stored.saturating_sub(until)
    }

    pub(crate) fn heading(&self) -> Heading {
        self.lock().heading.clone()
    }

    pub(crate) fn summary(&self) -> EpochSummary {
        let inner = self.lock();
        let (entries, title) = (inner.expected, inner.heading.title.clone());
        EpochSummary { epoch: self.epoch, entries, started_millis: self.started_millis, title }
    }

    /// When the last publisher left; none while there is one.
    pub(crate) fn left_millis(&self) -> Option<f64> {
        let inner = self.lock();
        inner.left_millis.filter(|_| inner.publisher.is_none())
    }

    /// What its last publisher calls itself, as long as this relay runs; empty where it did not say.
    pub(crate) fn trainer(&self) -> String {
        self.lock().trainer.clone()
    }

    /// What its newest status says that the run does. One that is larger than any status, or may become so, is left alone: others
    /// chose its bytes.
    pub(crate) fn phase(&self) -> Option<Phase> {
        let entry = self.lock().slots.newest("status")?.clone();
        if entry.event.as_bytes().len() > MOST_STATUS_BYTES || entry.event.is_compressed() {
            return None;
        }
        match entry.event.decode() {
            Ok(StateEvent::Status(status)) => Some(status.phase),
            _ => None,
        }
    }

    /// What lies at a viewer's cursor.
    pub(crate) fn next(&self, cursor: u64) -> AtCursor {
        let inner = self.lock();
        let start = inner.start();
        if cursor >= start {
            let index = inner.ring.partition_point(|it| it.end() <= cursor);
            inner.ring.get(index).map_or(AtCursor::Nothing, |it| AtCursor::Batch(it.clone()))
        } else if cursor < inner.stored {
            AtCursor::Stored(inner.stored.min(start))
        } else {
            AtCursor::Nothing
        }
    }

    /// What is left to store, about `most_bytes` at a time.
    pub(crate) fn unstored(&self, most_bytes: usize) -> Unstored {
        let inner = self.lock();
        if inner.stored < inner.start() {
            return Unstored::Hole;
        }
        let mut bytes = 0;
        let index = inner.ring.partition_point(|it| it.end() <= inner.stored);
        let batches = inner.ring.iter().skip(index).take_while(|it| {
            let fits = bytes < most_bytes;
            bytes += it.bytes();
            fits
        });
        Unstored::Batches(batches.cloned().collect())
    }

    /// Everything below `stored` is stored now: the publisher may forget it.
    pub(crate) fn mark_stored(&self, stored: u64) {
        let mut inner = self.lock();
        if stored <= inner.stored {
            return;
        }
        inner.stored = stored;
        if let Some(publisher) = &inner.publisher {
            publisher.acknowledge(&self.run, self.epoch, Offset(stored));
        }
        inner.trim();
        drop(inner);
        self.stored_more.notify_waiters();
    }

    /// Fills a hole: the publisher is asked to send again from `stored` on. Viewers have their cursors and get nothing
    /// twice.
    pub(crate) fn rewind(&self, stored: u64) {
        let mut inner = self.lock();
        inner.ring.clear();
        inner.ring_bytes = 0;
        inner.stored = stored;
        inner.expected = stored;
        if let Some(publisher) = &inner.publisher {
            let (run, epoch, offset) = (self.run.clone(), self.epoch, Offset(stored));
            publisher.tell(&ServerMessage::Resume { run, epoch, offset });
        }
    }

    /// Waits while more than half of the memory for entries not stored yet is taken, as long as `healthy`. This is how
    /// a publisher that is faster than the disk is slowed down.
    pub(crate) async fn room_for_more(&self, healthy: impl Fn() -> bool) {
        loop {
            let stored_more = self.stored_more.notified();
            {
                let inner = self.lock();
                if inner.unstored() <= inner.unstored_bytes / 2 || !healthy() {
                    return;
                }
            }
            tokio::select! {
                () = stored_more => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Bytes of log entries that are not stored yet.
    pub(crate) fn unstored_bytes(&self) -> usize {
        self.lock().unstored()
    }

    /// Marks it as waiting for the writer; false if it does already.
    pub(crate) fn enqueue(&self) -> bool {
        !self.queued.swap(true, Ordering::AcqRel)
    }

    /// The writer has taken it.
    pub(crate) fn dequeue(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// What storage calls this epoch, once it is the shown one there.
    pub(crate) fn storage_key(&self) -> Option<i64> {
        self.storage_key.get().copied()
    }

    /// The epoch is the shown one in storage, under this key.
    pub(crate) fn set_storage_key(&self, key: i64) {
        self.storage_key.get_or_init(|| key);
    }

    pub(crate) fn publisher(&self) -> Option<Arc<dyn Sink>> {
        self.lock().publisher.clone()
    }

    /// Another epoch is shown now: what its state is in the end is to be stored.
    pub(crate) fn replace(&self) {
        self.lock().replaced = true;
    }

    /// The run lives there now. Tells where its log stands, and who had it before.
    pub(crate) fn take_over(&self, publisher: Arc<dyn Sink>) -> (Position, Option<Arc<dyn Sink>>) {
        let mut inner = self.lock();
        publisher.name().clone_into(&mut inner.trainer);
        let before = inner.publisher.replace(publisher);
        (inner.position(), before)
    }

    /// The run no longer lives there; false if it did not anyway.
    pub(crate) fn release(&self, publisher: &dyn Sink) -> bool {
        let mut inner = self.lock();
        let held = inner.publisher.as_ref().is_some_and(|it| it.id() == publisher.id());
        if held {
            inner.publisher = None;
            inner.left_millis = Some(clock::now_millis());
            inner.trim();
        }
        held
    }

    fn lock(&self) -> MutexGuard<'_, FeedState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedState {
    const fn position(&self) -> Position {
        Position { expected: self.expected, stored: self.stored }
    }

    /// Now and then while it is published, and once it is not.
    fn states_are_due(&self) -> bool {
        self.publisher.is_none()
            || self.replaced
            || self.states_stored_at.is_none_or(|it| it.elapsed() >= STATES_STORED_EVERY)
    }

    fn start(&self) -> u64 {
        self.ring.front().map_or(self.expected, |it| it.first())
    }

    fn unstored(&self) -> usize {
        let index = self.ring.partition_point(|it| it.end() <= self.stored);
        self.ring.iter().skip(index).map(|it| it.bytes()).sum()
    }

    fn append(&mut self, batch: LogBatch) {
        self.expected = batch.end();
        self.ring_bytes += batch.bytes();
        self.ring.push_back(Arc::new(batch));
        self.trim();
    }

    /// Forgets what is stored beyond the bytes for viewers, and what is not stored beyond the bytes for that; never
    /// the newest batch, however large. Of a run that nobody publishes all that is stored is forgotten.
    fn trim(&mut self) {
        while let Some(front) = self.ring.front() {
            let (is_stored, is_left) = (front.end() <= self.stored, self.publisher.is_none());
            let most = if is_stored { self.recent_bytes } else { self.unstored_bytes };
            if !(is_stored && is_left) && (self.ring_bytes <= most || self.ring.len() == 1) {
                break;
            }
            self.ring_bytes -= front.bytes();
            self.ring.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::ConnectionOutbox;
    use crate::wire::WireForm;
    use shared::Payload;

    #[test]
    fn a_run_that_nobody_publishes_keeps_nothing_in_memory_that_is_stored() {
        let place = (RunId::new("run").unwrap(), Epoch(1));
        let feed = Feed::new(place, 0, KnownEpoch::default(), &Limits::default());
        let publisher: Arc<dyn Sink> = Arc::new(ConnectionOutbox::new(0, WireForm::Binary, 1 << 20));
        feed.take_over(publisher.clone());
        let entry =
            |offset| LogEntry { offset: Offset(offset), time_millis: 0.0, event: Payload::from_bytes(vec![0x80]) };
        for offset in 0..4 {
            feed.push_log(vec![entry(offset)]).unwrap();
        }
        feed.mark_stored(3);
        assert!(matches!(feed.next(0), AtCursor::Batch(_)), "for viewers close to its end");
        feed.release(&*publisher);
        assert!(matches!(feed.next(0), AtCursor::Stored(3)));
        assert!(matches!(feed.next(3), AtCursor::Batch(_)), "it is not stored yet");
        feed.mark_stored(4);
        assert!(matches!(feed.next(3), AtCursor::Stored(4)));
        assert_eq!(feed.lock().ring_bytes, 0);
    }
}
