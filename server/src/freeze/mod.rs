//! Freezing: the runs of a data directory as files that any static host can show, with the page beside them.
//!
//! What a viewer would be told lies in files of messages, each behind its length in 4 bytes, the lowest first. A script in the
//! page (`frozen.js`) answers the page's stream with them: so the page knows of nothing, and every page of this protocol works.

use crate::artifacts::Artifacts;
use crate::batch;
use crate::page::Inside;
use crate::state::{OpenStateEntry, Subscribed};
use crate::store::{Beside, EpochTransfer, StoreError};
use crate::wire::{self, WireForm};
use serde::Serialize;
use shared::message::{ErrorCode, PROTOCOL, Role, ServerMessage, portions};
use shared::{CodecError, Epoch, Offset, RunId, codec};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The script that answers the page.
const SCRIPT: &str = include_str!("frozen.js");

/// Bytes of entries in one message.
const MESSAGE_BYTES: usize = 1 << 20;

/// Why nothing is frozen.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// The directory is of no use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such run.
    #[error("there is no run {run}; the directory has {known}")]
    NoRun {
        /// The run.
        run: RunId,
        /// Those that there are.
        known: String,
    },
    /// Something would be overwritten.
    #[error("{path} is there already and not empty; name a folder that is not, or remove it first")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is no page to put beside the runs.
    #[error(
        "this program was built without the page, and a snapshot needs one: name the folder that `cargo xtask dist` \
         makes with --page"
    )]
    NoPage,
    /// The page is none.
    #[error("{path} has no index.html with a <head>; name the folder that `cargo xtask dist` makes")]
    NotAPage {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// What is stored fits into no message.
    #[error("a message of {of} cannot be written: {source}")]
    Message {
        /// The run, or what else it is of.
        of: String,
        /// Why.
        source: CodecError,
    },
}

/// Where the files of a run's epochs are.
#[derive(Debug, Default, Serialize)]
struct Index {
    runs: BTreeMap<RunId, Epochs>,
}

#[derive(Debug, Serialize)]
struct Epochs {
    shown: Epoch,
    epochs: BTreeMap<Epoch, String>,
}

/// What was frozen.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) runs: usize,
    pub(crate) epochs: usize,
    pub(crate) artifacts: usize,
    pub(crate) bytes: u64,
}

/// Writes the page and these runs, all if none is named, into a folder that is empty or not there.
pub(crate) fn freeze(
    data: &Path,
    runs: &[RunId],
    into: &Path,
    page: Option<&Path>,
    points: usize,
) -> Result<Frozen, FreezeError> {
    let beside = Beside::open(data)?;
    let mut list = beside.runs()?;
    if let Some(run) = runs.iter().find(|run| !list.iter().any(|it| it.run == **run)) {
        let known: Vec<_> = list.iter().map(|it| it.run.to_string()).collect();
        return Err(FreezeError::NoRun { run: run.clone(), known: known.join(", ") });
    }
    list.retain(|it| runs.is_empty() || runs.contains(&it.run));
    let mut folder = Folder::new(into)?;
    folder.put_page(page)?;
    let welcome = ServerMessage::Welcome { protocol: PROTOCOL, role: Role::Viewer };
    let unknown = ServerMessage::error(ErrorCode::UnknownRun, "there is no such run in this snapshot");
    folder.put("frozen/welcome.frames", &framed([frame(&welcome)?]))?;
    folder.put("frozen/unknown.frames", &framed([frame(&unknown)?]))?;
    let kept = Artifacts::new(data, 0);
    let (mut index, mut epochs, mut artifacts) = (Index::default(), 0, 0);
    for (number, summary) in list.iter().enumerate() {
        let all = [summary.epoch].into_iter().chain(summary.earlier.iter().map(|it| it.epoch));
        let mut names = BTreeMap::new();
        for epoch in all {
            let Some(chapter) = beside.chapter(&summary.run, Some(epoch))? else { continue };
            let name = format!("{number}-{epoch}.frames");
            folder.put(&format!("frozen/{name}"), &messages(&beside, &chapter, points)?)?;
            names.insert(epoch, name);
            epochs += 1;
        }
        index.runs.insert(summary.run.clone(), Epochs { shown: summary.epoch, epochs: names });
        artifacts += folder.copy_artifacts(&kept, &summary.run)?;
    }
    let count = list.len();
    folder.put(
        "frozen/runs.frames",
        &framed([frame(&ServerMessage::Runs { runs: list, gone: None, goes_on: false, to_come: 0 })?]),
    )?;
    folder.put("frozen/index.json", &serde_json::to_vec(&index).unwrap_or_default())?;
    Ok(Frozen { runs: count, epochs, artifacts, bytes: folder.bytes })
}

