//! SARSA: on-policy temporal-difference control (Rummery and Niranjan 1994; Sutton and Barto, 2nd edition, section 6.4).
//!
//! `Q(s,a) <- Q(s,a) + alpha [ r + gamma Q(s',a') - Q(s,a) ]` with the action `a'` that is taken next; the bootstrap
//! term is 0 if s' is terminal. If somebody else then takes another action, `a'` still is what the policy would do.

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
pub struct Sarsa {
    learner: TableLearner,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "sarsa",
            title: "SARSA",
            summary: "Learns what each action is worth if it goes on as it does, exploration included. On-policy: \
                      near a cliff it keeps a distance, because it knows that it sometimes stumbles.",
            equation: "Q(s,a) ← Q(s,a) + α [ r + γ Q(s′,a′) − Q(s,a) ]",
            source: "Rummery & Niranjan 1994; Sutton & Barto, 2nd edition, 6.4",
        },
        TableHyperparameters::default().parameters(),
        learner::presets(),
    )
}

impl Sarsa {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        TableLearner::build(parameters, setting, seed, "SARSA")
            .map(|learner| Self { learner: learner.remembering_best() })
    }
}

impl Learning for Sarsa {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        self.learner.chosen_ahead(current)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than what it does")]
    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let it = &mut self.learner;
        let target = step.reward + it.gamma * it.value_ahead(step, next);
        it.approach(it.state, action, target)
    }
}
