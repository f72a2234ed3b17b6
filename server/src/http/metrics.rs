//! Metrics over HTTP: every value of a range, or as many groups of neighbouring ones as one asks for.

use super::{Pages, Problem};
use crate::access::AccessPass;
use crate::hub::Hub;
use crate::log::LogError;
use crate::points::{CurveQuery, MetricPoint};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use serde::{Deserialize, Serialize};
use shared::Epoch;
use shared::event::LogEvent;
use std::collections::{BTreeMap, BTreeSet};
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

/// The metrics of one epoch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricsPage {
    run: String,
    epoch: u64,
    metrics: BTreeMap<String, Vec<MetricPoint>>,
}

/// The metrics of a run.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/metrics", params(("run" = String, Path), MetricsQuery),
    responses((status = 200, body = MetricsPage), (status = 404)))]
pub(crate) async fn metrics(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    query: Result<Query<MetricsQuery>, QueryRejection>,
) -> Result<Json<MetricsPage>, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, &pass, run, query.epoch).await?;
    let steps = query.from.unwrap_or(0)..query.to.unwrap_or(u64::MAX);
    let names: Option<BTreeSet<String>> = query.names.map(|it| it.split(',').map(str::to_owned).collect());
    let asked = names.as_ref().map_or(MOST_METRICS, |it| it.len().min(MOST_METRICS));
    let most = query.points.unwrap_or(POINTS).clamp(1, MOST_POINTS.min(MOST_POINTS_IN_ALL / asked));
    let (run, epoch) = (pages.run.to_string(), pages.epoch.0);
    let query = CurveQuery { names, most_names: MOST_METRICS, steps, most };
    // What is summed up beforehand is read so, and the rest of the log value by value.
    let (mut curves, mut next) = pages.hub.log.curves(&pages.run, pages.epoch, query).await?;
    while next < pages.end {
        let page = pages.page(next, usize::MAX).await?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        let task = tokio::task::spawn_blocking(move || {
            for entry in page {
                if let Ok(LogEvent::Metrics { step, values, .. }) = entry.event.decode() {
                    curves.push(entry.offset.0, step, values);
                }
            }
            curves
        });
        curves = task.await.map_err(|_| LogError::Interrupted)?;
    }
    Ok(Json(MetricsPage { run, epoch, metrics: curves.points() }))
}
