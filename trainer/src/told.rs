//! What a run has told, from wherever it is kept: a run directory, one as a zip file, a journal, or a file of undelivered
//! events, that which a killed process left among them.

use crate::outbox::Outbox;
use crate::records::RecordsError;
use crate::records::archive;
use crate::records::config::RunConfig;
use crate::records::directory::{self, RunDirectory};
use crate::records::metrics::{self, MetricsLine};
use crate::spill::Spill;
use crate::undelivered::KeepError;
use crate::{journal, spill, undelivered};
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
    /// An agent file.
    #[error(
        "{path} is an agent file, and holds no metrics: name the directory of its run, as `terrarium run --runs DIR` keeps it. \
         --onnx OUT in the place of --tensorboard writes the policy of an agent with a network"
    )]
    Agent {
        /// The file.
        path: PathBuf,
    },
    /// A file of another kind.
    #[error(
        "{path} holds nothing that a run has told: that is a run's directory, a zip file of `terrarium runs export`, a journal \
         (.terrarium-journal) or a file of undelivered events (.terrarium-events, .terrarium-spill)"
    )]
    Nothing {
        /// The file.
        path: PathBuf,
    },
}

/// A run, and what it has told.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldRun {
    /// Its name.
    pub run: String,
    /// `config.json`, or the event `run_started`: what determines it, as JSON.
    pub config: String,
    /// Episodes, metrics and notices in their order.
    pub lines: Vec<MetricsLine>,
    /// What could not be read among them, in words.
    pub unread: Vec<String>,
}

/// Memory for what is read of a journal, in bytes; more goes through a temporary file.
const MEMORY: usize = 64 << 20;

/// Reads it.
pub fn read(path: &Path) -> Result<ToldRun, ToldError> {
    if path.is_dir() {
        let directory = RunDirectory::find(path, path)?;
        let path = directory.metrics_path();
        let file = fs::read(&path).map_err(|source| RecordsError::Unread { path: path.clone(), source })?;
        return Ok(told(&directory.config()?, &path, &file));
    }
    let mut beginning = [0; 4];
    let is_zip =
        File::open(path).is_ok_and(|mut it| it.read_exact(&mut beginning).is_ok()) && beginning == *b"PK\x03\x04";
    if is_zip {
        let (config, file) = archive::told(path)?;
        return Ok(told(&config, path, &file));
    }
    let outbox = Outbox::new(MEMORY, Spill::new(std::env::temp_dir()));
    let (publication, unread) = if journal::is_journal(path) {
        journal::read(path, outbox)?
    } else if directory::is_agent(path) {
        return Err(ToldError::Agent { path: path.to_owned() });
    } else if spill::is_one(path) {
        undelivered::read_spill(path, outbox)?
    } else if path.is_file() && !undelivered::is_one(path) {
        return Err(ToldError::Nothing { path: path.to_owned() });
    } else {
        (undelivered::read(path, outbox)?, None)
    };
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
                if let Some(mut line) = MetricsLine::of(&event, last.0, last.1, entry.time_millis) {
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
    Ok(ToldRun { run: publication.run().to_string(), config, lines: told, unread: unread.into_iter().collect() })
}

/// What the lines of a `metrics.jsonl` tell; of one that cannot be read, why.
fn told(config: &RunConfig, path: &Path, file: &[u8]) -> ToldRun {
    let (mut lines, mut unread) = (Vec::new(), Vec::new());
    for (_, line) in metrics::lines(path, file) {
        match line {
            Ok(line) => lines.push(line),
            Err(words) => unread.push(words),
        }
    }
    ToldRun { run: config.place(), config: serde_json::to_string(config).unwrap_or_default(), lines, unread }
}
