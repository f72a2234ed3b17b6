//! Run directories: everything that is kept of a run, `DIR/<environment>/<run>/`.
//!
//! ```text
//! config.json      what determines the run, its program, its goal, and its parent if it has one
//! weights/         agent files: latest, best, final, and one every n steps
//! metrics.jsonl    a JSON object a line: episodes in bins, metrics, notices, and the last returns before a save
//! replays/         recorded episodes: best, worst, latest, the latest of each outcome, a random sample
//! texts/           what of the spec is large, such as the table of an MDP, by its SHA-256
//! summary.json     where it stands and what its episodes came to
//! lock             held by the process that writes
//! ```
//!
//! A file is written as a whole beside its place, brought to the disk and renamed; `metrics.jsonl` alone grows, and a line that a
//! dying process left half is cut off when the run goes on. Whatever happens, `weights/latest.terrarium` is a whole agent file, and
//! every line up to its step is there.

pub mod archive;
pub mod config;
pub mod directory;
pub mod files;
pub mod keeper;
pub mod metrics;
pub mod replay_file;
pub mod statistics;
mod texts;

use run::RunError;
use shared::agent_file::AgentFileError;
use std::path::{Path, PathBuf};

/// Why something of a run directory cannot be had or written. Nothing that was saved is harmed.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The system gives nothing.
    #[error("{path}: {source}")]
    Unread {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The system takes nothing.
    #[error("{path}: {source}. {}", saved_before(.path))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file in the place of the folder of runs.
    #[error(
        "{path} is a file, and runs are kept below a folder: --runs DIR names one. `terrarium runs import {path}` takes in what \
         `terrarium runs export` wrote, `terrarium watch {path}` plays what was saved"
    )]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// Not a run directory.
    #[error("there is no run in {path}: {}", without_run(.path))]
    NoRun {
        /// Where it was sought.
        path: PathBuf,
    },
    /// A file of it that is not as it was written.
    #[error("{path} cannot be read: {reason}. Another copy of it, e.g. from `terrarium runs export`, takes its place")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Of a newer program.
    #[error(
        "{path} was written by a newer version of Terrarium (format {found}, this one reads up to {known}); update it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The greatest that is known here.
        known: u32,
    },
    /// A run that has nothing to save.
    #[error("{path} is not written: {error}")]
    Unsaved {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: Box<RunError>,
    },
    /// A file of weights that is no agent.
    #[error("{path}: {error}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: AgentFileError,
    },
    /// Weights of a run that are no agent.
    #[error("{path} cannot be read ({}). {others}", reason(.error))]
    BrokenWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: AgentFileError,
        /// What there is in their place.
        others: String,
    },
    /// Weights that were not saved.
    #[error("{path} has no weights {name:?}; there are: {known}")]
    NoWeights {
        /// The run directory.
        path: PathBuf,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A description that was changed after the weights had been saved.
    #[error(
        "{path} names other settings than the run has learned under: {differ}. Put that back; to go on under other settings, name \
         them with --set NAME=VALUE or --env NAME=VALUE, which makes a run of its own"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// What differs.
        differ: String,
    },
    /// Another process writes there.
    #[error("{path} is being written by another process: wait for it, or end it with Ctrl-C; nothing was changed")]
    Busy {
        /// The run directory.
        path: PathBuf,
    },
    /// There is one of that name.
    #[error(
        "there is a run in {path} already; `terrarium resume {path}` goes on with it, and another --run NAME begins another one"
    )]
    Exists {
        /// The run directory.
        path: PathBuf,
    },
    /// An archive that is not taken.
    #[error("{path} is not imported: {reason}. Nothing was written")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A recorded episode that does not play as it was recorded.
    #[error("{path} does not replay: {reason}")]
    Replay {
        /// The file.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
}

/// What is wrong with an agent file, without the way out of one that was downloaded.
fn reason(error: &AgentFileError) -> String {
    match error {
        AgentFileError::Cut { found, whole } => format!("it is cut short: it has {found} of {whole} bytes"),
        AgentFileError::Damaged => "its checksum does not fit its content".into(),
        AgentFileError::Empty => "it is empty".into(),
        other => other.to_string(),
    }
}

/// What there is of a file that could not be written.
fn saved_before(path: &Path) -> &'static str {
    if path.exists() { "What was saved before is as it was" } else { "Nothing has been saved there" }
}

/// Why there is no run, and what to do.
fn without_run(path: &Path) -> String {
    if path.is_file() {
        let path = crate::shell::word(path);
        return format!(
            "it is a file, and a run has a directory. `terrarium run --load {path}` goes on with a saved run"
        );
    }
    "it has no config.json. `terrarium runs` lists what there is, --runs DIR names another place".into()
}
