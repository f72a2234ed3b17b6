//! A mergeable summary of the values that a metric took.

use serde::{Deserialize, Serialize};

/// Count, mean, variance and extremes of values, exact over any stretch: summaries of neighbouring stretches merge by the
/// formula of Chan and others (1979), which keeps the variance where the mean is large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistic {
    /// Finite values.
    pub count: u64,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Sum of their squared distances from the mean: `m2 / count` is the variance, `m2 / (count - 1)` the unbiased one.
    pub m2: f64,
    /// The least; 0 of none.
    pub min: f64,
    /// The greatest; 0 of none.
    pub max: f64,
    /// The last; 0 of none.
    pub last: f64,
    /// Values that were not finite numbers, which count nowhere else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_finite: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Statistic {
    /// The summary of one value.
    pub const fn of(value: f64) -> Self {
        Self::of_equal(value, 1)
    }

    /// The summary of a value that was taken so many times in a row, at least once.
    pub const fn of_equal(value: f64, times: u64) -> Self {
        if value.is_finite() {
            Self { count: times, mean: value, m2: 0.0, min: value, max: value, last: value, not_finite: 0 }
        } else {
            Self { count: 0, mean: 0.0, m2: 0.0, min: 0.0, max: 0.0, last: 0.0, not_finite: times }
        }
    }

    /// Takes in the next value.
    pub const fn push(&mut self, value: f64) {
        self.merge(&Self::of(value));
    }

    /// Takes in the summary of the values that follow.
    pub const fn merge(&mut self, later: &Self) {
        self.not_finite += later.not_finite;
        if later.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = Self { not_finite: self.not_finite, ..*later };
            return;
        }
        let (count, added) = (self.count as f64, later.count as f64);
        let distance = later.mean - self.mean;
        let share = added / (count + added);
        self.mean += distance * share;
        self.m2 += later.m2 + distance * distance * count * share;
        self.count += later.count;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.last = later.last;
    }

    /// The variance of the values themselves, not of a population that they are drawn from; none of none.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 0).then(|| self.m2 / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_all(values: &[f64]) -> Statistic {
        let mut statistic = Statistic::default();
        for value in values {
            statistic.push(*value);
        }
        statistic
    }

    #[test]
    fn the_variance_survives_a_large_mean() {
        // Squares of 1e9 differ by less than an f64 tells apart: from sums of squares this comes out as 0 or worse.
        let statistic = of_all(&[1e9, 1e9 + 1.0, 1e9 + 2.0]);
        assert_eq!((statistic.count, statistic.mean), (3, 1e9 + 1.0));
        assert!((statistic.m2 - 2.0).abs() < 1e-6, "{statistic:?}");
        assert!((statistic.variance().unwrap() - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_finite_is_counted_and_changes_nothing_else() {
        let mut statistic = of_all(&[1.0, 3.0]);
        let before = statistic;
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            statistic.push(value);
        }
        assert_eq!(statistic, Statistic { not_finite: 3, ..before });
        let mut only = of_all(&[f64::NAN]);
        assert_eq!((only.count, only.not_finite, only.variance()), (0, 1, None));
        only.push(2.0);
        assert_eq!(only, Statistic { not_finite: 1, ..Statistic::of(2.0) });
    }

    proptest! {
        #[test]
        fn neighbours_merge_to_the_summary_of_all(
            values in prop::collection::vec(-1e3..1e3_f64, 1..60),
            offset in prop::sample::select(vec![0.0, 1e6, -1e8]),
            cut in 0usize..60,
        ) {
            let values: Vec<f64> = values.iter().map(|value| value + offset).collect();
            let (early, late) = values.split_at(cut.min(values.len()));
            let mut merged = of_all(early);
            merged.merge(&of_all(late));
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let m2: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
            prop_assert_eq!(merged.count, values.len() as u64);
            prop_assert!((merged.mean - mean).abs() <= 1e-9 * mean.abs().max(1.0));
            prop_assert!((merged.m2 - m2).abs() <= 1e-6 * m2.max(1.0), "{} {}", merged.m2, m2);
            prop_assert_eq!(merged.min, values.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(merged.max, values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert_eq!(merged.last, values[values.len() - 1]);
        }
    }
}
