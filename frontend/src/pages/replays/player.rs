//! The player: one episode, or two of the same environment in step, forward and back.

use super::film::Film;
use super::rerun::EpisodeRerun;
use crate::clock::uptime_millis;
use crate::components::icons::{Symbol, fern, icon};
use crate::components::inspect::Inspector;
use crate::components::messages::Messages;
use crate::files::{save_bytes, save_text};
use crate::format::{count, fixed};
use crate::keyboard::use_keys;
use crate::language::{Text, translated};
use crate::services::library_file::{EPISODE_SUFFIX, ItemContent};
use crate::services::share::ShareLink;
use crate::services::storage::Storage;
use crate::session::Session;
use crate::stage::painter::{Overlays, Preview};
use crate::stage::{Stage, in_depth};
use crate::text::{self, library};
use gloo_timers::callback::{Interval, Timeout};
use run::recorded::ReplayFile;
use run::replay::ReplayedStep;
use run::replay::recording::Recording;
use run::replay::table::csv_of_steps;
use shared::describe::EnvironmentDescription;
use shared::episode::RecordedEpisode;
use shared::event::Severity;
use shared::spec::EnvironmentSpec;
use shared::{RunId, RunSpec};
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlCanvasElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Steps a second at normal speed.
const NORMAL_RATE: f64 = 4.0;

/// Speeds that can be chosen, as multiples of the normal one.
const SPEEDS: [f64; 5] = [0.25, 1.0, 4.0, 8.0, 16.0];

/// So many states of the path are drawn.
const MOST_TRAIL: usize = 1_000;

/// An episode is played through beforehand in pieces of so many milliseconds, between which the page does other things.
const PIECE_MILLIS: f64 = 6.0;

/// Steps between two looks at the clock.
const PIECE_STEPS: usize = 64;

/// An episode that can be looked at, and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EpisodeChoice {
    /// Why it was kept, its number and its return.
    pub name: AttrValue,
    /// The episode.
    pub recorded: Rc<RecordedEpisode>,
}

impl EpisodeChoice {
    /// What tells its episode from all others of an environment.
    pub(super) fn key(&self) -> String {
        let RecordedEpisode { episode, copy, seed, actions, episodic_return, .. } = &*self.recorded;
        format!("{episode}-{copy}-{}-{}-{episodic_return}", seed.get(), actions.len())
    }

    /// Whether it is the same episode, whatever it is called by now.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct PlayerProps {
    /// The environment as built.
    pub environment: EnvironmentDescription,
    /// What it is built from.
    pub spec: EnvironmentSpec,
    /// The run that it is of, where that is known.
    #[prop_or_default]
    pub run: Option<RunSpec>,
    /// The episode.
    pub choice: EpisodeChoice,
    /// What can stand beside it.
    pub others: Vec<EpisodeChoice>,
    /// How people are talked to.
    pub messages: Messages,
}

/// What can be done with an episode beside watching it.
fn keep_buttons(props: &PlayerProps) -> Html {
    let made = |then: fn(&PlayerProps, &ReplayFile)| {
        let props = props.clone();
        Callback::from(move |_: MouseEvent| match ReplayFile::new(&props.spec, (*props.choice.recorded).clone()) {
            Ok(file) => then(&props, &file),
            Err(error) => props.messages.tell(Severity::Error, error.to_string()),
        })
    };
    html! {
        <>
            { button("replay-save", Symbol::Save, library::SAVE, Text(""), false, made(save)) }
            { button("replay-to-file", Symbol::Download, text::TO_FILE, Text(""), false, made(to_file)) }
            { button("replay-csv", Symbol::Download, text::STEPS_CSV, text::STEPS_CSV_HELP, false, made(to_csv)) }
        </>
    }
}

/// A button with a sign and a word. A function, since every button that is written out is a kilobyte of the page.
fn button(
    testid: &'static str,
    symbol: Symbol,
    label: Text,
    title: Text,
    disabled: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! { <button class="button" data-testid={testid} {title} {disabled} {onclick}>{ icon(symbol) }{ label }</button> }
}

