//! Activations: what a unit makes of its sum.

use crate::elementary::{sigmoid, tangent};
use crate::wide::Width;
use serde::{Deserialize, Serialize};

/// What a unit makes of its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The sum itself.
    Linear,
    /// `max(0, x)`.
    Relu,
    /// `x` above 0, `x / 100` below.
    LeakyRelu,
    /// The hyperbolic tangent, between -1 and 1.
    Tanh,
    /// `1 / (1 + e^-x)`, between 0 and 1.
    Sigmoid,
}

impl Activation {
    /// The slope of [`Self::LeakyRelu`] below 0.
    pub const LEAK: f32 = 0.01;

    /// The factor by which Kaiming initialisation makes up for what the activation takes from the variance
    /// (He et al. 2015; `torch.nn.init.calculate_gain`).
    pub fn gain(self) -> f64 {
        match self {
            Self::Linear | Self::Sigmoid => 1.0,
            Self::Relu => std::f64::consts::SQRT_2,
            Self::LeakyRelu => (2.0 / (1.0 + f64::from(Self::LEAK) * f64::from(Self::LEAK))).sqrt(),
            Self::Tanh => 5.0 / 3.0,
        }
    }

    /// Whether a unit's output can be 0 for every input, so that it learns nothing any more.
    pub const fn can_die(self) -> bool {
        matches!(self, Self::Relu)
    }

    /// Turns sums into outputs.
    pub(crate) fn apply(self, width: Width, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => map(width, values, |x| if x < 0.0 { 0.0 } else { x }),
            Self::LeakyRelu => map(width, values, |x| if x < 0.0 { Self::LEAK * x } else { x }),
            Self::Tanh => map(width, values, tangent),
            Self::Sigmoid => map(width, values, sigmoid),
        }
    }

    /// Turns gradients with respect to outputs into those with respect to sums; the outputs tell the slope.
    pub(crate) fn backpropagate(self, width: Width, outputs: &[f32], gradients: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Relu => map_gradients(width, outputs, gradients, |y, gradient| if y > 0.0 { gradient } else { 0.0 }),
            Self::LeakyRelu => {
                map_gradients(
                    width,
                    outputs,
                    gradients,
                    |y, gradient| if y > 0.0 { gradient } else { Self::LEAK * gradient },
                );
            }
            Self::Tanh => map_gradients(width, outputs, gradients, |y, gradient| gradient * (1.0 - y * y)),
            Self::Sigmoid => map_gradients(width, outputs, gradients, |y, gradient| gradient * (y * (1.0 - y))),
        }
    }
}

fn map(width: Width, values: &mut [f32], of: impl Fn(f32) -> f32) {
    width.run(
        #[inline(always)]
        || {
            for value in values {
                *value = of(*value);
            }
        },
    );
}

fn map_gradients(width: Width, outputs: &[f32], gradients: &mut [f32], of: impl Fn(f32, f32) -> f32) {
    width.run(
        #[inline(always)]
        || {
            for (gradient, output) in gradients.iter_mut().zip(outputs) {
                *gradient = of(*output, *gradient);
            }
        },
    );
}
