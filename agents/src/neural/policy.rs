//! Policies of a network over the actions of an environment: a softmax over the legal discrete actions, or for every
//! number of a box a normal distribution of its own.
//!
//! In a box the head gives means, in units in which the bounds are -1 and 1; the logarithms of the standard deviations
//! are weights that do not depend on the observation. What is drawn beyond the bounds is cut off when it is taken, and
//! learned from as it was drawn.

use super::best;
use super::settings::Hidden;
use crate::batch::BatchActionsMut;
use environments::Generator;
use networks::{Approximator, Head, Layer, categorical, gaussian};
use shared::action::{ActionEntry, ActionRef, ActionSpace};
use shared::network::Preference;

/// The heads of the network, by their order: what the policy is made of,
pub(super) const POLICY: usize = 0;
/// the value of what is observed,
pub(super) const VALUE: usize = 1;
/// and in a box the logarithms of the deviations.
const DEVIATION: usize = 2;

/// A policy head begins nearly even.
const POLICY_GAIN: f64 = 0.01;

/// A policy over an action space.
#[derive(Clone, Debug)]
pub struct Policy {
    space: ActionSpace,
}

/// What the heads gave for one row, and what is legal there.
#[derive(Clone, Copy, Debug)]
pub struct PolicyRow<'a> {
    outputs: &'a [f32],
    deviations: &'a [f32],
    legal: &'a [bool],
}

/// An action under the present policy.
#[derive(Clone, Copy, Debug)]
pub struct Evaluated {
    /// The logarithm of its probability or density.
    pub log_probability: f32,
    /// The entropy of the policy.
    pub entropy: f32,
    /// The logarithm of the softmax's scale.
    scale: f32,
}

impl Policy {
    /// The policy over an action space.
    pub fn new(space: &ActionSpace) -> Self {
        Self { space: space.clone() }
    }

    /// How many numbers describe an action: the index of a discrete one, the numbers of a box as they were drawn.
    pub const fn width(&self) -> usize {
        match &self.space {
            ActionSpace::Discrete(_) => 1,
            ActionSpace::Box(entries) => entries.len(),
        }
    }

    /// Outputs of the head.
    pub fn outputs(&self) -> usize {
        match &self.space {
            ActionSpace::Discrete(count) => usize::from(*count),
            ActionSpace::Box(entries) => entries.len(),
        }
    }

    /// How many discrete actions there are; 0 in a box.
    pub fn actions(&self) -> usize {
        usize::from(self.space.count())
    }

    /// How uncertain a policy of this entropy is: its share of that of a policy that takes every discrete action alike; in a
    /// box the mean deviation of a number, in half ranges, as if all were equal.
    pub fn share_of_uncertainty(&self, entropy: f64) -> f64 {
        match &self.space {
            ActionSpace::Discrete(count) => entropy / libm::log(f64::from(*count).max(2.0)),
            ActionSpace::Box(entries) => {
                let of_one = entropy / entries.len().max(1) as f64;
                libm::exp(of_one - f64::from(gaussian::entropy(0.0)))
            }
        }
    }

    /// The heads of its network, that of a value function included. `log_deviation` is that of every number at first.
    pub fn heads(&self, hidden: &Hidden, log_deviation: f32) -> Vec<Head> {
        let mut heads = vec![hidden.head("policy", self.outputs(), POLICY_GAIN), hidden.head("value", 1, 1.0)];
        if let ActionSpace::Box(entries) = &self.space {
            let layers = vec![Layer::Constant { units: entries.len(), value: log_deviation }];
            heads.push(Head { name: "deviation".into(), layers });
        }
        heads
    }

    /// What a network gave for a row of its last batch; `legal` are all its rows.
    pub fn row<'a>(&self, network: &'a impl Approximator, legal: &'a [bool], row: usize) -> PolicyRow<'a> {
        let of = |values: &'a [f32]| &values[row * self.outputs()..(row + 1) * self.outputs()];
        let actions = self.actions();
        PolicyRow {
            outputs: of(network.outputs(POLICY)),
            deviations: if actions == 0 { of(network.outputs(DEVIATION)) } else { &[] },
            legal: &legal[row * actions..(row + 1) * actions],
        }
    }

    /// Draws an action.
    pub fn draw(&self, row: PolicyRow<'_>, generator: &mut Generator, probabilities: &mut [f32], into: &mut [f32]) {
        match &self.space {
            ActionSpace::Discrete(_) => {
                categorical::softmax(row.outputs, |action| row.legal[action], probabilities);
                into[0] = categorical::pick(probabilities, generator.unit()) as f32;
            }
            ActionSpace::Box(_) => {
                for (number, (mean, deviation)) in into.iter_mut().zip(row.outputs.iter().zip(row.deviations)) {
                    *number = gaussian::pick(*mean, *deviation, generator.normal());
                }
            }
        }
    }

