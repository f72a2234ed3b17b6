//! The doors: the stream, the runs and their logs as JSON, health, figures, and the page.

mod artifacts;
mod body;
mod metrics;
mod openapi;
mod runs;
mod schemas;
mod watching;

use crate::access::{Access, AccessPass, AccessRefusal};
use crate::admit::admit;
use crate::alerts::Firing;
use crate::feed::{AtCursor, Feed};
use crate::hub::Hub;
use crate::listening::ClientConnection;
use crate::log::{Excerpt, Log, LogError};
use crate::session::{self, Arrival};
use crate::text::{self, EntryText};
use crate::{batch, guard, page};
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next as NextHandler};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, patch, post};
use axum::{Json, Router};
use futures_util::stream;
use schemas::LogPageSchema;
use serde::{Deserialize, Serialize};
use shared::csv::{self, EpisodeRows};
use shared::event::LogEvent;
use shared::message::{LogEntry, PROTOCOL, ProtocolVersion, Role};
use shared::{Epoch, Offset, RunId};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Entries of a page of the log, unless asked for fewer or more.
const PAGE_ENTRIES: u64 = 1000;

/// Most entries and bytes of a page of the log, as JSON.
const MOST_PAGE_ENTRIES: u64 = 10_000;
const MOST_PAGE_BYTES: usize = shared::codec::MAX_MESSAGE_BYTES;

/// Bytes of entries, as they are stored, that an answer holds at a time.
const READ_BYTES: usize = 256 << 10;

/// About the bytes that an answer sends at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Most bytes that a request may bring.
const MOST_BODY_BYTES: usize = 64 << 10;

/// Small buffers: a thousand viewers wait most of the time.
const SOCKET_BUFFER_BYTES: usize = 8 << 10;

/// Everything that a relay answers to.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let guarded = Router::new()
        .route("/api/v1/runs", get(runs::list))
        .route("/api/v1/runs/{run}", get(watching::show))
        .route("/api/v1/runs/{run}/state", get(watching::state))
        .route("/api/v1/runs/{run}/outcomes", get(watching::outcomes))
        .route("/api/v1/runs/{run}/metrics", get(metrics::metrics))
        .route("/api/v1/runs/{run}/log", get(log))
        .route("/api/v1/runs/{run}/episodes.csv", get(episodes))
        .route("/api/v1/runs/{run}/artifacts", get(artifacts::list))
        .route("/api/v1/runs/{run}/artifacts/{sha256}", get(artifacts::give))
        .route("/api/v1/alerts", get(alerts))
        .route("/metrics", get(figures))
        .route_layer(middleware::from_fn_with_state((hub.clone(), Role::Viewer), only));
    let commanded = Router::new()
        .route("/api/v1/runs/{run}", patch(runs::change).delete(runs::remove))
        .route("/api/v1/runs/{run}/commands", post(watching::command))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .route_layer(middleware::from_fn_with_state((hub.clone(), Role::Controller), only));
    let router = Router::new()
        .route("/api/v1/stream", get(stream))
        .route("/healthz", get(healthz))
        .route("/terrarium.json", get(relay))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .merge(openapi::page())
        .merge(guarded)
        .merge(commanded)
        .route("/api/v1/", any(nothing))
        .route("/api/v1/{*rest}", any(nothing))
        .method_not_allowed_fallback(no_method);
    page::serve(router, hub.config.page.as_deref(), &hub.config.access.embedders)
        .layer(middleware::from_fn_with_state(hub.clone(), guard::guard))
        .with_state(hub)
}

