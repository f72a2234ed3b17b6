//! Advantage actor-critic (Mnih et al. 2016, without threads), in the form of Stable-Baselines3's `A2C`.
//!
//! A short rollout of T steps in n copies makes one step of the optimiser, here RMSProp, with the loss
//! `-A ln pi(a|s) + c_v (V - R)^2 / 2 - c_e entropy`; advantages `A` and returns `R` are those of [`Samples::estimate`],
//! with lambda 1 the rewards up to the end of the rollout and the value of what came after.
//!
//! Truncation bootstraps: `gamma V(last state)` is added to the reward of a step that was cut off. Termination does not.

use super::actor::{Actor, ActorHyperparameters, ActorPlan};
use super::policy_gradient::{Estimated, PolicyGradient};
use super::ppo::samples_of;
use super::samples::Samples;
use super::{Placement, check, settings};
use crate::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps, copies_parameter, read_copies};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::{DISCOUNT, discount_parameter_of};
use crate::setting::Setting;
use environments::Generator;
use environments::vector::Executor;
use networks::{Approximator, Architecture, Network, Optimiser};
use shared::action::ActionRef;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use std::sync::Arc;

const TITLE: &str = "A2C";
/// RMSProp's decay and epsilon, as Stable-Baselines3 has them.
const RMS_PROP: (f32, f32) = (0.99, 1e-5);

/// The agent.
#[derive(Debug)]
pub struct A2c<N = Network> {
    actor: Actor<N>,
    rules: A2cHyperparameters,
    /// Samples between two updates.
    samples: usize,
    rollout: Samples,
    order: Vec<u32>,
    advantages: Vec<f32>,
    returns: Vec<f32>,
}

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct A2cHyperparameters {
    copies: usize,
    /// Steps of every copy between two updates.
    rollout_steps: usize,
    gradient: PolicyGradient,
    gamma: f64,
    lambda: f64,
}

impl Default for A2cHyperparameters {
    fn default() -> Self {
        Self { copies: 8, rollout_steps: 8, gradient: PolicyGradient::default(), gamma: DISCOUNT, lambda: 1.0 }
    }
}

impl A2cHyperparameters {
    /// The parameters, with these defaults.
    pub(crate) fn parameters(self) -> Vec<ParameterSpec> {
        let number = ParameterSpec::number;
        let Self { gradient: PolicyGradient { learning_rate, entropy, value_weight, .. }, lambda, .. } = self;
        let ahead = "How far advantages look ahead before they trust the values.";
        vec![
            copies_parameter(self.copies as i64),
            ParameterSpec::integer(
                "rollout_steps",
                "Rollout",
                (1, 65_536),
                self.rollout_steps as i64,
                "Steps of every copy between two updates.",
            ),
            settings::learning_rate(learning_rate.start()),
            discount_parameter_of(self.gamma),
            number("lambda", "GAE λ", (0.0, 1.0), lambda, 0.01, ahead).symbol("λ"),
            settings::entropy(entropy.start()),
            number(
                "value_weight",
                "Value weight",
                (0.0, 10.0),
                value_weight,
                0.1,
                "How much the value function's loss counts.",
            ),
            ParameterSpec::flag(
                "normalise_advantages",
                "Normalise advantages",
                self.gradient.normalises_advantages,
                "Brings the advantages of a rollout to mean 0 and deviation 1.",
            ),
            settings::max_gradient_norm(self.gradient.max_gradient_norm),
        ]
    }

    /// Reads [`Self::parameters`].
    pub(crate) fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            copies: read_copies(parameters)?,
            rollout_steps: parameters.count("rollout_steps")?,
            gradient: PolicyGradient::read(parameters)?,
            gamma: parameters.discount("gamma")?.get(),
            lambda: parameters.number("lambda")?,
        })
    }
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = A2cHyperparameters::default().parameters();
    parameters.extend(settings::schedules());
    parameters.extend(ActorHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "a2c",
            title: "A2C",
            summary: "A network chooses actions, another one judges states; both learn from a few steps of all copies at \
                      once, and then forget them. PPO without its safety belt: simpler, quicker, and easier to upset.",
            equation: "-A ln π(a|s) + c (V - R)²/2 - β H",
            source: "Mnih et al. 2016",
        },
        settings::some_live(parameters),
        settings::presets(),
    )
}

