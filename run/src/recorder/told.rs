//! What an agent told of its losses and gauges since they were last put into the log.

use shared::metric::MetricDescription;
use shared::statistic::Statistic;
use std::collections::BTreeMap;

/// Every value of every metric. Equal ones that follow each other, such as those of a gauge that stands still, are counted and
/// summed up once.
#[derive(Clone, Debug, Default)]
pub(super) struct ToldMetrics(Vec<MetricValues>);

#[derive(Clone, Debug)]
struct MetricValues {
    metric: &'static MetricDescription,
    /// Those before the last one that differs from its predecessor.
    before: Statistic,
    last: f64,
    times: u64,
}

impl MetricValues {
    const fn all(&self) -> Statistic {
        let mut all = self.before;
        all.merge(&Statistic::of_equal(self.last, self.times));
        all
    }
}

impl ToldMetrics {
    /// Takes in a value.
    #[inline]
    pub(super) fn push(&mut self, metric: &'static MetricDescription, value: f64) {
        match self.0.iter_mut().find(|it| std::ptr::eq(it.metric, metric)) {
            Some(values) if values.last.to_bits() == value.to_bits() => values.times += 1,
            Some(values) => *values = MetricValues { metric, before: values.all(), last: value, times: 1 },
            None => self.0.push(MetricValues { metric, before: Statistic::default(), last: value, times: 1 }),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The summaries by name; begins anew.
    pub(super) fn take(&mut self) -> BTreeMap<&'static str, Statistic> {
        let mut all: BTreeMap<&'static str, Statistic> = BTreeMap::new();
        for values in self.0.drain(..) {
            all.entry(&values.metric.name).or_default().merge(&values.all());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: MetricDescription = MetricDescription::new("charts/one", "One", "", "");
    static OTHER: MetricDescription = MetricDescription::new("charts/other", "Other", "", "");

    #[test]
    fn values_that_repeat_count_as_often_as_they_were_told() {
        let mut told = ToldMetrics::default();
        assert!(told.is_empty());
        for value in [0.5, 0.5, 0.5, 0.2, 0.2, 0.5] {
            told.push(&ONE, value);
            told.push(&OTHER, f64::NAN);
        }
        let all = told.take();
        let one = all["charts/one"];
        assert_eq!((one.count, one.min, one.max, one.last), (6, 0.2, 0.5, 0.5));
        assert!((one.mean - 0.4).abs() < 1e-15 && (one.m2 - 0.12).abs() < 1e-15, "{one:?}");
        assert_eq!((all["charts/other"].count, all["charts/other"].not_finite), (0, 6));
        assert!(told.is_empty());
    }
}
