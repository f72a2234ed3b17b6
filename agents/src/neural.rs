//! Agents with neural networks, over several copies of an environment at once.
//!
//! They are not generic over the environment: what they see stands in flat arrays, one row a copy, so that a network
//! takes it as it is. All chance comes from a [`environments::Generator`] that is seeded when the agent is built: same
//! parameters, seed and number of copies give the same weights, bit for bit, on every platform.
//!
//! [`dqn`], [`ppo`], [`a2c`] and [`reinforce`] are algorithms, one module each. The last three share an [`actor`]: a
//! network with a [`policy`] and a value function. What was saved of any of them is a
//! [`function`] of what is observed. All that an algorithm knows of a network is
//! [`networks::Approximator`].

pub mod a2c;
pub mod actor;
pub mod dqn;
pub mod function;
mod health;
pub mod metrics;
pub mod policy;
mod policy_gradient;
pub mod ppo;
pub mod reinforce;
pub mod replay;
pub mod samples;
mod saved;
pub mod scaling;
pub mod settings;
mod view;

use crate::batch::Steps;
use crate::error::{Divergence, Diverging};
use environments::Generator;
use networks::{Network, NotFinite};

/// What puts a network where it computes, given the network as it was drawn on the processor: there it stays, or on a
/// device.
pub type Placement<'a, N> = dyn Fn(Network) -> N + 'a;

/// Advice where gradients grow beyond what numbers can be.
const SMALLER_RATE: &str = "A smaller learning rate keeps it finite, or smaller rewards where they are huge";
/// Advice where an environment observes what is no number.
const FINITE_OBSERVATIONS: &str = "Observations must be finite: look at how the environment makes them";

/// Refuses rewards and observations that are not finite: once in a buffer they would spoil every update.
fn check(steps: Steps<'_>) -> Result<(), Divergence> {
    let copies = steps.copies().max(1);
    if let Some(copy) = steps.rewards.iter().position(|it| !(*it as f32).is_finite()) {
        let what = Diverging::Parameter { name: "rewards of the copies", entry: copy };
        return Err(Divergence { what, value: steps.rewards[copy], advice: Divergence::SMALLER_REWARDS });
    }
    for observations in [steps.before.observations, steps.after.observations] {
        if let Some(place) = observations.iter().position(|it| !it.is_finite()) {
            let entry = place % (observations.len() / copies).max(1);
            let what = Diverging::Parameter { name: "observation", entry };
            return Err(Divergence { what, value: observations[place].into(), advice: FINITE_OBSERVATIONS });
        }
    }
    Ok(())
}

/// What is told where a gradient is not finite.
fn diverged(error: &NotFinite) -> Divergence {
    let name = match error.layer.split('.').next() {
        Some("policy") => "policy network",
        Some("value") => "value network",
        Some("advantage") => "network of action values",
        Some("deviation") => "policy's deviations",
        _ => "network",
    };
    Divergence { what: Diverging::Gradient(name), value: f64::NAN, advice: SMALLER_RATE }
}

/// The legal action with the greatest number; `generator` decides between equals.
fn best(values: &[f32], legal: &[bool], generator: Option<&mut Generator>) -> u16 {
    let greatest = |greatest: f32, action: usize| if legal[action] { greatest.max(values[action]) } else { greatest };
    let greatest = (0..values.len()).fold(f32::NEG_INFINITY, greatest);
    let equals = || (0..values.len()).filter(|action| legal[*action] && values[*action] == greatest);
    let count = equals().count();
    let place = match generator {
        Some(generator) if count > 1 => generator.below(count as u32) as usize,
        _ => 0,
    };
    // Where no number is one, nothing is greatest, and any legal action does.
    equals().nth(place).or_else(|| legal.iter().position(|it| *it)).unwrap_or(0) as u16
}

/// Mean and standard deviation (with n - 1); the latter is above 0.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let (sum, count) = values.clone().fold((0.0, 0.0), |(sum, count), it| (sum + f64::from(it), count + 1.0));
    let mean = sum / f64::max(count, 1.0);
    let squares: f64 = values.map(|it| (f64::from(it) - mean) * (f64::from(it) - mean)).sum();
    (mean as f32, (squares / f64::max(count - 1.0, 1.0)).sqrt() as f32 + 1e-8)
}
