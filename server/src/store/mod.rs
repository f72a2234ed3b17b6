//! The store: the logs of all runs in one `SQLite` database, which one thread writes and a few read.
//!
//! The database is in write-ahead mode with `synchronous = NORMAL`: whatever was acknowledged survives the death of
//! this process at any moment; a power cut may cost the last commits, never the file.

mod damage;
mod directory;
mod ladder;
mod read;
mod salvage;
mod schema;
mod sql;
mod standings;
mod sums;
mod thinned;
mod thinning;
pub(crate) mod tokens;
mod write;

pub(crate) use directory::{Beside, Directory, EpochTransfer};
pub(crate) use sql::is_corrupt;

use crate::access::{Grants, Hash};
use crate::alerts::{AlertKeeper, AlertNote, KeptAlerts};
use crate::config::Retention;
use crate::feed::{Feed, KnownEpoch};
use crate::log::{Excerpt, Log, LogError, LogReading, Remark, RunExcess, StoredRun};
use crate::metrics::Metrics;
use crate::points::{CurveQuery, Curves};
use crate::state::OpenStateEntry;
use crate::thin::Thinner;
use damage::Damage;
use futures_util::future::BoxFuture;
use read::StoreReader;
use salvage::Salvaged;
use shared::message::{EpochSummary, LogEntry};
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Why data cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made or written.
    #[error("cannot use the data directory {path}: {source}; name another one with --data")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Another relay uses it.
    #[error("another relay is using the data directory {path}; stop it, or name another one with --data")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The database was made by a newer relay.
    #[error(
        "the database {path} has format {found}, this relay knows up to {known}; use a newer relay, or other --data"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that this code knows.
        known: i64,
    },
    /// A relay that is older than its database could be uses it.
    #[error(
        "the database in {path} has format {found}, and a relay is using it that knows no newer one; this program reads format \
         {known}. Stop that relay, or start a newer one"
    )]
    Older {
        /// The directory.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The one that this code reads.
        known: i64,
    },
    /// A log is longer than any can be.
    #[error("an entry has the offset {offset}; a log has offsets below 68719476736")]
    Offset {
        /// The offset.
        offset: u64,
    },
    /// There is no database to look at.
    #[error(
        "{path} holds no terrarium.db: it is no data directory of a relay; `terrarium serve --data {path}` makes one"
    )]
    NoDatabase {
        /// The directory.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {reason}")]
    Random {
        /// The system's words.
        reason: String,
    },
    /// The database refuses.
    #[error("the database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// A merged history cannot be encoded.
    #[error("a merged history cannot be encoded: {0}")]
    Codec(#[from] shared::CodecError),
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(Box::new(StoreError::Database(error)))
    }
}

/// What the writer is asked to do.
enum Job {
    /// Store what a feed has that is not stored yet.
    Feed(Arc<Feed>),
    /// Remove a run with all its epochs.
    Remove(RunId),
    /// A run belongs to somebody.
    Own(RunId, String),
    /// Something is said of a run.
    Say(RunId, Remark),
    /// Keep something of alerts, and tell when it is.
    Alert(AlertNote, Option<oneshot::Sender<()>>),
    /// Thin what is old in a feed's log.
    Thin(Arc<Feed>),
    /// Remove earlier epochs that are too old, or too much.
    Tidy,
    /// Store the rest and end.
    Close,
}

/// The store of one relay.
#[derive(Debug)]
pub(crate) struct Store {
    reader: StoreReader,
    /// For whole histories, which take longer than anything else.
    histories: StoreReader,
    jobs: mpsc::Sender<Job>,
    healthy: Arc<AtomicBool>,
    /// Removals and passes of thinning that are not over.
    freeing: Arc<AtomicUsize>,
    damage: Damage,
    /// By which tokens expire.
    clock: fn() -> f64,
    /// What came of it where a damaged database was replaced at the start.
    salvaged: Option<Salvaged>,
    closed: watch::Receiver<()>,
}

impl Store {
    /// Opens the database in a directory, both made when missing. A database that is corrupt is moved aside, kept, and
    /// replaced by an empty one.
    pub(crate) fn open(directory: &Path, retention: Retention, metrics: Metrics) -> Result<Self, StoreError> {
        let lock = lock(directory)?;
        let file = directory.join("terrarium.db");
        let (connection, salvaged) = schema::open_or_replace(&file)?;
        let (reader, histories) = (StoreReader::new(&file)?, StoreReader::new(&file)?);
        let healthy = Arc::new(AtomicBool::new(true));
        let freeing = Arc::new(AtomicUsize::new(0));
        let (jobs, receiver) = mpsc::channel();
        let writer = write::StoreWriter::new(connection, retention, metrics, healthy.clone(), freeing.clone());
        let (closing, closed) = watch::channel(());
        let work = move || {
            writer.run(&receiver);
            // Whoever saw the store close can open it. The system frees the lock when the process dies, however it dies.
            drop(lock);
            drop(closing);
        };
        let thread = std::thread::Builder::new().name("store".into()).spawn(work);
        thread.map_err(|source| StoreError::Directory { path: directory.into(), source })?;
        let (damage, clock) = (Damage::default(), retention.clock);
        Ok(Self { reader, histories, jobs, healthy, freeing, damage, clock, salvaged, closed })
    }
}

impl AlertKeeper for Store {
    fn keep_alert(&self, note: AlertNote, done: Option<oneshot::Sender<()>>) {
        self.jobs.send(Job::Alert(note, done)).ok();
    }
}