/// The address of the run as it was when an episode began, in the Lab.
fn agent_then(run: &RunSpec, episode: u64) -> String {
    ShareLink {
        spec: run.clone(),
        until_episode: Some(episode).filter(|it| *it > 0),
        run_hash: None,
        marks: Vec::new(),
    }
    .to_hash()
}

/// Saves an episode in the library.
fn save(props: &PlayerProps, file: &ReplayFile) {
    let messages = props.messages.clone();
    let name = format!("{} · #{}", props.environment.title, count(file.recorded_episode.episode));
    let (title, content) = (props.environment.title.clone(), ItemContent::Episode(Box::new(file.clone())));
    spawn_local(async move {
        let kept = async { Storage::open().await?.save(&name, &title, &content).await }.await;
        match kept {
            Ok(_) => messages.tell(Severity::Information, library::SAVED),
            Err(error) => messages.tell(Severity::Error, error.to_string()),
        }
    });
}

fn to_file(props: &PlayerProps, file: &ReplayFile) {
    let name = format!("{}-{}.{EPISODE_SUFFIX}", props.spec.id, file.recorded_episode.episode);
    match file.to_bytes() {
        Ok(bytes) => save_bytes(&name, "application/json", &bytes),
        Err(error) => props.messages.tell(Severity::Error, error.to_string()),
    }
}

fn to_csv(props: &PlayerProps, file: &ReplayFile) {
    let name = format!("{}-{}-steps.csv", props.spec.id, file.recorded_episode.episode);
    match csv_of_steps(&props.spec, &file.recorded_episode) {
        Ok(table) => save_text(&name, "text/csv", &table),
        Err(error) => props.messages.tell(Severity::Error, error.to_string()),
    }
}

type Reels = RefCell<Result<Vec<Recording>, String>>;

/// Opens episodes of one environment and plays them through, bit by bit.
fn open(spec: &EnvironmentSpec, recorded_episodes: &[Rc<RecordedEpisode>]) -> Rc<Reels> {
    let opened = recorded_episodes.iter().map(|recorded| Recording::open(spec, recorded)).collect::<Result<_, _>>();
    let reels = Rc::new(RefCell::new(opened.map_err(|error| error.to_string())));
    play_through(Rc::downgrade(&reels));
    reels
}

/// Plays on as long as somebody looks, until all is played, so that every moment is near a kept one.
fn play_through(reels: Weak<Reels>) {
    Timeout::new(0, move || {
        let Some(shared) = reels.upgrade() else { return };
        let mut recordings = shared.borrow_mut();
        // A step that is refused is told where somebody looks at it.
        let unfinished = recordings.as_mut().ok().and_then(|all| all.iter_mut().find(|it| it.played() < it.steps()));
        let Some(recording) = unfinished else { return };
        let begun = uptime_millis();
        while uptime_millis() - begun < PIECE_MILLIS {
            match recording.play(PIECE_STEPS) {
                Ok(false) => {}
                Ok(true) => break,
                Err(_) => return,
            }
        }
        play_through(reels.clone());
    })
    .forget();
}

/// The moments of all recordings at a step, and the states that led there.
fn moments(reels: &Reels, at: usize) -> Result<Vec<(ReplayedStep, Vec<u32>, usize)>, String> {
    let mut recordings = reels.borrow_mut();
    let mut seen = Vec::new();
    for recording in recordings.as_mut().map_err(|error| error.clone())? {
        let at = at.min(recording.steps());
        let moment = recording.moment(at).map_err(|error| error.to_string())?;
        seen.push((moment, recording.trail(at, MOST_TRAIL).to_vec(), at));
    }
    Ok(seen)
}

