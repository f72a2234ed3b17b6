//! Charts: the curves of a run, every episode accounted for.

pub mod chart;
pub mod export;
pub mod groups;
pub mod painter;
pub mod sample;
pub mod shared_viewport;
pub mod subject;
pub mod surface;

use crate::components::icons::{Symbol, icon};
use crate::files::save_text;
use crate::language::{Text, told, translated};
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::text;
use chart::Chart;
use export::csv_of_episodes;
use groups::{MetricGroup, groups};
use painter::ChartContent;
use plot::Viewport;
use sample::{Quantity, XAxis};
use shared::csv;
use shared::episode::{EpisodeBin, MOST_TOLD};
use shared_viewport::{ChartManner, SharedViewport};
use subject::{ChartSubject, Hue, RunCurve, Source};
use yew::prelude::*;

/// Numbers of episodes that the smooth curve can average.
const WINDOWS: [f64; 4] = [1.0, 10.0, 50.0, 500.0];

/// Charts of metrics that are shown without being asked for; each is a canvas.
const MOST_OPEN: usize = 24;

/// Most charts in a group.
const MOST_IN_GROUP: usize = 96;

/// The colours of metrics, in turns.
const HUES: [Hue; 4] = [Hue::Blue, Hue::Plum, Hue::Moss, Hue::Amber];

/// The run whose curves are shown.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ChartsProps {
    /// The run.
    pub session: Session,
}

/// All curves of a run, one chart each, built from what the run sends.
#[component]
pub fn Charts(props: &ChartsProps) -> Html {
    let manner = use_state(ChartManner::default);
    let viewport = use_memo((), |()| SharedViewport::default());
    let metrics = use_pulse(&props.session, groups);
    let content = |source: Source, hue: Hue| ChartContent {
        subject: ChartSubject::new(RunCurve { session: props.session.clone(), source, hue }),
        manner: *manner,
        viewport: (*viewport).clone(),
    };
    let long = use_pulse(&props.session, |view| {
        let newest = view.episodes.bins().last();
        let is_long = |place: u64| ChartManner::default().is_log_x(place as f64);
        newest.map_or((false, false), |bin| (is_long(bin.last_episode), is_long(bin.step)))
    });
    let beyond = use_pulse(&props.session, |view| view.episodes.episodes() > MOST_TOLD);
    let log_x = manner.log_x.unwrap_or(match manner.axis {
        XAxis::Episode => long.0,
        XAxis::Step => long.1,
        XAxis::Time => false,
    });
    let mean = AttrValue::from(text::mean_of_last(manner.window));
    let set_manner = {
        let manner = manner.clone();
        Callback::from(move |it| manner.set(it))
    };
    html! {
        <>
            { bar(*manner, log_x, &viewport, &set_manner, save_episodes(&props.session)) }
            if beyond { <p key="note" class="soft chart-note" data-testid="episodes-csv-note">{ text::EPISODES_CSV_NOTE }</p> }
            // With keys everywhere a group that comes takes no other's place.
            <div key="episodes" class="charts">
                // Without keys the first charts would become others when one comes.
                <Chart key="return" title={text::CHART_RETURN} name="return" decimals={2} unit={mean.clone()}
                    content={content(Source::Episodes(Quantity::Return), Hue::Moss)} />
                <Chart key="length" title={text::CHART_LENGTH} name="length" decimals={1} unit={mean}
                    content={content(Source::Episodes(Quantity::Length), Hue::Amber)} />
            </div>
            { for metrics.iter().map(|group| html! {
                <ChartGroup key={group.heading.clone()} group={group.clone()} open={opens(&metrics, group)}
                    session={props.session.clone()} manner={*manner} viewport={(*viewport).clone()} />
            }) }
        </>
    }
}

/// Whether a group's charts are shown at first: as long as there are not too many before it and in it.
fn opens(all: &[MetricGroup], group: &MetricGroup) -> bool {
    let place = all.iter().position(|it| it == group).unwrap_or_default();
    let charts: usize = all[..=place].iter().map(|it| it.metrics.len()).sum();
    charts <= MOST_OPEN || (place == 0 && group.metrics.len() <= MOST_IN_GROUP)
}

/// A group of metrics.
#[derive(Clone, Debug, PartialEq, Properties)]
struct ChartGroupProps {
    group: MetricGroup,
    /// Whether its charts are shown until somebody folds them.
    open: bool,
    session: Session,
    manner: ChartManner,
    viewport: SharedViewport,
}

