//! Curves of a run in a form that can be kept, so that a run loaded again goes on with its past.

use crate::codec;
use crate::column::Column;
use crate::curve::Curve;
use crate::episode::EpisodeBin;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bins and most points of a metric that are kept.
pub const MOST_KEPT: usize = 2_000;

/// Curves as they were when kept. Every episode is in exactly one bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    bins: Vec<EpisodeBin>,
    times: Column<f64>,
    metrics: BTreeMap<String, Points>,
}

/// A metric as it was when kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// Steps of the run at each point.
    pub steps: Column<u64>,
    /// Episodes that had ended at each point.
    pub episodes: Column<u64>,
    /// When each point was logged, in milliseconds since 1970.
    pub times: Column<f64>,
    /// The values.
    pub values: Column<f64>,
    /// How many values were not finite, and are none of these.
    #[serde(default)]
    pub not_finite: u64,
}

impl History {
    /// The first so many episodes of a curve, thinned to a size that is quickly kept, and of its metrics what belongs to them.
    pub fn new(curve: &Curve, mut metrics: BTreeMap<String, Points>, episodes: u64) -> Self {
        let bins = curve.bins();
        let bins = &bins[..bins.partition_point(|bin| bin.last_episode < episodes)];
        let group = bins.len().div_ceil(MOST_KEPT).max(1);
        let last_of = |times: &[f64]| times.last().copied().unwrap_or_default();
        for points in metrics.values_mut() {
            points.truncate(points.episodes.partition_point(|episode| *episode <= episodes));
        }
        Self {
            bins: EpisodeBin::thin(bins, MOST_KEPT),
            times: curve.times()[..bins.len()].chunks(group).map(last_of).collect(),
            metrics,
        }
    }

    /// As the bytes that a saved agent brings along.
    pub fn to_column(&self) -> Column<u8> {
        // What cannot be encoded is left at home: the agent is as good without.
        codec::to_bytes(self).map(Column).unwrap_or_default()
    }

    /// Reads the bytes that a saved agent brought along; none if it brought none, or those of another program.
    pub fn from_column(bytes: &Column<u8>) -> Option<Self> {
        codec::from_kept(bytes).ok()
    }

    /// Number of episodes in it.
    pub fn episodes(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Mean return of the last so many episodes, or of the few more that share a bin with them; none if there are fewer.
    pub fn mean_return(&self, episodes: u64) -> Option<f64> {
        let (mut count, mut sum) = (0, 0.0);
        for bin in self.bins.iter().rev() {
            count += bin.count;
            sum += bin.episodic_return.sum;
            if count >= episodes {
                return Some(sum / count as f64);
            }
        }
        None
    }

    /// The curve of at most so many bins, and the metrics.
    pub fn into_parts(self, most: usize) -> (Curve, BTreeMap<String, Points>) {
        let mut curve = Curve::default();
        for (bin, time_millis) in self.bins.into_iter().zip(self.times.0) {
            curve.push(time_millis, bin, most);
        }
        (curve, self.metrics)
    }
}

impl Points {
    /// What all columns have in common: those of different lengths come from a damaged store.
    #[must_use]
    pub fn even(mut self) -> Self {
        self.truncate(self.steps.len().min(self.episodes.len()).min(self.times.len()).min(self.values.len()));
        self
    }

    fn truncate(&mut self, length: usize) {
        self.steps.0.truncate(length);
        self.episodes.0.truncate(length);
        self.times.0.truncate(length);
        self.values.0.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episode::Stat;

    #[test]
    fn curves_travel_as_bytes_and_foreign_ones_are_none() {
        let mut curve = Curve::default();
        for episode in 0..5 {
            let bin = EpisodeBin {
                first_episode: episode,
                last_episode: episode,
                count: 1,
                step: episode * 8,
                episodic_return: Stat::of(episode as f64),
                length: Stat::of(8.0),
                outcomes: BTreeMap::new(),
                each: None,
            };
            curve.push(episode as f64, bin, 100);
        }
        let history = History::new(&curve, BTreeMap::new(), 4);
        assert_eq!((history.episodes(), history.mean_return(2), history.mean_return(5)), (4, Some(2.5), None));
        assert_eq!(History::from_column(&history.to_column()), Some(history));
        assert_eq!(History::from_column(&Column::default()), None);
        assert_eq!(History::from_column(&Column(vec![0xc1, 7])), None);
    }
}
