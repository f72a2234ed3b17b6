//! What the browser keeps: saved agents, the run on show, settings. A reload loses nothing.

use super::library_file::FileError;
use super::patience::within;
use crate::store::History;
use js_sys::{Array, Uint8Array};
use rexie::{ObjectStore, Rexie, TransactionMode};
use serde::{Deserialize, Serialize};
use shared::checkpoint::Checkpoint;
use shared::codec::{self, CodecError};
use shared::event::Speed;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::DomException;

/// The database's name.
const NAME: &str = "terrarium";

/// The database's version; a page of an older version refuses to touch a newer one.
const SCHEMA: u32 = 1;

/// Files of the library, by id; the first ones were agents.
const AGENTS: &str = "agents";
/// What lists show of these, by id.
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
    #[error(
        "The browser has no room left for this. Nothing was lost: delete something in the library, or save to a file."
    )]
    Full,
    /// Not there.
    #[error("There is no {name:?} any more; it was deleted, perhaps in another tab.")]
    Missing {
        /// What was asked for.
        name: String,
    },
    /// There, but not readable.
    #[error(transparent)]
    File(#[from] FileError),
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

/// How long the database is waited for, in milliseconds.
const PATIENCE_MILLIS: u32 = 2_000;

/// How long it is waited for to read or write something, which may be large.
const WORK_PATIENCE_MILLIS: u32 = 10_000;

thread_local! {
    /// Whether the database did not answer in time, and has not since.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
    /// The page's database once it is open: whatever opens leaves listeners behind.
    static OPENED: RefCell<Option<Storage>> = const { RefCell::new(None) };
}

/// The browser's database.
#[derive(Clone, Debug)]
pub struct Storage(Rc<Rexie>);

impl Storage {
    /// Opens the page's database. One that does not answer is given up after a moment, and at once from then on, until
    /// it answers after all.
    pub async fn open() -> Result<Self, StorageError> {
        if let Some(opened) = OPENED.with_borrow(Clone::clone) {
            return Ok(opened);
        }
        if IS_SILENT.get() {
            return Err(StorageError::Silent);
        }
        let late = |_: Result<Self, StorageError>| IS_SILENT.set(false);
        let opened = within(PATIENCE_MILLIS, Self::open_at_last(), late).await;
        opened.unwrap_or_else(|| {
            IS_SILENT.set(true);
            Err(StorageError::Silent)
        })
    }

    /// Opens the page's database, however long that takes.
    pub async fn open_at_last() -> Result<Self, StorageError> {
        if let Some(opened) = OPENED.with_borrow(Clone::clone) {
            return Ok(opened);
        }
        let opened = Self::open_named(NAME).await?;
        OPENED.set(Some(opened.clone()));
        Ok(opened)
    }

    /// Opens a database of another name, for tests.
    pub async fn open_named(name: &str) -> Result<Self, StorageError> {
        let stores = [AGENTS, LABELS, RUNS].map(ObjectStore::new);
        let builder =
            stores.into_iter().fold(Rexie::builder(name).version(SCHEMA), rexie::RexieBuilder::add_object_store);
        builder.build().await.map(|it| Self(Rc::new(it))).map_err(|error| match error.into() {
            StorageError::Failed { reason } => StorageError::Unavailable { reason },
            other => other,
        })
    }

    /// Asks the browser not to clear this page's data when it runs short of room.
    pub fn ask_to_persist() {
        if let Some(window) = web_sys::window() {
            // A request: the browser decides, and nothing depends on its answer.
            let _ = window.navigator().storage().persist();
        }
    }

    /// Whether the browser clears this page's data only when it is told to; none if it does not tell.
    pub async fn is_persistent() -> Option<bool> {
        JsFuture::from(web_sys::window()?.navigator().storage().persisted().ok()?).await.ok()?.as_bool()
    }

    /// Asks for that, and tells whether the browser agreed.
    pub async fn persist() -> bool {
        let asked = web_sys::window().and_then(|window| window.navigator().storage().persist().ok());
        match asked {
            Some(asked) => JsFuture::from(asked).await.ok().and_then(|it| it.as_bool()).unwrap_or(false),
            None => false,
        }
    }

    /// What lists show, of everything.
    pub(super) async fn labels(&self) -> Result<Vec<JsValue>, StorageError> {
        let labels = self.work(|database: Rc<Rexie>| async move {
            let transaction = database.transaction(&[LABELS], TransactionMode::ReadOnly)?;
            Ok(transaction.store(LABELS)?.get_all(None, None).await?.into_iter().collect::<Array>().into())
        });
        Ok(labels.await?.unchecked_into::<Array>().to_vec())
    }

    pub(super) async fn item_file(&self, id: &str) -> Result<Option<JsValue>, StorageError> {
        self.get(AGENTS, id).await
    }

    pub(super) async fn put_label(&self, id: &str, label: &Uint8Array) -> Result<(), StorageError> {
        self.put(LABELS, id, label).await
    }

    /// Both at once, or neither.
    pub(super) async fn put_file_and_label(
        &self,
        id: &str,
        file: &JsValue,
        label: &Uint8Array,
    ) -> Result<(), StorageError> {
        let (key, file, label) = (JsValue::from_str(id), file.clone(), label.clone());
        let done = self.work(|database: Rc<Rexie>| async move {
            let transaction = database.transaction(&[AGENTS, LABELS], TransactionMode::ReadWrite)?;
            transaction.store(AGENTS)?.put(&file, Some(&key)).await?;
            transaction.store(LABELS)?.put(&label, Some(&key)).await?;
            transaction.done().await?;
            Ok(JsValue::UNDEFINED)
        });
        done.await.map(drop)
    }

    /// Removes both and gives the file, if there was one.
    pub(super) async fn remove_item(&self, id: &str) -> Result<Option<JsValue>, StorageError> {
        let key = JsValue::from_str(id);
        let file = self.work(|database: Rc<Rexie>| async move {
            let transaction = database.transaction(&[AGENTS, LABELS], TransactionMode::ReadWrite)?;
            let file = transaction.store(AGENTS)?.get(key.clone()).await?;
            transaction.store(AGENTS)?.delete(key.clone()).await?;
            transaction.store(LABELS)?.delete(key).await?;
            transaction.done().await?;
            Ok(file.unwrap_or_default())
        });
        Ok(Some(file.await?).filter(|it| !it.is_undefined()))
    }

    /// Keeps a run in a place of the page, or none, instead of the one kept there before.
    pub async fn keep_run(&self, place: &str, run: Option<&KeptRun>) -> Result<(), StorageError> {
        let bytes = match run {
            Some(run) => Uint8Array::from(codec::to_bytes(run)?.as_slice()).into(),
            None => JsValue::UNDEFINED,
        };
        self.put(RUNS, place, &bytes).await
    }

    /// The run that was on show in a place of the page.
    pub async fn kept_run(&self, place: &str) -> Result<Option<KeptRun>, StorageError> {
        let Some(bytes) = self.get(RUNS, place).await? else { return Ok(None) };
        Ok(Some(codec::from_kept(&bytes.unchecked_into::<Uint8Array>().to_vec())?))
    }

    /// Closes the database, so that it can be deleted or upgraded. Work that is under way ends first.
    pub fn close(self) {
        if let Some(database) = Rc::into_inner(self.0) {
            database.close();
        }
    }

    async fn get(&self, store: &'static str, key: &str) -> Result<Option<JsValue>, StorageError> {
        let key = JsValue::from_str(key);
        let value = self.work(|database: Rc<Rexie>| async move {
            let transaction = database.transaction(&[store], TransactionMode::ReadOnly)?;
            Ok(transaction.store(store)?.get(key).await?.unwrap_or_default())
        });
        Ok(Some(value.await?).filter(|it| !it.is_undefined()))
    }

    async fn put(&self, store: &'static str, key: &str, value: &JsValue) -> Result<(), StorageError> {
        let (key, value) = (JsValue::from_str(key), value.clone());
        let done = self.work(|database: Rc<Rexie>| async move {
            let transaction = database.transaction(&[store], TransactionMode::ReadWrite)?;
            transaction.store(store)?.put(&value, Some(&key)).await?;
            transaction.done().await?;
            Ok(JsValue::UNDEFINED)
        });
        done.await.map(drop)
    }

    /// Does something with the database, and gives up what it does not answer: a disk may hang after it was opened.
    async fn work<F>(&self, work: impl FnOnce(Rc<Rexie>) -> F) -> Result<JsValue, StorageError>
    where
        F: Future<Output = Result<JsValue, StorageError>> + 'static,
    {
        let work: Pin<Box<dyn Future<Output = Result<JsValue, StorageError>>>> = Box::pin(work(Rc::clone(&self.0)));
        let done = within(WORK_PATIENCE_MILLIS, work, drop).await.unwrap_or(Err(StorageError::Silent));
        if done.is_err() {
            // A browser closes a database whose data somebody clears: the next one who asks opens it anew.
            OPENED.set(None);
        }
        done
    }
}

impl From<rexie::Error> for StorageError {
    fn from(error: rexie::Error) -> Self {
        use idb::Error;
        match error {
            rexie::Error::IdbError(Error::DomException(exception)) => Self::refused(&exception),
            // What is refused before a request is made.
            rexie::Error::IdbError(
                Error::IndexedDbNotFound(thrown)
                | Error::IndexedDbOpenFailed(thrown)
                | Error::TransactionOpenFailed(thrown)
                | Error::UpdateFailed(thrown)
                | Error::DeleteFailed(thrown)
                | Error::GetFailed(thrown)
                | Error::GetAllFailed(thrown),
            ) => match thrown.dyn_ref::<DomException>() {
                Some(exception) => Self::refused(exception),
                None => Self::without_reason(),
            },
            _ => Self::without_reason(),
        }
    }
}

impl StorageError {
    fn refused(exception: &DomException) -> Self {
        match exception.name().as_str() {
            "VersionError" => Self::NewerSchema,
            "QuotaExceededError" => Self::Full,
            // The sentence that it stands in has a full stop of its own.
            name => Self::Failed { reason: format!("{name}: {}", exception.message().trim_end_matches('.')) },
        }
    }

    fn without_reason() -> Self {
        Self::Failed { reason: "it gives no reason".into() }
    }
}
