//! Texts of the place of remote runs.

use super::{Text, say, sentence};
use crate::format::{count, exact};
use shared::alert::{AlertComparison, FiringAlert};

/// Title.
pub const WATCH_TITLE: Text = Text("Runs on the relay");
/// Back to the list.
pub const ALL_RUNS: Text = Text("All runs");
/// Nothing there.
pub const NO_RUNS: Text = Text(
    "No run is published on this relay yet. Start a trainer that publishes to it, and the run appears here by itself.",
);
/// While the list is fetched.
pub const RUNS_WAIT: Text = Text("Asking the relay for its runs…");
/// A run that is being published.
pub const LIVE: Text = Text("live");
/// A run whose publisher is gone.
pub const NOT_LIVE: Text = Text("not live");
/// On the picture of an epoch that was replaced.
pub const EARLIER_START: Text = Text("This is an earlier start of the run. It does not change any more.");
/// Leads from there to the present one.
pub const SHOW_PRESENT: Text = Text("Show the present one");
/// The present epoch in the list of all.
pub const PRESENT_START: Text = Text("Present start");

/// Button: the browser tells of alerts.
pub const NOTIFY: Text = Text("Notify me");
/// What it does.
pub const NOTIFY_NOTE: Text =
    Text("While this page is out of sight, the browser tells when a rule of the relay begins to hold for a run");

/// A rule of the relay that holds for a run.
pub fn alert_fires(firing: &FiringAlert) -> String {
    let FiringAlert { alert, metric, .. } = firing;
    let (threshold, step) = (exact(firing.threshold), count(firing.step));
    match (firing.is, firing.value.map(exact)) {
        (AlertComparison::Above, Some(value)) => {
            say!(
                "{alert}: {metric} is {value}, above {threshold}, at step {step}",
                alert,
                metric,
                value,
                threshold,
                step
            )
        }
        (AlertComparison::Below, Some(value)) => {
            say!(
                "{alert}: {metric} is {value}, below {threshold}, at step {step}",
                alert,
                metric,
                value,
                threshold,
                step
            )
        }
        _ => say!("{alert}: {metric} is not finite at step {step}", alert, metric, step),
    }
}

/// What began to hold for a run, or what it says itself, told wherever the page is.
pub fn alert_of(run: &str, alert: &str) -> String {
    say!("{run}: {alert}", run, alert)
}

/// A picture by a publisher that draws its own, in words.
pub fn foreign_picture(name: &str, step: u64) -> String {
    say!("{name} at step {step}", name, step = count(step))
}

/// A run whose publisher is gone, and since when.
pub fn not_live_since(moment: &str) -> String {
    say!("not live since {moment}", moment)
}

/// On the picture of a run of a snapshot.
pub const SNAPSHOT: Text = Text("This is a snapshot: what is shown is the last that the trainer had sent.");

/// On the picture of a run whose trainer is gone.
pub fn trainer_gone(since: Option<&str>) -> String {
    let since = since.map_or_else(String::new, |since| say!(" since {since}", since));
    say!("Trainer gone{since}. What is shown is the last that it sent; controls are off until it comes back.", since)
}

/// On the picture of a run that has ended, whose trainer is gone.
pub fn ended_and_left(since: Option<&str>) -> String {
    let since = since.map_or_else(String::new, |since| say!(" at {since}", since));
    say!("This run has ended; its trainer left{since}.", since)
}

/// Number of epochs that were replaced.
pub fn earlier_starts(count: usize) -> String {
    if count == 1 { Text("1 earlier start").into() } else { say!("{count} earlier starts", count) }
}

/// How many connections watch a run.
pub fn viewers(count: u64) -> String {
    say!("watched by {count}", count)
}

/// What stands beside the name of a run: who trains it.
pub const TRAINER: Text = Text("Who trains it, or did last");

/// Button: makes cards of further runs.
pub fn further_runs(left: usize) -> String {
    say!("More runs ({left} left)", left = count(left as u64))
}

/// A start in the list of all.
pub fn start_note(moment: &str, entries: u64) -> String {
    format!("{moment} · {}", super::entries(entries))
}
/// Title of the question for a relay.
pub const WHICH_RELAY: Text = Text("Which relay?");
/// Why there is a question.
pub const WHICH_RELAY_NOTE: Text = Text(
    "This page came from a plain file server, so it does not know a relay. Give the address of one; it is remembered in this browser.",
);
/// Title of how runs come to a relay.
pub const HOW_RUNS_COME: Text = Text("How do runs come here?");
/// How runs come to a relay.
pub const HOW_RUNS_COME_NOTE: Text = Text(
    "A trainer learns natively, on any machine, and publishes what it does to a relay; any number of tabs then look through the same overlays. With a relay on this machine:",
);
/// A trainer's command.
pub const TRAINER_COMMAND: &str = "terrarium run gridworld --agent q-learning --relay ws://127.0.0.1:8080";
/// Example of an address.
pub const RELAY_EXAMPLE: &str = "wss://relay.example.org";
/// Label.
pub const RELAY_ADDRESS: Text = Text("Address of the relay");
/// Button.
pub const CONNECT: Text = Text("Connect");
/// Button.
pub const OTHER_RELAY: Text = Text("Another relay");
/// Button.
pub const TRY_NOW: Text = Text("Try now");
/// Button.
pub const TRY_AGAIN: Text = Text("Try again");
/// The relay does not want this page, in its own words.
pub fn relay_refused(reason: &str) -> String {
    say!("The relay refused this page: {reason}", reason = sentence(reason))
}
/// Label.
pub const TOKEN: Text = Text("Token");
/// How it begins when a token was given and the role is what it was.
pub const TOKEN_OPENS_NO_MORE: Text = Text("You go on as before,");
/// A token was given, and the role is what it was.
pub fn token_opens_no_more(said: &str) -> String {
    say!("{as_before} because the relay says: {said}.", as_before = TOKEN_OPENS_NO_MORE, said)
}

/// What a token is for.
pub const TOKEN_NOTE: Text = Text(
    "The token of a viewer lets you watch, that of a controller lets you command as well. It is sent in the first message, never in an address, and forgotten when the page is left or loaded anew.",
);
/// Why https pages are limited.
pub const WHY_WSS: Text = Text("Why wss://?");
/// The reason.
pub const WHY_WSS_NOTE: Text = Text(
    "Browsers let a page that came over https talk only to encrypted addresses. From such a page a relay is reached as wss://, through a TLS proxy in front of it. Or open the page that the relay serves itself: it knows its relay.",
);
/// No controls.
pub const READ_ONLY: Text = Text("You are watching. Commands need the token of a controller.");
/// A run that vanished.
pub const RUN_GONE: Text = Text("The relay does not know this run (any more).");
