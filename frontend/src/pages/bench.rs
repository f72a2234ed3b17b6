//! The bench: stage, figures, controls and charts of one run, the same for every run wherever it lives.

use crate::canvas_size::share_under;
use crate::charts::Charts;
use crate::components::icons::fern;
use crate::components::inspect::PointerCard;
use crate::components::keys_dialog::key_name;
use crate::components::live::Live;
use crate::components::readouts::Readouts;
use crate::components::transport::{TransportAction, TransportControls, transport};
use crate::language::told;
use crate::lesson::control::{FixedControl, use_rules};
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::stage::foreign::ForeignPicture;
use crate::stage::painter::{Overlays, Preview};
use crate::stage::{Stage, in_depth};
use crate::text;
use shared::Command;
use shared::event::Phase;
use std::rc::Rc;
use web_sys::HtmlElement;
use yew::prelude::*;

/// One run and how it is shown.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct BenchProps {
    /// The run.
    pub session: Session,
    /// What is drawn over the stage.
    pub overlays: Overlays,
    /// The state that is looked at.
    pub inspected: Option<u32>,
    /// Told when another state is looked at.
    pub on_inspect: Callback<Option<u32>>,
    /// What to show before the first frame.
    #[prop_or_default]
    pub preview: Option<Rc<Preview>>,
    /// Whether somebody plays by hand; none where that is not offered.
    #[prop_or_default]
    pub playing: Option<bool>,
    /// Whether a stop is offered.
    #[prop_or_default]
    pub stoppable: bool,
    /// Told what somebody wants.
    pub on_transport: Callback<TransportAction>,
    /// Told which action somebody plays.
    #[prop_or_default]
    pub on_action: Callback<u16>,
    /// Told which key somebody plays without a keyboard.
    #[prop_or_default]
    pub on_key: Callback<String>,
    /// What stands over the stage.
    #[prop_or_default]
    pub children: Html,
    /// What is said on the picture itself.
    #[prop_or_default]
    pub note: Html,
}

/// Stage, figures, controls and charts.
#[component]
pub fn Bench(props: &BenchProps) -> Html {
    let (phase, speed, greedy, _, environment) = use_pulse(&props.session, |view| {
        let environment = view.started.as_ref().map(|started| started.environment.id.clone());
        (view.phase(), view.status.speed, view.status.watching_greedy, view.host, environment)
    });
    // An epoch begins before its run is known.
    let known = use_mut_ref(String::new);
    if let Some(environment) = environment {
        known.replace(environment);
    }
    let words = use_pulse(&props.session, |view| match view.phase() {
        // While it runs, the live region tells; a label that changes all the time would drown it.
        Phase::Running => Some(String::from(text::STAGE_RUNS)),
        _ => view.frame.as_ref().map(|frame| frame.scene.words.clone()),
    });
    let playing = props.playing.unwrap_or(false);
    let rules = use_rules();
    let charts = rules.part(FixedControl::Charts);
    let case = use_node_ref();
    let pinned = use_state_eq(|| None::<u32>);
    // What is pinned twice is let go.
    let pin = {
        let pinned = pinned.clone();
        move |state: Option<u32>| pinned.set(state.filter(|_| *pinned != state))
    };
    let is_pinned = pinned.is_some();
    let follow = {
        let case = case.clone();
        move |event: PointerEvent| {
            let Some(case) = case.cast::<HtmlElement>().filter(|_| !is_pinned) else { return };
            put_card(&case, Some(share_under(&case, &event)));
        }
    };
    let leave = {
        let case = case.clone();
        move |_: PointerEvent| {
            if let Some(case) = case.cast::<HtmlElement>().filter(|_| !is_pinned) {
                put_card(&case, None);
            }
        }
    };
    let controls = TransportControls {
        phase,
        speed,
        greedy,
        playing: props.playing,
        stoppable: props.stoppable,
        allowed: props.session.takes_commands(),
        rules: Rc::clone(&rules),
        on_transport: props.on_transport.clone(),
    };
    html! {
        <>
            <section class="area-stage" aria-label={text::STAGE}>
                { props.children.clone() }
                <div class="bench">
                    <div class={classes!("case", playing.then_some("playing"))} id="stage" ref={case.clone()} onpointermove={follow} onpointerleave={leave}>
                        { fern("left") }
                        { fern("right") }
                        { in_depth(&known.borrow()) }
                        <Stage session={props.session.clone()} overlays={props.overlays.clone()} inspected={props.inspected}
                            on_inspect={props.on_inspect.clone()} on_pin={pin} {playing} on_swipe={props.on_key.clone()} preview={props.preview.clone()}
                            words={words.unwrap_or_else(|| text::STAGE_WAITS.into())} />
                        <ForeignPicture session={props.session.clone()} />
                        if playing {
                            <PlayNote session={props.session.clone()} on_transport={props.on_transport.clone()} on_action={props.on_action.clone()} />
                        }
                        if rules.part(FixedControl::Inspector).is_shown() && !playing {
                            <PointerCard session={props.session.clone()} state={pinned.or(props.inspected)} pinned={is_pinned} />
                        }
                        { props.note.clone() }
                    </div>
                    <Readouts session={props.session.clone()} />
                </div>
                { transport(&controls) }
                <Live session={props.session.clone()} />
            </section>
            if charts.is_shown() {
                <section class={classes!("area-charts", charts.class())} data-control="charts"><Charts session={props.session.clone()} /></section>
            }
        </>
    }
}

