//! Bodies of requests.

use super::{MOST_BODY_BYTES, Problem};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use shared::command::Command;
use shared::json;
use std::collections::BTreeMap;

/// A body in JSON, whose faults are named with their place.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(&content(request, state).await?).map(Self)
    }
}

/// A command.
#[derive(Debug)]
pub(crate) struct CommandBody(pub(crate) Command);

impl<S: Send + Sync> FromRequest<S> for CommandBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = content(request, state).await?;
        match serde_json::from_slice::<BTreeMap<String, &RawValue>>(&bytes).map_or(1, |it| it.len()) {
            1 => read(&bytes).map(Self),
            names => {
                let error = format!("a command has one name, as in {{\"pause\": {{}}}}, and this body has {names}");
                Err(Problem::Query(error))
            }
        }
    }
}

async fn content<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    // Forms of other pages, which a browser sends without asking, are of other types.
    let kind = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::Query("the body must be JSON, with the header Content-Type: application/json".into()));
    }
    Bytes::from_request(request, state).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge(MOST_BODY_BYTES),
        _ => Problem::Query(error.body_text()),
    })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let fault =
        |error: serde_json::Error| Problem::Query(format!("the body cannot be read: {}", json::fault(bytes, &error)));
    serde_json::from_slice(bytes).map_err(fault)
}
