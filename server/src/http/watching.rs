//! A run as it is now: who watches it, its newest state, what its episodes came to, and commands to it.

use super::body::CommandBody;
use super::runs::{RemarkedRun, named};
use super::schemas::{AnswerSchema, CommandSchema, StatePageSchema};
use super::{Pages, Problem};
use crate::access::AccessPass;
use crate::commands::Asker;
use crate::hub::Hub;
use crate::text::{self, StateText};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use serde::{Deserialize, Serialize};
use shared::Epoch;
use shared::command::Answer;
use shared::episode::{EpisodeBin, Stat};
use shared::event::LogEvent;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};

/// Bytes of state that an answer holds.
const STATE_BYTES: usize = 8 << 20;

/// A run and who watches it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Watched {
    #[serde(flatten)]
    run: RemarkedRun,
    /// Each of the connections that are subscribed to it.
    watching: Vec<ListedViewer>,
}

/// A connection that is subscribed to a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Viewer)]
pub(crate) struct ListedViewer {
    /// Its number, as in the relay's log.
    connection: u64,
    /// State events that it was spared because it was slow; of the log it gets everything.
    skipped: u64,
}

/// One run.
#[utoipa::path(get, tag = "Runs", path = "/api/v1/runs/{run}", params(("run" = String, Path)),
    responses((status = 200, body = Watched), (status = 404)))]
pub(crate) async fn show(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
) -> Result<Json<Watched>, Problem> {
    let run = named(&hub, &pass, run)?;
    let room = hub.room(&run).ok_or_else(|| Problem::no_run(&run))?;
    let viewers = room.viewers().into_iter().map(|(connection, skipped)| ListedViewer { connection, skipped });
    let watching = viewers.collect::<Vec<_>>();
    let mut summary = hub.summary(&room);
    summary.viewers = watching.len() as u64;
    Ok(Json(Watched { run: RemarkedRun::of(&hub, summary), watching }))
}

/// Which state events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateQuery {
    /// The epoch; the shown one if none is given.
    #[param(value_type = Option<u64>)]
    epoch: Option<Epoch>,
    /// Kinds, with commas between them, such as `status,frame`; all if none is given.
    kinds: Option<String>,
}

/// The newest state event of every kind: status, frame, values, network, host and what else its publisher has.
#[utoipa::path(get, tag = "Watching and commanding", path = "/api/v1/runs/{run}/state",
    params(("run" = String, Path), StateQuery), responses((status = 200, body = StatePageSchema), (status = 404)))]
pub(crate) async fn state(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    query: Result<Query<StateQuery>, QueryRejection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let Query(StateQuery { epoch, kinds }) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let run = named(&hub, &pass, run)?;
    let room = hub.room(&run).ok_or_else(|| Problem::no_run(&run))?;
    let feed = match epoch {
        Some(epoch) => hub.feed_of(&room, epoch).await?.ok_or_else(|| Problem::no_epoch(&run, epoch))?,
        None => room.feed(),
    };
    let (mut entries, _, _) = feed.snapshot(STATE_BYTES);
    let asked = |kind: &str| kinds.as_ref().is_none_or(|it| it.split(',').any(|it| it == kind));
    entries.retain(|it| asked(&it.kind));
    let entries: Vec<StateText<'_>> = text::states(&entries);
    Ok(Json(serde_json::json!({ "run": run, "epoch": feed.epoch, "entries": entries })))
}

/// Which episodes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomesQuery {
    /// The epoch; the shown one if none is given.
    #[param(value_type = Option<u64>)]
    epoch: Option<Epoch>,
    /// Only bins that begin at this episode or later.
    from_episode: Option<u64>,
}

/// A number of every episode, over all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Over {
    total: f64,
    mean: f64,
    standard_deviation: f64,
    min: f64,
    max: f64,
}

impl Over {
    fn of(stat: &Stat, count: u64) -> Self {
        let standard_deviation = (stat.m2(count) / count as f64).sqrt();
        Self { total: stat.sum, mean: stat.sum / count as f64, standard_deviation, min: stat.min, max: stat.max }
    }
}

/// What the episodes of an epoch came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EpisodeSummary {
    run: String,
    epoch: u64,
    /// How many episodes these are.
    episodes: u64,
    /// Their undiscounted return; absent where there are none.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    episodic_return: Option<Over>,
    /// Their length in steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<Over>,
    /// Every outcome of the environment, 1 for the episodes that ended so, and every counter of it, by name: the mean of an
    /// outcome is its share.
    outcomes: BTreeMap<String, Over>,
}

/// What the episodes of a run came to, by outcome.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/outcomes", params(("run" = String, Path), OutcomesQuery),
    responses((status = 200, body = EpisodeSummary), (status = 404)))]
pub(crate) async fn outcomes(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    query: Result<Query<OutcomesQuery>, QueryRejection>,
) -> Result<Json<EpisodeSummary>, Problem> {
    let Query(OutcomesQuery { epoch, from_episode }) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, &pass, run, epoch).await?;
    let (first, mut next, mut all) = (from_episode.unwrap_or(0), 0, None::<EpisodeBin>);
    while next < pages.end {
        let page = pages.page(next, usize::MAX).await?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        let bins = page.iter().filter_map(|it| match it.event.decode() {
            Ok(LogEvent::Episodes(bin)) if bin.first_episode >= first => Some(EpisodeBin { each: None, ..bin }),
            _ => None,
        });
        for bin in bins {
            match &mut all {
                Some(all) => all.merge(&bin),
                None => all = Some(bin),
            }
        }
    }
    let episodes = all.as_ref().map_or(0, |it| it.count);
    let over = |stat: &Stat| Over::of(stat, episodes);
    Ok(Json(EpisodeSummary {
        run: pages.run.to_string(),
        epoch: pages.epoch.0,
        episodes,
        episodic_return: all.as_ref().map(|it| over(&it.episodic_return)),
        length: all.as_ref().map(|it| over(&it.length)),
        outcomes: all.iter().flat_map(|it| &it.outcomes).map(|(name, stat)| (name.clone(), over(stat))).collect(),
    }))
}

/// Has a run do something, and waits for the answer of its host. Wants the token of a controller.
#[utoipa::path(post, tag = "Watching and commanding", path = "/api/v1/runs/{run}/commands",
    params(("run" = String, Path)),
    request_body(content = CommandSchema, description = "one command of docs/PROTOCOL.md", example = json!({"pause": {}})),
    responses((status = 200, body = AnswerSchema, description = "`accepted`, or `rejected` with a reason"), (status = 400),
        (status = 404)))]
pub(crate) async fn command(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    CommandBody(command): CommandBody,
) -> Result<Json<Answer>, Problem> {
    let run = named(&hub, &pass, run)?;
    let (sender, answer) = oneshot::channel();
    hub.command(&pass, run, command, Asker::Request(sender));
    // Every command is answered, at the latest when its time is over.
    let answer = answer.await.unwrap_or_else(|_| Answer::Rejected { reason: "the relay closes".into() });
    Ok(Json(answer))
}
