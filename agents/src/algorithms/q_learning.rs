//! Q-learning: off-policy temporal-difference control (Watkins 1989; Sutton and Barto, 2nd edition, section 6.5).
//!
//! `Q(s,a) <- Q(s,a) + alpha [ r + gamma max_a' Q(s',a') - Q(s,a) ]`, where the bootstrap term is 0 if s' is terminal.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence};
use crate::learner::{self, Learning, TableHyperparameters, TableLearner};
use crate::setting::Setting;
use environments::Step;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::Resolved;
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct QLearning {
    learner: TableLearner,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "q-learning",
            title: "Q-learning",
            summary: "Learns what each action is worth if the best actions follow, whatever it does while exploring. \
                      Off-policy: it may behave randomly and still learn the optimal policy.",
            equation: "Q(s,a) ← Q(s,a) + α [ r + γ max Q(s′,·) − Q(s,a) ]",
            source: "Watkins 1989; Sutton & Barto, 2nd edition, 6.5",
        },
        TableHyperparameters::default().parameters(),
        learner::presets(),
    )
}

impl QLearning {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        TableLearner::build(parameters, setting, seed, "Q-learning")
            .map(|learner| Self { learner: learner.remembering_best() })
    }
}

impl Learning for QLearning {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let it = &mut self.learner;
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * it.best(next.state, next.legal) };
        it.approach(it.state, action, step.reward + bootstrap)
    }
}
