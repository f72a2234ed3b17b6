//! Samples: what a chart draws, and the smooth curve through them.

/// One or more values at a place: a metric's point, an episode, or a bin of them. A mean that is not finite is a gap
/// in the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Place, finite.
    pub x: f64,
    /// Least of the values.
    pub low: f64,
    /// Their mean.
    pub mean: f64,
    /// Greatest of the values.
    pub high: f64,
    /// How many there are.
    pub count: f64,
}

/// The mean of the last `window` episodes at every sample. A bin that is wider than the window stands for itself; one
/// whose mean is not finite has none, and is left out of those that follow.
pub fn smooth(samples: &[Sample], window: f64) -> Vec<f64> {
    let mut mean = SlidingMean::new(window);
    (1..=samples.len()).map(|count| mean.next(&samples[..count])).collect()
}

/// The mean of the last episodes of a curve that grows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SlidingMean {
    window: f64,
    sum: f64,
    count: f64,
    /// The first sample that counts.
    oldest: usize,
}

impl SlidingMean {
    pub(crate) const fn new(window: f64) -> Self {
        Self { window, sum: 0.0, count: 0.0, oldest: 0 }
    }

    pub(crate) const fn window(&self) -> f64 {
        self.window
    }

    /// The mean at the last of these samples, of which all others were told before.
    pub(crate) fn next(&mut self, samples: &[Sample]) -> f64 {
        // What a sample adds: its weight, and its mean times that, which may be too great for a number.
        let part = |it: &Sample| {
            let sum = it.mean * it.count;
            if sum.is_finite() && it.count > 0.0 { (sum, it.count) } else { (0.0, 0.0) }
        };
        let Some((sample, before)) = samples.split_last() else { return f64::NAN };
        if before.len() % 4_096 == 0 {
            // Added and taken away too often, rounding errors would pile up.
            let kept = before[self.oldest..].iter().map(part);
            (self.sum, self.count) = kept.fold((0.0, 0.0), |(sum, count), it| (sum + it.0, count + it.1));
        }
        let newest = part(sample);
        (self.sum, self.count) = (self.sum + newest.0, self.count + newest.1);
        while self.oldest < before.len() && self.count - part(&samples[self.oldest]).1 >= self.window {
            let left_out = part(&samples[self.oldest]);
            (self.sum, self.count) = (self.sum - left_out.0, self.count - left_out.1);
            self.oldest += 1;
        }
        if !sample.mean.is_finite() {
            return f64::NAN;
        }
        // Beside values near the greatest number, sums have no room.
        let smooth = self.sum / self.count;
        if smooth.is_finite() { smooth } else { sample.mean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[(f64, f64)]) -> Vec<Sample> {
        let sample = |(index, (mean, count)): (usize, &(f64, f64))| Sample {
            x: index as f64,
            low: *mean,
            mean: *mean,
            high: *mean,
            count: *count,
        };
        values.iter().enumerate().map(sample).collect()
    }

    #[test]
    fn what_is_not_finite_is_a_gap_and_spoils_nothing_after_it() {
        let nan = f64::NAN;
        let smoothed = smooth(&samples(&[(2.0, 1.0), (nan, 1.0), (f64::INFINITY, 1.0), (4.0, 1.0), (6.0, 1.0)]), 2.0);
        assert_eq!((smoothed[0], smoothed[3], smoothed[4]), (2.0, 3.0, 5.0));
        assert!(smoothed[1].is_nan() && smoothed[2].is_nan());
    }

    #[test]
    fn the_window_counts_episodes_not_samples() {
        let smoothed = smooth(&samples(&[(0.0, 1.0), (4.0, 1.0), (8.0, 1.0), (20.0, 10.0), (5.0, 1.0)]), 2.0);
        assert_eq!(smoothed[..4], [0.0, 2.0, 6.0, 20.0]);
        assert!((smoothed[4] - (200.0 + 5.0) / 11.0).abs() < 1e-9);
    }

    #[test]
    fn a_window_of_one_is_the_curve_itself() {
        let raw = samples(&[(3.0, 1.0), (-1.0, 1.0), (2.0, 1.0)]);
        assert_eq!(smooth(&raw, 1.0), [3.0, -1.0, 2.0]);
    }

    #[test]
    fn long_curves_do_not_drift() {
        let raw: Vec<_> = (0..20_000).map(|index| (if index < 10_000 { 1e9 } else { 0.1 }, 1.0)).collect();
        let smoothed = smooth(&samples(&raw), 10.0);
        assert!((smoothed[19_999] - 0.1).abs() < 1e-6, "{}", smoothed[19_999]);
    }
}
