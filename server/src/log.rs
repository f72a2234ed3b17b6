//! Storage, as the rest of the relay knows it: it follows the logs of feeds and gives back what it has of them.

use crate::access::{Grants, Hash};
use crate::alerts::{AlertKeeper, KeptAlerts};
use crate::config::Retention;
use crate::feed::{Feed, KnownEpoch};
use crate::points::{CurveQuery, Curves};
use crate::state::OpenStateEntry;
use crate::thin::Thinner;
use futures_util::future::BoxFuture;
use serde::Serialize;
use shared::message::{EpochSummary, LogEntry};
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Why what is stored cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The storage refuses.
    #[error("{0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
    /// A reading task was lost.
    #[error("reading what is stored was interrupted")]
    Interrupted,
}

/// What comes of reading, later.
pub(crate) type LogReading<'a, T> = BoxFuture<'a, Result<T, LogError>>;

/// The shown epoch of a run.
#[derive(Clone, Debug)]
pub(crate) struct StoredRun {
    pub(crate) run: RunId,
    pub(crate) epoch: Epoch,
    pub(crate) known: KnownEpoch,
}

/// Runs whose shown epochs are beyond what is kept of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunExcess {
    /// They got nothing new for too long.
    pub(crate) old: Vec<RunId>,
    /// They are too large.
    pub(crate) large: Vec<RunId>,
}

/// The part of a log that somebody wants to read.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    pub(crate) offsets: Range<u64>,
    /// Most entries.
    pub(crate) most: usize,
    /// About the most bytes; at least one entry is read.
    pub(crate) most_bytes: usize,
}

/// What people say of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Remark {
    /// Its name for people.
    pub(crate) name: String,
    /// Notes.
    pub(crate) note: String,
    /// Tags, in alphabetical order.
    pub(crate) tags: Vec<String>,
}

/// The storage of one relay.
pub(crate) trait Log: AlertKeeper + Debug + Send + Sync {
    /// Has it look at a feed soon: it stores what the feed has and marks it as stored.
    fn wake(&self, feed: &Arc<Feed>);

    /// Has a run removed with all its epochs.
    fn remove(&self, run: RunId);

    /// Has what is old in a feed's log thinned.
    fn thin(&self, feed: Arc<Feed>);

    /// Has earlier epochs removed that are too old, or of a run that has too much.
    fn tidy(&self);

    /// The runs whose shown epochs are beyond what is kept of a run.
    fn excess(&self, retention: Retention) -> LogReading<'_, RunExcess>;

    /// Whether a run is still being removed or a log thinned: what is used tells nothing until then.
    fn is_freeing(&self) -> bool;

    /// Whether the last attempt to store succeeded.
    fn healthy(&self) -> bool;

    /// Damaged entries that were met so far, at the start or when they were read.
    fn damaged(&self) -> usize;

    /// Whether damage was such at the start that what could be read was put in another place.
    fn was_replaced(&self) -> bool;

    /// The shown epoch of every run, in the order in which they were announced.
    fn runs(&self) -> LogReading<'_, Vec<StoredRun>>;

    /// Every epoch that has entries, by its run, the newest first.
    fn epochs(&self) -> LogReading<'_, BTreeMap<RunId, Vec<EpochSummary>>>;

    /// One epoch, if it is stored.
    fn epoch<'a>(&'a self, run: &'a RunId, epoch: Epoch) -> LogReading<'a, Option<KnownEpoch>>;

    /// The newest state events of an epoch.
    fn state<'a>(&'a self, run: &'a RunId, epoch: Epoch) -> LogReading<'a, Vec<OpenStateEntry>>;

    /// Log entries, as far as they are stored.
    fn entries<'a>(&'a self, run: &'a RunId, epoch: Epoch, excerpt: Excerpt) -> LogReading<'a, Vec<LogEntry>>;

    /// All that is stored of a log, merged beforehand so that hardly more is left than `most` bins and as many metrics.
    fn thinned<'a>(&'a self, run: &'a RunId, epoch: Epoch, most: usize) -> LogReading<'a, Thinner>;

    /// The metrics of a log as far as they are summed up beforehand, and the offset after that.
    fn curves<'a>(&'a self, run: &'a RunId, epoch: Epoch, query: CurveQuery) -> LogReading<'a, (Curves, u64)>;

    /// How many log entries are stored in a range of offsets.
    fn count<'a>(&'a self, run: &'a RunId, epoch: Epoch, offsets: Range<u64>) -> LogReading<'a, u64>;

    /// The token with this hash, and the roles that want one.
    fn grants(&self, given: Option<Hash>) -> LogReading<'_, Grants>;

    /// The tokens that open something at present, each with what people say of it.
    fn live_tokens(&self) -> LogReading<'_, BTreeMap<String, String>>;

    /// Whom runs belong to.
    fn owners(&self) -> LogReading<'_, BTreeMap<RunId, String>>;

    /// A run belongs to somebody from now on.
    fn own(&self, run: RunId, owner: String);

    /// What people say of runs.
    fn remarks(&self) -> LogReading<'_, BTreeMap<RunId, Remark>>;

    /// Something is said of a run.
    fn say(&self, run: RunId, remark: Remark);

    /// What is kept of alerts.
    fn alerts(&self) -> LogReading<'_, KeptAlerts>;

    /// Bytes that are in use.
    fn bytes(&self) -> LogReading<'_, u64>;

    /// Stores what is left and ends, within about this time.
    fn close(&self, most: Duration) -> BoxFuture<'_, ()>;
}
