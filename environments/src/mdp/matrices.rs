//! MDPs as matrices: transition probabilities `P[action][state][next state]` and rewards.

use super::table::{Collector, MdpTableError, WrittenOutcome};
use crate::number;

/// Rows of a matrix of probabilities sum to 1 but for this.
const ROUNDED: f64 = 1e-3;

/// Rewards, by what they depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RewardMatrices {
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
    pub(super) rewards: RewardMatrices,
    /// Names of states that end an episode.
    pub(super) terminal: Vec<String>,
}

/// Takes the rows that matrices stand for. States and actions without a name have their number.
pub(super) fn read(
    matrices: &Matrices,
    states: &[String],
    actions: &[String],
    into: &mut Collector,
) -> Result<(), MdpTableError> {
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
        return Err(MdpTableError::Form(fault.into()));
    }
    let rewards = RewardLookup::new(&matrices.rewards, state_count, action_count)?;
    let name = |names: &[String], index: usize| names.get(index).cloned().unwrap_or_else(|| index.to_string());
    let states: Vec<String> = (0..state_count).map(|state| name(states, state)).collect();
    let actions: Vec<String> = (0..action_count).map(|action| name(actions, action)).collect();
    for state in &states {
        into.state(state).map_err(MdpTableError::Form)?;
    }
    if let Some(unknown) = matrices.terminal.iter().find(|name| !states.contains(name)) {
        return Err(MdpTableError::Form(format!("the terminal state {unknown:?} is no state")));
    }
    let ends: Vec<bool> = states.iter().map(|name| matrices.terminal.contains(name)).collect();
    for (state, name) in states.iter().enumerate().filter(|(state, _)| !ends[*state]) {
        for (action, action_name) in actions.iter().enumerate() {
            let row = if by_action { &transitions[action][state] } else { &transitions[state][action] };
            for (next, probability) in row.iter().enumerate() {
                let written = WrittenOutcome {
                    state: name,
                    action: action_name,
                    probability: *probability,
                    next_state: &states[next],
                    reward: rewards.of(state, action, next),
                    terminal: ends[next],
                };
                let place = || format!("state {name:?}, action {action_name:?}");
                into.row(written).map_err(|fault| MdpTableError::Row { place: place(), fault })?;
            }
        }
    }
    Ok(())
}

/// Rewards whose shape was checked.
enum RewardLookup<'a> {
    State(&'a [f64]),
    StateAction(&'a [Vec<f64>]),
    ActionState(&'a [Vec<f64>]),
    ActionTransition(&'a [Vec<Vec<f64>>]),
    StateTransition(&'a [Vec<Vec<f64>>]),
}

impl<'a> RewardLookup<'a> {
    fn new(rewards: &'a RewardMatrices, states: usize, actions: usize) -> Result<Self, MdpTableError> {
        let flat = |it: &[Vec<f64>], y: usize, x: usize| it.len() == y && it.iter().all(|it| it.len() == x);
        let deep = |it: &[Vec<Vec<f64>>], z: usize, y: usize| it.len() == z && it.iter().all(|it| flat(it, y, states));
        Ok(match rewards {
            RewardMatrices::State(it) if it.len() == states => Self::State(it),
            RewardMatrices::Pair(it) if flat(it, states, actions) => Self::StateAction(it),
            RewardMatrices::Pair(it) if flat(it, actions, states) => Self::ActionState(it),
            RewardMatrices::Transition(it) if deep(it, actions, states) => Self::ActionTransition(it),
            RewardMatrices::Transition(it) if deep(it, states, actions) => Self::StateTransition(it),
            _ => {
                let fault = format!(
                    "with {states} states and {actions} actions, the rewards must be {states} numbers, a matrix of \
                     {states} x {actions}, or one of {states} x {states} for each action"
                );
                return Err(MdpTableError::Form(fault));
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

/// What the blocks of numbers in a text are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Blocks {
    /// A square one for each action, whose rows sum to 1.
    transitions: Vec<Vec<Vec<f64>>>,
    /// One for all actions, or a square one for each.
    rewards: Vec<Vec<Vec<f64>>>,
}

/// The blocks of numbers in a text, apart by empty lines. None if the text is something else.
pub(super) fn blocks(text: &str) -> Option<Blocks> {
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
    let (count, states) = (blocks.len(), blocks.first()?.len());
    let (half, last) = (count / 2, blocks.last()?);
    let square = |block: &Vec<Vec<f64>>| block.len() == states && block.iter().all(|row| row.len() == states);
    let probable = |block: &&Vec<Vec<f64>>| square(block) && block.iter().all(|row| is_distribution(row));
    let leading = blocks.iter().take_while(probable).count();
    let one_for_each = count.is_multiple_of(2) && leading >= half && blocks[half..].iter().all(square);
    let one_for_all = count > 1 && leading + 1 >= count && last.len() == states;
    let actions = match last.first()?.len() {
        columns if one_for_all && (columns == 1 || columns == count - 1 || !one_for_each) => count - 1,
        _ if one_for_each => half,
        _ => return None,
    };
    let rewards = blocks.split_off(actions);
    Some(Blocks { transitions: blocks, rewards })
}

fn is_distribution(row: &[f64]) -> bool {
    row.iter().all(|it| (0.0..=1.0).contains(it)) && (row.iter().sum::<f64>() - 1.0).abs() <= ROUNDED
}

/// Takes the rows of [`blocks`].
pub(super) fn read_blocks(
    Blocks { transitions, mut rewards }: Blocks,
    into: &mut Collector,
) -> Result<(), MdpTableError> {
    let states = transitions[0].len();
    let column = |block: &Vec<Vec<f64>>| block.iter().all(|row| row.len() == 1);
    let one_for_each = !column(&rewards[0]) && rewards.len() == transitions.len();
    if one_for_each && rewards.iter().flatten().all(|row| is_distribution(row)) {
        let fault = format!(
            "all blocks hold probabilities, and none rewards: behind those of the actions comes one with {states} rows of \
             rewards, or one of {states} x {states} for each action. Where the last ones are rewards, {{\"P\": ..., \"R\": ...}} \
             says so"
        );
        return Err(MdpTableError::Form(fault));
    }
    let rewards = match rewards.pop() {
        Some(block) if column(&block) => RewardMatrices::State(block.into_iter().flatten().collect()),
        Some(block) if one_for_each => RewardMatrices::Transition(rewards.into_iter().chain([block]).collect()),
        block => RewardMatrices::Pair(block.unwrap_or_default()),
    };
    read(&Matrices { transitions, rewards, terminal: Vec::new() }, &[], &[], into)
}
