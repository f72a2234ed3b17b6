//! Every text of the page, in one place, so that other languages can follow.
//!
//! Texts of environments, agents and runs (titles, help, notices) come with the stream and are not here.

pub mod library;

use crate::format::fixed;
use shared::event::Phase;
use std::fmt::Display;

/// The name of the house.
pub const NAME: &str = "Terrarium";

// Places.
/// Place: the lab.
pub const LAB: &str = "Lab";
/// Place: agents side by side; also the button that begins.
pub const COMPARE: &str = "Compare";
/// Place: remote runs.
pub const WATCH: &str = "Watch";
/// Place: kept episodes.
pub const REPLAYS: &str = "Replays";
/// Place: lessons.
pub const LEARN: &str = "Learn";
/// The list of places.
pub const PLACES: &str = "Places";
/// Button: the other look.
pub const TO_DARK: &str = "Dark look";
/// Button: the other look.
pub const TO_LIGHT: &str = "Light look";
/// Button: a link to this run.
pub const SHARE: &str = "Share";
/// Button: for a projector.
pub const PRESENT: &str = "Presentation";
/// What it does.
pub const PRESENT_HELP: &str = "Presentation: the stage and one chart, large enough for a projector";
/// Button: all keys.
pub const SHOW_KEYS: &str = "All keys";
/// Button: close.
pub const CLOSE: &str = "Close";
/// Button: never mind.
pub const CANCEL: &str = "Cancel";
/// Link for keyboards, before everything else.
pub const SKIP: &str = "Skip to the stage";

// Transport.
/// The place of the stage.
pub const STAGE: &str = "Stage";
/// The row of controls.
pub const TRANSPORT: &str = "Training";
/// Button: let it learn.
pub const TRAIN: &str = "Train";
/// Button: hold.
pub const PAUSE: &str = "Pause";
/// Button: one step.
pub const STEP: &str = "Step";
/// Button: one episode; also the label of the counter.
pub const EPISODE: &str = "Episode";
/// Heading of a menu's part: agents that an environment cannot serve.
pub const NOT_IN_THIS_ENVIRONMENT: &str = "cannot learn in this environment";
/// Button: from the beginning.
pub const RESET: &str = "Reset";
/// Button: end the run.
pub const STOP: &str = "Stop";
/// Button: the greedy policy.
pub const GREEDY: &str = "Greedy";
/// What the button does.
pub const GREEDY_HELP: &str = "Show what the agent would do without exploring; learning rests meanwhile";
/// Button: play by hand.
pub const PLAY_IT: &str = "Play it";
/// What the button does.
pub const PLAY_HELP: &str =
    "Take the agent's place: it learns from what you do. Or hold Shift as long as you want to play";
/// While somebody plays.
pub const PLAYING: &str = "Your turn:";
/// The buttons of the actions.
pub const ACTIONS: &str = "Actions";
/// How to stop.
pub const PLAY_END: &str = "Done";
/// The slider.
pub const SPEED: &str = "Speed";
/// Its end.
pub const FULL_SPEED: &str = "full";

/// A speed: so many steps a second.
pub fn steps_a_second(rate: &str) -> String {
    format!("{rate} / s")
}

/// A label with its key.
pub fn with_key(label: &str, key: &str) -> String {
    format!("{label} ({key})")
}

// Read-outs.
/// Return of the last episode.
pub const RETURN: &str = "Return";
/// Training speed.
pub const STEPS_PER_SECOND: &str = "Steps/s";
/// How many states have an optimal greedy action.
pub const OPTIMAL_STATES: &str = "Optimal states";
/// Value lost at the start.
pub const REGRET: &str = "Regret";
/// Hash of all episodes, of a run that gives the same bits everywhere
pub const RUN_HASH: &str = "Run hash, exact";
/// or of one on a device that does not.
pub const RUN_HASH_SEEDED: &str = "Run hash, seeded";

/// Title of the card of terms.
pub const TERMS_TITLE: &str = "What the figures mean";
/// What a click on a figure's name gives.
pub const WHAT_IS_THIS: &str = "What is this?";
/// Figures by name, what they are called, and what they mean.
pub const TERMS: [(&str, &str, &str); 6] = [
    (
        "return",
        RETURN,
        "The sum of an episode's rewards. Shown is that of the last episode that ended, exploration included.",
    ),
    (
        "regret",
        REGRET,
        "What the learned way, without exploration, loses at the start against the best one, in discounted return. 0.00 says that \
         nothing better can be done from the start; states that it hardly comes by may still be wrong. Known only where the \
         environment's model is.",
    ),
    (
        "optimal-states",
        OPTIMAL_STATES,
        "In how many states the action that the agent takes to be best really is a best one, by the exact solution.",
    ),
    (
        "run-hash",
        "Run hash",
        "A chain over every episode's return, length and outcome. The same settings with the same seed give the same hash, here, \
         in another browser and on the command line; so a hash proves that a run is the same.",
    ),
    (
        "episode",
        EPISODE,
        "Episodes that have ended since the run began. One lasts from the start to a goal, an accident or the step limit.",
    ),
    ("steps-per-second", STEPS_PER_SECOND, "Steps that the agent makes a second, in all copies together."),
];

// The guide of a first visit.
/// Nothing has ended yet.
pub const GUIDE_SEARCHING: &str =
    "The creature knows nothing yet and steps by chance. Hatched cells were never visited.";
/// No episode has reached the goal.
pub const GUIDE_FAILING: &str =
    "Episodes end in a pit or run out of steps. Each leaves numbers in the cells that it came by.";
/// One has.
pub const GUIDE_FOUND: &str = "It has found the plant. From there the values spread backwards, cell by cell.";
/// The greedy policy is a best one.
pub const GUIDE_LEARNED: &str =
    "From the start it now takes a best way: Regret 0.00. Cells that it rarely visits may still be wrong.";
/// Leads on.
pub const GUIDE_TO_LEARN: &str = "Learn how";
/// Button.
pub const GUIDE_CLOSE: &str = "No more of these sentences";

/// A count out of all.
pub fn of_all(some: u32, all: u32) -> String {
    format!("{some} / {all}")
}

