//! Runs over HTTP: found, sorted, named, tagged and removed.

use super::Problem;
use super::body::JsonBody;
use super::schemas::RunSummarySchema;
use crate::access::AccessPass;
use crate::hub::Hub;
use crate::log::Remark;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::RunId;
use shared::message::RunSummary;
use std::cmp::Reverse;
use std::mem::take;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most characters of a name or a tag, of a note, and most tags.
const MOST_NAME_CHARACTERS: usize = 200;
const MOST_NOTE_CHARACTERS: usize = 10_000;
const MOST_TAGS: usize = 32;

/// Which runs, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunsQuery {
    /// Only runs whose identifier, name or title holds this text, in any case.
    text: Option<String>,
    /// Only runs with this tag.
    tag: Option<String>,
    /// Only runs whose publisher is connected, or only others.
    live: Option<bool>,
    /// The order: `heard` (those first that the relay heard of last), `run`, `entries` (the most first) or `started` (the newest
    /// first).
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// At most so many.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Heard,
    Run,
    Entries,
    Started,
}

/// A run and what people say of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RemarkedRun {
    #[serde(flatten)]
    #[schema(value_type = RunSummarySchema)]
    pub(super) summary: RunSummary,
    #[serde(flatten)]
    remark: Remark,
    /// Connections that are subscribed to it.
    viewers: u64,
}

/// The runs.
#[utoipa::path(get, tag = "Runs", path = "/api/v1/runs", params(RunsQuery), responses((status = 200, body = Vec<RemarkedRun>)))]
pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    query: Result<Query<RunsQuery>, QueryRejection>,
) -> Result<Json<Vec<RemarkedRun>>, Problem> {
    let Query(RunsQuery { text, tag, live, sort, limit }) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let text = text.map(|it| it.to_lowercase());
    let runs = hub.runs(&pass).into_iter().map(|summary| RemarkedRun::of(&hub, summary));
    let mut runs: Vec<_> = runs
        .filter(|it| live.is_none_or(|live| it.summary.live == live))
        .filter(|it| tag.as_ref().is_none_or(|tag| it.remark.tags.contains(tag)))
        .filter(|it| text.as_ref().is_none_or(|text| it.has(text)))
        .collect();
    match sort {
        Sort::Heard => {}
        Sort::Run => runs.sort_by(|a, b| a.summary.run.cmp(&b.summary.run)),
        Sort::Entries => runs.sort_by_key(|it| Reverse(it.summary.entries)),
        Sort::Started => runs.sort_by(|a, b| b.summary.started_millis.total_cmp(&a.summary.started_millis)),
    }
    runs.truncate(limit.unwrap_or(usize::MAX));
    Ok(Json(runs))
}

impl RemarkedRun {
    /// A run as the list tells it, with its note and with what the list leaves out where it is empty.
    pub(super) fn of(hub: &Hub, mut summary: RunSummary) -> Self {
        let note = hub.remarks().get(&summary.run).map(|it| it.note.clone()).unwrap_or_default();
        let remark = Remark { name: take(&mut summary.name), note, tags: take(&mut summary.tags) };
        let viewers = take(&mut summary.viewers);
        Self { summary, remark, viewers }
    }

    fn has(&self, text: &str) -> bool {
        let words = [self.summary.run.as_str(), &self.summary.title, &self.remark.name];
        words.into_iter().any(|it| it.to_lowercase().contains(text))
    }
}

/// What is to be said of a run otherwise than before; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Change)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemarkChange {
    /// A name for people; the run's identifier stays.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Notes.
    #[schema(max_length = 10_000)]
    note: Option<String>,
    /// Tags, each of at most 200 characters.
    #[schema(max_items = 32)]
    tags: Option<Vec<String>>,
}

/// Names, notes and tags a run. Wants the token of a controller.
#[utoipa::path(patch, tag = "Runs", path = "/api/v1/runs/{run}", params(("run" = String, Path)), request_body = RemarkChange,
    responses((status = 200, body = Remark), (status = 400), (status = 404)))]
pub(crate) async fn change(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    JsonBody(RemarkChange { name, note, tags }): JsonBody<RemarkChange>,
) -> Result<Json<Remark>, Problem> {
    let run = named(&hub, &pass, run)?;
    let mut remark = hub.remarks().get(&run).cloned().unwrap_or_default();
    remark.name = checked(name, "a name", MOST_NAME_CHARACTERS)?.unwrap_or(remark.name);
    remark.note = checked(note, "a note", MOST_NOTE_CHARACTERS)?.unwrap_or(remark.note);
    if let Some(mut tags) = tags {
        tags.sort();
        tags.dedup();
        if tags.len() > MOST_TAGS {
            return Err(Problem::Query(format!("{} tags are more than {MOST_TAGS}", tags.len())));
        }
        let tags = tags.into_iter().map(|it| checked(Some(it), "a tag", MOST_NAME_CHARACTERS));
        remark.tags = tags.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().filter(|it| !it.is_empty()).collect();
    }
    hub.say(run, remark.clone());
    Ok(Json(remark))
}

/// Removes a run with all its epochs. Wants the token of a controller; a run whose publisher is connected stays.
#[utoipa::path(delete, tag = "Runs", path = "/api/v1/runs/{run}", params(("run" = String, Path)),
    responses((status = 204), (status = 404), (status = 409)))]
pub(crate) async fn remove(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
) -> Result<StatusCode, Problem> {
    let run = named(&hub, &pass, run)?;
    if hub.give_up(&run).await {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::Conflict(format!("run {run} is published at present; end its publisher first")))
}

/// A run that is there and that may be seen.
pub(super) fn named(hub: &Hub, pass: &AccessPass, run: String) -> Result<RunId, Problem> {
    let run = RunId::new(run).map_err(|error| Problem::Query(error.to_string()))?;
    let is_there = pass.scope.has(&run) && hub.room(&run).is_some();
    if is_there { Ok(run) } else { Err(Problem::no_run(&run)) }
}

fn checked(text: Option<String>, what: &str, most: usize) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.chars().count() > most => {
            let count = text.chars().count();
            Err(Problem::Query(format!("{what} of {count} characters is longer than {most}")))
        }
        text => Ok(text),
    }
}
