//! Overlay: any metrics of any runs of a relay over each other, by group, with what is different between them. What is shown stands in
//! the address.

pub mod chart;
pub mod groups;
pub mod parallel;
pub mod pareto;
pub mod scale;
pub mod trace;
pub mod view;

use crate::components::messages::use_messages;
use crate::language::Text;
pub(crate) use crate::text::overlay as words;

use crate::charts::sample::XAxis;
use crate::components::icons::{Symbol, icon};
use crate::format::{count, fixed};
use crate::pages::reader::{Read, use_read};
use crate::pages::watch::lost_banner;
use crate::pages::watch::relayed::{before_the_relay_tells, beside_runs, relay_in_head, use_relay};
use crate::route::Route;
use crate::text;
use chart::{OverlayChart, OverlayCurve, swatch};
use groups::{Difference, differences, groups, mean_of, smoothed};
use parallel::Parallel;
use pareto::Pareto;
use shared::RunId;
use std::collections::BTreeSet;
use std::rc::Rc;
use trace::{Trace, described};
use view::{OverlayMeasure, OverlayView};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Curves over each other, unless runs are chosen one by one.
const MOST_CURVES: usize = 32;

/// Episodes that can be averaged.
const WINDOWS: [u32; 5] = [1, 10, 50, 200, 1_000];

/// What is shown.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OverlayProps {
    /// As the address has it.
    pub view: OverlayView,
}

