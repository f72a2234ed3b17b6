//! The checked table of an MDP: every outcome of every action of every state.

use super::rows::{MdpRow, MdpRows};
use crate::labels;
use crate::model::MOST_STATES;
use std::collections::BTreeMap;

/// What can be read, for those who gave something else.
pub(super) const FORMS: &str = "Read are rows with commas, semicolons, tabs or blanks between them, JSON rows as a list or \
                                one a line (of pandas: orient=\"records\"), Gymnasium's P as JSON or as Python prints it, transition and reward \
                                matrices, and .MDP and .POMDP files";

/// Most actions that an environment may have.
const MOST_ACTIONS: usize = 64;

/// Sums of probabilities this near to 1 are 1.
const EXACT: f64 = 1e-9;

/// Sums of probabilities this near to 1 were rounded when they were written, and are scaled.
const ROUNDED: f64 = 1e-5;

/// A fault of a table, with its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum MdpTableError {
    #[error("the table has no rows")]
    Empty,
    #[error("all {rows} rows of the table have probability 0, and such a row is no transition")]
    Nothing { rows: usize },
    #[error("{place}: {fault}")]
    Row { place: String, fault: String },
    #[error("{0}")]
    Form(String),
    #[error("the probabilities of action {action:?} in state {state:?} sum to {sum}, not to 1")]
    Sum { state: String, action: String, sum: f64 },
    #[error(
        "state {state:?} has no actions, but action {action:?} of state {before:?} leads there and does not end the \
         episode: mark that outcome as terminal, or give the state an action"
    )]
    DeadEnd { state: String, before: String, action: String },
}

/// One outcome of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MdpOutcome {
    pub(super) probability: f64,
    pub(super) reward: f64,
    pub(super) next: u32,
    pub(super) terminal: bool,
}

/// A checked table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MdpTable {
    /// Names of the states, by index.
    pub(super) states: Vec<String>,
    /// Names of the actions, by index.
    pub(super) actions: Vec<String>,
    /// Where episodes start, unless somebody asks for another state.
    pub(super) start: Vec<(u32, f64)>,
    /// By state and action.
    rows: Vec<MdpOutcome>,
    /// Where the rows of state `s` and action `a` begin, at `s * actions + a`; one more entry at the end.
    offsets: Vec<u32>,
}

impl MdpTable {
    /// The outcomes of an action in a state; none if it is not legal there.
    pub(super) fn outcomes_of(&self, state: usize, action: usize) -> &[MdpOutcome] {
        let pair = state * self.actions.len() + action;
        &self.rows[self.offsets[pair] as usize..self.offsets[pair + 1] as usize]
    }

    /// The actions of a state with their outcomes, those that are legal there.
    pub(super) fn actions_of(&self, state: usize) -> impl Iterator<Item = (usize, &[MdpOutcome])> {
        let outcomes = (0..self.actions.len()).map(move |action| (action, self.outcomes_of(state, action)));
        outcomes.filter(|(_, outcomes)| !outcomes.is_empty())
    }
}

/// Names by number, in the order in which they came up.
#[derive(Debug, Default)]
struct NumberedNames {
    list: Vec<String>,
    numbers: BTreeMap<String, u32>,
    /// The last one: tables are mostly sorted.
    last: usize,
}

impl NumberedNames {
    fn number(&mut self, name: &str, what: &str, most: usize) -> Result<u32, String> {
        let name = name.trim();
        if self.list.get(self.last).is_some_and(|last| last == name) {
            return Ok(self.last as u32);
        }
        let number = if let Some(number) = self.numbers.get(name) {
            *number
        } else {
            if name.is_empty() {
                return Err(format!("the {what} has no name"));
            }
            // Where a name is printed, it would be an order to the terminal.
            if let Some(control) = name.chars().find(|it| it.is_control()) {
                let name = labels::short(name, 60);
                return Err(if matches!(control, '\n' | '\r') {
                    format!("the {what} {name:?} has a line break in its name; is a quote not closed, or one too many?")
                } else {
                    format!("the {what} {name:?} has a control character in its name")
                });
            }
            if self.list.len() == most {
                let name = labels::short(name, 60);
                return Err(format!("{name:?} would be {what} {}; there can be at most {most}", most + 1));
            }
            self.numbers.insert(name.to_owned(), self.list.len() as u32);
            self.list.push(name.to_owned());
            self.list.len() as u32 - 1
        };
        self.last = number as usize;
        Ok(number)
    }
}

/// One outcome of an action, as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenOutcome<'a> {
    pub(super) state: &'a str,
    pub(super) action: &'a str,
    pub(super) probability: f64,
    pub(super) next_state: &'a str,
    pub(super) reward: f64,
    pub(super) terminal: bool,
}

/// Takes rows in any order, from whatever they were read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    states: NumberedNames,
    actions: NumberedNames,
    /// Each with its state and action.
    rows: Vec<((u32, u32), MdpOutcome)>,
    /// Rows of probability zero.
    nothing: usize,
    start: Vec<(u32, f64)>,
}

impl Collector {
    /// The number of a state, which it gets if it is new.
    pub(super) fn state(&mut self, name: &str) -> Result<u32, String> {
        self.states.number(name, "state", MOST_STATES)
    }

