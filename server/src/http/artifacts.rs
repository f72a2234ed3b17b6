//! Artifacts over HTTP: the files that publishers left for those who watch their runs, such as saved agents.

use super::Problem;
use super::runs::named;
use crate::access::AccessPass;
use crate::hub::Hub;
use crate::log::LogError;
use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use shared::artifact::ArtifactHash;
use std::sync::Arc;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Listed)]
pub(super) struct ListedArtifact {
    /// The SHA-256 of its content, by which the log's `checkpoint` events refer to it.
    #[schema(value_type = String)]
    sha256: ArtifactHash,
    /// Bytes.
    length: u64,
}

/// The files of a run that are complete.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/artifacts", params(("run" = String, Path)),
    responses((status = 200, body = Vec<ListedArtifact>), (status = 404)))]
pub(super) async fn list(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path(run): Path<String>,
) -> Result<Json<Vec<ListedArtifact>>, Problem> {
    let run = named(&hub, &pass, run)?;
    let artifacts = hub.artifacts.clone();
    let found = tokio::task::spawn_blocking(move || artifacts.list(&run)).await.unwrap_or_else(|it| Err(it.into()));
    let found = found.map_err(|error| LogError::Storage(error.into()))?;
    Ok(Json(found.into_iter().map(|(sha256, length)| ListedArtifact { sha256, length }).collect()))
}

/// One file, whole or, with `Range`, in parts: a download that broke off goes on where it stopped.
#[utoipa::path(get, tag = "History", path = "/api/v1/runs/{run}/artifacts/{sha256}",
    params(("run" = String, Path), ("sha256" = String, Path)), responses((status = 200), (status = 206), (status = 404)))]
pub(super) async fn give(
    State(hub): State<Arc<Hub>>,
    Extension(pass): Extension<AccessPass>,
    Path((run, sha256)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let run = named(&hub, &pass, run)?;
    let sha256 = ArtifactHash::try_from(sha256).map_err(|error| Problem::Query(error.to_string()))?;
    let path = hub.artifacts.path(&run, sha256);
    if !path.is_file() {
        return Err(Problem::Unknown(format!("run {run} has no artifact {sha256} here, or not all of it yet")));
    }
    match ServeFile::new(path).oneshot(request).await {
        Ok(response) => Ok(response.into_response()),
        Err(never) => match never {},
    }
}
