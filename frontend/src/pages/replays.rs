//! Replays: the kept episodes of the lab's run, step by step, forward and back.
//!
//! A kept episode is (spec, seed, actions); the environment's own code plays it here, to the same states and the same
//! return. Those that were opened, from a file or from the library, are played the same way.

use crate::components::icons::{Symbol, fern, icon};
use crate::components::messages::Messages;
use crate::files::save_bytes;
use crate::format::{count, fixed};
use crate::keyboard::use_keys;
use crate::pages::lab::TabRunHandle;
use crate::pages::lab::opening::first_spec;
use crate::pages::lab::preview::preview;
use crate::pages::library::FileButton;
use crate::pages::opened::Opening;
use crate::pulse::use_pulse;
use crate::services::library_file::{Content, EPISODE_SUFFIX};
use crate::services::storage::Storage;
use crate::session::Session;
use crate::stage::Stage;
use crate::stage::painter::{Glass, Preview};
use crate::store::{RunView, Started};
use crate::text::{self, library};
use gloo_timers::callback::Interval;
use run::recorded::ReplayFile;
use run::replay::{ReplayedStep, replay};
use shared::describe::EnvironmentDescription;
use shared::episode::{EpisodeTape, Kept};
use shared::event::Severity;
use shared::spec::EnvironmentSpec;
use shared::{RunId, RunSpec};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Steps a second at normal speed.
const NORMAL_RATE: f64 = 4.0;

/// Speeds that can be chosen, as multiples of the normal one.
const SPEEDS: [f64; 5] = [0.25, 1.0, 4.0, 8.0, 16.0];

/// Whose episodes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ReplaysProps {
    /// The run of this tab.
    pub run: TabRunHandle,
    /// Where episodes come from besides.
    pub opening: Opening,
}

/// The kept episodes, and one of them on the stage.
#[component]
pub fn Replays(props: &ReplaysProps) -> Html {
    let session = props.run.0.session.clone();
    // The list stands still while one looks at it: what is kept changes many times a second.
    let shelf = use_state(|| shelf(&session.view()));
    let chosen = use_state(|| 0usize);
    let waiting = use_pulse(&session, |view| view.tapes.len());
    let is_empty = shelf.as_ref().is_none_or(|(_, tapes)| tapes.is_empty());
    {
        // What comes first is shown at once.
        let (shelf_state, session) = (shelf.clone(), session.clone());
        use_effect_with(is_empty && waiting > 0, move |comes| {
            if *comes {
                shelf_state.set(self::shelf(&session.view()));
            }
        });
    }
    let refresh = {
        let (shelf_state, chosen, session) = (shelf.clone(), chosen.clone(), session.clone());
        move |_: MouseEvent| {
            shelf_state.set(self::shelf(&session.view()));
            chosen.set(0);
        }
    };
    let open = html! { <FileButton label={library::IMPORT} on_file={props.opening.on_file.clone()} /> };
    if let Some(file) = &props.opening.episode {
        return opened(file, props, &open);
    }
    let Some((started, tapes)) = (*shelf).clone().filter(|(_, tapes)| !tapes.is_empty()) else {
        return html! {
            <main class="watch">
                <div class="watch-head"><h1>{ text::REPLAYS }</h1><span class="spacer"></span>{ open }</div>
                <p class="empty" data-testid="no-replays">{ text::NO_REPLAYS }</p>
            </main>
        };
    };
    let tape = tapes.get(*chosen).or(tapes.first()).cloned();
    let by_hand = tapes.iter().find(|tape| tape.kept == Kept::ByHand).map(|tape| tape.episode);
    html! {
        <main class="watch replays">
            <div class="watch-head">
                <h1>{ text::REPLAYS }</h1>
                <span class="soft">{ format!("{} · {}", started.environment.title, started.agent.title) }</span>
                <span class="spacer"></span>
                { open }
                <button class="button" data-testid="refresh-replays" onclick={refresh}>{ icon(Symbol::Reset) }{ text::REFRESH }</button>
            </div>
            <div class="chips" role="radiogroup" aria-label={text::KEPT_EPISODES}>
                { for tapes.iter().enumerate().map(|(index, tape)| {
                    let chosen_state = chosen.clone();
                    html! {
                        <button class="chip number" role="radio" aria-checked={(*chosen == index).to_string()}
                            data-testid={format!("tape-{index}")} onclick={move |_: MouseEvent| chosen_state.set(index)}>
                            { label(tape, &started.environment, by_hand == Some(tape.episode)) }
                        </button>
                    }
                }) }
            </div>
            if let Some(tape) = tape {
                <Player key={format!("{}-{:?}", tape.episode, tape.kept)} environment={started.environment.clone()}
                    spec={started.spec.environment.clone()} tape={tape.clone()} messages={props.run.0.messages.clone()} />
            }
        </main>
    }
}