async fn nothing(uri: Uri) -> Problem {
    Problem::Unknown(format!("there is nothing at {}; /api/v1/openapi.json tells what there is", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    Problem::NoMethod(format!("{} takes no {method}; the header Allow tells what it takes", uri.path()))
}

async fn stream(
    State(hub): State<Arc<Hub>>,
    Extension(line): Extension<Arc<ClientConnection>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let origin = text(header::ORIGIN);
    let admitted = hub.config.access.admits_origin(origin, text(header::HOST), &hub.address);
    let Some(place) = hub.place() else { return Problem::Full(hub.config.limits.connections).into_response() };
    let visitor = Arrival {
        greeting_due: line.greeting_due(&hub.config.limits),
        address: address_of(&hub.config.access, &line, &headers),
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

#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct RelayHealth {
    status: &'static str,
    storage: bool,
    /// Entries that were found damaged; each is lost, the others are not.
    #[serde(skip_serializing_if = "is_zero")]
    damaged: usize,
    /// Whether the database was so damaged when the relay started that a new one, with what could be read, is in its place.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replaced: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// 200 even while nothing can be stored: the relay still serves its viewers, and a restart would not help the disk.
#[utoipa::path(get, tag = "Relay", path = "/healthz", responses((status = 200, body = RelayHealth)))]
async fn healthz(State(hub): State<Arc<Hub>>) -> Json<RelayHealth> {
    let storage = hub.log.healthy();
    let (damaged, replaced) = (hub.log.damaged(), hub.log.was_replaced());
    let status = match (storage, damaged, replaced) {
        (false, ..) => "storage failing",
        (true, 0, false) => "ok",
        (true, ..) => "damaged",
    };
    Json(RelayHealth { status, storage, damaged, replaced })
}

#[derive(Serialize, ToSchema)]
struct RelayMark {
    relay: bool,
    #[schema(value_type = Object)]
    protocol: ProtocolVersion,
}

/// Tells a page that a relay serves it; a plain file server has no such file.
#[utoipa::path(get, tag = "Relay", path = "/terrarium.json", responses((status = 200, body = RelayMark)))]
async fn relay() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(RelayMark { relay: true, protocol: PROTOCOL })).into_response()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// The epoch; the shown one if none is given.
    #[param(value_type = Option<u64>)]
    epoch: Option<Epoch>,
    /// The first offset.
    #[param(value_type = Option<u64>)]
    from: Option<Offset>,
    /// At most so many entries, 1000 if nobody says and at most 10 000.
    limit: Option<u64>,
    /// Only events of these kinds, with commas between them, such as `checkpoint,notice`.
    kinds: Option<String>,
}

/// A page of the log: `next` is the offset to ask for next, the end of the log when equal to the one asked for.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/log", params(("run" = String, Path), LogQuery),
    responses((status = 200, body = LogPageSchema), (status = 404)))]
async fn log(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, &pass, run, query.epoch).await?;
    let from = query.from.unwrap_or_default().0;
    let left = query.limit.unwrap_or(PAGE_ENTRIES).clamp(1, MOST_PAGE_ENTRIES) as usize;
    // What can be read at all is known before the answer begins.
    let entries = pages.page(from, left).await?.into();
    let head = format!("{{\"run\":\"{}\",\"epoch\":{},\"entries\":[", pages.run, pages.epoch.0);
    let names = |kind: &str| [Some(kind.to_owned()), LogEvent::former_name(kind).map(str::to_owned)];
    let kinds = query.kinds.map(|it| it.split(',').flat_map(names).flatten().collect());
    let page = LogPage { pages, entries, kinds, next: from, left, bytes: 0, text: head };
    let body = Body::from_stream(stream::try_unfold(Some(page), |page| async move {
        let Some(mut page) = page else { return Ok::<_, LogError>(None) };
        let goes_on = page.fill().await?;
        let text = std::mem::take(&mut page.text);
        Ok(Some((text, goes_on.then_some(page))))
    }));
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// A page of the log on its way out: only what is sent next is in words.
struct LogPage {
    pages: Pages,
    entries: VecDeque<LogEntry>,
    kinds: Option<Vec<String>>,
    next: u64,
    left: usize,
    bytes: usize,
    text: String,
}

