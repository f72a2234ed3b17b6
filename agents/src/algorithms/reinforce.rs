//! REINFORCE with a tabular softmax policy, with or without a baseline (Williams 1992; Sutton and Barto, 2nd edition,
//! sections 13.3 and 13.4).
//!
//! When an episode ends, backwards over its steps: `G <- r + gamma G`, `delta = G - V(s)` (or `G` without a baseline),
//! `V(s) <- V(s) + alpha_v (G - V(s))` and, for every action b of s,
//! `H(s,b) <- H(s,b) + alpha delta (1[b = a] - pi(b|s))` with `pi(b|s)` in proportion to `exp H(s,b)`.
//! As usual in practice, the factor `gamma^t` is left out. An episode that was cut off counts `V` of its last state; of one
//! that is very long only the newest steps are learned from ([`crate::trail::MOST_STEPS`]).

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{Learning, TableHyperparameters, TableLearner, discount_parameter, preset};
use crate::parameter_list::insert_after;
use crate::setting::Setting;
use crate::softmax_policy;
use crate::trail::{Trail, TrailStep};
use environments::{ActionMask, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use softmax_policy::{Critic, CriticHyperparameters};

/// The agent.
#[derive(Clone, Debug)]
pub struct Reinforce {
    /// Its table holds the preferences.
    learner: TableLearner,
    critic: Critic,
    baseline: bool,
    trail: Trail,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::preferring(0.1).parameters();
    insert_after(&mut parameters, "alpha", ReinforceHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "reinforce",
            title: "REINFORCE",
            summary: "Plays a whole episode and then does more of what it did, the better it went. The plainest \
                      policy gradient: right on average, and noisy.",
            equation: "H(s,b) ← H(s,b) + α (G − V(s)) (1[b = a] − π(b|s))",
            source: "Williams 1992; Sutton & Barto, 2nd edition, 13.3 and 13.4",
        },
        parameters,
        vec![preset("careful", &[("alpha", 0.03)]), preset("bold", &[("alpha", 0.3)])],
    )
}

/// What it is set to beside its preferences and the discount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReinforceHyperparameters {
    /// What states are worth is learned so.
    pub critic: CriticHyperparameters,
    /// Whether returns are compared with what the state usually brings.
    pub baseline: bool,
}

impl Default for ReinforceHyperparameters {
    fn default() -> Self {
        Self { critic: CriticHyperparameters::default(), baseline: true }
    }
}

impl ReinforceHyperparameters {
    /// The parameters and the discount between them, with these defaults.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let help = "Whether returns are compared with what the state usually brings: much less noise.";
        let baseline = ParameterSpec::flag("baseline", "Baseline", self.baseline, help);
        vec![self.critic.parameter(), discount_parameter(), baseline]
    }

    /// Reads [`Self::parameters`] but for the discount.
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { critic: CriticHyperparameters::read(parameters)?, baseline: parameters.flag("baseline")? })
    }
}

impl Reinforce {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "REINFORCE")?;
        let ReinforceHyperparameters { critic, baseline } = ReinforceHyperparameters::read(parameters)?;
        Ok(Self { learner, critic: Critic::new(critic, setting.states), baseline, trail: Trail::default() })
    }
}

impl Learning for Reinforce {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        self.trail.clear();
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, critic, baseline, trail } = self;
        trail.push(TrailStep { state: it.state, legal: it.legal, action, reward: step.reward, note: 0.0 });
        it.table.visit(it.state);
        if !step.ended() {
            return Ok(());
        }
        let mut found = if step.terminated { 0.0 } else { critic.values[next.state] };
        for moment in trail.iter().rev() {
            found = moment.reward + it.gamma * found;
            let error = found - critic.values[moment.state];
            critic.learn(moment.state, error)?;
            it.table.show_error(moment.state, error);
            let better = if *baseline { error } else { found };
            softmax_policy::prefer(it, moment.state, moment.legal, moment.action, better)?;
        }
        Ok(())
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        softmax_policy::write(&self.learner, state, legal, into)
    }

    fn metrics(&self, _: &mut ReportMetric<'_>) {}

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("critic", &self.critic.values);
    }

    fn has_forgotten(&self) -> bool {
        self.trail.has_forgotten()
    }

    fn save_more(&self, into: &mut AgentState) {
        self.critic.save(into);
        self.trail.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.critic.load(from)?;
        self.trail.load(from, self.learner.table.states(), self.learner.table.actions())
    }
}
