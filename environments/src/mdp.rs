//! Any finite Markov decision process, given as a table of transitions.
//!
//! * **Table**: one row for every outcome of every action: state, action, probability, next state, reward, terminal.
//!   As CSV (a header line is optional, `#` begins a comment line, probabilities may be fractions such as `1/3`), or as
//!   JSON: a list of objects with the keys `state`, `action`, `probability`, `next_state`, `reward`, `terminal`.
//! * **States and actions** are numbered in the order in which the table names them. An action without rows in a state
//!   is not legal there. A state without rows must only be entered by rows that are terminal.
//! * **Start**: the state you name, or the first one of the table.
//! * **Episode end**: terminal rows terminate; the step limit truncates.
//!
//! The default is the recycling robot of Sutton and Barto, 2nd edition, example 3.3.

mod graph;
mod rows;

use crate::action_mask::ActionMask;
use crate::finite::{FiniteWorld, STEP_LIMIT};
use crate::keys::keys;
use crate::model::{Model, Outcome};
use graph::Graph;
use rows::Table;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};

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

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "mdp",
            title: "Your own MDP",
            summary: "Type or paste a table of states, actions, probabilities and rewards, and it becomes a world, \
                      drawn as a graph. It begins with the recycling robot, which collects cans until its battery is \
                      low.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 3.3; river swim: Strehl and Littman (2008)",
        },
        vec![
            ParameterSpec::text(
                "table",
                "Table",
                200_000,
                true,
                ROBOT,
                "CSV or JSON rows: state, action, probability, next state, reward, terminal.",
            ),
            ParameterSpec::text("start", "Start", 60, false, "", "Name of the start state; empty for the first."),
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

/// Builds the world; every fault of the table is named with its row, or with its state and action.
pub fn build(parameters: &Resolved) -> Result<FiniteWorld, ParameterError> {
    let table = Table::read(parameters.text("table")?).map_err(|error| ParameterError::invalid("table", error))?;
    let start = match parameters.text("start")?.trim() {
        "" => 0,
        name => table.states.iter().position(|state| state == name).ok_or_else(|| {
            let reason = format!("there is no state {name:?}; there are: {}", list(&table.states));
            ParameterError::invalid("start", reason)
        })?,
    };
    let (states, actions) = (table.states.len(), table.actions.len());
    let model = Model::build(states, actions, vec![(start as u32, 1.0)], |state, action, into| {
        let first = into.len();
        into.extend(table.outcomes_of(state, action).map(|row| Outcome {
            probability: row.probability,
            next: row.next as u32,
            reward: row.reward,
            terminated: row.terminal,
            reason: if row.terminal { TERMINATED } else { 0 },
        }));
        if into.len() == first {
            // Not legal, or the episode has ended here.
            into.push(Outcome { terminated: true, ..Outcome::certain(state, 0.0) });
        }
    })
    .and_then(|model| model.with_legal((0..states).map(|state| legal(&table, state)).collect()))
    .map_err(|error| ParameterError::invalid("table", error))?;
    let graph = Graph::new(&table);
    let step_limit = parameters.integer("step_limit")?;
    let description = EnvironmentDescription {
        id: "mdp".into(),
        title: "Your own MDP".into(),
        subtitle: format!("{states} states, {actions} actions"),
        actions: (table.actions.iter().zip(keys()))
            .map(|(name, key)| ActionDescription { name: name.clone(), key, arrow: None })
            .collect(),
        outcomes: names(&[STEP_LIMIT, "terminal"]),
        counters: vec![],
        observation: (table.states.iter())
            .map(|name| ObservationDescription { name: name.clone(), low: 0.0, high: 1.0 })
            .collect(),
        states: Some(states as u32),
        layout: Some(StateLayout::Boxes { centres: graph.centres(), size: graph.box_size() }),
        step_limit: (step_limit > 0).then_some(step_limit as u32),
    };
    Ok(FiniteWorld::new(model, description, graph))
}

/// The actions with rows in a state; all of them where the episode has ended and none is ever taken.
fn legal(table: &Table, state: usize) -> ActionMask {
    let count = table.actions.len();
    let bits = (0..count)
        .filter(|action| table.outcomes_of(state, *action).next().is_some())
        .fold(0, |bits, action| bits | 1 << action);
    if bits == 0 { ActionMask::all(count) } else { ActionMask(bits) }
}

/// The first few names, for error messages.
fn list(names: &[String]) -> String {
    let dots = if names.len() > 12 { ", ..." } else { "" };
    names[..names.len().min(12)].join(", ") + dots
}

#[cfg(test)]
mod tests;