/// What a viewer of an epoch would be told.
fn messages(beside: &Beside, chapter: &EpochTransfer, points: usize) -> Result<Vec<u8>, FreezeError> {
    let no = |source| FreezeError::Message { of: format!("run {}", chapter.run), source };
    let thinner = beside.thinned(chapter, points)?;
    let entries = thinner.entries(points).map_err(no)?;
    let snapshot: Vec<Arc<OpenStateEntry>> = beside.state(chapter)?.into_iter().map(Arc::new).collect();
    let (run, epoch) = (chapter.run.clone(), chapter.epoch);
    let (offset, history) = (Offset(0), entries.len() as u64);
    let begin = Subscribed { run: run.clone(), epoch, offset, recovered: false, history, snapshot };
    let mut frames = vec![wire::subscribed(&begin, WireForm::Binary).map_err(no)?.into_bytes().to_vec()];
    for entries in portions(entries, MESSAGE_BYTES, batch::size) {
        let message = ServerMessage::Log { run: run.clone(), epoch, entries };
        frames.push(codec::to_frame(&message).map_err(no)?);
    }
    Ok(framed(frames))
}

fn frame(message: &ServerMessage) -> Result<Vec<u8>, FreezeError> {
    codec::to_frame(message).map_err(|source| FreezeError::Message { of: "the list of runs".into(), source })
}

/// Messages one behind the other, each behind its length.
fn framed(frames: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes.extend_from_slice(&(frame.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&frame);
    }
    bytes
}

/// The folder of a snapshot.
struct Folder {
    path: PathBuf,
    bytes: u64,
}

impl Folder {
    fn new(path: &Path) -> Result<Self, FreezeError> {
        let failed = |source| FreezeError::File { path: path.into(), source };
        fs::create_dir_all(path).map_err(failed)?;
        if fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(FreezeError::NotEmpty { path: path.into() });
        }
        Ok(Self { path: path.into(), bytes: 0 })
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), FreezeError> {
        let path = self.path.join(name);
        let failed = |source| FreezeError::File { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(&self.path)).map_err(failed)?;
        fs::write(&path, bytes).map_err(failed)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The files that a run left, by their hashes; gives how many of them were not there yet from another run.
    fn copy_artifacts(&mut self, kept: &Artifacts, run: &RunId) -> Result<usize, FreezeError> {
        let into = self.path.join("frozen/artifacts");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| FreezeError::File { path, source }
        };
        let mut copied = 0;
        for (hash, _) in kept.list(run).map_err(failed(&into))? {
            let path = into.join(hash.to_string());
            if path.exists() {
                continue;
            }
            fs::create_dir_all(&into).map_err(failed(&into))?;
            match fs::copy(kept.path(run, hash), &path) {
                Ok(bytes) => (self.bytes, copied) = (self.bytes + bytes, copied + 1),
                // The relay beside may give it up meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        Ok(copied)
    }

    /// The page with the script in its head, and the note by which a page knows that a relay serves it.
    fn put_page(&mut self, page: Option<&Path>) -> Result<(), FreezeError> {
        let files = if let Some(folder) = page {
            files_of(folder, folder)?
        } else {
            let inside = Inside::of_program().ok_or(FreezeError::NoPage)?;
            inside.files().into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect()
        };
        let mut is_page = false;
        for (name, bytes) in files {
            if name == "index.html" {
                let text = String::from_utf8_lossy(&bytes);
                let with_script = text.replacen("<head>", "<head><script src=\"frozen.js\"></script>", 1);
                is_page = with_script.len() > text.len();
                self.put(&name, with_script.as_bytes())?;
            } else if !name.starts_with("index.html.") {
                self.put(&name, &bytes)?;
            }
        }
        if !is_page {
            return Err(FreezeError::NotAPage { path: page.unwrap_or(Path::new("the page inside")).into() });
        }
        self.put("frozen.js", SCRIPT.as_bytes())?;
        self.put("terrarium.json", b"{\"relay\":true,\"frozen\":true}\n")
    }
}

fn files_of(root: &Path, folder: &Path) -> Result<Vec<(String, Vec<u8>)>, FreezeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FreezeError::File { path, source }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() {
            files.extend(files_of(root, &path)?);
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((name, fs::read(&path).map_err(failed(&path))?));
        }
    }
    Ok(files)
}
