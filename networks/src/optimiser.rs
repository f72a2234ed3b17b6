//! Optimisers: how gradients become steps.

use crate::wide::Width;
use serde::{Deserialize, Serialize};

/// How gradients become steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UpdateRule", into = "UpdateRule")]
pub struct Optimiser(UpdateRule);

/// A rule with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateRule {
    /// Against the mean of past gradients, over the root of the mean of their squares.
    Adam {
        /// How much of the mean stays from step to step.
        first_decay: f32,
        /// How much of the mean of squares stays.
        second_decay: f32,
        /// What is added to the root.
        epsilon: f32,
    },
    /// Against the gradient, over the root of the mean of past squares.
    RmsProp {
        /// How much of the mean of squares stays.
        decay: f32,
        /// What is added to the root.
        epsilon: f32,
    },
}

/// A number of an optimiser that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the {name} of the optimiser is {given}, and must be {range}")]
pub struct OptimiserError {
    name: &'static str,
    given: f32,
    range: &'static str,
}

impl Default for Optimiser {
    fn default() -> Self {
        Self::ADAM
    }
}

impl TryFrom<UpdateRule> for Optimiser {
    type Error = OptimiserError;

    fn try_from(it: UpdateRule) -> Result<Self, OptimiserError> {
        let decay = |name, given| {
            let error = OptimiserError { name, given, range: "at least 0 and below 1" };
            if (0.0..1.0).contains(&given) { Ok(()) } else { Err(error) }
        };
        let (UpdateRule::Adam { epsilon, .. } | UpdateRule::RmsProp { epsilon, .. }) = it;
        if !(1e-12..=1.0).contains(&epsilon) {
            return Err(OptimiserError { name: "epsilon", given: epsilon, range: "from 1e-12 to 1" });
        }
        match it {
            UpdateRule::Adam { first_decay, second_decay, .. } => {
                decay("first decay", first_decay).and_then(|()| decay("second decay", second_decay))?;
            }
            UpdateRule::RmsProp { decay: given, .. } => decay("decay", given)?,
        }
        Ok(Self(it))
    }
}

impl From<Optimiser> for UpdateRule {
    fn from(it: Optimiser) -> Self {
        it.0
    }
}

impl Optimiser {
    /// Adam with the decays of its authors and the epsilon of policy gradients (`eps=1e-5` in Baselines and CleanRL).
    pub const ADAM: Self = Self(UpdateRule::Adam { first_decay: 0.9, second_decay: 0.999, epsilon: 1e-5 });

    /// RMSProp as A2C has it (`alpha=0.99, eps=1e-5`).
    pub const RMS_PROP: Self = Self(UpdateRule::RmsProp { decay: 0.99, epsilon: 1e-5 });

    /// Adam (Kingma and Ba 2015).
    pub fn adam(first_decay: f32, second_decay: f32, epsilon: f32) -> Result<Self, OptimiserError> {
        UpdateRule::Adam { first_decay, second_decay, epsilon }.try_into()
    }

    /// The rule, with numbers within their ranges.
    pub const fn rule(self) -> UpdateRule {
        self.0
    }

    /// RMSProp (Hinton 2012), as PyTorch has it, without momentum.
    pub fn rms_prop(decay: f32, epsilon: f32) -> Result<Self, OptimiserError> {
        UpdateRule::RmsProp { decay, epsilon }.try_into()
    }
}

/// What an optimiser carries from one step to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// The mean of past gradients, one a weight; empty for RMSProp.
    pub first: Vec<f32>,
    /// The mean of their squares, one a weight.
    pub second: Vec<f32>,
    /// The decays to the power of the steps made: how much of the moments is still their beginning at zero.
    pub powers: [f64; 2],
}

impl Moments {
    /// Those before the first step.
    pub fn new(optimiser: Optimiser, weights: usize) -> Self {
        let first = match optimiser.0 {
            UpdateRule::Adam { .. } => vec![0.0; weights],
            UpdateRule::RmsProp { .. } => Vec::new(),
        };
        Self { first, second: vec![0.0; weights], powers: [1.0, 1.0] }
    }

    /// Moves the weights against the gradients times `scale`.
    pub(crate) fn step(
        &mut self,
        width: Width,
        optimiser: Optimiser,
        (rate, scale): (f32, f32),
        weights: &mut [f32],
        gradients: &[f32],
    ) {
        match optimiser.0 {
            UpdateRule::Adam { first_decay, second_decay, epsilon } => {
                self.powers[0] *= f64::from(first_decay);
                self.powers[1] *= f64::from(second_decay);
                let size = (f64::from(rate) / (1.0 - self.powers[0])) as f32;
                let correction = (1.0 - self.powers[1]).sqrt() as f32;
                let moments = self.first.iter_mut().zip(&mut self.second);
                width.run(
                    #[inline(always)]
                    || {
                        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradients).zip(moments) {
                            let gradient = gradient * scale;
                            *first = first_decay * *first + (1.0 - first_decay) * gradient;
                            *second = second_decay * *second + (1.0 - second_decay) * gradient * gradient;
                            *weight -= size * *first / (second.sqrt() / correction + epsilon);
                        }
                    },
                );
            }
            UpdateRule::RmsProp { decay, epsilon } => {
                let seconds = &mut self.second;
                width.run(
                    #[inline(always)]
                    || {
                        for ((weight, gradient), second) in weights.iter_mut().zip(gradients).zip(seconds) {
                            let gradient = gradient * scale;
                            *second = decay * *second + (1.0 - decay) * gradient * gradient;
                            *weight -= rate * gradient / (second.sqrt() + epsilon);
                        }
                    },
                );
            }
        }
    }
}
