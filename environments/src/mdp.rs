//! Any finite Markov decision process, given as a table of transitions.
//!
//! * **Table**: one row for every outcome of every action: state, action, probability, next state, reward, terminal.
//!   With commas, semicolons, tabs or blanks between the fields, in this order or in that of a header line; `#` begins
//!   a comment line, and behind a number a comment to the end of the row; probabilities may be fractions such as `1/3`, and between other marks than commas numbers may have
//!   a decimal comma. A row of probability 0 is no transition.
//! * **Other forms**: JSON rows with these names as keys, as a list or one a line, as pandas writes them with orient="records"; Gymnasium's `P[state][action]`, a
//!   list of (probability, next state, reward, terminated), as JSON or as Python prints it; matrices `P` and `R`; `.MDP` and
//!   `.POMDP` files; what `terrarium model --json` prints.
//! * **States and actions** are numbered in the order in which the table names them. An action without rows in a state
//!   is not legal there. A state without rows must only be entered by rows that are terminal. There are at most 100 000
//!   states and 64 actions.
//! * **Start**: the state you name, or several (`a, b` alike, `a: 0.9, b: 0.1` with probabilities); the file's own distribution, or the
//!   first state of the table.
//! * **Observation**: which state it is, an entry for each; of more than 1000 states, the state's number alone.
//! * **Rewards**: as the rows say.
//! * **Episode end**: terminal rows terminate; the step limit truncates.
//!
//! The default is the recycling robot of Sutton and Barto, 2nd edition, example 3.3.

mod cassandra;
mod delimited;
mod graph;
mod matrices;
mod objects;
mod reading;
pub mod rows;
pub mod start;
mod table;

use crate::action_mask::ActionMask;
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::keys::keys;
use crate::labels;
use crate::model::{Model, Outcome};
use graph::MdpPortrayal;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use table::MdpTable;

/// Alpha .9, beta .4, 2 cans found when searching and 1 when waiting; -3 for a robot that must be rescued.
const ROBOT: &str = "\
state,action,probability,next_state,reward
high,search,0.9,high,2
high,search,0.1,low,2
high,wait,1,high,1
low,search,0.4,low,2
low,search,0.6,high,-3
low,wait,1,low,1
low,recharge,1,high,0
";

/// Swimming against the stream pays 200 times more than drifting, but only at the very end.
const RIVER_SWIM: &str = "\
state,action,probability,next_state,reward
1,downstream,1,1,0.005
1,upstream,0.4,1,0
1,upstream,0.6,2,0
2,downstream,1,1,0
2,upstream,0.05,1,0
2,upstream,0.6,2,0
2,upstream,0.35,3,0
3,downstream,1,2,0
3,upstream,0.05,2,0
3,upstream,0.6,3,0
3,upstream,0.35,4,0
4,downstream,1,3,0
4,upstream,0.05,3,0
4,upstream,0.6,4,0
4,upstream,0.35,5,0
5,downstream,1,4,0
5,upstream,0.05,4,0
5,upstream,0.6,5,0
5,upstream,0.35,6,0
6,downstream,1,5,0
6,upstream,0.4,5,0
6,upstream,0.6,6,1
";

const TERMINATED: u8 = 1;

/// Most characters of a table: five million rows and more.
const MOST_CHARACTERS: usize = 1_000_000_000;

/// Names of states that are longer than this in all are left out of the description, which travels in one message.
const LONGEST_NAMES_BYTES: usize = 4_000_000;

/// With more states than this there is one observation of all, and the picture shows but the present one's
/// surroundings.
const MOST_STATES_SEEN: usize = 1000;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "mdp",
            title: "Your own MDP",
            summary: "Type or paste a table of states, actions, probabilities and rewards, and it becomes an environment, \
                      drawn as a graph. It begins with the recycling robot, which collects cans until its battery is \
                      low.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 3.3; river swim: Strehl and Littman (2008)",
        },
        vec![
            ParameterSpec::text(
                "table",
                "Table",
                MOST_CHARACTERS,
                true,
                ROBOT,
                "Rows of state, action, probability, next state, reward, terminal, or JSON, Gymnasium's P, matrices, a \
                 .MDP or .POMDP file.",
            ),
            ParameterSpec::text(
                "start",
                "Start",
                MOST_CHARACTERS,
                false,
                "",
                "Name of the start state, or of several: a, b or a: 0.9, b: 0.1; empty for the first.",
            ),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (0, 1_000_000),
                100,
                "Steps after which an episode is cut; 0 for never.",
            ),
        ],
        vec![Preset::new("river-swim", "river swim", vec![("table", Value::Text(RIVER_SWIM.into()))])],
    )
}