/// One episode, and another one beside it if somebody asks for it.
#[component]
pub(super) fn Player(props: &PlayerProps) -> Html {
    let beside = use_state(|| None::<EpisodeChoice>);
    let recorded_episodes: Vec<_> =
        [Some(&props.choice), beside.as_ref()].into_iter().flatten().map(|it| Rc::clone(&it.recorded)).collect();
    let reels = use_memo((props.spec.clone(), recorded_episodes.clone()), |(spec, recorded_episodes)| {
        open(spec, recorded_episodes)
    });
    let still = use_memo((), |()| RunId::new("replay").ok().map(|run| Session::new(run, false, |_, _| {})));
    let at = use_state(|| 0usize);
    let playing = use_state(|| true);
    let speed = use_state(|| 1.0);
    let film = use_mut_ref(|| None::<Film>);
    let filming = use_state(|| false);
    let bench = use_node_ref();
    let then = use_state(|| None::<Rc<EpisodeRerun>>);
    let update = use_force_update();
    let last = recorded_episodes.iter().map(|recorded| recorded.actions.len()).max().unwrap_or(0);
    {
        let (at, playing) = (at.clone(), playing.clone());
        use_effect_with((*playing, *speed, *at), move |(plays, speed, _)| {
            let interval = plays.then(|| {
                Interval::new((1_000.0 / (NORMAL_RATE * speed)) as u32, move || {
                    if *at >= last {
                        playing.set(false);
                    } else {
                        at.set(*at + 1);
                    }
                })
            });
            move || drop(interval)
        });
    }
    {
        // A film ends with its episode, or when the episode is stopped.
        let (film, filming) = (Rc::clone(&film), filming.clone());
        use_effect_with((*playing, *filming), move |(playing, is_filming)| {
            if *is_filming && !playing {
                drop(film.take());
                filming.set(false);
            }
        });
    }
    {
        let (at, playing, speed) = (at.clone(), playing.clone(), speed.clone());
        use_keys(move |key| {
            match player_key(key, (*at, last), *speed) {
                PlayerKey::Toggle => {
                    if *at >= last {
                        at.set(0);
                    }
                    playing.set(*at >= last || !*playing);
                }
                PlayerKey::Go(to) => {
                    playing.set(false);
                    at.set(to);
                }
                PlayerKey::Speed(to) => speed.set(to),
                PlayerKey::Nothing => return false,
            }
            true
        });
    }
    let seen = match moments(&reels, *at) {
        Ok(seen) => seen,
        Err(error) => return html! { <p class="banner" data-severity="error" role="alert">{ error }</p> },
    };
    let Some(session) = (*still).clone() else { return Html::default() };
    let environment = &props.environment;
    let go = |to: usize| {
        let (at, playing) = (at.clone(), playing.clone());
        Callback::from(move |_: MouseEvent| {
            playing.set(false);
            at.set(to);
        })
    };
    let seek = {
        let (at, playing) = (at.clone(), playing.clone());
        Callback::from(move |event: InputEvent| {
            playing.set(false);
            at.set(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as usize);
        })
    };
    let toggle = {
        let (at, playing, ended) = (at.clone(), playing.clone(), *at >= last);
        move |_: MouseEvent| {
            if ended {
                at.set(0);
            }
            playing.set(ended || !*playing);
        }
    };
    // What stands beside it stays there when the run keeps another episode in its place.
    let left = beside.as_ref().filter(|beside| !props.others.iter().any(|it| it.is_same(beside)));
    let others: Vec<EpisodeChoice> = left.into_iter().chain(&props.others).cloned().collect();
    let other = beside.as_ref().and_then(|beside| others.iter().position(|it| it.is_same(beside)));
    let set_beside = {
        let (beside, others) = (beside.clone(), others.clone());
        move |event: Event| {
            let index = event.target_unchecked_into::<HtmlSelectElement>().value().parse::<usize>().ok();
            beside.set(index.and_then(|index| others.get(index).cloned()));
        }
    };
    let to_film = {
        let (at, playing, filming, film, bench) =
            (at.clone(), playing.clone(), filming.clone(), Rc::clone(&film), bench.clone());
        let (messages, name) =
            (props.messages.clone(), format!("{}-{}.webm", props.spec.id, props.choice.recorded.episode));
        move |_: MouseEvent| {
            if *filming {
                playing.set(false);
                return;
            }
            let stage = bench.cast::<Element>().and_then(|it| it.query_selector("canvas").ok().flatten());
            let begun =
                stage.and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok()).and_then(|it| Film::begin(it, &name));
            let Some(begun) = begun else {
                messages.tell(Severity::Error, text::NO_FILM);
                return;
            };
            film.replace(Some(begun));
            filming.set(true);
            at.set(0);
            playing.set(true);
        }
    };
    let as_then = then.as_ref().and_then(|it| it.session()).cloned();
    let begin_then = {
        let (then, update, messages) = (then.clone(), update.clone(), props.messages.clone());
        let (run, episode) = (props.run.clone(), props.choice.recorded.episode);
        Callback::from(move |_: MouseEvent| {
            let (update, messages) = (update.clone(), messages.clone());
            let tell = Callback::from(move |(severity, words)| messages.tell(severity, words));
            then.set(
                run.as_ref().and_then(|run| EpisodeRerun::begin(run, episode, move || update.force_update(), tell)),
            );
        })
    };
    let is_pair = seen.len() > 1;
    html! {
        <>
            <div class={classes!("replay", is_pair.then_some("pair"))} ref={bench}>
                { for seen.into_iter().enumerate().map(|(index, (step, trail, at))| {
                    let words = step.scene.words.clone();
                    let learned = as_then.clone().filter(|_| index == 0);
                    let state = step.state;
                    let figures = figures(index, &step, at, recorded_episodes[index].actions.len(), environment);
                    let preview = Preview { environment: environment.clone(), scene: step.scene, trail };
                    html! {
                        <div class="bench" key={index}>
                            <div class="case">
                                { fern("left") }
                                { fern("right") }
                                { in_depth(&environment.id) }
                                <Stage session={learned.clone().unwrap_or_else(|| session.clone())} overlays={Overlays::default()} inspected={None} on_inspect={Callback::noop()} playing={true}
                                    preview={Some(Rc::new(preview))} {words} />
                            </div>
                            { figures }
                            if let Some(session) = learned { <Inspector {session} {state} /> }
                        </div>
                    }
                }) }
            </div>
            <div class="transport" role="group" aria-label={text::REPLAYS}>
                { button("replay-back", Symbol::Back, text::STEP_BACK, Text(""), *at == 0, go(at.saturating_sub(1))) }
                <button class="button primary" data-testid="replay-play" onclick={toggle}>
                    { icon(if *playing { Symbol::Pause } else { Symbol::Play }) }{ if *playing { text::PAUSE } else { text::PLAY } }
                </button>
                { button("replay-step", Symbol::Step, text::STEP, Text(""), *at >= last, go((*at + 1).min(last))) }
                <div class="speed">
                    <input type="range" min="0" max={last.to_string()} step="1" value={at.to_string()} aria-label={text::SEEK}
                        style={format!("--fill:{}%", *at as f64 / last.max(1) as f64 * 100.0)} data-testid="replay-seek" oninput={seek} />
                    <output class="number" data-testid="replay-at" data-value={at.to_string()}>{ text::of_all(*at as u32, last as u32) }</output>
                </div>
                <span class="segments" role="radiogroup" aria-label={text::SPEED}>
                    { for SPEEDS.iter().map(|it| {
                        let (speed, chosen) = (speed.clone(), *it);
                        html! {
                            <button role="radio" class="number" aria-checked={(*speed == chosen).to_string()}
                                onclick={move |_: MouseEvent| speed.set(chosen)}>{ format!("{chosen}×") }</button>
                        }
                    }) }
                </span>
                if !others.is_empty() {
                    <label class="group">{ text::BESIDE }
                        <select class="text-input" data-testid="replay-beside" onchange={set_beside}>
                            <option value="" selected={other.is_none()}>{ text::NOTHING_BESIDE }</option>
                            { for others.iter().enumerate().map(|(index, choice)| html! {
                                <option value={index.to_string()} selected={other == Some(index)}>{ choice.name.clone() }</option>
                            }) }
                        </select>
                    </label>
                }
                if let Some(run) = &props.run {
                    { match &*then {
                        Some(then) if as_then.is_none() && !then.is_given_up() => html! {
                            <span class="soft number" role="status" data-testid="replay-then-waits">{ text::made_again(&count(then.episode()), &count(props.choice.recorded.episode)) }</span>
                        },
                        _ => button("replay-then", Symbol::Back, text::AS_THEN, text::AS_THEN_HELP, as_then.is_some() || environment.states.is_none(), begin_then),
                    } }
                    <a class="button" data-testid="replay-then-lab" href={agent_then(run, props.choice.recorded.episode)}>{ text::THEN_IN_THE_LAB }</a>
                }
                { keep_buttons(props) }
                <button class="button" data-testid="replay-film" data-value={filming.to_string()} title={text::FILM_HELP} onclick={to_film}>
                    { icon(if *filming { Symbol::Stop } else { Symbol::Download }) }{ if *filming { text::END_FILM } else { text::FILM } }
                </button>
            </div>
        </>
    }
}