// Environment and agent.
/// Panel of the environment.
pub const ENVIRONMENT: &str = "Environment";
/// Panel of the agent.
pub const AGENT: &str = "Agent";
/// Picks an environment.
pub const PICK_ENVIRONMENT: &str = "Pick an environment";
/// Picks an agent.
pub const PICK_AGENT: &str = "Pick an agent";
/// Group of presets.
pub const PRESETS: &str = "Presets";
/// Button: everything as it was before anybody changed anything.
pub const DEFAULTS: &str = "Defaults";
/// A value that somebody changed.
pub const CHANGED: &str = "changed";

/// A value that somebody changed, and what it was.
pub fn changed_from(before: &str) -> String {
    format!("changed from {before}")
}

/// Folded settings.
pub const MORE_SETTINGS: &str = "More settings";
/// What all chance derives from.
pub const SEED: &str = "Seed";
/// Another seed.
pub const OTHER_SEED: &str = "Another seed";
/// Why the agent cannot be changed.
pub const LOCKED: &str = "what is marked can change while it learns";
/// When it can.
pub const UNLOCKED: &str = "what is marked goes on learning, other changes begin anew";
/// A setting that is marked so.
pub const GOES_LIVE: &str = "takes effect at once, the agent keeps what it has learned";
/// The same where nothing can: while it learns, and when it does not.
pub const ALL_LOCKED: &str = "locked while it learns";
/// See above.
pub const ALL_UNLOCKED: &str = "a change begins anew";
/// Button of a replay: the table as it was when the episode began.
pub const AS_THEN: &str = "Values as they were";
/// What it does.
pub const AS_THEN_HELP: &str =
    "Makes the run again up to this episode, which gives the same agent, and shows what it believed";
/// Link of a replay.
pub const THEN_IN_THE_LAB: &str = "This agent in the Lab";

/// How far a run has been made again.
pub fn made_again(episodes: &str, of: &str) -> String {
    format!("making the run again: {episodes} of {of} episodes")
}

/// Button: the map editor.
pub const EDIT_MAP: &str = "Edit the map";

/// A text that is too large for the page.
pub fn text_too_large(most: usize) -> String {
    format!(
        "The page takes texts of at most {} MB. The command line takes larger ones from a file: terrarium run mdp --env \
         table=@FILE.",
        most >> 20
    )
}

/// A value that was refused.
pub fn not_taken(error: &impl Display) -> String {
    format!("Not taken: {error}.")
}

/// A seed that is none.
pub const SEED_FAULT: &str = "A seed is a whole number from 0 to 9007199254740991.";

// Map editor.
/// What can be drawn.
pub const BRUSHES: &str = "What to draw";
/// Number of columns.
pub const COLUMNS: &str = "Columns";
/// Number of rows.
pub const ROWS: &str = "Rows";
/// Takes the map.
pub const USE_MAP: &str = "Use this map";
/// What that does.
pub const MAP_RESTARTS: &str = "Drag to draw. A new map begins a new run with nothing learned.";

/// One less.
pub fn fewer(what: &str) -> String {
    format!("{what}: one less")
}

/// One more.
pub fn more(what: &str) -> String {
    format!("{what}: one more")
}

/// The map in words.
pub fn map_words(columns: usize, rows: usize) -> String {
    format!("Map of {columns} by {rows} cells. Arrow keys move, space draws.")
}

// Glass.
/// Panel of what the stage shows.
pub const ON_THE_GLASS: &str = "On the glass";
/// What the colours tell.
pub const COLOURS_TELL: &str = "What the colours tell";
/// Learned values.
pub const VALUES: &str = "Values";
/// Visit counts.
pub const VISITS: &str = "Visits";
/// Temporal-difference errors.
pub const TD_ERROR: &str = "TD error";
/// Exact values.
pub const EXACT: &str = "Exact";
/// Learned minus exact.
pub const DIFFERENCE: &str = "Learned − exact";
/// Title of the legend.
pub const STATE_VALUE: &str = "Value of the best action";
/// Title of the legend.
pub const EXACT_STATE_VALUE: &str = "Exact value";
/// Title of the legend.
pub const LAST_TD_ERROR: &str = "Last TD error";
/// Unit of the legend.
pub const IN_RETURN: &str = "in discounted return";
/// Unit of the legend.
pub const IN_VISITS: &str = "in steps from there, logarithmic";
/// What the hatching means.
pub const NEVER_VISITED: &str = "never visited, so not known";
/// The bare environment.
pub const NOTHING: &str = "Nothing";
/// Numbers in the cells.
pub const NUMBERS: &str = "Numbers";
/// Arrows.
pub const BEST_ACTIONS: &str = "Best actions";
/// Value of every action.
pub const ACTION_VALUES: &str = "All action values";
/// The path of the episode.
pub const LAST_PATH: &str = "Last path";
/// How to look around.
pub const STAGE_HELP: &str =
    "Point at a state, or walk over the states with the arrow keys, to read its numbers. A click or Enter pins them.";

/// The stage while the agent trains.
pub const STAGE_RUNS: &str = "The environment, while the agent trains.";
/// The scene before there is one.
pub const STAGE_WAITS: &str = "The environment is being built.";

// Inspector.
/// A cell.
pub fn cell(column: u32, row: u32) -> String {
    format!("State ({column}, {row})")
}

/// A state that has no place, by its name or index.
pub fn state(name: &str) -> String {
    format!("State {name}")
}

/// Where the agent is.
pub fn agent_at(place: &str) -> String {
    format!("Agent · {place}")
}

/// The network panel.
pub const NETWORK: &str = "Network";
/// Its bars, where the agent has probabilities.
pub const ACTION_PROBABILITIES: &str = "Probability of every action now";
/// Its bars, where the agent has action values.
pub const VALUES_NOW: &str = "Value of every action now";
/// Its bars, where actions are numbers.
pub const MEAN_ACTION: &str = "Action now, and how far it spreads";
/// What the network expects.
pub const VALUE_ESTIMATE: &str = "Value estimate";
/// The line beside it.
pub const VALUE_ALONG_THE_EPISODE: &str = "The value estimate along this episode";
/// What an action depends on.
pub const DEPENDS_ON: &str = "What the preferred action depends on most: slope, and what is observed";
/// Before anything is pointed at.
pub const POINT_AT_A_WEIGHT: &str =
    "Point at a weight: a row is an input, a column a unit. Blue is below 0, orange above.";
