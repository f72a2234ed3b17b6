//! Texts of the editor of MDPs.

use super::{Text, say};

/// What the pointer does: it leads from one state to another.
pub const TOOL_LINK: Text = Text("Draw actions");
/// It moves states.
pub const TOOL_MOVE: Text = Text("Move states");
/// Button: a new state.
pub const ADD_STATE: Text = Text("Add a state");
/// Button: states stand in the ring of the stage.
pub const ARRANGE: Text = Text("Put all states in the ring of the stage");
/// Button.
pub const LARGER: Text = Text("Larger");
/// Button.
pub const SMALLER: Text = Text("Smaller");
/// Button: the whole graph is seen.
pub const FIT: Text = Text("Show the whole graph");
/// The graph, for those who do not see it.
pub const GRAPH_WORDS: Text = Text(
    "The MDP as a graph. Arrow keys go from one to the next, N adds a state, A leads from the chosen one to another, S lets episodes start there, E lets them end there, Delete removes it, Enter goes to its fields, Shift with arrow keys moves a state.",
);
/// How one draws.
pub const HINT: Text = Text(
    "Double-click the ground for a state. Drag from a state to another one, or back to itself, for an action; drag from the dot of an action for another outcome. Keys: arrows, N, A, S, E, Delete.",
);
/// Where an action is to lead is asked.
pub const CHOOSE_NEXT: Text =
    Text("Where does it lead? Click a state, or choose one by arrow keys and press Enter. Esc gives it up.");
/// Nothing is chosen.
pub const NOTHING_CHOSEN: Text = Text("Choose a state or an action to change it.");
/// There is no state yet.
pub const NO_STATE: Text = Text("There is no state yet: double-click the ground, or press N.");
/// The field of a name.
pub const NAME: Text = Text("Name");
/// Switch: episodes start in a state.
pub const STARTS_HERE: Text = Text("Episodes start here");
/// How likely they do.
pub const START_CHANCE: Text = Text("Probability of this start");
/// Switch: whoever enters a state ends the episode.
pub const ENDS_HERE: Text = Text("Entering it ends the episode");
/// Button: an action of a state.
pub const ADD_ACTION: Text = Text("Add an action");
/// Button: another outcome of an action.
pub const ADD_OUTCOME: Text = Text("Add an outcome");
/// Where an outcome leads.
pub const NEXT: Text = Text("Next state");
/// How likely an outcome is.
pub const PROBABILITY: Text = Text("Probability");
/// What it brings.
pub const REWARD: Text = Text("Reward");
/// Switch: it ends the episode.
pub const ENDS: Text = Text("Ends the episode");
/// Button: two outcomes of one.
pub const SPLIT: Text = Text("Split into two outcomes");
/// Button: an outcome is removed.
pub const REMOVE_OUTCOME: Text = Text("Remove this outcome");
/// Button: a state is removed.
pub const REMOVE_STATE: Text = Text("Remove this state");
/// Button: an action is removed.
pub const REMOVE_ACTION: Text = Text("Remove this action");
/// Button: probabilities are scaled.
pub const NORMALISE: Text = Text("Scale to 1");
/// The table, to be written.
pub const TABLE_TEXT: Text = Text("As a table: state, action, probability, next state, reward");
/// Takes the graph.
pub const USE_GRAPH: Text = Text("Use this MDP");
/// What that does.
pub const RESTARTS: Text = Text("A new MDP begins a new run with nothing learned.");
/// It is empty.
pub const EMPTY: Text = Text("An MDP needs a state with an action.");
/// A name is missing.
pub const NAME_EMPTY: Text = Text("A name is needed. The one before stays.");
/// It has a control character.
pub const NAME_CONTROL: Text =
    Text("A name has no line breaks, tabs or other control characters. The one before stays.");
/// It is taken.
pub const NAME_TAKEN: Text = Text("This name is taken. The one before stays.");
/// In the picture: episodes start there.
pub const START_MARK: Text = Text("starts here");
/// Episodes end there.
pub const END_MARK: Text = Text("ends the episode");
/// A best action.
pub const BEST_MARK: Text = Text("a best action");
/// A state with one action.
pub const ONE_ACTION: Text = Text("1 action");

/// A number is none.
pub fn no_number(typed: &str) -> String {
    say!("“{typed}” is not a number such as 0.5, 1/3 or -2. The one before stays.", typed)
}

/// A number is out of range.
pub fn out_of_range(typed: &str) -> String {
    say!("This is from 0 to 1, not {typed}. The one before stays.", typed)
}

/// A state.
pub fn state_words(name: &str) -> String {
    say!("State {name}", name)
}

/// Its actions.
pub fn action_count(count: usize) -> String {
    if count == 1 { ONE_ACTION.into() } else { say!("{count} actions", count) }
}

/// What it is worth.
pub fn value_words(value: &str) -> String {
    say!("value {value}", value)
}

/// An action of a state.
pub fn action_of(action: &str, state: &str) -> String {
    say!("Action {action} of state {state}", action, state)
}

/// One of its outcomes.
pub fn outcome_words(probability: &str, state: &str, reward: &str) -> String {
    say!("{probability} to {state}, reward {reward}", probability, state, reward)
}

/// One of its outcomes, as the name of a group of fields.
pub fn outcome_number(number: usize) -> String {
    say!("Outcome {number}", number)
}

/// The sum of an action's probabilities.
pub fn sum_fault(action: &str, state: &str, sum: &str) -> String {
    say!("The probabilities of action {action} in state {state} sum to {sum}, not to 1.", action, state, sum)
}

/// The sum of the start states' probabilities.
pub fn start_fault(sum: &str) -> String {
    say!("The probabilities of the start states sum to {sum}, not to 1.", sum)
}

/// Episodes would start where they have ended.
pub const ENDED_START: Text = Text("No start state has an action, so no episode can begin. Choose another start.");

/// A state goes on without an action.
pub fn dead_end(state: &str) -> String {
    say!("State {state} has no action, and entering it does not end the episode.", state)
}

/// A state is no part of the table.
pub fn apart(state: &str) -> String {
    say!("State {state} is joined to nothing yet, and the table is without it.", state)
}

/// A table is too large.
pub fn too_large(states: usize, outcomes: usize) -> String {
    say!(
        "This MDP is too large to be drawn: more than {states} states or {outcomes} outcomes. It stays in its table, under {more}.",
        states,
        outcomes,
        more = super::MORE_SETTINGS
    )
}
