//! The runs of a relay, as cards.

use super::alerts::firing;
use super::relay::{KnownRelay, WatchedRelay, use_relay_session};
use super::relay_form::how_runs_come;
use super::spark::Spark;
use super::standing::not_live;
use crate::components::transport::phase_name;
use crate::format::duration;
use crate::language::all_told;
use crate::route::Route;
use crate::services::library_file::has_words;
use crate::text::{self, hosts, library, overlay};
use shared::event::Phase;
use shared::message::RunSummary;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Cards beyond these show no curve: each curve is a subscription.
const MOST_CURVES: usize = 8;

/// Cards that are made at a time: a relay may have many thousand runs, and whoever looks for one finds it by its words.
const MOST_CARDS: usize = 200;

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
    let search = use_state(String::new);
    let most = use_state(|| MOST_CARDS);
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
    let fits = |run: &&RunSummary| {
        has_words(&search, &[run.run.as_str(), &run.title, &run.name, &all_told(&run.title), &run.tags.join(" ")])
    };
    let shown: Vec<_> = runs.into_iter().filter(fits).collect();
    let further = shown.len().saturating_sub(*most);
    let more = {
        let most = most.clone();
        move |_: MouseEvent| most.set(*most + MOST_CARDS)
    };
    let find = {
        let search = search.setter();
        move |event: InputEvent| search.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    html! {
        <>
            <input type="search" class="text-input" data-testid="filter-runs" placeholder={overlay::FIND} aria-label={overlay::FIND} oninput={find} />
            if shown.is_empty() { <p class="empty" role="status">{ library::NOTHING_FOUND }</p> }
            <ul class="runs">
                { for shown.into_iter().take(*most).enumerate().map(|(index, run)| html! {
                    <li key={run.run.to_string()}><RunCard summary={run.clone()} relay={props.relay.clone()} curve={index < MOST_CURVES} /></li>
                }) }
            </ul>
            if further > 0 { <button class="button" data-testid="further-runs" onclick={more}>{ text::further_runs(further) }</button> }
        </>
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
    let title = [run.name.clone(), all_told(&run.title)].into_iter().find(|it| !it.is_empty());
    html! {
        <a class="card run-card" href={Route::WatchRun(run.run.clone(), None).address()} data-testid={format!("run-card-{}", run.run)}
            data-value={if run.live { "live" } else { "not-live" }} data-phase={run.phase.map(phase_name)}>
            <header>
                <b>{ title.unwrap_or_else(|| run.run.to_string()) }</b>
                <span class="state" data-live={run.live.to_string()}><i></i>{ doing(run) }</span>
            </header>
            <div class="spark">
                if props.curve { <RunCurve summary={run.clone()} relay={props.relay.clone()} /> }
            </div>
            if !run.tags.is_empty() { <p class="tags">{ run.tags.join(" · ") }</p> }
            { firing(run) }
            <footer class="number">
                <span>{ run.run.to_string() }</span>
                if !run.trainer.is_empty() { <span data-testid="trainer" title={text::TRAINER}>{ run.trainer.clone() }</span> }
                <span>{ text::since(&duration(age)) }</span>
                <span>{ text::entries(run.entries) }</span>
                if run.viewers > 0 { <span data-testid="viewers" data-value={run.viewers.to_string()}>{ text::viewers(run.viewers) }</span> }
                if !run.earlier.is_empty() { <span>{ text::earlier_starts(run.earlier.len()) }</span> }
            </footer>
        </a>
    }
}

/// What a run does, or since when nobody trains it.
fn doing(run: &RunSummary) -> String {
    let phase = match run.phase {
        Some(Phase::Running) if run.live => Some(hosts::RUNNING),
        Some(Phase::Paused) if run.live => Some(hosts::PAUSED),
        Some(Phase::Ended) => Some(hosts::ENDED),
        _ => None,
    };
    match (phase, run.live) {
        (Some(phase), _) => phase.into(),
        (None, true) => text::LIVE.into(),
        (None, false) => not_live(run.left_millis),
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
