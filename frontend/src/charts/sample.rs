//! Samples: what a chart draws, whether it comes from episodes or from a metric.

use crate::store::board::Point;
use crate::store::{Curve, Series};
use run::statistics::Estimate;
use shared::episode::{EpisodeBin, Stat};
use shared::order::sort;

/// What runs from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum XAxis {
    /// Ended episodes.
    #[default]
    Episode,
    /// Steps made.
    Step,
    /// Seconds since the first sample.
    Time,
}

impl XAxis {
    /// What it counts, as files call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Step => "step",
            Self::Time => "seconds",
        }
    }
}

/// What of an episode is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Undiscounted return.
    Return,
    /// Steps.
    Length,
}

impl Quantity {
    const fn stat(self, bin: &EpisodeBin) -> &Stat {
        match self {
            Self::Return => &bin.episodic_return,
            Self::Length => &bin.length,
        }
    }
}

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

/// Samples in the order of their places, as all that draws them wants them; publishers may send any order. Those without
/// a place are left out.
fn in_order(samples: impl Iterator<Item = Sample>) -> Vec<Sample> {
    let mut samples: Vec<_> = samples.filter(|it| it.x.is_finite()).map(Sample::consistent).collect();
    if !samples.is_sorted_by(|a, b| a.x <= b.x) {
        sort(&mut samples, &|a, b| a.x.total_cmp(&b.x));
    }
    samples
}

impl Sample {
    /// The same with ends that are finite and on their sides of the mean.
    fn consistent(self) -> Self {
        let end = |end: f64| if end.is_finite() { end } else { self.mean };
        Self { low: end(self.low).min(self.mean), high: end(self.high).max(self.mean), ..self }
    }
}

/// All episodes of a run, each in exactly one sample.
pub fn of_episodes(curve: &Curve, quantity: Quantity, axis: XAxis) -> Vec<Sample> {
    let origin = curve.times().first().copied().unwrap_or_default();
    let samples = curve.bins().iter().zip(curve.times()).map(|(bin, time)| {
        let stat = quantity.stat(bin);
        let x = match axis {
            XAxis::Episode => (bin.last_episode + 1) as f64,
            XAxis::Step => bin.step as f64,
            XAxis::Time => (time - origin) / 1_000.0,
        };
        let count = bin.count as f64;
        Sample { x, low: stat.min, mean: stat.sum / count.max(1.0), high: stat.max, count }
    });
    in_order(samples)
}

/// Where a step of a run lies among its episodes; nowhere before the first one ended, except by step.
pub fn place_of_step(curve: &Curve, step: u64, axis: XAxis) -> Option<f64> {
    let ended = curve.bins().partition_point(|bin| bin.step <= step).checked_sub(1);
    match axis {
        XAxis::Step => Some(step as f64),
        XAxis::Episode => ended.map(|bin| (curve.bins()[bin].last_episode + 1) as f64),
        XAxis::Time => ended.map(|bin| (curve.times()[bin] - curve.times()[0]) / 1_000.0),
    }
}

/// All points of a metric.
pub fn of_series(series: &Series, axis: XAxis) -> Vec<Sample> {
    let origin = series.times.first().copied().unwrap_or_default();
    let point = |(index, value): (usize, &f64)| {
        let x = match axis {
            XAxis::Episode => series.episodes[index] as f64,
            XAxis::Step => series.steps[index] as f64,
            XAxis::Time => (series.times[index] - origin) / 1_000.0,
        };
        Sample { x, low: *value, mean: *value, high: *value, count: 1.0 }
    };
    in_order(series.values.iter().enumerate().map(point))
}

/// A mean curve with its band. By step or time, a point stands where its seeds were on average.
pub fn of_points(points: &[Point], axis: XAxis) -> Vec<Sample> {
    let sample = |it: &Point| {
        let x = match axis {
            XAxis::Episode => it.episode as f64,
            XAxis::Step => it.step,
            XAxis::Time => it.millis / 1_000.0,
        };
        Sample { x, low: it.low, mean: it.mean, high: it.high, count: 1.0 }
    };
    in_order(points.iter().map(sample))
}

