//! What there is to show of a table.

use crate::exploration::action_selection::Ties;
use std::hint::cold_path;

/// What a tabular agent believes, by reference: flat as `[states][actions]`.
#[derive(Clone, Copy, Debug)]
pub struct TableView<'a> {
    /// Number of states.
    pub states: usize,
    /// Number of actions.
    pub actions: usize,
    /// Action values (or preferences), `[states][actions]`.
    pub q: &'a [f64],
    /// What else there is to show of every state.
    pub statistics: &'a [StateStatistics],
    /// How the greedy policy breaks ties.
    pub ties: Ties,
}

/// What pages show of a state beside its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StateStatistics {
    /// How often it was left.
    pub visits: u32,
    pub(crate) error: f32,
}

impl StateStatistics {
    /// Its last temporal-difference error.
    pub const fn td_error(&self) -> f32 {
        self.error.clamp(f32::MIN, f32::MAX)
    }

    #[inline]
    pub(crate) const fn count(&mut self) {
        if self.visits == u32::MAX {
            cold_path();
        } else {
            self.visits += 1;
        }
    }
}
