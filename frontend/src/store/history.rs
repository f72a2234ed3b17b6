//! A view's curves in a form that can be kept, so that a run loaded again goes on with its past.

use super::{Curve, RunView, Series};
use serde::{Deserialize, Serialize};
use shared::Column;
use shared::episode::EpisodeBin;
use shared::vec_map::VecMap;

/// Most bins and most points of a metric that are kept.
const MOST_KEPT: usize = 2_000;

/// Curves as they were when kept. Every episode is in exactly one bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    bins: Vec<EpisodeBin>,
    times: Column<f64>,
    metrics: VecMap<String, Points>,
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
        let group = view.episodes.bins().len().div_ceil(MOST_KEPT).max(1);
        let last_of = |times: &[f64]| times.last().copied().unwrap_or_default();
        Self {
            bins: EpisodeBin::thin(view.episodes.bins(), MOST_KEPT),
            times: view.episodes.times().chunks(group).map(last_of).collect(),
            metrics: view.metrics.iter().map(|(name, series)| (name.clone(), Points::of(series))).collect(),
        }
    }

    /// Number of episodes in it.
    pub fn episodes(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    pub(super) fn into_curves(self, most: usize) -> (Curve, VecMap<String, Series>) {
        let mut curve = Curve::default();
        for (bin, time_millis) in self.bins.into_iter().zip(self.times.0) {
            curve.push(time_millis, bin, most);
        }
        (curve, self.metrics.into_iter().map(|(name, points)| (name, points.into_series())).collect())
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
    fn into_series(self) -> Series {
        let (mut steps, mut episodes) = (self.steps.0, self.episodes.0);
        let (mut times, mut values) = (self.times.0, self.values.0);
        let length = steps.len().min(episodes.len()).min(times.len()).min(values.len());
        steps.truncate(length);
        episodes.truncate(length);
        times.truncate(length);
        values.truncate(length);
        Series { steps, episodes, times, values, not_finite: self.not_finite }
    }
}
