//! Greedy player: takes the best action of a table that was loaded into it, and learns nothing.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence};
use crate::exploration::action_selection;
use crate::learner::{Learning, TableHyperparameters, TableLearner};
use crate::setting::Setting;
use environments::Step;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct GreedyTable {
    learner: TableLearner,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "greedy-table",
            title: "Greedy player",
            summary: "Plays the best actions of a table that another agent has learned, without exploring and without \
                      learning. Load a saved agent into it.",
            equation: "a = argmax Q(s,·)",
            source: "Sutton & Barto, 2nd edition, 2.2",
        },
        TableHyperparameters::planning().parameters(),
        vec![],
    )
}

impl GreedyTable {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        TableLearner::build(parameters, setting, seed, "The greedy player").map(|learner| Self { learner })
    }
}

impl Learning for GreedyTable {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        let it = &mut self.learner;
        action_selection::greedy(it.table.row(current.state), current.legal, it.ties, &mut it.generator)
    }

    fn learn(&mut self, _: u16, _: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
        self.learner.table.visit(self.learner.state);
        Ok(())
    }

    fn metrics(&self, _: &mut ReportMetric<'_>) {}
}
