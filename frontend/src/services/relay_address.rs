//! Where the relay is: beside the page that it served, or where the user said it is.

use gloo_net::http::Request;
use js_sys::Reflect;
use serde::Deserialize;
use shared::address::{self, STREAM_PATH};
use web_sys::{Url, Window};

/// Under this key the address that the user gave is remembered.
const REMEMBERED: &str = "terrarium.relay";

/// What a relay puts beside the page it serves, and a static host does not.
const NOTE_FILE: &str = "terrarium.json";

/// Why an address cannot be one of a relay that this page can reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageAddressError {
    /// It is none.
    #[error(transparent)]
    Wrong(#[from] address::AddressError),
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
pub struct PageRelayAddress(String);

/// How a relay was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundRelay {
    /// It serves this page.
    Beside(PageRelayAddress),
    /// It is the one used last.
    Remembered(PageRelayAddress),
    /// Ask for one.
    Nowhere,
}

impl PageRelayAddress {
    /// Checks what a user typed; the page's own scheme decides what it can reach.
    pub fn new(typed: &str) -> Result<Self, PageAddressError> {
        let secure_page = window().and_then(|it| it.location().protocol().ok()).is_some_and(|it| it == "https:");
        check(typed.parse()?, secure_page).map(|address| Self(address.to_string()))
    }

    /// The address for a WebSocket.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Remembers this address for the next visit, and tells the page's other programs that it was chosen.
    pub fn remember(&self) {
        if let Some(storage) = local_storage() {
            // Without storage the user types it again.
            let _ = storage.set_item(REMEMBERED, &self.0);
        }
        tell_chosen(&self.0);
    }
}

/// Forgets the remembered address, and tells the page's other programs that none is chosen.
pub fn forget() {
    if let Some(storage) = local_storage() {
        // Without storage there is nothing to forget.
        let _ = storage.remove_item(REMEMBERED);
    }
    tell_chosen("");
}

/// Where the programs of this page tell each other which relay was chosen, as long as the page is open: a browser may have no storage.
const CHOSEN: &str = "terrariumRelay";

fn tell_chosen(address: &str) {
    let _ = Reflect::set(&js_sys::global(), &CHOSEN.into(), &address.into());
}

/// The relay that was chosen last, in whichever of the page's programs.
fn chosen() -> Option<PageRelayAddress> {
    let typed = Reflect::get(&js_sys::global(), &CHOSEN.into()).ok()?.as_string()?;
    PageRelayAddress::new(&typed).ok()
}

/// Looks for a relay: beside the page, else the remembered one.
pub async fn find() -> FoundRelay {
    if let Some(address) = beside().await {
        return FoundRelay::Beside(address);
    }
    if let Some(address) = chosen() {
        return FoundRelay::Remembered(address);
    }
    let remembered = local_storage().and_then(|it| it.get_item(REMEMBERED).ok().flatten());
    match remembered.map(|typed| PageRelayAddress::new(&typed)) {
        Some(Ok(address)) => FoundRelay::Remembered(address),
        _ => FoundRelay::Nowhere,
    }
}

/// The relay that served this page, if one did.
async fn beside() -> Option<PageRelayAddress> {
    let window = window()?;
    let base = window.document()?.base_uri().ok().flatten()?;
    let note = Url::new_with_base(NOTE_FILE, &base).ok()?.href();
    let text = text_of(&note).await?;
    if !is_relay_note(&text) {
        return None;
    }
    let stream = Url::new_with_base(STREAM_PATH, &base).ok()?;
    stream.set_protocol(if stream.protocol() == "https:" { "wss:" } else { "ws:" });
    stream.set_hash("");
    Some(PageRelayAddress(stream.href()))
}

async fn text_of(address: &str) -> Option<String> {
    let response = Request::get(address).send().await.ok()?;
    if response.ok() { response.text().await.ok() } else { None }
}

/// What a relay puts beside the page it serves.
#[derive(Deserialize)]
struct Note {
    #[serde(default)]
    relay: bool,
}

/// Whether the note that lies beside a page is a relay's.
fn is_relay_note(text: &str) -> bool {
    serde_json::from_str::<Note>(text).is_ok_and(|it| it.relay)
}

fn check(address: address::RelayAddress, secure_page: bool) -> Result<address::RelayAddress, PageAddressError> {
    // Browsers count loopback addresses as trustworthy, so a secure page reaches them without encryption.
    let host = address.host();
    let loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    if secure_page && !address.is_secure() && !loopback {
        return Err(PageAddressError::NotEncrypted { host: address.authority().to_owned() });
    }
    Ok(address)
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

    #[test]
    fn only_a_relay_says_that_it_is_one() {
        assert!(is_relay_note(r#"{"relay":true,"version":"0.1"}"#));
        for text in [r#"{"relay":false}"#, r#"{"relay":"true"}"#, "{}", "null", "", "<!doctype html>"] {
            assert!(!is_relay_note(text), "{text}");
        }
    }

    #[test]
    fn a_secure_page_reaches_encrypted_and_loopback_relays_only() {
        let check = |typed: &str| check(typed.parse().unwrap(), true);
        for typed in ["http://127.0.0.1:80", "https://a", "ws://[::1]:80", "localhost"] {
            assert!(check(typed).is_ok(), "{typed}");
        }
        let error = check("ws://a:80").unwrap_err();
        assert_eq!(error, PageAddressError::NotEncrypted { host: "a:80".into() });
        assert!(error.to_string().contains("wss://a:80"), "{error}");
    }
}