impl Log for Store {
    fn wake(&self, feed: &Arc<Feed>) {
        if feed.enqueue() {
            self.jobs.send(Job::Feed(feed.clone())).ok();
        }
    }

    fn remove(&self, run: RunId) {
        self.freeing.fetch_add(1, Ordering::AcqRel);
        self.jobs.send(Job::Remove(run)).ok();
    }

    fn thin(&self, feed: Arc<Feed>) {
        self.freeing.fetch_add(1, Ordering::AcqRel);
        self.jobs.send(Job::Thin(feed)).ok();
    }

    fn tidy(&self) {
        self.jobs.send(Job::Tidy).ok();
    }

    fn excess(&self, retention: Retention) -> LogReading<'_, RunExcess> {
        self.reader.read(move |connection| read::excess(connection, &retention))
    }

    fn is_freeing(&self) -> bool {
        self.freeing.load(Ordering::Acquire) > 0
    }

    fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    fn damaged(&self) -> usize {
        self.damage.count() + self.salvaged.map_or(0, |it| usize::try_from(it.lost).unwrap_or(usize::MAX))
    }

    fn was_replaced(&self) -> bool {
        self.salvaged.is_some()
    }

    fn runs(&self) -> LogReading<'_, Vec<StoredRun>> {
        self.reader.read(read::runs)
    }

    fn epochs(&self) -> LogReading<'_, BTreeMap<RunId, Vec<EpochSummary>>> {
        self.reader.read(read::epochs)
    }

    fn epoch<'a>(&'a self, run: &'a RunId, epoch: Epoch) -> LogReading<'a, Option<KnownEpoch>> {
        let run = run.clone();
        self.reader.read(move |connection| read::epoch(connection, &run, epoch))
    }

    fn state<'a>(&'a self, run: &'a RunId, epoch: Epoch) -> LogReading<'a, Vec<OpenStateEntry>> {
        let run = run.clone();
        self.reader.read(move |connection| read::state(connection, &run, epoch))
    }

    fn entries<'a>(&'a self, run: &'a RunId, epoch: Epoch, excerpt: Excerpt) -> LogReading<'a, Vec<LogEntry>> {
        let run = run.clone();
        let damage = self.damage.clone();
        self.reader.read(move |connection| read::entries(connection, &run, epoch, &excerpt, &damage))
    }

    fn thinned<'a>(&'a self, run: &'a RunId, epoch: Epoch, most: usize) -> LogReading<'a, Thinner> {
        let (run, damage) = (run.clone(), self.damage.clone());
        self.histories.read(move |connection| thinned::thinned(connection, &run, epoch, most, &damage))
    }

    fn curves<'a>(&'a self, run: &'a RunId, epoch: Epoch, query: CurveQuery) -> LogReading<'a, (Curves, u64)> {
        let (run, damage) = (run.clone(), self.damage.clone());
        self.histories.read(move |connection| sums::curves(connection, (&run, epoch), query, sums::FLOOR, &damage))
    }

    fn count<'a>(&'a self, run: &'a RunId, epoch: Epoch, offsets: Range<u64>) -> LogReading<'a, u64> {
        let run = run.clone();
        self.reader.read(move |connection| read::count(connection, &run, epoch, &offsets))
    }

    fn grants(&self, given: Option<Hash>) -> LogReading<'_, Grants> {
        let clock = self.clock;
        self.reader.read(move |connection| tokens::grants(connection, given, clock()))
    }

    fn live_tokens(&self) -> LogReading<'_, BTreeMap<String, String>> {
        let clock = self.clock;
        self.reader.read(move |connection| tokens::live(connection, clock()))
    }

    fn owners(&self) -> LogReading<'_, BTreeMap<RunId, String>> {
        self.reader.read(tokens::owners)
    }

    fn own(&self, run: RunId, owner: String) {
        self.jobs.send(Job::Own(run, owner)).ok();
    }

    fn remarks(&self) -> LogReading<'_, BTreeMap<RunId, Remark>> {
        self.reader.read(tokens::remarks)
    }

    fn say(&self, run: RunId, remark: Remark) {
        self.jobs.send(Job::Say(run, remark)).ok();
    }

    fn alerts(&self) -> LogReading<'_, KeptAlerts> {
        self.reader.read(standings::all)
    }

    fn bytes(&self) -> LogReading<'_, u64> {
        self.reader.read(read::used_bytes)
    }

    /// Folds the write-ahead log into the database, too.
    fn close(&self, most: Duration) -> BoxFuture<'_, ()> {
        self.jobs.send(Job::Close).ok();
        let mut closed = self.closed.clone();
        Box::pin(async move {
            // The writer never says anything: the change to wait for is that it is gone.
            if tokio::time::timeout(most, closed.changed()).await.is_err() {
                tracing::warn!("the database was not closed in time; what was acknowledged is safe");
            }
        })
    }
}

/// A connection to the database of a directory, which may have a relay; both are made when missing.
pub(crate) fn beside_or_new(directory: &Path) -> Result<rusqlite::Connection, StoreError> {
    std::fs::create_dir_all(directory).map_err(|source| StoreError::Directory { path: directory.into(), source })?;
    schema::open_unchecked(&directory.join("terrarium.db"))
}

fn lock(directory: &Path) -> Result<std::fs::File, StoreError> {
    let failed = |source| StoreError::Directory { path: directory.into(), source };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let file = std::fs::File::create(directory.join("terrarium.lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: directory.into() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}
