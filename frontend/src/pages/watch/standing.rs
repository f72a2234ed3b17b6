//! How a watched run stands: that its trainer is gone, that it is an earlier start, and which starts there are.

use crate::language::all_told;
use crate::pulse::use_pulse;
use crate::route::{Route, is_marked};
use crate::session::Session;
use crate::store::HostStanding;
use crate::text;
use js_sys::Date;
use shared::event::Phase;
use shared::message::RunSummary;
use shared::{Epoch, RunId};
use wasm_bindgen::JsValue;
use yew::prelude::*;

/// Whose run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct StandingProps {
    /// The run.
    pub session: Session,
}

/// What is said on the picture of a run that does not change: nothing while its host is connected.
#[component]
pub fn Standing(props: &StandingProps) -> Html {
    let (host, phase, is_there) = use_pulse(&props.session, |view| (view.host, view.phase(), view.started.is_some()));
    if !is_there {
        return Html::default();
    }
    let (state, words) = match host {
        HostStanding::Connected | HostStanding::Unreachable => return Html::default(),
        HostStanding::Left(_) if phase != Phase::Ended && is_marked("data-frozen") => {
            ("frozen", String::from(text::SNAPSHOT))
        }
        HostStanding::Left(since) if phase == Phase::Ended => {
            ("ended", text::ended_and_left(since.map(moment).as_deref()))
        }
        HostStanding::Left(since) => ("left", text::trainer_gone(since.map(moment).as_deref())),
        HostStanding::Replaced => ("replaced", String::from(text::EARLIER_START)),
    };
    let present = Route::WatchRun(props.session.run().clone(), None).address();
    html! {
        <div class="case-note standing" data-testid="standing" data-value={state} role="status">
            <span>{ words }</span>
            if host == HostStanding::Replaced { <a href={present}>{ text::SHOW_PRESENT }</a> }
        </div>
    }
}

/// Links to all starts of a run; nothing where there is one only.
pub fn starts(run: &RunId, shown: Option<Epoch>, summary: &RunSummary) -> Html {
    if summary.earlier.is_empty() {
        return Html::default();
    }
    let link = |epoch: Option<Epoch>, name: String, started_millis: f64, entries: u64| {
        html! {
            <li>
                <a href={Route::WatchRun(run.clone(), epoch).address()} aria-current={(epoch == shown).then_some("true")}
                    data-testid={epoch.map_or_else(|| "epoch-present".into(), |epoch| format!("epoch-{epoch}"))}>
                    <b>{ name }</b><span class="number">{ text::start_note(&moment(started_millis), entries) }</span>
                </a>
            </li>
        }
    };
    // Whoever watches the epoch that is the present one by its own address sees the present one.
    let shown_is_listed = summary.earlier.iter().any(|it| Some(it.epoch) == shown);
    html! {
        <details class="starts" open={shown.is_some() && shown_is_listed}>
            <summary data-testid="starts">{ text::earlier_starts(summary.earlier.len()) }</summary>
            <ul>
                { link(None, text::PRESENT_START.into(), summary.started_millis, summary.entries) }
                { for summary.earlier.iter().map(|it| link(Some(it.epoch), all_told(&it.title), it.started_millis, it.entries)) }
            </ul>
        </details>
    }
}

/// What a card says of a run whose publisher is not connected.
pub fn not_live(left_millis: Option<f64>) -> String {
    left_millis.map_or_else(|| text::NOT_LIVE.into(), |millis| text::not_live_since(&moment(millis)))
}

/// A moment as a clock on the wall shows it; of another day, with the date.
pub fn moment(millis: f64) -> String {
    let at = |millis: f64| Date::new(&JsValue::from_f64(millis));
    let (then, now) = (at(millis), at(Date::now()));
    let day = |date: &Date| (date.get_full_year(), date.get_month(), date.get_date());
    let (year, month, date) = day(&then);
    let clock = format!("{:02}:{:02}:{:02}", then.get_hours(), then.get_minutes(), then.get_seconds());
    if day(&then) == day(&now) { clock } else { format!("{year}-{:02}-{date:02} {clock}", month + 1) }
}
