//! Texts of the transport: what starts, paces and ends a run.

use super::{Text, say};

/// The place of the stage.
pub const STAGE: Text = Text("Stage");
/// The row of controls.
pub const TRANSPORT: Text = Text("Training");
/// Button: let it learn.
pub const TRAIN: Text = Text("Train");
/// Button: hold.
pub const PAUSE: Text = Text("Pause");
/// Button: one step.
pub const STEP: Text = Text("Step");
/// Button: one episode; also the label of the counter.
pub const EPISODE: Text = Text("Episode");
/// Heading of a menu's part: agents that an environment cannot serve.
pub const NOT_IN_THIS_ENVIRONMENT: Text = Text("cannot learn in this environment");
/// Button: from the beginning.
pub const RESET: Text = Text("Reset");
/// Button: end the run.
pub const STOP: Text = Text("Stop");
/// Button: the greedy policy.
pub const GREEDY: Text = Text("Greedy");
/// What the button does.
pub const GREEDY_HELP: Text = Text("Show what the agent would do without exploring; learning rests meanwhile");
/// Button: play by hand.
pub const PLAY_IT: Text = Text("Play it");
/// What the button does.
pub const PLAY_HELP: Text =
    Text("Take the agent's place: it learns from what you do. Or hold Shift as long as you want to play");
/// While somebody plays.
pub const PLAYING: Text = Text("Your turn:");
/// The buttons of the actions.
pub const ACTIONS: Text = Text("Actions");
/// How to stop.
pub const PLAY_END: Text = Text("Done");
/// The slider.
pub const SPEED: Text = Text("Speed");
/// Its end.
pub const FULL_SPEED: Text = Text("full");

/// A speed: so many steps a second.
pub fn steps_a_second(rate: &str) -> String {
    say!("{rate} / s", rate)
}

/// A label with its key.
pub fn with_key(label: Text, key: &str) -> String {
    format!("{label} ({key})")
}
