//! Texts of the read-outs: what the figures of a run are called, and mean.

use super::{EPISODE, Text};

/// Return of the last episode.
pub const RETURN: Text = Text("Return");
/// Training speed.
pub const STEPS_PER_SECOND: Text = Text("Steps/s");
/// How many states have an optimal greedy action.
pub const OPTIMAL_STATES: Text = Text("Optimal states");
/// Value lost at the start.
pub const REGRET: Text = Text("Regret");
/// Hash of all episodes, of a run that gives the same bits everywhere
pub const RUN_HASH: Text = Text("Run hash, exact");
/// or of one on a device that does not.
pub const RUN_HASH_SEEDED: Text = Text("Run hash, seeded");

/// Title of the card of terms.
pub const TERMS_TITLE: Text = Text("What the figures mean");
/// What a click on a figure's name gives.
pub const WHAT_IS_THIS: Text = Text("What is this?");
/// Figures by name, what they are called, and what they mean.
pub const TERMS: [(&str, Text, Text); 6] = [
    (
        "return",
        RETURN,
        Text("The sum of an episode's rewards. Shown is that of the last episode that ended, exploration included."),
    ),
    (
        "regret",
        REGRET,
        Text(
            "What the learned way, without exploration, loses at the start against the best one, in discounted return. 0.00 says that \
         nothing better can be done from the start; states that it hardly comes by may still be wrong. Known only where the \
         environment's model is.",
        ),
    ),
    (
        "optimal-states",
        OPTIMAL_STATES,
        Text(
            "In how many states the action that the agent takes to be best really is a best one, by the exact solution.",
        ),
    ),
    (
        "run-hash",
        Text("Run hash"),
        Text(
            "A chain over every episode's return, length and outcome. The same settings with the same seed give the same hash, here, \
         in another browser and on the command line; so a hash proves that a run is the same.",
        ),
    ),
    (
        "episode",
        EPISODE,
        Text(
            "Episodes that have ended since the run began. One lasts from the start to a goal, an accident or the step limit.",
        ),
    ),
    ("steps-per-second", STEPS_PER_SECOND, Text("Steps that the agent makes a second, in all copies together.")),
];
