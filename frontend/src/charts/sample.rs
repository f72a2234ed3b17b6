//! Samples: what a chart draws, whether it comes from episodes or from a metric.

use crate::store::board::Point;
use crate::store::{Curve, Series};
use run::statistics::Estimate;
use shared::episode::{EpisodeBin, Stat};

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

/// One or more values at a place: a metric's point, an episode, or a bin of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Place.
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
    samples.collect()
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
    series.values.iter().enumerate().map(point).collect()
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
    points.iter().map(sample).collect()
}

/// A performance profile with its band.
pub fn of_profile(profile: &[(f64, Estimate)]) -> Vec<Sample> {
    let sample = |(tau, share): &(f64, Estimate)| {
        let (low, high) = share.interval.unwrap_or((share.value, share.value));
        Sample { x: *tau, low, mean: share.value, high, count: 1.0 }
    };
    profile.iter().map(sample).collect()
}

/// The mean of the last `window` episodes at every sample. A bin that is wider than the window stands for itself.
pub fn smooth(samples: &[Sample], window: f64) -> Vec<f64> {
    let (mut sum, mut count, mut oldest) = (0.0, 0.0, 0);
    let mean = |(index, sample): (usize, &Sample)| {
        if index % 4_096 == 0 {
            // Added and taken away too often, rounding errors would pile up.
            (sum, count) = samples[oldest..index]
                .iter()
                .fold((0.0, 0.0), |(sum, count), it| (sum + it.mean * it.count, count + it.count));
        }
        sum += sample.mean * sample.count;
        count += sample.count;
        while oldest < index && count - samples[oldest].count >= window {
            sum -= samples[oldest].mean * samples[oldest].count;
            count -= samples[oldest].count;
            oldest += 1;
        }
        sum / count.max(1e-12)
    };
    samples.iter().enumerate().map(mean).collect()
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