/// The place.
#[component]
pub fn Overlay(props: &OverlayProps) -> Html {
    let (messages, spoken) = use_messages();
    let (relay, known) = use_relay(&messages, beside_runs);
    let read = use_read::<Trace>(&relay, &known);
    let nowhere = || html! { <p class="card relay-form">{ words::NO_RELAY }</p> };
    let body = match before_the_relay_tells(&relay, &known, nowhere, words::WAITING) {
        Some(before) => before,
        None => html! { <Desk view={props.view.clone()} {read} /> },
    };
    html! {
        <>
            { lost_banner(&relay, &known) }
            <main class="watch hosts overlay" data-testid="overlay">
                <div class="watch-head">
                    <a class="back" href={Route::Watch.address()}>{ icon(Symbol::Back) }{ text::ALL_RUNS }</a>
                    <h1>{ text::OVERLAY }</h1>
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
struct OverlayDeskProps {
    view: OverlayView,
    read: Read<Trace>,
}

/// Goes to another view. It takes the place of this one, so that "back" leaves.
fn show(view: &OverlayView) {
    if let Some(window) = web_sys::window() {
        let _ = window.location().replace(&view.address());
    }
}

/// Everything about the runs.
#[component]
fn Desk(props: &OverlayDeskProps) -> Html {
    let (view, read) = (&props.view, &props.read);
    let pointed = use_state_eq(|| None::<f64>);
    let outstanding = use_state_eq(|| None::<usize>);
    let finding = use_state_eq(String::new);
    if read.rows.is_empty() {
        let is_reading = read.read < read.all;
        return html! {
            <section class="card host" aria-busy={is_reading.to_string()}><p class="empty" data-testid="overlay-empty">{ if is_reading { words::WAITING } else { words::NO_RUNS } }</p></section>
        };
    }
    let chosen: Vec<Trace> = if view.runs.is_empty() {
        read.rows.iter().take(MOST_CURVES).cloned().collect()
    } else {
        read.rows.iter().filter(|it| view.runs.contains(&it.run)).cloned().collect()
    };
    let differences = differences(&chosen);
    let groups = groups(&chosen, &differences, &view.by);
    let is_grouped = differences.iter().any(|it| it.name == view.by);
    // A run has the colour of its group.
    let places: Vec<usize> = (0..chosen.len())
        .map(|run| groups.iter().position(|group| group.members.contains(&run)).unwrap_or_default())
        .collect();
    let stands_out = (*outstanding).and_then(|run| places.get(run).copied());
    let point = {
        let pointed = pointed.setter();
        Callback::from(move |place: Option<f64>| pointed.set(place))
    };
    let point_run = {
        let outstanding = outstanding.setter();
        Callback::from(move |run: Option<usize>| outstanding.set(run))
    };
    let window = f64::from(view.window);
    let curves = |measure: &OverlayMeasure| {
        let curve = |(place, group): (usize, &groups::RunGroup)| {
            let raw: Vec<_> = group.members.iter().map(|run| chosen[*run].samples(measure, view.axis)).collect();
            let samples = match raw.as_slice() {
                [only] => smoothed(only, window),
                several => mean_of(several, window),
            };
            (!samples.is_empty()).then(|| OverlayCurve { name: group.name.clone(), place, samples })
        };
        Rc::new(groups.iter().enumerate().filter_map(curve).collect::<Vec<_>>())
    };
    html! {
        <>
            { choices(view, &chosen, &differences) }
            <p class="soft number" role="status" data-testid="overlay-shown" data-value={chosen.len().to_string()}>
                { words::shown(chosen.len(), read.rows.len()) }
                if is_grouped { { " · " }{ words::band(groups.len()) } }
                if view.runs.is_empty() && read.rows.len() > MOST_CURVES { { " · " }{ words::only_newest(MOST_CURVES) } }
            </p>
            <h2 class="unseen">{ words::SHOWN }</h2>
            <div class="overlay-charts">
                { for view.measures.iter().map(|measure| {
                    let (title, log_y) = described(measure, &chosen);
                    html! {
                        <OverlayChart key={measure.name().to_owned()} {title} name={measure.name().to_owned()} curves={curves(measure)} bands={is_grouped} {log_y}
                            reference={(*measure == OverlayMeasure::Return).then(|| optimum(&chosen)).flatten()} pointed={*pointed} on_point={point.clone()} outstanding={stands_out} />
                    }
                }) }
            </div>
            { table(view, read, &chosen, &differences, &places, &finding, &point_run) }
            <Parallel traces={chosen.clone()} places={places.clone()} outstanding={*outstanding} on_point={point_run.clone()} />
            <Pareto traces={chosen} {places} outstanding={*outstanding} on_point={point_run} />
        </>
    }
}

/// The best expected return, where all runs have the same one.
fn optimum(traces: &[Trace]) -> Option<f64> {
    let first = traces.first()?.optimum()?;
    traces.iter().all(|it| it.optimum() == Some(first)).then_some(first)
}

/// What can be chosen about the picture.
fn choices(view: &OverlayView, chosen: &[Trace], differences: &[Difference]) -> Html {
    let axis = |axis: XAxis, words: Text| {
        let next = OverlayView { axis, ..view.clone() };
        html! { <button role="radio" aria-checked={(view.axis == axis).to_string()} data-testid={format!("overlay-x-{}", axis.name())} onclick={move |_: MouseEvent| show(&next)}>{ words }</button> }
    };
    let group = {
        let view = view.clone();
        move |event: Event| {
            show(&OverlayView { by: event.target_unchecked_into::<HtmlSelectElement>().value(), ..view.clone() });
        }
    };
    let smooth = {
        let view = view.clone();
        move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(view::WINDOW);
            show(&OverlayView { window: chosen, ..view.clone() });
        }
    };
    let measures: BTreeSet<OverlayMeasure> =
        chosen.iter().flat_map(Trace::measures).chain(view.measures.iter().cloned()).collect();
    let windows: BTreeSet<u32> = WINDOWS.into_iter().chain([view.window]).collect();
    html! {
        <section class="card host overlay-view" aria-label={words::VIEW}>
            <div class="overlay-choices">
                <span class="field-inline">{ words::ACROSS }
                    <span class="segments" role="radiogroup" aria-label={words::ACROSS}>
                        { axis(XAxis::Step, words::STEPS) }{ axis(XAxis::Episode, words::EPISODES) }{ axis(XAxis::Time, words::SECONDS) }
                    </span>
                </span>
                <label class="field-inline">{ words::GROUP }
                    <select data-testid="overlay-group" onchange={group}>
                        <option value="" selected={view.by.is_empty()}>{ words::NO_GROUP }</option>
                        { for differences.iter().map(|it| html! { <option value={it.name.clone()} selected={it.name == view.by}>{ it.name.clone() }</option> }) }
                    </select>
                </label>
                <label class="field-inline">{ words::SMOOTHING }
                    <select data-testid="overlay-window" onchange={smooth}>
                        { for windows.iter().map(|it| html! { <option value={it.to_string()} selected={*it == view.window}>{ count(u64::from(*it)) }</option> }) }
                    </select>
                </label>
            </div>
            <div class="chips" role="group" aria-label={words::SHOWN}>
                { for measures.iter().map(|measure| {
                    let next = view.toggled(measure);
                    let pressed = view.measures.contains(measure);
                    html! { <button class="chip" aria-pressed={pressed.to_string()} data-testid={format!("show-{}", measure.name())} onclick={move |_: MouseEvent| show(&next)}>{ described(measure, chosen).0 }</button> }
                }) }
            </div>
        </section>
    }
}

/// The runs with what is different between those that are shown, the best first.
fn table(
    view: &OverlayView,
    read: &Read<Trace>,
    chosen: &[Trace],
    differences: &[Difference],
    places: &[usize],
    finding: &UseStateHandle<String>,
    on_point: &Callback<Option<usize>>,
) -> Html {
    let wanted = finding.to_lowercase();
    let matches = |trace: &Trace| {
        [trace.run.as_str(), trace.agent(), trace.environment()].iter().any(|it| it.to_lowercase().contains(&wanted))
    };
    let place_of = |trace: &Trace| chosen.iter().position(|it| it.run == trace.run);
    let mut rows: Vec<&Trace> = read.rows.iter().filter(|it| matches(it)).collect();
    let order = |it: &Trace| it.best().map_or(f64::NEG_INFINITY, |best| best.mean);
    rows.sort_by(|one, other| {
        place_of(other).is_some().cmp(&place_of(one).is_some()).then(order(other).total_cmp(&order(one)))
    });
    let find = {
        let finding = finding.clone();
        move |event: InputEvent| finding.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    let toggle = |run: &RunId| {
        let mut runs: Vec<RunId> = chosen.iter().map(|it| it.run.clone()).collect();
        match runs.iter().position(|it| it == run) {
            Some(place) if runs.len() > 1 => drop(runs.remove(place)),
            Some(_) => {}
            None => runs.push(run.clone()),
        }
        let next = OverlayView { runs, ..view.clone() };
        move |_: Event| show(&next)
    };
    html! {
        <section class="card overlay-table" aria-label={words::DIFFERENCES} data-testid="differences" data-value={differences.len().to_string()}>
            <header>
                <h2>{ words::DIFFERENCES }</h2>
                <input type="search" class="text-input" data-testid="find-runs" aria-label={words::FIND} placeholder={words::FIND_HINT} value={(**finding).clone()} oninput={find} />
            </header>
            <p class="soft">{ words::DIFFERENCES_NOTE }</p>
            <div class="wide" tabindex="0" role="region" aria-label={text::ALL_RUNS}>
            <table class="number">
                <thead><tr>
                    <th scope="col">{ words::RUN }</th>
                    <th scope="col">{ words::BEST }</th>
                    <th scope="col">{ words::STEPS }</th>
                    { for differences.iter().map(|it| html! { <th scope="col">{ it.name.clone() }</th> }) }
                </tr></thead>
                <tbody>
                    { for rows.iter().map(|trace| {
                        let shown = place_of(trace);
                        let (on, off) = (on_point.reform(move |_: PointerEvent| shown), on_point.reform(|_: PointerEvent| None));
                        html! {
                            <tr key={trace.run.to_string()} data-testid={format!("overlay-run-{}", trace.run)} data-shown={shown.is_some().to_string()} onpointerenter={on} onpointerleave={off}>
                                <th scope="row">
                                    <input type="checkbox" checked={shown.is_some()} aria-label={words::show(trace.run.as_str())} onchange={toggle(&trace.run)} />
                                    if let Some(run) = shown { <i class={swatch(places[run])}></i> }
                                    <a href={Route::WatchRun(trace.run.clone(), None).address()}>{ trace.run.to_string() }</a>
                                    if trace.live { <i class="dot" data-live="true" role="img" aria-label={text::LIVE} title={text::LIVE}></i> }
                                </th>
                                <td>{ trace.best().map_or_else(|| "–".to_owned(), |it| fixed(it.mean, 2)) }</td>
                                <td>{ count(trace.steps()) }</td>
                                { for differences.iter().map(|it| html! { <td>{ shown.map(|run| it.values[run].clone()) }</td> }) }
                            </tr>
                        }
                    }) }
                </tbody>
            </table>
            </div>
        </section>
    }
}
