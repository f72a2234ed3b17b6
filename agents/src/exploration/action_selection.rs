//! Choosing among action values: the greedy action with ties broken by chance, and epsilon-greedy exploration.

use environments::{ActionMask, Generator};
use std::hint::cold_path;

/// The greatest value among the legal actions.
#[inline]
pub fn max_value(values: &[f64], legal: ActionMask) -> f64 {
    if let Some(four) = all_of_four(values, legal) {
        return max_of_four(four);
    }
    let mut best = f64::NEG_INFINITY;
    for (action, value) in values.iter().enumerate() {
        if *value > best && legal.allows(action as u16) {
            best = *value;
        }
    }
    best
}

/// The mean value of the legal actions.
#[inline]
pub fn mean_value(values: &[f64], legal: ActionMask) -> f64 {
    let mut sum = 0.0;
    for (action, value) in values.iter().enumerate() {
        sum += if legal.allows(action as u16) { *value } else { 0.0 };
    }
    sum / f64::from(legal.count())
}

/// What is expected of a state if one action in 1/epsilon is any and the others are the best.
#[inline]
pub const fn mixed(epsilon: f64, best: f64, mean: f64) -> f64 {
    (1.0 - epsilon) * best + epsilon * mean
}

/// The legal actions that have the greatest value.
#[inline]
pub fn best_actions(values: &[f64], legal: ActionMask) -> ActionMask {
    if let Some(four) = all_of_four(values, legal) {
        let best = max_of_four(four);
        let is_best = |action: usize| u64::from(four[action] == best) << action;
        return ActionMask(is_best(0) | is_best(1) | is_best(2) | is_best(3));
    }
    let best = max_value(values, legal);
    let mut ties = 0;
    for (action, value) in values.iter().enumerate() {
        ties |= u64::from(*value == best) << action;
    }
    ActionMask(ties & legal.0)
}

/// The commonest case, worth its own straight code: four actions, all legal.
#[inline]
fn all_of_four(values: &[f64], legal: ActionMask) -> Option<&[f64; 4]> {
    values.try_into().ok().filter(|_| legal == ActionMask::all(4))
}

#[inline]
const fn max_of_four(values: &[f64; 4]) -> f64 {
    let [a, b, c, d] = *values;
    let (left, right) = (if a > b { a } else { b }, if c > d { c } else { d });
    if left > right { left } else { right }
}

/// Writes the probabilities of taking any legal action, each equally likely.
pub fn uniform(legal: ActionMask, into: &mut [f64]) {
    for (action, share) in into.iter_mut().enumerate() {
        *share = if legal.allows(action as u16) { 1.0 / f64::from(legal.count()) } else { 0.0 };
    }
}

/// Writes probabilities in proportion to `exp(scale * preference)` over the legal actions; illegal ones get 0.
pub fn softmax(preferences: &[f64], legal: ActionMask, scale: f64, into: &mut [f64]) {
    let greatest = max_value(preferences, legal);
    let mut sum = 0.0;
    for (action, (weight, preference)) in into.iter_mut().zip(preferences).enumerate() {
        *weight = if legal.allows(action as u16) { libm::exp((preference - greatest) * scale) } else { 0.0 };
        sum += *weight;
    }
    for weight in into {
        *weight /= sum;
    }
}

/// An action by its probability.
pub fn sample(probabilities: &[f64], legal: ActionMask, generator: &mut Generator) -> u16 {
    let mut left = generator.unit();
    for action in legal.iter() {
        left -= probabilities[usize::from(action)];
        if left < 0.0 {
            return action;
        }
    }
    // Rounding may leave a remainder of 1e-16.
    legal.nth(legal.count() - 1)
}

/// How ties between equally good actions are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// By chance, each equally likely.
    Random,
    /// The lowest index, as the source systems do.
    First,
}