impl LogPage {
    /// Puts what comes next into words, and the end after the last of it, which gives false.
    async fn fill(&mut self) -> Result<bool, LogError> {
        while self.text.len() < PIECE_BYTES {
            if self.entries.is_empty() && self.left > 0 && self.bytes < MOST_PAGE_BYTES {
                self.entries = self.pages.page(self.next, self.left).await?.into();
            }
            let entry = self.entries.pop_front().filter(|_| self.left > 0 && self.bytes < MOST_PAGE_BYTES);
            let Some(entry) = entry else {
                self.text += "],\"next\":";
                self.text += &self.next.to_string();
                self.text.push('}');
                return Ok(false);
            };
            self.next = entry.offset.next().0;
            if self.leaves_out(&entry) {
                continue;
            }
            let entry_text = EntryText::new(&entry);
            let text = serde_json::to_string(&entry_text).map_err(|_| LogError::Interrupted)?;
            if self.bytes > 0 {
                self.text.push(',');
            }
            self.bytes += text.len();
            self.text.push_str(&text);
            self.left -= 1;
        }
        Ok(true)
    }

    /// Whether nobody asked for events of this kind.
    fn leaves_out(&self, entry: &LogEntry) -> bool {
        let Some(kinds) = &self.kinds else { return false };
        text::kind(entry.event.as_bytes()).is_none_or(|kind| !kinds.contains(&kind))
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EpisodesQuery {
    /// The epoch; the shown one if none is given.
    #[param(value_type = Option<u64>)]
    epoch: Option<Epoch>,
}

/// The episodes of a log up to now as a table: `episode`, `count`, `return`, `length` and `outcome`. A row is one episode where
/// the log tells them one by one, as runs do with their first 65 536, else a bin of `count` of them from `episode` on with their
/// means. A file that has such rows is called `RUN-episodes-in-bins.csv`, others `RUN-episodes.csv`.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/episodes.csv", params(("run" = String, Path), EpisodesQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404)))]
async fn episodes(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
    query: Result<Query<EpisodesQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|error| Problem::Query(error.body_text()))?;
    let pages = Pages::of(hub, &pass, run, query.epoch).await?;
    let name = csv::episodes_file_name(pages.run.as_str(), has_bins(&pages).await?);
    let name = format!("attachment; filename=\"{name}\"");
    // Piece by piece, so that it takes no more memory than one.
    let table = EpisodeDownload { pages, entries: VecDeque::new(), next: 0, rows: EpisodeRows::new() };
    let body = Body::from_stream(stream::try_unfold(Some(table), |table| async move {
        let Some(mut table) = table else { return Ok::<_, LogError>(None) };
        let (rows, goes_on) = table.piece().await?;
        Ok(Some((rows, goes_on.then_some(table))))
    }));
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &name)];
    Ok((headers, body).into_response())
}

