//! Advantage actor-critic (Mnih et al. 2016, without threads), in the form of Stable-Baselines3's `A2C`.
//!
//! A short rollout of T steps in n copies makes one step of the optimiser, here RMSProp, with the loss
//! `-A ln pi(a|s) + c_v (V - R)^2 / 2 - c_e entropy`; advantages `A` and returns `R` are those of [`Samples::estimate`],
//! with lambda 1 the rewards up to the end of the rollout and the value of what came after.
//!
//! Truncation bootstraps: `gamma V(last state)` is added to the reward of a step that was cut off. Termination does not.

use super::actor::{Actor, ActorPlan};
use super::policy_gradient::{Estimated, PolicyGradient};
use super::ppo::read_samples;
use super::samples::Samples;
use super::{Placement, check, settings};
use crate::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps, copies_parameter};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::discount_parameter;
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
    rollout: Samples,
    order: Vec<u32>,
    advantages: Vec<f32>,
    returns: Vec<f32>,
}

/// How it learns.
#[derive(Clone, Copy, Debug)]
struct A2cHyperparameters {
    /// Samples between two updates.
    samples: usize,
    gradient: PolicyGradient,
    gamma: f64,
    lambda: f64,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let number = ParameterSpec::number;
    let mut parameters = vec![
        copies_parameter(8),
        ParameterSpec::integer("rollout_steps", "Rollout", (1, 65_536), 8, "Steps of every copy between two updates."),
        settings::learning_rate(1e-3),
        discount_parameter(),
        number("lambda", "GAE λ", (0.0, 1.0), 1.0, 0.01, "How far advantages look ahead before they trust the values.")
            .symbol("λ"),
        number("entropy", "Entropy weight", (0.0, 1.0), 0.01, 0.001, "How much it is rewarded for staying uncertain."),
        number("value_weight", "Value weight", (0.0, 10.0), 0.5, 0.1, "How much the value function's loss counts."),
        ParameterSpec::flag(
            "normalise_advantages",
            "Normalise advantages",
            false,
            "Brings the advantages of a rollout to mean 0 and deviation 1.",
        ),
        settings::max_gradient_norm(0.5),
    ];
    parameters.extend(settings::schedules());
    parameters.extend(Actor::parameters());
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
        let (actor, rules) = read(parameters, setting)?;
        let optimiser = Optimiser::rms_prop(RMS_PROP.0, RMS_PROP.1)
            .map_err(|error| ParameterError::invalid("learning_rate", error))?;
        Ok(Self {
            actor: Actor::placed(actor, seed, optimiser, place),
            rules,
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

fn read(parameters: &Resolved, setting: &Setting<'_>) -> Result<(ActorPlan, A2cHyperparameters), BuildFault> {
    let actor = ActorPlan::read(parameters, setting, TITLE)?;
    let rules = A2cHyperparameters {
        samples: read_samples(parameters, setting.observation.len())?,
        gradient: PolicyGradient::read(parameters)?,
        gamma: parameters.discount("gamma")?.get(),
        lambda: parameters.number("lambda")?,
    };
    Ok((actor, rules))
}

impl<N: Approximator> A2c<N> {
    fn update(&mut self, metrics: &mut dyn MetricSink) -> Result<(), Divergence> {
        let Self { actor, rules, rollout, order, advantages, returns } = self;
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
            self.rollout.reserve(self.rules.samples, self.actor.widths());
        }
        self.rollout.append(self.actor.kept(steps));
        if self.rollout.len() < self.rules.samples {
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
        rollout.check_length("rollout", self.actor.copies(), self.rules.samples)?;
        self.actor.load(from)?;
        self.rollout.clear();
        self.rollout.append(&mut rollout);
        Ok(())
    }
}
