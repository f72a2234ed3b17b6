//! The runs of a relay, as cards.

use super::alerts::firing;
use super::relay::{KnownRelay, WatchedRelay, use_relay_session};
use super::relay_form::how_runs_come;
use super::spark::Spark;
use super::standing::not_live;
use crate::format::duration;
use crate::language::all_told;
use crate::route::Route;
use crate::text;
use shared::message::RunSummary;
use yew::prelude::*;

/// Cards beyond these show no curve: each curve is a subscription.
const MOST_CURVES: usize = 8;

/// What is known.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RunListProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// What is known of it.
    pub known: KnownRelay,
}

/// The cards.
#[component]
pub fn RunList(props: &RunListProps) -> Html {
    let Some(runs) = &props.known.runs else {
        return html! {
            <ul class="runs" aria-busy="true" aria-label={text::RUNS_WAIT}>
                { for (0..3).map(|_| html! { <li class="card run-card waiting"></li> }) }
            </ul>
        };
    };
    // Hosts have a place of their own.
    let runs: Vec<_> = runs.iter().filter(|run| !run.is_host).collect();
    if runs.is_empty() {
        return html! {
            <>
                <p class="empty" data-testid="no-runs">{ text::NO_RUNS }</p>
                { how_runs_come() }
            </>
        };
    }
    html! {
        <ul class="runs">
            { for runs.into_iter().enumerate().map(|(index, run)| html! {
                <li key={run.run.to_string()}><RunCard summary={run.clone()} relay={props.relay.clone()} curve={index < MOST_CURVES} /></li>
            }) }
        </ul>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RunCardProps {
    summary: RunSummary,
    relay: WatchedRelay,
    curve: bool,
}

#[component]
fn RunCard(props: &RunCardProps) -> Html {
    let run = &props.summary;
    let age = (js_sys::Date::now() - run.started_millis).max(0.0);
    let title = if run.title.is_empty() { run.run.to_string() } else { all_told(&run.title) };
    html! {
        <a class="card run-card" href={Route::WatchRun(run.run.clone(), None).address()} data-testid={format!("run-card-{}", run.run)}
            data-value={if run.live { "live" } else { "not-live" }}>
            <header>
                <b>{ title }</b>
                <span class="state" data-live={run.live.to_string()}><i></i>{ if run.live { String::from(text::LIVE) } else { not_live(run.left_millis) } }</span>
            </header>
            <div class="spark">
                if props.curve { <RunCurve summary={run.clone()} relay={props.relay.clone()} /> }
            </div>
            { firing(run) }
            <footer class="number">
                <span>{ run.run.to_string() }</span>
                <span>{ text::since(&duration(age)) }</span>
                <span>{ text::entries(run.entries) }</span>
                if !run.earlier.is_empty() { <span>{ text::earlier_starts(run.earlier.len()) }</span> }
            </footer>
        </a>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RunCurveProps {
    summary: RunSummary,
    relay: WatchedRelay,
}

#[component]
fn RunCurve(props: &RunCurveProps) -> Html {
    let session = use_relay_session(&props.relay, &props.summary.run, None);
    html! { <Spark {session} /> }
}
