//! What all that speaks to the database has in common.

use crate::clock::now_millis;
use rusqlite::{Connection, params};

/// The version of the format, in the database's `user_version`.
pub(super) const FORMAT: i64 = 9;

/// Offsets that a log may have. The place of an entry, by which its table is ordered, is its epoch's row times as many, and
/// its offset.
pub(super) const MOST_OFFSETS: u64 = 1 << 36;

/// Stores an entry, unless it is there already.
pub(super) const INSERT: &str =
    "INSERT OR IGNORE INTO entries (place, time_millis, event, checksum) VALUES (?1 << 36 | ?2, ?3, ?4, ?5)";

/// Bytes that an entry takes beside its event, about.
pub(super) const ENTRY_BYTES: u64 = 24;

/// The entries of an epoch's row from an offset to another.
pub(super) const RANGE: &str = "place >= (?1 << 36) + min(?2, 1 << 36) AND place < (?1 << 36) + min(?3, 1 << 36)";

/// How entries lie in a database: the same range, and their order.
pub(super) fn layout(connection: &Connection) -> Result<(&'static str, &'static str), rusqlite::Error> {
    let format: i64 = connection.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?;
    // A damaged database of an earlier format is read as it is.
    Ok(if format < 7 { ("epoch = ?1 AND offset >= ?2 AND offset < ?3", "offset") } else { (RANGE, "place") })
}

/// Measures all logs of which nobody knows how large they are. How old they are begins now.
pub(super) fn measure(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute(
        "UPDATE epochs SET stored_millis = ?1, bytes = (
             SELECT ifnull(sum(length(event) + ?2), 0) FROM entries
             WHERE place >= epochs.id << 36 AND place < (epochs.id + 1) << 36)
         WHERE stored_millis = 0",
        params![now_millis(), signed(ENTRY_BYTES)],
    )?;
    Ok(())
}

/// Whether an error says that the file is not a sound database: `SQLite` says so, or gives what nobody stored.
pub(crate) fn is_corrupt(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, TooBig};
    match error {
        InvalidColumnType(..) | FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | Utf8Error(..) => true,
        _ => matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase | TooBig)),
    }
}

/// An error that says that something is not what was stored.
pub(super) fn corrupt(what: impl Into<String>) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(code, Some(what.into()))
}

/// `SQLite` knows signed numbers only; epochs and offsets above 2^63 do not occur, those of a forged message stop there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
