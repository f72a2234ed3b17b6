//! Expected SARSA: SARSA without the luck of the next draw (van Seijen and others 2009; Sutton and Barto, 2nd edition,
//! section 6.6).
//!
//! `Q(s,a) <- Q(s,a) + alpha [ r + gamma sum_a' pi(a'|s') Q(s',a') - Q(s,a) ]`, where the bootstrap term is 0 if s' is
//! terminal and `pi` is the exploring policy.

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
pub struct ExpectedSarsa {
    learner: TableLearner,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "expected-sarsa",
            title: "Expected SARSA",
            summary: "Like SARSA, but averages over everything that it might do next instead of waiting for what it \
                      does. Less noise, so it bears large step sizes.",
            equation: "Q(s,a) ← Q(s,a) + α [ r + γ Σ π(a′|s′) Q(s′,a′) − Q(s,a) ]",
            source: "van Seijen et al. 2009; Sutton & Barto, 2nd edition, 6.6",
        },
        TableHyperparameters::default().parameters(),
        learner::presets(),
    )
}

impl ExpectedSarsa {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        TableLearner::build(parameters, setting, seed, "Expected SARSA")
            .map(|learner| Self { learner: learner.remembering_best() })
    }
}

impl Learning for ExpectedSarsa {
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
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * it.expected(next.state, next.legal) };
        it.approach(it.state, action, step.reward + bootstrap)
    }
}
