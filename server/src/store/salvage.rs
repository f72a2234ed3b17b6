//! Salvage: everything that can be read of a damaged database, in a new one.

use super::StoreError;
use super::damage::{Damage, checksum, notice};
use super::sql::{FORMAT, INSERT, MOST_OFFSETS, is_corrupt, layout, measure, signed, unsigned};
use super::{read, tokens};
use crate::log::Excerpt;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Row, params, params_from_iter};
use shared::message::LogEntry;
use shared::{Epoch, RunId};
use std::path::Path;

/// Entries of one transaction.
const PAGE_ENTRIES: usize = 4096;

/// Damaged rows of a small table that are passed over before it is given up.
const MOST_TRIES: i64 = 4096;

/// The columns of tokens.
const TOKENS: &str = "id, hash, role, runs, note, created_millis, expires_millis, revoked_millis";

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) epochs: u64,
    pub(crate) entries: u64,
    pub(crate) lost: u64,
    /// Whether every token could be read.
    pub(crate) has_tokens: bool,
}

/// Copies what can be read of one database into another, which is empty. Notices stand for the entries that are lost, and a
/// mark for tokens that are. Whatever cannot be read costs nothing else; an error is one of the new database.
pub(super) fn salvage(damaged: &Path, kept_as: &Path, fresh: &mut Connection) -> Result<Salvaged, StoreError> {
    let mut salvaged = Salvaged::default();
    let opened = Connection::open_with_flags(damaged, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|from| Ok((from.query_row("PRAGMA user_version", [], |row| row.get(0))?, from)));
    match opened {
        Ok((format, from)) if (3..=FORMAT).contains(&format) => {
            // What is small and what everything hangs on goes first.
            salvaged.has_tokens = copy(&from, fresh, "tokens", TOKENS)? && tokens::all_have_roles(fresh)?;
            for (table, columns, since) in [
                ("runs", "run, owner, name, note, tags", 3),
                ("standings", "rule, run, standing", 6),
                ("news", "number, rule, body", 6),
            ] {
                if format >= since {
                    copy(&from, fresh, table, columns)?;
                }
            }
            logs(&from, format, fresh, &mut salvaged)?;
            copy(&from, fresh, "states", "epoch, kind, sequence, event, checksum")?;
            measure(fresh)?;
        }
        Ok((format, _)) => tracing::warn!(format, "nothing can be read of the damaged database"),
        Err(error) => tracing::warn!(%error, "nothing can be read of the damaged database"),
    }
    if !salvaged.has_tokens {
        tokens::lose(fresh, kept_as)?;
    }
    Ok(salvaged)
}

/// Copies all epochs with their entries.
fn logs(from: &Connection, format: i64, fresh: &mut Connection, salvaged: &mut Salvaged) -> Result<(), StoreError> {
    let damage = Damage::default();
    let columns = if format < 8 {
        "id, run, epoch, started_millis, announced, title, entries, thinned, grain"
    } else {
        "id, run, epoch, started_millis, announced, title, is_host, entries, thinned, grain"
    };
    for mut epoch in epochs(from, columns) {
        mend(from, columns, &mut epoch);
        if !insert(fresh, "epochs", columns, &epoch)? {
            tracing::warn!("an epoch is damaged so that nobody can tell whose it is; its entries are lost");
            continue;
        }
        let [Value::Integer(id), Value::Text(run), Value::Integer(number), .., Value::Integer(end), _, _] = &epoch[..]
        else {
            continue;
        };
        let (Ok(run), number, end) = (RunId::new(run.clone()), Epoch(unsigned(*number)), unsigned(*end)) else {
            continue;
        };
        salvaged.epochs += 1;
        let mut next = 0;
        while next < end {
            let excerpt = Excerpt { offsets: next..end, most: PAGE_ENTRIES, most_bytes: 4 << 20 };
            let page = match read::entries(from, &run, number, &excerpt, &damage) {
                Ok(page) if !page.is_empty() => Some(page),
                Ok(_) => None,
                Err(error) => {
                    tracing::warn!(%run, epoch = %number, from = next, %error, "the rest of a log cannot be read");
                    None
                }
            };
            let transaction = fresh.transaction()?;
            if let Some(page) = &page {
                salvaged.entries += page.len() as u64;
                next = page.last().map_or(end, |it| it.offset.next().0);
                store(&transaction, *id, page)?;
            } else {
                // Nothing of the rest can be told: that it is missing is what is kept of it, by a notice, and by offsets
                // that have holes below.
                salvaged.entries += 1;
                salvaged.lost += end - next;
                next = end;
                store(&transaction, *id, &[notice(end - 1)])?;
                transaction
                    .execute("UPDATE epochs SET thinned = max(thinned, ?2) WHERE id = ?1", [*id, signed(end)])?;
            }
            transaction.commit()?;
        }
    }
    salvaged.lost += damage.count() as u64;
    Ok(())
}

