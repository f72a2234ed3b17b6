//! A view's curves in a form that can be kept, and back.

use super::{RunView, Series};
use shared::curve::Curve;
use shared::history::{History, MOST_KEPT, Points};
use std::collections::BTreeMap;

/// The curves of a view up to so many episodes: a view that has come further by now tells no more of them.
pub fn until(view: &RunView, episodes: u64) -> History {
    let mut metrics = BTreeMap::new();
    metrics.extend(view.metrics.iter().map(|(name, series)| (name.clone(), points(series))));
    History::new(&view.episodes, metrics, episodes)
}

/// The curves that were kept, of at most so many bins.
pub(super) fn curves(history: History, most: usize) -> (Curve, BTreeMap<String, Series>) {
    let (curve, kept) = history.into_parts(most);
    let mut metrics = BTreeMap::new();
    metrics.extend(kept.into_iter().map(|(name, points)| (name, series(points))));
    (curve, metrics)
}

fn points(series: &Series) -> Points {
    let mut thin = series.clone();
    while thin.values.len() > MOST_KEPT {
        thin.keep_extremes();
    }
    let Series { steps, episodes, times, values, not_finite } = thin;
    let (steps, episodes, times, values) = (steps.into(), episodes.into(), times.into(), values.into());
    Points { steps, episodes, times, values, not_finite }
}

fn series(points: Points) -> Series {
    let Points { steps, episodes, times, values, not_finite } = points.even();
    Series { steps: steps.0, episodes: episodes.0, times: times.0, values: values.0, not_finite }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::episode::{EpisodeBin, Stat};

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
        let history = until(&view(9), 7);
        assert_eq!(history.episodes(), 7);
        let (curve, metrics) = curves(history, 100);
        assert_eq!((curve.episodes(), curve.times().len()), (7, 7));
        assert_eq!(metrics["charts/epsilon"].episodes.last(), Some(&7));
        assert_eq!(until(&view(9), u64::MAX).episodes(), 9);
    }
}
