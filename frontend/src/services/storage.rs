//! What the browser keeps: saved agents, the run on show, settings. A reload loses nothing.

use super::patience::within;
use crate::files::pack_agent;
use crate::store::History;
use js_sys::Uint8Array;
use rexie::{ObjectStore, Rexie, TransactionMode};
use serde::{Deserialize, Serialize};
use shared::agent_file::{self, AgentFileError};
use shared::checkpoint::Checkpoint;
use shared::codec::{self, CodecError};
use shared::event::Speed;
use std::cell::Cell;
use wasm_bindgen::{JsCast as _, JsValue};

/// The database's name.
const NAME: &str = "terrarium";

/// The database's version; a page of an older version refuses to touch a newer one.
const SCHEMA: u32 = 1;

/// Saved agents as files, by id.
const AGENTS: &str = "agents";
/// What the list of saved agents shows, by id.
const LABELS: &str = "labels";
/// Runs on show, by place.
const RUNS: &str = "runs";

/// Why something was not kept, or is not there.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No database: a private window, or storage switched off.
    #[error("This browser keeps nothing for this page ({reason}). The run goes on; save it to a file instead.")]
    Unavailable {
        /// The browser's words.
        reason: String,
    },
    /// A database that does not open: another tab holds it, or the disk hangs.
    #[error(
        "This browser's storage does not answer, so nothing is kept for this page. The run goes on; save it to a file \
         instead, or close other tabs of this page and reload it."
    )]
    Silent,
    /// Written by a newer page.
    #[error("What is kept here was written by a newer version of this page. Reload the page to get that version.")]
    NewerSchema,
    /// No room.
    #[error("The browser has no room left for this. Nothing was lost: delete saved agents, or save to a file.")]
    Full,
    /// Not there.
    #[error("There is no saved agent {id:?} any more; it was deleted, perhaps in another tab.")]
    Missing {
        /// What was asked for.
        id: String,
    },
    /// There, but not readable.
    #[error(transparent)]
    File(#[from] AgentFileError),
    /// There, but not readable.
    #[error("What was kept of the last run cannot be read: {0}. It begins anew; saved agents are untouched.")]
    Unreadable(#[from] CodecError),
    /// Another trouble.
    #[error("The browser's storage failed: {reason}. Nothing was changed; try again, or save to a file.")]
    Failed {
        /// The browser's words.
        reason: String,
    },
}

/// A saved agent in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedAgent {
    /// Its key.
    pub id: String,
    /// What the user calls it.
    pub name: String,
    /// Its environment and agent, in words.
    pub title: String,
    /// When it was saved, in milliseconds since 1970.
    pub saved_millis: f64,
    /// Episodes it has learned from.
    pub episodes: u64,
    /// Steps it has learned from.
    pub steps: u64,
    /// Size of its file.
    pub bytes: u64,
}

/// A run as it was on show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptRun {
    /// The run.
    pub checkpoint: Checkpoint,
    /// Its curves.
    pub history: History,
    /// Whether it was making steps.
    pub was_running: bool,
    /// How fast it was asked to go.
    pub speed: Speed,
}

/// A saved agent that was deleted, to be had back.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// What it was.
    pub agent: SavedAgent,
    file: JsValue,
}

impl PartialEq for Deleted {
    fn eq(&self, other: &Self) -> bool {
        self.agent == other.agent
    }
}

/// How long the database is waited for, in milliseconds.
const PATIENCE_MILLIS: u32 = 2_000;