/// Says where the numbers stand: beside a pointer, on the side where there is room, or in a corner for keyboards.
fn put_card(case: &HtmlElement, pointer: Option<(f64, f64)>) {
    let style = case.style();
    let set = |name: &str, value: &str| {
        // A style takes any value of a variable.
        let _ = style.set_property(name, value);
    };
    let (x, y) = pointer.unwrap_or_default();
    set("--pointer-x", &format!("{:.2}%", 100.0 * x));
    set("--pointer-y", &format!("{:.2}%", 100.0 * y));
    set("--pointer-shift", if x > 0.5 { "calc(-100% - 18px)" } else { "18px" });
    set("--pointer-rise", if y > 0.5 { "calc(-100% - 12px)" } else { "12px" });
}

/// What an action of the transport means for a run; what concerns the page alone means nothing to it.
pub fn obey(session: &Session, action: TransportAction) {
    let (phase, greedy) = {
        let view = session.view();
        (view.phase(), view.status.watching_greedy)
    };
    let hold = || {
        if greedy {
            session.ask(Command::WatchGreedy { watch: false });
        }
        if phase == Phase::Running {
            session.ask(Command::Pause {});
        }
    };
    match action {
        TransportAction::Toggle => {
            if greedy {
                session.ask(Command::WatchGreedy { watch: false });
            }
            session.ask(match phase {
                Phase::Running => Command::Pause {},
                Phase::Ready | Phase::Paused => Command::Resume { until_episode: None },
                Phase::Ended => Command::Start { spec: None },
            });
        }
        TransportAction::Step => {
            hold();
            session.ask(Command::Step { action: None, box_action: None });
        }
        TransportAction::Episode => {
            hold();
            session.ask(Command::StepEpisode {});
        }
        TransportAction::Reset => session.ask(Command::Reset { seed: None }),
        TransportAction::Stop => session.ask(Command::Stop {}),
        TransportAction::Speed(speed) => session.ask(Command::SetSpeed { speed }),
        TransportAction::Greedy => session.ask(Command::WatchGreedy { watch: !greedy }),
        TransportAction::Play => hold(),
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct PlayNoteProps {
    session: Session,
    on_transport: Callback<TransportAction>,
    on_action: Callback<u16>,
}

/// More actions than these stand in columns, so that one finds the key of each.
const FEW_ACTIONS: usize = 12;

/// The actions as buttons, for hands without a keyboard, each with its key, for those with one.
#[component]
fn PlayNote(props: &PlayNoteProps) -> Html {
    let actions = use_pulse(&props.session, |view| {
        view.started.as_ref().map(|started| started.environment.actions.clone()).unwrap_or_default()
    });
    // One that is refused in the present state says so before it is chosen, and why when it is.
    let illegal = use_pulse(&props.session, |view| {
        let state = view.frame.as_ref().and_then(|frame| frame.state);
        let (Some(started), Some(state)) = (&view.started, state) else { return Vec::new() };
        let actions = 0..started.environment.actions.len();
        let illegal: Vec<_> = actions.map(|action| !started.environment.is_legal(state as usize, action)).collect();
        // Where an episode has ended there is none, and any of them begins another one.
        if illegal.iter().all(|it| *it) { Vec::new() } else { illegal }
    });
    html! {
        <div class="case-note">
            <span class="wide-only">{ text::PLAYING }</span>
            <span class={if actions.len() > FEW_ACTIONS { "pad many" } else { "pad" }} role="group" aria-label={text::ACTIONS}>
                { for actions.iter().enumerate().map(|(index, action)| {
                    let played = props.on_action.reform(move |_: MouseEvent| index as u16);
                    html! {
                        <button class={if action.arrow.is_some() && action.key.starts_with("Arrow") { "button arrow" } else { "button" }} title={told(&action.name)} aria-label={told(&action.name)}
                            aria-disabled={illegal.get(index).is_some_and(|it| *it).then_some("true")} data-testid={format!("action-{}", action.name)} onclick={played}>
                            <span>{ told(&action.name) }</span>
                            if !action.key.is_empty() { <kbd>{ key_name(&action.key) }</kbd> }
                        </button>
                    }
                }) }
            </span>
            <button class="button plain" onclick={props.on_transport.reform(|_| TransportAction::Play)}>{ text::PLAY_END }</button>
        </div>
    }
}