type Shelf = Option<(Rc<Started>, Vec<EpisodeTape>)>;

fn shelf(view: &RunView) -> Shelf {
    let mut tapes: Vec<_> = view.tapes.iter().cloned().collect();
    let key = |tape: &EpisodeTape| (tape.kept != Kept::ByHand, tape.kept, tape.outcome, tape.episode);
    tapes.sort_by_key(|tape| key(tape));
    Some((view.started.clone()?, tapes))
}

/// Why a tape was kept, which one it is, and whether somebody played it `by_hand`.
fn label(tape: &EpisodeTape, environment: &EnvironmentDescription, by_hand: bool) -> String {
    let why = match tape.kept {
        Kept::Latest => text::LATEST.to_owned(),
        Kept::Best => text::BEST.to_owned(),
        Kept::Worst => text::WORST.to_owned(),
        Kept::Outcome => {
            let outcome = environment.outcomes.get(usize::from(tape.outcome)).map_or("", String::as_str);
            text::latest_of(outcome)
        }
        Kept::Regular => text::EPISODE.to_owned(),
        Kept::ByHand => text::BY_HAND.to_owned(),
    };
    let mark = if by_hand && tape.kept != Kept::ByHand { text::MARKED_BY_HAND } else { "" };
    format!("{why} · #{} · {}{mark}", count(tape.episode), fixed(tape.episodic_return, 2))
}

