//! A room: a run, its shown feed, and the connections that watch it.

use crate::feed::Feed;
use crate::outbox::ConnectionOutbox;
use crate::sink::Sink as _;
use shared::Epoch;
use shared::event::Phase;
use shared::message::{EpochSummary, RunSummary};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// How many state events a viewer of a run was spared because it was slow.
#[derive(Debug, Default)]
pub(crate) struct SpareCount(AtomicU64);

impl SpareCount {
    pub(crate) fn add(&self, spared: u64) {
        self.0.fetch_add(spared, Ordering::Relaxed);
    }
}

/// A run and who watches it.
#[derive(Debug)]
pub(crate) struct Room {
    inner: Mutex<RoomState>,
}

#[derive(Debug)]
struct RoomState {
    feed: Arc<Feed>,
    viewers: BTreeMap<u64, (Arc<ConnectionOutbox>, Arc<SpareCount>)>,
    /// What the list of runs tells of it that changes often: how many viewers, and what the run does.
    told: (usize, Option<Phase>),
    /// Its other epochs that can be watched, newest first.
    earlier: Vec<EpochSummary>,
    /// Feeds of other epochs that somebody still uses: their viewers, or the database's writer.
    others: Vec<Weak<Feed>>,
}

impl Room {
    pub(crate) fn new(feed: Arc<Feed>) -> Self {
        let inner =
            RoomState { feed, viewers: BTreeMap::new(), told: (0, None), earlier: Vec::new(), others: Vec::new() };
        Self { inner: Mutex::new(inner) }
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
    pub(crate) fn enter(&self, viewer: Arc<ConnectionOutbox>, spared: Arc<SpareCount>) {
        self.lock().viewers.insert(viewer.id(), (viewer, spared));
    }

    /// The connections that watch it, by their numbers, and how many state events each was spared.
    pub(crate) fn viewers(&self) -> Vec<(u64, u64)> {
        self.lock().viewers.iter().map(|(id, (_, spared))| (*id, spared.0.load(Ordering::Relaxed))).collect()
    }

    /// Whether others watch it, in number, or it does something else than when this was asked last.
    pub(crate) fn has_news(&self) -> bool {
        let feed = self.feed();
        // Nothing new comes of one that nobody publishes.
        let phase = if feed.publisher().is_some() { feed.phase() } else { self.lock().told.1 };
        let mut inner = self.lock();
        let now = (inner.viewers.len(), phase);
        std::mem::replace(&mut inner.told, now) != now
    }

    pub(crate) fn leave(&self, viewer: &ConnectionOutbox) {
        self.lock().viewers.remove(&viewer.id());
    }

    pub(crate) fn wake_viewers(&self) {
        for (viewer, _) in self.lock().viewers.values() {
            viewer.wake();
        }
    }

    /// Whether nobody publishes or watches it.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.viewers.is_empty() && inner.feed.publisher().is_none()
    }

    pub(crate) fn summary(&self) -> RunSummary {
        let (feed, earlier, viewers) = {
            let inner = self.lock();
            (inner.feed.clone(), inner.earlier.clone(), inner.viewers.len() as u64)
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
            is_host: feed.heading().is_host,
            left_millis,
            earlier,
            alerts: Vec::new(),
            name: String::new(),
            tags: Vec::new(),
            viewers,
            trainer: feed.trainer(),
            phase: feed.phase(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, RoomState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RoomState {
    fn note(&mut self, other: &Arc<Feed>) {
        self.others.retain(|it| it.strong_count() > 0);
        self.others.push(Arc::downgrade(other));
    }
}