/// A performance profile with its band.
pub fn of_profile(profile: &[(f64, Estimate)]) -> Vec<Sample> {
    let sample = |(tau, share): &(f64, Estimate)| {
        let (low, high) = share.interval.unwrap_or((share.value, share.value));
        Sample { x: *tau, low, mean: share.value, high, count: 1.0 }
    };
    in_order(profile.iter().map(sample))
}

/// The mean of the last `window` episodes at every sample. A bin that is wider than the window stands for itself; one
/// whose mean is not finite has none, and is left out of those that follow.
pub fn smooth(samples: &[Sample], window: f64) -> Vec<f64> {
    // What a sample adds: its weight, and its mean times that, which may be too great for a number.
    let part = |it: &Sample| {
        let sum = it.mean * it.count;
        if sum.is_finite() && it.count > 0.0 { (sum, it.count) } else { (0.0, 0.0) }
    };
    let (mut sum, mut count, mut oldest) = (0.0, 0.0, 0);
    let mean = |(index, sample): (usize, &Sample)| {
        if index % 4_096 == 0 {
            // Added and taken away too often, rounding errors would pile up.
            (sum, count) =
                samples[oldest..index].iter().map(part).fold((0.0, 0.0), |(sum, count), it| (sum + it.0, count + it.1));
        }
        let newest = part(sample);
        (sum, count) = (sum + newest.0, count + newest.1);
        while oldest < index && count - part(&samples[oldest]).1 >= window {
            let left_out = part(&samples[oldest]);
            (sum, count) = (sum - left_out.0, count - left_out.1);
            oldest += 1;
        }
        if !sample.mean.is_finite() {
            return f64::NAN;
        }
        // Beside values near the greatest number, sums have no room.
        let smooth = sum / count;
        if smooth.is_finite() { smooth } else { sample.mean }
    };
    samples.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SteadyClock;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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

    fn curve(bins: &[(u64, f64, f64)]) -> Curve {
        let mut curve = Curve::default();
        for (index, (step, time, value)) in bins.iter().enumerate() {
            let bin = EpisodeBin {
                first_episode: index as u64,
                last_episode: index as u64,
                count: 1,
                step: *step,
                episodic_return: Stat::of(*value),
                length: Stat::of(1.0),
                outcomes: BTreeMap::new(),
                each: None,
            };
            curve.push(*time, bin, 1_000);
        }
        curve
    }

    proptest! {
        /// Whatever steps, times and values come in whatever order: each has its place, places are in order, and the
        /// smooth curve has a value wherever the raw one has.
        #[test]
        fn every_curve_is_in_order_and_every_finite_value_is_drawn(
            bins in prop::collection::vec((0u64..100, prop::num::f64::ANY, prop::num::f64::ANY), 0..60),
            window in 1f64..60.0,
        ) {
            let mut clock = SteadyClock::default();
            let steady: Vec<_> = bins.iter().map(|(step, time, value)| (*step, clock.at(*time), *value)).collect();
            let mut series = Series::default();
            for (index, (step, time, value)) in steady.iter().enumerate() {
                series.push(*step, index as u64, *time, *value, 1_000);
            }
            for axis in [XAxis::Episode, XAxis::Step, XAxis::Time] {
                for samples in [of_episodes(&curve(&steady), Quantity::Return, axis), of_series(&series, axis)] {
                    prop_assert_eq!(samples.len(), bins.len());
                    prop_assert!(samples.is_sorted_by(|a, b| a.x <= b.x));
                    prop_assert_eq!(
                        samples.iter().filter(|it| it.mean.is_finite()).count(),
                        bins.iter().filter(|(.., value)| value.is_finite()).count()
                    );
                    for (sample, smooth) in samples.iter().zip(smooth(&samples, window)) {
                        prop_assert_eq!(sample.mean.is_finite(), smooth.is_finite());
                    }
                }
            }
        }
    }

    #[test]
    fn a_point_stands_at_its_episode_its_steps_or_its_seconds() {
        let point = Point { episode: 5, step: 40.5, millis: 1_500.0, mean: 0.0, low: 0.0, high: 0.0, seeds: 2 };
        let place = |axis| of_points(&[point], axis)[0].x;
        assert_eq!([XAxis::Episode, XAxis::Step, XAxis::Time].map(place), [5.0, 40.5, 1.5]);
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
