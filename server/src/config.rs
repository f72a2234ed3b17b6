//! Configuration: where a relay listens, where it keeps its data, who may do what, and its bounds.

use crate::access::Access;
use crate::alerts::AlertRule;
use crate::base::BasePath;
use crate::clock::now_millis;
use crate::tls::Tls;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a relay is told at its start.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Directory of the database; made when missing.
    pub data: PathBuf,
    /// Directory of the built page to serve, if any.
    pub page: Option<PathBuf>,
    /// Where behind a proxy all of it is found.
    pub base_path: BasePath,
    /// The files of a certificate, for TLS.
    pub tls: Option<Tls>,
    /// Tokens and origins.
    pub access: Access,
    /// Bounds of connections.
    pub limits: Limits,
    /// How much history is kept.
    pub retention: Retention,
    /// Rules on metrics.
    pub alerts: Vec<AlertRule>,
}

impl RelayConfig {
    /// A relay on a free loopback port, open to this machine, with default bounds.
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: data.into(),
            page: None,
            base_path: BasePath::default(),
            tls: None,
            access: Access::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            alerts: Vec::new(),
        }
    }
}

/// Bounds of connections. A breach is answered with a named error, then the connection closes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of one message, at most [`shared::codec::MAX_MESSAGE_BYTES`].
    pub message_bytes: usize,
    /// Most messages a second of one connection, averaged over two seconds.
    pub messages_per_second: u32,
    /// Most sessions at a time; 64 more connections are taken for requests.
    pub connections: usize,
    /// Most TCP connections at a time from one address, an IPv6 network of 64 bits counting as one.
    pub connections_per_address: usize,
    /// Most sessions at a time by one token.
    pub connections_per_token: usize,
    /// Most messages and requests a second by one token, averaged over two seconds.
    pub messages_per_second_per_token: u32,
    /// Time from taking in a connection to its request, and to the greeting where a session begins with it.
    pub greeting_within: Duration,
    /// Most bytes of a session before its greeting is complete.
    pub greeting_bytes: usize,
    /// Time without a byte of an answer being taken after which a connection without session is given up.
    pub taken_within: Duration,
    /// Most bytes of answers that wait for one connection to read them. Logs and states do not count: they wait in
    /// the run's memory and in the database, once for all.
    pub outbox_bytes: usize,
    /// Bytes of log entries that a run keeps in memory after they are stored, for viewers close to its end.
    pub recent_bytes: usize,
    /// Bytes of log entries that a run keeps in memory while they cannot be stored; beyond, its publisher is asked to
    /// send them again once they can.
    pub unstored_bytes: usize,
    /// Time between two pings.
    pub ping_every: Duration,
    /// Silence after which the other side is taken for dead.
    pub dead_after: Duration,
    /// Time within which a command is answered, with a rejection where the run's host says nothing; at least 3 s, and no
    /// more than `taken_within`, after which a request over HTTP is given up.
    pub answered_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: shared::codec::MAX_MESSAGE_BYTES,
            messages_per_second: 1000,
            connections: 1024,
            connections_per_address: 256,
            connections_per_token: 1024,
            messages_per_second_per_token: 10_000,
            greeting_within: Duration::from_secs(10),
            greeting_bytes: 64 << 10,
            taken_within: Duration::from_secs(30),
            outbox_bytes: 16 << 20,
            recent_bytes: 1 << 20,
            unstored_bytes: 16 << 20,
            ping_every: Duration::from_secs(15),
            dead_after: Duration::from_secs(45),
            answered_within: Duration::from_secs(30),
        }
    }
}

/// How much history is kept. The shown epoch of a run whose publisher is connected is never cut, but what is old in it
/// becomes coarser when it is long: neighbouring episode bins are merged.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Newest epochs kept of every run, at least 1.
    pub epochs_per_run: u32,
    /// Bytes of the database beyond which the oldest epochs go that a newer one of their run replaced; then what is old
    /// in a log that is longer than all others together is thinned; then whole runs go that nobody publishes or watches.
    pub total_bytes: u64,
    /// Time without anything new after which an epoch goes that a newer one of its run replaced, and a whole run that nobody
    /// publishes or watches; for ever if none.
    pub age: Option<Duration>,
    /// Bytes of the logs of one run beyond which its oldest epochs go, then what is old in its newest one is thinned.
    pub run_bytes: Option<u64>,
    /// Bytes of artifacts, such as saved agents, of all runs; a run has a quarter of them at most. Beyond, those of other runs go.
    pub artifact_bytes: u64,
    /// Newest entries of a log that are never thinned: a viewer that was away for so long goes on exactly.
    pub fine_entries: u64,
    /// Time between two looks at the size of the database.
    pub look_every: Duration,
    /// This machine's clock, in milliseconds since 1970: it tells how old epochs are, and when tokens expire.
    pub clock: fn() -> f64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            epochs_per_run: 16,
            total_bytes: 4 << 30,
            age: None,
            run_bytes: None,
            artifact_bytes: 4 << 30,
            fine_entries: 16_384,
            look_every: Duration::from_mins(1),
            clock: now_millis,
        }
    }
}

impl Retention {
    /// What is older than this moment goes, in milliseconds since 1970.
    pub(crate) fn oldest_millis(&self) -> f64 {
        self.age.map_or(f64::NEG_INFINITY, |age| (self.clock)() - age.as_secs_f64() * 1000.0)
    }
}
