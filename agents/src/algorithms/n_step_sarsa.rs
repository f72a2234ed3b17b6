//! n-step SARSA: on-policy control from n rewards at a time (Sutton and Barto, 2nd edition, section 7.2).
//!
//! `G = r1 + gamma r2 + ... + gamma^(n-1) rn + gamma^n Q(sn,an)` and `Q(s,a) <- Q(s,a) + alpha [ G - Q(s,a) ]`: n = 1 is
//! SARSA, a large n Monte Carlo. Rewards end with the episode; the last term is 0 if it terminated.

use crate::agent::CurrentState;
use crate::learner::{self, TableLearner};
use crate::n_step::{self, NStep, NStepRule};
use crate::trail::TrailStep;
use environments::Step;
use shared::describe::{CatalogEntry, Words};

/// The agent.
pub type NStepSarsa = NStep<NStepSarsaRule>;

/// Its rule: a state is worth what the action in it is.
#[derive(Clone, Debug)]
pub enum NStepSarsaRule {}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "n-step-sarsa",
            title: "n-step SARSA",
            summary: "Waits n steps before it learns, so that one reward teaches n actions at once. Between SARSA (n \
                      = 1) and Monte Carlo (n without end) there is often a best n.",
            equation: "Q(s,a) ← Q(s,a) + α [ r₁ + γ r₂ + … + γⁿ⁻¹ rₙ + γⁿ Q(sₙ,aₙ) − Q(s,a) ]",
            source: "Sutton & Barto, 2nd edition, 7.2",
        },
        n_step::parameters(),
        learner::presets(),
    )
}

impl NStepRule for NStepSarsaRule {
    const TITLE: &'static str = "n-step SARSA";

    fn act(learner: &mut TableLearner, current: CurrentState<'_>) -> u16 {
        learner.chosen_ahead(current)
    }

    fn bootstrap(learner: &mut TableLearner, step: Step, next: CurrentState<'_>) -> f64 {
        learner.value_ahead(step, next)
    }

    fn worth(_: &TableLearner, _: &TrailStep, found: f64) -> f64 {
        found
    }
}
