//! Rules of the relay that fire: on the run's card and page, and told when they begin to, by the page and by the browser.

use crate::text;
use js_sys::Reflect;
use shared::alert::FiringAlert;
use shared::message::RunSummary;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, NotificationOptions, NotificationPermission, window};
use yew::prelude::*;

/// What began to fire between two lists of runs, each in words.
pub fn begun(before: &[RunSummary], now: &[RunSummary]) -> Vec<(RunSummary, String)> {
    let fired = |run: &RunSummary, alert: &FiringAlert| {
        let same = before.iter().find(|it| it.run == run.run && it.epoch == run.epoch);
        same.is_some_and(|it| it.alerts.iter().any(|it| it.alert == alert.alert))
    };
    let fresh = |run: &'_ RunSummary| {
        let alerts = run.alerts.iter().filter(|it| !fired(run, it));
        alerts.map(|it| (run.clone(), text::alert_fires(it))).collect::<Vec<_>>()
    };
    now.iter().flat_map(fresh).collect()
}

/// What fires for a run, where anything does.
pub fn firing(run: &RunSummary) -> Html {
    if run.alerts.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="alerts" data-testid="alerts">
            { for run.alerts.iter().map(|it| html! { <li key={it.alert.clone()}>{ text::alert_fires(it) }</li> }) }
        </ul>
    }
}

/// Tells by a notification of the browser, where the page is out of sight and whoever reads it agreed to that.
pub fn notify(run: &RunSummary, words: &str) {
    let hidden = window().and_then(|it| it.document()).is_some_and(|it| it.hidden());
    if !hidden || !has_notifications() || Notification::permission() != NotificationPermission::Granted {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(words);
    options.set_tag(&format!("{}/{words}", run.run));
    // Some browsers have them for service workers only. The page has told it in any case.
    let _ = Notification::new_with_options(run.run.as_str(), &options);
}

/// Whether this browser has notifications; some have none, and none are had outside of secure pages.
fn has_notifications() -> bool {
    Reflect::has(&js_sys::global(), &"Notification".into()).unwrap_or(false)
}

/// Asks whether the browser may tell of alerts, until it was answered.
#[component]
pub fn AskToNotify() -> Html {
    let asked = use_state(|| has_notifications() && Notification::permission() == NotificationPermission::Default);
    if !*asked {
        return Html::default();
    }
    let ask = move |_: MouseEvent| {
        let asked = asked.clone();
        spawn_local(async move {
            if let Ok(answer) = Notification::request_permission() {
                let _ = JsFuture::from(answer).await;
            }
            asked.set(false);
        });
    };
    html! { <button class="button" data-testid="notify" title={text::NOTIFY_NOTE} onclick={ask}>{ text::NOTIFY }</button> }
}
