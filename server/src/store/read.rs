//! Reading: pages of logs and the list of what is stored.

use super::StoreError;
use super::damage::{self, Damage};
use super::sql::{is_corrupt, layout, signed, unsigned};
use crate::batch;
use crate::batch::Heading;
use crate::config::Retention;
use crate::feed::{KnownEpoch, Thinness};
use crate::log::{Excerpt, LogError, LogReading, RunExcess, StoredRun};
use crate::state::{KNOWN, OpenStateEntry};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};
use shared::message::{EpochSummary, LogEntry};
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
pub(crate) struct StoreReader {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl StoreReader {
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
    ) -> LogReading<'_, T> {
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
const EPOCH_COLUMNS: &str = "started_millis, title, is_host, entries, thinned, grain,
    (SELECT time_millis FROM entries WHERE place >= epochs.id << 36 AND place < (epochs.id + 1) << 36
     ORDER BY place DESC LIMIT 1)";

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
        let (run, epoch, known) = match row {
            Err(error) if is_corrupt(&error) => {
                tracing::error!(%error, "a stored epoch is damaged and left out; `terrarium doctor` looks for others");
                continue;
            }
            row => row?,
        };
        match RunId::new(run) {
            Ok(run) => runs.push(StoredRun { run, epoch, known }),
            Err(error) => tracing::warn!(%error, "a stored run has no proper name and is left out"),
        }
    }
    Ok(runs)
}

/// The runs whose shown epochs are beyond what is kept of a run.
pub(super) fn excess(connection: &Connection, retention: &Retention) -> Result<RunExcess, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT run, stored_millis, bytes FROM epochs AS it
         WHERE announced = (SELECT max(announced) FROM epochs WHERE run = it.run)",
    )?;
    let before = retention.oldest_millis();
    let (mut rows, mut excess) = (statement.query([])?, RunExcess::default());
    while let Some(row) = rows.next()? {
        let Ok(run) = RunId::new(row.get::<_, String>(0)?) else { continue };
        if row.get::<_, f64>(1)? < before {
            excess.old.push(run);
        } else if retention.run_bytes.is_some_and(|most| row.get(2).map(unsigned).is_ok_and(|bytes| bytes > most)) {
            excess.large.push(run);
        }
    }
    Ok(excess)
}

/// Every epoch that has entries, by its run, the newest first.
pub(super) fn epochs(connection: &Connection) -> Result<BTreeMap<RunId, Vec<EpochSummary>>, rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT run, epoch, entries, started_millis, title FROM epochs WHERE entries > 0 ORDER BY announced DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut epochs = BTreeMap::<RunId, Vec<EpochSummary>>::new();
    while let Some(row) = rows.next()? {
        match epoch_summary(row) {
            // The shown one is told of where runs are read.
            Err(error) if is_corrupt(&error) => {}
            found => {
                let (run, summary) = found?;
                if let Ok(run) = RunId::new(run) {
                    epochs.entry(run).or_default().push(summary);
                }
            }
        }
    }
    Ok(epochs)
}

fn epoch_summary(row: &Row<'_>) -> Result<(String, EpochSummary), rusqlite::Error> {
    let (epoch, entries) = (Epoch(unsigned(row.get(1)?)), unsigned(row.get(2)?));
    let (started_millis, title) = (row.get(3)?, row.get(4)?);
    Ok((row.get(0)?, EpochSummary { epoch, entries, started_millis, title }))
}

/// One epoch, if it is stored.
pub(super) fn epoch(connection: &Connection, run: &RunId, epoch: Epoch) -> Result<Option<KnownEpoch>, rusqlite::Error> {
    let query = format!("SELECT {EPOCH_COLUMNS} FROM epochs WHERE run = ?1 AND epoch = ?2");
    let mut statement = connection.prepare_cached(&query)?;
    statement.query_row(params![run.as_str(), signed(epoch.0)], |row| known_epoch(row, 0)).optional()
}

/// The newest state events of an epoch.
pub(super) fn state(
    connection: &Connection,
    run: &RunId,
    epoch: Epoch,
) -> Result<Vec<OpenStateEntry>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, sequence, event, checksum FROM states
         WHERE epoch = (SELECT id FROM epochs WHERE run = ?1 AND epoch = ?2) ORDER BY kind",
    )?;
    let mut rows = statement.query(params![run.as_str(), signed(epoch.0)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = || Ok((row.get(0)?, unsigned(row.get(1)?), row.get::<_, Vec<u8>>(2)?, row.get(3)?));
        let (kind, sequence, event, checksum) = match columns() {
            // A damaged state is replaced by the next one of its kind.
            Err(error) if is_corrupt(&error) => continue,
            columns => columns?,
        };
        if damage::is_sound(&event, checksum) {
            entries.push(OpenStateEntry { kind, sequence, event: Payload::from_bytes(event) });
        }
    }
    entries.sort_by_key(|it| KNOWN.iter().position(|known| *known == it.kind).unwrap_or(KNOWN.len()));
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
        "WITH log AS (SELECT id << 36 AS first FROM epochs WHERE run = ?1 AND epoch = ?2)
         SELECT count(*) FROM entries WHERE place >= (SELECT first FROM log) + min(?3, 1 << 36)
         AND place < (SELECT first FROM log) + min(?4, 1 << 36)",
    )?;
    let place = params![run.as_str(), signed(epoch.0), signed(offsets.start), signed(offsets.end)];
    statement.query_row(place, |row| row.get(0)).map(unsigned)
}

