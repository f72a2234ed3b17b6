//! Texts about what could be lost, and is not.

use super::{Text, say, sentence};
use std::fmt::Display;

/// Button: have the run back that was on show before.
pub const UNDO: Text = Text("Undo");
/// There is none.
pub const NOTHING_TO_UNDO: Text = Text("There is no earlier run to go back to.");
/// There is none.
pub const NOTHING_TO_REDO: Text = Text("There is no later run to go forward to.");
/// Question: a run that cannot be kept.
pub const LOSE_RUN: Text = Text("This run cannot be kept");
/// Button: do it all the same.
pub const REPLACE: Text = Text("Replace it");
/// Why something was not taken: the run on show could not be kept, and was not to be lost.
pub const RUN_STAYS: Text = Text("The run on show was to stay.");
/// Question: the same run for everyone.
pub const RESET_FOR_ALL: Text = Text("Reset this run for everyone?");
/// Question: the same run for everyone.
pub const STOP_FOR_ALL: Text = Text("Stop this run for everyone?");
/// Question: the same run for everyone.
pub const AGAIN_FOR_ALL: Text = Text("Begin this run anew for everyone?");
/// Button: take what was typed out of the form.
pub const TAKE_BACK: Text = Text("Back to what is on the stage");

/// A run that gave way to another.
pub fn put_aside(episodes: &str) -> String {
    say!("The run before this one is put aside with its {episodes} episodes.", episodes)
}

/// A run that is on show again.
pub fn back_again(episodes: &str) -> String {
    say!("The run with its {episodes} episodes is back.", episodes)
}

/// A run that cannot be kept, and why.
pub fn run_is_lost(episodes: &str, reason: &str) -> String {
    say!("{reason} Its {episodes} episodes would be lost.", reason = sentence(reason), episodes)
}

/// What a reset of a remote run does.
pub fn reset_for_all(run: &str, episodes: &str) -> String {
    say!(
        "{run} begins anew with nothing learned, for everyone who watches it. Its {episodes} episodes are over, and nobody \
         can bring them back.",
        run,
        episodes
    )
}

/// What a stop of a remote run does.
pub fn stop_for_all(run: &str, episodes: &str) -> String {
    say!(
        "{run} ends after {episodes} episodes, for everyone who watches it. After that it can only begin anew.",
        run,
        episodes
    )
}

/// What was set and not taken.
pub fn not_on_stage(reason: &str) -> String {
    say!(
        "Not taken: {reason} What you set stays here; the stage shows what was there before.",
        reason = sentence(reason)
    )
}

/// Nothing is kept.
pub fn not_kept(error: &impl Display) -> String {
    say!("{error} A reload of this page begins anew.", error = sentence(error))
}

/// A link whose run cannot be made.
pub fn link_refused(reason: &str) -> String {
    say!("The run of this link cannot be made: {reason} Nothing was changed.", reason = sentence(reason))
}

/// A worker that died, and from which episode on another goes on.
pub fn worker_died(reason: &str, episodes: Option<&str>) -> String {
    match episodes {
        Some(episodes) => say!(
            "{reason} Another one goes on with the run as it was kept, after {episodes} episodes. What you set stays in the form.",
            reason,
            episodes
        ),
        None => say!(
            "{reason} What you set stays in the form, and saved agents are untouched. Change a setting, or press Train to \
             begin anew.",
            reason
        ),
    }
}
