//! Runs in the storage: the one on show, which a reload brings back, and the one that was put aside last, which can be had back
//! after a reload, too.

use crate::route::Route;
use crate::services::share::ShareLink;
use crate::services::storage::{KeptRun, Storage, StorageError};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// The place of the run on show.
pub const ON_SHOW: &str = "lab";

/// The place of the run that was put aside last.
pub const ASIDE: &str = "aside";

/// Under this key a tab remembers at which address it stored which runs on show: all tabs store theirs in the same place.
const STORED: &str = "terrarium.stored";

/// Stores a run in a place, instead of the one there, or none; `failed` is told why it cannot.
pub fn store(place: &'static str, kept: Option<Rc<KeptRun>>, failed: Box<dyn FnOnce(StorageError)>) {
    spawn_local(async move {
        let stored = match Storage::open().await {
            Ok(storage) => {
                if let (ON_SHOW, Some(kept), Some((storage, address))) = (place, &kept, memory()) {
                    let before = storage.get_item(STORED).ok().flatten().unwrap_or_default();
                    // In another place of the page the run is stored, too, and comes back at the Lab's address.
                    let is_lab = matches!(Route::now(), Route::Lab | Route::Shared(_));
                    let there = before.split(' ').next().filter(|_| !is_lab).unwrap_or(&address);
                    let note = noted(&before, there, &name_of(kept));
                    // Where it may not be remembered, a link that is loaded again is opened as what it says.
                    let _ = storage.set_item(STORED, &note);
                }
                storage.keep_run(place, kept.as_deref()).await
            }
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

/// Whether this tab stored this run as the one on show, at the address where it is now.
pub fn is_of_this_tab(kept: &KeptRun) -> bool {
    let note = memory().and_then(|(storage, address)| Some((storage.get_item(STORED).ok()??, address)));
    note.is_some_and(|(note, address)| is_noted(&note, &address, &name_of(kept)))
}

/// The run on show is at this address from now on: what was stored at the present one counts there. Where it is stored later, in
/// another place of the page, it comes back at this one.
pub fn move_to(address: &str) {
    let Some((storage, before)) = memory() else { return };
    let note = storage.get_item(STORED).ok().flatten().unwrap_or_default();
    // Where it may not be remembered, a link that is loaded again is opened as what it says.
    let _ = storage.set_item(STORED, &moved(&note, &before, address));
}

/// A link was opened, at the present address.
pub fn stay() {
    if let Some((_, address)) = memory() {
        move_to(&address);
    }
}

/// What lasts as long as the tab, where the browser allows it, and the address.
fn memory() -> Option<(web_sys::Storage, String)> {
    let window = web_sys::window()?;
    Some((window.session_storage().ok()??, window.location().hash().ok()?))
}

/// What tells a run from others that may be stored, without spaces.
fn name_of(kept: &KeptRun) -> String {
    let checkpoint = &kept.checkpoint;
    let (spec, until_episode) = (checkpoint.spec.clone(), Some(checkpoint.step));
    ShareLink { spec, until_episode, run_hash: Some(checkpoint.hash.to_string()), marks: Vec::new() }.to_query()
}

/// The note of another run that is about to be stored. The run before stays in it: a page that is left meanwhile may not get
/// to store this one.
fn noted(before: &str, address: &str, run: &str) -> String {
    let (there, runs) = before.split_once(' ').unwrap_or_default();
    let last = runs.rsplit(' ').next().filter(|_| there == address).unwrap_or_default();
    format!("{address} {last} {run}")
}

/// The note at another address: with the runs of the one before, and with none if they were stored elsewhere.
fn moved(note: &str, before: &str, address: &str) -> String {
    let runs = note.split_once(' ').filter(|(there, _)| *there == before).map_or("", |(_, runs)| runs);
    format!("{address} {runs}")
}

fn is_noted(note: &str, address: &str, run: &str) -> bool {
    note.split_once(' ').is_some_and(|(there, runs)| there == address && runs.split(' ').any(|it| it == run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_knows_the_runs_that_it_stored_last_at_its_address() {
        let first = noted("", "#/lab?env=taxi", "a");
        let second = noted(&first, "#/lab?env=taxi", "b");
        let knows = |note: &str, address: &str| ["a", "b", "c"].map(|run| is_noted(note, address, run));
        assert_eq!(knows("", "#/lab?env=taxi"), [false; 3]);
        assert_eq!(knows(&first, "#/lab?env=taxi"), [true, false, false]);
        assert_eq!(knows(&second, "#/lab?env=taxi"), [true, true, false]);
        assert_eq!(knows(&noted(&second, "#/lab?env=taxi", "c"), "#/lab?env=taxi"), [false, true, true]);
        // The address changes with the run that it tells.
        let elsewhere = moved(&second, "#/lab?env=taxi", "#/lab?env=snake");
        assert_eq!(knows(&elsewhere, "#/lab?env=snake"), [true, true, false]);
        assert_eq!(knows(&elsewhere, "#/lab?env=taxi"), [false; 3]);
        let at_first = moved(&noted("", "", "a"), "", "#/lab?env=snake");
        assert_eq!(knows(&at_first, "#/lab?env=snake"), [true, false, false]);
        // Nothing, or what was made of another link, was stored before: the address alone is known, where the next one counts.
        for note in ["", &second] {
            let address = moved(note, "#/lab", "#/lab?env=snake");
            assert_eq!(knows(&address, "#/lab?env=snake"), [false; 3]);
            assert_eq!(address.split(' ').next(), Some("#/lab?env=snake"));
            assert_eq!(knows(&noted(&address, "#/lab?env=snake", "c"), "#/lab?env=snake"), [false, false, true]);
        }
        // Another link, and what was made of that.
        assert_eq!(knows(&second, "#/lab?env=snake"), [false; 3]);
        assert_eq!(knows(&noted(&second, "#/lab?env=snake", "c"), "#/lab?env=snake"), [false, false, true]);
    }
}
