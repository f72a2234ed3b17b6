//! The line to the relay, in a few words, and its runs, in a number: they stand in the page's head, whichever program has the line.

use super::relay::KnownRelay;
use crate::services::relay_link::ConnectionState;
use crate::text;
use yew::prelude::*;

/// The element of the head for the line.
pub const CONNECTION: &str = "relay-line";
/// The element of the head for the number of runs.
pub const LIVE_RUNS: &str = "live-runs";

/// Number of runs that are being published; nothing where there is none.
pub fn live_runs(known: &KnownRelay) -> Html {
    let live = known.runs.iter().flatten().filter(|run| run.live && !run.is_host).count();
    html! { if live > 0 { <span class="count number">{ live }</span> } }
}

/// A dot and its words: how far the relay is, or when it is tried again.
pub fn connection(known: &KnownRelay) -> Html {
    let (state, words, hint) = match &known.connection {
        None => ("none", String::from(text::IN_THIS_TAB), String::new()),
        Some(ConnectionState::Connecting) => ("waiting", String::from(text::RELAY_CONNECTING), String::new()),
        Some(ConnectionState::Open { round_trip_millis, .. }) => {
            ("open", text::relay_open(*round_trip_millis), String::new())
        }
        Some(ConnectionState::Waiting { next_try_seconds, reason }) => {
            ("waiting", text::relay_waiting(*next_try_seconds), text::relay_lost(reason))
        }
        Some(ConnectionState::Refused { message, .. }) => {
            ("closed", String::from(text::RELAY_REFUSED), message.clone())
        }
    };
    html! {
        <span class="connection number" data-state={state} data-testid="readout-connection" data-value={state} title={hint}>
            <i></i><span class="words">{ words }</span>
        </span>
    }
}