/// What dead units are.
pub const DEAD_UNITS_HELP: &str = "Units that gave 0 for everything that was looked at. They learn nothing from it.";
/// What the gradient is.
pub const GRADIENT_HELP: &str = "Length of the layer's gradient at the last step of learning.";

/// How many numbers a network learns.
pub fn parameters(count: &str) -> String {
    format!("{count} parameters")
}

/// A probability.
pub fn percent(share: f64) -> String {
    format!("{} %", fixed(share * 100.0, 0))
}

/// A mean and how far actions spread around it.
pub fn mean_and_spread(mean: f64, spread: f64) -> String {
    format!("{} ± {}", fixed(mean, 2), fixed(spread, 2))
}

/// What a layer makes of what.
pub fn layer_shape(inputs: u32, units: u32) -> String {
    format!("{inputs} → {units}")
}

/// How many units are dead.
pub fn dead_units(count: u32) -> String {
    format!("{count} dead")
}

/// A layer's gradient.
pub fn gradient(norm: &str) -> String {
    format!("gradient {norm}")
}

/// The picture of weights.
pub fn weights_of(layer: &str, inputs: u32, units: u32) -> String {
    format!("Weights of layer {layer}, {inputs} inputs in rows, {units} units in columns")
}

/// The picture of activations.
pub fn activations_of(layer: &str) -> String {
    format!("What every unit of layer {layer} gives now")
}

/// An input without a name.
pub fn input(index: usize) -> String {
    format!("input {index}")
}

/// A weight that is pointed at.
pub fn weight(from: &str, unit: usize, weight: &str, gives: Option<&str>, is_grouped: bool) -> String {
    let strongest = if is_grouped { "strongest weight here" } else { "weight" };
    let gives = gives.map_or_else(String::new, |gives| format!("; the unit gives {gives}"));
    format!("{from} → unit {unit}: {strongest} {weight}{gives}")
}

/// Column of learned values.
pub const LEARNED: &str = "learned";
/// Column of exact values.
pub const EXACT_VALUE: &str = "exact";

/// An exact value and what it took to find it: sweeps of value iteration, and time where that can be felt.
pub fn exact_value(value: &str, sweeps: &str, time: Option<&str>) -> String {
    let time = time.map_or_else(String::new, |time| format!(" in {time}"));
    format!("{value}, found in {sweeps} sweeps{time}")
}

/// What else is known of a state.
pub fn state_note(visits: &str, value: &str, exact: Option<&str>, error: &str) -> String {
    let exact = exact.map_or_else(String::new, |exact| format!(" (exact {exact})"));
    format!("value {value}{exact} · visited {visits} times · last error {error}")
}

/// What is known of a state in which the agent never was.
pub fn state_note_unvisited(value: &str, exact: Option<&str>) -> String {
    let exact = exact.map_or_else(String::new, |exact| format!(" (exact {exact})"));
    format!("never visited · value {value}{exact}")
}

// Charts.
/// Chart of returns.
pub const CHART_RETURN: &str = "Return";
/// Chart of lengths.
pub const CHART_LENGTH: &str = "Episode length";
/// Chart of performance profiles, short enough for a phone.
pub const CHART_PROFILES: &str = "Performance profile: share above";
/// Horizontal axis.
pub const X_AXIS: &str = "Horizontal axis";
/// By episodes.
pub const BY_EPISODE: &str = "Episode";
/// By steps.
pub const BY_STEP: &str = "Step";
/// By time.
pub const BY_TIME: &str = "Time";
/// Logarithmic.
pub const LOG_X: &str = "log x";
/// Logarithmic.
pub const LOG_Y: &str = "log y";
/// When the axis is logarithmic by itself.
pub const LOG_X_HELP: &str = "Equal factors take equal room; long runs are shown so by themselves";
/// Smoothing.
pub const SMOOTHING: &str = "Mean of";
/// The files of a chart.
pub const CHART_FILES: &str = "Save this chart";

/// A file's format.
pub fn as_file(format: &str) -> String {
    format!("as {}", format.to_ascii_uppercase())
}

/// What a figure is.
pub fn mean_of_last(window: f64) -> String {
    if window <= 1.0 { "Last episode".into() } else { format!("Mean of the last {window} episodes") }
}

/// Where a figure is.
pub fn at(place: &str) -> String {
    format!("at {place}")
}

/// The best that can be.
pub fn optimal(value: f64) -> String {
    format!("optimal {}", crate::format::plain(value, 3))
}

/// A chart in words.
pub fn chart_words(title: &str) -> String {
    format!(
        "Chart of {title}. Plus and minus or Ctrl and the wheel zoom, arrow keys move, a drag selects, escape follows the newest."
    )
}

/// What runs from left to right on performance profiles.
pub const PROFILE_AXIS: &str = "return";
/// Said on a chart whose axis is too short for all.
pub const AXIS_LEAVES_OUT: &str = "rare values lie beyond the axis";
/// Button: the axis shows every value.
pub const WHOLE_AXIS: &str = "Whole axis";
/// What that does.
pub const WHOLE_AXIS_HELP: &str =
    "Shows every value; otherwise the rarest fiftieth on each side is left out where it would flatten all others";

/// A run's seed.
pub fn seed(seed: &impl Display) -> String {
    format!("seed {seed}")
}

/// Said of numbers that stay.
pub const PINNED: &str = " · pinned, Esc lets go";

