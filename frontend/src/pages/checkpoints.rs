//! Checkpoints: the agents that runs left with their relay as they learned. The needle picks a moment of a run, and the agent of that
//! moment plays in this tab; several runs stand side by side and share the needle.

pub mod earlier;
pub mod fetch;
pub mod needle;
pub mod player;
pub mod row;

use crate::components::icons::{Symbol, icon};
use crate::components::messages::{Messages, use_messages};
use crate::format::count;
use crate::pages::watch::lost_banner;
use crate::pages::watch::relay::{KnownRelay, WatchedRelay};
use crate::pages::watch::relayed::{before_the_relay_tells, beside_runs, relay_in_head, use_relay};
use crate::route::Route;
use crate::text;
use crate::text::checkpoints as words;
use gloo_timers::callback::Interval;
use needle::{all_steps, index_of};
use row::Row;
use shared::RunId;
use std::collections::BTreeMap;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Most runs side by side.
const MOST_RUNS: usize = 4;

/// Steps a second that can be chosen.
const RATES: [f64; 4] = [2.0, 8.0, 30.0, 120.0];

/// Time that each agent plays where one looks at all of them, in milliseconds.
const EACH_MILLIS: u32 = 3_000;

/// Whose agents.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct CheckpointsProps {
    /// The runs.
    pub runs: Vec<RunId>,
}

