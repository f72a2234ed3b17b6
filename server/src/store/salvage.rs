//! Salvage: everything that can be read of a damaged database, in a new one.

use super::StoreError;
use super::damage::{Damage, checksum, notice};
use super::read;
use super::sql::{FORMAT, INSERT, is_corrupt, signed, unsigned};
use crate::log::Excerpt;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use shared::message::LogEntry;
use shared::{Epoch, RunId};
use std::path::Path;

/// Entries of one transaction.
const PAGE_ENTRIES: usize = 4096;

/// Damaged rows of a small table that are passed over before it is given up.
const MOST_TRIES: i64 = 4096;

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) epochs: u64,
    pub(crate) entries: u64,
    pub(crate) lost: u64,
}

/// Copies what can be read of one database into another, which is empty. Notices stand for the entries that are lost.
pub(super) fn salvage(damaged: &Path, fresh: &mut Connection) -> Result<Salvaged, StoreError> {
    let from = Connection::open_with_flags(damaged, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let format: i64 = from.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if !(3..=FORMAT).contains(&format) {
        return Ok(Salvaged::default());
    }
    let mut salvaged = Salvaged::default();
    let damage = Damage::default();
    let columns = if format < 8 {
        "id, run, epoch, started_millis, announced, title, entries, thinned, grain"
    } else {
        "id, run, epoch, started_millis, announced, title, is_host, entries, thinned, grain"
    };
    for epoch in epochs(&from, columns)? {
        let transaction = fresh.transaction()?;
        insert(&transaction, "epochs", columns, &epoch)?;
        transaction.commit()?;
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
            let page = match read::entries(&from, &run, number, &excerpt, &damage) {
                Ok(page) if !page.is_empty() => page,
                // Nothing of the rest can be told: that it is missing is what is kept of it.
                Ok(_) => vec![notice(end - 1)],
                Err(error) if is_corrupt(&error) => vec![notice(end - 1)],
                Err(error) => return Err(error.into()),
            };
            salvaged.entries += page.len() as u64;
            next = page.last().map_or(end, |it| it.offset.next().0);
            let transaction = fresh.transaction()?;
            store(&transaction, *id, &page)?;
            if next >= end && page.len() == 1 && page[0] == notice(end - 1) {
                // What is missing in front of it is told by that notice: below, offsets have holes.
                transaction
                    .execute("UPDATE epochs SET thinned = max(thinned, ?2) WHERE id = ?1", [*id, signed(end)])?;
            }
            transaction.commit()?;
        }
    }
    salvaged.lost = damage.count() as u64;
    for (table, columns, since) in [
        ("states", "epoch, kind, sequence, event, checksum", 3),
        ("runs", "run, owner, name, note, tags", 3),
        ("tokens", "id, hash, role, runs, note, created_millis, expires_millis, revoked_millis", 3),
        ("standings", "rule, run, standing", 6),
        ("news", "number, rule, body", 6),
    ] {
        if format < since {
            continue;
        }
        let (rows, _) = readable(&from, &format!("SELECT {columns} FROM {table}"))?;
        let transaction = fresh.transaction()?;
        for row in rows {
            insert(&transaction, table, columns, &row)?;
        }
        transaction.commit()?;
    }
    Ok(salvaged)
}

fn store(connection: &Connection, id: i64, entries: &[LogEntry]) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare_cached(INSERT)?;
    for entry in entries {
        let event = entry.event.as_bytes();
        insert.execute(rusqlite::params![id, signed(entry.offset.0), entry.time_millis, event, checksum(event)])?;
    }
    Ok(())
}

/// The epochs that can be read, past those that cannot.
fn epochs(from: &Connection, columns: &str) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
    let (mut epochs, mut whole) = readable(from, &format!("SELECT {columns} FROM epochs ORDER BY id"))?;
    let mut tries = 0;
    while !whole && tries < MOST_TRIES {
        let last = match epochs.last().and_then(|it| it.first()) {
            Some(Value::Integer(id)) => *id,
            _ => 0,
        };
        tries += 1;
        let query = format!("SELECT {columns} FROM epochs WHERE id > {} ORDER BY id", last + tries);
        let (more, to_the_end) = readable(from, &query)?;
        if !more.is_empty() {
            tries = 0;
        }
        epochs.extend(more);
        whole = to_the_end;
    }
    Ok(epochs)
}

/// The rows of a query up to the first that cannot be read, and whether those are all.
fn readable(from: &Connection, query: &str) -> Result<(Vec<Vec<Value>>, bool), rusqlite::Error> {
    let found = (|| {
        let mut statement = from.prepare(query)?;
        let columns = statement.column_count();
        let values = |row: &Row<'_>| (0..columns).map(|it| row.get(it)).collect::<Result<Vec<Value>, _>>();
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(row)) => found.push(values(row)?),
                Ok(None) => return Ok((found, true)),
                Err(error) if is_corrupt(&error) => return Ok((found, false)),
                Err(error) => return Err(error),
            }
        }
    })();
    match found {
        Err(error) if is_corrupt(&error) => Ok((Vec::new(), false)),
        found => found,
    }
}

fn insert(connection: &Connection, table: &str, columns: &str, row: &[Value]) -> Result<(), rusqlite::Error> {
    let places = vec!["?"; row.len()].join(", ");
    connection
        .execute(&format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"), params_from_iter(row))?;
    Ok(())
}