/// The title of an overlay of that name.
pub fn overlay_title(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Metrics without a heading.
pub const OTHER_METRICS: &str = "Other metrics";

/// A unit beside a title.
pub fn unit(unit: &str) -> String {
    format!(" · {unit}")
}

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

/// Metrics beyond those that are drawn.
pub fn metrics_left_out(count: usize) -> String {
    format!("{count} more are not drawn here; they are in the run's log.")
}

/// Values that are gaps in a curve; nothing if there are none.
pub fn left_out(not_finite: usize, not_positive: usize) -> String {
    let values = |count: usize| if count == 1 { "1 value is".to_owned() } else { format!("{count} values are") };
    let sentences = [(not_finite, "not finite"), (not_positive, "zero or less, which a logarithmic axis cannot show")];
    let sentences = sentences.into_iter().filter(|(count, _)| *count > 0);
    sentences.map(|(count, what)| format!("{} {what}.", values(count))).collect::<Vec<_>>().join(" ")
}

// Keys.
/// Title of the list.
pub const KEYS_TITLE: &str = "All keys";
/// The keys of an environment.
pub const KEYS_PLAY: &str = "To play it yourself";
/// When they count.
pub const KEYS_PLAY_NOTE: &str =
    "While you play, these come first. Before that, those that the page has no use for begin it.";
/// The key without a letter.
pub const SPACE_KEY: &str = "space";
/// Keys and what they do.
pub type Key = (&'static [&'static str], &'static str);
/// Keys of the lab.
pub const LAB_KEYS: [Key; 9] = [
    (&["space"], "Train or pause"),
    (&["."], "One step"),
    (&["e"], "One episode"),
    (&["r"], "Reset: begin anew with nothing learned"),
    (&["u"], "Undo: back to the run that was replaced last; shift and u goes forward again"),
    (&["g"], "Greedy: show what the agent would do without exploring"),
    (&["p"], "Play it yourself, or give it back"),
    (&["shift"], "Held: take over in mid-episode; let go to give it back"),
    (&["esc"], "Stop playing"),
];
/// Keys of a comparison.
pub const COMPARE_KEYS: [Key; 1] = [(&["space"], "Compare, or stop")];
/// Keys of a remote run, for those who may control it.
pub const WATCH_KEYS: [Key; 5] = [
    (&["space"], "Train or pause"),
    (&["."], "One step"),
    (&["e"], "One episode"),
    (&["r"], "Reset, after a question: it is the same run for everyone"),
    (&["g"], "Greedy: show what the agent would do without exploring"),
];
/// Keys of the player of episodes.
pub const REPLAY_KEYS: [Key; 5] = [
    (&["space"], "Play or pause"),
    (&[".", "→"], "One step"),
    (&[",", "←"], "One step back"),
    (&["home", "end"], "To the beginning, to the end"),
    (&["−", "+"], "Slower, faster"),
];
/// Keys of every place.
pub const KEYS_EVERYWHERE: [Key; 2] =
    [(&["?"], "This list"), (&["esc"], "Close a dialog, or follow the newest in a chart")];

// Agents.
/// Button: keep the agent.
pub const SAVE_AGENT: &str = "Save agent";
/// Button: bring one back.
pub const LOAD_AGENT: &str = "Load…";
/// Title of the list.
pub const SAVED_AGENTS: &str = "Saved agents";
/// Nothing there.
pub const NO_AGENTS: &str = "No agent is saved in this browser yet. Save one, or open a file.";
/// From a file.
pub const OPEN_FILE: &str = "Open a file";
/// To a file.
pub const TO_FILE: &str = "Save as a file";
/// Bring back.
pub const LOAD: &str = "Load";
/// Throw away.
pub const DELETE: &str = "Delete";
/// Done.
pub const AGENT_SAVED: &str = "The agent is saved in this browser. Load brings it back, here or after a reload.";
/// Button: bring a deleted one back.
pub const RESTORE: &str = "Bring it back";
/// Button: load it all the same.
pub const LOAD_IT: &str = "Load it";
/// A file of another environment.
pub const OTHER_ENVIRONMENT: &str = "This agent belongs to another environment";

/// What loading it does.
pub fn other_environment(theirs: &str, ours: &str) -> String {
    format!(
        "The file holds an agent for {theirs}; on the stage is {ours}. Loading it changes the stage to {theirs}, set as it \
         was there. The run on the stage is put aside, and Undo brings it back."
    )
}

/// A deleted agent.
pub fn deleted(title: &str) -> String {
    format!("{title} is deleted.")
}

/// Goes back to the best moment.
pub const BACK_TO_BEST: &str = "Back to the best";

/// A run that does worse than it did.
pub fn lost(mean_return: &str, episode: &str) -> String {
    format!(
        "It did better before: {mean_return} on average over 100 episodes, after {episode} of them. A smaller learning rate \
         or more exploration may keep it from losing that again."
    )
}

/// Done.
pub const AGENT_LOADED: &str = "The agent is loaded and goes on exactly where it was saved.";
/// A file from elsewhere, too big to be one of ours.
pub const NOT_READABLE: &str = "The file could not be read. Nothing was changed.";

/// A file that is not taken.
pub fn agent_refused(reason: &impl Display) -> String {
    format!("{} The agent on the stage is as before.", sentence(reason))
}

/// A saved agent in a list.
pub fn saved_note(episodes: &str, when: &str) -> String {
    format!("{episodes} episodes · {when}")
}

// Sharing.
/// Title.
pub const SHARE_TITLE: &str = "Share this run";
/// What the link is.
pub const SHARE_NOTE: &str = "The link holds the environment, the agent, the seed and the run hash. Whoever opens it sees the same run, bit for bit.";
/// Button.
pub const COPY: &str = "Copy the link";
/// Done.
pub const COPIED: &str = "The link is copied.";
/// Not done.
pub const NOT_COPIED: &str = "The browser did not allow copying; select the link and copy it.";

/// A shared run was reproduced.
pub fn same_hash(episodes: &str) -> String {
    format!("This is the shared run: after {episodes} episodes the hash is the same.")
}

/// A shared run came out otherwise.
pub fn other_hash(expected: &str, found: &str) -> String {
    format!(
        "This run's hash is {found}, the link says {expected}: the link was made by another version. \
         What you see is a run with the same settings."
    )
}

// Compare.
/// Button: once more.
pub const COMPARE_AGAIN: &str = "Compare again";
/// Under the environment's name.
pub const THE_SAME_FOR_ALL: &str = "the same for all agents";
/// Panel of seeds and episodes.
pub const HOW_MUCH: &str = "How much";
/// Number of seeds.
pub const SEEDS: &str = "Seeds";
/// What it changes.
pub const SEEDS_HELP: &str = "Runs of every agent, each with its own seed; more seeds, narrower intervals";
/// Number of episodes.
pub const EPISODES: &str = "Episodes";
/// What it changes.
pub const EPISODES_HELP: &str = "Episodes of every run";
/// Panel of agents.
pub const AGENTS: &str = "Agents";
/// Another one.
pub const ADD_AGENT: &str = "Add an agent";
/// No more.
pub const AGENTS_FULL: &str = "Eight agents are all a chart can tell apart";
/// Several values of one parameter.
pub const VARY: &str = "Vary one setting";
/// Which.
pub const VARY_WHICH: &str = "Setting to vary";
/// Which values.
pub const VARY_VALUES: &str = "Values to compare";
/// An example.
pub const VARY_EXAMPLE: &str = "0.05 0.2 0.8";
/// Does it.
pub const VARY_DO: &str = "Compare these values";
/// What that does.
pub const VARY_NOTE: &str = "The agents above give way to this one, once with every value.";
/// What a band tells.
pub const BAND: &str = "Band";
/// An interval.
pub const BAND_BOOTSTRAP: &str = "95 % bootstrap";
/// An error.
pub const BAND_STANDARD_ERROR: &str = "standard error";
/// How far it is.
pub const RUNS_DONE: &str = "Runs done";
/// The table.
pub const RESULTS: &str = "Results";
/// A column.
pub const MEAN: &str = "Mean";
/// What it is.
pub const MEAN_HELP: &str = "Return of the last tenth of the training's episodes, exploration included";
/// A column.
pub const GREEDY_RETURN: &str = "Greedy";
/// What it is.
pub const GREEDY_RETURN_HELP: &str = "Return of acting greedily after training, in 20 episodes of every seed; seeds whose greedy episodes never end are left out";
/// A column.
pub const INTERQUARTILE_MEAN: &str = "Inter-quartile mean";
/// A column.
pub const OPTIMAL_SEEDS: &str = "Optimal";
/// What it is.
pub const OPTIMAL_SEEDS_HELP: &str =
    "Seeds after which acting greedily reaches the optimal return, where the environment's model is known";
/// What it is.
pub const STEPS_PER_SECOND_HELP: &str = "Of one run beside the others; runs that are over at once tell nothing of it";
/// How to read it.
pub const RESULTS_NOTE: &str = "Means are returns of training, exploration included; “Greedy” and “Optimal” are about acting greedily afterwards. Intervals: 95 % bootstrap over seeds. \
                                Pairs are told apart by a permutation test of ranks, corrected for the number of pairs (Holm). \
                                The profile shows of every agent the share of its runs that end above a return.";
/// Button: every run as a file.
pub const SAVE_RUNS: &str = "All runs (CSV)";
/// What is in it.
pub const SAVE_RUNS_HELP: &str = "Every run of every seed, part by part, for tools of your own";
/// Button: every episode as a file.
pub const SAVE_EPISODES: &str = "All episodes (CSV)";
/// What is in it.
pub const SAVE_EPISODES_HELP: &str = "Every episode of every run with its parameters and seed";
/// Why there is no such file.
pub const TOO_MANY_EPISODES: &str = "Beyond 500 000 episodes in all, or 65 536 of a run, only parts are kept; `terrarium run --episodes-csv` writes them all";
/// A comparison that came out as its link says.
pub const SAME_COMPARISON: &str = "This is the shared comparison: every run has the same hash.";
/// What a link to a comparison holds.
pub const SHARE_COMPARISON_NOTE: &str = "The link holds the environment, the agents, the seeds and the number of episodes. Whoever opens it gets the same runs, bit for bit.";

/// A comparison that came out otherwise.
pub fn other_comparison(expected: &str, found: &str) -> String {
    format!(
        "These runs come to {found}, the link says {expected}: it was made by another version. \
         What you see are runs with the same settings."
    )
}

/// How far a comparison is.
pub fn runs_done(done: usize, all: usize, at_once: usize, running: bool) -> String {
    if running { format!("{done} of {all} runs · {at_once} at once") } else { format!("{done} of {all} runs") }
}

/// Takes an agent out.
pub fn remove(name: &str) -> String {
    format!("Remove {name}")
}

/// How many values can be varied.
pub fn vary_count(most: usize) -> String {
    format!("Give one to {most} values, with spaces between them.")
}

/// What the table shows.
pub fn results_caption(seeds: u64) -> String {
    format!("Returns of training, exploration included, in the last tenth of the episodes · {seeds} seeds")
}

/// Runs that could not go on.
pub fn runs_failed(count: usize, reason: &str) -> String {
    format!("{count} failed: {reason}")
}

/// Where a figure lies.
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} … {high}")
}

