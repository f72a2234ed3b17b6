//! A run under the needle: its curve, and the agent of the moment at play.

use super::earlier::{EarlierStarts, LeftByStart, kind};
use super::fetch::Fetch;
use super::needle::{agent_at, with_earlier};
use super::player::{JUDGED, Player};
use crate::canvas_size::share_under;
use crate::charts::sample::{Quantity, XAxis, of_episodes};
use crate::components::icons::{Symbol, icon};
use crate::components::messages::Messages;
use crate::format::{count, fixed, short};
use crate::language::told;
use crate::pages::watch::relay::{KnownRelay, WatchedRelay, use_relay_session};
use crate::pages::watch::standing::moment;
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::session::Session;
use crate::stage::Stage;
use crate::stage::painter::{Overlays, Preview};
use crate::store::{RunView, SavedAgent};
use crate::text;
use crate::text::checkpoints as words;
use plot::CurvePyramid;
use shared::agent_file;
use shared::event::Severity;
use shared::{Epoch, RunId};
use std::fmt::Write as _;
use std::rc::Rc;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

/// Size of the curve in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 90.0;

/// Number of episodes that the curve averages.
const WINDOW: f64 = 50.0;

/// A run, and where the needle is.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct CheckpointRowProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// What is known of it.
    pub known: KnownRelay,
    /// The run.
    pub run: RunId,
    /// Steps made at the needle; none before anything is known.
    pub at: Option<u64>,
    /// Steps a second at play.
    pub rate: f64,
    /// Told at which steps the run was saved.
    pub on_steps: Callback<(RunId, Rc<Vec<u64>>)>,
    /// Told where the needle is put.
    pub on_put: Callback<u64>,
    /// How people are talked to.
    pub messages: Messages,
    /// The address of the place without this run, where there are others.
    pub away: Option<String>,
}

/// How the agent of the moment stands.
#[derive(Clone, Debug, PartialEq)]
enum MomentStanding {
    Fetching,
    Plays,
    Refused(String),
}

/// What is told of the run itself.
fn titles(view: &RunView) -> Option<(AttrValue, AttrValue)> {
    view.started.as_ref().map(|it| (told(&it.environment.title), told(&it.agent.title)))
}

/// What the agent of the moment came to.
fn judged(view: &RunView) -> Option<f64> {
    view.metrics.get("evaluation/mean_return").and_then(|series| series.values.last().copied())
}

