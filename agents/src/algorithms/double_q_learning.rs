//! Double Q-learning: two tables that check each other, against the optimism of the maximum (van Hasselt 2010; Sutton
//! and Barto, 2nd edition, section 6.7).
//!
//! A coin decides which table learns, here the first:
//! `Q1(s,a) <- Q1(s,a) + alpha [ r + gamma Q2(s', argmax_a' Q1(s',a')) - Q1(s,a) ]`, where the bootstrap term is 0 if s'
//! is terminal. It acts on, and shows, the mean of the two.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::exploration::action_selection;
use crate::learner::{self, Learning, TableHyperparameters, TableLearner};
use crate::saved_columns;
use crate::setting::Setting;
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct DoubleQLearning {
    /// Its table is the mean of the two.
    learner: TableLearner,
    tables: [Vec<f64>; 2],
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "double-q-learning",
            title: "Double Q-learning",
            summary: "Keeps two tables: one says which action looks best, the other what it is worth. So a lucky draw \
                      is not mistaken for a good action.",
            equation: "Q₁(s,a) ← Q₁(s,a) + α [ r + γ Q₂(s′, argmax Q₁(s′,·)) − Q₁(s,a) ], or the reverse",
            source: "van Hasselt 2010; Sutton & Barto, 2nd edition, 6.7",
        },
        TableHyperparameters::default().parameters(),
        learner::presets(),
    )
}

impl DoubleQLearning {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Double Q-learning")?;
        let values = learner.table.values().to_vec();
        Ok(Self { tables: [values.clone(), values], learner })
    }
}

impl Learning for DoubleQLearning {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    #[inline]
    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, tables: [first, second] } = self;
        let (learning, judging) = if it.generator.bits() >> 63 == 0 { (first, second) } else { (second, first) };
        let bootstrap = if step.terminated {
            0.0
        } else {
            let row = next.state * it.table.actions();
            let values = &learning[row..row + it.table.actions()];
            let best = action_selection::greedy(values, next.legal, it.ties, &mut it.generator);
            it.gamma * judging[row + usize::from(best)]
        };
        let place = it.state * it.table.actions() + usize::from(action);
        let error = step.reward + bootstrap - learning[place];
        let value = learning[place] + it.rate(it.state, action) * error;
        it.table.write(it.state, action, f64::midpoint(value, judging[place]), error)?;
        learning[place] = value;
        Ok(())
    }

    fn save_more(&self, into: &mut AgentState) {
        for (name, values) in ["q1", "q2"].into_iter().zip(&self.tables) {
            into.numbers.insert(name.into(), values.clone().into());
        }
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        for (name, values) in ["q1", "q2"].into_iter().zip(&mut self.tables) {
            *values = saved_columns::numbers(from, name, values.len())?.to_vec();
        }
        Ok(())
    }
}