/// An episode that was opened.
fn opened(file: &Rc<ReplayFile>, props: &ReplaysProps, open: &Html) -> Html {
    let spec = RunSpec { environment: file.environment.clone(), ..first_spec() };
    let description = preview(&spec).map(|preview| preview.environment);
    let title = description.as_ref().map_or_else(|| file.environment.id.clone(), |it| it.title.clone());
    html! {
        <main class="watch replays">
            <div class="watch-head">
                <h1>{ text::REPLAYS }</h1>
                <span class="soft" data-testid="opened-episode">{ format!("{title} · #{} · {}", count(file.tape.episode), fixed(file.tape.episodic_return, 2)) }</span>
                <span class="spacer"></span>
                { open.clone() }
                <button class="button" data-testid="close-episode" onclick={props.opening.on_episode_closed.reform(|_: MouseEvent| ())}>{ library::BACK_TO_RUN }</button>
            </div>
            { match file.verify() {
                Ok(_) => html! { <p class="soft" data-testid="as-recorded">{ library::AS_RECORDED }</p> },
                Err(error) => html! { <p class="banner" data-severity="warning" role="alert">{ error.to_string() }</p> },
            } }
            if let Some(environment) = description {
                <Player key={file.hash.clone()} {environment} spec={file.environment.clone()} tape={file.tape.clone()}
                    messages={props.run.0.messages.clone()} />
            }
        </main>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct PlayerProps {
    environment: EnvironmentDescription,
    spec: EnvironmentSpec,
    tape: EpisodeTape,
    messages: Messages,
}

/// What can be done with an episode beside watching it.
fn keep_buttons(props: &PlayerProps) -> Html {
    let made = |then: fn(&PlayerProps, &ReplayFile)| {
        let props = props.clone();
        move |_: MouseEvent| match ReplayFile::new(&props.spec, props.tape.clone()) {
            Ok(file) => then(&props, &file),
            Err(error) => props.messages.tell(Severity::Error, error.to_string()),
        }
    };
    html! {
        <>
            <button class="button" data-testid="replay-save" onclick={made(save)}>{ icon(Symbol::Save) }{ library::SAVE }</button>
            <button class="button" data-testid="replay-to-file" onclick={made(to_file)}>{ icon(Symbol::Download) }{ text::TO_FILE }</button>
        </>
    }
}

/// Saves an episode in the library.
fn save(props: &PlayerProps, file: &ReplayFile) {
    let messages = props.messages.clone();
    let name = format!("{} · #{}", props.environment.title, count(file.tape.episode));
    let (title, content) = (props.environment.title.clone(), Content::Episode(Box::new(file.clone())));
    spawn_local(async move {
        let kept = async { Storage::open().await?.save(&name, &title, &content).await }.await;
        match kept {
            Ok(_) => messages.tell(Severity::Information, library::SAVED),
            Err(error) => messages.tell(Severity::Error, error.to_string()),
        }
    });
}

fn to_file(props: &PlayerProps, file: &ReplayFile) {
    let name = format!("{}-{}.{EPISODE_SUFFIX}", props.spec.id, file.tape.episode);
    match file.to_bytes() {
        Ok(bytes) => save_bytes(&name, "application/json", &bytes),
        Err(error) => props.messages.tell(Severity::Error, error.to_string()),
    }
}

/// One episode.
#[component]
fn Player(props: &PlayerProps) -> Html {
    let spec = props.spec.clone();
    let steps = use_memo(props.clone(), move |props| replay(&spec, props.tape.seed, &props.tape.actions));
    let still = use_memo((), |()| RunId::new("replay").ok().map(|run| Session::new(run, false, |_, _| {})));
    let at = use_state(|| 0usize);
    let playing = use_state(|| true);
    let speed = use_state(|| 1.0);
    let last = steps.as_ref().as_ref().map_or(0, |steps| steps.len().saturating_sub(1));
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
    let steps = match steps.as_ref() {
        Ok(steps) => steps,
        Err(error) => return html! { <p class="banner" data-severity="error" role="alert">{ error.to_string() }</p> },
    };
    let (Some(step), Some(session)) = (steps.get(*at), (*still).clone()) else { return Html::default() };
    let environment = &props.environment;
    let preview = Preview {
        environment: environment.clone(),
        scene: step.scene.clone(),
        trail: steps[..=*at].iter().map(|step| step.state).collect(),
    };
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
    html! {
        <>
            <div class="bench">
                <div class="case">
                    { fern("left") }
                    { fern("right") }
                    <Stage {session} glass={Glass::default()} inspected={None} on_inspect={Callback::noop()} playing={true}
                        preview={Some(Rc::new(preview))} words={step.scene.words.clone()} />
                </div>
                { figures(step, *at, last, environment) }
            </div>
            <div class="transport" role="group" aria-label={text::REPLAYS}>
                <button class="button" data-testid="replay-back" disabled={*at == 0} aria-label={text::STEP_BACK} onclick={go(at.saturating_sub(1))}>
                    { icon(Symbol::Back) }<span class="wide-only">{ text::STEP_BACK }</span>
                </button>
                <button class="button primary" data-testid="replay-play" onclick={toggle}>
                    { icon(if *playing { Symbol::Pause } else { Symbol::Play }) }{ if *playing { text::PAUSE } else { text::PLAY } }
                </button>
                <button class="button" data-testid="replay-step" disabled={*at >= last} onclick={go((*at + 1).min(last))}>
                    { icon(Symbol::Step) }{ text::STEP }
                </button>
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
                { keep_buttons(props) }
            </div>
        </>
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

fn figures(step: &ReplayedStep, at: usize, last: usize, environment: &EnvironmentDescription) -> Html {
    let action = step.action.as_ref().map(|action| environment.name_of(action.as_ref()));
    let figure = |name: &'static str, label: &'static str, shown: String| {
        html! {
            <div class="readout"><dt>{ label }</dt><dd class="number" data-testid={format!("replay-{name}")} data-value={shown.clone()}>{ shown }</dd></div>
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
