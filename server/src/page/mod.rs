//! The page: static files with the cache headers that each of them wants, and with the least rights that they can do with.
//! They come from a directory, or from inside this program where it was built with the page.

mod inside;

pub(crate) use inside::Inside;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tower_http::services::ServeDir;

/// Digits of the hash that the bundler puts into the names of files that never change.
const HASH_DIGITS: usize = 16;

/// Copies that are served in place of a file where a browser takes them.
const COPIES: [&str; 3] = ["", ".br", ".gz"];

/// Serves the page beside everything else: that of a directory if one is given, else that inside this program; without
/// either, says where a page is to be had. Pages of `embedders` may show it in a frame.
pub(crate) fn serve<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    directory: Option<&Path>,
    embedders: &[String],
) -> Router<S> {
    let (files, policy) = match (directory, Inside::of_program()) {
        (Some(directory), _) => {
            let root = directory.to_owned();
            let files = ServeDir::new(directory).precompressed_br().precompressed_gzip();
            let files = Router::new()
                .fallback_service(files)
                .layer(middleware::from_fn(move |request, next| only_own_files(root.clone(), request, next)));
            let index = std::fs::read_to_string(directory.join("index.html")).unwrap_or_default();
            (files, PagePolicy::of(&index, embedders))
        }
        (None, Some(inside)) => {
            let policy = PagePolicy::of(inside.index(), embedders);
            (Router::new().fallback(get(async move |request: Request| inside.answer(&request))), policy)
        }
        (None, None) => return router.route("/", get(nothing)),
    };
    router.fallback_service(files.layer(middleware::from_fn(policy_and_cache)).layer(axum::Extension(policy)))
}

async fn nothing() -> Html<&'static str> {
    Html(
        "<!doctype html><meta charset=utf-8><title>Terrarium relay</title><p>This relay was built without the page. \
         <code>cargo xtask dist --program</code> builds one with it; or start this one with <code>--page DIR</code>, the \
         folder that <code>cargo xtask dist</code> makes; or give its address to a page that is served elsewhere.",
    )
}

/// What the page may do in a browser.
#[derive(Clone, Debug)]
struct PagePolicy(HeaderValue);

impl PagePolicy {
    /// The page's own files and the scripts within its `index.html`; relays and hosts of its user's choice; nothing else. It is
    /// shown in frames of its own origin and of `embedders`.
    fn of(index: &str, embedders: &[String]) -> Self {
        let embedders = embedders.iter().fold(String::new(), |before, it| format!("{before} {it}"));
        let scripts = inline_scripts(index).fold(String::new(), |before, it| {
            format!("{before} 'sha256-{}'", STANDARD.encode(Sha256::digest(it.as_bytes())))
        });
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:{scripts}; worker-src 'self' blob:; \
             style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; manifest-src 'self'; \
             connect-src 'self' data: blob: http: https: ws: wss:; object-src 'none'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'self'{embedders}"
        );
        Self(HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'")))
    }
}

/// The texts of the scripts within a page.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

/// Files within the directory alone: nothing whose name begins with a dot, and nothing that a link leads to.
async fn only_own_files(root: PathBuf, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_own = tokio::task::spawn_blocking(move || is_own_file(&root, &path)).await.unwrap_or(false);
    if is_own { next.run(request).await } else { StatusCode::NOT_FOUND.into_response() }
}

fn is_own_file(root: &Path, path: &str) -> bool {
    let Some(decoded) = decoded(path) else { return false };
    let Ok(mut file) = root.canonicalize() else { return false };
    for part in decoded.split('/').filter(|it| !it.is_empty()) {
        if part.starts_with('.') || part.contains('\\') {
            return false;
        }
        file.push(part);
        // What is missing is answered as such by whoever looks for it.
        if file.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            return false;
        }
    }
    let index = file.join("index.html");
    let is_plain = |file: &Path| {
        COPIES.iter().all(|copy| {
            let mut name = file.as_os_str().to_owned();
            name.push(copy);
            !Path::new(&name).symlink_metadata().is_ok_and(|it| it.is_symlink())
        })
    };
    is_plain(&file) && is_plain(&index) && file.symlink_metadata().is_ok()
}

/// A path with its escapes resolved; none where they are none.
fn decoded(path: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().filter(|it| !it.contains('\0'))
}

/// Hashed files are kept for ever, all others are asked for each time and answered "not modified" by their tags.
async fn policy_and_cache(request: Request, next: Next) -> Response {
    let forever = is_hashed(request.uri().path());
    let policy = request.extensions().get::<PagePolicy>().cloned();
    let mut response = next.run(request).await;
    let value =
        if forever && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    if let Some(PagePolicy(policy)) = policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
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
    use super::*;

    #[test]
    fn hashed_names() {
        assert!(is_hashed("/frontend-3b1c8f0a9d2e4c57.js"));
        assert!(is_hashed("/sub/frontend-3b1c8f0a9d2e4c57_bg.wasm"));
        assert!(!is_hashed("/index.html"));
        assert!(!is_hashed("/worker.js"));
        assert!(!is_hashed("/worker_bg.wasm"));
        assert!(!is_hashed("/3b1c8f0a9d2e4c57"));
    }

    #[test]
    fn scripts_within_a_page_are_known_by_their_hashes_and_others_are_not() {
        let page = "<script>a()</script><script src=\"b.js\"></script><script type=\"module\">c\n</script>";
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["a()", "c\n"]);
        let PagePolicy(policy) = PagePolicy::of(page, &["https://school.example".into()]);
        // printf 'a()' | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4='";
        assert!(policy.to_str().unwrap().contains(expected), "{policy:?}");
        assert!(policy.to_str().unwrap().ends_with("; frame-ancestors 'self' https://school.example"), "{policy:?}");
    }

    #[test]
    fn escapes() {
        assert_eq!(decoded("/a%20b/%2egit").as_deref(), Some("/a b/.git"));
        for path in ["/%", "/%2", "/%zz", "/%00", "/%ff"] {
            assert_eq!(decoded(path), None, "{path}");
        }
    }
}