/// The charts of a group under their heading, which folds them.
#[component]
fn ChartGroup(props: &ChartGroupProps) -> Html {
    let chosen = use_state(|| None::<bool>);
    let open = chosen.unwrap_or(props.open);
    let heading = if props.group.heading.is_empty() {
        String::from(text::OTHER_METRICS)
    } else {
        text::capital(&translated(&props.group.heading))
    };
    let fold = {
        let chosen = chosen.clone();
        move |_: MouseEvent| chosen.set(Some(!open))
    };
    let shown = &props.group.metrics[..props.group.metrics.len().min(MOST_IN_GROUP)];
    let left_out = props.group.metrics.len() - shown.len();
    html! {
        <section class="chart-group" aria-label={heading.clone()}>
            <h2 class="heading">
                <button class="fold" aria-expanded={open.to_string()} data-testid={format!("metrics-{}", props.group.heading)} onclick={fold}>
                    { heading }<span class="count number">{ props.group.metrics.len() }</span>
                </button>
            </h2>
            if open {
                <div class="charts">
                    { for shown.iter().enumerate().map(|(index, (metric, name))| {
                        let (source, hue) = (Source::Metric(metric.clone()), HUES[index % HUES.len()]);
                        let subject = ChartSubject::new(RunCurve { session: props.session.clone(), source, hue });
                        html! {
                            <Chart key={&*metric.name} title={text::capital(&translated(&metric.title))} name={name.clone()} decimals={3}
                                unit={AttrValue::default()} measured_in={told(&metric.unit)}
                                content={ChartContent { subject, manner: props.manner, viewport: props.viewport.clone() }} />
                        }
                    }) }
                </div>
                if left_out > 0 { <p class="soft">{ text::metrics_left_out(left_out) }</p> }
            }
        </section>
    }
}

/// What all charts of a run have in common: axes and smoothing.
fn bar(
    manner: ChartManner,
    log_x: bool,
    viewport: &SharedViewport,
    on_change: &Callback<ChartManner>,
    on_episodes: Callback<MouseEvent>,
) -> Html {
    let set = setter(viewport, on_change);
    html! {
        <div key="bar" class="charts-bar">
            { axes(manner, log_x, viewport, on_change) }
            <span class="group">
                <span id="smoothing">{ text::SMOOTHING }</span>
                <span class="segments" role="radiogroup" aria-labelledby="smoothing">
                    { for WINDOWS.iter().map(|window| html! {
                        <button role="radio" aria-checked={(manner.window == *window).to_string()} class="number"
                            data-testid={format!("smoothing-{window}")} onclick={set(ChartManner { window: *window, ..manner })}>
                            { *window }
                        </button>
                    }) }
                </span>
            </span>
            <button class="button plain" data-testid="episodes-csv" title={text::EPISODES_CSV_NOTE} onclick={on_episodes}>
                { icon(Symbol::Download) }{ text::EPISODES_CSV }
            </button>
        </div>
    }
}

/// Offers every episode as a row of a file.
fn save_episodes(session: &Session) -> Callback<MouseEvent> {
    let session = session.clone();
    Callback::from(move |_| {
        let view = session.view();
        let has_bins = view.episodes.bins().iter().any(EpisodeBin::is_summary);
        let name = csv::episodes_file_name(&format!("terrarium-{}", session.run()), has_bins);
        save_text(&name, "text/csv", &csv_of_episodes(&view));
    })
}

/// What stands on the horizontal axis, and which axes are logarithmic. `log_x` says whether the horizontal one is now,
/// chosen or not.
pub fn axes(manner: ChartManner, log_x: bool, viewport: &SharedViewport, on_change: &Callback<ChartManner>) -> Html {
    let set = setter(viewport, on_change);
    let axis = |label: Text, testid: &'static str, axis: XAxis| {
        html! {
            <button role="radio" aria-checked={(manner.axis == axis).to_string()} data-testid={testid}
                onclick={set(ChartManner { axis, ..manner })}>{ label }</button>
        }
    };
    html! {
        <>
            <span class="segments" role="radiogroup" aria-label={text::X_AXIS}>
                { axis(text::BY_EPISODE, "x-episode", XAxis::Episode) }
                { axis(text::BY_STEP, "x-step", XAxis::Step) }
                { axis(text::BY_TIME, "x-time", XAxis::Time) }
            </span>
            <span class="segments">
                <button aria-pressed={log_x.to_string()} data-testid="log-x" title={text::LOG_X_HELP}
                    onclick={set(ChartManner { log_x: Some(!log_x), ..manner })}>
                    { text::LOG_X }
                </button>
                <button aria-pressed={manner.log_y.to_string()} data-testid="log-y"
                    onclick={set(ChartManner { log_y: !manner.log_y, ..manner })}>{ text::LOG_Y }</button>
                <button aria-pressed={(!manner.robust).to_string()} data-testid="whole-y" title={text::WHOLE_AXIS_HELP}
                    onclick={set(ChartManner { robust: !manner.robust, ..manner })}>{ text::WHOLE_AXIS }</button>
            </span>
        </>
    }
}

/// Draws in another manner when a button is pressed; what was zoomed into may not be there then.
fn setter(
    viewport: &SharedViewport,
    on_change: &Callback<ChartManner>,
) -> impl Fn(ChartManner) -> Callback<MouseEvent> {
    let (viewport, on_change) = (viewport.clone(), on_change.clone());
    move |next| {
        let viewport = viewport.clone();
        on_change.reform(move |_: MouseEvent| {
            viewport.look(Viewport::follow);
            next
        })
    }
}