    /// What an action is under the present policy; `probabilities` become those of [`Self::add_gradients`].
    pub fn evaluate(&self, row: PolicyRow<'_>, action: &[f32], probabilities: &mut [f32]) -> Evaluated {
        match &self.space {
            ActionSpace::Discrete(_) => {
                let scale = categorical::softmax(row.outputs, |action| row.legal[action], probabilities);
                let log_probability = row.outputs[action[0] as usize] - scale;
                Evaluated { log_probability, entropy: categorical::entropy(row.outputs, probabilities, scale), scale }
            }
            ActionSpace::Box(_) => {
                let mut evaluated = Evaluated { log_probability: 0.0, entropy: 0.0, scale: 0.0 };
                for ((number, mean), deviation) in action.iter().zip(row.outputs).zip(row.deviations) {
                    evaluated.log_probability += gaussian::log_density(*number, *mean, *deviation);
                    evaluated.entropy += gaussian::entropy(*deviation);
                }
                evaluated
            }
        }
    }

    /// Adds to the gradients of a row's outputs and deviations: `by.0` times that of the action's log-probability and `by.1` times that of the
    /// entropy.
    pub fn add_gradients(
        &self,
        row: PolicyRow<'_>,
        action: &[f32],
        (evaluated, probabilities): (Evaluated, &[f32]),
        by: (f32, f32),
        of_outputs: &mut [f32],
        of_deviations: &mut [f32],
    ) {
        match &self.space {
            ActionSpace::Discrete(_) => {
                categorical::add_log_probability_gradient(probabilities, action[0] as usize, by.0, of_outputs);
                categorical::add_entropy_gradient(row.outputs, probabilities, evaluated.scale, by.1, of_outputs);
            }
            ActionSpace::Box(_) => {
                let rows = action.iter().zip(row.outputs.iter().zip(row.deviations));
                for ((number, (mean, deviation)), (of_mean, of_deviation)) in
                    rows.zip(of_outputs.iter_mut().zip(of_deviations.iter_mut()))
                {
                    let (along_mean, along_deviation) = gaussian::log_density_gradient(*number, *mean, *deviation);
                    *of_mean += by.0 * along_mean;
                    *of_deviation += by.0 * along_deviation + by.1;
                }
            }
        }
    }

    /// Writes actions, `[rows]` as [`Self::draw`] draws them, as the environment takes them.
    pub fn write(&self, drawn: &[f32], into: BatchActionsMut<'_>) {
        match (into, &self.space) {
            (BatchActionsMut::Discrete(actions), ActionSpace::Discrete(_)) => {
                for (action, drawn) in actions.iter_mut().zip(drawn) {
                    *action = *drawn as u16;
                }
            }
            (BatchActionsMut::Box(values), ActionSpace::Box(entries)) => {
                for ((value, drawn), entry) in values.iter_mut().zip(drawn).zip(entries.iter().cycle()) {
                    *value = taken(*drawn, entry);
                }
            }
            // The room is that of the environment, whose space this is.
            (BatchActionsMut::Discrete(_), ActionSpace::Box(_))
            | (BatchActionsMut::Box(_), ActionSpace::Discrete(_)) => {}
        }
    }

    /// An action of the environment as [`Self::draw`] would have drawn it.
    pub fn read(&self, action: ActionRef<'_>, into: &mut [f32]) {
        match (action, &self.space) {
            (ActionRef::Discrete(action), ActionSpace::Discrete(_)) => into[0] = f32::from(action),
            (ActionRef::Box(values), ActionSpace::Box(entries)) => {
                for (number, (value, entry)) in into.iter_mut().zip(values.iter().zip(entries)) {
                    let (middle, half) = middle_and_half(entry);
                    *number = if half > 0.0 { (value - middle) / half } else { 0.0 };
                }
            }
            (ActionRef::Discrete(_), ActionSpace::Box(_)) | (ActionRef::Box(_), ActionSpace::Discrete(_)) => {}
        }
    }

    /// What a viewer sees of a row: probabilities of discrete actions; means and deviations of a box, as the environment
    /// takes them.
    pub fn preferences(&self, row: PolicyRow<'_>) -> (Preference, Vec<f32>, Vec<f32>) {
        match &self.space {
            ActionSpace::Discrete(_) => {
                let mut probabilities = vec![0.0; row.outputs.len()];
                categorical::softmax(row.outputs, |action| row.legal[action], &mut probabilities);
                (Preference::Probability, probabilities, Vec::new())
            }
            ActionSpace::Box(entries) => {
                let means = row.outputs.iter().zip(entries).map(|(mean, entry)| taken(*mean, entry)).collect();
                let spread = |(log, entry): (&f32, &ActionEntry)| libm::expf(*log) * middle_and_half(entry).1;
                (Preference::Mean, means, row.deviations.iter().zip(entries).map(spread).collect())
            }
        }
    }

