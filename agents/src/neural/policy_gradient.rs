//! One step down the loss of a policy gradient with a baseline: `-A ln pi(a|s) + c_v (V - R)^2 / 2 - c_e entropy` over all
//! of some samples, which [`super::a2c`] and [`super::reinforce`] differ in.

use super::actor::{Actor, LossSlopes, PresentSample};
use super::samples::Samples;
use super::settings::LinearDecay;
use super::{metrics, moments};
use crate::batch::MetricSink;
use crate::error::Divergence;
use networks::Approximator;
use shared::metric::MetricDescription;
use shared::parameter::{ParameterError, Resolved};

/// How it descends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PolicyGradient {
    pub(super) learning_rate: LinearDecay,
    /// The weight of the entropy,
    pub(super) entropy: LinearDecay,
    /// and of the value's loss.
    pub(super) value_weight: f64,
    pub(super) max_gradient_norm: f64,
    pub(super) normalises_advantages: bool,
}

impl Default for PolicyGradient {
    fn default() -> Self {
        Self {
            learning_rate: LinearDecay::constant(1e-3),
            entropy: LinearDecay::constant(0.01),
            value_weight: 0.5,
            max_gradient_norm: 0.5,
            normalises_advantages: false,
        }
    }
}

/// What it learns from.
#[derive(Debug)]
pub(super) struct Estimated<'a> {
    pub(super) samples: &'a Samples,
    /// Of every sample, how much better it was than the value said,
    pub(super) advantages: &'a [f32],
    /// and the return.
    pub(super) returns: &'a [f32],
}

impl PolicyGradient {
    /// Everything that [`Self::descend`] tells.
    pub(super) fn metrics() -> Vec<&'static MetricDescription> {
        vec![
            &metrics::POLICY_LOSS,
            &metrics::VALUE_LOSS,
            &metrics::ENTROPY,
            &metrics::EXPLAINED_VARIANCE,
            &metrics::GRADIENT_NORM,
            &metrics::LEARNING_RATE,
        ]
    }

    pub(super) fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            learning_rate: LinearDecay::read(parameters, "learning_rate")?,
            entropy: LinearDecay::read(parameters, "entropy")?,
            value_weight: parameters.number("value_weight")?,
            max_gradient_norm: parameters.number("max_gradient_norm")?,
            normalises_advantages: parameters.flag("normalise_advantages")?,
        })
    }

    /// Makes the step; `order` is room for it.
    pub(super) fn descend<N: Approximator>(
        &self,
        actor: &mut Actor<N>,
        estimated: &Estimated<'_>,
        order: &mut Vec<u32>,
        metrics: &mut dyn MetricSink,
    ) -> Result<(), Divergence> {
        let Estimated { samples, advantages, returns } = *estimated;
        order.clear();
        order.extend(0..samples.len() as u32);
        let rate = self.learning_rate.at(actor.steps);
        let entropy_weight = self.entropy.at(actor.steps) as f32;
        let (mean, deviation) =
            if self.normalises_advantages { moments(advantages.iter().copied()) } else { (0.0, 1.0) };
        let (value_weight, most_norm) = (self.value_weight as f32, self.max_gradient_norm as f32);
        let (mut policy, mut values, mut entropies) = (0.0, 0.0, 0.0);
        let loss = &mut |PresentSample { sample, log_probability, entropy, value }: PresentSample| {
            let advantage = (advantages[sample] - mean) / deviation;
            let error = value - returns[sample];
            policy -= f64::from(advantage) * f64::from(log_probability);
            values += 0.5 * f64::from(error) * f64::from(error);
            entropies += f64::from(entropy);
            LossSlopes { log_probability: -advantage, entropy: -entropy_weight, value: value_weight * error }
        };
        let norm = actor.descend(samples, order, (rate as f32, most_norm), loss)?;
        let mean = |sum: f64| sum / order.len() as f64;
        actor.note_entropy(mean(entropies));
        metrics.push(&metrics::LEARNING_RATE, rate);
        metrics.push(&metrics::POLICY_LOSS, mean(policy));
        metrics.push(&metrics::VALUE_LOSS, mean(values));
        metrics.push(&metrics::ENTROPY, mean(entropies));
        metrics.push(&metrics::GRADIENT_NORM, f64::from(norm));
        if let Some(explained) = metrics::explained_variance(returns, &samples.values) {
            metrics.push(&metrics::EXPLAINED_VARIANCE, explained);
        }
        Ok(())
    }
}
