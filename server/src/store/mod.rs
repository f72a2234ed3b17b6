//! The store: the logs of all runs in one `SQLite` database, which one thread writes and a few read.
//!
//! The database is in write-ahead mode with `synchronous = NORMAL`: whatever was acknowledged survives the death of
//! this process at any moment; a power cut may cost the last commits, never the file.

mod read;
mod schema;
mod thinning;
mod write;

pub(crate) use read::{Reader, StoredEpoch};

use crate::config::Retention;
use crate::feed::Feed;
use crate::metrics::Metrics;
use shared::RunId;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::watch;

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
    /// The database refuses.
    #[error("the database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// A reading task was lost.
    #[error("reading the database was interrupted")]
    Interrupted,
}

/// What the writer is asked to do.
enum Job {
    /// Store what a feed has that is not stored yet.
    Feed(Arc<Feed>),
    /// Remove a run with all its epochs.
    Remove(RunId),
    /// Thin what is old in a feed's log.
    Thin(Arc<Feed>),
    /// Store the rest and end.
    Close,
}

/// The store of one relay.
#[derive(Debug)]
pub(crate) struct Store {
    reader: Reader,
    jobs: mpsc::Sender<Job>,
    healthy: Arc<AtomicBool>,
    closed: watch::Receiver<()>,
    // Held as long as the store is: the system frees it when the process dies, however it dies.
    _lock: std::fs::File,
}

impl Store {
    /// Opens the database in a directory, both made when missing. A database that is corrupt is moved aside, kept, and
    /// replaced by an empty one.
    pub(crate) fn open(directory: &Path, retention: Retention, metrics: Metrics) -> Result<Self, StoreError> {
        let lock = lock(directory)?;
        let file = directory.join("terrarium.db");
        let connection = schema::open_or_replace(&file)?;
        let reader = Reader::new(&file)?;
        let healthy = Arc::new(AtomicBool::new(true));
        let (jobs, receiver) = mpsc::channel();
        let writer = write::Writer::new(connection, retention, metrics, healthy.clone());
        let (closing, closed) = watch::channel(());
        let work = move || {
            writer.run(&receiver);
            drop(closing);
        };
        let thread = std::thread::Builder::new().name("store".into()).spawn(work);
        thread.map_err(|source| StoreError::Directory { path: directory.into(), source })?;
        Ok(Self { reader, jobs, healthy, closed, _lock: lock })
    }

    /// Has the writer look at a feed soon.
    pub(crate) fn wake(&self, feed: &Arc<Feed>) {
        if feed.enqueue() {
            self.jobs.send(Job::Feed(feed.clone())).ok();
        }
    }

    /// Has a run removed with all its epochs.
    pub(crate) fn remove(&self, run: RunId) {
        self.jobs.send(Job::Remove(run)).ok();
    }

    /// Has what is old in a feed's log thinned.
    pub(crate) fn thin(&self, feed: Arc<Feed>) {
        self.jobs.send(Job::Thin(feed)).ok();
    }

    /// Whether the last attempt to write succeeded.
    pub(crate) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    pub(crate) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Stores what is left, folds the write-ahead log into the database, and waits for both, at most so long.
    pub(crate) async fn close(&self, most: Duration) {
        self.jobs.send(Job::Close).ok();
        let mut closed = self.closed.clone();
        // The writer never says anything: the change to wait for is that it is gone.
        if tokio::time::timeout(most, closed.changed()).await.is_err() {
            tracing::warn!("the database was not closed in time; what was acknowledged is safe");
        }
    }
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
