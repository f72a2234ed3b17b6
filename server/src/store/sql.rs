//! What all that speaks to the database has in common.

/// The version of the format, in the database's `user_version`.
pub(super) const FORMAT: i64 = 3;

/// Stores an entry, unless it is there already.
pub(super) const INSERT: &str =
    "INSERT OR IGNORE INTO entries (epoch, offset, time_millis, event, checksum) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Whether an error says that the file is not a sound database.
pub(super) fn is_corrupt(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

/// `SQLite` knows signed numbers only; epochs and offsets above 2^63 do not occur, those of a forged message stop there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
