//! The places apart: a program of their own, which a visitor loads by opening one of them. See `bin/places.rs`.

use crate::pages::checkpoints::Checkpoints;
use crate::pages::compare::Compare;
use crate::pages::hosts::Hosts;
use crate::pages::library::Library;
use crate::pages::overlay::Overlay;
use crate::pages::overlay::view::OverlayView;
use crate::pages::run_file::RunFile;
use crate::pages::watch::Watch;
use crate::route::Route;
use shared::RunId;
use std::cell::Cell;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

/// The place that the address names.
#[component]
pub fn Apart() -> Html {
    // How many times somebody has gone somewhere tells the same link, gone to again, from one that stays.
    let place = use_state(|| (Route::now(), 0));
    {
        let place = place.setter();
        use_effect_with((), move |()| {
            let visits = Cell::new(0_u32);
            let changed = Closure::<dyn Fn()>::new(move || {
                visits.set(visits.get() + 1);
                place.set((Route::now(), visits.get()));
            });
            let window = web_sys::window();
            if let Some(window) = &window {
                let _ = window.add_event_listener_with_callback("hashchange", changed.as_ref().unchecked_ref());
            }
            move || {
                if let Some(window) = window {
                    let hear = changed.as_ref().unchecked_ref();
                    let _ = window.remove_event_listener_with_callback("hashchange", hear);
                }
            }
        });
    }
    let (route, visit) = &*place;
    match route {
        Route::Compare(query) => html! { <Compare query={query.clone()} visit={*visit} /> },
        Route::Watch => html! { <Watch run={None} replays={false} /> },
        Route::WatchRun(run, epoch) => html! { <Watch run={Some((run.clone(), *epoch))} replays={false} /> },
        Route::RunReplays(run, epoch) => html! { <Watch run={Some((run.clone(), *epoch))} replays={true} /> },
        Route::Hosts => html! { <Hosts /> },
        Route::Library => html! { <Library /> },
        Route::Checkpoints(runs) => {
            let runs: Vec<RunId> = runs.split('+').filter_map(|run| RunId::new(run).ok()).collect();
            html! { <Checkpoints {runs} /> }
        }
        Route::Overlay(view) => html! { <Overlay view={OverlayView::parse(view)} /> },
        Route::RunFile(replays) => html! { <RunFile replays={*replays} /> },
        // The page takes this program away.
        _ => Html::default(),
    }
}
