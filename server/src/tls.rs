//! TLS by certificate files.

use crate::small_file::small_file;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The files of a certificate.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and those of its authorities, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Why certificate files are of no use.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read as PEM: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// They do not fit.
    #[error("the certificate {certificate} cannot be used with the key {key}: {reason}")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
}

impl Tls {
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let Self { certificate, key } = self;
        let unreadable = |path: &PathBuf| {
            let path = path.clone();
            move |error: pem::Error| TlsError::File { path, reason: error.to_string() }
        };
        let read = |path: &PathBuf| small_file(path).map_err(pem::Error::Io).map_err(unreadable(path));
        let chain = CertificateDer::pem_slice_iter(&read(certificate)?).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(unreadable(certificate))?;
        let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(unreadable(key))?;
        let unfit = |error: tokio_rustls::rustls::Error| TlsError::Pair {
            certificate: certificate.clone(),
            key: key.clone(),
            reason: error.to_string(),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(unfit)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