/// How one agent stands to another.
pub fn verdict(
    one: &str,
    other: &str,
    share: f64,
    (low, high): (f64, f64),
    (p_value, pairs): (f64, usize),
    apart: bool,
) -> String {
    let percent = |share: f64| crate::format::fixed(share * 100.0, 0);
    let (share, low, high) = (percent(share), percent(low), percent(high));
    let told = if apart { "" } else { " These seeds do not tell them apart." };
    let p_value = if p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", fixed(p_value, 3)) };
    let corrected = if pairs > 1 { format!(", corrected for {pairs} pairs") } else { String::new() };
    format!(
        "{one} ends above {other} in {share} % of all pairs of runs (95 % interval {low} to {high} %; {p_value}{corrected}).{told}"
    )
}

/// Unfolds what is said of the pairs without the best agent.
pub fn all_pairs(count: usize) -> String {
    format!("All {count} pairs")
}

/// Nothing can be said.
pub fn too_few_seeds(least: usize) -> String {
    format!("Nothing is said of the difference before {least} seeds of two agents are done.")
}

/// The hash of all runs.
pub fn comparison_hash(hash: &str) -> String {
    format!("Hash of all runs: {hash}.")
}

/// What is spoken while runs are made.
pub fn spoken_quarter(quarters: usize) -> String {
    match quarters {
        0 => "Comparing.".into(),
        quarters => format!("Comparing. {} percent of the runs are done.", quarters * 25),
    }
}

/// What is spoken in the end.
pub fn spoken_results(means: &str) -> String {
    format!("All runs are done. Mean returns: {means}.")
}

// Nothing is lost.
/// Button: have the run back that was on show before.
pub const UNDO: &str = "Undo";
/// There is none.
pub const NOTHING_TO_UNDO: &str = "There is no earlier run to go back to.";
/// There is none.
pub const NOTHING_TO_REDO: &str = "There is no later run to go forward to.";
/// Question: a run that cannot be kept.
pub const LOSE_RUN: &str = "This run cannot be kept";
/// Button: do it all the same.
pub const REPLACE: &str = "Replace it";
/// Why something was not taken: the run on show could not be kept, and was not to be lost.
pub const RUN_STAYS: &str = "The run on show was to stay.";
/// Question: the same run for everyone.
pub const RESET_FOR_ALL: &str = "Reset this run for everyone?";
/// Question: the same run for everyone.
pub const STOP_FOR_ALL: &str = "Stop this run for everyone?";
/// Question: the same run for everyone.
pub const AGAIN_FOR_ALL: &str = "Begin this run anew for everyone?";
/// Button: take what was typed out of the form.
pub const TAKE_BACK: &str = "Back to what is on the stage";

