//! A run directory: where its files are, and that one process at most writes them.

use super::config::RunConfig;
use super::{RecordsError, files, texts};
use crate::whole_file;
use shared::RunId;
use shared::agent_file;
use shared::checkpoint::Checkpoint;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

const CONFIG: &str = "config.json";
const SUMMARY: &str = "summary.json";
const METRICS: &str = "metrics.jsonl";
const LOCK: &str = "lock";
const WEIGHTS: &str = "weights";
const REPLAYS: &str = "replays";

/// Weights of the newest save,
pub const LATEST: &str = "latest";
/// of the greatest mean return,
pub const BEST: &str = "best";
/// and of the end.
pub const FINAL: &str = "final";

/// A run directory that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

/// The right to write into a run directory, until it is dropped or its process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the system gives the lock back when the file is closed")] File);

impl RunDirectory {
    /// The run that somebody names: the path of its directory, or `<environment>/<run>` below `root`.
    pub fn find(root: &Path, named: &Path) -> Result<Self, RecordsError> {
        let candidates = [named.to_owned(), root.join(named)];
        match candidates.into_iter().find(|it| it.join(CONFIG).is_file()) {
            Some(path) => Ok(Self { path }),
            None if named.exists() => Err(RecordsError::NoRun { path: named.to_owned() }),
            None => check_root(root).and(Err(RecordsError::NoRun { path: named.to_owned() })),
        }
    }

    /// The run of a place `<environment>/<run>` below a folder, and nowhere else.
    pub fn below(root: &Path, place: &str) -> Result<Self, RecordsError> {
        let none = || RecordsError::NoRun { path: root.join(place) };
        let (environment, run) = place.split_once('/').ok_or_else(none)?;
        if RunId::new(environment).is_err() || RunId::new(run).is_err() {
            return Err(none());
        }
        Self::find(root, Path::new(place))
    }

    /// All runs below a folder, in order of their names.
    pub fn all(root: &Path) -> Result<Vec<Self>, RecordsError> {
        check_root(root)?;
        let mut found = Vec::new();
        for environment in files::names(root)? {
            for run in files::names(&root.join(&environment))? {
                let path = root.join(&environment).join(run);
                if path.join(CONFIG).is_file() {
                    found.push(Self { path });
                }
            }
        }
        Ok(found)
    }

