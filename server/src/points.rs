//! Points: values of metrics in groups of neighbours, exact in count, mean and extremes.

use crate::thin::{Ladder, MemorySize};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use utoipa::ToSchema;

/// Neighbouring values of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Point)]
pub(crate) struct MetricPoint {
    /// Step of the first.
    pub(crate) first_step: u64,
    /// Step of the last.
    pub(crate) last_step: u64,
    /// How many are numbers.
    pub(crate) count: u64,
    /// How many are not finite, and count nowhere else.
    pub(crate) not_finite: u64,
    /// Their mean; 0 of none.
    pub(crate) mean: f64,
    /// The least, and its step.
    pub(crate) min: f64,
    pub(crate) min_step: u64,
    /// The greatest, and its step.
    pub(crate) max: f64,
    pub(crate) max_step: u64,
    /// The last.
    pub(crate) last: f64,
}

impl MetricPoint {
    pub(crate) fn of(step: u64, value: f64) -> Self {
        let is_finite = value.is_finite();
        let value = if is_finite { value } else { 0.0 };
        Self {
            first_step: step,
            last_step: step,
            count: u64::from(is_finite),
            not_finite: u64::from(!is_finite),
            mean: value,
            min: value,
            min_step: step,
            max: value,
            max_step: step,
            last: value,
        }
    }

    pub(crate) fn merge(&mut self, later: &Self) {
        self.last_step = later.last_step;
        self.not_finite += later.not_finite;
        if later.count == 0 {
            return;
        }
        if self.count == 0 {
            let (first_step, not_finite) = (self.first_step, self.not_finite);
            *self = Self { first_step, not_finite, ..later.clone() };
            return;
        }
        let count = self.count + later.count;
        self.mean += (later.mean - self.mean) * (later.count as f64 / count as f64);
        self.count = count;
        if later.min < self.min {
            (self.min, self.min_step) = (later.min, later.min_step);
        }
        if later.max > self.max {
            (self.max, self.max_step) = (later.max, later.max_step);
        }
        self.last = later.last;
    }
}

impl MemorySize for MetricPoint {
    fn weight(&self) -> usize {
        size_of::<Self>()
    }
}

/// Which values somebody wants, and in how many groups.
#[derive(Clone, Debug)]
pub(crate) struct CurveQuery {
    /// The metrics; all if none are named,
    pub(crate) names: Option<BTreeSet<String>>,
    /// but not more than so many.
    pub(crate) most_names: usize,
    /// Steps of the run.
    pub(crate) steps: Range<u64>,
    /// Most groups of each metric.
    pub(crate) most: usize,
}

impl CurveQuery {
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.as_ref().is_none_or(|it| it.contains(name))
    }
}

/// The metrics of a log, in as few groups as were wished for, as more and more of it comes.
#[derive(Clone, Debug)]
pub(crate) struct Curves {
    query: CurveQuery,
    curves: BTreeMap<String, MetricSeries>,
}

impl Curves {
    pub(crate) const fn new(query: CurveQuery) -> Self {
        Self { query, curves: BTreeMap::new() }
    }

    /// Takes in the values of an entry.
    pub(crate) fn push(&mut self, offset: u64, step: u64, values: BTreeMap<String, f64>) {
        if !self.query.steps.contains(&step) {
            return;
        }
        for (name, value) in values {
            if self.query.wants(&name) {
                self.push_point(name, 0, offset, MetricPoint::of(step, value));
            }
        }
    }

    /// Takes in values that are a point already. What comes of the same 2^`level` offsets is one group; the level of the first
    /// counts.
    pub(crate) fn push_point(&mut self, name: String, level: u32, offset: u64, point: MetricPoint) {
        if self.curves.len() >= self.query.most_names && !self.curves.contains_key(&name) {
            return;
        }
        let most = self.query.most;
        self.curves.entry(name).or_insert_with(|| MetricSeries::new(level, most)).push(offset, point);
    }

    /// The groups of every metric.
    pub(crate) fn points(self) -> BTreeMap<String, Vec<MetricPoint>> {
        let most = self.query.most;
        self.curves.into_iter().map(|(name, curve)| (name, curve.points(most))).collect()
    }
}

/// One metric of a log.
#[derive(Clone, Debug)]
struct MetricSeries {
    level: u32,
    /// What the newest offsets have told so far.
    newest: Option<(u64, MetricPoint)>,
    ladder: Ladder<MetricPoint>,
}

impl MetricSeries {
    const fn new(level: u32, most: usize) -> Self {
        Self { level, newest: None, ladder: Ladder::new(most) }
    }

    fn push(&mut self, offset: u64, point: MetricPoint) {
        match &mut self.newest {
            Some((block, newest)) if self.level > 0 && *block == offset >> self.level => newest.merge(&point),
            newest => {
                if let Some((_, before)) = newest.replace((offset >> self.level, point)) {
                    self.ladder.push((offset, 0.0), before, MetricPoint::merge);
                }
            }
        }
    }

    fn points(mut self, most: usize) -> Vec<MetricPoint> {
        if let Some((block, newest)) = self.newest.take() {
            self.ladder.push((block << self.level, 0.0), newest, MetricPoint::merge);
        }
        self.ladder.values(most, MetricPoint::merge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merged_points_are_exact(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 1..60)) {
            let small: Vec<_> = values.iter().map(|it| it % 1000.0).collect();
            let mut merged = MetricPoint::of(0, small[0]);
            for (step, value) in small.iter().enumerate().skip(1) {
                merged.merge(&MetricPoint::of(step as u64, *value));
            }
            prop_assert_eq!(merged.count, small.len() as u64);
            let (min, max) = (small.iter().copied().fold(f64::MAX, f64::min), small.iter().copied().fold(f64::MIN, f64::max));
            prop_assert_eq!((merged.min, merged.max, merged.last), (min, max, *small.last().unwrap()));
            prop_assert_eq!(small[merged.max_step as usize], max);
            let mean = small.iter().sum::<f64>() / small.len() as f64;
            prop_assert!((merged.mean - mean).abs() < 1e-6, "{} {}", merged.mean, mean);
        }
    }

    #[test]
    fn what_is_not_finite_is_counted_and_changes_nothing_else() {
        let mut merged = MetricPoint::of(0, f64::NAN);
        merged.merge(&MetricPoint::of(1, 5.0));
        merged.merge(&MetricPoint::of(2, f64::INFINITY));
        assert_eq!((merged.count, merged.not_finite, merged.mean, merged.last), (1, 2, 5.0, 5.0));
        assert_eq!((merged.first_step, merged.last_step, merged.min_step), (0, 2, 1));
    }
}
