//! Normally distributed actions, each entry for itself, with a mean and the logarithm of a standard deviation: density,
//! entropy, and gradients of these.

use crate::elementary::exponential;

/// Half the logarithm of a full turn.
const HALF_LOG_TURN: f32 = 0.918_938_5;

/// `ln N(x; mean, e^log_deviation)`.
#[inline]
pub fn log_density(x: f32, mean: f32, log_deviation: f32) -> f32 {
    let far = (x - mean) * exponential(-log_deviation);
    -0.5 * far * far - log_deviation - HALF_LOG_TURN
}

/// The gradient of [`log_density`] with respect to the mean and to the logarithm of the deviation.
#[inline]
pub fn log_density_gradient(x: f32, mean: f32, log_deviation: f32) -> (f32, f32) {
    let narrow = exponential(-log_deviation);
    let far = (x - mean) * narrow;
    (far * narrow, far * far - 1.0)
}

/// The entropy, whose gradient is 1 with respect to the logarithm of the deviation and 0 with respect to the mean.
#[inline]
pub fn entropy(log_deviation: f32) -> f32 {
    0.5 + HALF_LOG_TURN + log_deviation
}

/// The action that a deviate of mean 0 and standard deviation 1 picks.
#[inline]
pub fn pick(mean: f32, log_deviation: f32, normal: f64) -> f32 {
    mean + exponential(log_deviation) * normal as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_density_is_that_of_the_normal_distribution() {
        // scipy.stats.norm(0.5, 2).logpdf(1.7) and .entropy().
        let log_deviation = std::f32::consts::LN_2;
        assert!((log_density(1.7, 0.5, log_deviation) - -1.792_085_7).abs() < 1e-5);
        assert!((entropy(log_deviation) - 2.112_085_7).abs() < 1e-5);
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for (x, mean, log_deviation) in [(1.7, 0.5, 0.3), (-2.0, 0.0, -1.0), (0.1, 0.1, 1.0)] {
            let slope = |of: &dyn Fn(f32) -> f32| (of(1e-2) - of(-1e-2)) / 2e-2;
            let by_mean = slope(&|change| log_density(x, mean + change, log_deviation));
            let by_deviation = slope(&|change| log_density(x, mean, log_deviation + change));
            let found = log_density_gradient(x, mean, log_deviation);
            assert!((found.0 - by_mean).abs() < 0.02 && (found.1 - by_deviation).abs() < 0.05, "{found:?}");
        }
    }

    #[test]
    fn picks_lie_around_the_mean() {
        assert_eq!(pick(0.5, 0.0, 0.0), 0.5);
        assert!((pick(0.5, std::f32::consts::LN_2, -1.0) - -1.5).abs() < 1e-6);
    }
}
