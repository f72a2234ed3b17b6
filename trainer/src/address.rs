//! Where a relay listens, as the sockets want it.

use shared::address::{self, AddressError};
use std::fmt;
use std::str::FromStr;
use tokio_tungstenite::tungstenite::http::Uri;

/// The address of a relay's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayUri {
    address: address::RelayAddress,
    uri: Uri,
    host: String,
}

impl RelayUri {
    pub(crate) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether the relay is behind TLS.
    pub const fn is_secure(&self) -> bool {
        self.address.is_secure()
    }

    /// The name that the relay's certificate has to be for.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for RelayUri {
    type Err = AddressError;

    fn from_str(given: &str) -> Result<Self, AddressError> {
        let address: address::RelayAddress = given.parse()?;
        let no_address = || AddressError::NotAnAddress { given: given.chars().take(200).collect() };
        let uri: Uri = address.to_string().parse().map_err(|_| no_address())?;
        let host = uri.host().ok_or_else(no_address)?.to_owned();
        Ok(Self { address, uri, host })
    }
}

impl fmt::Display for RelayUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_as_the_page_completes_them() {
        for (given, whole) in [
            ("127.0.0.1:8080", "ws://127.0.0.1:8080/api/v1/stream"),
            ("ws://127.0.0.1:8080/dash", "ws://127.0.0.1:8080/dash/api/v1/stream"),
            ("wss://127.0.0.1/api/v1/stream", "wss://127.0.0.1/api/v1/stream"),
        ] {
            let address: RelayUri = given.parse().unwrap();
            assert_eq!((address.to_string(), address.uri().to_string()), (whole.into(), whole.into()));
            assert_eq!((address.host(), address.is_secure()), ("127.0.0.1", given.starts_with("wss")));
        }
    }

    #[test]
    fn what_no_socket_takes_is_no_address() {
        for wrong in ["", "wss://", "ftp://x", "ws://bücher.example"] {
            let error = wrong.parse::<RelayUri>().unwrap_err().to_string();
            assert!(error.contains("ws://127.0.0.1:8080"), "{error}");
        }
    }
}