    /// Writes the most probable actions of a batch, for outputs of the policy head.
    pub fn greedy(&self, outputs: &[f32], legal: &[bool], generator: &mut Generator, into: BatchActionsMut<'_>) {
        match into {
            BatchActionsMut::Discrete(actions) => {
                let rows = outputs.chunks_exact(self.outputs()).zip(legal.chunks_exact(self.outputs()));
                for (action, (outputs, legal)) in actions.iter_mut().zip(rows) {
                    *action = best(outputs, legal, Some(generator));
                }
            }
            BatchActionsMut::Box(_) => self.write(outputs, into),
        }
    }
}

const fn middle_and_half(entry: &ActionEntry) -> (f32, f32) {
    (f32::midpoint(entry.low, entry.high), (entry.high - entry.low) / 2.0)
}

pub(super) fn taken(drawn: f32, entry: &ActionEntry) -> f32 {
    let (middle, half) = middle_and_half(entry);
    let value = middle + half * drawn;
    // A network whose weights are not finite draws no number; it is named when it learns.
    if value.is_nan() { middle } else { value.clamp(entry.low, entry.high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steering() -> Policy {
        Policy::new(&ActionSpace::Box(vec![
            ActionEntry::new("steer", -1.0, 1.0),
            ActionEntry::new("throttle", 0.0, 4.0),
        ]))
    }

    #[test]
    fn boxes_are_drawn_between_minus_one_and_one_and_cut_off_at_their_bounds() {
        let mut values = [0.0; 4];
        steering().write(&[0.5, 0.5, -3.0, f32::NAN], BatchActionsMut::Box(&mut values));
        assert_eq!(values, [0.5, 3.0, -1.0, 2.0]);
        let mut drawn = [0.0; 2];
        steering().read(ActionRef::Box(&values[..2]), &mut drawn);
        assert_eq!(drawn, [0.5, 0.5]);
    }

    /// Compares gradients with differences, for outputs and deviations that are changed a little.
    fn check_gradients(policy: &Policy, row: PolicyRow<'_>, action: &[f32]) {
        const BY: (f32, f32) = (0.7, 0.3);
        let objective = |outputs: &[f32], deviations: &[f32]| {
            let mut probabilities = vec![0.0; outputs.len()];
            let it = policy.evaluate(PolicyRow { outputs, deviations, ..row }, action, &mut probabilities);
            f64::from(BY.0 * it.log_probability + BY.1 * it.entropy)
        };
        let mut probabilities = vec![0.0; row.outputs.len()];
        let evaluated = policy.evaluate(row, action, &mut probabilities);
        let (mut outputs, mut deviations) = (vec![0.0; row.outputs.len()], vec![0.0; row.deviations.len()]);
        policy.add_gradients(row, action, (evaluated, &probabilities), BY, &mut outputs, &mut deviations);
        let nudged = |values: &[f32], place: usize, by: f32| {
            let mut values = values.to_vec();
            values[place] += by;
            values
        };
        for (place, found) in outputs.iter().enumerate() {
            let of = |by| objective(&nudged(row.outputs, place, by), row.deviations);
            let expected = (of(1e-2) - of(-1e-2)) / 2e-2;
            assert!((f64::from(*found) - expected).abs() < 2e-3, "output {place}: {found}, not {expected}");
        }
        for (place, found) in deviations.iter().enumerate() {
            let of = |by| objective(row.outputs, &nudged(row.deviations, place, by));
            let expected = (of(1e-2) - of(-1e-2)) / 2e-2;
            assert!((f64::from(*found) - expected).abs() < 2e-3, "deviation {place}: {found}, not {expected}");
        }
    }

    #[test]
    fn uncertainty_is_a_share_of_the_greatest() {
        let discrete = Policy::new(&ActionSpace::Discrete(4));
        assert!((discrete.share_of_uncertainty(libm::log(4.0)) - 1.0).abs() < 1e-12);
        assert_eq!(discrete.share_of_uncertainty(0.0), 0.0);
        let entropy: f32 = [-3.0, -3.0].iter().map(|it| gaussian::entropy(*it)).sum();
        assert!((steering().share_of_uncertainty(f64::from(entropy)) - libm::exp(-3.0)).abs() < 1e-6);
    }

    #[test]
    fn gradients_are_those_of_log_probability_and_entropy() {
        let row = PolicyRow { outputs: &[0.3, -0.2], deviations: &[-0.5, 0.1], legal: &[] };
        check_gradients(&steering(), row, &[0.4, -0.6]);
        let row = PolicyRow { outputs: &[0.3, -0.2, 1.0], deviations: &[], legal: &[true, false, true] };
        check_gradients(&Policy::new(&ActionSpace::Discrete(3)), row, &[2.0]);
    }
}
