//! The doors: the stream, the runs and their logs as JSON, health, metrics, and the page.

use crate::feed::{Feed, Next};
use crate::hub::Hub;
use crate::listening::Line;
use crate::log::{Excerpt, Log, LogError};
use crate::session::{self, Visitor};
use crate::{access, batch, page};
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next as NextHandler};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use shared::csv::EpisodeRows;
use shared::message::{LogEntry, PROTOCOL, ProtocolVersion, Role, RunSummary};
use shared::{Epoch, Offset, RunId};
use std::sync::Arc;

/// Entries of a page of the log, unless asked for fewer or more.
const PAGE_ENTRIES: u64 = 1000;

/// Most entries and bytes of a page of the log.
const MOST_PAGE_ENTRIES: u64 = 10_000;
const MOST_PAGE_BYTES: usize = 4 << 20;

/// Small buffers: a thousand viewers wait most of the time.
const SOCKET_BUFFER_BYTES: usize = 8 << 10;

/// Everything that a relay answers to.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let guarded = Router::new()
        .route("/api/v1/runs", get(runs))
        .route("/api/v1/runs/{run}/log", get(log))
        .route("/api/v1/runs/{run}/episodes.csv", get(episodes))
        .route("/metrics", get(metrics))
        .route_layer(middleware::from_fn_with_state(hub.clone(), only_viewers));
    let router = Router::new()
        .route("/api/v1/stream", get(stream))
        .route("/healthz", get(healthz))
        .route("/terrarium.json", get(relay))
        .merge(guarded);
    page::serve(router, hub.config.page.as_deref()).with_state(hub)
}

async fn stream(
    State(hub): State<Arc<Hub>>,
    Extension(line): Extension<Arc<Line>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let origin = text(header::ORIGIN);
    let admitted = hub.config.access.admits_origin(origin, text(header::HOST), &hub.address);
    let Some(place) = hub.place() else { return Problem::Full(hub.config.limits.connections).into_response() };
    let visitor = Visitor {
        greeting_due: line.greeting_due(&hub.config.limits),
        line,
        foreign_origin: origin.filter(|_| !admitted).map(Into::into),
        _place: place,
    };
    visitor.line.guard.begin_session(hub.config.limits.greeting_bytes);
    // Somewhat above the limit is still read, so that its sender can be told.
    let most = hub.config.limits.message_bytes * 2;
    let tracker = hub.sessions.clone();
    upgrade
        .max_message_size(most)
        .max_frame_size(most)
        .read_buffer_size(SOCKET_BUFFER_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES)
        .on_upgrade(move |socket| tracker.track_future(session::serve(hub, socket, visitor)))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    storage: bool,
}

/// 200 even while nothing can be stored: the relay still serves its viewers, and a restart would not help the disk.
async fn healthz(State(hub): State<Arc<Hub>>) -> Json<Health> {
    let storage = hub.log.healthy();
    Json(Health { status: if storage { "ok" } else { "storage failing" }, storage })
}

#[derive(Serialize)]
struct RelayMark {
    relay: bool,
    protocol: ProtocolVersion,
}

/// Tells a page that a relay serves it; a plain file server has no such file.
async fn relay() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(RelayMark { relay: true, protocol: PROTOCOL })).into_response()
}

async fn runs(State(hub): State<Arc<Hub>>) -> Json<Vec<RunSummary>> {
    Json(hub.runs())
}

#[derive(Deserialize)]
struct LogQuery {
    epoch: Option<Epoch>,
    from: Option<Offset>,
    limit: Option<u64>,
}

#[derive(Serialize)]
struct LogPage {
    run: RunId,
    epoch: Epoch,
    entries: Vec<LogEntry>,
    /// The offset to ask for next; the end of the log when equal to the one asked for.
    next: Offset,
}

async fn log(
    State(hub): State<Arc<Hub>>,
    Path(run): Path<String>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Json<LogPage>, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, run, query.epoch).await?;
    let from = query.from.unwrap_or_default();
    let limit = query.limit.unwrap_or(PAGE_ENTRIES).clamp(1, MOST_PAGE_ENTRIES);
    let entries = pages.page(from.0, limit as usize).await?;
    let next = entries.last().map_or(from, |it: &LogEntry| it.offset.next());
    let (run, epoch) = (pages.run, pages.epoch);
    Ok(Json(LogPage { run, epoch, entries, next }))
}

#[derive(Deserialize)]
struct EpisodesQuery {
    epoch: Option<Epoch>,
}

