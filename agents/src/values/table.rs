//! A table of action values with the visits and errors that pages show beside it.

use crate::error::{Divergence, Diverging, LoadError};
use crate::exploration::action_selection::{self, Ties};
use crate::saved_columns;
use crate::values::best::BestActions;
use crate::values::table_view::{StateStatistics, TableView};
use environments::ActionMask;
use shared::checkpoint::AgentState;
use shared::column::Column;
use std::hint::cold_path;

/// Action values of every state, flat as `[states][actions]`.
#[derive(Clone, Debug, PartialEq)]
pub struct QTable {
    states: usize,
    actions: usize,
    values: Vec<f64>,
    statistics: Vec<StateStatistics>,
    best: BestActions,
}

impl QTable {
    /// A table full of `initial`.
    pub fn new(states: usize, actions: usize, initial: f64) -> Self {
        Self {
            states,
            actions,
            values: vec![positive(initial); states * actions],
            statistics: vec![StateStatistics::default(); states],
            best: BestActions::default(),
        }
    }

    /// From now on every state's best actions and their value are at hand, at 32 bytes a state: for agents that ask for
    /// them more often than they change them.
    pub fn remember_best(&mut self) {
        self.best = BestActions::of(&self.values, self.actions);
    }

    /// The legal action of a state that has the greatest value; which of several, 32 random bits decide.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn greedy(&self, state: usize, legal: ActionMask, ties: Ties, bits: u32) -> u16 {
        self.best.only(state, legal).unwrap_or_else(|| self.find_greedy(state, legal, ties, bits))
    }

    /// The legal actions of a state that have the greatest value.
    #[inline]
    pub fn best_actions(&self, state: usize, legal: ActionMask) -> ActionMask {
        self.best.get(state, legal).map_or_else(|| self.find_best_actions(state, legal), |(actions, _)| actions)
    }

    /// The greatest value among the legal actions of a state.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn best_value(&self, state: usize, legal: ActionMask) -> f64 {
        self.best.get(state, legal).map_or_else(|| self.find_best_value(state, legal), |(_, value)| value)
    }

    #[inline(never)]
    fn find_greedy(&self, state: usize, legal: ActionMask, ties: Ties, bits: u32) -> u16 {
        action_selection::one_of(self.best_actions(state, legal), ties, bits)
    }

    #[inline(never)]
    fn find_best_actions(&self, state: usize, legal: ActionMask) -> ActionMask {
        action_selection::best_actions(self.row(state), legal)
    }

    #[inline(never)]
    fn find_best_value(&self, state: usize, legal: ActionMask) -> f64 {
        action_selection::max_value(self.row(state), legal)
    }

    /// Takes over the contents of another table of the same shape.
    pub fn copy_from(&mut self, other: &Self) {
        self.values.copy_from_slice(&other.values);
        self.statistics.copy_from_slice(&other.statistics);
        self.best.clone_from(&other.best);
    }

    /// Number of states.
    pub const fn states(&self) -> usize {
        self.states
    }

    /// Number of actions.
    #[inline]
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// How often a state was left.
    #[inline]
    pub fn visits(&self, state: usize) -> u32 {
        self.statistics[state].visits
    }

    /// The values of a state's actions.
    #[inline]
    pub fn row(&self, state: usize) -> &[f64] {
        &self.values[state * self.actions..(state + 1) * self.actions]
    }

    /// The place of an action in flat columns, `state * actions + action`.
    #[inline]
    pub fn pair(&self, state: usize, action: u16) -> usize {
        state * self.actions + usize::from(action)
    }

    /// The value of an action in a state.
    #[inline]
    pub fn get(&self, state: usize, action: u16) -> f64 {
        self.values[state * self.actions + usize::from(action)]
    }

    /// All values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Moves a value by `step_size` times `error`, counts the visit and keeps the error for show.
    /// A value that would not be finite stays, and the error names it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn learn(&mut self, state: usize, action: u16, step_size: f64, error: f64) -> Result<(), Divergence> {
        let value = self.get(state, action) + step_size * error;
        self.write(state, action, value, error)
    }

    /// Moves a value by a share of its distance from `target`, counts the visit and keeps the distance for show.
    /// A value that would not be finite stays, and the error names it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn approach(&mut self, state: usize, action: u16, step_size: f64, target: f64) -> Result<(), Divergence> {
        let before = self.get(state, action);
        let error = target - before;
        self.write(state, action, before + step_size * error, error)
    }

    /// Writes a value, counts the visit and keeps the error for show.
    /// A value that would not be finite stays, and the error names it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn write(&mut self, state: usize, action: u16, value: f64, error: f64) -> Result<(), Divergence> {
        self.set(state, action, value)?;
        let state = &mut self.statistics[state];
        state.count();
        state.error = error as f32;
        Ok(())
    }

    /// Counts a visit.
    #[inline]
    pub fn visit(&mut self, state: usize) {
        self.statistics[state].count();
    }

    /// Writes a value that no step has led to: planning, traces.
    /// A value that would not be finite stays, and the error names it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    pub fn set(&mut self, state: usize, action: u16, value: f64) -> Result<(), Divergence> {
        if !value.is_finite() {
            cold_path();
            return Err(Divergence {
                what: Diverging::Action { state, action },
                value,
                advice: Divergence::SMALLER_STEPS,
            });
        }
        self.values[state * self.actions + usize::from(action)] = value;
        if !self.best.stands(state, action, value) {
            cold_path();
            self.look(state);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self, state: usize) {
        self.best.look(state, &self.values[state * self.actions..(state + 1) * self.actions]);
    }

    /// Adds to the value of a pair, `state * actions + action`.
    #[inline]
    pub fn nudge(&mut self, pair: usize, change: f64) -> Result<(), Divergence> {
        let value = self.values[pair] + change;
        if !value.is_finite() || !self.best.is_empty() {
            cold_path();
            return self.set(pair / self.actions, (pair % self.actions) as u16, value);
        }
        self.values[pair] = value;
        Ok(())
    }

    /// Keeps an error for show.
    #[inline]
    pub fn show_error(&mut self, state: usize, error: f64) {
        self.statistics[state].error = error as f32;
    }

    /// The table by reference, for an agent that breaks ties so.
    pub fn view(&self, ties: Ties) -> TableView<'_> {
        let Self { states, actions, values, statistics, .. } = self;
        TableView { states: *states, actions: *actions, q: values, statistics, ties }
    }

    /// Puts the table into a saved state under the column name `q`.
    pub fn save(&self, into: &mut AgentState) {
        into.states = self.states as u32;
        into.actions = self.actions as u32;
        into.numbers.insert("q".into(), Column(self.values.clone()));
        into.numbers
            .insert("td_error".into(), self.statistics.iter().map(|state| f64::from(state.td_error())).collect());
        into.integers.insert("visits".into(), self.statistics.iter().map(|state| u64::from(state.visits)).collect());
    }

    /// Reads what [`Self::save`] wrote. Only `q` must be there: a table made elsewhere may lack the rest.
    pub fn load(&self, from: &AgentState) -> Result<Self, LoadError> {
        if (from.states as usize, from.actions as usize) != (self.states, self.actions) {
            return Err(LoadError::Shape {
                saved_states: from.states as usize,
                saved_actions: from.actions as usize,
                states: self.states,
                actions: self.actions,
            });
        }
        let mut table = Self::new(self.states, self.actions, 0.0);
        table.values = saved_columns::numbers(from, "q", self.values.len())?.iter().copied().map(positive).collect();
        if !self.best.is_empty() {
            table.remember_best();
        }
        if let Some(errors) = from.numbers.get("td_error").filter(|it| it.len() == self.states) {
            table.statistics.iter_mut().zip(errors.iter()).for_each(|(state, error)| state.error = *error as f32);
        }
        if let Some(visits) = from.integers.get("visits").filter(|it| it.len() == self.states) {
            let count = |visits: &u64| u32::try_from(*visits).unwrap_or(u32::MAX);
            table.statistics.iter_mut().zip(visits.iter()).for_each(|(state, visits)| state.visits = count(visits));
        }
        Ok(table)
    }
}

/// The value without the sign of a negative zero. A sum has that sign only if both of its terms do, so a table that
/// begins without it stays so, and equal values in it are the same bits.
fn positive(value: f64) -> f64 {
    value + 0.0
}