/// The figures of the episode that stands there as the first or the second.
fn figures(index: usize, step: &ReplayedStep, at: usize, last: usize, environment: &EnvironmentDescription) -> Html {
    let action = step.action.as_ref().map(|action| translated(&environment.name_of(action.as_ref())).into_owned());
    let figure = |name: &'static str, label: Text, shown: String| {
        let testid = if index == 0 { format!("replay-{name}") } else { format!("replay-beside-{name}") };
        html! {
            <div class="readout"><dt>{ label }</dt><dd class="number" data-testid={testid} data-value={shown.clone()}>{ shown }</dd></div>
        }
    };
    html! {
        <dl class="readouts">
            { figure("step-number", text::STEP, text::of_all(at as u32, last as u32)) }
            { figure("action", text::ACTION, action.unwrap_or_else(|| "–".into())) }
            { figure("reward", text::REWARD, fixed(step.reward, 2)) }
            { figure("return", text::RETURN, fixed(step.episodic_return, 2)) }
        </dl>
    }
}

/// What a key does to the player.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PlayerKey {
    Toggle,
    Go(usize),
    Speed(f64),
    Nothing,
}

/// What a key does at a step of an episode whose last one is given, at a speed.
fn player_key(key: &str, (at, last): (usize, usize), speed: f64) -> PlayerKey {
    match key {
        " " => PlayerKey::Toggle,
        "." | "ArrowRight" => PlayerKey::Go((at + 1).min(last)),
        "," | "ArrowLeft" => PlayerKey::Go(at.saturating_sub(1)),
        "Home" => PlayerKey::Go(0),
        "End" => PlayerKey::Go(last),
        "+" | "=" => PlayerKey::Speed(SPEEDS.iter().copied().find(|it| *it > speed).unwrap_or(speed)),
        "-" | "−" => PlayerKey::Speed(SPEEDS.iter().copied().rfind(|it| *it < speed).unwrap_or(speed)),
        _ => PlayerKey::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_step_and_seek_within_the_episode() {
        for (key, at, expected) in [
            (".", 3, PlayerKey::Go(4)),
            ("ArrowRight", 9, PlayerKey::Go(9)),
            (",", 0, PlayerKey::Go(0)),
            ("ArrowLeft", 3, PlayerKey::Go(2)),
            ("Home", 3, PlayerKey::Go(0)),
            ("End", 3, PlayerKey::Go(9)),
            (" ", 3, PlayerKey::Toggle),
            ("e", 3, PlayerKey::Nothing),
        ] {
            assert_eq!(player_key(key, (at, 9), 1.0), expected, "{key}");
        }
        assert_eq!(player_key("+", (0, 9), 1.0), PlayerKey::Speed(4.0));
        assert_eq!(player_key("+", (0, 9), 16.0), PlayerKey::Speed(16.0));
        assert_eq!(player_key("-", (0, 9), 1.0), PlayerKey::Speed(0.25));
    }
}