/// Bytes of the database that are in use.
pub(super) fn used_bytes(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let pragma = |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).map(unsigned);
    Ok((pragma("page_count")?.saturating_sub(pragma("freelist_count")?)) * pragma("page_size")?)
}

/// Log entries, as far as they are stored. What is damaged is replaced by notices that say so, and counted.
pub(super) fn entries(
    connection: &Connection,
    run: &RunId,
    epoch: Epoch,
    excerpt: &Excerpt,
    damage: &Damage,
) -> Result<Vec<LogEntry>, rusqlite::Error> {
    let Excerpt { offsets, most, most_bytes } = excerpt;
    let place = "SELECT id, thinned, entries FROM epochs WHERE run = ?1 AND epoch = ?2";
    let mut place = connection.prepare_cached(place)?;
    let columns = |row: &Row<'_>| Ok((row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?)));
    let place = place.query_row(params![run.as_str(), signed(epoch.0)], columns);
    let Some((id, thinned, stored)) = place.optional()? else { return Ok(Vec::new()) };
    let end = offsets.end.min(stored);
    let (mut entries, mut bytes, mut next, mut is_enough) = (Vec::new(), 0, offsets.start, false);
    while entries.len() < *most && !is_enough {
        let left = most - entries.len();
        let read = rows(connection, id, next..offsets.end, left, |entry, is_sound| {
            // Numbers that were damaged lead back.
            if entry.offset.0 < next {
                return true;
            }
            // A row that went with a damaged page leaves a hole.
            while next < entry.offset.0 && next >= thinned && entries.len() < *most {
                entries.push(damage.found(run, epoch, next));
                next += 1;
            }
            if next < entry.offset.0 && next >= thinned {
                is_enough = true;
                return false;
            }
            let entry = if is_sound { entry } else { damage.found(run, epoch, entry.offset.0) };
            bytes += batch::size(&entry);
            if bytes > *most_bytes && !entries.is_empty() {
                is_enough = true;
                return false;
            }
            next = entry.offset.next().0;
            entries.push(entry);
            true
        });
        match read {
            Ok(()) if is_enough || entries.len() >= *most || next >= end || end <= thinned => break,
            Err(error) if !is_corrupt(&error) => return Err(error),
            read => {
                // What lies behind damaged pages, and behind a row whose number leads out of the log, is still there.
                let sound = damage::next_sound(connection, id, next..offsets.end)?;
                let Some(sound) = sound else { return read.map(|()| entries) };
                let first = if next < thinned { sound.saturating_sub(1).max(next) } else { next };
                let lost = (first..sound).take(*most - entries.len());
                entries.extend(lost.map(|offset| damage.found(run, epoch, offset)));
                next = entries.last().map_or(sound, |it: &LogEntry| it.offset.next().0);
            }
        }
    }
    Ok(entries)
}

/// The rows of a range of offsets, and whether their checksums fit, until `take` gives false.
fn rows(
    connection: &Connection,
    id: i64,
    offsets: Range<u64>,
    most: usize,
    mut take: impl FnMut(LogEntry, bool) -> bool,
) -> Result<(), rusqlite::Error> {
    let (range, order) = layout(connection)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT offset, time_millis, event, checksum FROM entries WHERE {range} ORDER BY {order} LIMIT ?4"
    ))?;
    let mut rows = statement.query(params![id, signed(offsets.start), signed(offsets.end), signed(most as u64)])?;
    let (mut held, mut floor) = (None::<(LogEntry, bool)>, offsets.start);
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            end => {
                if let Some((entry, is_sound)) = held {
                    take(entry, is_sound);
                }
                return end.map(drop);
            }
        };
        let offset = Offset(unsigned(row.get(0)?));
        let (time_millis, event, is_sound) = match content(row) {
            // One row that holds what nobody stored: the next may be sound.
            Err(error) if is_corrupt(&error) => (0.0, Vec::new(), false),
            content => content?,
        };
        // Of two rows in the wrong order one is not where its number was read: that which leads back behind what was taken, or
        // else that which led ahead.
        if offset.0 < floor {
            continue;
        }
        if let Some((entry, is_sound)) = held.take_if(|(before, _)| before.offset < offset) {
            floor = entry.offset.next().0;
            if !take(entry, is_sound) {
                return Ok(());
            }
        }
        // And of two with one number nobody knows which it is.
        let is_sound = is_sound && held.as_ref().is_none_or(|(before, _)| before.offset != offset);
        held = Some((LogEntry { offset, time_millis, event: Payload::from_bytes(event) }, is_sound));
    }
}

/// Time and event of a row, and whether its checksum fits.
fn content(row: &Row<'_>) -> Result<(f64, Vec<u8>, bool), rusqlite::Error> {
    let event: Vec<u8> = row.get(2)?;
    let is_sound = damage::is_sound(&event, row.get(3)?);
    Ok((row.get(1)?, event, is_sound))
}

fn known_epoch(row: &Row<'_>, first: usize) -> Result<KnownEpoch, rusqlite::Error> {
    Ok(KnownEpoch {
        started_millis: row.get(first)?,
        heading: Heading { title: row.get(first + 1)?, is_host: row.get(first + 2)? },
        entries: unsigned(row.get(first + 3)?),
        thinness: Thinness { until: unsigned(row.get(first + 4)?), grain: unsigned(row.get(first + 5)?), changes: 0 },
        newest_millis: match row.get(first + 6) {
            Err(error) if is_corrupt(&error) => None,
            newest => newest?,
        },
    })
}
