//! Where the relay is: beside the page that it served, or where the user said it is.

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, Url, Window};

/// Under this key the address that the user gave is remembered.
const REMEMBERED: &str = "terrarium.relay";

/// Where relays offer their stream.
const STREAM_PATH: &str = "api/v1/stream";

/// What a relay puts beside the page it serves, and a static host does not.
const NOTE_FILE: &str = "terrarium.json";

/// Why an address cannot be one of a relay that this page can reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("Give the address of a relay, for example ws://127.0.0.1:8080.")]
    Empty,
    /// Not an address.
    #[error("{given:?} is not an address. Give one like ws://127.0.0.1:8080 or wss://relay.example.org.")]
    NotAnAddress {
        /// What was given.
        given: String,
    },
    /// Another scheme.
    #[error("A relay's address begins with ws:// or wss://, not {scheme}//.")]
    WrongScheme {
        /// What it begins with.
        scheme: String,
    },
    /// With a token or password in it.
    #[error(
        "Leave names and tokens out of the address: addresses are logged. There is a field of its own for the token."
    )]
    SecretInside,
    /// The page came over https.
    #[error(
        "This page came over https, and browsers let such a page talk to encrypted relays only: use wss://{host}, \
         with a TLS proxy in front of the relay, or open the page that the relay serves itself (http://{host})."
    )]
    NotEncrypted {
        /// The relay's host and port.
        host: String,
    },
}

/// A checked address of a relay's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress(String);

/// How a relay was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It serves this page.
    Beside(RelayAddress),
    /// It is the one used last.
    Remembered(RelayAddress),
    /// Ask for one.
    Nowhere,
}

/// A typed address in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    scheme: String,
    host: String,
    hostname: String,
    path: String,
    secret: bool,
}

impl RelayAddress {
    /// Checks what a user typed; the page's own scheme decides what it can reach.
    pub fn new(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(AddressError::Empty);
        }
        let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("ws://{typed}") };
        let url = Url::new(&with_scheme).map_err(|_| AddressError::NotAnAddress { given: typed.into() })?;
        let parts = Parts {
            scheme: url.protocol(),
            host: url.host(),
            hostname: url.hostname(),
            path: url.pathname(),
            secret: !url.username().is_empty() || !url.password().is_empty() || !url.search().is_empty(),
        };
        let secure_page = window().and_then(|it| it.location().protocol().ok()).is_some_and(|it| it == "https:");
        check(&parts, secure_page).map(Self)
    }

    /// The address for a WebSocket.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Remembers this address for the next visit.
    pub fn remember(&self) {
        if let Some(storage) = local_storage() {
            // Without storage the user types it again.
            let _ = storage.set_item(REMEMBERED, &self.0);
        }
    }
}

/// Forgets the remembered address.
pub fn forget() {
    if let Some(storage) = local_storage() {
        // Without storage there is nothing to forget.
        let _ = storage.remove_item(REMEMBERED);
    }
}

/// Looks for a relay: beside the page, else the remembered one.
pub async fn find() -> Found {
    if let Some(address) = beside().await {
        return Found::Beside(address);
    }
    let remembered = local_storage().and_then(|it| it.get_item(REMEMBERED).ok().flatten());
    match remembered.map(|typed| RelayAddress::new(&typed)) {
        Some(Ok(address)) => Found::Remembered(address),
        _ => Found::Nowhere,
    }
}

/// The relay that served this page, if one did.
async fn beside() -> Option<RelayAddress> {
    let window = window()?;
    let base = window.document()?.base_uri().ok().flatten()?;
    let note = Url::new_with_base(NOTE_FILE, &base).ok()?.href();
    let text = text_of(&window, &note).await.ok()?;
    if !is_relay_note(&text) {
        return None;
    }
    let stream = Url::new_with_base(STREAM_PATH, &base).ok()?;
    stream.set_protocol(if stream.protocol() == "https:" { "wss:" } else { "ws:" });
    stream.set_hash("");
    Some(RelayAddress(stream.href()))
}

async fn text_of(window: &Window, address: &str) -> Result<String, JsValue> {
    let response: Response = JsFuture::from(window.fetch_with_str(address)).await?.unchecked_into();
    if !response.ok() {
        return Err(JsValue::from_f64(response.status().into()));
    }
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}

/// Whether the note that lies beside a page is a relay's.
pub fn is_relay_note(text: &str) -> bool {
    JSON::parse(text).and_then(|note| Reflect::get(&note, &"relay".into())).is_ok_and(|it| it == JsValue::TRUE)
}

fn check(parts: &Parts, secure_page: bool) -> Result<String, AddressError> {
    let scheme = match parts.scheme.as_str() {
        "ws:" | "http:" => "ws:",
        "wss:" | "https:" => "wss:",
        other => return Err(AddressError::WrongScheme { scheme: other.into() }),
    };
    if parts.secret {
        return Err(AddressError::SecretInside);
    }
    // Browsers count loopback addresses as trustworthy, so a secure page reaches them without encryption.
    let loopback = parts.hostname == "localhost" || parts.hostname == "[::1]" || parts.hostname.starts_with("127.");
    if secure_page && scheme == "ws:" && !loopback {
        return Err(AddressError::NotEncrypted { host: parts.host.clone() });
    }
    let path = parts.path.trim_matches('/');
    let path = if path.ends_with(STREAM_PATH) { path.to_owned() } else { format!("{path}/{STREAM_PATH}") };
    Ok(format!("{scheme}//{}/{}", parts.host, path.trim_start_matches('/')))
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn local_storage() -> Option<web_sys::Storage> {
    window()?.local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(scheme: &str, host: &str, path: &str) -> Parts {
        let hostname = host.rsplit_once(':').map_or(host, |it| it.0).to_owned();
        Parts { scheme: scheme.into(), host: host.into(), hostname, path: path.into(), secret: false }
    }

    #[test]
    fn the_stream_path_is_filled_in_once() {
        let check = |path| check(&parts("ws:", "a:8080", path), false).unwrap();
        assert_eq!(check("/"), "ws://a:8080/api/v1/stream");
        assert_eq!(check("/api/v1/stream"), "ws://a:8080/api/v1/stream");
        assert_eq!(check("/behind/proxy/"), "ws://a:8080/behind/proxy/api/v1/stream");
    }

    #[test]
    fn a_secure_page_reaches_encrypted_and_loopback_relays_only() {
        assert_eq!(check(&parts("http:", "127.0.0.1:80", ""), true).unwrap(), "ws://127.0.0.1:80/api/v1/stream");
        assert_eq!(check(&parts("https:", "a", ""), true).unwrap(), "wss://a/api/v1/stream");
        assert!(check(&parts("ws:", "[::1]:80", ""), true).is_ok());
        let error = check(&parts("ws:", "a:80", ""), true).unwrap_err();
        assert_eq!(error, AddressError::NotEncrypted { host: "a:80".into() });
        assert!(error.to_string().contains("wss://a:80"), "{error}");
    }

    #[test]
    fn other_schemes_and_secrets_are_refused() {
        assert!(matches!(check(&parts("ftp:", "a", ""), false), Err(AddressError::WrongScheme { .. })));
        let secret = Parts { secret: true, ..parts("ws:", "a", "") };
        assert_eq!(check(&secret, false), Err(AddressError::SecretInside));
    }
}
