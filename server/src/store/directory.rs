//! A data directory without its relay: looked after, repaired, copied, and taken apart run by run.

use super::damage::{Damage, checksum};
use super::read;
use super::salvage::Salvaged;
use super::sql::{FORMAT, INSERT, MOST_OFFSETS, is_corrupt, measure, signed, unsigned};
use super::{StoreError, lock, schema, thinned, tokens, write};
use crate::batch::Heading;
use crate::log::{Excerpt, Remark, StoredRun};
use crate::state::OpenStateEntry;
use crate::thin::Thinner;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use shared::message::{LogEntry, RunSummary};
use shared::{Epoch, RunId};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Entries that are read at a time.
const PAGE_ENTRIES: usize = 4096;
const PAGE_BYTES: usize = 4 << 20;

/// What a look at a database found.
#[derive(Debug, Default)]
pub(crate) struct DatabaseFindings {
    pub(crate) epochs: u64,
    pub(crate) entries: u64,
    /// What `SQLite` says of its pages.
    pub(crate) pages: Vec<String>,
    /// Entries that are damaged or missing, by run and epoch.
    pub(crate) damaged: Vec<(RunId, Epoch, u64)>,
}

impl DatabaseFindings {
    pub(crate) fn is_sound(&self) -> bool {
        self.pages.is_empty() && self.damaged.is_empty()
    }
}

/// An epoch on its way from one directory to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EpochTransfer {
    pub(crate) run: RunId,
    pub(crate) epoch: Epoch,
    pub(crate) started_millis: f64,
    pub(crate) heading: Heading,
    /// Offsets below this one may be missing, because what is old was thinned.
    pub(crate) thinned: u64,
    pub(crate) grain: u64,
}

/// A data directory that no relay uses, as long as this is held.
#[derive(Debug)]
pub(crate) struct Directory {
    file: PathBuf,
    connection: Connection,
    _lock: File,
}