/// A run that gave way to another.
pub fn put_aside(episodes: &str) -> String {
    format!("The run before this one is put aside with its {episodes} episodes.")
}

/// A run that is on show again.
pub fn back_again(episodes: &str) -> String {
    format!("The run with its {episodes} episodes is back.")
}

/// A run that cannot be kept, and why.
pub fn run_is_lost(episodes: &str, reason: &str) -> String {
    format!("{} Its {episodes} episodes would be lost.", sentence(reason))
}

/// What a reset of a remote run does.
pub fn reset_for_all(run: &str, episodes: &str) -> String {
    format!(
        "{run} begins anew with nothing learned, for everyone who watches it. Its {episodes} episodes are over, and nobody \
         can bring them back."
    )
}

/// What a stop of a remote run does.
pub fn stop_for_all(run: &str, episodes: &str) -> String {
    format!("{run} ends after {episodes} episodes, for everyone who watches it. After that it can only begin anew.")
}

/// What was set and not taken.
pub fn not_on_stage(reason: &str) -> String {
    format!("Not taken: {} What you set stays here; the stage shows what was there before.", sentence(reason))
}

/// Nothing is kept.
pub fn not_kept(error: &impl Display) -> String {
    format!("{} A reload of this page begins anew.", sentence(error))
}

/// A link whose run cannot be made.
pub fn link_refused(reason: &str) -> String {
    format!("The run of this link cannot be made: {} Nothing was changed.", sentence(reason))
}

/// A worker that died, and from which episode on another goes on.
pub fn worker_died(reason: &str, episodes: Option<&str>) -> String {
    match episodes {
        Some(episodes) => format!(
            "{reason} Another one goes on with the run as it was kept, after {episodes} episodes. What you set stays in the form."
        ),
        None => format!(
            "{reason} What you set stays in the form, and saved agents are untouched. Change a setting, or press Train to \
             begin anew."
        ),
    }
}

// Lessons.
/// All settings of the environment.
pub const ENVIRONMENT_SETTINGS: &str = "Settings of the environment";
/// All settings of the agent.
pub const AGENT_SETTINGS: &str = "Settings of the agent";
/// Saving and loading agents.
pub const KEEP_AGENTS: &str = "Save and load agents";
/// The numbers of a state.
pub const INSPECTOR: &str = "Numbers of a state";
/// The figures beside the stage.
pub const FIGURES: &str = "Figures beside the stage";
/// The charts.
pub const CHARTS: &str = "Charts";
/// Over a lesson's title.
pub const LESSON: &str = "Lesson";
/// Label of what a learner writes.
pub const ANSWER: &str = "Your answer";
/// Nothing was written.
pub const NO_ANSWER: &str = "–";
/// Where answers are.
pub const ANSWERS_KEPT: &str = "Answers stay in this browser.";
/// Where they are not.
pub const ANSWERS_NOT_KEPT: &str = "This browser keeps nothing for this page: copy your answers before you leave.";
/// Button: all answers of a lesson, or of all.
pub const COPY_ANSWERS: &str = "Copy my answers";
/// Done.
pub const ANSWERS_COPIED: &str = "Your answers are copied, with the questions.";
/// Done otherwise.
pub const ANSWERS_SAVED: &str = "The browser did not allow copying, so your answers are saved as a file.";
/// Button: the step before.
pub const BACK: &str = "Back";
/// Button: the step after.
pub const NEXT: &str = "Next";
/// Button: the last step is done.
pub const FINISH: &str = "Finish";
/// Button: the step's run from its beginning.
pub const BEGIN_STEP_AGAIN: &str = "Begin this step again";
/// Button: no lesson any more.
pub const LEAVE_LESSON: &str = "Leave the lesson";
/// Done.
pub const LESSON_LEFT: &str = "You left the lesson. Your own run is back.";
/// What is marked.
pub const LOOK_HERE: &str = "Marked on the page:";
/// Leads to a comparison.
pub const OPEN_IN_COMPARE: &str = "Open this comparison in a new tab";
/// After the last step.
pub const LESSON_DONE: &str = "This lesson is done.";
/// Leads to all lessons.
pub const ALL_LESSONS: &str = "All lessons";
/// Button: a lesson like this.
pub const REMIX: &str = "Make your own of it";
/// Leads to the lesson after this.
pub const NEXT_LESSON: &str = "Next lesson";
/// Button: the editor of lessons.
pub const MAKE_LESSON: &str = "Make a lesson of this";
/// What it is.
pub const MAKE_LESSON_NOTE: &str =
    "For teachers: the same run with only the controls that you choose, and your own steps beside it.";
/// Title of the editor of lessons.
pub const LESSON_EDITOR: &str = "Make a lesson";
/// A lesson that was being written.
pub const DRAFT_KEPT: &str = "The lesson that you wrote last is kept in this browser.";
/// Button: that one.
pub const GO_ON_WITH_DRAFT: &str = "Go on with it";
/// Label.
pub const LESSON_TITLE: &str = "Title";
/// Label.
pub const LESSON_ABOUT: &str = "In one sentence";
/// Label.
pub const LESSON_RUN: &str = "Run";
/// Button: another run.
pub const TAKE_RUN: &str = "take the one on the stage";
/// Label.
pub const LESSON_BEGINS: &str = "When the lesson opens, the run";
/// How a lesson's run begins.
pub const BEGINS: [(&str, &str); 3] =
    [("waits", "waits for Train"), ("learns", "learns at once"), ("learned", "has learned so many episodes")];
/// Label.
pub const LESSON_REST: &str = "Controls that are not named below are";
/// Folded.
pub const LESSON_CONTROLS: &str = "Controls, one by one";
/// Folded.
pub const STEP_CONTROLS: &str = "Controls in this step";
/// What becomes of a control; the first says nothing of it.
pub const RULES: [(&str, &str); 5] =
    [("", ""), ("shown", "shown"), ("highlighted", "marked"), ("locked", "locked"), ("hidden", "hidden")];