    /// Whether there is a state of this name.
    pub(super) fn has_state(&self, name: &str) -> bool {
        self.states.numbers.contains_key(name)
    }

    /// The number of an action, which it gets if it is new.
    pub(super) fn action(&mut self, name: &str) -> Result<u32, String> {
        self.actions.number(name, "action", MOST_ACTIONS)
    }

    /// Takes a row; one of probability zero is none.
    pub(super) fn row(&mut self, row: WrittenOutcome<'_>) -> Result<(), String> {
        let WrittenOutcome { probability, reward, terminal, .. } = row;
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("the probability must be from 0 to 1, not {probability}"));
        }
        if !reward.is_finite() {
            return Err(format!("the reward must be a finite number, not {reward}"));
        }
        if probability == 0.0 {
            self.nothing += 1;
            return Ok(());
        }
        let pair = (self.state(row.state)?, self.action(row.action)?);
        let next = self.state(row.next_state)?;
        self.rows.push((pair, MdpOutcome { probability, reward, next, terminal }));
        Ok(())
    }

    /// How many states there are so far.
    pub(super) const fn state_count(&self) -> usize {
        self.states.list.len()
    }

    /// The number of a state that has come up, by its name or by its place among all: `by_place` says which comes first.
    pub(super) fn known_state(&self, name: &str, by_place: bool) -> Result<u32, String> {
        let named = || self.states.numbers.get(name.trim()).copied();
        let placed = || name.parse().ok().filter(|place: &u32| (*place as usize) < self.states.list.len());
        let found = if by_place { placed().or_else(named) } else { named().or_else(placed) };
        found.ok_or_else(|| {
            let name = labels::short(name, 60);
            format!("there is no state {name:?}; there are: {}", super::list(&self.states.list))
        })
    }

    /// Lets episodes start in a state with this probability.
    pub(super) fn start(&mut self, state: u32, probability: f64) -> Result<(), String> {
        if !(0.0..=1.0).contains(&probability) {
            let name = told(&self.states.list, state);
            return Err(format!("the probability to start in {name:?} must be from 0 to 1, not {probability}"));
        }
        if probability > 0.0 {
            self.start.push((state, probability));
        }
        Ok(())
    }

    /// What was taken, unchecked.
    pub(super) fn into_rows(self) -> MdpRows {
        let (states, actions) = (self.states.list, self.actions.list);
        let name = |state: u32| states[state as usize].clone();
        let row = |((state, action), row): ((u32, u32), MdpOutcome)| MdpRow {
            state: name(state),
            action: actions[action as usize].clone(),
            probability: row.probability,
            next_state: name(row.next),
            reward: row.reward,
            terminal: row.terminal,
        };
        let rows = self.rows.into_iter().map(row).collect();
        let start = self.start.into_iter().map(|(state, probability)| (name(state), probability)).collect();
        MdpRows { states, rows, start }
    }

    /// Checks what was taken.
    pub(super) fn finish(mut self) -> Result<MdpTable, MdpTableError> {
        if self.rows.is_empty() {
            return Err(match self.nothing {
                0 => MdpTableError::Empty,
                rows => MdpTableError::Nothing { rows },
            });
        }
        self.rows.sort_by_key(|(pair, _)| *pair);
        let (states, actions) = (self.states.list, self.actions.list);
        let mut offsets = Vec::with_capacity(states.len() * actions.len() + 1);
        let mut first = 0;
        for pair in (0..states.len() as u32).flat_map(|state| (0..actions.len() as u32).map(move |it| (state, it))) {
            offsets.push(first as u32);
            let count = self.rows[first..].iter().take_while(|(of, _)| *of == pair).count();
            let rows = &mut self.rows[first..first + count];
            let sum: f64 = rows.iter().map(|(_, row)| row.probability).sum();
            if count > 0 && (sum - 1.0).abs() > ROUNDED {
                let (state, action) = (told(&states, pair.0), told(&actions, pair.1));
                return Err(MdpTableError::Sum { state, action, sum });
            }
            if (sum - 1.0).abs() > EXACT {
                for (_, row) in rows {
                    row.probability /= sum;
                }
            }
            first += count;
        }
        offsets.push(first as u32);
        let leads_on = |state: u32| {
            let first = state as usize * actions.len();
            offsets[first] < offsets[first + actions.len()]
        };
        if let Some(((state, action), row)) = self.rows.iter().find(|(_, row)| !row.terminal && !leads_on(row.next)) {
            let (before, action) = (told(&states, *state), told(&actions, *action));
            return Err(MdpTableError::DeadEnd { state: told(&states, row.next), before, action });
        }
        let rows = self.rows.into_iter().map(|(_, row)| row).collect();
        let start = if self.start.is_empty() { vec![(0, 1.0)] } else { scaled(self.start) };
        Ok(MdpTable { states, actions, start, rows, offsets })
    }
}

/// A name as faults tell it.
fn told(names: &[String], index: u32) -> String {
    labels::short(&names[index as usize], 60)
}

/// A distribution whose probabilities were perhaps rounded when they were written.
pub(super) fn scaled(mut start: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    let sum: f64 = start.iter().map(|(_, probability)| probability).sum();
    if (sum - 1.0).abs() > EXACT && (sum - 1.0).abs() <= ROUNDED {
        for (_, probability) in &mut start {
            *probability /= sum;
        }
    }
    start
}
