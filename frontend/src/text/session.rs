//! Texts about runs on show: their programs, and what was refused.

use super::{Text, say};
use shared::event::Phase;

/// A command that nobody took.
pub const NOBODY_THERE: Text =
    Text("There is no connection to the run now, so nothing was changed. Try again when it is back.");

/// What the run in the Lab says while another place is on show.
pub fn in_the_lab(words: &str) -> String {
    say!("In the Lab: {words}", words)
}

/// What became of a command over a line that broke is not known.
pub const ANSWER_LOST: Text = Text(
    "The line to the relay broke before the answer came: the run may or may not have obeyed. Its status tells, once the line is back.",
);

/// What no message holds.
pub fn not_sendable(error: &impl std::fmt::Display) -> String {
    say!("This cannot be sent: {error}. Nothing was changed.", error)
}

/// Every episode as a row of a file.
pub const EPISODES_CSV: Text = Text("Episodes");
/// What is in it.
pub const EPISODES_CSV_NOTE: Text = Text(
    "All episodes as CSV: the first 65 536 one by one, later ones at full speed in bins, with how many each row stands for",
);

/// What is spoken now and then.
pub fn spoken(phase: Phase, episode: &str, last: Option<&str>) -> String {
    let doing = match phase {
        Phase::Ready => Text("Ready"),
        Phase::Running => Text("Training"),
        Phase::Paused => Text("Paused"),
        Phase::Ended => Text("Ended"),
    };
    let last = last.map_or_else(String::new, |last| say!(", last return {last}", last));
    say!("{doing}. Episode {episode}{last}.", doing, episode, last)
}