/// The row.
#[component]
pub fn Row(props: &CheckpointRowProps) -> Html {
    let start = use_state_eq(|| None::<Epoch>);
    let session = use_relay_session(&props.relay, &props.run, *start);
    let own = use_pulse(&session, |view| Rc::clone(&view.saved_agents));
    let titles = use_pulse(&session, titles);
    let kind = use_pulse(&session, kind);
    let is_complete = use_pulse(&session, RunView::is_complete);
    let summary = props.known.runs.iter().flatten().find(|it| it.run == props.run).cloned();
    let (left, on_left) = use_left();
    let shown = start.or_else(|| summary.as_ref().map(|it| it.epoch));
    let saved = (*use_memo((own, Rc::clone(&left), kind, shown), |(own, left, kind, shown)| {
        let same = left.iter().filter(|it| shown.is_none_or(|shown| it.epoch < shown) && it.kind == *kind);
        Rc::new(with_earlier(own, same.map(|it| it.saved.as_slice())))
    }))
    .clone();
    let _grown = use_pulse(&session, |view| view.episodes.bins().last().map(|bin| bin.last_episode));
    let standing = use_state_eq(|| MomentStanding::Fetching);
    let picture = use_node_ref();
    let player = {
        let messages = props.messages.clone();
        use_memo((), move |()| {
            Player::open(Callback::from(move |(severity, words): (Severity, String)| messages.tell(severity, words)))
        })
    };
    let fetch = {
        let relay = props.relay.clone();
        let is_open = relay.admitted().is_some();
        use_memo((props.known.address.clone(), is_open), move |(address, _)| {
            Some(Fetch::open(address.clone()?, relay.admitted()?))
        })
    };
    {
        let (on_steps, run) = (props.on_steps.clone(), props.run.clone());
        use_effect_with(Rc::clone(&saved), move |saved| {
            on_steps.emit((run, Rc::new(saved.iter().map(|it| it.step).collect())));
        });
    }
    {
        let player = Rc::clone(&player);
        use_effect_with(props.rate, move |rate| {
            if let Some(player) = player.as_ref() {
                player.set_rate(*rate);
            }
        });
    }
    let chosen = agent_at(&saved, props.at).cloned();
    {
        let (standing, player, run) = (standing.setter(), Rc::clone(&player), props.run.clone());
        let place = Rc::as_ptr(&fetch).addr();
        let fetch = Rc::clone(&fetch);
        use_effect_with((chosen.as_ref().map(|it| it.file.clone()), place), move |(file, _)| {
            let (Some(file), Some(fetch)) = (file.clone(), fetch.as_ref()) else { return };
            standing.set(MomentStanding::Fetching);
            fetch.fetch(run, file, move |bytes| {
                let checkpoint = bytes.and_then(|bytes| agent_file::read(&bytes).map_err(|error| error.to_string()));
                match (checkpoint, player.as_ref()) {
                    (Ok(checkpoint), Some(player)) => {
                        let refused = standing.clone();
                        standing.set(MomentStanding::Plays);
                        player.play(checkpoint, move |reason| refused.set(MomentStanding::Refused(reason)));
                    }
                    (Ok(_), None) => standing.set(MomentStanding::Refused(String::from(words::NO_WORKER))),
                    (Err(reason), _) => standing.set(MomentStanding::Refused(reason)),
                }
            });
        });
    }
    let (environment, agent) = titles.unwrap_or_default();
    let watch = Route::WatchRun(props.run.clone(), None).address();
    let state = match &*standing {
        _ if chosen.is_none() => "none",
        MomentStanding::Fetching => "fetching",
        MomentStanding::Plays => "plays",
        MomentStanding::Refused(_) => "refused",
    };
    let choices: Vec<&LeftByStart> = left.iter().filter(|it| !it.saved.is_empty()).collect();
    html! {
        <section class="card host checkpoint-row" data-testid={format!("row-{}", props.run)} data-value={state}
            data-step={chosen.as_ref().map(|it| it.step.to_string())} aria-label={props.run.to_string()}>
            <header>
                <h2><a href={watch}>{ props.run.to_string() }</a></h2>
                <span class="soft">{ environment }{ " · " }{ agent }</span>
                <span class="spacer"></span>
                if !choices.is_empty() { { starts(&choices, &start) } }
                if let Some(summary) = summary.filter(|_| is_complete) {
                    <EarlierStarts relay={props.relay.clone()} {summary} left={Rc::clone(&left)} {on_left} />
                }
                if let Some(away) = &props.away {
                    <a class="button plain square" href={away.clone()} aria-label={words::take_away(props.run.as_str())} title={words::TAKE_AWAY}>{ icon(Symbol::Close) }</a>
                }
            </header>
            if chosen.is_none() && props.known.lacks(&props.run, *start) {
                <p class="empty" data-testid="run-gone">{ text::RUN_GONE }</p>
            } else if chosen.is_none() {
                <p class="empty" data-testid="no-checkpoints">{ if is_complete { words::NOTHING_LEFT } else { words::WAITING } }</p>
                if is_complete { <pre class="command"><code>{ words::HOW }</code></pre> }
            } else {
                { curve(&picture, &session.view(), &saved, chosen.as_ref(), &props.on_put) }
                if let MomentStanding::Refused(reason) = &*standing {
                    <p class="banner" data-severity="warning" role="alert" data-testid="checkpoint-refused">{ reason.clone() }</p>
                }
                if let Some(player) = player.as_ref() {
                    <Play session={player.session().clone()} chosen={chosen.clone()} />
                }
            }
        </section>
    }
}

/// What earlier starts left, the newest first, as it is read.
#[hook]
fn use_left() -> (Rc<Vec<LeftByStart>>, Callback<LeftByStart>) {
    let left = use_state_eq(Rc::<Vec<LeftByStart>>::default);
    let held = use_mut_ref(Vec::<LeftByStart>::new);
    let on_left = {
        let (left, held) = (left.setter(), Rc::clone(&held));
        use_callback((), move |news: LeftByStart, ()| {
            let mut held = held.borrow_mut();
            if !held.iter().any(|it| it.epoch == news.epoch) {
                held.push(news);
                held.sort_by_key(|it| std::cmp::Reverse(it.epoch));
                left.set(Rc::new(held.clone()));
            }
        })
    };
    ((*left).clone(), on_left)
}

