//! The texts of the place of checkpoints.

use super::{Text, say};

/// What it is.
pub const ABOUT: Text = Text("Put the needle on a moment: the agent as it was then plays here, in this tab.");
/// No relay is known.
pub const NO_RELAY: Text = Text("Runs leave their agents with a relay. Name it first.");
/// The relay or the log was not heard yet.
pub const WAITING: Text = Text("Asking the relay for what this run left…");
/// Link.
pub const BACK_TO_RUN: Text = Text("The run");
/// The slider.
pub const NEEDLE: Text = Text("Moment of the run");
/// Before anything is known.
pub const NONE_YET: Text = Text("no agent yet");
/// Button.
pub const THROUGH: Text = Text("All in turn");
/// What it does.
pub const THROUGH_HELP: Text = Text("Lets each of them play for three seconds, from the first to the last");
/// Label of a choice.
pub const RATE: Text = Text("At play");
/// Label of a choice.
pub const START: Text = Text("Start");
/// Label of a choice.
pub const BESIDE: Text = Text("Beside it");
/// Nothing is chosen.
pub const NO_OTHER: Text = Text("another run…");
/// Button.
pub const TAKE_AWAY: Text = Text("Take this run away");
/// No worker could be started.
pub const NO_WORKER: Text = Text("This browser starts no worker, and an agent plays in one.");
/// The relay has less of a file than it said.
pub const BROKEN_OFF: Text =
    Text("The relay gave less of this agent than it has. Choose another moment, or come again.");
/// The relay has not got a file.
pub const NOT_THERE: Text = Text(
    "The relay does not have this agent: it is still on its way, or room was made for others. Choose another moment.",
);
/// A run without saved agents.
pub const NOTHING_LEFT: Text =
    Text("This run left no agent with the relay. A run that is kept in a directory does so at every save:");
/// How.
pub const HOW: &str = "terrarium run snake --agent ppo --relay ws://127.0.0.1:8080 --runs runs";
/// The agent is being judged.
pub const JUDGING: Text = Text("playing some episodes…");
/// Below the curve.
pub const CURVE: Text = Text("Mean return of 50 episodes by step,");

/// Where the needle is.
pub fn at_step(step: &str) -> String {
    say!("step {step}", step)
}

/// Which agent plays.
pub fn moment(step: &str, episode: &str) -> String {
    say!("After {step} steps, {episode} episodes", step, episode)
}

/// What it came to.
pub fn judged(mean: &str, episodes: u32) -> String {
    say!("greedy: mean return {mean} of {episodes} episodes", mean, episodes)
}

/// Between which values the curve lies.
pub fn range(low: &str, high: &str) -> String {
    say!("from {low} to {high}", low, high)
}

/// Label of a button.
pub fn take_away(run: &str) -> String {
    say!("Take {run} away", run)
}