thread_local! {
    /// Whether the database did not answer in time, and has not since.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// The browser's database.
#[derive(Debug)]
pub struct Storage(Rexie);

impl Storage {
    /// Opens the page's database. One that does not answer is given up after a moment, and at once from then on, until
    /// it answers after all.
    pub async fn open() -> Result<Self, StorageError> {
        if IS_SILENT.get() {
            return Err(StorageError::Silent);
        }
        let late = |opened: Result<Self, StorageError>| {
            IS_SILENT.set(false);
            if let Ok(storage) = opened {
                storage.close();
            }
        };
        let opened = within(PATIENCE_MILLIS, Self::open_at_last(), late).await;
        opened.unwrap_or_else(|| {
            IS_SILENT.set(true);
            Err(StorageError::Silent)
        })
    }

    /// Opens the page's database, however long that takes.
    pub async fn open_at_last() -> Result<Self, StorageError> {
        Self::open_named(NAME).await
    }

    /// Opens a database of another name, for tests.
    pub async fn open_named(name: &str) -> Result<Self, StorageError> {
        let stores = [AGENTS, LABELS, RUNS].map(ObjectStore::new);
        let builder =
            stores.into_iter().fold(Rexie::builder(name).version(SCHEMA), rexie::RexieBuilder::add_object_store);
        builder.build().await.map(Self).map_err(|error| match error.into() {
            StorageError::Failed { reason } => StorageError::Unavailable { reason },
            other => other,
        })
    }

    /// Asks the browser not to clear this page's data when it runs short of room.
    pub fn ask_to_persist() {
        if let Some(window) = web_sys::window() {
            // A wish: the browser decides, and nothing depends on its answer.
            let _ = window.navigator().storage().persist();
        }
    }

    /// Saves an agent under a name.
    pub async fn save(&self, name: &str, title: &str, checkpoint: &Checkpoint) -> Result<SavedAgent, StorageError> {
        let file = pack_agent(checkpoint).await?;
        let saved_millis = js_sys::Date::now();
        let agent = SavedAgent {
            id: format!("{saved_millis:.0}-{:06x}", (js_sys::Math::random() * f64::from(1 << 24)) as u32),
            name: name.to_owned(),
            title: title.to_owned(),
            saved_millis,
            episodes: checkpoint.episode,
            steps: checkpoint.step,
            bytes: file.len() as u64,
        };
        self.put_agent(&agent, &Uint8Array::from(file.as_slice())).await?;
        Ok(agent)
    }

    /// The saved agents, newest first.
    pub async fn list(&self) -> Result<Vec<SavedAgent>, StorageError> {
        let transaction = self.0.transaction(&[LABELS], TransactionMode::ReadOnly)?;
        let labels = transaction.store(LABELS)?.get_all(None, None).await?;
        let mut agents: Vec<SavedAgent> = labels
            .into_iter()
            .filter_map(|label| codec::from_kept(&label.dyn_into::<Uint8Array>().ok()?.to_vec()).ok())
            .collect();
        agents.sort_by(|one, other| other.saved_millis.total_cmp(&one.saved_millis));
        Ok(agents)
    }

    /// A saved agent.
    pub async fn load(&self, id: &str) -> Result<Checkpoint, StorageError> {
        let file = self.get(AGENTS, id).await?.ok_or_else(|| StorageError::Missing { id: id.to_owned() })?;
        Ok(agent_file::read(&file.unchecked_into::<Uint8Array>().to_vec())?)
    }

    /// Deletes a saved agent and gives it, to be had back; one that is not there is deleted already.
    pub async fn delete(&self, agent: &SavedAgent) -> Result<Option<Deleted>, StorageError> {
        let transaction = self.0.transaction(&[AGENTS, LABELS], TransactionMode::ReadWrite)?;
        let key = JsValue::from_str(&agent.id);
        let file = transaction.store(AGENTS)?.get(key.clone()).await?;
        transaction.store(AGENTS)?.delete(key.clone()).await?;
        transaction.store(LABELS)?.delete(key).await?;
        transaction.done().await?;
        Ok(file.map(|file| Deleted { agent: agent.clone(), file }))
    }

    /// Brings a deleted agent back.
    pub async fn restore(&self, deleted: &Deleted) -> Result<(), StorageError> {
        self.put_agent(&deleted.agent, &deleted.file).await
    }

    async fn put_agent(&self, agent: &SavedAgent, file: &JsValue) -> Result<(), StorageError> {
        let label = Uint8Array::from(codec::to_bytes(agent)?.as_slice());
        let transaction = self.0.transaction(&[AGENTS, LABELS], TransactionMode::ReadWrite)?;
        let key = JsValue::from_str(&agent.id);
        transaction.store(AGENTS)?.put(file, Some(&key)).await?;
        transaction.store(LABELS)?.put(&label.into(), Some(&key)).await?;
        transaction.done().await?;
        Ok(())
    }

    /// Keeps the run that is on show in a place of the page, instead of the one kept there before.
    pub async fn keep_run(&self, place: &str, run: &KeptRun) -> Result<(), StorageError> {
        let bytes = codec::to_bytes(run)?;
        self.put(RUNS, place, &Uint8Array::from(bytes.as_slice())).await
    }

    /// The run that was on show in a place of the page.
    pub async fn kept_run(&self, place: &str) -> Result<Option<KeptRun>, StorageError> {
        let Some(bytes) = self.get(RUNS, place).await? else { return Ok(None) };
        Ok(Some(codec::from_kept(&bytes.unchecked_into::<Uint8Array>().to_vec())?))
    }

    /// Closes the database, so that it can be deleted or upgraded.
    pub fn close(self) {
        self.0.close();
    }

    async fn get(&self, store: &str, key: &str) -> Result<Option<JsValue>, StorageError> {
        let transaction = self.0.transaction(&[store], TransactionMode::ReadOnly)?;
        Ok(transaction.store(store)?.get(key.into()).await?)
    }

    async fn put(&self, store: &str, key: &str, value: &JsValue) -> Result<(), StorageError> {
        let transaction = self.0.transaction(&[store], TransactionMode::ReadWrite)?;
        let target = transaction.store(store)?;
        target.put(value, Some(&key.into())).await?;
        transaction.done().await?;
        Ok(())
    }
}

impl From<rexie::Error> for StorageError {
    fn from(error: rexie::Error) -> Self {
        let reason = match &error {
            rexie::Error::IdbError(cause) => cause.to_string(),
            other => other.to_string(),
        };
        if reason.contains("VersionError") {
            Self::NewerSchema
        } else if reason.contains("QuotaExceededError") {
            Self::Full
        } else {
            Self::Failed { reason }
        }
    }
}
