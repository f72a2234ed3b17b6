//! What can go wrong, in one readable line each.

use crate::device::DeviceError;
use crate::onnx_file_error::OnnxFileError;
use crate::records::RecordsError;
use crate::settings::SettingError;
use crate::sweep_error::SweepError;
use shared::CodecError;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `NAME=VALUE` that is none, or does not fit.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The environment cannot be built.
    #[error(transparent)]
    Environment(#[from] environments::registry::EnvironmentBuildError),
    /// The agent cannot be built.
    #[error(transparent)]
    Agent(#[from] agents::registry::AgentBuildError),
    /// The run cannot be built.
    #[error(transparent)]
    Run(#[from] run::RunError),
    /// No environment and no agent of that id.
    #[error("there is no environment or agent {id:?}; environments: {environments}; agents: {agents}")]
    Unknown {
        /// The id that was given.
        id: String,
        /// The ids of environments.
        environments: String,
        /// The ids of agents.
        agents: String,
    },
    /// The name of the run cannot be one.
    #[error(transparent)]
    Name(#[from] shared::identity::InvalidRunId),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A run directory, or a file of one.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An ONNX file that cannot be played.
    #[error(transparent)]
    Onnx(Box<OnnxFileError>),
    /// What was asked for cannot be done here, and why.
    #[error("{0}")]
    Refused(String),
    /// An option that was given without what it needs.
    #[error("{option} has no effect here; it needs {needs}")]
    NoEffect {
        /// The option.
        option: &'static str,
        /// What it has an effect with.
        needs: &'static str,
    },
    /// Two options that would write over each other.
    #[error("{first} and {second} both name {path}: give one of them another file")]
    SameFile {
        /// The file.
        path: PathBuf,
        /// One option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A file that is read and would be written over.
    #[error("{output} {path} is what {input} reads, and would be lost: choose another name for what is written")]
    WrittenInput {
        /// The file.
        path: PathBuf,
        /// What reads it.
        input: String,
        /// What would write it.
        output: String,
    },
    /// A file that is no saved run, where one is to be written.
    #[error("--save {path}: it is there already and holds no saved run. Choose another name, or remove it")]
    NotSaved {
        /// The file.
        path: PathBuf,
    },
    /// A saved run where a table is to be written.
    #[error("--episodes-csv {path}: it holds a saved run, which would be lost. Choose another name, or remove it")]
    SavedRun {
        /// The file.
        path: PathBuf,
    },
    /// A file that is no table of episodes, where one is to be written.
    #[error(
        "--episodes-csv {path}: it is there already and holds no table of episodes. Choose another name, or remove it"
    )]
    NotEpisodes {
        /// The file.
        path: PathBuf,
    },
    /// A table that another process writes.
    #[error(
        "--episodes-csv {path}: another process writes it at the moment. Choose another name, or wait until that has ended"
    )]
    BusyTable {
        /// The file.
        path: PathBuf,
    },
    /// A run that was saved beside the file that was named.
    #[error(
        "--save {path}: another process has saved a run there meanwhile, which stays. This one is saved as {saved}"
    )]
    SavedBeside {
        /// The file that was named.
        path: PathBuf,
        /// Where the run is.
        saved: PathBuf,
    },
    /// A table that does not end where the run goes on.
    #[error(
        "--episodes-csv {path}: it is a table of {episodes} episodes, and the run goes on with episode {episode}, which is no row behind \
         them. Choose another name: the rows begin there with that episode"
    )]
    OtherEpisodes {
        /// The file.
        path: PathBuf,
        /// Episodes up to its last row.
        episodes: u64,
        /// The episode that the run goes on with.
        episode: u64,
    },
    /// A file that would be written over.
    #[error("{path} exists already; name a file that does not")]
    Present {
        /// The file.
        path: PathBuf,
    },
    /// A folder in the place of a saved run.
    #[error("--load {path}: {}", of_folder(.path, *.is_run))]
    LoadedFolder {
        /// The folder.
        path: PathBuf,
        /// Whether a run is kept in it.
        is_run: bool,
    },
    /// A change that would come when the run has ended.
    #[error(
        "--change {change} has no effect: the run ends after {steps} steps. Let it end later, or the change come before"
    )]
    LateChange {
        /// The change.
        change: String,
        /// Steps of the run.
        steps: u64,
    },
    /// A second value of the same parameter at the same step.
    #[error(
        "--change {change}: another --change sets that at step {step} already. Leave one of them out, or give it another step"
    )]
    ChangedTwice {
        /// The change.
        change: String,
        /// Its step.
        step: u64,
    },
    /// An event file that is there.
    #[error("{path} is there already, from a conversion before: remove it, or name another folder with --tensorboard")]
    Converted {
        /// The file.
        path: PathBuf,
    },
    /// A device that is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// What the run was made of does not fit into a message.
    #[error(
        "the settings of this run and its environment's description take {bytes} bytes, and a relay passes on at most \
         {most}: leave --relay away, or take a smaller table"
    )]
    LargeSpec {
        /// What they take.
        bytes: usize,
        /// What fits.
        most: usize,
    },
    /// The loaded run is beyond its end already.
    #[error("{done} {what} have been made already; ask for more than that with --{what}")]
    Done {
        /// Steps or episodes.
        what: &'static str,
        /// How many.
        done: u64,
    },
    /// There is no exact model to work with.
    #[error("{id} has no exact transition model; most environments with countable states have one, e.g. gridworld")]
    NoModel {
        /// The environment.
        id: String,
    },
    /// Rewards add up without end.
    #[error(
        "the values are unbounded: without a discount, rewards or costs come again and again for ever, {states}. A discount \
         below 1 bounds them, e.g. --gamma 0.99"
    )]
    Unbounded {
        /// Where.
        states: String,
    },
    /// The solution is no more than an estimate.
    #[error("not settled: {off}. A smaller discount settles sooner, e.g. --gamma {gamma}")]
    NotSettled {
        /// How far they may be off.
        off: String,
        /// A discount that might do.
        gamma: f64,
    },
    /// Values without a limit.
    #[error(
        "not settled: some values have no limit, because rewards and costs cancel each other for ever; a --gamma below 1 gives them one"
    )]
    NoLimit,
    /// The solution does not fit into numbers.
    #[error(
        "not settled: some values, or what they are summed up from, are beyond 1.8e308, the largest number that can be \
         computed with. Smaller rewards keep them below it, and so may a smaller discount"
    )]
    TooLarge,
    /// An action that is none here.
    #[error("{place}: {given:?} is not an action of {id}; there are: {actions}")]
    Action {
        /// Where it stands.
        place: String,
        /// What stands there.
        given: String,
        /// The environment.
        id: String,
        /// Its actions.
        actions: String,
    },
    /// The environment refused an action.
    #[error("step {step}: {error}")]
    Step {
        /// Index of the step, from 1.
        step: usize,
        /// Why.
        error: String,
    },
    /// The run failed; its notice has been printed.
    #[error("the run failed; its last good values are as they were")]
    Failed,
    /// The relay has not stored everything.
    #[error("{unstored} log events did not reach the relay at {address} ({reason}). {kept}")]
    Undelivered {
        /// How many.
        unstored: u64,
        /// Where the relay was sought.
        address: String,
        /// Why it has not.
        reason: String,
        /// Where they are now.
        kept: String,
    },
    /// A run that is watched, and whose trainer has gone.
    #[error(
        "nobody publishes the run {run} at {address}: its trainer has been gone for {seconds} s. `terrarium watch` shows it again once \
         it is published, and `terrarium resume` goes on with a run that is kept in a directory"
    )]
    Unpublished {
        /// Its name.
        run: String,
        /// The relay.
        address: String,
        /// For how long.
        seconds: u64,
    },
    /// A file without a whole event.
    #[error(
        "{path} holds no whole log event, so there is nothing to deliver; the file stays. A run that is kept with --runs has what it \
         learned in its directory, and `terrarium resume` goes on with it"
    )]
    NothingToDeliver {
        /// The file.
        path: PathBuf,
    },
    /// Nothing to follow.
    #[error(
        "there is no event file in {path} and its folders: their names have tfevents in them. Of tables and of Trackio's databases, \
         name the file"
    )]
    NoEventFiles {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// Some of what was followed is no event file, or is damaged.
    #[error("{broken} event files could not be read to their ends, as told above; all else was published")]
    BrokenEventFiles {
        /// How many.
        broken: usize,
    },
    /// A file that can be neither followed nor imported.
    #[error(
        "{path} is no table that can be imported, whose name ends in .csv, .jsonl or .ndjson, and no database of Trackio. Of \
         event files, name their folder"
    )]
    NoTable {
        /// The file.
        path: PathBuf,
    },
    /// The relay has not stored everything that was followed.
    #[error("not everything is at the relay at {address} ({reason}). {kept}")]
    NotFollowed {
        /// Where the relay was sought.
        address: String,
        /// Why it did not take them.
        reason: String,
        /// What to do.
        kept: String,
    },
    /// A table cannot be published.
    #[error(transparent)]
    Table(#[from] crate::tables::TableImportError),
    /// There is no policy to export.
    #[error(transparent)]
    Policy(#[from] crate::policy::PolicyLoadError),
    /// What a run has told cannot be read.
    #[error(transparent)]
    Told(#[from] crate::told::ToldError),
    /// A training cannot be published.
    #[error(transparent)]
    External(#[from] crate::external::ExternalError),
    /// Undelivered events cannot be read.
    #[error(transparent)]
    Kept(#[from] crate::undelivered::KeepError),
    /// The relay's name cannot be checked.
    #[error(transparent)]
    Trust(#[from] crate::tls::TrustError),
    /// A sweep cannot be made.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// Something cannot be encoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The terminal, or whatever the output goes to, does not take it.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// The host that started this run's process has died.
    #[error("the host that started this process has died; `terrarium resume` goes on with the run")]
    Orphan,
    /// Threads cannot be started.
    #[error("the threads cannot be started: {0}; fewer --threads may be")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Signals cannot be listened for.
    #[error("Ctrl-C cannot be caught: {0}")]
    Signal(std::io::Error),
}

fn of_folder(path: &Path, is_run: bool) -> String {
    if is_run {
        let path = crate::shell::word(path);
        format!(
            "it is the directory of a kept run. `terrarium resume {path}` goes on with it; weights/latest.terrarium in it is a file that \
             --load takes"
        )
    } else {
        "it is a folder. Name the file that --save has written; `terrarium runs` lists the runs that --runs has kept"
            .into()
    }
}

impl From<OnnxFileError> for Error {
    fn from(error: OnnxFileError) -> Self {
        Self::Onnx(Box::new(error))
    }
}

impl Error {
    /// 2 for what the caller can put right, 3 for values without bound, 4 for values that did not settle, 5 for a run that is watched and
    /// that nobody publishes any longer, 1 for the rest.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed
            | Self::Orphan
            | Self::Undelivered { .. }
            | Self::NotFollowed { .. }
            | Self::BrokenEventFiles { .. }
            | Self::Sweep(SweepError::Failed { .. })
            | Self::Codec(_)
            | Self::Output(_)
            | Self::Signal(_) => ExitCode::FAILURE,
            Self::Unbounded { .. } => ExitCode::from(3),
            Self::Unpublished { .. } => ExitCode::from(5),
            Self::NotSettled { .. } | Self::NoLimit | Self::TooLarge => ExitCode::from(4),
            _ => ExitCode::from(2),
        }
    }

    /// Whether whoever read the output has gone, as `head` does: no error of ours.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
