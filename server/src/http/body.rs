//! Bodies of requests.

use super::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use shared::json;

/// A body in JSON, whose faults are named with their place.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // Forms of other pages, which a browser sends without asking, are of other types.
        let kind = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::Query("the body must be JSON, with the header Content-Type: application/json".into()));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| Problem::Query(error.body_text()))?;
        let fault = |error: serde_json::Error| {
            Problem::Query(format!("the body cannot be read: {}", json::fault(&bytes, &error)))
        };
        serde_json::from_slice(&bytes).map(Self).map_err(fault)
    }
}
