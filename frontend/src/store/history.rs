//! A view's curves in a form that can be kept, so that a run loaded again goes on with its past.

use super::{Curve, RunView, Series};
use serde::{Deserialize, Serialize};
use shared::Column;
use shared::codec;
use shared::episode::EpisodeBin;
use std::collections::BTreeMap;

/// Most bins and most points of a metric that are kept.
const MOST_KEPT: usize = 2_000;

/// Curves as they were when kept. Every episode is in exactly one bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    bins: Vec<EpisodeBin>,
    times: Column<f64>,
    metrics: BTreeMap<String, Points>,
}

/// A metric as it was when kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Points {
    steps: Column<u64>,
    episodes: Column<u64>,
    times: Column<f64>,
    values: Column<f64>,
    #[serde(default)]
    not_finite: u64,
}

impl History {
    /// The curves of a view, thinned to a size that is quickly kept.
    pub fn of(view: &RunView) -> Self {
        Self::until(view, u64::MAX)
    }

    /// The same of the first so many episodes: a view that has come further by now tells no more of them.
    pub fn until(view: &RunView, episodes: u64) -> Self {
        let bins = view.episodes.bins();
        let bins = &bins[..bins.partition_point(|bin| bin.last_episode < episodes)];
        let group = bins.len().div_ceil(MOST_KEPT).max(1);
        let last_of = |times: &[f64]| times.last().copied().unwrap_or_default();
        let points = |series: &Series| {
            let mut points = Points::of(series);
            points.truncate(points.episodes.partition_point(|episode| *episode <= episodes));
            points
        };
        let mut metrics = BTreeMap::new();
        metrics.extend(view.metrics.iter().map(|(name, series)| (name.clone(), points(series))));
        Self {
            bins: EpisodeBin::thin(bins, MOST_KEPT),
            times: view.episodes.times()[..bins.len()].chunks(group).map(last_of).collect(),
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

    pub(super) fn into_curves(self, most: usize) -> (Curve, BTreeMap<String, Series>) {
        let mut curve = Curve::default();
        for (bin, time_millis) in self.bins.into_iter().zip(self.times.0) {
            curve.push(time_millis, bin, most);
        }
        let mut metrics = BTreeMap::new();
        metrics.extend(self.metrics.into_iter().map(|(name, points)| (name, points.into_series())));
        (curve, metrics)
    }
}

impl Points {
    fn of(series: &Series) -> Self {
        let mut thin = series.clone();
        while thin.values.len() > MOST_KEPT {
            thin.keep_extremes();
        }
        let Series { steps, episodes, times, values, not_finite } = thin;
        let (steps, episodes, times, values) = (steps.into(), episodes.into(), times.into(), values.into());
        Self { steps, episodes, times, values, not_finite }
    }

    /// Columns of different lengths come from a damaged store: what they have in common is taken.
    fn into_series(mut self) -> Series {
        self.truncate(self.steps.len().min(self.episodes.len()).min(self.times.len()).min(self.values.len()));
        let Self { steps, episodes, times, values, not_finite } = self;
        Series { steps: steps.0, episodes: episodes.0, times: times.0, values: values.0, not_finite }
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
    use shared::episode::Stat;

    fn view(episodes: u64) -> RunView {
        let mut view = RunView::default();
        for episode in 0..episodes {
            let bin = EpisodeBin {
                first_episode: episode,
                last_episode: episode,
                count: 1,
                step: episode * 8,
                episodic_return: Stat::of(1.0),
                length: Stat::of(8.0),
                outcomes: BTreeMap::new(),
                each: None,
            };
            view.episodes.push(episode as f64, bin, 10_000);
            let series = view.metrics.entry("charts/epsilon".into()).or_default();
            series.push(episode * 8, episode + 1, episode as f64, 0.5, 10_000);
        }
        view
    }

    #[test]
    fn a_view_that_has_come_further_tells_no_more_than_it_was_asked() {
        let history = History::until(&view(9), 7);
        assert_eq!((history.episodes(), history.times.len()), (7, 7));
        assert_eq!(history.metrics["charts/epsilon"].episodes.last(), Some(&7));
        assert_eq!(History::of(&view(9)).episodes(), 9);
    }

    #[test]
    fn curves_travel_as_bytes_and_foreign_ones_are_none() {
        let history = History::of(&view(5));
        assert_eq!(History::from_column(&history.to_column()), Some(history));
        assert_eq!(History::from_column(&Column::default()), None);
        assert_eq!(History::from_column(&Column(vec![0xc1, 7])), None);
    }
}
