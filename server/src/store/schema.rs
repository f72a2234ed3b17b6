//! The schema, and what happens to a file that does not hold it.

use super::StoreError;
use super::salvage::{Salvaged, salvage};
use super::sql::{FORMAT, corrupt, is_corrupt, layout, measure};
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
    ) STRICT;";

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
    ) STRICT, WITHOUT ROWID;";

/// What format 5 adds. `rungs` are the ladders of long logs: see there; one without an event stands for the entry at its
/// offset. `laddered` is the offset that the ladder has come to.
const SINCE_5: &str = "
    ALTER TABLE epochs ADD COLUMN laddered INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rungs (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        kind INTEGER NOT NULL,
        level INTEGER NOT NULL,
        offset INTEGER NOT NULL,
        time_millis REAL,
        event BLOB,
        checksum INTEGER,
        PRIMARY KEY (epoch, kind, level, offset)
    ) STRICT, WITHOUT ROWID;";

/// What format 6 adds. `sums` are metrics of long logs, summed up: see there. `summed` is the offset that they have come to, -1
/// for never. Rows are larger than such a table holds well without `ROWID`. `standings` tell how rules of alerts stand for runs,
/// and without a run that a rule is known; `news` are what webhooks were not told yet.
const SINCE_6: &str = "
    ALTER TABLE epochs ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE sums (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        level INTEGER NOT NULL,
        block INTEGER NOT NULL,
        event BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (epoch, level, block)
    ) STRICT;
    CREATE TABLE standings (
        rule TEXT NOT NULL,
        run TEXT NOT NULL,
        standing TEXT NOT NULL,
        PRIMARY KEY (rule, run)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE news (
        number INTEGER PRIMARY KEY,
        rule TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    PRAGMA user_version = 6;";

/// What format 7 has otherwise. A table with `ROWID` holds rows of up to 4 kB in its pages; one without takes a page of its own
/// for what a row has above 1 kB. `epoch` and `offset` are for people.
const ENTRIES: &str = "
    CREATE TABLE entries (
        place INTEGER PRIMARY KEY,
        time_millis REAL NOT NULL,
        event BLOB NOT NULL,
        checksum INTEGER,
        epoch INTEGER AS (place >> 36) VIRTUAL,
        offset INTEGER AS (place & 68719476735) VIRTUAL
    ) STRICT;
    PRAGMA user_version = 7;";

/// What format 8 adds.
const SINCE_8: &str = "
    ALTER TABLE epochs ADD COLUMN is_host INTEGER NOT NULL DEFAULT 0;
    PRAGMA user_version = 8;";

/// What format 9 adds. `bytes` is about what the log takes; `stored_millis` is when something of the epoch was stored last, by
/// the relay's clock or its publisher's, whichever was later.
const SINCE_9: &str = "
    ALTER TABLE epochs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE epochs ADD COLUMN stored_millis REAL NOT NULL DEFAULT 0;
    PRAGMA user_version = 9;";

/// Hosts of earlier formats, whose first log entries did not say what they are, are known by the title that all of them had.
const FROM_7: &str = "UPDATE epochs SET is_host = 1 WHERE title LIKE '% · Host';";

/// From the entries of formats before the seventh to those of it.
const FROM_6: [&str; 2] = [
    "ALTER TABLE entries RENAME TO entries_of_6;",
    "INSERT INTO entries (place, time_millis, event, checksum)
     SELECT epoch << 36 | offset, time_millis, event, checksum FROM entries_of_6 ORDER BY epoch, offset;
     DROP TABLE entries_of_6;",
];

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
     SELECT epoch, CASE kind WHEN 0 THEN 'status' WHEN 1 THEN 'frame' WHEN 2 THEN 'values' WHEN 3 THEN 'optimal_solution'
                   WHEN 4 THEN 'recorded_episodes' WHEN 5 THEN 'network' ELSE 'host' END, sequence, event
     FROM states_by_number WHERE kind BETWEEN 0 AND 6;
     DROP TABLE states_by_number;",
];

/// What format 3 has otherwise than format 4: two kinds of states had other names.
const FROM_3: &str = "
    UPDATE states SET kind = 'optimal_solution' WHERE kind = 'truth';
    UPDATE states SET kind = 'recorded_episodes' WHERE kind = 'tapes';";

/// Opens the database; one that is corrupt is moved aside and kept, and what can be read of it begins a new one: then what came
/// of that is told, too.
pub(super) fn open_or_replace(file: &Path) -> Result<(Connection, Option<Salvaged>), StoreError> {
    match open(file) {
        Err(StoreError::Database(error)) if is_corrupt(&error) => {
            let (salvaged, aside) = replace(file)?;
            tracing::error!(
                database = %file.display(), kept_as = %aside.display(), %error, epochs = salvaged.epochs,
                entries = salvaged.entries, lost = salvaged.lost,
                "the database is corrupt; it was moved aside and is kept, and what can be read of it begins a new one. \
                 Publishers that are still running send what they have kept"
            );
            Ok((open_unchecked(file)?, Some(salvaged)))
        }
        result => Ok((result?, None)),
    }
}

/// Puts a new database in the place of a damaged one, with what can be read of that, which is kept. Tells under which name.
pub(super) fn replace(file: &Path) -> Result<(Salvaged, PathBuf), StoreError> {
    let in_directory = |source| StoreError::Directory { path: file.into(), source };
    // Made beside it, so that whoever is killed or runs out of space on the way has lost nothing.
    let fresh = beside(file, ".salvaged");
    for suffix in SIDES {
        match std::fs::remove_file(beside(&fresh, suffix)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(in_directory(source)),
            _ => {}
        }
    }
    let aside = (1..=u16::MAX).map(|it| beside(file, &format!(".corrupt-{it}"))).find(|it| !it.exists());
    let aside = aside.unwrap_or_else(|| beside(file, ".corrupt"));
    let mut connection = open_unchecked(&fresh)?;
    let salvaged = salvage(file, &aside, &mut connection)?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    connection.close().map_err(|(_, error)| error)?;
    for suffix in SIDES {
        match std::fs::rename(beside(file, suffix), beside(&aside, suffix)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(in_directory(source)),
            _ => {}
        }
    }
    std::fs::rename(&fresh, file).map_err(in_directory)?;
    Ok((salvaged, aside))
}

/// A database's file and those at its side.
const SIDES: [&str; 3] = ["", "-wal", "-shm"];

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
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
    let [rename, fill] = FROM_6;
    let take_over = |steps: &str| -> Result<(), StoreError> {
        tracing::info!(database = %file.display(), found, "a database of an earlier format is taken over");
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(steps)?;
        if found < 8 {
            transaction.execute_batch(&format!("{SINCE_8} {FROM_7}"))?;
        }
        transaction.execute_batch(SINCE_9)?;
        measure(&transaction)?;
        transaction.commit()?;
        Ok(connection.execute_batch("PRAGMA incremental_vacuum")?)
    };
    match found {
        0 => {
            let tables = format!("{TABLES} {ENTRIES} {SINCE_3} {SINCE_5} {SINCE_6} {SINCE_8} {SINCE_9}");
            connection.execute_batch(&format!("BEGIN; {tables} COMMIT;"))?;
        }
        1..FORMAT => {
            check(&connection, file)?;
            if found == 1 {
                connection.execute_batch(FROM_1)?;
            }
            let [before, after] = FROM_2;
            let entries = format!("{rename} {ENTRIES} {fill}");
            let steps = match found {
                1 | 2 => format!("{before} {SINCE_3} {after} {SINCE_5} {SINCE_6} {entries}"),
                3 => format!("{FROM_3} {SINCE_5} {SINCE_6} {entries}"),
                4 => format!("{SINCE_5} {SINCE_6} {entries}"),
                5 => format!("{SINCE_6} {entries}"),
                6 => entries,
                _ => String::new(),
            };
            take_over(&steps)?;
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
            return Err(corrupt(verdict).into());
        }
    }
    let ends = match layout(connection)? {
        (_, "place") => "entries.place IN (epochs.id << 36, epochs.id << 36 | max(epochs.entries - 1, 0))",
        _ => "entries.epoch = epochs.id AND entries.offset IN (0, epochs.entries - 1)",
    };
    let ends = format!("SELECT count(*) FROM epochs LEFT JOIN entries ON {ends}");
    connection.query_row(&ends, [], |_| Ok(()))?;
    Ok(())
}