/// The choice of a start of which the curve is shown.
fn starts(choices: &[&LeftByStart], start: &UseStateHandle<Option<Epoch>>) -> Html {
    let epochs: Vec<Epoch> = choices.iter().map(|it| it.epoch).collect();
    let choose = {
        let start = start.clone();
        move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value().parse::<usize>().ok();
            start.set(chosen.and_then(|it| epochs.get(it).copied()));
        }
    };
    html! {
        <label class="field-inline">{ words::START }
            <select data-testid="checkpoint-start" onchange={choose}>
                <option value="" selected={start.is_none()}>{ text::PRESENT_START }</option>
                { for choices.iter().enumerate().map(|(index, it)| html! {
                    <option value={index.to_string()} selected={**start == Some(it.epoch)}>{ moment(it.started_millis) }</option>
                }) }
            </select>
        </label>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct PlayProps {
    session: Session,
    chosen: Option<SavedAgent>,
}

/// The stage, and what the agent comes to.
#[component]
fn Play(props: &PlayProps) -> Html {
    let inspected = use_state_eq(|| None::<u32>);
    let judged = use_pulse(&props.session, judged);
    let words = use_pulse(&props.session, |view| view.frame.as_ref().map(|frame| frame.scene.words.clone()));
    let on_inspect = {
        let inspected = inspected.clone();
        Callback::from(move |state| inspected.set(state))
    };
    let moment = props.chosen.as_ref().map(|it| words::moment(&count(it.step), &count(it.episode)));
    html! {
        <>
            <p class="figures number">
                <span data-testid="checkpoint-moment">{ moment }</span>
                <span data-testid="checkpoint-judged" data-value={judged.map(|it| it.to_string())}>
                    { judged.map_or(String::from(words::JUDGING), |mean| words::judged(&fixed(mean, 2), JUDGED)) }
                </span>
            </p>
            <div class="case">
                <Stage session={props.session.clone()} overlays={Overlays::default()} inspected={*inspected} {on_inspect} playing={false}
                    preview={None::<Rc<Preview>>} words={words.unwrap_or_else(|| text::STAGE_WAITS.into())} />
            </div>
        </>
    }
}

/// Mean returns by step, the moments that were saved, and the needle. A click puts the needle there.
fn curve(
    picture: &NodeRef,
    view: &RunView,
    saved: &[SavedAgent],
    chosen: Option<&SavedAgent>,
    on_put: &Callback<u64>,
) -> Html {
    let samples = of_episodes(&view.episodes, Quantity::Return, XAxis::Step);
    let smooth = CurvePyramid::of(samples, WINDOW);
    let (samples, mean) = (smooth.samples(), smooth.smooth());
    let last_step = samples.last().map_or(0.0, |it| it.x).max(saved.last().map_or(0.0, |it| it.step as f64)).max(1.0);
    let finite = || mean.iter().copied().filter(|it| it.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let span = (high - low).max(1e-9);
    let across = move |step: f64| step / last_step * WIDTH;
    let mut line = String::new();
    for column in smooth.columns(0..samples.len(), across) {
        if column.smooth.is_finite() {
            let y = 6.0 + (1.0 - (column.smooth - low) / span) * (HEIGHT - 20.0);
            let _ = write!(line, "{}{} {y:.1}", if line.is_empty() { "M" } else { "L" }, column.pixel);
        }
    }
    let put = {
        let (picture, on_put) = (picture.clone(), on_put.clone());
        move |event: MouseEvent| {
            let Some(picture) = picture.cast::<Element>() else { return };
            let (share, _) = share_under(&picture, &event);
            on_put.emit((share.clamp(0.0, 1.0) * last_step) as u64);
        }
    };
    let needle = chosen.map(|it| across(it.step as f64));
    let range = if low.is_finite() { words::range(&short(low), &short(high)) } else { String::new() };
    // The slider above does the same for keyboards.
    html! {
        <figure class="curve">
            <svg ref={picture.clone()} viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true" data-testid="checkpoint-curve" onclick={put}>
                <path class="line" d={line} vector-effect="non-scaling-stroke" />
                { for saved.iter().map(|it| {
                    let x = across(it.step as f64).to_string();
                    html! { <line class="mark" x1={x.clone()} x2={x} y1={(HEIGHT - 8.0).to_string()} y2={HEIGHT.to_string()} vector-effect="non-scaling-stroke" /> }
                }) }
                if let Some(x) = needle {
                    <line class="needle-line" x1={x.to_string()} x2={x.to_string()} y1="0" y2={HEIGHT.to_string()} vector-effect="non-scaling-stroke" />
                }
            </svg>
            <figcaption class="soft number"><span>{ words::CURVE }{ " " }{ range }</span><span>{ words::at_step(&count(last_step as u64)) }</span></figcaption>
        </figure>
    }
}
