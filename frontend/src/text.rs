//! Every text of the page, in one place, in English; [`crate::language`] has those of the others.
//!
//! Texts of environments and agents (titles, help) come with the stream and are not here: [`crate::language::told`] shows them.

mod charts;
pub mod checkpoints;
mod compare;
mod guide;
pub mod hosts;
mod inspector;
mod keeping;
mod keys;
mod layers;
mod lessons;
pub mod library;
mod map_editor;
pub mod mdp_editor;
pub mod overlay;
mod overlays;
mod readouts;
mod replays;
pub mod run_file;
mod saved_agents;
mod session;
mod settings;
mod sharing;
mod transport;
mod watch;

pub use charts::*;
pub use compare::*;
pub use guide::*;
pub use inspector::*;
pub use keeping::*;
pub use keys::*;
pub use layers::*;
pub use lessons::*;
pub use map_editor::*;
pub use overlays::*;
pub use readouts::*;
pub use replays::*;
pub use saved_agents::*;
pub use session::*;
pub use settings::*;
pub use sharing::*;
pub use transport::*;
pub use watch::*;

use crate::language::{Text, say};
use std::fmt::Display;

/// The name of the house.
pub const NAME: &str = "Terrarium";

/// Place: the lab.
pub const LAB: Text = Text("Lab");
/// Place: agents side by side; also the button that begins.
pub const COMPARE: Text = Text("Compare");
/// Place: remote runs.
pub const WATCH: Text = Text("Watch");
/// Place: hosts of the relay.
pub const HOSTS: Text = Text("Hosts");
/// A place: the agents that a run left.
pub const CHECKPOINTS: Text = Text("Checkpoints");
/// A place: an exported run.
pub const RUN_FILE: Text = Text("Run file");
/// Runs over each other.
pub const OVERLAY: Text = Text("Overlay");
/// Place: kept episodes.
pub const REPLAYS: Text = Text("Replays");
/// Place: lessons.
pub const LEARN: Text = Text("Learn");
/// The list of places.
pub const PLACES: Text = Text("Places");
/// Button: the other look.
pub const TO_DARK: Text = Text("Dark look");
/// Button: the other look.
pub const TO_LIGHT: Text = Text("Light look");
/// The menu of languages.
pub const LANGUAGE: Text = Text("Language");
/// Button: a link to this run.
pub const SHARE: Text = Text("Share");
/// Button: for a projector.
pub const PRESENT: Text = Text("Presentation");
/// What it does.
pub const PRESENT_HELP: Text = Text("Presentation: the stage and one chart, large enough for a projector");
/// Button: all keys.
pub const SHOW_KEYS: Text = Text("All keys");
/// Button: close.
pub const CLOSE: Text = Text("Close");
/// Button: never mind.
pub const CANCEL: Text = Text("Cancel");
/// Link for keyboards, before everything else.
pub const SKIP: Text = Text("Skip to the stage");
/// Another build of the page took the place of the one that this tab runs.
pub const NEWER_PAGE: Text =
    Text("A new version of this page is there. This tab goes on with the old one until you reload it.");
/// Button: loads the page anew.
pub const RELOAD: Text = Text("Reload");
/// A place whose program has not come for a while.
pub const PLACE_LATE: Text = Text(
    "This place takes long to come. Everything else goes on. Come again once the network is back, or reload the page.",
);
/// The script that would fetch an editor did not come.
pub const EDITOR_MISSING: Text =
    Text("The editor could not be loaded. Everything else goes on. Open it again once the network is back.");

/// Words with a capital letter at the beginning.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| std::iter::once(first.to_ascii_uppercase()).chain(letters).collect())
}

/// Words that end as a sentence does: reasons come with and without their full stop.
fn sentence(words: impl Display) -> String {
    let words = words.to_string();
    if words.ends_with(['.', '!', '?']) { words } else { words + "." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_with_or_without_its_full_stop_is_a_sentence_of_its_own() {
        for reason in ["it is too large", "it is too large."] {
            for words in [
                agent_refused(&reason),
                run_is_lost("3", reason),
                not_on_stage(reason),
                not_kept(&reason),
                link_refused(reason),
                relay_refused(reason) + " ",
            ] {
                assert!(words.contains("it is too large. "), "{words}");
            }
        }
    }
}
