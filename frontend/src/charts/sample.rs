//! Samples: what a chart draws, whether it comes from episodes or from a metric.

use crate::store::board::BandPoint;
use crate::store::{Curve, Series};
use plot::{CurvePyramid, Sample};
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

/// Samples in the order of their places, as all that draws them wants them; publishers may send any order. Those without
/// a place are left out.
fn in_order(samples: impl Iterator<Item = Sample>) -> Vec<Sample> {
    let mut samples: Vec<_> = samples.filter(|it| it.x.is_finite()).map(consistent).collect();
    if !samples.is_sorted_by(|a, b| a.x <= b.x) {
        samples.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    samples
}

/// The same with ends that are finite and on their sides of the mean.
fn consistent(sample: Sample) -> Sample {
    let end = |end: f64| if end.is_finite() { end } else { sample.mean };
    Sample { low: end(sample.low).min(sample.mean), high: end(sample.high).max(sample.mean), ..sample }
}

/// A curve by the numbers of its samples, however many there are by now.
pub type SampleAt<'a> = Box<dyn Fn(usize) -> Sample + 'a>;

/// Brings a drawn curve up to where its source is: what came since is added, and a source that is not what it was, because it was
/// merged or thinned, is drawn anew.
pub fn follow(curve: &mut CurvePyramid, (count, sample_at): (usize, SampleAt<'_>)) {
    let sample = |index| consistent(sample_at(index));
    let drawn = curve.samples();
    let known = drawn.len();
    let is_as_it_was = |index: usize| {
        let (was, now) = (drawn[index], sample(index));
        (was.x, was.mean.to_bits()) == (now.x, now.mean.to_bits())
    };
    let mut goes_on = (1..=count).contains(&known) && is_as_it_was(0) && is_as_it_was(known - 1);
    for index in known..if goes_on { count } else { known } {
        let next = sample(index);
        goes_on &= curve.samples().last().is_some_and(|last| last.x <= next.x);
        if !goes_on {
            break;
        }
        curve.push(next);
    }
    if !goes_on {
        *curve = CurvePyramid::of(in_order((0..count).map(sample_at)), curve.window());
    }
}

/// Number of samples of a run's episodes, and each of them.
pub fn episodes_by_number(curve: &Curve, quantity: Quantity, axis: XAxis) -> (usize, SampleAt<'_>) {
    let origin = curve.times().first().copied().unwrap_or_default();
    let sample = move |index: usize| {
        let (bin, time) = (&curve.bins()[index], curve.times()[index]);
        let stat = quantity.stat(bin);
        let x = match axis {
            XAxis::Episode => (bin.last_episode + 1) as f64,
            XAxis::Step => bin.step as f64,
            XAxis::Time => (time - origin) / 1_000.0,
        };
        let count = bin.count as f64;
        Sample { x, low: stat.min, mean: stat.sum / count.max(1.0), high: stat.max, count }
    };
    (curve.bins().len(), Box::new(sample))
}

/// All episodes of a run, each in exactly one sample.
pub fn of_episodes(curve: &Curve, quantity: Quantity, axis: XAxis) -> Vec<Sample> {
    let (count, sample_at) = episodes_by_number(curve, quantity, axis);
    in_order((0..count).map(sample_at))
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

/// Number of points of a metric, and each of them.
pub fn points_by_number(series: &Series, axis: XAxis) -> (usize, SampleAt<'_>) {
    let origin = series.times.first().copied().unwrap_or_default();
    let point = move |index: usize| {
        let x = match axis {
            XAxis::Episode => series.episodes[index] as f64,
            XAxis::Step => series.steps[index] as f64,
            XAxis::Time => (series.times[index] - origin) / 1_000.0,
        };
        let value = series.values[index];
        Sample { x, low: value, mean: value, high: value, count: 1.0 }
    };
    (series.values.len(), Box::new(point))
}

/// All points of a metric.
pub fn of_series(series: &Series, axis: XAxis) -> Vec<Sample> {
    let (count, point_at) = points_by_number(series, axis);
    in_order((0..count).map(point_at))
}

/// A mean curve with its band. By step or time, a point stands where its seeds were on average.
pub fn of_points(points: &[BandPoint], axis: XAxis) -> Vec<Sample> {
    let sample = |it: &BandPoint| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SteadyClock;
    use plot::smooth;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

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

    proptest! {
        /// However a source grows, is thinned and begins anew: what is drawn is the curve of all that it holds.
        #[test]
        fn a_curve_that_is_followed_is_the_one_that_is_drawn_anew(
            values in prop::collection::vec((0u64..3, prop_oneof![6 => -5f64..5.0, 1 => prop::num::f64::ANY], 1usize..9), 1..120),
            most in 4usize..60,
            window in 1f64..20.0,
        ) {
            for axis in [XAxis::Episode, XAxis::Step, XAxis::Time] {
                let (mut series, mut drawn) = (Series::default(), CurvePyramid::new(window));
                let mut step = 0;
                for (index, (further, value, pause)) in values.iter().enumerate() {
                    // Now and then a publisher goes back.
                    step = if *further == 0 && index % 7 == 0 { step / 2 } else { step + further };
                    series.push(step, index as u64, index as f64, *value, most);
                    if index % pause == 0 {
                        follow(&mut drawn, points_by_number(&series, axis));
                        let anew = CurvePyramid::of(of_series(&series, axis), window);
                        prop_assert_eq!(format!("{:?}", drawn.samples()), format!("{:?}", anew.samples()));
                        prop_assert_eq!(format!("{:?}", drawn.smooth()), format!("{:?}", anew.smooth()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_point_stands_at_its_episode_its_steps_or_its_seconds() {
        let point = BandPoint { episode: 5, step: 40.5, millis: 1_500.0, mean: 0.0, low: 0.0, high: 0.0, seeds: 2 };
        let place = |axis| of_points(&[point], axis)[0].x;
        assert_eq!([XAxis::Episode, XAxis::Step, XAxis::Time].map(place), [5.0, 40.5, 1.5]);
    }
}
