//! Texts of the panels of environment and agent.

use super::{Text, say};
use crate::format::exact;
use crate::language::translated;
use shared::parameter::{ParameterError, ParameterKind, ParameterSpec};
use std::fmt::Display;

/// The value of a switch.
pub const ON: Text = Text("on");
/// The value of a switch.
pub const OFF: Text = Text("off");
/// Panel of the environment.
pub const ENVIRONMENT: Text = Text("Environment");
/// Panel of the agent.
pub const AGENT: Text = Text("Agent");
/// Picks an environment.
pub const PICK_ENVIRONMENT: Text = Text("Pick an environment");
/// Picks an agent.
pub const PICK_AGENT: Text = Text("Pick an agent");
/// Group of presets.
pub const PRESETS: Text = Text("Presets");
/// Button: everything as it was before anybody changed anything.
pub const DEFAULTS: Text = Text("Defaults");
/// A value that somebody changed.
pub const CHANGED: Text = Text("changed");

/// A value that somebody changed, and what it was.
pub fn changed_from(before: &str) -> String {
    say!("changed from {before}", before)
}

/// Folded settings.
pub const MORE_SETTINGS: Text = Text("More settings");
/// What all chance derives from.
pub const SEED: Text = Text("Seed");
/// Another seed.
pub const OTHER_SEED: Text = Text("Another seed");
/// Why the agent cannot be changed.
pub const LOCKED: Text = Text("what is marked can change while it learns");
/// When it can.
pub const UNLOCKED: Text = Text("marked settings change at once, others begin anew");
/// A setting that is marked so.
pub const GOES_LIVE: Text = Text("takes effect at once, the agent keeps what it has learned");
/// The same where nothing can: while it learns, and when it does not.
pub const ALL_LOCKED: Text = Text("locked while it learns");
/// See above.
pub const ALL_UNLOCKED: Text = Text("a change begins anew");
/// Button of a replay: the table as it was when the episode began.
pub const AS_THEN: Text = Text("Values as they were");
/// What it does.
pub const AS_THEN_HELP: Text =
    Text("Makes the run again up to this episode, which gives the same agent, and shows what it believed");
/// Link of a replay.
pub const THEN_IN_THE_LAB: Text = Text("This agent in the Lab");

/// How far a run has been made again.
pub fn made_again(episodes: &str, of: &str) -> String {
    say!("making the run again: {episodes} of {of} episodes", episodes, of)
}

/// Button: the map editor.
pub const EDIT_MAP: Text = Text("Edit the map");
/// Button: the graph of an MDP.
pub const EDIT_MDP: Text = Text("Draw the MDP");

/// A text that is too large for the page.
pub fn text_too_large(most: usize) -> String {
    say!(
        "The page takes texts of at most {most} MB. The command line takes larger ones from a file: terrarium run mdp --env \
         table=@FILE.",
        most = most >> 20
    )
}

/// The most characters of a refused value that are shown.
const MOST_SHOWN: usize = 80;

/// What somebody wrote into a field that refused it, by what the field is called and what it takes.
pub fn value_not_taken(spec: &ParameterSpec, written: &str, error: &ParameterError) -> String {
    let label = translated(&spec.label);
    let value: String = written.trim().chars().take(MOST_SHOWN).collect();
    let words = match (&spec.kind, error) {
        (ParameterKind::Number { min, max, .. }, ParameterError::Refused { .. }) => {
            let (least, most) = (exact(*min), exact(*max));
            say!("{label} must be a number from {least} to {most}, not “{value}”", label, least, most, value)
        }
        (ParameterKind::Integer { min, max, .. }, ParameterError::Refused { .. }) => {
            let (least, most) = (exact(*min as f64), exact(*max as f64));
            say!("{label} must be a whole number from {least} to {most}, not “{value}”", label, least, most, value)
        }
        (ParameterKind::Text { max_characters: most, .. }, ParameterError::Refused { .. }) => {
            say!("{label} takes at most {most} characters", label, most)
        }
        (_, ParameterError::Invalid { reason, .. }) => format!("{label}: {reason}"),
        _ => return not_taken(error),
    };
    not_taken(&words)
}

/// A value that was refused.
pub fn not_taken(error: &impl Display) -> String {
    say!("Not taken: {error}.", error)
}

/// A seed that is none.
pub const SEED_FAULT: Text = Text("A seed is a whole number from 0 to 9007199254740991.");
