//! The texts of the overlay: runs of a relay side by side.

use super::{Text, say};

/// What it is.
pub const ABOUT: Text = Text("Any metrics of any runs over each other, by group, with what is different between them.");
/// No relay is known.
pub const NO_RELAY: Text = Text("Runs come by a relay. Start one with `cargo xtask run`, or open Watch and name it.");
/// The relay was not heard yet.
pub const WAITING: Text = Text("Asking the relay for its runs…");
/// Nothing can be shown.
pub const NO_RUNS: Text =
    Text("No run of this relay has ended an episode or told a metric yet. Those that do appear here.");
/// Title of the choices.
pub const VIEW: Text = Text("View");
/// What runs from left to right.
pub const ACROSS: Text = Text("By");
/// Axis.
pub const STEPS: Text = Text("Steps");
/// Axis.
pub const EPISODES: Text = Text("Episodes");
/// Axis.
pub const SECONDS: Text = Text("Seconds");
/// How runs are put together.
pub const GROUP: Text = Text("Group");
/// Every run by itself.
pub const NO_GROUP: Text = Text("Every run");
/// Episodes that a curve averages.
pub const SMOOTHING: Text = Text("Smoothing");
/// What is drawn.
pub const SHOWN: Text = Text("Metrics");
/// Measure.
pub const RETURN: Text = Text("Return");
/// Measure.
pub const LENGTH: Text = Text("Episode length");
/// Finds runs.
pub const FIND: Text = Text("Find runs");
/// What can be looked for.
pub const FIND_HINT: Text = Text("name, agent, environment");
/// Title of the table.
pub const DIFFERENCES: Text = Text("What is different");
/// Under the table.
pub const DIFFERENCES_NOTE: Text = Text(
    "Settings that differ between the runs shown. The best mean is over at least 100 episodes in a row, or as many as there were.",
);
/// Head of a column.
pub const RUN: Text = Text("Run");
/// Head of a column.
pub const BEST: Text = Text("Best mean return");
/// Title.
pub const PARALLEL: Text = Text("Settings and results");
/// Under it.
pub const PARALLEL_NOTE: Text =
    Text("A line is a run. Drag along an axis to keep the runs that cross it there; a click on the axis lets go.");
/// Nothing differs.
pub const ALL_ALIKE: Text = Text("All of these runs have the same settings.");
/// Title.
pub const PARETO: Text = Text("Trade-off");
/// Under it.
pub const PARETO_NOTE: Text = Text("A run on the line is beaten by no other in both at once.");
/// The better way of a measure.
pub const LESS: Text = Text("less is better");
/// The better way of a measure.
pub const MORE: Text = Text("more is better");
/// Measure.
pub const STEPS_MADE: Text = Text("Steps made");
/// Measure.
pub const TIME: Text = Text("Seconds taken");

/// How many are shown.
pub fn shown(shown: usize, all: usize) -> String {
    say!("{shown} of {all} runs", shown, all)
}

/// What a chart of groups shows.
pub fn band(groups: usize) -> String {
    say!("{groups} groups: the mean of their runs, and the band from the least of them to the greatest", groups)
}

/// Beyond so many, runs are left out.
pub fn only_newest(most: usize) -> String {
    say!("The newest {most} are shown; choose others in the table.", most)
}

/// Shows or leaves out a run.
pub fn show(run: &str) -> String {
    say!("Show {run}", run)
}

/// The newest value of a metric.
pub fn newest(metric: &str) -> String {
    say!("{metric}, newest", metric)
}

/// A group with so many runs.
pub fn group(name: &str, runs: usize) -> String {
    format!("{name} ({runs})")
}

/// A point for those who do not see it.
pub fn point(run: &str, across: &str, up: &str) -> String {
    format!("{run}: {across}, {up}")
}
