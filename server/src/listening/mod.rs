//! Listening: takes connections in within their limits and serves HTTP on them, from which sessions begin.
//!
//! Nobody has a connection for nothing: a request has so long to arrive, an answer so long to be taken, and the greeting
//! of a session one deadline that runs from the moment when its connection was taken in.

mod admission;
mod guarded;

pub(crate) use admission::Admitted;
pub(crate) use guarded::{Guard, TooMuch};

use crate::base::{BasePath, Location};
use crate::config::Limits;
use crate::hub::Hub;
use admission::{Admission, Full};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::{Json, Router};
use guarded::Guarded;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Most bytes of a request's head.
const MOST_HEAD_BYTES: usize = 64 << 10;

/// Time to wait when the system has no more connections to give.
const BREATH: Duration = Duration::from_millis(200);

/// One TCP connection, as the requests on it know it.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(crate) peer: SocketAddr,
    pub(crate) guard: Arc<Guard>,
    accepted: Instant,
    requests: AtomicU64,
    /// Held as long as somebody uses the connection, a session as well.
    _place: Admitted,
}

impl ClientConnection {
    /// When a session that begins with the present request must have greeted.
    pub(crate) fn greeting_due(&self, limits: &Limits) -> Instant {
        let is_first = self.requests.load(Ordering::Acquire) <= 1;
        let begin = if is_first { self.accepted } else { Instant::now() };
        begin + limits.greeting_within
    }
}

/// Serves until the relay closes.
pub(crate) async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, router: Router, hub: Arc<Hub>) {
    let admission = Arc::new(Admission::new(&hub.config.limits, hub.metrics.tcp_connections.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = hub.closing.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // One that went away again is no reason to wait; too many open files are.
                if !is_of_one_connection(&error) {
                    tracing::error!(%error, "connections cannot be taken in");
                    sleep(BREATH).await;
                }
                continue;
            }
        };
        match admission.admit(peer.ip()) {
            Ok(place) => {
                let (guard, requests) = (Guard::new(), AtomicU64::new(0));
                let line =
                    Arc::new(ClientConnection { peer, guard, accepted: Instant::now(), requests, _place: place });
                hub.sessions.spawn(open(hub.clone(), router.clone(), (stream, acceptor.clone()), line));
            }
            Err(full) => refuse(&hub, stream, peer, full),
        }
    }
}

async fn open(
    hub: Arc<Hub>,
    router: Router,
    (stream, acceptor): (TcpStream, Option<TlsAcceptor>),
    line: Arc<ClientConnection>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays with delayed sending");
    }
    let limits = &hub.config.limits;
    let stream = Guarded::new(stream, line.guard.clone(), limits.taken_within);
    match acceptor {
        None => converse(&hub, router, stream, line).await,
        Some(acceptor) => match timeout_at(line.accepted + limits.greeting_within, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => converse(&hub, router, stream, line).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection speaks no TLS"),
            Err(_) => tracing::debug!("a connection took too long to begin TLS"),
        },
    }
}

fn elsewhere(base: &BasePath) -> impl IntoResponse {
    (StatusCode::NOT_FOUND, Json(serde_json::json!({ "error": format!("this relay answers below {base}/ alone") })))
}

async fn converse(
    hub: &Arc<Hub>,
    router: Router,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    line: Arc<ClientConnection>,
) {
    let limits = &hub.config.limits;
    let base = hub.config.base_path.clone();
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        line.requests.fetch_add(1, Ordering::AcqRel);
        request.extensions_mut().insert(line.clone());
        let (router, base) = (router.clone(), base.clone());
        let place = base.place(std::mem::take(request.uri_mut()));
        async move {
            match place {
                Location::Below(uri) => {
                    *request.uri_mut() = uri;
                    router.oneshot(request).await
                }
                Location::Itself(address) => Ok(Redirect::permanent(&address).into_response()),
                Location::Outside => Ok(elsewhere(&base).into_response()),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.greeting_within)
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = hub.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

fn refuse(hub: &Hub, stream: TcpStream, peer: SocketAddr, full: Full) {
    hub.metrics.refused.inc();
    let why = match full {
        Full::All => "this relay has as many connections as it takes; try again later",
        Full::Address => {
            "this relay has as many connections of this address as it takes; close some, or try again later"
        }
    };
    if let Some(left_out) = hub.endings.pass() {
        tracing::info!(%peer, why, left_out, "a connection was not taken in");
    }
    let body = serde_json::json!({ "error": why }).to_string();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // A fresh connection takes so few bytes at once; whoever is refused is not waited for.
    let written = stream.into_std().and_then(|mut it| it.write_all(answer.as_bytes()));
    if let Err(error) = written {
        tracing::debug!(%error, "a connection that was not taken in is gone");
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
