//! Texts about agents that are saved, loaded and brought back.

use super::{Text, say, sentence};
use std::fmt::Display;

/// Button: keep the agent.
pub const SAVE_AGENT: Text = Text("Save agent");
/// Button: bring one back.
pub const LOAD_AGENT: Text = Text("Load…");
/// Title of the list.
pub const SAVED_AGENTS: Text = Text("Saved agents");
/// Nothing there.
pub const NO_AGENTS: Text = Text("No agent is saved in this browser yet. Save one, or open a file.");
/// From a file.
pub const OPEN_FILE: Text = Text("Open a file");
/// To a file.
pub const TO_FILE: Text = Text("Save as a file");
/// Bring back.
pub const LOAD: Text = Text("Load");
/// Throw away.
pub const DELETE: Text = Text("Delete");
/// Done.
pub const AGENT_SAVED: Text = Text("The agent is saved in this browser. Load brings it back, here or after a reload.");
/// Button: bring a deleted one back.
pub const RESTORE: Text = Text("Bring it back");
/// Button: load it all the same.
pub const LOAD_IT: Text = Text("Load it");
/// A file of another environment.
pub const OTHER_ENVIRONMENT: Text = Text("This agent belongs to another environment");

/// What loading it does.
pub fn other_environment(theirs: &str, ours: &str) -> String {
    say!(
        "The file holds an agent for {theirs}; on the stage is {ours}. Loading it changes the stage to {theirs}, set as it \
         was there. The run on the stage is put aside, and Undo brings it back.",
        theirs,
        ours
    )
}

/// A deleted agent.
pub fn deleted(title: &str) -> String {
    say!("{title} is deleted.", title)
}

/// Goes back to the best moment.
pub const BACK_TO_BEST: Text = Text("Back to the best");

/// A run that does worse than it did.
pub fn lost(mean_return: &str, episode: &str) -> String {
    say!(
        "It did better before: {mean_return} on average over 100 episodes, after {episode} of them. A smaller learning rate \
         or more exploration may keep it from losing that again.",
        mean_return,
        episode
    )
}

/// Done.
pub const AGENT_LOADED: Text = Text("The agent is loaded and goes on exactly where it was saved.");
/// A file from elsewhere, too big to be one of ours.
pub const NOT_READABLE: Text = Text("The file could not be read. Nothing was changed.");

/// A file that is not taken.
pub fn agent_refused(reason: &impl Display) -> String {
    say!("{reason} The agent on the stage is as before.", reason = sentence(reason))
}

/// A saved agent in a list.
pub fn saved_note(episodes: &str, when: &str) -> String {
    say!("{episodes} episodes · {when}", episodes, when)
}
