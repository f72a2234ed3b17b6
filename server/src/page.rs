//! The page: static files with the cache headers that each of them wants.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{Html, Response};
use std::path::Path;
use tower_http::services::ServeDir;

/// Digits of the hash that the bundler puts into the names of files that never change.
const HASH_DIGITS: usize = 16;

/// Serves the page's directory beside everything else; without one, says where the page is.
pub(crate) fn serve<S: Clone + Send + Sync + 'static>(router: Router<S>, directory: Option<&Path>) -> Router<S> {
    match directory {
        Some(directory) => {
            let files = ServeDir::new(directory).precompressed_br().precompressed_gzip();
            let files = Router::new().fallback_service(files).layer(middleware::from_fn(cache));
            router.fallback_service(files)
        }
        None => router.route("/", axum::routing::get(nothing)),
    }
}

async fn nothing() -> Html<&'static str> {
    Html(
        "<!doctype html><meta charset=utf-8><title>Terrarium relay</title><p>This relay serves no page: start it with \
         <code>--page DIR</code>, or give its address to a page that is served elsewhere.",
    )
}

/// Hashed files are kept for ever, all others are asked for each time and answered "not modified" by their tags.
async fn cache(request: Request, next: Next) -> Response {
    let forever = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let value =
        if forever && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Whether a name holds a hash: `-` or `.`, 16 or more hexadecimal digits, then `.`, `_` or `-`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut parts = name.split(['-', '.', '_']).skip(1).peekable();
    while let Some(part) = parts.next() {
        if part.len() >= HASH_DIGITS && part.bytes().all(|it| it.is_ascii_hexdigit()) && parts.peek().is_some() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn hashed_names() {
        assert!(is_hashed("/frontend-3b1c8f0a9d2e4c57.js"));
        assert!(is_hashed("/sub/frontend-3b1c8f0a9d2e4c57_bg.wasm"));
        assert!(!is_hashed("/index.html"));
        assert!(!is_hashed("/worker.js"));
        assert!(!is_hashed("/worker_bg.wasm"));
        assert!(!is_hashed("/3b1c8f0a9d2e4c57"));
    }
}
