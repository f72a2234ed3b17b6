//! What agents with networks report, under the names that CleanRL has for it.

use shared::metric::MetricDescription;

const fn loss(name: &'static str, title: &'static str) -> MetricDescription {
    MetricDescription::new(name, title, "", "Losses").smoothed()
}

const fn learning(name: &'static str, title: &'static str, unit: &'static str) -> MetricDescription {
    MetricDescription::new(name, title, unit, "Learning").smoothed()
}

/// The learning rate.
pub static LEARNING_RATE: MetricDescription =
    MetricDescription::new("charts/learning_rate", "Learning rate", "", "Learning");
/// The share of actions that explore.
pub static EPSILON: MetricDescription =
    MetricDescription::new("charts/epsilon", "Exploration ε", "", "Exploration").within(0.0, 1.0);
/// Loss of the policy.
pub static POLICY_LOSS: MetricDescription = loss("losses/policy_loss", "Policy loss");
/// Loss of the value function.
pub static VALUE_LOSS: MetricDescription = loss("losses/value_loss", "Value loss");
/// Entropy of the policy.
pub static ENTROPY: MetricDescription =
    MetricDescription::new("losses/entropy", "Entropy", "nats", "Exploration").smoothed();
/// How far the policy has moved from the one that played (Schulman 2020).
pub static APPROXIMATE_KL: MetricDescription = learning("losses/approx_kl", "Move of the policy", "nats");
/// The share of samples whose ratio was clipped.
pub static CLIPPED: MetricDescription = learning("losses/clipfrac", "Clipped samples", "").within(0.0, 1.0);
/// Length of gradients before they were shortened.
pub static GRADIENT_NORM: MetricDescription = learning("losses/gradient_norm", "Gradient norm", "").logarithmic();
/// The share of the returns' variance that the value function explains; below 0 it is worse than a constant.
pub static EXPLAINED_VARIANCE: MetricDescription = learning("losses/explained_variance", "Explained variance", "");
/// Loss of temporal differences.
pub static TD_LOSS: MetricDescription = loss("losses/td_loss", "TD loss").logarithmic();
/// Mean of the action values learned from.
pub static ACTION_VALUES: MetricDescription = learning("losses/q_values", "Mean action value", "");

/// The share of the variance of `returns` that `values` explain, where returns differ.
pub(super) fn explained_variance(returns: &[f32], values: &[f32]) -> Option<f64> {
    let errors = returns.iter().zip(values).map(|(found, value)| found - value);
    let (all, left) = (super::moments(returns.iter().copied()).1, super::moments(errors).1);
    (all > 1e-6).then(|| 1.0 - f64::from(left * left) / f64::from(all * all))
}
