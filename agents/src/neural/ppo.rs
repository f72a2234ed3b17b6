//! Proximal policy optimisation (Schulman et al. 2017), in the form of CleanRL's `ppo.py` and `ppo_continuous_action.py`
//! (Huang et al. 2022).
//!
//! A rollout of T steps in n copies is learned from for several epochs in minibatches. Advantages `A` are estimated by
//! [`Samples::estimate`]. With `ratio = pi(a|s) / pi_old(a|s)` the loss to be descended is
//! `max(-A ratio, -A clip(ratio, 1 - epsilon, 1 + epsilon)) + c_v (V - R)^2 / 2 - c_e entropy`.
//!
//! Truncation bootstraps: `gamma V(last state)` is added to the reward of a step that was cut off. Termination does not.

mod hyperparameters;

pub(crate) use hyperparameters::PpoHyperparameters;

use super::actor::{Actor, ActorHyperparameters, ActorPlan, LossSlopes, PresentSample};
use super::samples::Samples;
use super::settings;
use super::{Placement, check, metrics, moments};
use crate::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps};
use crate::error::{BuildFault, Divergence, LoadError};
use crate::setting::Setting;
use environments::Generator;
use environments::vector::Executor;
use networks::{Approximator, Architecture, Network, Optimiser};
use shared::action::ActionRef;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::MetricDescription;
use shared::network::NetworkView;
use shared::parameter::{ParameterError, Resolved};
use shared::quantity::Seed;
use std::sync::Arc;

const TITLE: &str = "PPO";
/// Numbers of a rollout, at most: half a gigabyte of them.
const MOST_NUMBERS: usize = 1 << 27;

/// The agent.
#[derive(Debug)]
pub struct Ppo<N = Network> {
    actor: Actor<N>,
    rules: PpoHyperparameters,
    /// Samples between two updates.
    samples: usize,
    rollout: Samples,
    order: Vec<u32>,
    advantages: Vec<f32>,
    returns: Vec<f32>,
}

/// Means over the minibatches of an update.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    policy: f64,
    value: f64,
    entropy: f64,
    approximate_kl: f64,
    clipped: f64,
    gradient_norm: f64,
    minibatches: f64,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = PpoHyperparameters::default().parameters();
    parameters.extend(settings::schedules());
    parameters.extend(ActorHyperparameters::default().parameters());
    CatalogEntry::new(
        &Words {
            id: "ppo",
            title: "PPO",
            summary: "A network chooses actions, another one judges states. What turned out better than judged becomes \
                      likelier, in small safe steps. The workhorse where states cannot be counted, also with numbers as \
                      actions.",
            equation: "max(-A ρ, -A clip(ρ, 1-ε, 1+ε)) + c (V - R)²/2 - β H;  ρ = π(a|s) / b(a|s), b the policy that acted",
            source: "Schulman et al. 2017",
        },
        settings::some_live(parameters),
        settings::presets(),
    )
}

impl Ppo {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        Self::placed(parameters, setting, seed, &std::convert::identity)
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
fn read(parameters: &Resolved, setting: &Setting<'_>) -> Result<(ActorPlan, PpoHyperparameters, usize), BuildFault> {
    let actor = ActorPlan::read(parameters, setting, TITLE)?;
    let rules = PpoHyperparameters::read(parameters)?;
    let samples = samples_of((rules.copies, rules.rollout_steps), setting.observation.len())?;
    let minibatches = rules.minibatches;
    if minibatches > samples {
        let reason = format!("{minibatches} minibatches of a rollout of {samples} steps; at most one a step");
        return Err(ParameterError::invalid("minibatches", reason).into());
    }
    Ok((actor, rules, samples))
}

/// Samples of a rollout of so many copies and steps of each, if they fit into memory.
pub(super) fn samples_of((copies, steps): (usize, usize), entries: usize) -> Result<usize, ParameterError> {
    let samples = copies.saturating_mul(steps);
    let most = MOST_NUMBERS / (entries + 8);
    if samples > most {
        let reason =
            format!("{steps} steps in {copies} copies are {samples} observations, and at most {most} are kept");
        return Err(ParameterError::invalid("rollout_steps", reason));
    }
    Ok(samples)
}

impl<N: Approximator> Ppo<N> {
    /// The same with a network wherever `place` puts it.
    pub fn placed(
        parameters: &Resolved,
        setting: &Setting<'_>,
        seed: Seed,
        place: &Placement<'_, N>,
    ) -> Result<Self, BuildFault> {
        let (actor, rules, samples) = read(parameters, setting)?;
        Ok(Self {
            actor: Actor::placed(actor, seed, Optimiser::ADAM, place),
            rules,
            samples,
            rollout: Samples::default(),
            order: Vec::new(),
            advantages: Vec::new(),
            returns: Vec::new(),
        })
    }

    /// The network.
    pub const fn network(&self) -> &N {
        &self.actor.network
    }

    /// Goes through the rollout in minibatches, in a new order every epoch.
    fn update(&mut self) -> Result<Losses, Divergence> {
        let mut losses = Losses::default();
        self.order.clear();
        self.order.extend(0..self.samples as u32);
        let size = self.samples.div_ceil(self.rules.minibatches);
        for _ in 0..self.rules.epochs {
            for place in (1..self.order.len()).rev() {
                let other = self.actor.generator.below(place as u32 + 1) as usize;
                self.order.swap(place, other);
            }
            let mut latest_kl = 0.0;
            for first in (0..self.order.len()).step_by(size) {
                let before = losses.approximate_kl;
                self.learn_minibatch(first..(first + size).min(self.samples), &mut losses)?;
                latest_kl = losses.approximate_kl - before;
            }
            if self.rules.target_kl > 0.0 && latest_kl > self.rules.target_kl {
                break;
            }
        }
        Ok(losses)
    }

