//! The keeper: what the lab shows survives a reload.

use super::tab_run::TabRun;
use crate::services::storage::{KeptRun, Storage};
use crate::session::Session;
use crate::store::History;
use gloo_timers::callback::Interval;
use shared::command::{Answer, Command};
use shared::event::{Phase, Severity};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;

/// The lab's place in the storage.
const PLACE: &str = "lab";

/// How often the run is kept, in milliseconds, and whenever the page is hidden.
const KEEP_MILLIS: u32 = 5_000;

/// Brings back the run that was on show, or says that there is none. A kept run that cannot be had is no fault of
/// the visitor's: it is told, and the page begins anew.
pub async fn bring_back(run: &TabRun, tell: &dyn Fn(Severity, String)) -> bool {
    let kept = match Storage::open().await {
        Ok(storage) => storage.kept_run(PLACE).await,
        // Without storage there is nothing to bring back; saving tells why.
        Err(_) => return false,
    };
    match kept {
        Ok(Some(kept)) => {
            run.go_on(kept);
            true
        }
        Ok(None) => false,
        Err(error) => {
            tell(Severity::Warning, error.to_string());
            false
        }
    }
}

/// Keeps the run every few seconds and when the page is hidden, as long as the page is open.
pub fn keep_watch(session: &Session) {
    let kept_step = Rc::new(Cell::new((None, 0)));
    let keep = {
        let session = session.clone();
        move || {
            let mark = {
                let view = session.view();
                (view.epoch, view.status.step)
            };
            if session.view().started.is_some() && kept_step.replace(mark) != mark {
                keep(&session);
            }
        }
    };
    let on_hide = keep.clone();
    let hidden = Closure::<dyn Fn()>::new(on_hide);
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        let _ = document.add_event_listener_with_callback("visibilitychange", hidden.as_ref().unchecked_ref());
    }
    hidden.forget();
    Interval::new(KEEP_MILLIS, keep).forget();
}

fn keep(session: &Session) {
    let asked = session.clone();
    session.ask_and(Command::Save {}, move |answer| {
        let Answer::Accepted { checkpoint: Some(checkpoint) } = answer else { return };
        let (history, was_running, speed) = {
            let view = asked.view();
            (History::of(&view), view.status.phase == Phase::Running, view.status.speed)
        };
        let run = KeptRun { checkpoint: *checkpoint, history, was_running, speed };
        spawn_local(async move {
            if let Ok(storage) = Storage::open().await {
                // The next time comes soon; a full disk is told where something is saved by hand.
                let _ = storage.keep_run(PLACE, &run).await;
            }
        });
    });
}
