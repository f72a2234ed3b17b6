//! Metrics over HTTP: every value of a range, or as many groups of neighbouring ones as one asks for, exact in count, mean and
//! extremes.

use super::{Pages, Problem};
use crate::access::Pass;
use crate::hub::Hub;
use crate::log::LogError;
use crate::thin::{Ladder, Weight};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use serde::{Deserialize, Serialize};
use shared::Epoch;
use shared::event::LogEvent;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Groups unless somebody asks for fewer or more, most of one metric, and most of all that may be asked for: they are held
/// in memory until they are sent.
const POINTS: usize = 1000;
const MOST_POINTS: usize = 16_384;
const MOST_POINTS_IN_ALL: usize = 65_536;

/// Most metrics of one answer.
const MOST_METRICS: usize = 64;

/// Which values.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsQuery {
    /// The epoch; the shown one if none is given.
    #[param(value_type = Option<u64>)]
    epoch: Option<Epoch>,
    /// Names of metrics, with commas between them; all if none is given, the first 64 by name.
    names: Option<String>,
    /// The first step.
    from: Option<u64>,
    /// The step after the last.
    to: Option<u64>,
    /// At most so many points of each metric, 1000 if nobody says; at most 16 384, and at most 65 536 divided by the number of
    /// names, which counts as 64 where none is given.
    points: Option<usize>,
}

/// Neighbouring values of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Point {
    /// Step of the first.
    first_step: u64,
    /// Step of the last.
    last_step: u64,
    /// How many are numbers.
    count: u64,
    /// How many are not finite, and count nowhere else.
    not_finite: u64,
    /// Their mean; 0 of none.
    mean: f64,
    /// The least, and its step.
    min: f64,
    min_step: u64,
    /// The greatest, and its step.
    max: f64,
    max_step: u64,
    /// The last.
    last: f64,
}

impl Point {
    fn of(step: u64, value: f64) -> Self {
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

    fn merge(&mut self, later: &Self) {
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

impl Weight for Point {
    fn weight(&self) -> usize {
        size_of::<Self>()
    }
}

/// The metrics of one epoch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricsPage {
    run: String,
    epoch: u64,
    metrics: BTreeMap<String, Vec<Point>>,
}

/// The metrics of a run.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/metrics", params(("run" = String, Path), MetricsQuery),
    responses((status = 200, body = MetricsPage), (status = 404)))]
pub(crate) async fn metrics(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<Pass>,
    Path(run): Path<String>,
    query: Result<Query<MetricsQuery>, QueryRejection>,
) -> Result<Json<MetricsPage>, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, &pass, run, query.epoch).await?;
    let steps = query.from.unwrap_or(0)..query.to.unwrap_or(u64::MAX);
    let names: Option<Vec<String>> = query.names.map(|it| it.split(',').map(str::to_owned).collect());
    let asked = names.as_ref().map_or(MOST_METRICS, |it| it.len().min(MOST_METRICS));
    let points = query.points.unwrap_or(POINTS).clamp(1, MOST_POINTS.min(MOST_POINTS_IN_ALL / asked));
    let (run, epoch) = (pages.run.to_string(), pages.epoch.0);
    let (mut ladders, mut next) = (BTreeMap::<String, Ladder<Point>>::new(), 0);
    while next < pages.end {
        let page = pages.page(next, usize::MAX).await?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        let (steps, names) = (steps.clone(), names.clone());
        let task = tokio::task::spawn_blocking(move || {
            for entry in page {
                let Ok(LogEvent::Metrics { step, values, .. }) = entry.event.decode() else { continue };
                for (name, value) in values {
                    let is_asked = names.as_ref().is_none_or(|it| it.contains(&name));
                    let has_room = ladders.contains_key(&name) || ladders.len() < MOST_METRICS;
                    if is_asked && has_room && steps.contains(&step) {
                        let ladder = ladders.entry(name).or_insert_with(|| Ladder::new(points));
                        ladder.push(&entry, Point::of(step, value), Point::merge);
                    }
                }
            }
            ladders
        });
        ladders = task.await.map_err(|_| LogError::Interrupted)?;
    }
    let points_of = |ladder: &Ladder<Point>| ladder.values(points, Point::merge);
    let metrics = ladders.iter().map(|(name, ladder)| (name.clone(), points_of(ladder))).collect();
    Ok(Json(MetricsPage { run, epoch, metrics }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merged_points_are_exact(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 1..60)) {
            let small: Vec<_> = values.iter().map(|it| it % 1000.0).collect();
            let mut merged = Point::of(0, small[0]);
            for (step, value) in small.iter().enumerate().skip(1) {
                merged.merge(&Point::of(step as u64, *value));
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
        let mut merged = Point::of(0, f64::NAN);
        merged.merge(&Point::of(1, 5.0));
        merged.merge(&Point::of(2, f64::INFINITY));
        assert_eq!((merged.count, merged.not_finite, merged.mean, merged.last), (1, 2, 5.0, 5.0));
        assert_eq!((merged.first_step, merged.last_step, merged.min_step), (0, 2, 1));
    }
}
