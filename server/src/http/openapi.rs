//! The description of what is answered over HTTP, made of the code that answers, and its page.

use crate::hub::Hub;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response as Answer;
use axum::{Json, Router, middleware};
use std::sync::Arc;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder, Schema, Server};
use utoipa::{Modify, Number, OpenApi};
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
        super::metrics::metrics,
        super::artifacts::list,
        super::artifacts::give
    ),
    components(schemas(super::ProblemBody)),
    modifiers(&TokenScheme, &AddressSchemas, &RefusalResponses),
    security((), ("token" = []))
)]
struct Document;

struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// What names and numbers in addresses are made of.
struct AddressSchemas;

impl Modify for AddressSchemas {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for operation in operations(document).map(|(_, operation)| operation) {
            for parameter in operation.parameters.iter_mut().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                if let Some(RefOr::T(Schema::Object(number))) = &mut parameter.schema
                    && is_whole(&number.schema_type)
                {
                    // Of 64 bits without a sign, for which the document has no format.
                    number.format = None;
                    number.maximum = Some(Number::UInt(usize::MAX));
                }
                let name = ObjectBuilder::new().schema_type(Type::String);
                let name = match parameter.name.as_str() {
                    // All but `.` and `..`.
                    "run" => name
                        .pattern(Some(r"^([A-Za-z0-9_-]|\.[A-Za-z0-9_-]|\.\.[A-Za-z0-9._-])[A-Za-z0-9._-]*$"))
                        .max_length(Some(64)),
                    "sha256" => name.pattern(Some("^[0-9a-f]{64}$")),
                    _ => continue,
                };
                parameter.schema = Some(RefOr::T(Schema::Object(name.build())));
            }
        }
    }
}

fn is_whole(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => *kind == Type::Integer,
        SchemaType::Array(kinds) => kinds.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}

/// Why a request may be refused, whatever it asks for, and what is answered then.
struct RefusalResponses;

impl Modify for RefusalResponses {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (is_open, operation) in operations(document) {
            let asks = operation.parameters.is_some() || operation.request_body.is_some();
            let responses = &mut operation.responses.responses;
            if operation.request_body.is_some() {
                responses.insert("413".into(), refusal("The body is too large."));
            }
            if asks {
                responses.insert("400".into(), refusal("What is asked for is malformed."));
            }
            if !is_open {
                responses.insert("401".into(), refusal("The role needs a token, or another one."));
                responses.insert("408".into(), refusal("The request did not arrive in time."));
                responses.insert(
                    "429".into(),
                    refusal("Too many requests by this token, or wrong tokens from this address."),
                );
                responses.insert("503".into(), refusal("The database cannot be read at present."));
            }
            for (status, words) in [("404", "There is no such thing here."), ("409", "Not while it is published.")] {
                if responses.contains_key(status) {
                    responses.insert(status.into(), refusal(words));
                }
            }
        }
    }
}

/// Every operation, and whether it is open to everybody.
fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = (bool, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let is_open = matches!(path.as_str(), "/healthz" | "/terrarium.json");
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().map(move |operation| (is_open, operation))
    })
}

fn refusal(words: &str) -> RefOr<Response> {
    let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    RefOr::T(ResponseBuilder::new().description(words).content("application/json", body).build())
}

/// The page, on which one can try everything.
pub(super) fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    // Beside the page, wherever a proxy or a base path puts it.
    let page = SwaggerUi::new("/api/v1/docs").config(Config::new(["../openapi.json"]));
    let policy = SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Router::from(page).layer(policy).layer(middleware::map_response(beside))
}

/// Without a `/` at its end the page's address leads to the one with it. Told relatively, because only whoever asks knows what
/// stands in front.
async fn beside(mut response: Answer) -> Answer {
    if response.status().is_redirection() {
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("docs/"));
    }
    response
}

/// The description itself.
pub(super) async fn openapi(State(hub): State<Arc<Hub>>) -> Json<utoipa::openapi::OpenApi> {
    let mut document = Document::openapi();
    let base = hub.config.base_path.to_string();
    document.servers = (!base.is_empty()).then(|| vec![Server::new(base)]);
    Json(document)
}
