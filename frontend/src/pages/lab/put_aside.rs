//! Runs in the storage: the one on show, which a reload brings back, and the one that was put aside last, which can be had back
//! after a reload, too.

use crate::services::storage::{KeptRun, Storage, StorageError};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The place of the run on show.
pub const ON_SHOW: &str = "lab";

/// The place of the run that was put aside last.
pub const ASIDE: &str = "aside";

/// Stores a run in a place, instead of the one there; `failed` is told why it cannot.
pub fn store(place: &'static str, kept: Rc<KeptRun>, failed: Box<dyn FnOnce(StorageError)>) {
    spawn_local(async move {
        let stored = match Storage::open().await {
            Ok(storage) => storage.keep_run(place, &kept).await,
            Err(error) => Err(error),
        };
        if let Err(error) = stored {
            failed(error);
        }
    });
}

/// The run of the last visit, and what had been put aside by then.
pub async fn earlier() -> Result<(Option<KeptRun>, Option<KeptRun>), StorageError> {
    let storage = Storage::open_at_last().await?;
    let on_show = storage.kept_run(ON_SHOW).await?;
    // One that cannot be read is no fault of the run on show.
    Ok((on_show, storage.kept_run(ASIDE).await.unwrap_or_default()))
}