/// Whether a row of the table stands for several episodes. Where there are many bins one of the first is such a row as a rule: what
/// is thinned is old, and what is told one by one are no more than the first [`shared::episode::MOST_TOLD`].
async fn has_bins(pages: &Pages) -> Result<bool, LogError> {
    let mut next = 0;
    while next < pages.end {
        let page = pages.page(next, MOST_PAGE_ENTRIES as usize).await?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        if page.iter().any(|it| matches!(it.event.decode(), Ok(LogEvent::Episodes(bin)) if bin.is_summary())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A table of episodes on its way out.
struct EpisodeDownload {
    pages: Pages,
    entries: VecDeque<LogEntry>,
    next: u64,
    rows: EpisodeRows,
}

impl EpisodeDownload {
    /// The next rows, and whether more follow.
    async fn piece(&mut self) -> Result<(String, bool), LogError> {
        let mut rows = self.rows.take();
        while rows.len() < PIECE_BYTES {
            if self.entries.is_empty() && self.next < self.pages.end {
                self.entries = self.pages.page(self.next, MOST_PAGE_ENTRIES as usize).await?.into();
            }
            let Some(entry) = self.entries.pop_front() else { return Ok((rows, false)) };
            self.next = entry.offset.next().0;
            // An event of a kind that this relay does not know is none of episodes.
            if let Ok(event) = entry.event.decode()
                && !has_giant_names(&event)
            {
                self.rows.push_event(&event);
                rows.push_str(&self.rows.take());
            }
        }
        Ok((rows, true))
    }
}

/// Whether the outcomes of a start have names that would make every row of the table giant.
fn has_giant_names(event: &LogEvent) -> bool {
    const MOST_NAME_BYTES: usize = 1000;
    match event {
        LogEvent::RunStarted { environment, .. } => environment.outcomes.iter().any(|it| it.len() > MOST_NAME_BYTES),
        _ => false,
    }
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
    async fn of(hub: Arc<Hub>, pass: &AccessPass, run: String, epoch: Option<Epoch>) -> Result<Self, Problem> {
        let run = RunId::new(run).map_err(|error| Problem::Query(error.to_string()))?;
        let room = hub.room(&run).filter(|_| pass.scope.has(&run)).ok_or_else(|| Problem::no_run(&run))?;
        let feed = room.feed();
        let epoch = epoch.unwrap_or(feed.epoch);
        if epoch == feed.epoch {
            let end = feed.position().expected;
            return Ok(Self { hub, run, epoch, shown: Some(feed), end });
        }
        let stored = hub.log.epoch(&run, epoch).await?;
        let end = stored.ok_or_else(|| Problem::no_epoch(&run, epoch))?.entries;
        Ok(Self { hub, run, epoch, shown: None, end })
    }

    /// At most so many entries from an offset on, and not too many bytes of them.
    async fn page(&self, from: u64, most: usize) -> Result<Vec<LogEntry>, LogError> {
        let Some(feed) = &self.shown else {
            let excerpt = Excerpt { offsets: from..u64::MAX, most, most_bytes: READ_BYTES };
            return self.hub.log.entries(&self.run, self.epoch, excerpt).await;
        };
        page_of(feed, from, most, &*self.hub.log).await
    }
}

/// At most so many entries of the shown epoch, from storage and from memory.
async fn page_of(feed: &Feed, from: u64, most: usize, stored: &dyn Log) -> Result<Vec<LogEntry>, LogError> {
    let (mut entries, mut cursor, mut bytes) = (Vec::new(), from, 0);
    while entries.len() < most && bytes < READ_BYTES {
        let left = most - entries.len();
        let more: Vec<LogEntry> = match feed.next(cursor) {
            AtCursor::Batch(batch) => batch.entries_from(cursor).iter().take(left).cloned().collect(),
            AtCursor::Stored(end) => {
                let excerpt = Excerpt { offsets: cursor..end, most: left, most_bytes: READ_BYTES - bytes };
                stored.entries(&feed.run, feed.epoch, excerpt).await?
            }
            AtCursor::Nothing => break,
        };
        let Some(last) = more.last() else { break };
        cursor = last.offset.next().0;
        bytes += more.iter().map(batch::size).sum::<usize>();
        entries.extend(more);
    }
    Ok(entries)
}

/// The alerts that fire at present, once for each rule and run.
#[utoipa::path(get, tag = "Relay", path = "/api/v1/alerts", responses((status = 200, body = Vec<Firing>)))]
async fn alerts(State(hub): State<Arc<Hub>>, Extension(pass): Extension<AccessPass>) -> Json<Vec<Firing>> {
    Json(hub.alerts.firing(&pass.scope))
}

/// Figures for Prometheus.
#[utoipa::path(get, tag = "Relay", path = "/metrics",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
async fn figures(State(hub): State<Arc<Hub>>) -> Result<Response, StatusCode> {
    hub.measure();
    let artifacts = hub.artifacts.clone();
    let counted = tokio::task::spawn_blocking(move || artifacts.count()).await;
    let (files, bytes) = counted.map_err(io::Error::from).flatten().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    hub.metrics.artifacts.set(files as i64);
    hub.metrics.artifact_bytes.set(bytes as i64);
    let text = hub.metrics.text().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Where a role needs a token, `Authorization: Bearer TOKEN` has to carry that of who has it. A request that does not arrive
/// is not waited for.
async fn only(
    State((hub, role)): State<(Arc<Hub>, Role)>,
    Extension(line): Extension<Arc<ClientConnection>>,
    mut request: Request,
    next: NextHandler,
) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = given.map(|(_, token)| token.trim());
    let address = address_of(&hub.config.access, &line, request.headers());
    match admit(&hub, role, given, address).await {
        Err(refusal) => Problem::Token(refusal).into_response(),
        Ok(pass) => {
            if hub.quotas.of(&pass, role, &hub.config.limits).is_some_and(|it| !it.take()) {
                return Problem::TooMany(hub.config.limits.messages_per_second_per_token).into_response();
            }
            request.extensions_mut().insert(pass);
            let answer = tokio::time::timeout(hub.config.limits.taken_within, next.run(request)).await;
            answer.unwrap_or_else(|_| Problem::Late.into_response())
        }
    }
}

/// The address of whoever asks: that of the connection, or what a proxy that is believed says of it.
fn address_of(access: &Access, line: &ClientConnection, headers: &HeaderMap) -> IpAddr {
    let peer = line.peer.ip().to_canonical();
    if !access.proxies.contains(&peer) {
        return peer;
    }
    let said = headers.get_all("x-forwarded-for").iter().next_back().and_then(|it| it.to_str().ok());
    said.and_then(|it| it.rsplit(',').next()).and_then(|it| it.trim().parse().ok()).unwrap_or(peer)
}

/// Why a request gets no answer.
pub(crate) enum Problem {
    Query(String),
    Unknown(String),
    Token(AccessRefusal),
    Full(usize),
    TooMany(u32),
    TooLarge(usize),
    NoMethod(String),
    Late,
    Conflict(String),
    Log(LogError),
}

impl Problem {
    fn no_run(run: &RunId) -> Self {
        Self::Unknown(format!("there is no run {run} here"))
    }

    /// What tells programs the way out.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Token(AccessRefusal::Guessing(seconds)) => Some((header::RETRY_AFTER, (*seconds).into())),
            Self::Token(AccessRefusal::Unknown(_)) | Self::TooMany(_) => Some((header::RETRY_AFTER, 1.into())),
            Self::Token(_) => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            _ => None,
        }
    }

    fn no_epoch(run: &RunId, epoch: Epoch) -> Self {
        Self::Unknown(format!("run {run} has no epoch {} here", epoch.0))
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// Why a request was refused.
#[derive(Serialize, ToSchema)]
struct ProblemBody {
    /// What is wrong, and the way out.
    error: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let header = self.header();
        let (status, error) = match self {
            Self::Late => {
                (StatusCode::REQUEST_TIMEOUT, "the request did not arrive, or took too long; try again".into())
            }
            Self::NoMethod(error) => (StatusCode::METHOD_NOT_ALLOWED, error),
            Self::TooLarge(most) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {most} bytes, the most that is taken"))
            }
            Self::Query(error) => (StatusCode::BAD_REQUEST, error),
            Self::Unknown(error) => (StatusCode::NOT_FOUND, error),
            Self::Conflict(error) => (StatusCode::CONFLICT, error),
            Self::Full(most) => {
                let error = format!("this relay already has its {most} sessions; try again later");
                (StatusCode::SERVICE_UNAVAILABLE, error)
            }
            Self::TooMany(most) => {
                let error = format!("more than {most} requests and messages a second by this token; ask less often");
                (StatusCode::TOO_MANY_REQUESTS, error)
            }
            Self::Token(refusal) => {
                let status = match refusal {
                    AccessRefusal::Guessing(_) => StatusCode::TOO_MANY_REQUESTS,
                    AccessRefusal::Unknown(_) => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::UNAUTHORIZED,
                };
                (status, refusal.to_string())
            }
            Self::Log(error) => {
                tracing::error!(%error, "a page of the log cannot be read");
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
        };
        let mut response = (status, Json(ProblemBody { error })).into_response();
        response.headers_mut().extend(header);
        response
    }
}
