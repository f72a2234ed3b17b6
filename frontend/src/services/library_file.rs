//! Files that the page opens and writes: runs, recorded episodes, and archives of the library.

use crate::files::pack_agent;
use crate::language::all_told;
use run::onnx_policy;
use run::recorded::{ReplayFile, ReplayFileError, without_mark};
use serde::{Deserialize, Serialize};
use shared::agent_file::{self, AgentFileError};
use shared::checkpoint::Checkpoint;
use shared::codec::{self, CodecError};
use shared::parameter::Parameters;
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};

/// How an archive of items begins.
pub(super) const ARCHIVE: &[u8; 16] = b"terrarium-items\n";

/// Suffix of archives, without the dot.
pub const ARCHIVE_SUFFIX: &str = "terrarium-library";

/// Suffix of recorded episodes, without the dot.
pub const EPISODE_SUFFIX: &str = "replay.json";

/// What an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A run: its agent as it stood, and its curves.
    #[default]
    Run,
    /// A recorded episode.
    Episode,
    /// A comparison, as its link says.
    Comparison,
    /// An environment, an agent and a seed, as a link to the Lab says.
    Settings,
}

/// An item as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its key.
    pub id: String,
    /// What it is.
    #[serde(default)]
    pub kind: ItemKind,
    /// What the user calls it.
    pub name: String,
    /// Its environment and agent, in words.
    pub title: String,
    /// What the user notes of it.
    #[serde(default)]
    pub note: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was saved, in milliseconds since 1970.
    pub saved_millis: f64,
    /// Episodes of the run or the number of the episode; of comparisons and settings 0.
    pub episodes: u64,
    /// Steps that were made.
    pub steps: u64,
    /// Size of its file.
    pub bytes: u64,
}

impl Item {
    /// Whether every word of a search is somewhere in it.
    pub fn fits(&self, search: &str) -> bool {
        let (name, title) = (all_told(&self.name), all_told(&self.title));
        has_words(search, &[&self.name, &self.title, &self.note, &name, &title, &self.tags.join(" ")])
    }
}

/// Whether every word of a search is somewhere in these texts, in any case.
pub fn has_words(search: &str, texts: &[&str]) -> bool {
    let whole = texts.join(" ").to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| whole.contains(word))
}

/// What an item holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemContent {
    /// A run.
    Run(Box<Checkpoint>),
    /// A recorded episode.
    Episode(Box<ReplayFile>),
    /// A comparison's query, as it stands in its address.
    Comparison(String),
    /// The query of a link to the Lab, of a run that is still to be made.
    Settings(String),
}

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub enum OpenedFile {
    /// One thing.
    One(ItemContent),
    /// Items with their files, for the library.
    Archive(Vec<Packed>),
}

/// An item of an archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    /// What it is.
    pub(super) item: Item,
    /// Its file.
    #[serde(with = "serde_bytes")]
    pub(super) file: Vec<u8>,
}

