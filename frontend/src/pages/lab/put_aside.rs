//! The run that was put aside last, stored so that it can be had back after a reload, too.

use crate::services::patience::within;
use crate::services::storage::{KeptRun, Storage};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Its place in the storage.
const PLACE: &str = "aside";

/// How long it is waited for, in milliseconds.
const PATIENCE_MILLIS: u32 = 2_000;

/// The run that was put aside last before the page was loaded, if the storage tells.
pub async fn earlier() -> Option<KeptRun> {
    let find = async { Storage::open_at_last().await?.kept_run(PLACE).await };
    within(PATIENCE_MILLIS, find, |_| ()).await?.ok()?
}

/// Stores what was put aside last, so that it can be had back after a reload, too.
pub fn store(kept: Rc<KeptRun>) {
    spawn_local(async move {
        // Where nothing can be stored, that is told of the run on show.
        if let Ok(storage) = Storage::open().await {
            let _ = storage.keep_run(PLACE, &kept).await;
        }
    });
}