/// The actions that a greedy policy takes: the best ones, or of these the first.
#[must_use]
pub fn taken(values: &[f64], legal: ActionMask, ties: Ties) -> ActionMask {
    let best = best_actions(values, legal);
    match ties {
        Ties::Random => best,
        Ties::First => ActionMask(best.0 & best.0.wrapping_neg()),
    }
}

/// One of the actions by 32 random bits.
#[inline]
fn pick(actions: ActionMask, bits: u32) -> u16 {
    // Mostly there is but one, and seeing that takes less than counting.
    if actions.0 & actions.0.wrapping_sub(1) == 0 {
        return actions.0.trailing_zeros() as u16;
    }
    cold_path();
    actions.nth(((u64::from(bits) * u64::from(actions.count())) >> 32) as u32)
}

/// The greedy action.
#[inline]
pub fn greedy(values: &[f64], legal: ActionMask, ties: Ties, generator: &mut Generator) -> u16 {
    let best = best_actions(values, legal);
    match ties {
        Ties::First => best.0.trailing_zeros() as u16,
        Ties::Random if best.count() == 1 => best.0.trailing_zeros() as u16,
        Ties::Random => pick(best, (generator.bits() >> 32) as u32),
    }
}

/// A share of all draws of 64 random bits, by their upper half: exact to 2^-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawShare(u64);

impl DrawShare {
    /// The share of a probability.
    pub const fn of(probability: f64) -> Self {
        let bound = probability * 4_294_967_296.0;
        let whole = bound as u64;
        Self(whole + (bound > whole as f64) as u64)
    }

    /// Whether a draw falls into it.
    #[inline]
    const fn contains(self, draw: u64) -> bool {
        draw >> 32 < self.0
    }
}

/// One of the best actions by 32 random bits.
#[inline]
pub fn one_of(best: ActionMask, ties: Ties, bits: u32) -> u16 {
    match ties {
        Ties::First => {
            cold_path();
            best.0.trailing_zeros() as u16
        }
        Ties::Random => pick(best, bits),
    }
}

/// Epsilon-greedy: a share of the draws takes any legal action, each equally likely, the others a `greedy` one
/// (Sutton and Barto, 2nd edition, section 2.2). One draw decides all: its upper half whether to explore, its lower half
/// which action.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call costs more than what it does")]
pub fn epsilon_greedy(
    greedy: impl FnOnce(u32) -> u16,
    legal: ActionMask,
    explores: DrawShare,
    generator: &mut Generator,
) -> u16 {
    let draw = generator.bits();
    let choice = draw as u32;
    if explores.contains(draw) {
        cold_path();
        return pick(legal, choice);
    }
    greedy(choice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    #[test]
    fn epsilon_greedy_explores_as_often_as_told_and_breaks_ties_evenly() {
        let mut generator = Generator::new(Seed::new(3).unwrap());
        let values = [1.0, 2.0, 0.0, 2.0];
        let mut counts = [0_u32; 4];
        for _ in 0..100_000 {
            counts[usize::from(epsilon_greedy(
                |bits| one_of(best_actions(&values, ActionMask::all(4)), Ties::Random, bits),
                ActionMask::all(4),
                DrawShare::of(0.2),
                &mut generator,
            ))] += 1;
        }
        // Expected 5 %, 45 %, 5 %, 45 %; three standard deviations are at most 480.
        for (count, expected) in counts.iter().zip([5000.0, 45_000.0, 5000.0, 45_000.0]) {
            assert!((f64::from(*count) - expected).abs() < 480.0, "{counts:?}");
        }
    }

    #[test]
    fn only_legal_actions_are_chosen() {
        let mut generator = Generator::new(Seed::new(3).unwrap());
        let legal = ActionMask(0b0101);
        for _ in 0..1000 {
            assert!(legal.allows(epsilon_greedy(
                |bits| one_of(best_actions(&[0.0, 9.0, 0.0, 9.0], legal), Ties::Random, bits),
                legal,
                DrawShare::of(0.5),
                &mut generator
            )));
        }
        assert_eq!(max_value(&[1.0, 9.0, 0.5, 9.0], legal), 1.0);
    }
}
