//! Texts of the inspector: a state, and an agent's network, in numbers.

use super::{Text, say};
use crate::format::fixed;

/// A cell.
pub fn cell(column: u32, row: u32) -> String {
    say!("State ({column}, {row})", column, row)
}

/// A state that has no place, by its name or index.
pub fn state(name: &str) -> String {
    say!("State {name}", name)
}

/// Where the agent is.
pub fn agent_at(place: &str) -> String {
    say!("Agent · {place}", place)
}

/// The network panel.
pub const NETWORK: Text = Text("Network");
/// Its bars, where the agent has probabilities.
pub const ACTION_PROBABILITIES: Text = Text("Probability of every action now");
/// Its bars, where the agent has action values.
pub const VALUES_NOW: Text = Text("Value of every action now");
/// Its bars, where actions are numbers.
pub const MEAN_ACTION: Text = Text("Action now, and how far it spreads");
/// What the network expects.
pub const VALUE_ESTIMATE: Text = Text("Value estimate");
/// The line beside it.
pub const VALUE_ALONG_THE_EPISODE: Text = Text("The value estimate along this episode");
/// What an action depends on.
pub const DEPENDS_ON: Text = Text("What the preferred action depends on most: slope, and what is observed");
/// Before anything is pointed at.
pub const POINT_AT_A_WEIGHT: Text =
    Text("Point at a weight: a row is an input, a column a unit. Blue is below 0, orange above.");
/// What dead units are.
pub const DEAD_UNITS_HELP: Text =
    Text("Units that gave 0 for everything that was looked at. They learn nothing from it.");
/// What the gradient is.
pub const GRADIENT_HELP: Text = Text("Length of the layer's gradient at the last step of learning.");

/// How many numbers a network learns.
pub fn parameters(count: &str) -> String {
    say!("{count} parameters", count)
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
    say!("{count} dead", count)
}

/// A layer's gradient.
pub fn gradient(norm: &str) -> String {
    say!("gradient {norm}", norm)
}

/// The picture of weights.
pub fn weights_of(layer: &str, inputs: u32, units: u32) -> String {
    say!("Weights of layer {layer}, {inputs} inputs in rows, {units} units in columns", layer, inputs, units)
}

/// The picture of activations.
pub fn activations_of(layer: &str) -> String {
    say!("What every unit of layer {layer} gives now", layer)
}

/// An input without a name.
pub fn input(index: usize) -> String {
    say!("input {index}", index)
}

/// A weight that is pointed at.
pub fn weight(from: &str, unit: usize, weight: &str, gives: Option<&str>, is_grouped: bool) -> String {
    let strongest = if is_grouped { Text("strongest weight here") } else { Text("weight") };
    let gives = gives.map_or_else(String::new, |gives| say!("; the unit gives {gives}", gives));
    say!("{from} → unit {unit}: {strongest} {weight}{gives}", from, unit, strongest, weight, gives)
}

/// Column of learned values.
pub const LEARNED: Text = Text("learned");
/// The same of agents that prefer actions to others, and do not say what they are worth.
pub const PREFERENCE: Text = Text("preference");
/// Column of exact values.
pub const EXACT_VALUE: Text = Text("exact");

/// An exact value and what it took to find it: sweeps of value iteration, and time where that can be felt.
pub fn exact_value(value: &str, sweeps: &str, time: Option<&str>) -> String {
    let time = time.map_or_else(String::new, |time| say!(" in {time}", time));
    say!("{value}, found in {sweeps} sweeps{time}", value, sweeps, time)
}

/// What else is known of a state.
pub fn state_note(visits: &str, value: &str, exact: Option<&str>, error: &str) -> String {
    let exact = exact.map_or_else(String::new, |exact| say!(" (exact {exact})", exact));
    say!("value {value}{exact} · visited {visits} times · last error {error}", value, exact, visits, error)
}

/// What is known of a state of which nobody counts visits.
pub fn state_note_uncounted(value: &str, exact: Option<&str>) -> String {
    let exact = exact.map_or_else(String::new, |exact| say!(" (exact {exact})", exact));
    say!("value {value}{exact}", value, exact)
}

/// What is known of a state in which the agent never was.
pub fn state_note_unvisited(value: &str, exact: Option<&str>) -> String {
    let exact = exact.map_or_else(String::new, |exact| say!(" (exact {exact})", exact));
    say!("never visited · value {value}{exact}", value, exact)
}
