//! Where a relay listens.

use std::fmt;
use std::str::FromStr;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::InvalidUri;

/// The address of a relay's stream, in the clear (`ws://`) or behind TLS (`wss://`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress(Uri);

/// An address that is none of a relay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not the address of a relay: {reason}; one looks like ws://127.0.0.1:8080/api/v1/stream")]
pub struct BadAddress {
    given: String,
    reason: String,
}

impl RelayAddress {
    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether the relay is behind TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("wss")
    }

    /// The name that the relay's certificate has to be for.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }
}

impl FromStr for RelayAddress {
    type Err = BadAddress;

    fn from_str(given: &str) -> Result<Self, BadAddress> {
        let bad = |reason: &str| BadAddress { given: given.chars().take(200).collect(), reason: reason.into() };
        let uri: Uri = given.parse().map_err(|error: InvalidUri| bad(&error.to_string()))?;
        let scheme = uri.scheme_str().filter(|it| ["ws", "wss"].contains(it));
        let scheme = scheme.ok_or_else(|| bad("it begins with neither ws:// nor wss://"))?;
        if uri.path() != "/" {
            return Ok(Self(uri));
        }
        let authority = uri.authority().map_or("", |it| it.as_str());
        let whole = format!("{scheme}://{authority}/api/v1/stream");
        whole.parse().map(Self).map_err(|error: InvalidUri| bad(&error.to_string()))
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_or_refused_with_an_example() {
        for scheme in ["ws", "wss"] {
            let whole = format!("{scheme}://127.0.0.1:8080/api/v1/stream");
            for given in [&format!("{scheme}://127.0.0.1:8080"), &format!("{scheme}://127.0.0.1:8080/"), &whole] {
                let address: RelayAddress = given.parse().unwrap();
                assert_eq!(address.to_string(), whole);
                assert_eq!((address.host(), address.is_secure()), ("127.0.0.1", scheme == "wss"));
            }
        }
        for wrong in ["", "127.0.0.1:8080", "http://x", "https://x", "ws://", "wss://"] {
            let error = wrong.parse::<RelayAddress>().unwrap_err().to_string();
            assert!(error.contains("one looks like ws://"), "{error}");
        }
    }
}
