//! A bounded series of a metric that keeps its extremes.

/// A metric's values with their steps, episodes and times, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Steps the run had made.
    pub steps: Vec<u64>,
    /// Episodes that had ended.
    pub episodes: Vec<u64>,
    /// Milliseconds since 1970 by the host's clock, which here never goes back.
    pub times: Vec<f64>,
    /// The values. One that is not finite stands for all such between its neighbours.
    pub values: Vec<f64>,
    /// How many values came that are not finite.
    pub not_finite: u64,
}

impl Series {
    /// Adds the next point; above `most` points, keeps the least and the greatest of every four, and one that is not
    /// finite if there was any.
    pub fn push(&mut self, step: u64, episode: u64, time_millis: f64, value: f64, most: usize) {
        self.steps.push(step);
        self.episodes.push(episode);
        self.times.push(time_millis);
        self.values.push(value);
        self.not_finite += u64::from(!value.is_finite());
        if self.values.len() > most.max(4) {
            self.keep_extremes();
        }
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }

    /// Keeps the least and the greatest of every four, and one that is not finite.
    pub(super) fn keep_extremes(&mut self) {
        let mut kept = Vec::with_capacity(self.values.len() / 4 * 3 + 4);
        for start in (0..self.values.len()).step_by(4) {
            let indices = start..(start + 4).min(self.values.len());
            let finite = || indices.clone().filter(|index| self.values[*index].is_finite());
            let by_value = |a: &usize, b: &usize| self.values[*a].total_cmp(&self.values[*b]);
            let gap = indices.clone().find(|index| !self.values[*index].is_finite());
            let wanted = [finite().min_by(by_value), finite().max_by(by_value), gap];
            kept.extend(indices.clone().filter(|index| wanted.contains(&Some(*index))));
        }
        self.steps = kept.iter().map(|index| self.steps[*index]).collect();
        self.episodes = kept.iter().map(|index| self.episodes[*index]).collect();
        self.times = kept.iter().map(|index| self.times[*index]).collect();
        self.values = kept.iter().map(|index| self.values[*index]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn extremes_survive_thinning() {
        let mut series = Series::default();
        for step in 0..10_000_u32 {
            let value = match step {
                1_234 => 99.0,
                5_678 => -99.0,
                _ => f64::from(step % 7),
            };
            series.push(u64::from(step), 0, f64::from(step), value, 200);
            assert!(series.values.len() <= 200);
        }
        assert!(series.values.contains(&99.0) && series.values.contains(&-99.0));
        assert!(series.steps.is_sorted());
        assert_eq!(series.steps.len(), series.times.len());
    }

    proptest! {
        #[test]
        fn what_is_not_finite_is_counted_and_hides_no_extreme(
            values in prop::collection::vec(prop_oneof![3 => -1e3f64..1e3, 1 => prop::num::f64::ANY], 1..400),
            most in 4usize..50,
        ) {
            let mut series = Series::default();
            for (step, value) in values.iter().enumerate() {
                series.push(step as u64, 0, 0.0, *value, most);
                prop_assert!(series.values.len() <= most);
            }
            let finite = |values: &[f64]| values.iter().copied().filter(|it| it.is_finite()).collect::<Vec<_>>();
            let (all, kept) = (finite(&values), finite(&series.values));
            prop_assert_eq!(all.iter().copied().reduce(f64::min), kept.iter().copied().reduce(f64::min));
            prop_assert_eq!(all.iter().copied().reduce(f64::max), kept.iter().copied().reduce(f64::max));
            prop_assert_eq!(series.not_finite, (values.len() - all.len()) as u64);
            prop_assert_eq!(series.not_finite > 0, series.values.iter().any(|it| !it.is_finite()));
            prop_assert!(series.steps.is_sorted());
        }
    }
}
