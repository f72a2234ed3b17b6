//! A choice among actions by softmax: probabilities, their logarithms, entropy, and gradients of these.

use crate::elementary::exponential;

/// Writes the probabilities of a choice among the legal actions and gives the logarithm of their scale, so that
/// `ln p[a] = logits[a] - scale`. Illegal actions have probability 0; with no legal action all have it.
pub fn softmax(logits: &[f32], legal: impl Fn(usize) -> bool, probabilities: &mut [f32]) -> f32 {
    let mut greatest = f32::NEG_INFINITY;
    for (action, logit) in logits.iter().enumerate() {
        if legal(action) && (*logit > greatest || logit.is_nan()) {
            greatest = *logit;
        }
    }
    let mut sum = 0.0;
    for (action, (probability, logit)) in probabilities.iter_mut().zip(logits).enumerate() {
        *probability = if legal(action) { exponential(*logit - greatest) } else { 0.0 };
        sum += *probability;
    }
    if sum > 0.0 {
        for probability in probabilities.iter_mut() {
            *probability /= sum;
        }
    }
    greatest + libm::logf(sum)
}

/// The action that a number from 0 to 1 picks.
pub fn pick(probabilities: &[f32], number: f64) -> usize {
    let mut left = number;
    let mut last = 0;
    for (action, probability) in probabilities.iter().enumerate() {
        if *probability > 0.0 {
            last = action;
            left -= f64::from(*probability);
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

/// `- sum of p ln p`, for a `scale` as [`softmax`] gives it.
pub fn entropy(logits: &[f32], probabilities: &[f32], scale: f32) -> f32 {
    let parts = logits.iter().zip(probabilities).filter(|(_, probability)| **probability > 0.0);
    -parts.map(|(logit, probability)| probability * (logit - scale)).sum::<f32>()
}

/// Adds to the gradient of every logit: `by` times that of `ln p[action]`, which is `1[j = action] - p[j]`.
pub fn add_log_probability_gradient(probabilities: &[f32], action: usize, by: f32, gradient: &mut [f32]) {
    for (index, (into, probability)) in gradient.iter_mut().zip(probabilities).enumerate() {
        let chosen = if index == action { 1.0 } else { 0.0 };
        *into += by * (chosen - probability);
    }
}

/// Adds to the gradient of every logit: `by` times that of the entropy, which is `-p[j] (ln p[j] + entropy)`.
pub fn add_entropy_gradient(logits: &[f32], probabilities: &[f32], scale: f32, by: f32, gradient: &mut [f32]) {
    let entropy = entropy(logits, probabilities, scale);
    for ((into, probability), logit) in gradient.iter_mut().zip(probabilities).zip(logits) {
        if *probability > 0.0 {
            *into -= by * probability * (logit - scale + entropy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 4] = [0.3, -1.2, 5.0, 0.9];
    const LEGAL: [bool; 4] = [true, true, false, true];

    fn of(logits: &[f32]) -> ([f32; 4], f32) {
        let mut probabilities = [0.0; 4];
        let scale = softmax(logits, |action| LEGAL[action], &mut probabilities);
        (probabilities, scale)
    }

    #[test]
    fn illegal_actions_are_never_chosen() {
        let (probabilities, scale) = of(&LOGITS);
        assert_eq!(probabilities[2], 0.0);
        assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        for action in [0, 1, 3] {
            assert!((libm::logf(probabilities[action]) - (LOGITS[action] - scale)).abs() < 1e-6);
        }
        for number in [0.0, 0.3, 0.5, 0.9, 0.999_999_9, 1.0] {
            assert!(LEGAL[pick(&probabilities, number)], "{number}");
        }
        assert_eq!(pick(&probabilities, 0.0), 0);
    }

    #[test]
    fn large_logits_do_not_overflow_and_nan_is_not_hidden() {
        let (probabilities, scale) = of(&[1e30, -1e30, 0.0, 0.0]);
        assert!(probabilities[0] == 1.0 && probabilities[1..].iter().all(|it| *it < 1e-37), "{probabilities:?}");
        assert_eq!(scale, 1e30);
        assert!(of(&[0.0, f32::NAN, 0.0, 0.0]).1.is_nan());
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (probabilities, scale) = of(&LOGITS);
        let mut gradient = [0.0; 4];
        add_log_probability_gradient(&probabilities, 3, 1.0, &mut gradient);
        let mut entropies = [0.0; 4];
        add_entropy_gradient(&LOGITS, &probabilities, scale, 1.0, &mut entropies);
        for index in [0, 1, 3] {
            let at = |change: f32| {
                let mut logits = LOGITS;
                logits[index] += change;
                let (probabilities, scale) = of(&logits);
                (logits[3] - scale, entropy(&logits, &probabilities, scale))
            };
            let (low, high) = (at(-1e-2), at(1e-2));
            assert!(((high.0 - low.0) / 2e-2 - gradient[index]).abs() < 1e-3, "{gradient:?}");
            assert!(((high.1 - low.1) / 2e-2 - entropies[index]).abs() < 1e-3, "{entropies:?}");
        }
        assert_eq!((gradient[2], entropies[2]), (0.0, 0.0));
    }
}