/// The place.
#[component]
pub fn Checkpoints(props: &CheckpointsProps) -> Html {
    let (messages, spoken) = use_messages();
    let (relay, known) = use_relay(&messages, beside_runs);
    let runs: Vec<RunId> = props.runs.iter().take(MOST_RUNS).cloned().collect();
    let nowhere = || html! { <p class="card relay-form">{ words::NO_RELAY }</p> };
    let body = match before_the_relay_tells(&relay, &known, nowhere, words::WAITING) {
        Some(before) => before,
        None if runs.iter().all(|run| known.lacks(run, None)) => {
            html! { <p class="empty" data-testid="run-gone">{ text::RUN_GONE }</p> }
        }
        None => html! { <Desk relay={relay.clone()} known={known.clone()} runs={runs.clone()} messages={messages} /> },
    };
    let back = match runs.as_slice() {
        [run] => Route::WatchRun(run.clone(), None),
        _ => Route::Watch,
    };
    html! {
        <>
            { lost_banner(&relay, &known) }
            <main class="watch hosts checkpoints" data-testid="checkpoints">
                <div class="watch-head">
                    <a class="back" href={back.address()}>{ icon(Symbol::Back) }{ if runs.len() == 1 { words::BACK_TO_RUN } else { text::ALL_RUNS } }</a>
                    <h1>{ text::CHECKPOINTS }</h1>
                    <span class="soft">{ words::ABOUT }</span>
                </div>
                { body }
            </main>
            { relay_in_head(&known) }
            { spoken }
        </>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct CheckpointsDeskProps {
    relay: WatchedRelay,
    known: KnownRelay,
    runs: Vec<RunId>,
    messages: Messages,
}

/// The needle, and the runs under it.
#[component]
fn Desk(props: &CheckpointsDeskProps) -> Html {
    // None follows the newest.
    let at = use_state_eq(|| None::<u64>);
    let rate = use_state_eq(|| RATES[1]);
    let through = use_state_eq(|| false);
    let steps = use_state_eq(BTreeMap::<RunId, Rc<Vec<u64>>>::new);
    let held = use_mut_ref(BTreeMap::<RunId, Rc<Vec<u64>>>::new);
    let on_steps = {
        let (steps, held) = (steps.setter(), Rc::clone(&held));
        Callback::from(move |(run, left): (RunId, Rc<Vec<u64>>)| {
            held.borrow_mut().insert(run, left);
            steps.set(held.borrow().clone());
        })
    };
    let all = all_steps(props.runs.iter().filter_map(|run| steps.get(run)));
    let index = index_of(&all, *at);
    {
        let (at, all, through) = (at.setter(), all.clone(), through.clone());
        use_effect_with((*through, index, all.len()), move |(goes, index, _)| {
            let (goes, index) = (*goes, *index);
            let interval = goes.then(|| {
                Interval::new(EACH_MILLIS, move || match all.get(index + 1) {
                    Some(next) => at.set(Some(*next)),
                    None => through.set(false),
                })
            });
            move || drop(interval)
        });
    }
    let put = {
        let (at, through) = (at.clone(), through.clone());
        Callback::from(move |step: u64| {
            through.set(false);
            at.set(Some(step));
        })
    };
    let seek = {
        let (put, all) = (put.clone(), all.clone());
        move |event: InputEvent| {
            let index = event.target_unchecked_into::<HtmlInputElement>().value_as_number() as usize;
            if let Some(step) = all.get(index) {
                put.emit(*step);
            }
        }
    };
    let toggle = {
        let (at, through, all) = (at.clone(), through.clone(), all.clone());
        move |_: MouseEvent| {
            if !*through && index + 1 >= all.len() {
                at.set(all.first().copied());
            }
            through.set(!*through);
        }
    };
    let set_rate = {
        let rate = rate.clone();
        move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
            rate.set(chosen.and_then(|it: usize| RATES.get(it).copied()).unwrap_or(RATES[1]));
        }
    };
    let moment = all.get(index).copied();
    let last = all.len().saturating_sub(1);
    html! {
        <>
            <section class="card needle" aria-label={words::NEEDLE}>
                <button class="button" data-testid="run-through" aria-pressed={through.to_string()} disabled={all.len() < 2} title={words::THROUGH_HELP} onclick={toggle}>
                    { icon(if *through { Symbol::Pause } else { Symbol::Play }) }{ words::THROUGH }
                </button>
                <input type="range" data-testid="needle" aria-label={words::NEEDLE} min="0" max={last.to_string()} step="1" value={index.to_string()}
                    disabled={all.len() < 2} aria-valuetext={moment.map(|step| words::at_step(&count(step)))} oninput={seek} />
                <output class="number" data-testid="needle-step" data-value={moment.map(|it| it.to_string())}>
                    { moment.map_or(String::from(words::NONE_YET), |step| words::at_step(&count(step))) }
                </output>
                <label class="field-inline">{ words::RATE }
                    <select data-testid="needle-rate" onchange={set_rate}>
                        { for RATES.iter().enumerate().map(|(index, it)| html! {
                            <option value={index.to_string()} selected={it == &*rate}>{ text::steps_a_second(&it.to_string()) }</option>
                        }) }
                    </select>
                </label>
            </section>
            <div class={classes!("rows", (props.runs.len() > 1).then_some("several"))}>
                { for props.runs.iter().map(|run| html! {
                    <Row key={run.to_string()} relay={props.relay.clone()} known={props.known.clone()} run={run.clone()} at={moment} rate={*rate}
                        on_steps={on_steps.clone()} on_put={put.clone()} messages={props.messages.clone()}
                        away={(props.runs.len() > 1).then(|| address_of(props.runs.iter().filter(|it| *it != run)))} />
                }) }
            </div>
            { beside(props) }
        </>
    }
}

/// Another run of the relay to stand beside.
fn beside(props: &CheckpointsDeskProps) -> Html {
    let others: Vec<_> = props
        .known
        .runs
        .iter()
        .flatten()
        .filter(|it| !it.is_host && !props.runs.contains(&it.run))
        .map(|it| it.run.clone())
        .collect();
    if others.is_empty() || props.runs.len() >= MOST_RUNS {
        return Html::default();
    }
    let runs = props.runs.clone();
    let chosen = move |event: Event| {
        let run = RunId::new(event.target_unchecked_into::<HtmlSelectElement>().value());
        if let (Ok(run), Some(window)) = (run, web_sys::window()) {
            let _ = window.location().set_hash(&address_of(runs.iter().chain([&run])));
        }
    };
    html! {
        <label class="field-inline beside">{ words::BESIDE }
            <select data-testid="beside" onchange={chosen}>
                <option value="" selected={true}>{ words::NO_OTHER }</option>
                { for others.iter().map(|run| html! { <option value={run.to_string()}>{ run.to_string() }</option> }) }
            </select>
        </label>
    }
}

/// The address of this place with these runs.
fn address_of<'a>(runs: impl Iterator<Item = &'a RunId>) -> String {
    Route::Checkpoints(runs.map(RunId::as_str).collect::<Vec<_>>().join("+")).address()
}