fn store(connection: &Connection, id: i64, entries: &[LogEntry]) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare_cached(INSERT)?;
    for entry in entries {
        let event = entry.event.as_bytes();
        insert.execute(params![id, signed(entry.offset.0), entry.time_millis, event, checksum(event)])?;
    }
    Ok(())
}

/// Puts something in the place of what is damaged in the row of an epoch, except where it says whose it is.
fn mend(from: &Connection, columns: &str, row: &mut [Value]) {
    let id = row.first().cloned();
    for (name, value) in columns.split(", ").zip(row) {
        *value = match (name, &*value) {
            ("run" | "id" | "epoch", _)
            | ("title", Value::Text(_))
            | ("started_millis", Value::Real(_))
            | ("announced" | "is_host" | "grain" | "thinned", Value::Integer(0..)) => continue,
            ("entries", Value::Integer(end)) if (0..=signed(MOST_OFFSETS)).contains(end) => continue,
            ("title", _) => Value::Text(String::new()),
            ("started_millis", _) => Value::Real(0.0),
            ("grain", _) => Value::Integer(1),
            ("entries", _) => Value::Integer(end(from, id.as_ref())),
            _ => Value::Integer(0),
        };
    }
}

/// The offset after the last entry of an epoch, as far as it can be read.
fn end(from: &Connection, id: Option<&Value>) -> i64 {
    let last = || {
        let (range, order) = layout(from)?;
        let last = format!("SELECT offset FROM entries WHERE {range} ORDER BY {order} DESC LIMIT 1");
        from.query_row(&last, params![id, 0, signed(MOST_OFFSETS)], |row| row.get::<_, i64>(0)).optional()
    };
    last().ok().flatten().map_or(0, |it| it + 1)
}

/// The epochs that can be read, past those that cannot.
fn epochs(from: &Connection, columns: &str) -> Vec<Vec<Value>> {
    let (mut epochs, mut whole) = readable(from, &format!("SELECT {columns} FROM epochs ORDER BY id"));
    let mut tries = 0;
    while !whole && tries < MOST_TRIES {
        let last = match epochs.last().and_then(|it| it.first()) {
            Some(Value::Integer(id)) => *id,
            _ => 0,
        };
        tries += 1;
        let query = format!("SELECT {columns} FROM epochs WHERE id > {} ORDER BY id", last + tries);
        let (more, to_the_end) = readable(from, &query);
        if !more.is_empty() {
            tries = 0;
        }
        epochs.extend(more);
        whole = to_the_end;
    }
    epochs
}

/// Copies a small table; false where not all of its rows could be read, or hold what they may.
fn copy(from: &Connection, fresh: &mut Connection, table: &str, columns: &str) -> Result<bool, StoreError> {
    let (rows, mut whole) = readable(from, &format!("SELECT {columns} FROM {table}"));
    let transaction = fresh.transaction()?;
    for row in rows {
        whole &= insert(&transaction, table, columns, &row)?;
    }
    transaction.commit()?;
    if !whole {
        tracing::warn!(table, "not all of a table can be read");
    }
    Ok(whole)
}

/// The rows of a query that can be read, and whether those are all.
fn readable(from: &Connection, query: &str) -> (Vec<Vec<Value>>, bool) {
    let (mut found, mut whole) = (Vec::new(), true);
    let mut read = || -> Result<(), rusqlite::Error> {
        let mut statement = from.prepare(query)?;
        let columns = statement.column_count();
        let values = |row: &Row<'_>| (0..columns).map(|it| row.get(it)).collect::<Result<Vec<Value>, _>>();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            match values(row) {
                Ok(row) => found.push(row),
                Err(error) if is_corrupt(&error) => whole = false,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    let read = read();
    (found, whole && read.is_ok())
}

/// Stores a row; false where it holds what it may not.
fn insert(connection: &Connection, table: &str, columns: &str, row: &[Value]) -> Result<bool, rusqlite::Error> {
    let places = vec!["?"; row.len()].join(", ");
    let insert = format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})");
    match connection.execute(&insert, params_from_iter(row)) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(false),
        stored => Ok(stored? > 0),
    }
}
