//! What a run has told, from wherever it is kept: a run directory, one as a zip file, a journal, or a file of undelivered
//! events.

use crate::outbox::Outbox;
use crate::records::RecordsError;
use crate::records::archive;
use crate::records::directory::RunDirectory;
use crate::records::metrics::Line;
use crate::spill::Spill;
use crate::undelivered::KeepError;
use crate::{journal, undelivered};
use shared::event::LogEvent;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ToldError {
    /// A run directory or an archive.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A journal or a file of undelivered events.
    #[error(transparent)]
    Kept(#[from] KeepError),
    /// A line that is none.
    #[error("{path}, line {line}: {reason}. Another copy of it may be whole")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// A run, and what it has told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its name.
    pub run: String,
    /// `config.json`, or the event `run_started`: what determines it, as JSON.
    pub config: String,
    /// Episodes, metrics and notices in their order.
    pub lines: Vec<Line>,
}

/// Memory for what is read of a journal, in bytes; more goes through a temporary file.
const MEMORY: usize = 64 << 20;

/// Reads it.
pub fn read(path: &Path) -> Result<Told, ToldError> {
    if path.is_dir() {
        let directory = RunDirectory::find(path, path)?;
        let fault = |source| RecordsError::File { path: directory.metrics_path(), source };
        let text = fs::read_to_string(directory.metrics_path()).map_err(fault)?;
        let config = directory.config()?;
        let place = config.place();
        let config = serde_json::to_string(&config).unwrap_or_default();
        return Ok(Told { run: place, config, lines: lines(&directory.metrics_path(), &text)? });
    }
    let mut beginning = [0; 4];
    let is_zip =
        File::open(path).is_ok_and(|mut it| it.read_exact(&mut beginning).is_ok()) && beginning == *b"PK\x03\x04";
    if is_zip {
        let (config, text) = archive::told(path)?;
        let place = config.place();
        let config = serde_json::to_string(&config).unwrap_or_default();
        return Ok(Told { run: place, config, lines: lines(path, &text)? });
    }
    let outbox = Outbox::new(MEMORY, Spill::new(std::env::temp_dir()));
    let publication =
        if journal::is_journal(path) { journal::read(path, outbox)? } else { undelivered::read(path, outbox)? };
    let (mut told, outbox) = (Vec::new(), publication.outbox());
    let (mut config, mut last) = (String::new(), (0, 0));
    for chapter in outbox.chapters() {
        let mut offset = chapter.first();
        loop {
            let entries = outbox.read(chapter.epoch(), offset).map_err(KeepError::from)?;
            let Some(end) = entries.last() else { break };
            offset = end.offset.next().0;
            for entry in &entries {
                // An event of a kind that this program does not know is none of these.
                let Ok(event) = entry.event.decode() else { continue };
                if matches!(event, LogEvent::RunStarted { .. }) {
                    config = serde_json::to_string(&event).unwrap_or_default();
                }
                if let Some(mut line) = Line::of(&event, last.0, last.1, entry.time_millis) {
                    last = (line.step, line.episode);
                    // Run directories have bins alone; here each episode is known.
                    if let LogEvent::Episodes(bin) = event {
                        line.episodes = Some(bin);
                    }
                    told.push(line);
                }
            }
        }
    }
    Ok(Told { run: publication.run().to_string(), config, lines: told })
}

/// The lines of a text; half a line at its end is one that is being written.
fn lines(path: &Path, text: &str) -> Result<Vec<Line>, ToldError> {
    let whole = text.split_inclusive('\n').filter(|it| it.ends_with('\n'));
    let read = |(index, line): (usize, &str)| {
        let wrong = |reason: String| ToldError::Line { path: path.to_owned(), line: index + 1, reason };
        serde_json::from_str(line).map_err(|error| wrong(error.to_string()))
    };
    whole.enumerate().map(read).collect()
}