impl Directory {
    /// Opens a data directory that exists and that no relay uses.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        let file = existing(directory)?;
        let lock = lock(directory)?;
        let connection = schema::open_unchecked(&file)?;
        Ok(Self { file, connection, _lock: lock })
    }

    /// Opens a data directory that no relay uses; it and its database are made when missing.
    pub(crate) fn open_or_new(directory: &Path) -> Result<Self, StoreError> {
        let lock = lock(directory)?;
        let file = directory.join("terrarium.db");
        let connection = schema::open_unchecked(&file)?;
        Ok(Self { file, connection, _lock: lock })
    }

    /// Looks at every page and every entry.
    pub(crate) fn look(&self) -> Result<DatabaseFindings, StoreError> {
        let mut findings = DatabaseFindings { pages: self.pages()?, ..DatabaseFindings::default() };
        let damage = Damage::default();
        let (epochs, fault) = list(&self.connection);
        match fault {
            Some(error) if !is_corrupt(&error) || epochs.is_empty() => return Err(error.into()),
            Some(error) => findings.pages.push(format!("the list of epochs: {error}")),
            None => {}
        }
        for (run, epoch, end) in epochs {
            findings.epochs += 1;
            let mut next = 0;
            while next < end {
                let excerpt = Excerpt { offsets: next..end, most: PAGE_ENTRIES, most_bytes: PAGE_BYTES };
                let page = match read::entries(&self.connection, &run, epoch, &excerpt, &damage) {
                    Ok(page) => page,
                    Err(error) if is_corrupt(&error) => {
                        findings.pages.push(format!("run {run}, epoch {}, from entry {next} on: {error}", epoch.0));
                        break;
                    }
                    Err(error) => return Err(error.into()),
                };
                let Some(last) = page.last() else { break };
                next = last.offset.next().0;
                findings.entries += page.len() as u64;
            }
        }
        findings.damaged = damage.list();
        Ok(findings)
    }

    fn pages(&self) -> Result<Vec<String>, StoreError> {
        let mut verdicts = Vec::new();
        let read = self.connection.prepare("PRAGMA integrity_check(20)").and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                verdicts.push(row.get::<_, String>(0)?);
            }
            Ok(())
        });
        match read {
            Err(error) if is_corrupt(&error) => verdicts.push(error.to_string()),
            read => read?,
        }
        verdicts.retain(|it| it != "ok");
        Ok(verdicts)
    }

    /// Copies what can be read into a new database and keeps the damaged one beside it. Gives its name.
    pub(crate) fn repair(self) -> Result<(Salvaged, PathBuf), StoreError> {
        let Self { file, connection, _lock } = self;
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").ok();
        drop(connection);
        schema::replace(&file)
    }

    /// Removes a run with all its epochs; false if there is none of that name.
    pub(crate) fn delete(&mut self, run: &RunId) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction()?;
        let was_there = write::remove_run(&transaction, run)?;
        transaction.commit()?;
        Ok(was_there)
    }

    /// Gives back the space that removed runs took. Tells the bytes before and after.
    pub(crate) fn compact(&self) -> Result<(u64, u64), StoreError> {
        let size = || std::fs::metadata(&self.file).map_or(0, |it| it.len());
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        let before = size();
        self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok((before, size()))
    }

    /// Takes in an epoch that is not there yet; false if it is.
    pub(crate) fn import<E>(
        &mut self,
        chapter: &EpochTransfer,
        entries: impl IntoIterator<Item = Result<LogEntry, E>>,
    ) -> Result<Result<u64, E>, StoreError> {
        let EpochTransfer { run, epoch, started_millis, heading, thinned, grain } = chapter;
        let transaction = self.connection.transaction()?;
        let Heading { title, is_host } = heading;
        let (epoch, thinned, grain) = (signed(epoch.0), signed(*thinned), signed(*grain));
        let place = params![run.as_str(), epoch, started_millis, title, is_host, thinned, grain];
        transaction.execute(
            "INSERT INTO epochs (run, epoch, started_millis, title, is_host, thinned, grain, announced)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT ifnull(max(announced), 0) + 1 FROM epochs))",
            place,
        )?;
        let id = transaction.last_insert_rowid();
        let mut end = 0;
        {
            let mut insert = transaction.prepare(INSERT)?;
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    // Nothing of it stays.
                    Err(error) => return Ok(Err(error)),
                };
                if entry.offset.0 >= MOST_OFFSETS {
                    return Err(StoreError::Offset { offset: entry.offset.0 });
                }
                let event = entry.event.as_bytes();
                insert.execute(params![id, signed(entry.offset.0), entry.time_millis, event, checksum(event)])?;
                end = entry.offset.next().0;
            }
        }
        transaction.execute("UPDATE epochs SET entries = ?2 WHERE id = ?1", [id, signed(end)])?;
        measure(&transaction)?;
        transaction.commit()?;
        Ok(Ok(end))
    }

    /// Whether an epoch is there.
    pub(crate) fn has(&self, run: &RunId, epoch: Epoch) -> Result<bool, StoreError> {
        let query = "SELECT 1 FROM epochs WHERE run = ?1 AND epoch = ?2";
        let found = self.connection.query_row(query, params![run.as_str(), signed(epoch.0)], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }
}

/// Reads a data directory beside whoever uses it.
#[derive(Debug)]
pub(crate) struct Beside {
    connection: Connection,
}

