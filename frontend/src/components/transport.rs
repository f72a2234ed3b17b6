//! The transport: train or pause, one step, one episode, from the beginning, how fast.

use super::icons::{Symbol, icon};
use super::speed::speed_slider;
use crate::language::Text;
use crate::lesson::control::{ControlRule, FixedControl, LessonRules};
use crate::text;
use shared::event::{Phase, Speed};
use std::rc::Rc;
use yew::prelude::*;

/// What somebody at the transport asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TransportAction {
    /// Train, or hold.
    Toggle,
    /// One step.
    Step,
    /// To the end of the episode.
    Episode,
    /// From the beginning, with nothing learned.
    Reset,
    /// End the run.
    Stop,
    /// So fast.
    Speed(Speed),
    /// Show the greedy policy, or go back.
    Greedy,
    /// Play by hand, or stop playing.
    Play,
}

/// How the run stands and what is possible.
#[derive(Clone, Debug, PartialEq)]
pub struct TransportControls {
    /// What the run is doing.
    pub phase: Phase,
    /// How fast.
    pub speed: Speed,
    /// Whether the greedy policy is shown.
    pub greedy: bool,
    /// Whether somebody plays by hand; none where that is not offered.
    pub playing: Option<bool>,
    /// Whether a stop is offered.
    pub stoppable: bool,
    /// Whether commands are allowed.
    pub allowed: bool,
    /// What a lesson makes of the controls.
    pub rules: Rc<LessonRules>,
    /// Told what is wanted.
    pub on_transport: Callback<TransportAction>,
}

impl TransportAction {
    /// The control that it comes from; stopping has none, because no lesson is about a run of a relay.
    pub const fn part(self) -> Option<FixedControl> {
        match self {
            Self::Toggle => Some(FixedControl::Train),
            Self::Step => Some(FixedControl::Step),
            Self::Episode => Some(FixedControl::Episode),
            Self::Reset => Some(FixedControl::Reset),
            Self::Stop => None,
            Self::Speed(_) => Some(FixedControl::Speed),
            Self::Greedy => Some(FixedControl::Greedy),
            Self::Play => Some(FixedControl::Play),
        }
    }
}

/// The row of controls.
pub fn transport(props: &TransportControls) -> Html {
    let running = props.phase == Phase::Running;
    let on_click = |asked: TransportAction| props.on_transport.reform(move |_: MouseEvent| asked);
    let off = !props.allowed;
    let (symbol, label) = if running { (Symbol::Pause, text::PAUSE) } else { (Symbol::Play, text::TRAIN) };
    let rule = |part: FixedControl| props.rules.part(part);
    let off_by = |rule: ControlRule| off || rule.is_locked();
    let plain = |part: FixedControl,
                 name: &'static str,
                 key: &'static str,
                 symbol: Symbol,
                 label: Text,
                 asked: TransportAction| {
        let rule = rule(part);
        html! {
            if rule.is_shown() {
                <button class={classes!("button", rule.class())} data-testid={name} data-control={name} disabled={off_by(rule)}
                    title={text::with_key(label, key)} onclick={on_click(asked)}>
                    { icon(symbol) }{ label }
                </button>
            }
        }
    };
    let (train, speed, greedy, play) =
        (rule(FixedControl::Train), rule(FixedControl::Speed), rule(FixedControl::Greedy), rule(FixedControl::Play));
    html! {
        <div class="transport" role="group" aria-label={text::TRANSPORT}>
            if train.is_shown() {
                <button class={classes!("button", "primary", train.class())} data-testid="train" data-control="train"
                    data-value={phase_name(props.phase)} disabled={off_by(train)}
                    title={text::with_key(label, &text::SPACE_KEY)} onclick={on_click(TransportAction::Toggle)}>
                    { icon(symbol) }{ label }
                </button>
            }
            { plain(FixedControl::Step, "step", ".", Symbol::Step, text::STEP, TransportAction::Step) }
            { plain(FixedControl::Episode, "episode", "e", Symbol::Episode, text::EPISODE, TransportAction::Episode) }
            { plain(FixedControl::Reset, "reset", "r", Symbol::Reset, text::RESET, TransportAction::Reset) }
            if props.stoppable {
                <button class="button" data-testid="stop" aria-label={text::STOP}
                    disabled={off || props.phase == Phase::Ended} onclick={on_click(TransportAction::Stop)}>
                    { icon(Symbol::Stop) }<span class="wide-only">{ text::STOP }</span>
                </button>
            }
            if speed.is_shown() { { speed_slider(props.speed, off_by(speed), speed.class(), &props.on_transport.reform(TransportAction::Speed)) } }
            if greedy.is_shown() {
                <button class={classes!("button", greedy.class())} data-testid="greedy" data-control="greedy" disabled={off_by(greedy)}
                    aria-pressed={props.greedy.to_string()} aria-label={text::GREEDY} title={text::GREEDY_HELP} onclick={on_click(TransportAction::Greedy)}>
                    { icon(Symbol::Eye) }<span class="wide-only">{ text::GREEDY }</span>
                </button>
            }
            if let Some(playing) = props.playing.filter(|_| play.is_shown()) {
                <button class={classes!("button", play.class())} data-testid="play" data-control="play" disabled={off_by(play)}
                    aria-pressed={playing.to_string()} aria-label={text::PLAY_IT} title={text::PLAY_HELP} onclick={on_click(TransportAction::Play)}>
                    { icon(Symbol::Keys) }<span class="wide-only">{ text::PLAY_IT }</span>
                </button>
            }
        </div>
    }
}

/// A phase as automation reads it.
pub const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Ready => "ready",
        Phase::Running => "running",
        Phase::Paused => "paused",
        Phase::Ended => "ended",
    }
}