/// A file that is none of ours, or cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FileError {
    /// Something else.
    #[error(
        "This is no file of Terrarium. What can be opened: agents and runs (.{}), recorded episodes (.{EPISODE_SUFFIX}), \
         libraries (.{ARCHIVE_SUFFIX}), lessons (.lesson.json) and exported runs (.jsonl).",
        agent_file::SUFFIX
    )]
    Foreign,
    /// An agent.
    #[error(transparent)]
    Agent(#[from] AgentFileError),
    /// An episode.
    #[error("The recorded episode cannot be opened: {0}.")]
    Episode(#[from] ReplayFileError),
    /// An archive.
    #[error("The library file is cut or damaged: {0}. Nothing was taken from it; take another copy of it.")]
    Archive(#[from] CodecError),
}

impl ItemContent {
    /// What it is, and how many episodes and steps are behind it.
    pub(super) fn label(&self) -> (ItemKind, u64, u64) {
        match self {
            Self::Run(checkpoint) => (ItemKind::Run, checkpoint.episode, checkpoint.step),
            Self::Episode(file) => (ItemKind::Episode, file.recorded_episode.episode, file.steps),
            Self::Comparison(_) => (ItemKind::Comparison, 0, 0),
            Self::Settings(_) => (ItemKind::Settings, 0, 0),
        }
    }

    /// Its file.
    pub async fn to_file(&self) -> Result<Vec<u8>, FileError> {
        Ok(match self {
            Self::Run(checkpoint) => pack_agent(checkpoint).await?,
            Self::Episode(file) => file.to_bytes()?,
            Self::Comparison(query) | Self::Settings(query) => query.clone().into_bytes(),
        })
    }

    /// Reads the file of a kind.
    pub(super) fn from_file(kind: ItemKind, bytes: &[u8]) -> Result<Self, FileError> {
        Ok(match kind {
            ItemKind::Run => Self::Run(Box::new(agent_file::read(bytes)?)),
            ItemKind::Episode => Self::Episode(Box::new(ReplayFile::from_bytes(bytes)?)),
            ItemKind::Comparison => Self::Comparison(String::from_utf8_lossy(bytes).into_owned()),
            ItemKind::Settings => Self::Settings(String::from_utf8_lossy(bytes).into_owned()),
        })
    }
}

/// The run of a policy in an ONNX file, which the worker reads: where its metadata say that it was learned, or else in the
/// environment on show.
pub fn onnx_run(file: Vec<u8>, on_show: RunSpec) -> Checkpoint {
    let environment = named_environment(&file).unwrap_or(on_show.environment);
    let agent = AgentSpec { id: onnx_policy::ID.into(), parameters: Parameters::new() };
    onnx_policy::beginning(RunSpec { environment, agent, seed: on_show.seed, changes: Vec::new() }, file)
}

/// What stands behind that key: in the encoding of protocol buffers the tag of a text, its length, seven bits a byte, and the
/// text.
fn named_environment(file: &[u8]) -> Option<EnvironmentSpec> {
    let key = onnx_policy::ENVIRONMENT.as_bytes();
    let place = file.windows(key.len()).rposition(|it| it == key)?;
    let (tag, rest) = file[place + key.len()..].split_first()?;
    let digits = rest.iter().take(3).position(|it| *it < 0x80)? + 1;
    let length = rest[..digits].iter().rev().fold(0, |length, it| length << 7 | usize::from(it & 0x7f));
    (*tag == 0x12).then(|| serde_json::from_slice(rest.get(digits..digits + length)?).ok())?
}

/// Reads any file of ours.
pub fn open_file(bytes: &[u8]) -> Result<OpenedFile, FileError> {
    if let Some(body) = bytes.strip_prefix(ARCHIVE.as_slice()) {
        return Ok(OpenedFile::Archive(codec::from_kept(body)?));
    }
    if bytes.starts_with(agent_file::MAGIC) {
        return Ok(OpenedFile::One(ItemContent::from_file(ItemKind::Run, bytes)?));
    }
    if without_mark(bytes).trim_ascii_start().starts_with(b"{") {
        return Ok(OpenedFile::One(ItemContent::from_file(ItemKind::Episode, bytes)?));
    }
    Err(FileError::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, tags: &[&str]) -> Item {
        Item {
            id: "1".into(),
            kind: ItemKind::Run,
            name: name.into(),
            title: "Snake · PPO".into(),
            note: "For Tuesday".into(),
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
            saved_millis: 0.0,
            episodes: 10,
            steps: 100,
            bytes: 3,
        }
    }

    #[test]
    fn a_search_finds_every_word_wherever_it_stands() {
        let item = item("First try", &["lecture 3"]);
        for search in ["", "snake", "ppo FIRST", "tuesday lecture", " 3 try "] {
            assert!(item.fits(search), "{search:?}");
        }
        for search in ["dqn", "snake dqn", "lecture 4"] {
            assert!(!item.fits(search), "{search:?}");
        }
    }

    #[test]
    fn what_an_older_page_kept_is_a_run_without_notes() {
        #[derive(Serialize)]
        struct Older {
            id: &'static str,
            name: &'static str,
            title: &'static str,
            saved_millis: f64,
            episodes: u64,
            steps: u64,
            bytes: u64,
        }
        let older = Older { id: "1", name: "a", title: "b", saved_millis: 1.0, episodes: 2, steps: 3, bytes: 4 };
        let item: Item = codec::from_kept(&codec::to_bytes(&older).unwrap()).unwrap();
        assert_eq!((item.kind, item.note.as_str(), item.tags.len()), (ItemKind::Run, "", 0));
    }

    #[test]
    fn settings_come_back_from_their_file_and_begin_a_run_of_their_own() {
        let query = "env=taxi&agent=sarsa&agent.alpha=0.5&seed=3";
        let settings = ItemContent::Settings(query.into());
        assert_eq!(settings.label(), (ItemKind::Settings, 0, 0));
        assert_eq!(ItemContent::from_file(ItemKind::Settings, query.as_bytes()), Ok(settings));
    }

    #[test]
    fn files_are_told_apart_and_what_is_none_of_ours_is_named() {
        let archive = [ARCHIVE.as_slice(), &codec::to_bytes(&Vec::<Packed>::new()).unwrap()].concat();
        assert_eq!(open_file(&archive), Ok(OpenedFile::Archive(vec![])));
        assert!(matches!(open_file(&archive[..16]), Err(FileError::Archive(_))));
        assert_eq!(open_file(b"\x89PNG"), Err(FileError::Foreign));
        for episode in [&b"{\"a\": 1}"[..], b"\xef\xbb\xbf\r\n{\"a\": 1}"] {
            let opened = open_file(episode).unwrap_err().to_string();
            assert!(opened.contains("missing field `kind`"), "{opened}");
        }
        assert!(matches!(open_file(&agent_file::MAGIC[..]), Err(FileError::Agent(AgentFileError::Cut { .. }))));
    }
}