impl Beside {
    /// Opens a data directory that exists. A database of an earlier format is brought to the present one, unless a relay that
    /// knows no other uses it.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        let beside = Self::open_any(directory)?;
        let found: i64 = beside.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > FORMAT {
            return Err(StoreError::Newer { path: existing(directory)?, found, known: FORMAT });
        }
        if found < FORMAT {
            let _lock = lock(directory).map_err(|error| match error {
                StoreError::InUse { path } => StoreError::Older { path, found, known: FORMAT },
                error => error,
            })?;
            schema::open_unchecked(&existing(directory)?)?;
        }
        Ok(beside)
    }

    /// Opens a data directory that exists, whatever the format of its database.
    pub(crate) fn open_any(directory: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(existing(directory)?, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(Self { connection })
    }

    /// Copies the database, as it is at this moment, into a file that does not exist yet.
    pub(crate) fn backup(&self, file: &Path) -> Result<(), StoreError> {
        self.connection.execute("VACUUM INTO ?1", [file.to_string_lossy()])?;
        Ok(())
    }

    /// The newest epoch of a run, or a given one.
    pub(crate) fn chapter(&self, run: &RunId, epoch: Option<Epoch>) -> Result<Option<EpochTransfer>, StoreError> {
        let query = "SELECT epoch, started_millis, title, is_host, thinned, grain FROM epochs
                     WHERE run = ?1 AND (?2 IS NULL OR epoch = ?2) ORDER BY announced DESC LIMIT 1";
        let chapter = |row: &rusqlite::Row<'_>| {
            Ok(EpochTransfer {
                run: run.clone(),
                epoch: Epoch(unsigned(row.get(0)?)),
                started_millis: row.get(1)?,
                heading: Heading { title: row.get(2)?, is_host: row.get(3)? },
                thinned: unsigned(row.get(4)?),
                grain: unsigned(row.get(5)?),
            })
        };
        let place = params![run.as_str(), epoch.map(|it| signed(it.0))];
        Ok(self.connection.query_row(query, place, chapter).optional()?)
    }

    /// The runs as a relay lists them while nobody publishes, those that were announced last first.
    pub(crate) fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        let mut epochs = read::epochs(&self.connection)?;
        let mut remarks = tokens::remarks(&self.connection)?;
        let summary = |StoredRun { run, epoch, known }: StoredRun| {
            let mut earlier = epochs.remove(&run).unwrap_or_default();
            earlier.retain(|it| it.epoch != epoch);
            let Remark { name, tags, .. } = remarks.remove(&run).unwrap_or_default();
            RunSummary {
                run,
                epoch,
                entries: known.entries,
                live: false,
                started_millis: known.started_millis,
                title: known.heading.title,
                is_host: known.heading.is_host,
                left_millis: known.newest_millis,
                earlier,
                alerts: Vec::new(),
                name,
                tags,
                viewers: 0,
                trainer: String::new(),
                phase: None,
            }
        };
        Ok(read::runs(&self.connection)?.into_iter().rev().map(summary).collect())
    }

    /// The newest state events of an epoch.
    pub(crate) fn state(&self, chapter: &EpochTransfer) -> Result<Vec<OpenStateEntry>, StoreError> {
        Ok(read::state(&self.connection, &chapter.run, chapter.epoch)?)
    }

    /// An epoch's log, to be left with at most `most` bins and as many metrics.
    pub(crate) fn thinned(&self, chapter: &EpochTransfer, most: usize) -> Result<Thinner, StoreError> {
        Ok(thinned::thinned(&self.connection, &chapter.run, chapter.epoch, most, &Damage::default())?)
    }

    /// A page of an epoch's entries from an offset on.
    pub(crate) fn page(&self, chapter: &EpochTransfer, from: u64) -> Result<Vec<LogEntry>, StoreError> {
        let excerpt = Excerpt { offsets: from..u64::MAX, most: PAGE_ENTRIES, most_bytes: PAGE_BYTES };
        Ok(read::entries(&self.connection, &chapter.run, chapter.epoch, &excerpt, &Damage::default())?)
    }
}

fn existing(directory: &Path) -> Result<PathBuf, StoreError> {
    let file = directory.join("terrarium.db");
    if file.is_file() { Ok(file) } else { Err(StoreError::NoDatabase { path: directory.into() }) }
}

/// The epochs that can be read, and what is wrong with the first that cannot.
fn list(connection: &Connection) -> (Vec<(RunId, Epoch, u64)>, Option<rusqlite::Error>) {
    let (mut found, mut fault) = (Vec::new(), None);
    let mut read = || {
        let mut statement = connection.prepare("SELECT run, epoch, entries FROM epochs ORDER BY announced")?;
        let mut rows = statement.query([])?;
        let columns = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, String>(0)?, Epoch(unsigned(row.get(1)?)), unsigned(row.get(2)?)))
        };
        while let Some(row) = rows.next()? {
            match columns(row) {
                Ok((run, epoch, end)) => found.extend(RunId::new(run).ok().map(|run| (run, epoch, end))),
                Err(error) if is_corrupt(&error) => fault = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    let read: Result<(), rusqlite::Error> = read();
    (found, read.err().or(fault))
}
