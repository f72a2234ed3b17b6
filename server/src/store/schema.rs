//! The schema, and what happens to a file that does not hold it.

use super::StoreError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of the format, in the database's `user_version`.
const FORMAT: i64 = 2;

/// Databases up to this size are checked page by page at the start.
const CHECK_BELOW_BYTES: u64 = 256 << 20;

/// `entries` is the offset after the last log entry; below `thinned`, of every `grain` offsets one bin and one set of
/// metrics are left. `announced` grows with every announcement, so the
/// greatest of a run is its shown epoch. `states` has the newest event of every kind, some seconds late; the kind is
/// its place in [`shared::event::StateKind::ALL`]. An event is stored as it came: `MessagePack`, or a zlib stream of it.
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
        PRIMARY KEY (epoch, offset)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE states (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        kind INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        event BLOB NOT NULL,
        PRIMARY KEY (epoch, kind)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 2;";

/// What format 1 lacks.
const FROM_1: &str = "
    BEGIN;
    ALTER TABLE epochs ADD COLUMN thinned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE epochs ADD COLUMN grain INTEGER NOT NULL DEFAULT 1;
    PRAGMA user_version = 2;
    COMMIT;";

/// Opens the database; one that is corrupt is moved aside and an empty one made.
pub(super) fn open_or_replace(file: &Path) -> Result<Connection, StoreError> {
    match open(file) {
        Err(StoreError::Database(error)) if is_corrupt(&error) => {
            let aside = move_aside(file)?;
            tracing::error!(
                database = %file.display(), kept_as = %aside.display(), %error,
                "the database is corrupt; it was moved aside and is kept, and an empty one begins. Publishers that are \
                 still running send what they have kept"
            );
            open(file)
        }
        result => result,
    }
}

/// Whether an error says that the file is not a sound database.
pub(super) fn is_corrupt(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

fn open(file: &Path) -> Result<Connection, StoreError> {
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
        0 => connection.execute_batch(TABLES)?,
        1 => {
            check(&connection, file)?;
            connection.execute_batch(FROM_1)?;
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
fn move_aside(file: &Path) -> Result<PathBuf, StoreError> {
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
