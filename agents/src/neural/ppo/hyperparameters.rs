//! What proximal policy optimisation is set to.

use crate::batch::{copies_parameter, read_copies};
use crate::learner::{DISCOUNT, discount_parameter_of};
use crate::neural::settings::{self, LinearDecay};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PpoHyperparameters {
    pub(super) copies: usize,
    /// Steps of every copy between two updates.
    pub(super) rollout_steps: usize,
    pub(super) learning_rate: LinearDecay,
    pub(super) entropy: LinearDecay,
    pub(super) gamma: f64,
    pub(super) lambda: f64,
    pub(super) epochs: usize,
    pub(super) minibatches: usize,
    pub(super) clip: f64,
    pub(super) clips_values: bool,
    pub(super) value_weight: f64,
    pub(super) max_gradient_norm: f64,
    /// Mean divergence from the old policy at which an update stops early; 0 if it goes on anyway.
    pub(super) target_kl: f64,
    pub(super) normalises_advantages: bool,
}

impl Default for PpoHyperparameters {
    fn default() -> Self {
        Self {
            copies: 8,
            rollout_steps: 128,
            learning_rate: LinearDecay::constant(1e-3),
            entropy: LinearDecay::constant(0.01),
            gamma: DISCOUNT,
            lambda: 0.95,
            epochs: 4,
            minibatches: 4,
            clip: 0.2,
            clips_values: true,
            value_weight: 0.5,
            max_gradient_norm: 0.5,
            target_kl: 0.0,
            normalises_advantages: true,
        }
    }
}

impl PpoHyperparameters {
    /// The parameters, with these defaults.
    pub(crate) fn parameters(self) -> Vec<ParameterSpec> {
        let (number, integer, flag) = (ParameterSpec::number, ParameterSpec::integer, ParameterSpec::flag);
        let (epochs, minibatches) = (self.epochs as i64, self.minibatches as i64);
        vec![
            copies_parameter(self.copies as i64),
            integer(
                "rollout_steps",
                "Rollout",
                (1, 65_536),
                self.rollout_steps as i64,
                "Steps of every copy between two updates.",
            ),
            settings::learning_rate(self.learning_rate.start()),
            discount_parameter_of(self.gamma),
            number(
                "lambda",
                "GAE λ",
                (0.0, 1.0),
                self.lambda,
                0.01,
                "How far advantages look ahead before they trust the values.",
            )
            .symbol("λ"),
            integer("epochs", "Epochs", (1, 100), epochs, "How often a rollout is gone through."),
            integer("minibatches", "Minibatches", (1, 1024), minibatches, "Pieces that a rollout is cut into."),
            number(
                "clip",
                "Clip",
                (0.0, 10.0),
                self.clip,
                0.05,
                "How far an update may move the probability of an action.",
            )
            .symbol("ε"),
            settings::entropy(self.entropy.start()),
            number(
                "value_weight",
                "Value weight",
                (0.0, 10.0),
                self.value_weight,
                0.1,
                "How much the value function's loss counts.",
            ),
            flag(
                "clip_values",
                "Clip values",
                self.clips_values,
                "Keeps values from moving further than the clip, too.",
            ),
            number(
                "target_kl",
                "Target KL",
                (0.0, 10.0),
                self.target_kl,
                0.01,
                "An update stops once the policy moved this far; 0: never.",
            ),
            flag(
                "normalise_advantages",
                "Normalise advantages",
                self.normalises_advantages,
                "Brings the advantages of a minibatch to mean 0 and deviation 1.",
            ),
            settings::max_gradient_norm(self.max_gradient_norm),
        ]
    }

    /// Reads [`Self::parameters`].
    pub(crate) fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            copies: read_copies(parameters)?,
            rollout_steps: parameters.count("rollout_steps")?,
            learning_rate: LinearDecay::read(parameters, "learning_rate")?,
            entropy: LinearDecay::read(parameters, "entropy")?,
            gamma: parameters.discount("gamma")?.get(),
            lambda: parameters.number("lambda")?,
            epochs: parameters.count("epochs")?,
            minibatches: parameters.count("minibatches")?,
            clip: parameters.number("clip")?,
            clips_values: parameters.flag("clip_values")?,
            value_weight: parameters.number("value_weight")?,
            max_gradient_norm: parameters.number("max_gradient_norm")?,
            target_kl: parameters.number("target_kl")?,
            normalises_advantages: parameters.flag("normalise_advantages")?,
        })
    }
}
