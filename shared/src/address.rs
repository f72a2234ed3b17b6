//! Where a relay listens: an address as somebody types it, checked and completed. The page and the trainer take the same.

use std::fmt;
use std::str::FromStr;

/// Where relays offer their stream.
pub const STREAM_PATH: &str = "api/v1/stream";

/// The address of a relay's stream, in the clear (`ws://`) or behind TLS (`wss://`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    is_secure: bool,
    /// Host and port.
    authority: String,
    /// Without the first slash.
    path: String,
}

/// Why an address cannot be a relay's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("Give the address of a relay, for example ws://127.0.0.1:8080.")]
    Empty,
    /// Not an address.
    #[error("{given:?} is not an address. Give one like ws://127.0.0.1:8080 or wss://relay.example.org.")]
    NotAnAddress {
        /// What was given, cut after 200 characters.
        given: String,
    },
    /// Another scheme.
    #[error("A relay's address begins with ws:// or wss://, not {scheme}://, for example ws://127.0.0.1:8080.")]
    WrongScheme {
        /// What it begins with.
        scheme: String,
    },
    /// With a token or password in it.
    #[error("Leave names and tokens out of the address: addresses are logged. The token is given by itself.")]
    SecretInside,
}

impl RelayAddress {
    /// Whether the relay is behind TLS.
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Host and port as they were given.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host, an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        let end = self.authority.rfind([':', ']']).filter(|end| self.authority[*end..].starts_with(':'));
        &self.authority[..end.unwrap_or(self.authority.len())]
    }
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    /// Takes `ws://`, `wss://`, what a browser shows of the relay's page (`http://`, `https://`) or a bare host; the
    /// stream's path is filled in below whatever path is given.
    fn from_str(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim();
        let no_address = || AddressError::NotAnAddress { given: typed.chars().take(200).collect() };
        if typed.is_empty() {
            return Err(AddressError::Empty);
        }
        let (scheme, rest) = typed.split_once("://").unwrap_or(("ws", typed));
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            other => return Err(AddressError::WrongScheme { scheme: other.chars().take(40).collect() }),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains(['@', '?']) || path.contains('?') {
            return Err(AddressError::SecretInside);
        }
        if !is_authority(authority) || path.contains(|it: char| it.is_ascii_whitespace() || it.is_ascii_control()) {
            return Err(no_address());
        }
        let path = path.trim_matches('/');
        let path = match path.strip_suffix(STREAM_PATH) {
            Some("") => path.to_owned(),
            Some(before) if before.ends_with('/') => path.to_owned(),
            _ if path.is_empty() => STREAM_PATH.to_owned(),
            _ => format!("{path}/{STREAM_PATH}"),
        };
        Ok(Self { is_secure, authority: authority.to_owned(), path })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_secure, authority, path } = self;
        write!(formatter, "{}://{authority}/{path}", if *is_secure { "wss" } else { "ws" })
    }
}

/// Whether this is a host, a host with a port, or an IPv6 address in brackets with or without one.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, port))
            if !host.is_empty() && host.bytes().all(|it| it.is_ascii_hexdigit() || b":.".contains(&it)) =>
        {
            (host, port)
        }
        Some(_) => return false,
        None => {
            let end = text.find(':').unwrap_or(text.len());
            (&text[..end], &text[end..])
        }
    };
    // Of letters beyond ASCII the socket knows more.
    let is_name = |it: char| it.is_ascii_alphanumeric() || !it.is_ascii() || "-._:".contains(it);
    let is_port = |it: &str| it.parse::<u16>().is_ok() && it.bytes().all(|digit| digit.is_ascii_digit());
    !host.is_empty() && host.chars().all(is_name) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(typed: &str) -> String {
        typed.parse::<RelayAddress>().unwrap().to_string()
    }

    #[test]
    fn the_streams_path_is_filled_in_once_below_whatever_path_there_is() {
        for (typed, whole) in [
            ("ws://a:8080", "ws://a:8080/api/v1/stream"),
            ("ws://a:8080/", "ws://a:8080/api/v1/stream"),
            ("ws://a:8080/api/v1/stream", "ws://a:8080/api/v1/stream"),
            ("ws://host/dash", "ws://host/dash/api/v1/stream"),
            ("wss://host/behind/proxy/", "wss://host/behind/proxy/api/v1/stream"),
            ("wss://host/behind/api/v1/stream/", "wss://host/behind/api/v1/stream"),
            ("wss://host/myapi/v1/stream", "wss://host/myapi/v1/stream/api/v1/stream"),
        ] {
            assert_eq!(completed(typed), whole);
        }
    }

    #[test]
    fn what_a_browser_shows_and_a_bare_host_are_taken_too() {
        assert_eq!(completed(" 127.0.0.1:8080 "), "ws://127.0.0.1:8080/api/v1/stream");
        assert_eq!(completed("http://127.0.0.1:8080/#/watch"), "ws://127.0.0.1:8080/api/v1/stream");
        assert_eq!(completed("HTTPS://relay.example.org/dash"), "wss://relay.example.org/dash/api/v1/stream");
        assert_eq!(completed("[::1]:8080"), "ws://[::1]:8080/api/v1/stream");
    }

    #[test]
    fn hosts_are_told_from_their_ports() {
        let host = |typed: &str| typed.parse::<RelayAddress>().unwrap().host().to_owned();
        assert_eq!(
            [host("a.b:80"), host("wss://a.b"), host("[::1]:80"), host("[::1]")],
            ["a.b", "a.b", "[::1]", "[::1]"]
        );
    }

    #[test]
    fn what_is_no_address_is_named_with_one_that_is() {
        let refused = |typed: &str| typed.parse::<RelayAddress>().unwrap_err();
        assert_eq!(refused("  "), AddressError::Empty);
        for typed in ["ws://", "wss:///x", "a b", "host:port", "host:99999", "host:+80", "::1", "[]:80", "ws://a/b c"] {
            assert!(matches!(refused(typed), AddressError::NotAnAddress { .. }), "{typed}");
            assert!(refused(typed).to_string().contains("ws://127.0.0.1:8080"), "{typed}");
        }
        assert!(refused("ftp://a").to_string().contains("not ftp://"));
        for typed in ["ws://name:secret@host", "ws://host/?token=secret", "ws://host?token=secret"] {
            assert_eq!(refused(typed), AddressError::SecretInside, "{typed}");
        }
    }
}
