//! The schema, and what happens to a file that does not hold it.

use super::StoreError;
use super::salvage::{Salvaged, salvage};
use super::sql::{FORMAT, is_corrupt};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Databases up to this size are checked page by page at the start.
const CHECK_BELOW_BYTES: u64 = 256 << 20;

/// `entries` is the offset after the last log entry; below `thinned`, of every `grain` offsets one bin and one set of
/// metrics are left. `announced` grows with every announcement, so the
/// greatest of a run is its shown epoch. `states` has the newest event of every kind, some seconds late. An event is stored
/// as it came: `MessagePack`, or a zlib stream of it; `checksum` is the CRC-32 of its bytes, which entries of formats before
/// the third lack. `runs` has whom a run belongs to and what people say of it, `tokens` the secrets that open roles, as
/// SHA-256 hashes.
const TABLES: &str = "
    CREATE TABLE epochs (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        started_millis REAL NOT NULL,
        announced INTEGER NOT NULL,
        title TEXT NOT NULL DEFAULT '',
        entries INTEGER NOT NULL DEFAULT 0,
        thinned INTEGER NOT NULL DEFAULT 0,
        grain INTEGER NOT NULL DEFAULT 1,
        UNIQUE (run, epoch)
    ) STRICT;
    CREATE TABLE entries (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        offset INTEGER NOT NULL,
        time_millis REAL NOT NULL,
        event BLOB NOT NULL,
        checksum INTEGER,
        PRIMARY KEY (epoch, offset)
    ) STRICT, WITHOUT ROWID;";

/// What format 3 adds, for databases of this and of earlier formats.
const SINCE_3: &str = "
    CREATE TABLE states (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        kind TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        event BLOB NOT NULL,
        checksum INTEGER,
        PRIMARY KEY (epoch, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE runs (
        run TEXT PRIMARY KEY,
        owner TEXT,
        name TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]'
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        role TEXT NOT NULL,
        runs TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        created_millis REAL NOT NULL,
        expires_millis REAL,
        revoked_millis REAL
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 3;";

/// What format 1 lacks.
const FROM_1: &str = "
    BEGIN;
    ALTER TABLE epochs ADD COLUMN thinned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE epochs ADD COLUMN grain INTEGER NOT NULL DEFAULT 1;
    PRAGMA user_version = 2;
    COMMIT;";

/// What format 2 has otherwise than format 3: kinds of states were numbers.
const FROM_2: [&str; 2] = [
    "ALTER TABLE entries ADD COLUMN checksum INTEGER;
     ALTER TABLE states RENAME TO states_by_number;",
    "INSERT INTO states (epoch, kind, sequence, event)
     SELECT epoch, CASE kind WHEN 0 THEN 'status' WHEN 1 THEN 'frame' WHEN 2 THEN 'values' WHEN 3 THEN 'truth'
                   WHEN 4 THEN 'tapes' WHEN 5 THEN 'network' ELSE 'host' END, sequence, event
     FROM states_by_number WHERE kind BETWEEN 0 AND 6;
     DROP TABLE states_by_number;",
];

/// Opens the database; one that is corrupt is moved aside and kept, and what can be read of it begins a new one.
pub(super) fn open_or_replace(file: &Path) -> Result<Connection, StoreError> {
    match open(file) {
        Err(StoreError::Database(error)) if is_corrupt(&error) => {
            let aside = move_aside(file)?;
            let mut fresh = open_unchecked(file)?;
            let salvaged = salvage(&aside, &mut fresh).unwrap_or_else(|error| {
                tracing::warn!(%error, "nothing more can be read of it");
                Salvaged::default()
            });
            tracing::error!(
                database = %file.display(), kept_as = %aside.display(), %error, epochs = salvaged.epochs,
                entries = salvaged.entries, lost = salvaged.lost,
                "the database is corrupt; it was moved aside and is kept, and what can be read of it begins a new one. \
                 Publishers that are still running send what they have kept"
            );
            Ok(fresh)
        }
        result => result,
    }
}

fn open(file: &Path) -> Result<Connection, StoreError> {
    open_with(file, check)
}

/// Opens the database without looking for damage.
pub(super) fn open_unchecked(file: &Path) -> Result<Connection, StoreError> {
    open_with(file, |_, _| Ok(()))
}

fn open_with(
    file: &Path,
    check: impl Fn(&Connection, &Path) -> Result<(), StoreError>,
) -> Result<Connection, StoreError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 0 {
        // Writes into the file, and has to before anything else does.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA journal_size_limit = 16777216;",
    )?;
    match found {
        0 => connection.execute_batch(&format!("BEGIN; {TABLES} {SINCE_3} COMMIT;"))?,
        1 | 2 => {
            check(&connection, file)?;
            if found == 1 {
                connection.execute_batch(FROM_1)?;
            }
            let [before, after] = FROM_2;
            connection.execute_batch(&format!("BEGIN; {before} {SINCE_3} {after} COMMIT;"))?;
        }
        FORMAT => check(&connection, file)?,
        _ => return Err(StoreError::Newer { path: file.into(), found, known: FORMAT }),
    }
    Ok(connection)
}

/// Finds damage before anybody relies on the file. A large one is checked at the ends of its logs only: damage in
/// between is reported when it is read.
fn check(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let small = std::fs::metadata(file).is_ok_and(|it| it.len() <= CHECK_BELOW_BYTES);
    if small {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(code, Some(verdict)).into());
        }
    }
    let ends = "SELECT count(*) FROM epochs LEFT JOIN entries ON entries.epoch = epochs.id
                AND entries.offset IN (0, epochs.entries - 1)";
    connection.query_row(ends, [], |_| Ok(()))?;
    Ok(())
}

/// Moves a database and its side files to the first free name.
pub(super) fn move_aside(file: &Path) -> Result<PathBuf, StoreError> {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = (1..=u16::MAX).map(|it| beside(&format!(".corrupt-{it}"))).find(|it| !it.exists());
    let aside = aside.unwrap_or_else(|| beside(".corrupt"));
    for suffix in ["", "-wal", "-shm"] {
        let mut target = aside.clone().into_os_string();
        target.push(suffix);
        match std::fs::rename(beside(suffix), target) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Directory { path: file.into(), source });
            }
            _ => {}
        }
    }
    Ok(aside)
}
