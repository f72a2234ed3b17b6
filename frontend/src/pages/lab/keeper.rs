//! The keeper: what the lab shows survives a reload.

use super::put_aside;
use super::tab_run::TabRun;
use crate::services::patience::within;
use crate::services::storage::{KeptRun, StorageError};
use crate::text;
use gloo_timers::callback::Interval;
use shared::event::{Phase, Severity};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// How often somebody looks whether the run is to be kept, in milliseconds.
const LOOK_MILLIS: u32 = 1_000;

/// At every so many looks a run that learns is kept; one that holds at the next, and any when the page is hidden.
const LOOKS: u32 = 5;

/// How long the run of the last visit is waited for, in milliseconds.
const PATIENCE_MILLIS: u32 = 2_000;

/// The run of the last visit, if there is one and the storage tells in time. A kept run that cannot be had is no fault of
/// the visitor's: it is told. One that comes late is put aside.
pub async fn last_visit(run: &Rc<TabRun>) -> Option<KeptRun> {
    let own = Rc::clone(run);
    let late = move |kept: Result<(Option<KeptRun>, _), StorageError>| {
        if let Ok((Some(kept), _)) = kept {
            own.put_aside(kept);
        }
    };
    match within(PATIENCE_MILLIS, put_aside::earlier(), late).await {
        Some(Ok((kept, aside))) => {
            if let Some(aside) = aside {
                run.have_aside(aside);
            }
            kept
        }
        // Without storage there is nothing to bring back; that nothing is kept is told when something would be.
        Some(Err(StorageError::Unavailable { .. })) | None => None,
        Some(Err(error)) => {
            run.messages.tell(Severity::Warning, error.to_string());
            None
        }
    }
}

/// Keeps the run every few seconds and when the page is hidden, as long as the page is open. The first time that this
/// fails it is told; from then on it is tried in silence.
pub fn keep_watch(run: &Rc<TabRun>) {
    let kept_step = Rc::new(Cell::new((None, 0)));
    let told = Rc::new(Cell::new(false));
    let keep = {
        let run = Rc::clone(run);
        move || {
            let mark = {
                let view = run.session.view();
                (view.epoch, view.status.step)
            };
            if run.session.view().started.is_some() && !run.is_gone() && kept_step.replace(mark) != mark {
                keep(&run, &told);
            }
        }
    };
    let on_hide = keep.clone();
    let hidden = Closure::<dyn Fn()>::new(on_hide);
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        let _ = document.add_event_listener_with_callback("visibilitychange", hidden.as_ref().unchecked_ref());
    }
    hidden.forget();
    let (run, looks) = (Rc::clone(run), Cell::new(0));
    let look = move || {
        looks.set(looks.get() + 1);
        if looks.get() % LOOKS == 0 || run.session.view().phase() != Phase::Running {
            keep();
        }
    };
    Interval::new(LOOK_MILLIS, look).forget();
}

fn keep(run: &TabRun, told: &Rc<Cell<bool>>) {
    let told = Rc::clone(told);
    run.keep(move |run, kept| {
        let kept = match kept {
            Ok(kept) => kept,
            Err(reason) => {
                if !run.is_gone() && !told.replace(true) {
                    run.messages.tell(Severity::Warning, text::not_kept(&reason));
                }
                return;
            }
        };
        run.is_well();
        if run.is_lent() {
            // What was on show before the lesson is what a reload brings back.
            return;
        }
        store(run, &kept, &told);
    });
}

/// Stores a run as what a reload brings back.
pub fn store(run: &TabRun, kept: &Rc<KeptRun>, told: &Rc<Cell<bool>>) {
    let (messages, told) = (run.messages.clone(), Rc::clone(told));
    let failed = move |error: StorageError| {
        if !told.replace(true) {
            messages.tell(Severity::Warning, text::not_kept(&error));
        }
    };
    put_aside::store(put_aside::ON_SHOW, Some(Rc::clone(kept)), Box::new(failed));
}