/// Builds the environment; every fault of the table is named with its row, or with its state and action.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let table = MdpTable::read(parameters.text("table")?).map_err(|error| ParameterError::invalid("table", error))?;
    let named = start::read(parameters.text("start")?, &table.states);
    let named = named.map_err(|reason| ParameterError::invalid("start", reason))?;
    let start = named.unwrap_or_else(|| table.start.clone());
    if start.iter().all(|(state, _)| rows_of(&table, *state as usize).0 == 0) {
        let name = start.first().map_or("", |(state, _)| table.states[*state as usize].as_str());
        let fault = format!(
            "an episode has ended in {:?}, where nothing can be done, and none can begin there; name another state",
            labels::short(name, 40)
        );
        let is_named = !parameters.text("start")?.trim().is_empty();
        return Err(ParameterError::invalid(if is_named { "start" } else { "table" }, fault));
    }
    let (states, actions) = (table.states.len(), table.actions.len());
    let model = Model::build(states, actions, start, |state, action, into| {
        let rows = table.outcomes_of(state, action);
        into.extend(rows.iter().map(|row| Outcome {
            probability: row.probability,
            next: row.next,
            reward: row.reward,
            terminated: row.terminal,
            reason: if row.terminal { TERMINATED } else { 0 },
        }));
        if rows.is_empty() {
            // Not legal, or the episode has ended here.
            into.push(Outcome { terminated: true, ..Outcome::certain(state, 0.0) });
        }
    })
    .and_then(|model| model.with_legal((0..states).map(|state| legal(&table, state)).collect()))
    .map_err(|error| ParameterError::invalid("table", error))?
    .with_ends((0..states).filter(|state| rows_of(&table, *state).0 == 0));
    let graph = MdpPortrayal::new(table);
    let is_large = states > MOST_STATES_SEEN;
    let are_told = graph.states().iter().map(String::len).sum::<usize>() <= LONGEST_NAMES_BYTES;
    let step_limit = parameters.integer("step_limit")?;
    let description = EnvironmentDescription {
        id: "mdp".into(),
        title: "Your own MDP".into(),
        subtitle: format!("{states} states, {actions} actions"),
        actions: (graph.actions().iter().zip(keys()))
            .map(|(name, key)| ActionDescription::new(name, &key, None))
            .collect(),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "terminal"]),
        counters: vec![],
        observation: if is_large {
            vec![ObservationDescription::new("state", 0.0, states as f32 - 1.0)]
        } else {
            graph.states().iter().map(|name| ObservationDescription::new(name, 0.0, 1.0)).collect()
        },
        board: None,
        states: Some(states as u32),
        state_names: if are_told { graph.states().to_vec() } else { vec![] },
        legal_actions: vec![].into(),
        layout: (!is_large).then(|| StateLayout::Boxes { centres: graph.centres(), size: graph.box_size() }),
        step_limit: (step_limit > 0).then_some(step_limit as u32),
    };
    Ok(FiniteEnvironment::new(model, description, graph))
}

/// The actions with rows in a state.
fn rows_of(table: &MdpTable, state: usize) -> ActionMask {
    ActionMask(table.actions_of(state).fold(0, |bits, (action, _)| bits | 1 << action))
}

/// The same; all actions where the episode has ended and none is ever taken.
fn legal(table: &MdpTable, state: usize) -> ActionMask {
    match rows_of(table, state) {
        ActionMask(0) => ActionMask::all(table.actions.len()),
        legal => legal,
    }
}

/// The first few names, for error messages.
fn list(names: &[String]) -> String {
    let dots = if names.len() > 12 { ", ..." } else { "" };
    names.iter().take(12).map(|name| labels::short(name, 40)).collect::<Vec<_>>().join(", ") + dots
}

#[cfg(test)]
mod tests;
