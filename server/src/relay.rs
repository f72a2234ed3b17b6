//! The relay as a whole: starting it and shutting it down.

use crate::config::RelayConfig;
use crate::http;
use crate::hub::Hub;
use crate::listening;
use crate::log::{Log as _, LogError};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::tls::{Tls, TlsError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, timeout};

/// What the system buffers for one viewer. More would be an old queue in front of a slow one.
const SEND_BUFFER_BYTES: u32 = 256 << 10;

/// Time between two looks at commands without answer and at tokens.
const TICK: Duration = Duration::from_secs(1);

/// Time for connections to end, and for the database to close.
const GOODBYE: Duration = Duration::from_millis(1400);

/// Why a relay does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("{address} is in use: another relay may be running. Stop it, or choose another address with --listen")]
    AddressInUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's words.
        source: std::io::Error,
    },
    /// Anybody who reaches the address could publish and command.
    #[error(
        "{address} can be reached by others, and there is no token for: {roles}. Set --publisher-token, --viewer-token \
         and --controller-token, make tokens with `terrarium token create`, or say --insecure to leave roles without a token open to everybody"
    )]
    TokensMissing {
        /// The address asked for.
        address: SocketAddr,
        /// The roles without a token.
        roles: String,
    },
    /// Damage took tokens, and without them whoever reaches the address could publish, watch and command.
    #[error(
        "{lost}, and there is no token for: {roles}, which would be open to everybody who reaches this relay. Make tokens with \
         `terrarium token create ROLE --data {data}`, set --publisher-token, --viewer-token and --controller-token, or go back to a \
         backup. If there were none, `terrarium token revoke lost --data {data}` says so; --insecure leaves roles without a token \
         open this once"
    )]
    TokensLost {
        /// What was lost, and where the damaged database is.
        lost: String,
        /// The roles without a token.
        roles: String,
        /// The data directory.
        data: PathBuf,
    },
    /// The page's directory holds no page.
    #[error("{path} holds no index.html; build the page first, or name its directory with --page")]
    NoPage {
        /// The directory.
        path: PathBuf,
    },
    /// The certificate is of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data directory is of no use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A running relay. Dropped without [`Relay::shutdown`], it goes on.
#[derive(Debug)]
pub struct Relay {
    hub: Arc<Hub>,
    serving: JoinHandle<()>,
}

impl Relay {
    /// Opens the data directory, listens, and serves in the background.
    pub async fn start(config: RelayConfig) -> Result<Self, StartError> {
        if let Some(path) = config.page.as_ref().filter(|it| !it.join("index.html").is_file()) {
            return Err(StartError::NoPage { path: path.clone() });
        }
        let acceptor = config.tls.as_ref().map(Tls::acceptor).transpose()?;
        let (listener, address) = listen(config.listen)?;
        let metrics = Metrics::new();
        let store = Arc::new(Store::open(&config.data, config.retention, metrics.clone())?);
        let stored = store.grants(None).await?;
        let missing = config.access.missing_tokens(&config.listen, &stored);
        if !missing.is_empty() {
            store.close(GOODBYE).await;
            let roles = missing.join(", ");
            return Err(match stored.lost {
                Some(lost) => StartError::TokensLost { lost, roles, data: config.data },
                None => StartError::TokensMissing { address: config.listen, roles },
            });
        }
        let hub = Arc::new(Hub::new(config, address, store, metrics).await?);
        tokio::spawn(keep_house(hub.clone()));
        let serving = tokio::spawn(listening::serve(listener, acceptor, http::router(hub.clone()), hub.clone()));
        Ok(Self { hub, serving })
    }

    /// Where it is found by browsers on this machine.
    pub fn address(&self) -> String {
        let scheme = if self.hub.config.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{}", self.hub.address, self.hub.config.base_path)
    }

    /// Where it listens, with the port resolved.
    pub fn local_addr(&self) -> SocketAddr {
        self.hub.address
    }

    /// Tells all connections, stores what is left and closes the database. Takes less than three seconds.
    pub async fn shutdown(self) {
        let Self { hub, serving } = self;
        hub.closing.cancel();
        hub.sessions.close();
        if timeout(GOODBYE, hub.sessions.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        hub.alerts.end().await;
        hub.log.close(GOODBYE).await;
        serving.abort();
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(cfg!(unix))?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(address)?;
        let listener = socket.listen(1024)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bind().map_err(|source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::AddressInUse { address },
        _ => StartError::Listen { address, source },
    })
}

async fn keep_house(hub: Arc<Hub>) {
    let from_now = |every| interval_at(Instant::now() + every, every);
    let (mut ticks, mut looks) = (from_now(TICK), from_now(hub.config.retention.look_every));
    loop {
        tokio::select! {
            () = hub.closing.cancelled() => return,
            _ = ticks.tick() => {
                hub.commands.expire();
                hub.look_for_news();
                hub.look_for_tokens().await;
            }
            _ = looks.tick() => {
                hub.tidy().await;
                hub.shrink().await;
                hub.look_for_epochs().await;
            }
        }
    }
}
