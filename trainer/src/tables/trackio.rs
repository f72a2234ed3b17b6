//! The database in which Trackio keeps the runs of a project.

use super::{ImportedRows, ImportedTable, TableImportError};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How a file of `SQLite` begins.
const MAGIC: [u8; 16] = *b"SQLite format 3\0";
/// Tables whose rows have no place on a curve.
const LEFT_OUT: [(&str, &str); 3] = [("system_metrics", "no step"), ("alerts", "words"), ("traces", "words")];

/// Whether a file is a database.
pub(super) fn is_one(path: &Path) -> bool {
    let mut beginning = [0; MAGIC.len()];
    File::open(path).is_ok_and(|mut it| it.read_exact(&mut beginning).is_ok()) && beginning == MAGIC
}

/// The runs of a project. It is only read, also while Trackio writes to it.
pub(super) fn read(path: &Path) -> Result<ImportedTable, TableImportError> {
    let fault = |source| TableImportError::Database { path: path.to_owned(), source };
    let database = open(path).map_err(fault)?;
    let has = |table: &str| database.table_exists(None::<&str>, table).map_err(fault);
    if !has("metrics")? {
        return Err(TableImportError::NotTrackio { path: path.to_owned() });
    }
    let mut rows = ImportedRows::new(path);
    each(&database, "metrics", |number, row| {
        let wrong = |reason| TableImportError::DatabaseRow { path: path.to_owned(), number, reason };
        rows.push(cells(row).map_err(fault)?).map_err(wrong)
    })
    .map_err(fault)??;
    if has("configs")? {
        each(&database, "configs", |_, row| {
            let cells = cells(row).map_err(fault)?;
            rows.configure(&cells);
            Ok::<_, TableImportError>(())
        })
        .map_err(fault)??;
    }
    for (table, why) in LEFT_OUT {
        if has(table)? {
            let count = format!("select count(*) from {table}");
            let count: i64 = database.query_row(&count, [], |row| row.get(0)).map_err(fault)?;
            if count > 0 {
                rows.notes.push(format!("{count} rows of {table} have {why}, which no curve shows; they are left out"));
            }
        }
    }
    rows.finish(path)
}

/// Opens it without leaving anything beside it: where nobody writes, it does not change.
fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let is_written = PathBuf::from(log).exists();
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => write!(address, "%{byte:02x}").unwrap_or_default(),
        }
    }
    address.push_str(if is_written { "?mode=ro" } else { "?mode=ro&immutable=1" });
    Connection::open_with_flags(address, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// Hands over every row of a table with its number, until one is refused.
fn each<E>(
    database: &Connection,
    table: &str,
    mut take: impl FnMut(u64, &Row<'_>) -> Result<(), E>,
) -> Result<Result<(), E>, rusqlite::Error> {
    let mut statement = database.prepare(&format!("select * from {table} order by rowid"))?;
    let (mut rows, mut number) = (statement.query([])?, 0);
    while let Some(row) = rows.next()? {
        number += 1;
        if let Err(refused) = take(number, row) {
            return Ok(Err(refused));
        }
    }
    Ok(Ok(()))
}

/// The cells of a row by the names of their columns, as JSON would have them. JSON itself is text here, or bytes.
fn cells(row: &Row<'_>) -> Result<Map<String, Value>, rusqlite::Error> {
    let mut cells = Map::new();
    for (place, name) in row.as_ref().column_names().enumerate() {
        let value = match row.get_ref(place)? {
            ValueRef::Null => continue,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
        };
        cells.insert(name.to_owned(), value);
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Value as Setting;
    use std::fs;

    /// A file of these statements; gives what is read, and what stands beside the file then.
    fn imported(statements: &str) -> (Result<ImportedTable, TableImportError>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("swing up 100% #1?.db");
        let database = Connection::open(&path).unwrap();
        database.execute_batch(statements).unwrap();
        drop(database);
        let read = super::super::read(&path);
        let beside = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        (read, beside.collect())
    }

    #[test]
    fn what_trackio_wrote_is_read_run_by_run() {
        let written = include_str!("../../tests/fixtures/trackio.sql");
        let (read, beside) = imported(&format!("pragma journal_mode = wal; begin; {written}; commit;"));
        assert_eq!(beside, ["swing up 100% #1?.db"]);
        let table = read.unwrap();
        assert_eq!(table.runs.keys().collect::<Vec<_>>(), ["first", "first-3feeb7d7", "second run/ä 🐍"]);
        let values = |run: &str, tag: &str| -> Vec<_> {
            table.runs[run].iter().filter_map(|(step, at)| Some((*step, at.get(tag)?.0))).collect()
        };
        let losses = values("first", "loss");
        assert_eq!(losses[..2], [(0, 1.0), (10, 0.5)]);
        assert!(losses[2].1.is_nan());
        assert_eq!(losses[3..], [(30, f64::INFINITY), (40, f64::NEG_INFINITY)]);
        assert_eq!(values("second run/ä 🐍", "charts/return")[4], (40, 4.0));
        assert_eq!(values("first", "nested.b.c").len(), 5);
        assert_eq!(values("first-3feeb7d7", "loss"), [(3, 9.0)]);
        let histogram = table.runs["first"][&10]["hist"].1;
        assert_eq!((histogram.count, histogram.min > 1.0, histogram.max < 3.0), (3, true, true));
        assert!((histogram.mean - 2.0).abs() < 0.05, "{histogram:?}");
        assert_eq!(table.texts, [("picture".to_owned(), 2), ("words".to_owned(), 2)].into());
        let rate = |run: &str| table.settings[run].get("lr").cloned();
        assert_eq!((rate("first"), rate("first-3feeb7d7")), (Some(Setting::Number(0.001)), Some(Setting::Integer(1))));
        assert_eq!(table.settings["first"].len(), 2, "Trackio's own entries are none of the run");
        assert_eq!(table.notes, ["2 rows of alerts have words, which no curve shows; they are left out"]);
    }

    #[test]
    fn a_database_of_before_runs_had_ids_is_read_and_another_ones_is_named() {
        let old = "create table metrics (id integer primary key autoincrement, timestamp text not null, run_name text not null, \
                   step integer not null, metrics text not null);";
        let row =
            "insert into metrics (timestamp, run_name, step, metrics) values ('2025', 'old', 7, '{\"loss\": 0.5}');";
        let table = imported(&format!("{old}{row}")).0.unwrap();
        assert_eq!(table.runs["old"][&7]["loss"].0, 0.5);
        let said = |statements: &str| imported(statements).0.unwrap_err().to_string();
        assert!(said("create table runs (id integer)").contains("is a database without Trackio's table metrics"));
        let damaged = row.replace('{', "");
        let words = said(&format!("{old}{row}{damaged}"));
        assert!(words.contains("row 2 of its table metrics: its metrics are no JSON object"), "{words}");
        assert!(said(old).contains("has no rows"), "{}", said(old));
    }
}
