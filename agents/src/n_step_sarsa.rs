//! n-step SARSA: on-policy control from n rewards at a time (Sutton and Barto, 2nd edition, section 7.2).
//!
//! `G = r1 + gamma r2 + ... + gamma^(n-1) rn + gamma^n Q(sn,an)` and `Q(s,a) <- Q(s,a) + alpha [ G - Q(s,a) ]`: n = 1 is
//! SARSA, a large n Monte Carlo. Rewards end with the episode; the last term is 0 if it terminated.

use crate::agent::{BuildFault, Divergence, LoadError};
use crate::learner::{self, Learner, LearnerDefaults, Learning, Setting};
use crate::tabular::Here;
use crate::trail::{Moment, Trail};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterSpec, Resolved};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct NStepSarsa {
    learner: Learner,
    /// The last steps, at most n.
    trail: Trail,
    n: usize,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = Learner::parameters(LearnerDefaults::default());
    parameters.insert(2, steps_parameter(4));
    CatalogEntry {
        id: "n-step-sarsa".into(),
        title: "n-step SARSA".into(),
        summary: "Waits n steps before it learns, so that one reward teaches n actions at once. Between SARSA (n = 1) \
                  and Monte Carlo (n without end) there is often a best n."
            .into(),
        equation: "Q(s,a) ← Q(s,a) + α [ r₁ + γ r₂ + … + γⁿ⁻¹ rₙ + γⁿ Q(sₙ,aₙ) − Q(s,a) ]".into(),
        source: "Sutton & Barto, 2nd edition, 7.2".into(),
        parameters,
        presets: learner::presets(),
    }
}

/// The parameter `n`.
pub fn steps_parameter(default: i64) -> ParameterSpec {
    ParameterSpec::integer("n", "Steps", (1, 512), default, "Rewards that are waited for before learning.").symbol("n")
}

impl NStepSarsa {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = Learner::build(parameters, setting, seed, "n-step SARSA")?;
        let n = parameters.integer("n")? as usize;
        Ok(Self { learner, trail: Trail::with_capacity(n), n })
    }

    /// Learns about the oldest step of the trail, which leads to `bootstrap`, and lets go of it.
    fn learn_oldest(&mut self, bootstrap: f64) -> Result<(), Divergence> {
        let gamma = self.learner.gamma;
        let found = self.trail.iter().rev().fold(bootstrap, |value, moment| moment.reward + gamma * value);
        let Some(oldest) = self.trail.pop() else { return Ok(()) };
        let error = found - self.learner.table.get(oldest.state, oldest.action);
        self.learner.learn(oldest.state, oldest.action, error)
    }
}

impl Learning for NStepSarsa {
    fn learner(&self) -> &Learner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut Learner {
        &mut self.learner
    }

    fn begin(&mut self, _: Here<'_>) {
        self.trail.clear();
    }

    fn act(&mut self, here: Here<'_>) -> u8 {
        self.learner.chosen_ahead(here)
    }

    fn learn(&mut self, action: u8, step: Step, next: Here<'_>) -> Result<(), Divergence> {
        let Learner { state, legal, .. } = self.learner;
        self.trail.push(Moment { state, legal, action, reward: step.reward, note: 0.0 });
        let bootstrap = self.learner.value_ahead(step, next);
        while self.trail.len() == self.n || (step.ended() && !self.trail.is_empty()) {
            self.learn_oldest(bootstrap)?;
        }
        Ok(())
    }

    fn save_more(&self, into: &mut AgentState) {
        self.trail.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.trail.load(from, self.learner.table.states(), self.learner.table.actions())
    }
}
