//! The transport: train or pause, one step, one episode, from the beginning, how fast.

use super::icons::{Symbol, icon};
use super::speed::speed_slider;
use crate::text;
use shared::event::{Phase, Speed};
use yew::prelude::*;

/// What somebody at the transport wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
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
pub struct Controls {
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
    /// Told what is wanted.
    pub on_wish: Callback<Wish>,
}

/// The row of controls.
pub fn transport(props: &Controls) -> Html {
    let running = props.phase == Phase::Running;
    let wish = |wish: Wish| props.on_wish.reform(move |_: MouseEvent| wish);
    let off = !props.allowed;
    let (symbol, label) = if running { (Symbol::Pause, text::PAUSE) } else { (Symbol::Play, text::TRAIN) };
    html! {
        <div class="transport" role="group" aria-label={text::TRANSPORT}>
            <button class="button primary" data-testid="train" data-value={phase_name(props.phase)} disabled={off}
                title={text::with_key(label, text::SPACE_KEY)} onclick={wish(Wish::Toggle)}>
                { icon(symbol) }{ label }
            </button>
            <button class="button" data-testid="step" disabled={off} title={text::with_key(text::STEP, ".")} onclick={wish(Wish::Step)}>
                { icon(Symbol::Step) }{ text::STEP }
            </button>
            <button class="button" data-testid="episode" disabled={off} title={text::with_key(text::EPISODE, "e")} onclick={wish(Wish::Episode)}>
                { icon(Symbol::Episode) }{ text::EPISODE }
            </button>
            <button class="button" data-testid="reset" disabled={off} title={text::with_key(text::RESET, "r")} onclick={wish(Wish::Reset)}>
                { icon(Symbol::Reset) }{ text::RESET }
            </button>
            if props.stoppable {
                <button class="button" data-testid="stop" disabled={off || props.phase == Phase::Ended} onclick={wish(Wish::Stop)}>
                    { icon(Symbol::Stop) }<span class="wide-only">{ text::STOP }</span>
                </button>
            }
            { speed_slider(props.speed, off, &props.on_wish.reform(Wish::Speed)) }
            <button class="button" data-testid="greedy" disabled={off} aria-pressed={props.greedy.to_string()}
                aria-label={text::GREEDY} title={text::GREEDY_HELP} onclick={wish(Wish::Greedy)}>
                { icon(Symbol::Eye) }<span class="wide-only">{ text::GREEDY }</span>
            </button>
            if let Some(playing) = props.playing {
                <button class="button" data-testid="play" disabled={off} aria-pressed={playing.to_string()}
                    aria-label={text::PLAY_IT} title={text::PLAY_HELP} onclick={wish(Wish::Play)}>
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
