//! Texts of the place of kept episodes, and of relays.

use super::{Text, capital, say};

/// Nothing there.
pub const NO_REPLAYS: Text = Text(
    "No episode was kept yet. Let the agent in the lab finish one; the latest, the best and the worst are kept by themselves.",
);
/// Nothing there, of a run of a relay.
pub const NO_REPLAYS_OF_RUN: Text = Text(
    "No episode of this run is here yet. The latest, the best and the worst come by themselves once one has ended.",
);
/// The list.
pub const KEPT_EPISODES: Text = Text("Kept episodes");
/// Why an episode was kept.
pub const LATEST: Text = Text("latest");
/// Why an episode was kept.
pub const BEST: Text = Text("best");
/// Why an episode was kept.
pub const WORST: Text = Text("worst");
/// Why an episode was kept.
pub const BY_HAND: Text = Text("played by hand");
/// Why an episode was kept.
pub const ON_DEMAND: Text = Text("on demand");
/// Button: the episode that ends next is kept.
pub const RECORD_EPISODE: Text = Text("Keep an episode");
/// What it does.
pub const RECORD_EPISODE_HELP: Text =
    Text("Keeps the episode that ends next among the kept episodes, for everybody who watches");
/// On the button until that has ended.
pub const RECORDS_EPISODE: Text = Text("Kept once it ends…");
/// Button: play.
pub const PLAY: Text = Text("Play");
/// Button: one step back.
pub const STEP_BACK: Text = Text("Back");
/// The steps of an episode as a file.
pub const STEPS_CSV: Text = Text("Steps");
/// What is in it.
pub const STEPS_CSV_HELP: Text = Text("Every step as CSV: action, reward, return so far, state and observation");
/// Which episode stands beside this one.
pub const BESIDE: Text = Text("Beside");
/// None does.
pub const NOTHING_BESIDE: Text = Text("nothing");
/// Takes a film.
pub const FILM: Text = Text("Film");
/// What that does.
pub const FILM_HELP: Text = Text("Plays the episode from its start at this speed and saves what is seen as WebM");
/// Ends it early.
pub const END_FILM: Text = Text("End the film");
/// The browser takes none.
pub const NO_FILM: Text = Text(
    "This browser cannot film the stage. Firefox, Chrome and Edge can; the steps can be saved as CSV all the same.",
);
/// Heads the charts of how episodes end.
pub const OUTCOMES: Text = Text("How the episodes went");

/// How often something happens in an episode.
pub fn each_episode(mean: &str) -> String {
    say!("{mean} an episode", mean)
}

/// A chart of an outcome or counter in words.
pub fn tally_words(name: &str, mean: &str) -> String {
    say!("{name} along the run, {mean} on average", name, mean)
}

/// The slider.
pub const SEEK: Text = Text("Step of the episode");
/// What was done.
pub const ACTION: Text = Text("Action");
/// What it brought.
pub const REWARD: Text = Text("Reward");

/// Why an episode was kept.
pub fn latest_of(outcome: &str) -> String {
    say!("latest {outcome}", outcome)
}

/// The relay's distance.
pub fn relay_open(millis: Option<f64>) -> String {
    let relay = Text("relay");
    millis.map_or_else(|| relay.into(), |millis| format!("{relay} · {}", crate::format::duration(millis)))
}

/// Trying.
pub const RELAY_CONNECTING: Text = Text("connecting…");
/// Refused.
pub const RELAY_REFUSED: Text = Text("relay refused");

/// Trying again soon.
pub fn relay_waiting(seconds: u32) -> String {
    say!("reconnecting (next try in {seconds} s)", seconds)
}

/// Why a line is lost: nothing comes any more,
pub const RELAY_SILENT: Text = Text("the relay does not answer");
/// it was closed,
pub const RELAY_WENT: Text = Text("the relay went away");
/// or it does not come about.
pub const RELAY_AWAY: Text = Text("the relay cannot be reached");

/// What happened to the line, and what is safe meanwhile. `reason` is a sentence, with or without its full stop.
pub fn relay_lost(reason: &str) -> String {
    let reason = capital(reason.trim_end_matches('.'));
    say!("{reason}. What is shown stays; what is missed meanwhile comes when the relay is back.", reason)
}

/// When it is tried again, as a sentence.
pub fn next_try(seconds: u32) -> String {
    say!("Next try in {seconds} s.", seconds)
}

/// The lab needs no relay.
pub const IN_THIS_TAB: Text = Text("in this tab");

/// Entries of a run's log.
pub fn entries(count: u64) -> String {
    if count == 1 {
        return Text("1 log entry").into();
    }
    say!("{count} log entries", count = crate::format::count(count))
}

/// Since when.
pub fn since(duration: &str) -> String {
    say!("for {duration}", duration)
}
