//! Reading: pages of logs and the list of what is stored.

use super::StoreError;
use crate::batch;
use crate::feed::{KnownEpoch, Thinness};
use crate::log::{Excerpt, LogError, Reading, StoredRun};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};
use shared::event::StateKind;
use shared::message::{EpochSummary, LogEntry, StateEntry};
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections that read at a time.
const READERS: usize = 2;

/// Reads the database while the writer writes.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Reader {
    pub(super) fn new(file: &Path) -> Result<Self, StoreError> {
        let open = || -> Result<Connection, rusqlite::Error> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(file, flags)?;
            connection.busy_timeout(Duration::from_secs(2))?;
            Ok(connection)
        };
        let idle = (0..READERS).map(|_| open()).collect::<Result<_, _>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), permits: Arc::new(Semaphore::new(READERS)) })
    }

    /// What a function reads with the first connection that is idle.
    pub(super) fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Reading<'_, T> {
        Box::pin(async move {
            let permit = self.permits.clone().acquire_owned().await.map_err(|_| LogError::Interrupted)?;
            let idle = self.idle.clone();
            let result = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = connection.ok_or(LogError::Interrupted)?;
                let result = read(&connection);
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                Ok(result?)
            });
            result.await.map_err(|_| LogError::Interrupted)?
        })
    }
}

/// The columns of [`KnownEpoch`].
const EPOCH_COLUMNS: &str = "started_millis, title, entries, thinned, grain,
    (SELECT time_millis FROM entries WHERE entries.epoch = epochs.id ORDER BY offset DESC LIMIT 1)";

/// The shown epoch of every run, in the order in which they were announced.
pub(super) fn runs(connection: &Connection) -> Result<Vec<StoredRun>, rusqlite::Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT run, epoch, {EPOCH_COLUMNS} FROM epochs
         WHERE announced = (SELECT max(announced) FROM epochs AS it WHERE it.run = epochs.run)
         ORDER BY announced"
    ))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, Epoch(unsigned(row.get(1)?)), known_epoch(row, 2)?)))?;
    let mut runs = Vec::new();
    for row in rows {
        let (run, epoch, known) = row?;
        match RunId::new(run) {
            Ok(run) => runs.push(StoredRun { run, epoch, known }),
            Err(error) => tracing::warn!(%error, "a stored run has no proper name and is left out"),
        }
    }
    Ok(runs)
}

/// Every epoch that has entries, by its run, the newest first.
pub(super) fn epochs(connection: &Connection) -> Result<BTreeMap<RunId, Vec<EpochSummary>>, rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT run, epoch, entries, started_millis, title FROM epochs WHERE entries > 0 ORDER BY announced DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut epochs = BTreeMap::<RunId, Vec<EpochSummary>>::new();
    while let Some(row) = rows.next()? {
        let Ok(run) = RunId::new(row.get::<_, String>(0)?) else { continue };
        let (epoch, entries) = (Epoch(unsigned(row.get(1)?)), unsigned(row.get(2)?));
        let (started_millis, title) = (row.get(3)?, row.get(4)?);
        epochs.entry(run).or_default().push(EpochSummary { epoch, entries, started_millis, title });
    }
    Ok(epochs)
}

/// One epoch, if it is stored.
pub(super) fn epoch(connection: &Connection, run: &RunId, epoch: Epoch) -> Result<Option<KnownEpoch>, rusqlite::Error> {
    let query = format!("SELECT {EPOCH_COLUMNS} FROM epochs WHERE run = ?1 AND epoch = ?2");
    let mut statement = connection.prepare_cached(&query)?;
    statement.query_row(params![run.as_str(), signed(epoch.0)], |row| known_epoch(row, 0)).optional()
}

/// The newest state events of an epoch.
pub(super) fn state(connection: &Connection, run: &RunId, epoch: Epoch) -> Result<Vec<StateEntry>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, sequence, event FROM states
         WHERE epoch = (SELECT id FROM epochs WHERE run = ?1 AND epoch = ?2) ORDER BY kind",
    )?;
    let mut rows = statement.query(params![run.as_str(), signed(epoch.0)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (sequence, event) = (unsigned(row.get(1)?), Payload::from_bytes(row.get(2)?));
        if let Some(kind) = StateKind::ALL.get(usize::from(row.get::<_, u8>(0)?)) {
            entries.push(StateEntry { kind: *kind, sequence, event });
        }
    }
    Ok(entries)
}

/// How many log entries are stored in a range of offsets.
pub(super) fn count(
    connection: &Connection,
    run: &RunId,
    epoch: Epoch,
    offsets: &Range<u64>,
) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM entries
         WHERE epoch = (SELECT id FROM epochs WHERE run = ?1 AND epoch = ?2) AND offset >= ?3 AND offset < ?4",
    )?;
    let place = params![run.as_str(), signed(epoch.0), signed(offsets.start), signed(offsets.end)];
    statement.query_row(place, |row| row.get(0)).map(unsigned)
}

/// Bytes of the database that are in use.
pub(super) fn used_bytes(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let pragma = |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).map(unsigned);
    Ok((pragma("page_count")?.saturating_sub(pragma("freelist_count")?)) * pragma("page_size")?)
}

/// Log entries, as far as they are stored.
pub(super) fn entries(
    connection: &Connection,
    run: &RunId,
    epoch: Epoch,
    excerpt: &Excerpt,
) -> Result<Vec<LogEntry>, rusqlite::Error> {
    let Excerpt { offsets, most, most_bytes } = excerpt;
    let mut statement = connection.prepare_cached(
        "SELECT offset, time_millis, event FROM entries
         WHERE epoch = (SELECT id FROM epochs WHERE run = ?1 AND epoch = ?2) AND offset >= ?3 AND offset < ?4
         ORDER BY offset LIMIT ?5",
    )?;
    let (start, end, most) = (signed(offsets.start), signed(offsets.end), signed(*most as u64));
    let place = params![run.as_str(), signed(epoch.0), start, end, most];
    let mut rows = statement.query(place)?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let entry = LogEntry {
            offset: Offset(unsigned(row.get(0)?)),
            time_millis: row.get(1)?,
            event: Payload::from_bytes(row.get(2)?),
        };
        bytes += batch::size(&entry);
        if bytes > *most_bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn known_epoch(row: &Row<'_>, first: usize) -> Result<KnownEpoch, rusqlite::Error> {
    Ok(KnownEpoch {
        started_millis: row.get(first)?,
        title: row.get(first + 1)?,
        entries: unsigned(row.get(first + 2)?),
        thinness: Thinness { until: unsigned(row.get(first + 3)?), grain: unsigned(row.get(first + 4)?), changes: 0 },
        newest_millis: row.get(first + 5)?,
    })
}

/// `SQLite` knows signed numbers only; epochs and offsets above 2^63 do not occur, those of a forged message stop there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