/// What becomes of a control of which nothing is said.
pub const AS_THE_REST: &str = "as the rest";
/// What becomes of a control of which nothing is said.
pub const AS_THE_LESSON: &str = "as in the lesson";
/// Button.
pub const ADD_STEP: &str = "Add a step";
/// Button.
pub const REMOVE_STEP: &str = "Remove this step";
/// Label.
pub const STEP_KIND: &str = "The learner is to";
/// Label.
pub const STEP_TEXT: &str = "What the step says. An empty line begins a paragraph.";
/// Button.
pub const TAKE_GLASS: &str = "Take overlays and speed as they are now";
/// Whose overlays and speed.
pub const GLASS_OF_STEP: &str = "This step has overlays and a speed of its own.";
/// Whose overlays and speed.
pub const GLASS_OF_LESSON: &str = "Overlays and speed as in the lesson.";
/// Button.
pub const PREVIEW: &str = "Preview";
/// The link could not be copied.
pub const LINK_IN_ADDRESS: &str =
    "The browser did not allow copying. The lesson is open now: copy its link from the address line.";
/// No answers.
pub const NOTHING_WRITTEN: &str = "No answer was written in any lesson yet.";

/// Why a lesson cannot be shared yet.
pub fn not_ready(fault: &str) -> String {
    format!("Not ready yet: {fault}.")
}

/// A run in words.
pub fn run_words(environment: &str, agent: &str, seed: &str) -> String {
    format!("{environment}, {agent}, seed {seed}")
}

/// How long a lesson is.
pub fn steps(count: usize) -> String {
    format!("{count} steps")
}

/// No place has this name.
pub fn nowhere(path: &str) -> String {
    format!("There is no place called “{path}” here.")
}

/// The title of the page where there is no place.
pub const NO_PLACE: &str = "No such place";

/// The title of the page in a place.
pub fn page_title(place: &str) -> String {
    format!("{place} · {NAME}")
}

/// Leads to the Lab.
pub const TO_THE_LAB: &str = "To the Lab";

/// The steps of a lesson.
pub const STEPS_OF_LESSON: &str = "Steps";
/// While the page's lessons are fetched.
pub const LESSONS_WAIT: &str = "Fetching the lessons…";
/// What Learn is.
pub const LEARN_NOTE: &str = "Fifteen short lessons in the Lab. Each has something to predict, something to try and something to explain. \
                              Only what a lesson needs is shown; leaving it gives everything back.";
/// How to make one.
pub const LEARN_TEACHERS: &str = "For teachers: any run can become a lesson. In the Lab choose Share, then “Make a lesson of this”. A lesson's file opens when \
                                  it is dropped anywhere on this page.";
/// Button on a card.
pub const BEGIN_LESSON: &str = "Begin";
/// Button on a card.
pub const GO_ON_LESSON: &str = "Go on";
/// Button on a card.
pub const AGAIN_LESSON: &str = "Open again";
/// On a card.
pub const DONE: &str = "done";
/// Button: a lesson from a file.
pub const OPEN_LESSON_FILE: &str = "Open a lesson's file";

/// What is to be done in a step, and what its answer field waits for.
pub const PREDICT: (&str, &str) = ("Predict", "What do you expect? Write it down before you look.");
/// The same.
pub const TRY: (&str, &str) = ("Try", "What did you see?");
/// The same.
pub const EXPLAIN: (&str, &str) = ("Explain", "Why, in your own words?");

/// How far a lesson is.
pub fn step_of(step: usize, steps: usize) -> String {
    format!("step {step} of {steps}")
}

/// A step's button.
pub fn step_label(step: usize, kind: &str) -> String {
    format!("Step {step}: {kind}")
}

/// Leads to the lesson after this.
pub fn next_lesson(title: &str) -> String {
    format!("Next: {title}")
}

/// How many lessons are done.
pub fn lessons_done(done: usize, all: usize) -> String {
    format!("{done} of {all} done")
}

// Session.
/// A command that nobody took.
pub const NOBODY_THERE: &str =
    "There is no connection to the run now, so nothing was changed. Try again when it is back.";

/// What became of a command over a line that broke is not known.
pub const ANSWER_LOST: &str = "The line to the relay broke before the answer came: the run may or may not have obeyed. Its status tells, once the line is back.";

/// What no message holds.
pub fn not_sendable(error: &impl std::fmt::Display) -> String {
    format!("This cannot be sent: {error}. Nothing was changed.")
}

/// Every episode as a row of a file.
pub const EPISODES_CSV: &str = "Episodes";
/// What is in it.
pub const EPISODES_CSV_NOTE: &str = "All episodes as CSV: the first 65 536 one by one, later ones at full speed in bins, with how many each row stands for";

/// What is spoken now and then.
pub fn spoken(phase: Phase, episode: &str, last: Option<&str>) -> String {
    let doing = match phase {
        Phase::Ready => "Ready",
        Phase::Running => "Training",
        Phase::Paused => "Paused",
        Phase::Ended => "Ended",
    };
    let last = last.map_or_else(String::new, |last| format!(", last return {last}"));
    format!("{doing}. Episode {episode}{last}.")
}

// Watch.
/// Title.
pub const WATCH_TITLE: &str = "Runs on the relay";
/// Back to the list.
pub const ALL_RUNS: &str = "All runs";
/// Nothing there.
pub const NO_RUNS: &str =
    "No run is published on this relay yet. Start a trainer that publishes to it, and the run appears here by itself.";
/// While the list is fetched.
pub const RUNS_WAIT: &str = "Asking the relay for its runs…";
/// A run that is being published.
pub const LIVE: &str = "live";
/// A run whose publisher is gone.
pub const NOT_LIVE: &str = "not live";
/// On the picture of an epoch that was replaced.
pub const EARLIER_START: &str = "This is an earlier start of the run. It does not change any more.";
/// Leads from there to the present one.
pub const SHOW_PRESENT: &str = "Show the present one";
/// The present epoch in the list of all.
pub const PRESENT_START: &str = "Present start";

/// A run whose publisher is gone, and since when.
pub fn not_live_since(moment: &str) -> String {
    format!("not live since {moment}")
}

/// On the picture of a run whose trainer is gone.
pub fn trainer_gone(since: Option<&str>) -> String {
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    format!("Trainer gone{since}. What is shown is the last that it sent; controls are off until it comes back.")
}

