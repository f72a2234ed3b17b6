//! Texts of what is drawn over the stage, and of its legend.

use super::Text;

/// Panel of what the stage shows.
pub const OVERLAYS: Text = Text("Overlays");
/// What the colours tell.
pub const COLOURS_TELL: Text = Text("What the colours tell");
/// Learned values.
pub const VALUES: Text = Text("Values");
/// Visit counts.
pub const VISITS: Text = Text("Visits");
/// Temporal-difference errors.
pub const TD_ERROR: Text = Text("TD error");
/// Exact values.
pub const EXACT: Text = Text("Exact");
/// Learned minus exact.
pub const DIFFERENCE: Text = Text("Learned − exact");
/// Title of the legend.
pub const STATE_VALUE: Text = Text("Value of the best action");
/// Title of the legend.
pub const EXACT_STATE_VALUE: Text = Text("Exact value");
/// Title of the legend.
pub const LAST_TD_ERROR: Text = Text("Last TD error");
/// Unit of the legend.
pub const IN_RETURN: Text = Text("in discounted return");
/// Unit of the legend.
pub const IN_VISITS: Text = Text("in steps from there, logarithmic");
/// What the hatching means.
pub const NEVER_VISITED: Text = Text("never visited, so not known");
/// The bare environment.
pub const NOTHING: Text = Text("Nothing");
/// Numbers in the cells.
pub const NUMBERS: Text = Text("Numbers");
/// Arrows.
pub const BEST_ACTIONS: Text = Text("Best actions");
/// Value of every action.
pub const ACTION_VALUES: Text = Text("All action values");
/// Of agents that prefer actions instead of knowing what they are worth.
pub const ACTION_PREFERENCES: Text = Text("All preferences");
/// The path of the episode.
pub const LAST_PATH: Text = Text("Last path");
/// How much the network's decision depends on each cell.
pub const LOOKS: Text = Text("What it looks at");
/// How to look around.
pub const STAGE_HELP: Text = Text(
    "Point at a state, or walk over the states with the arrow keys, to read its numbers. A click or Enter pins them.",
);

/// The stage while the agent trains.
pub const STAGE_RUNS: Text = Text("The environment, while the agent trains.");
/// The scene before there is one.
pub const STAGE_WAITS: Text = Text("The environment is being built.");
