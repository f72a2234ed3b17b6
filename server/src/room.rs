//! A room: a run, its shown feed, and the connections that watch it.

use crate::feed::{Feed, Next};
use crate::log::{Excerpt, Log, LogError};
use crate::outbox::Outbox;
use crate::sink::Sink as _;
use crate::thin::Thinner;
use shared::Epoch;
use shared::message::{EpochSummary, LogEntry, RunSummary};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Most bins that a viewer may ask a history to be thinned to.
pub(crate) const MOST_BINS: usize = 16_384;

/// Bytes that thinning reads at a time.
const PAGE_BYTES: usize = 1 << 20;

/// A run and who watches it.
#[derive(Debug)]
pub(crate) struct Room {
    inner: Mutex<Inner>,
    thinned: tokio::sync::Mutex<Thinned>,
}

#[derive(Debug)]
struct Inner {
    feed: Arc<Feed>,
    viewers: BTreeMap<u64, Arc<Outbox>>,
    /// Its other epochs that can be watched, newest first.
    earlier: Vec<EpochSummary>,
    /// Feeds of other epochs that somebody still uses: their viewers, or the database's writer.
    others: Vec<Weak<Feed>>,
}

/// The stored part of a feed's log, thinned as finely as anybody may ask: a second viewer only adds what came since the
/// first, and coarser histories are made of this one.
#[derive(Debug, Default)]
struct Thinned {
    feed: Option<Arc<Feed>>,
    changes: u64,
    thinner: Option<Thinner>,
}

impl Room {
    pub(crate) fn new(feed: Arc<Feed>) -> Self {
        let inner = Inner { feed, viewers: BTreeMap::new(), earlier: Vec::new(), others: Vec::new() };
        Self { inner: Mutex::new(inner), thinned: tokio::sync::Mutex::default() }
    }

    /// The shown feed.
    pub(crate) fn feed(&self) -> Arc<Feed> {
        self.lock().feed.clone()
    }

    /// Shows another feed; its viewers find out. The one before, which is returned, is an earlier epoch now, of which
    /// `most` are kept.
    pub(crate) fn show(&self, feed: Arc<Feed>, most: usize) -> Arc<Feed> {
        let mut inner = self.lock();
        let before = std::mem::replace(&mut inner.feed, feed);
        let epoch = inner.feed.epoch;
        inner.earlier.insert(0, before.summary());
        inner.earlier.retain(|it| it.epoch != epoch && it.entries > 0);
        // As storage does it: those that tell no more than that they began are counted for themselves.
        let (mut begun, mut told) = (0, 0);
        inner.earlier.retain(|it| {
            let count = if it.entries > 1 { &mut told } else { &mut begun };
            *count += 1;
            *count <= most
        });
        inner.note(&before);
        drop(inner);
        before.replace();
        self.wake_viewers();
        before
    }

    /// The feed of an epoch, if it is the shown one or somebody uses it.
    pub(crate) fn feed_of(&self, epoch: Epoch) -> Option<Arc<Feed>> {
        let inner = self.lock();
        if inner.feed.epoch == epoch {
            return Some(inner.feed.clone());
        }
        inner.others.iter().filter_map(Weak::upgrade).find(|it| it.epoch == epoch)
    }

    /// A feed of another epoch is used, as long as somebody holds it.
    pub(crate) fn note(&self, other: &Arc<Feed>) {
        self.lock().note(other);
    }

    /// Takes in which of its epochs are stored, newest first, the shown one among them or not. Tells whether that
    /// changed something.
    pub(crate) fn set_epochs(&self, mut epochs: Vec<EpochSummary>) -> bool {
        let mut inner = self.lock();
        epochs.retain(|it| it.epoch != inner.feed.epoch);
        let same = |a: &EpochSummary, b: &EpochSummary| (a.epoch, a.entries) == (b.epoch, b.entries);
        let changed =
            epochs.len() != inner.earlier.len() || !epochs.iter().zip(&inner.earlier).all(|(a, b)| same(a, b));
        inner.earlier = epochs;
        changed
    }