/// The episodes of a log up to now as a table, page by page, so that it takes no more memory than a page.
async fn episodes(
    State(hub): State<Arc<Hub>>,
    Path(run): Path<String>,
    query: Result<Query<EpisodesQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, run, query.epoch).await?;
    let name = format!("attachment; filename=\"{}-episodes.csv\"", pages.run);
    let begin = (pages, Some(0), EpisodeRows::new());
    let table = stream::try_unfold(begin, |(pages, from, mut rows)| async move {
        let Some(from) = from else { return Ok::<_, LogError>(None) };
        let entries = pages.page(from, MOST_PAGE_ENTRIES as usize).await?;
        // An event of a kind that this relay does not know is none of episodes.
        entries.iter().filter_map(|it| it.event.decode().ok()).for_each(|event| rows.push_event(&event));
        let next = entries.last().map(|it| it.offset.next().0).filter(|next| *next < pages.end);
        Ok(Some((rows.take(), (pages, next, rows))))
    });
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &name)];
    Ok((headers, Body::from_stream(table)).into_response())
}

/// The log of one epoch, page by page.
struct Pages {
    hub: Arc<Hub>,
    run: RunId,
    epoch: Epoch,
    /// The feed, if it is the shown epoch.
    shown: Option<Arc<Feed>>,
    /// The offset after the last entry that there is now.
    end: u64,
}

impl Pages {
    async fn of(hub: Arc<Hub>, run: String, epoch: Option<Epoch>) -> Result<Self, Problem> {
        let run = RunId::new(run).map_err(|error| Problem::Query(error.to_string()))?;
        let room = hub.room(&run).ok_or_else(|| Problem::Unknown(format!("there is no run {run} here")))?;
        let feed = room.feed();
        let epoch = epoch.unwrap_or(feed.epoch);
        if epoch == feed.epoch {
            let end = feed.position().expected;
            return Ok(Self { hub, run, epoch, shown: Some(feed), end });
        }
        let stored = hub.log.epoch(&run, epoch).await?;
        let end = stored.ok_or_else(|| Problem::Unknown(format!("run {run} has no epoch {} here", epoch.0)))?.entries;
        Ok(Self { hub, run, epoch, shown: None, end })
    }

    /// At most so many entries from an offset on.
    async fn page(&self, from: u64, most: usize) -> Result<Vec<LogEntry>, LogError> {
        let Some(feed) = &self.shown else {
            let excerpt = Excerpt { offsets: from..u64::MAX, most, most_bytes: MOST_PAGE_BYTES };
            return self.hub.log.entries(&self.run, self.epoch, excerpt).await;
        };
        page_of(feed, from, most, &*self.hub.log).await
    }
}

/// At most so many entries of the shown epoch, from storage and from memory.
async fn page_of(feed: &Feed, from: u64, most: usize, stored: &dyn Log) -> Result<Vec<LogEntry>, LogError> {
    let (mut entries, mut cursor, mut bytes) = (Vec::new(), from, 0);
    while entries.len() < most && bytes < MOST_PAGE_BYTES {
        let left = most - entries.len();
        let more: Vec<LogEntry> = match feed.next(cursor) {
            Next::Batch(batch) => batch.entries_from(cursor).iter().take(left).cloned().collect(),
            Next::Stored(end) => {
                let excerpt = Excerpt { offsets: cursor..end, most: left, most_bytes: MOST_PAGE_BYTES - bytes };
                stored.entries(&feed.run, feed.epoch, excerpt).await?
            }
            Next::Nothing => break,
        };
        let Some(last) = more.last() else { break };
        cursor = last.offset.next().0;
        bytes += more.iter().map(batch::size).sum::<usize>();
        entries.extend(more);
    }
    Ok(entries)
}

async fn metrics(State(hub): State<Arc<Hub>>) -> Result<Response, StatusCode> {
    let text = hub.metrics.text().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Where watching needs a token, `Authorization: Bearer TOKEN` has to carry that of a viewer or controller.
async fn only_viewers(State(hub): State<Arc<Hub>>, request: Request, next: NextHandler) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.strip_prefix("Bearer "));
    match hub.config.access.admit(Role::Viewer, given, &hub.address) {
        Err(refusal) => Problem::Token(refusal).into_response(),
        Ok(()) => next.run(request).await,
    }
}

/// Why a request gets no answer.
enum Problem {
    Query(String),
    Unknown(String),
    Token(access::Refusal),
    Full(usize),
    Log(LogError),
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

#[derive(Serialize)]
struct ProblemBody {
    error: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Query(error) => (StatusCode::BAD_REQUEST, error),
            Self::Unknown(error) => (StatusCode::NOT_FOUND, error),
            Self::Full(most) => {
                let error = format!("this relay already has its {most} sessions; try again later");
                (StatusCode::SERVICE_UNAVAILABLE, error)
            }
            Self::Token(refusal) => (StatusCode::UNAUTHORIZED, refusal.to_string()),
            Self::Log(error) => {
                tracing::error!(%error, "a page of the log cannot be read");
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
        };
        (status, Json(ProblemBody { error })).into_response()
    }
}