impl A2c {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        Self::placed(parameters, setting, seed, &std::convert::identity)
    }
}

impl<N: Approximator> A2c<N> {
    /// The same with a network wherever `place` puts it.
    pub fn placed(
        parameters: &Resolved,
        setting: &Setting<'_>,
        seed: Seed,
        place: &Placement<'_, N>,
    ) -> Result<Self, BuildFault> {
        let (actor, rules, samples) = read(parameters, setting)?;
        let optimiser = Optimiser::rms_prop(RMS_PROP.0, RMS_PROP.1)
            .map_err(|error| ParameterError::invalid("learning_rate", error))?;
        Ok(Self {
            actor: Actor::placed(actor, seed, optimiser, place),
            rules,
            samples,
            rollout: Samples::default(),
            order: Vec::new(),
            advantages: Vec::new(),
            returns: Vec::new(),
        })
    }
}

/// Its network.
pub fn network(parameters: &Resolved, setting: &Setting<'_>) -> Result<Architecture, BuildFault> {
    ActorPlan::read(parameters, setting, TITLE).map(|it| it.into_parts().0)
}

/// Why it cannot be built, if it cannot.
pub fn suits(parameters: &Resolved, setting: &Setting<'_>) -> Result<(), BuildFault> {
    read(parameters, setting).map(drop)
}

/// The actor, how it learns, and the samples between two updates.
fn read(parameters: &Resolved, setting: &Setting<'_>) -> Result<(ActorPlan, A2cHyperparameters, usize), BuildFault> {
    let actor = ActorPlan::read(parameters, setting, TITLE)?;
    let rules = A2cHyperparameters::read(parameters)?;
    let samples = samples_of((rules.copies, rules.rollout_steps), setting.observation.len())?;
    Ok((actor, rules, samples))
}

impl<N: Approximator> A2c<N> {
    fn update(&mut self, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        let Self { actor, rules, rollout, order, advantages, returns, .. } = self;
        rules.gradient.descend(actor, &Estimated { samples: rollout, advantages, returns }, order, metrics)
    }
}

impl<N: Approximator> BatchAgent for A2c<N> {
    fn copies(&self) -> usize {
        self.actor.copies()
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        self.actor.act(batch, into);
    }

    fn force(&mut self, copy: usize, action: ActionRef<'_>) {
        self.actor.force(copy, action);
    }

    fn metrics(&self) -> Vec<&'static MetricDescription> {
        PolicyGradient::metrics()
    }

    fn learn(&mut self, steps: Steps<'_>, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        check(steps)?;
        if self.rollout.is_empty() {
            self.rollout.reserve(self.samples, self.actor.widths());
        }
        self.rollout.append(self.actor.kept(steps));
        if self.rollout.len() < self.samples {
            return Ok(());
        }
        let (copies, ahead) = (self.actor.copies(), (self.rules.gamma as f32, self.rules.lambda as f32));
        let last = self.actor.values(steps.after);
        self.rollout.estimate(copies, last, ahead, &mut self.advantages, &mut self.returns);
        let updated = self.update(metrics);
        self.rollout.clear();
        updated
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        self.actor.greedy(batch, generator, into);
    }

    fn look(&mut self, batch: Batch<'_>) -> Option<NetworkView> {
        Some(self.actor.view(batch))
    }

    fn troubles(&mut self) -> Vec<String> {
        self.actor.troubles()
    }

    fn work_with(&mut self, executor: Arc<dyn Executor>) {
        self.actor.work_with(executor);
    }

    fn discount(&self) -> f64 {
        self.rules.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = self.actor.save();
        self.rollout.save("rollout", self.actor.widths(), &mut state);
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let mut rollout = Samples::loaded("rollout", self.actor.widths(), from)?;
        rollout.check_length("rollout", self.actor.copies(), self.samples)?;
        self.actor.load(from)?;
        self.rollout.clear();
        self.rollout.append(&mut rollout);
        Ok(())
    }
}
