//! One-step actor-critic with a tabular softmax policy (Sutton and Barto, 2nd edition, section 13.5).
//!
//! The critic's surprise `delta = r + gamma V(s') - V(s)`, where the bootstrap term is 0 if s' is terminal, teaches both:
//! `V(s) <- V(s) + alpha_v delta` and, for every action b of s,
//! `H(s,b) <- H(s,b) + alpha delta (1[b = a] - pi(b|s))` with `pi(b|s)` in proportion to `exp H(s,b)`.
//! As usual in practice, the factor `gamma^t` of the policy gradient is left out.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{Learning, TableHyperparameters, TableLearner, discount_parameter, preset};
use crate::parameter_list::insert_after;
use crate::setting::Setting;
use crate::softmax_policy;
use environments::{ActionMask, Step};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::Resolved;
use shared::quantity::Seed;
use softmax_policy::{Critic, CriticHyperparameters};

/// The agent.
#[derive(Clone, Debug)]
pub struct ActorCritic {
    /// Its table holds the preferences.
    learner: TableLearner,
    critic: Critic,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = TableHyperparameters::preferring(0.3).parameters();
    let critic = CriticHyperparameters { step_size: 0.2 };
    insert_after(&mut parameters, "alpha", vec![critic.parameter(), discount_parameter()]);
    CatalogEntry::new(
        &Words {
            id: "actor-critic",
            title: "Actor-critic",
            summary: "An actor prefers some actions to others; a critic knows what states are worth. When something \
                      turns out better than the critic thought, the actor does it more often.",
            equation: "δ = r + γ V(s′) − V(s);  V(s) ← V(s) + αᵥ δ;  H(s,b) ← H(s,b) + α δ (1[b = a] − π(b|s))",
            source: "Sutton & Barto, 2nd edition, 13.5",
        },
        parameters,
        vec![
            preset("careful", &[("alpha", 0.1), ("alpha_critic", 0.1)]),
            preset("bold", &[("alpha", 0.8), ("alpha_critic", 0.3)]),
        ],
    )
}

impl ActorCritic {
    /// The agent for an environment with discrete states.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let learner = TableLearner::build(parameters, setting, seed, "Actor-critic")?;
        let critic = CriticHyperparameters::read(parameters)?;
        Ok(Self { critic: Critic::new(critic, setting.states), learner })
    }
}

impl Learning for ActorCritic {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn learn(&mut self, action: u16, step: Step, next: CurrentState<'_>) -> Result<(), Divergence> {
        let Self { learner: it, critic } = self;
        let bootstrap = if step.terminated { 0.0 } else { it.gamma * critic.values[next.state] };
        let error = step.reward + bootstrap - critic.values[it.state];
        critic.learn(it.state, error)?;
        it.table.visit(it.state);
        it.table.show_error(it.state, error);
        softmax_policy::prefer(it, it.state, it.legal, action, error)
    }

    fn policy(&self, state: usize, legal: ActionMask, into: &mut [f64]) -> bool {
        softmax_policy::write(&self.learner, state, legal, into)
    }

    fn metrics(&self, _: &mut ReportMetric<'_>) {}

    fn overlays(&self, report: &mut dyn FnMut(&'static str, &[f64])) {
        report("critic", &self.critic.values);
    }

    fn save_more(&self, into: &mut AgentState) {
        self.critic.save(into);
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        self.critic.load(from)
    }
}
