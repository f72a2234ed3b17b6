//! Losses of one prediction, with their slopes.

use serde::{Deserialize, Serialize};

/// What an error costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `e^2 / 2`.
    Squared,
    /// `e^2 / 2` up to a size of 1, from there `|e| - 1/2`: an outlier pulls no harder than an error of 1 (Huber 1964).
    Huber,
}

impl Loss {
    /// What an error costs, and how that grows with it.
    #[inline]
    pub const fn of(self, error: f32) -> (f32, f32) {
        match self {
            Self::Huber if error > 1.0 => (error - 0.5, 1.0),
            Self::Huber if error < -1.0 => (-error - 0.5, -1.0),
            Self::Huber | Self::Squared => (0.5 * error * error, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_losses() {
        for error in [-3.0_f32, -1.0, -0.5, 0.0, 0.3, 1.0, 2.5] {
            for loss in [Loss::Squared, Loss::Huber] {
                let difference = (loss.of(error + 1e-3).0 - loss.of(error - 1e-3).0) / 2e-3;
                assert!((difference - loss.of(error).1).abs() < 1e-3, "{loss:?} of {error}");
            }
        }
        assert_eq!(Loss::Huber.of(3.0), (2.5, 1.0));
        assert_eq!(Loss::Squared.of(-3.0), (4.5, -3.0));
        assert!(Loss::Huber.of(f32::NAN).1.is_nan());
    }
}
