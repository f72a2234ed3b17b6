//! A relay behind TLS: whom to trust with its name, and what to say when its certificate will not do.

use crate::address::RelayUri;
use crate::whole_file;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{CertificateError, ClientConfig, OtherError, RootCertStore};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::Error as SocketError;

/// Whose word is taken for who a relay is.
#[derive(Clone)]
pub struct Trust(Connector);

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read.
    #[error("the certificates in {path} cannot be read: {source}; a file in PEM form has them")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// A certificate in the file is none.
    #[error("a certificate in {path} cannot be used: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The system trusts nobody.
    #[error(
        "this system has no certificates of authorities{reason}: install ca-certificates, or name the relay's own with \
         --relay-ca FILE"
    )]
    System {
        /// What could not be read.
        reason: String,
    },
    /// A file for an address in the clear.
    #[error("{address} is not behind TLS, so --relay-ca has no use: write wss://, or leave it out")]
    Needless {
        /// The relay's address.
        address: String,
    },
    /// The cryptography refuses.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

impl Trust {
    /// For a relay at this address: the authorities in a file if one is given, else those of the system.
    pub fn new(address: &RelayUri, file: Option<&Path>) -> Result<Self, TrustError> {
        let roots = match (address.is_secure(), file) {
            (false, None) => return Ok(Self(Connector::Plain)),
            (false, Some(_)) => return Err(TrustError::Needless { address: address.to_string() }),
            (true, Some(file)) => of_file(file)?,
            (true, None) => of_system()?,
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Connector::Rustls(Arc::new(config))))
    }

    pub(crate) fn connector(&self) -> Connector {
        self.0.clone()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if matches!(self.0, Connector::Plain) { "Trust(nobody)" } else { "Trust(authorities)" })
    }
}

fn of_file(path: &Path) -> Result<RootCertStore, TrustError> {
    let unreadable = |source| TrustError::File { path: path.into(), source };
    let mut roots = RootCertStore::empty();
    let pem = whole_file::read_small(path).map_err(|error| unreadable(pem::Error::Io(error)))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|source| TrustError::Certificate { path: path.into(), source })?;
    }
    if roots.is_empty() { Err(unreadable(pem::Error::NoItemsFound)) } else { Ok(roots) }
}

fn of_system() -> Result<RootCertStore, TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reason = found.errors.first().map(|it| format!(" ({it})")).unwrap_or_default();
        return Err(TrustError::System { reason });
    }
    Ok(roots)
}

/// What is wrong with the relay's TLS, and the way out; none if something else is wrong.
pub(crate) fn explain(error: &SocketError, address: &RelayUri) -> Option<String> {
    let SocketError::Io(error) = error else { return None };
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let host = address.host();
    Some(match error {
        rustls::Error::InvalidCertificate(error) => certificate(error, host),
        rustls::Error::InvalidMessage(_) => format!("{host} answers without TLS: try ws://, or the port of its proxy"),
        other => format!("no TLS with {host}: {other}"),
    })
}

fn certificate(error: &CertificateError, host: &str) -> String {
    match error {
        // A bad signature is that of an authority that was made anew under its old name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "the certificate of {host} was issued by nobody trusted here: name its authority, or itself if it signed \
             itself, with --relay-ca FILE"
        ),
        CertificateError::NotValidForNameContext { presented, .. } => format!(
            "the certificate is not for {host} but for {}: use a name that it is for",
            if presented.is_empty() { "no name at all".into() } else { presented.join(", ") }
        ),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate of {host} expired {} days ago: renew it, or put this machine's clock right",
            time.as_secs().saturating_sub(not_after.as_secs()) / 86_400
        ),
        CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet: put this machine's clock right")
        }
        // The library hands on what its verifier says.
        CertificateError::Other(OtherError(error))
            if error.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity) =>
        {
            format!(
                "the certificate of {host} is an authority's: make it again with basicConstraints CA:FALSE, or let it sign \
             another one"
            )
        }
        other => format!("the certificate of {host} will not do: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn refused(address: &str, content: &str) -> String {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        Trust::new(&address.parse().unwrap(), Some(file.path())).unwrap_err().to_string()
    }

    #[test]
    fn files_without_a_certificate_are_refused_by_name() {
        let nobody = Trust::new(&"wss://x".parse().unwrap(), Some(Path::new("/nowhere/ca.pem"))).unwrap_err();
        assert!(nobody.to_string().starts_with("the certificates in /nowhere/ca.pem cannot be read: "), "{nobody}");
        let empty = refused("wss://x", "no certificate");
        assert!(empty.contains("no items found") && empty.contains("PEM"), "{empty}");
        let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let damaged = refused("wss://x", damaged);
        assert!(damaged.contains("cannot be used"), "{damaged}");
        let needless = refused("ws://x", "");
        assert!(needless.contains("--relay-ca has no use"), "{needless}");
    }
}
