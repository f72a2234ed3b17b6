//! The description of what is answered over HTTP, made of the code that answers, and its page.

use axum::http::{HeaderValue, header};
use axum::{Json, Router};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// What the page of the description may do in a browser.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Terrarium relay", description = "Runs of a relay, their logs and metrics. docs/PROTOCOL.md has the stream."),
    paths(
        super::healthz,
        super::relay,
        super::log,
        super::episodes,
        super::figures,
        super::alerts,
        super::runs::list,
        super::watching::show,
        super::watching::state,
        super::watching::outcomes,
        super::watching::command,
        super::runs::change,
        super::runs::remove,
        super::metrics::metrics
    ),
    modifiers(&Token),
    security((), ("token" = []))
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// The page, on which one can try everything.
pub(super) fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    // Beside the page, wherever a proxy or a base path puts it.
    let page = SwaggerUi::new("/api/v1/docs").config(Config::new(["../openapi.json"]));
    let policy = SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Router::from(page).layer(policy)
}

/// The description itself.
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
