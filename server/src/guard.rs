//! What every answer has and every request passes: the names that are answered, headers that keep browsers strict, and
//! addresses of a bounded length.

use crate::hub::Hub;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Instant;

/// Most bytes of a request's address.
const MOST_ADDRESS_BYTES: usize = 8 << 10;

/// What an answer that is no page may do in a browser: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What is added where answers come by TLS: for a day, which every visit begins anew, browsers speak to this name in no other
/// way. Not for longer, because that goes for all ports of it.
const ONLY_TLS: &str = "max-age=86400";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Refuses what is not for this relay, and makes browsers strict about the rest.
pub(crate) async fn guard(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let mut response = match refusal(&hub, &request) {
        Some((status, error)) => (status, Json(serde_json::json!({ "error": error }))).into_response(),
        None => next.run(request).await,
    };
    hub.metrics.request_seconds.observe(began.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if hub.config.tls.is_some() && !hub.address.ip().is_loopback() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    response
}

fn refusal(hub: &Hub, request: &Request) -> Option<(StatusCode, String)> {
    let bytes = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if bytes > MOST_ADDRESS_BYTES {
        let error = format!("an address of {bytes} bytes is above the limit of {MOST_ADDRESS_BYTES}");
        return Some((StatusCode::URI_TOO_LONG, error));
    }
    let named = request.headers().get(header::HOST).map(|it| it.to_str().unwrap_or_default());
    if hub.config.access.answers_as(named, &hub.address) {
        return None;
    }
    let named: String = named.unwrap_or_default().chars().take(100).collect();
    let name = named.split(':').next().unwrap_or_default();
    let error = format!(
        "this relay does not answer as {named:?}; whoever runs it can start it with --allow-host {name}, if that is its name"
    );
    Some((StatusCode::MISDIRECTED_REQUEST, error))
}
