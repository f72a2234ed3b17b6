//! MDPs as matrices: transition probabilities `P[action][state][next state]` and rewards.

use super::table::{Collector, TableError, Written};
use crate::number;

/// Rows of a matrix of probabilities sum to 1 but for this.
const ROUNDED: f64 = 1e-3;

/// Rewards, by what they depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rewards {
    /// The state that is left.
    State(Vec<f64>),
    /// The state and the action, in this order or the other way round.
    Pair(Vec<Vec<f64>>),
    /// The action, the state and the next one.
    Transition(Vec<Vec<Vec<f64>>>),
}

/// An MDP as matrices.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrices {
    /// By action, state and next state, or by state, action and next state.
    pub(super) transitions: Vec<Vec<Vec<f64>>>,
    /// What each transition brings.
    pub(super) rewards: Rewards,
    /// Names of states that end an episode.
    pub(super) terminal: Vec<String>,
}

/// Takes the rows that matrices stand for. States and actions without a name have their number.
pub(super) fn read(
    matrices: &Matrices,
    states: &[String],
    actions: &[String],
    into: &mut Collector,
) -> Result<(), TableError> {
    let transitions = &matrices.transitions;
    let (outer, middle) = (transitions.len(), transitions.first().map_or(0, Vec::len));
    let inner = transitions.first().and_then(|it| it.first()).map_or(0, Vec::len);
    let by_action = middle == inner;
    let (state_count, action_count) = if by_action { (middle, outer) } else { (outer, middle) };
    let shape = |it: &[Vec<Vec<f64>>], (y, x): (usize, usize)| {
        it.iter().all(|it| it.len() == y && it.iter().all(|it| it.len() == x))
    };
    if state_count == 0 || inner != state_count || !shape(transitions, (middle, inner)) {
        let fault = "the transition matrices must be square: one for each action, a row for each state, a column for \
                     each next state";
        return Err(TableError::Form(fault.into()));
    }
    let rewards = Lookup::new(&matrices.rewards, state_count, action_count)?;
    let name = |names: &[String], index: usize| names.get(index).cloned().unwrap_or_else(|| index.to_string());
    let states: Vec<String> = (0..state_count).map(|state| name(states, state)).collect();
    let actions: Vec<String> = (0..action_count).map(|action| name(actions, action)).collect();
    for state in &states {
        into.state(state).map_err(TableError::Form)?;
    }
    if let Some(unknown) = matrices.terminal.iter().find(|name| !states.contains(name)) {
        return Err(TableError::Form(format!("the terminal state {unknown:?} is no state")));
    }
    let ends: Vec<bool> = states.iter().map(|name| matrices.terminal.contains(name)).collect();
    for (state, name) in states.iter().enumerate().filter(|(state, _)| !ends[*state]) {
        for (action, action_name) in actions.iter().enumerate() {
            let row = if by_action { &transitions[action][state] } else { &transitions[state][action] };
            for (next, probability) in row.iter().enumerate() {
                let written = Written {
                    state: name,
                    action: action_name,
                    probability: *probability,
                    next_state: &states[next],
                    reward: rewards.of(state, action, next),
                    terminal: ends[next],
                };
                let place = || format!("state {name:?}, action {action_name:?}");
                into.row(written).map_err(|fault| TableError::Row { place: place(), fault })?;
            }
        }
    }
    Ok(())
}

/// Rewards whose shape was checked.
enum Lookup<'a> {
    State(&'a [f64]),
    StateAction(&'a [Vec<f64>]),
    ActionState(&'a [Vec<f64>]),
    ActionTransition(&'a [Vec<Vec<f64>>]),
    StateTransition(&'a [Vec<Vec<f64>>]),
}

impl<'a> Lookup<'a> {
    fn new(rewards: &'a Rewards, states: usize, actions: usize) -> Result<Self, TableError> {
        let flat = |it: &[Vec<f64>], y: usize, x: usize| it.len() == y && it.iter().all(|it| it.len() == x);
        let deep = |it: &[Vec<Vec<f64>>], z: usize, y: usize| it.len() == z && it.iter().all(|it| flat(it, y, states));
        Ok(match rewards {
            Rewards::State(it) if it.len() == states => Self::State(it),
            Rewards::Pair(it) if flat(it, states, actions) => Self::StateAction(it),
            Rewards::Pair(it) if flat(it, actions, states) => Self::ActionState(it),
            Rewards::Transition(it) if deep(it, actions, states) => Self::ActionTransition(it),
            Rewards::Transition(it) if deep(it, states, actions) => Self::StateTransition(it),
            _ => {
                let fault = format!(
                    "with {states} states and {actions} actions, the rewards must be {states} numbers, a matrix of \
                     {states} x {actions}, or one of {states} x {states} for each action"
                );
                return Err(TableError::Form(fault));
            }
        })
    }

    fn of(&self, state: usize, action: usize, next: usize) -> f64 {
        match self {
            Self::State(it) => it[state],
            Self::StateAction(it) => it[state][action],
            Self::ActionState(it) => it[action][state],
            Self::ActionTransition(it) => it[action][state][next],
            Self::StateTransition(it) => it[state][action][next],
        }
    }
}

/// The blocks of numbers in a text, apart by empty lines: a square one for each action whose rows sum to 1, and one of
/// rewards. None if the text is something else.
pub(super) fn blocks(text: &str) -> Option<Vec<Vec<Vec<f64>>>> {
    let mut blocks = vec![Vec::new()];
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '%'])) {
        if line.is_empty() {
            blocks.push(Vec::new());
            continue;
        }
        let fields = line.split([' ', '\t', ',', ';']).filter(|field| !field.is_empty());
        let row: Vec<f64> = fields.map(number::read).collect::<Option<_>>()?;
        blocks.last_mut()?.push(row);
        let first = blocks.iter().find(|block| !block.is_empty())?;
        // A table of numbers, and not a small one: its first line tells.
        if first.len() == 1 && !is_distribution(&first[0]) {
            return None;
        }
    }
    blocks.retain(|block| !block.is_empty());
    let [transitions @ .., rewards] = &blocks[..] else { return None };
    let states = rewards.len();
    let square = |block: &Vec<Vec<f64>>| {
        block.len() == states && block.iter().all(|row| row.len() == states && is_distribution(row))
    };
    (!transitions.is_empty() && transitions.iter().all(square)).then_some(blocks)
}

fn is_distribution(row: &[f64]) -> bool {
    row.iter().all(|it| (0.0..=1.0).contains(it)) && (row.iter().sum::<f64>() - 1.0).abs() <= ROUNDED
}

/// Takes the rows of [`blocks`].
pub(super) fn read_blocks(blocks: &[Vec<Vec<f64>>], into: &mut Collector) -> Result<(), TableError> {
    let (transitions, rewards) = blocks.split_at(blocks.len() - 1);
    let rewards = &rewards[0];
    let rewards = if rewards.iter().all(|row| row.len() == 1) {
        Rewards::State(rewards.iter().map(|row| row[0]).collect())
    } else {
        Rewards::Pair(rewards.clone())
    };
    read(&Matrices { transitions: transitions.to_vec(), rewards, terminal: Vec::new() }, &[], &[], into)
}