/// On the picture of a run that has ended, whose trainer is gone.
pub fn ended_and_left(since: Option<&str>) -> String {
    let since = since.map_or_else(String::new, |since| format!(" at {since}"));
    format!("This run has ended; its trainer left{since}.")
}

/// Number of epochs that were replaced.
pub fn earlier_starts(count: usize) -> String {
    if count == 1 { "1 earlier start".into() } else { format!("{count} earlier starts") }
}

/// A start in the list of all.
pub fn start_note(moment: &str, entries: &str) -> String {
    format!("{moment} · {entries} log entries")
}
/// Title of the question for a relay.
pub const WHICH_RELAY: &str = "Which relay?";
/// Why there is a question.
pub const WHICH_RELAY_NOTE: &str = "This page came from a plain file server, so it does not know a relay. Give the address of one; it is remembered in this browser.";
/// Title of how runs come to a relay.
pub const HOW_RUNS_COME: &str = "How do runs come here?";
/// How runs come to a relay.
pub const HOW_RUNS_COME_NOTE: &str = "A trainer learns natively, on any machine, and publishes what it does to a relay; any number of tabs then look through the same glass. With a relay on this machine:";
/// A trainer's command.
pub const TRAINER_COMMAND: &str = "terrarium run gridworld --agent q-learning --relay ws://127.0.0.1:8080";
/// Example of an address.
pub const RELAY_EXAMPLE: &str = "wss://relay.example.org";
/// Label.
pub const RELAY_ADDRESS: &str = "Address of the relay";
/// Button.
pub const CONNECT: &str = "Connect";
/// Button.
pub const OTHER_RELAY: &str = "Another relay";
/// Button.
pub const TRY_NOW: &str = "Try now";
/// Button.
pub const TRY_AGAIN: &str = "Try again";
/// The relay does not want this page, in its own words.
pub fn relay_refused(reason: &str) -> String {
    format!("The relay refused this page: {}", sentence(reason))
}
/// Label.
pub const TOKEN: &str = "Token";
/// A token was given, and the role is what it was.
pub fn token_opens_no_more(said: &str) -> String {
    format!("You go on as before, because the relay says: {said}.")
}

/// What a token is for.
pub const TOKEN_NOTE: &str = "The token of a viewer lets you watch, that of a controller lets you command as well. It is sent in the first message, never in an address, and forgotten when the page is left or loaded anew.";
/// Why https pages are limited.
pub const WHY_WSS: &str = "Why wss://?";
/// The reason.
pub const WHY_WSS_NOTE: &str = "Browsers let a page that came over https talk only to encrypted addresses. From such a page a relay is reached as wss://, through a TLS proxy in front of it. Or open the page that the relay serves itself: it knows its relay.";
/// No controls.
pub const READ_ONLY: &str = "You are watching. Commands need the token of a controller.";
/// A run that vanished.
pub const RUN_GONE: &str = "The relay does not know this run (any more).";

// Replays.
/// Nothing there.
pub const NO_REPLAYS: &str = "No episode was kept yet. Let the agent in the lab finish one; the latest, the best and the worst are kept by themselves.";
/// Button: the list as it is now.
pub const REFRESH: &str = "Newest episodes";
/// The list.
pub const KEPT_EPISODES: &str = "Kept episodes";
/// Why an episode was kept.
pub const LATEST: &str = "latest";
/// Why an episode was kept.
pub const BEST: &str = "best";
/// Why an episode was kept.
pub const WORST: &str = "worst";
/// Why an episode was kept.
pub const BY_HAND: &str = "played by hand";
/// Button: play.
pub const PLAY: &str = "Play";
/// Button: one step back.
pub const STEP_BACK: &str = "Back";
/// The steps of an episode as a file.
pub const STEPS_CSV: &str = "Steps";
/// What is in it.
pub const STEPS_CSV_HELP: &str = "Every step as CSV: action, reward, return so far, state and observation";
/// Which episode stands beside this one.
pub const BESIDE: &str = "Beside";
/// None does.
pub const NOTHING_BESIDE: &str = "nothing";
/// Takes a film.
pub const FILM: &str = "Film";
/// What that does.
pub const FILM_HELP: &str = "Plays the episode from its start at this speed and saves what is seen as WebM";
/// Ends it early.
pub const END_FILM: &str = "End the film";
/// The browser takes none.
pub const NO_FILM: &str =
    "This browser cannot film the stage. Firefox, Chrome and Edge can; the steps can be saved as CSV all the same.";
/// Heads the charts of how episodes end.
pub const OUTCOMES: &str = "How the episodes went";

/// How often something happens in an episode.
pub fn each_episode(mean: &str) -> String {
    format!("{mean} an episode")
}

/// A chart of an outcome or counter in words.
pub fn tally_words(name: &str, mean: &str) -> String {
    format!("{name} along the run, {mean} on average")
}

/// The slider.
pub const SEEK: &str = "Step of the episode";
/// What was done.
pub const ACTION: &str = "Action";
/// What it brought.
pub const REWARD: &str = "Reward";

/// Why an episode was kept.
pub fn latest_of(outcome: &str) -> String {
    format!("latest {outcome}")
}

/// The relay's distance.
pub fn relay_open(millis: Option<f64>) -> String {
    millis.map_or_else(|| "relay".into(), |millis| format!("relay · {}", crate::format::duration(millis)))
}

/// Trying.
pub const RELAY_CONNECTING: &str = "connecting…";
/// Refused.
pub const RELAY_REFUSED: &str = "relay refused";

/// Trying again soon.
pub fn relay_waiting(seconds: u32) -> String {
    format!("reconnecting (next try in {seconds} s)")
}

/// What happened to the line, and what is safe meanwhile. `reason` is a sentence, with or without its full stop.
pub fn relay_lost(reason: &str) -> String {
    let reason = capital(reason.trim_end_matches('.'));
    format!("{reason}. What is shown stays; what is missed meanwhile comes when the relay is back.")
}

/// When it is tried again, as a sentence.
pub fn next_try(seconds: u32) -> String {
    format!("Next try in {seconds} s.")
}

/// The lab needs no relay.
pub const IN_THIS_TAB: &str = "in this tab";

/// Entries of a run's log.
pub fn entries(count: &str) -> String {
    format!("{count} log entries")
}

/// Since when.
pub fn since(duration: &str) -> String {
    format!("for {duration}")
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
