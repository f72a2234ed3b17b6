//! A bounded series of a metric that keeps its extremes.

/// A metric's values with their steps, episodes and times, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Steps the run had made.
    pub steps: Vec<u64>,
    /// Episodes that had ended.
    pub episodes: Vec<u64>,
    /// Milliseconds since 1970 by the host's clock.
    pub times: Vec<f64>,
    /// The values.
    pub values: Vec<f64>,
}

impl Series {
    /// Adds the next point; above `most` points, keeps the least and the greatest of every four.
    pub fn push(&mut self, step: u64, episode: u64, time_millis: f64, value: f64, most: usize) {
        self.steps.push(step);
        self.episodes.push(episode);
        self.times.push(time_millis);
        self.values.push(value);
        if self.values.len() > most.max(4) {
            self.keep_extremes();
        }
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }

    /// Keeps the least and the greatest of every four.
    pub(super) fn keep_extremes(&mut self) {
        let mut kept = Vec::with_capacity(self.values.len() / 2 + 4);
        for start in (0..self.values.len()).step_by(4) {
            let indices = start..(start + 4).min(self.values.len());
            let by_value = |a: &usize, b: &usize| self.values[*a].total_cmp(&self.values[*b]);
            if let (Some(low), Some(high)) = (indices.clone().min_by(by_value), indices.max_by(by_value)) {
                kept.push(low.min(high));
                if low != high {
                    kept.push(low.max(high));
                }
            }
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
}