    fn learn_minibatch(&mut self, places: std::ops::Range<usize>, losses: &mut Losses) -> Result<(), Divergence> {
        let Self { actor, rules, rollout, order, advantages, returns, .. } = self;
        let order = &order[places];
        let rate = rules.learning_rate.at(actor.steps) as f32;
        let entropy_weight = rules.entropy.at(actor.steps) as f32;
        let (mean, deviation) = if rules.normalises_advantages && order.len() > 1 {
            moments(order.iter().map(|sample| advantages[*sample as usize]))
        } else {
            (0.0, 1.0)
        };
        let (clip, value_weight) = (rules.clip as f32, rules.value_weight as f32);
        let (mut policy, mut values, mut entropies, mut kl, mut clipped) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let loss = &mut |PresentSample { sample, log_probability, entropy, value }: PresentSample| {
            let log_ratio = log_probability - rollout.log_probabilities[sample];
            let ratio = libm::expf(log_ratio);
            let advantage = (advantages[sample] - mean) / deviation;
            let (free, bounded) = (-advantage * ratio, -advantage * ratio.clamp(1.0 - clip, 1.0 + clip));
            let (cost, slope) = value_loss(value, rollout.values[sample], returns[sample], rules);
            policy += f64::from(free.max(bounded));
            values += cost;
            entropies += f64::from(entropy);
            kl += f64::from((ratio - 1.0) - log_ratio);
            clipped += if (ratio - 1.0).abs() > clip { 1.0 } else { 0.0 };
            LossSlopes {
                // Where the bound holds, the loss does not change with the policy.
                log_probability: if free >= bounded { free } else { 0.0 },
                entropy: -entropy_weight,
                value: value_weight * slope,
            }
        };
        let norm = actor.descend(rollout, order, (rate, rules.max_gradient_norm as f32), loss)?;
        let share = 1.0 / order.len() as f64;
        losses.policy += policy * share;
        losses.value += values * share;
        losses.entropy += entropies * share;
        losses.approximate_kl += kl * share;
        losses.clipped += clipped * share;
        losses.gradient_norm += f64::from(norm);
        losses.minibatches += 1.0;
        Ok(())
    }

    fn report(&self, losses: Losses, metrics: &mut dyn MetricSink) {
        let mean = |sum: f64| sum / losses.minibatches.max(1.0);
        metrics.push(&metrics::LEARNING_RATE, self.rules.learning_rate.at(self.actor.steps));
        metrics.push(&metrics::POLICY_LOSS, mean(losses.policy));
        metrics.push(&metrics::VALUE_LOSS, mean(losses.value));
        metrics.push(&metrics::ENTROPY, mean(losses.entropy));
        metrics.push(&metrics::APPROXIMATE_KL, mean(losses.approximate_kl));
        metrics.push(&metrics::CLIPPED, mean(losses.clipped));
        metrics.push(&metrics::GRADIENT_NORM, mean(losses.gradient_norm));
        if let Some(explained) = metrics::explained_variance(&self.returns, &self.rollout.values) {
            metrics.push(&metrics::EXPLAINED_VARIANCE, explained);
        }
    }
}

/// What a value costs, and how that grows with it.
fn value_loss(value: f32, old: f32, wanted: f32, rules: &PpoHyperparameters) -> (f64, f32) {
    let half_square = |error: f32| 0.5 * f64::from(error) * f64::from(error);
    let error = value - wanted;
    let free = (half_square(error), error);
    if !rules.clips_values {
        return free;
    }
    let clip = rules.clip as f32;
    let bounded = half_square(old + (value - old).clamp(-clip, clip) - wanted);
    // Beyond the clip the bounded loss does not change with the value; within, both are the same.
    if free.0 >= bounded { free } else { (bounded, 0.0) }
}

impl<N: Approximator> BatchAgent for Ppo<N> {
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
        vec![
            &metrics::POLICY_LOSS,
            &metrics::VALUE_LOSS,
            &metrics::ENTROPY,
            &metrics::APPROXIMATE_KL,
            &metrics::CLIPPED,
            &metrics::EXPLAINED_VARIANCE,
            &metrics::GRADIENT_NORM,
            &metrics::LEARNING_RATE,
        ]
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
        let losses = self.update();
        if let Ok(losses) = &losses {
            self.actor.note_entropy(losses.entropy / losses.minibatches.max(1.0));
            self.report(*losses, metrics);
        }
        self.rollout.clear();
        losses.map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipped_values_do_not_move_further() {
        let parameters = Resolved::new(&catalog().parameters, &shared::parameter::Parameters::new()).unwrap();
        let setting = Setting {
            states: 0,
            board: None,
            actions: 2,
            space: shared::action::ActionSpace::Discrete(2),
            model: None,
            observation: vec![shared::describe::ObservationDescription::new("it", 0.0, 1.0)],
        };
        let rules = Ppo::build(&parameters, &setting, Seed::default()).unwrap().rules;
        // Within the clip as ever; beyond it, towards what is wanted, there is nothing to gain; away from it, there is.
        assert_eq!(value_loss(1.125, 1.0, 2.0, &rules), (0.5 * 0.875 * 0.875, -0.875));
        assert_eq!(value_loss(1.5, 1.0, 2.0, &rules).1, 0.0);
        assert_eq!(value_loss(0.5, 1.0, 2.0, &rules).1, -1.5);
        assert_eq!(value_loss(1.5, 1.0, 2.0, &PpoHyperparameters { clips_values: false, ..rules }).1, -0.5);
    }
}
