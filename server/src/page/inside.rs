//! The page inside this program, where it was built with one.

use super::decoded;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use include_dir::{Dir, DirEntry, include_dir};
use sha2::{Digest as _, Sha256};

/// What the build put here: see `build.rs`.
static PAGE: Dir<'static> = include_dir!("$OUT_DIR/page");

/// The files of a page, and a tag that changes with any of them.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    files: &'static Dir<'static>,
    tag: String,
}

impl Inside {
    /// The page of this program, if it was built with one.
    pub(crate) fn of_program() -> Option<Self> {
        Self::of(&PAGE)
    }

    fn of(files: &'static Dir<'static>) -> Option<Self> {
        files.get_file("index.html")?;
        let mut hasher = Sha256::new();
        for (name, bytes) in all(files) {
            hasher.update(name.as_bytes());
            hasher.update(bytes.len().to_le_bytes());
            hasher.update(bytes);
        }
        let tag = URL_SAFE_NO_PAD.encode(&hasher.finalize()[..12]);
        Some(Self { files, tag })
    }

    /// The text of `index.html`.
    pub(super) fn index(&self) -> &'static str {
        self.files.get_file("index.html").and_then(|it| it.contents_utf8()).unwrap_or_default()
    }

    /// Every file by its path, the compressed copies as well.
    pub(crate) fn files(&self) -> Vec<(String, &'static [u8])> {
        all(self.files)
    }

    /// The file that a request asks for, in the form that it takes.
    pub(super) fn answer(&self, request: &Request) -> Response {
        let Some(path) = decoded(request.uri().path()) else { return StatusCode::NOT_FOUND.into_response() };
        let mut name = path.trim_start_matches('/').to_owned();
        if name.is_empty() || name.ends_with('/') {
            name += "index.html";
        }
        let Some(plain) = self.files.get_file(&name) else { return StatusCode::NOT_FOUND.into_response() };
        let copies = [("br", ".br"), ("gzip", ".gz")].into_iter();
        let mut copies = copies.filter(|(encoding, _)| takes(request.headers(), encoding));
        let copy = copies.find_map(|(encoding, ending)| {
            Some((encoding, self.files.get_file(format!("{name}{ending}"))?.contents()))
        });
        let tag = format!("\"{}{}\"", self.tag, copy.map_or(String::new(), |(encoding, _)| format!("-{encoding}")));
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
        let is_known = known.is_some_and(|it| it.split(',').any(|it| it.trim().trim_start_matches("W/") == tag));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(copy.map_or(plain.contents(), |(_, bytes)| bytes)).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if !is_known {
            let kind = mime_guess::from_path(&name).first_or_octet_stream();
            if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
                headers.insert(header::CONTENT_TYPE, kind);
            }
            if let Some((encoding, _)) = copy {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        response
    }
}

fn all(folder: &'static Dir<'static>) -> Vec<(String, &'static [u8])> {
    let mut files = Vec::new();
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => files.extend(all(folder)),
            DirEntry::File(file) => files.push((file.path().to_string_lossy().replace('\\', "/"), file.contents())),
        }
    }
    files
}

/// Whether an encoding is among those that somebody takes.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    all.flat_map(|it| it.split(',')).any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|it| it.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && quality.is_some_and(|it| it > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use include_dir::File;

    static FILES: Dir<'static> = Dir::new(
        "",
        &[
            DirEntry::File(File::new("index.html", b"<title>page")),
            DirEntry::File(File::new("index.html.gz", b"gzip")),
            DirEntry::File(File::new("index.html.br", b"brotli")),
            DirEntry::Dir(Dir::new("networks", &[DirEntry::File(File::new("networks/networks_bg.wasm", b"\0asm"))])),
        ],
    );

    fn ask(path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Inside::of(&FILES).unwrap().answer(&request.body(Body::empty()).unwrap())
    }

    async fn body(response: Response) -> Vec<u8> {
        axum::body::to_bytes(response.into_body(), 1000).await.unwrap().to_vec()
    }

    #[test]
    fn a_program_without_a_page_knows_that_it_has_none() {
        static NOTHING: Dir<'static> = Dir::new("", &[]);
        assert!(Inside::of(&NOTHING).is_none());
    }

    #[tokio::test]
    async fn files_are_sent_in_the_form_that_a_browser_takes() {
        for (accepted, encoding, content) in [
            ("gzip, br", Some("br"), "brotli"),
            ("gzip, br;q=0", Some("gzip"), "gzip"),
            ("GZIP;q=0.5", Some("gzip"), "gzip"),
            ("identity", None, "<title>page"),
        ] {
            let answer = ask("/", &[("accept-encoding", accepted)]);
            let found = answer.headers().get("content-encoding").map(|it| it.to_str().unwrap().to_owned());
            assert_eq!(found.as_deref(), encoding, "{accepted}");
            assert_eq!(answer.headers()["content-type"], "text/html");
            assert_eq!(body(answer).await, content.as_bytes(), "{accepted}");
        }
        let program = ask("/networks/networks_bg.wasm", &[]);
        assert_eq!(program.headers()["content-type"], "application/wasm");
        for path in ["/networks", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/%zz", "/missing.js"] {
            assert_eq!(ask(path, &[]).status(), 404, "{path}");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let first = ask("/index.html", &[("accept-encoding", "br")]);
        let tag = first.headers()["etag"].to_str().unwrap();
        let again = ask("/index.html", &[("accept-encoding", "br"), ("if-none-match", tag)]);
        assert_eq!(again.status(), 304);
        let otherwise = ask("/index.html", &[("if-none-match", tag)]);
        assert_eq!(otherwise.status(), 200, "the compressed copy is another answer");
    }
}