    /// Wakes who watches, from now on, when something comes.
    pub(crate) fn enter(&self, viewer: Arc<Outbox>) {
        self.lock().viewers.insert(viewer.id(), viewer);
    }

    /// How many connections watch it.
    pub(crate) fn viewers(&self) -> usize {
        self.lock().viewers.len()
    }

    pub(crate) fn leave(&self, viewer: &Outbox) {
        self.lock().viewers.remove(&viewer.id());
    }

    pub(crate) fn wake_viewers(&self) {
        for viewer in self.lock().viewers.values() {
            viewer.wake();
        }
    }

    /// Whether nobody publishes or watches it.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.viewers.is_empty() && inner.feed.publisher().is_none()
    }

    pub(crate) fn summary(&self) -> RunSummary {
        let (feed, earlier) = {
            let inner = self.lock();
            (inner.feed.clone(), inner.earlier.clone())
        };
        let EpochSummary { epoch, entries, started_millis, title } = feed.summary();
        let left_millis = feed.left_millis();
        RunSummary {
            run: feed.run.clone(),
            epoch,
            entries,
            live: feed.publisher().is_some(),
            started_millis,
            title,
            left_millis,
            earlier,
        }
    }

    /// A feed's log up to now with at most `most` bins, and the offset after it.
    pub(crate) async fn thinned(
        &self,
        feed: &Arc<Feed>,
        most: usize,
        stored_log: &dyn Log,
    ) -> Result<(Vec<LogEntry>, u64), LogError> {
        let most = most.clamp(1, MOST_BINS);
        // What is kept for the next viewer is that of the shown epoch; another one is seldom watched.
        let (mut kept, mut own);
        let thinned = if Arc::ptr_eq(&self.feed(), feed) {
            kept = self.thinned.lock().await;
            &mut *kept
        } else {
            own = Thinned::default();
            &mut own
        };
        if !thinned.feed.as_ref().is_some_and(|it| Arc::ptr_eq(it, feed)) {
            *thinned = Thinned { feed: Some(feed.clone()), ..Thinned::default() };
        }
        loop {
            let thinner = thinned.read_on(feed, stored_log).await?;
            let mut whole = thinner.clone();
            thinned.thinner = Some(thinner);
            while let Next::Batch(batch) = feed.next(whole.end()) {
                batch.entries_from(whole.end()).iter().cloned().for_each(|it| whole.push(it));
            }
            // What was forgotten by memory meanwhile is stored by now.
            if !matches!(feed.next(whole.end()), Next::Stored(_)) {
                return Ok((whole.entries(most).map_err(|_| LogError::Interrupted)?, whole.end()));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Thinned {
    /// Takes in what is stored and was not read yet.
    async fn read_on(&mut self, feed: &Arc<Feed>, stored_log: &dyn Log) -> Result<Thinner, LogError> {
        let mut known = feed.thinness();
        if self.changes != known.changes {
            // What was read of blocks that are merged now would be read again.
            self.thinner = self.thinner.take().filter(|it| it.end() >= known.until);
            self.changes = known.changes;
        }
        let mut thinner = self.thinner.take().unwrap_or_else(|| Thinner::new(MOST_BINS));
        let stored = feed.position().stored;
        while thinner.end() < stored {
            let excerpt = Excerpt { offsets: thinner.end()..stored, most: usize::MAX, most_bytes: PAGE_BYTES };
            let page = stored_log.entries(&feed.run, feed.epoch, excerpt).await?;
            if feed.thinness().changes != known.changes {
                known = feed.thinness();
                if thinner.end() < known.until {
                    thinner = Thinner::new(MOST_BINS);
                    continue;
                }
            }
            if page.is_empty() {
                break;
            }
            let task = tokio::task::spawn_blocking(move || {
                for entry in page {
                    thinner.push(entry);
                }
                thinner
            });
            thinner = task.await.map_err(|_| LogError::Interrupted)?;
        }
        Ok(thinner)
    }
}

impl Inner {
    fn note(&mut self, other: &Arc<Feed>) {
        self.others.retain(|it| it.strong_count() > 0);
        self.others.push(Arc::downgrade(other));
    }
}