    /// Makes the directory of a new run. Where no name is given it gets `<agent>-seed<seed>`, and a number behind that where it is
    /// taken. `config` gets the name.
    pub(super) fn create(
        root: &Path,
        environment: &str,
        name: Option<&RunId>,
        stem: &str,
    ) -> Result<(Self, RunId, Lock), RecordsError> {
        check_root(root)?;
        let parent = root.join(environment);
        fs::create_dir_all(&parent).map_err(files::fault(&parent))?;
        for number in 1_u32.. {
            let run = match (name, number) {
                (Some(name), _) => name.clone(),
                (None, 1) => short(stem, "")?,
                (None, _) => short(stem, &format!("-{number}"))?,
            };
            let path = parent.join(run.as_str());
            match fs::create_dir(&path) {
                Ok(()) => {
                    let directory = Self { path };
                    directory.make_folders()?;
                    let lock = directory.lock()?;
                    return Ok((directory, run, lock));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists && name.is_none() => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(RecordsError::Exists { path }),
                Err(error) => return Err(files::fault(&path)(error)),
            }
        }
        Err(RecordsError::Exists { path: parent })
    }

    /// Takes the right to write.
    pub fn lock(&self) -> Result<Lock, RecordsError> {
        let path = self.path.join(LOCK);
        let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(files::fault(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(RecordsError::Busy { path: self.path.clone() }),
            Err(TryLockError::Error(error)) => Err(files::fault(&path)(error)),
        }
    }

    /// Whether a process writes there now.
    pub fn is_busy(&self) -> bool {
        matches!(self.lock(), Err(RecordsError::Busy { .. }))
    }

    /// Deletes it for good. It disappears as a whole before its files go.
    pub fn delete(&self) -> Result<(), RecordsError> {
        let lock = self.lock()?;
        let folder = files::folder(&self.path);
        let gone = tempfile::Builder::new().prefix(files::PART).tempdir_in(folder).map_err(files::fault(folder))?;
        fs::rename(&self.path, gone.path().join("run")).map_err(files::fault(&self.path))?;
        drop(lock);
        gone.close().map_err(files::fault(&self.path))
    }

    /// Whether its configuration and its folders are there.
    pub(super) fn has_all(&self) -> bool {
        self.config_path().is_file() && [WEIGHTS, REPLAYS].iter().all(|folder| self.path.join(folder).is_dir())
    }

    /// Makes its folders, where they are missing.
    pub(super) fn make_folders(&self) -> Result<(), RecordsError> {
        [WEIGHTS, REPLAYS]
            .iter()
            .map(|folder| self.path.join(folder))
            .try_for_each(|folder| fs::create_dir_all(&folder).map_err(files::fault(&folder)))
    }

    /// Removes what a killed process left half, and makes folders anew that somebody removed.
    pub(super) fn clean(&self) -> Result<(), RecordsError> {
        self.make_folders()?;
        [self.path.clone(), self.path.join(WEIGHTS), self.path.join(REPLAYS), self.path.join(texts::FOLDER)]
            .iter()
            .try_for_each(|it| files::remove_parts(it))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `config.json`.
    pub fn config(&self) -> Result<RunConfig, RecordsError> {
        RunConfig::read(&self.config_path())
    }

    /// `config.json`, in which large texts are the names of their files, as a command line takes them: `@FILE`.
    pub fn config_in_short(&self) -> Result<RunConfig, RecordsError> {
        RunConfig::read_short(&self.config_path())
    }

    /// Where `config.json` is.
    pub fn config_path(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    /// `summary.json`.
    pub fn summary_path(&self) -> PathBuf {
        self.path.join(SUMMARY)
    }

    /// `metrics.jsonl`.
    pub fn metrics_path(&self) -> PathBuf {
        self.path.join(METRICS)
    }

    /// `replays/NAME.json`.
    pub fn replay_path(&self, name: &str) -> PathBuf {
        self.path.join(REPLAYS).join(format!("{name}.json"))
    }

    /// `weights/NAME.terrarium`.
    pub fn weights_path(&self, name: &str) -> PathBuf {
        self.path.join(WEIGHTS).join(format!("{name}.{}", agent_file::SUFFIX))
    }

    /// The names of the saved weights.
    pub fn weights(&self) -> Result<Vec<String>, RecordsError> {
        let suffix = format!(".{}", agent_file::SUFFIX);
        let names = files::names(&self.path.join(WEIGHTS))?;
        Ok(names.iter().filter_map(|it| it.strip_suffix(&suffix)).map(ToOwned::to_owned).collect())
    }

    /// The names of the recorded episodes.
    pub fn replays(&self) -> Result<Vec<String>, RecordsError> {
        let names = files::names(&self.path.join(REPLAYS))?;
        Ok(names.iter().filter_map(|it| it.strip_suffix(".json")).map(ToOwned::to_owned).collect())
    }

    /// Reads weights by their name.
    pub fn read_weights(&self, name: &str) -> Result<Checkpoint, RecordsError> {
        let path = self.weights_path(name);
        match read_agent(&path) {
            Err(RecordsError::Unread { source, .. }) if source.kind() == ErrorKind::NotFound => {
                let known = match self.weights()?.join(", ") {
                    none if none.is_empty() => "none, for none has been saved yet".into(),
                    known => known,
                };
                Err(RecordsError::NoWeights { path: self.path.clone(), name: name.into(), known })
            }
            Err(RecordsError::Weights { path, error }) => {
                let whole = self.whole_weights_but(name)?;
                let others = match whole.first() {
                    None => "No other weights of the run can be read; begin it again, or import a copy of it".into(),
                    Some(first) => {
                        let whole = whole.join(", ");
                        format!("Those that can be read are {whole}: --from {first} goes on from there")
                    }
                };
                Err(RecordsError::BrokenWeights { path, error, others })
            }
            read => read,
        }
    }

    /// The names of the saved weights that can be read, the newest first, without these.
    fn whole_weights_but(&self, name: &str) -> Result<Vec<String>, RecordsError> {
        let mut whole = Vec::new();
        for other in self.weights()?.into_iter().filter(|other| other != name) {
            if let Ok(checkpoint) = read_agent(&self.weights_path(&other)) {
                whole.push((std::cmp::Reverse(checkpoint.step), other != FINAL, other));
            }
        }
        whole.sort();
        Ok(whole.into_iter().map(|(_, _, name)| name).collect())
    }
}

/// Refuses a file as the folder of all runs.
pub(super) fn check_root(root: &Path) -> Result<(), RecordsError> {
    if root.is_file() { Err(RecordsError::NoFolder { path: root.to_owned() }) } else { Ok(()) }
}

/// A name of at most 64 characters.
fn short(stem: &str, ending: &str) -> Result<RunId, RecordsError> {
    let name = format!("{}{ending}", &stem[..stem.len().min(64 - ending.len())]);
    RunId::new(&*name).map_err(|error| files::fault(Path::new(&name))(io::Error::other(error)))
}

/// Whether a file begins like an agent file.
pub fn is_agent(path: &Path) -> bool {
    let mut beginning = [0; agent_file::MAGIC.len()];
    File::open(path).is_ok_and(|mut it| it.read_exact(&mut beginning).is_ok()) && beginning == *agent_file::MAGIC
}

/// Reads an agent file.
pub fn read_agent(path: &Path) -> Result<Checkpoint, RecordsError> {
    let bytes = whole_file::read(path).map_err(files::unread(path))?;
    agent_file::read(&bytes).map_err(|error| RecordsError::Weights { path: path.into(), error })
}
