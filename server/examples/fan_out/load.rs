//! A load: so many viewers and so many events a second.

use crate::Options;
use crate::connection::Connection;
use crate::framing::{numbers, published};
use crate::peers::{Peer, PeerServer};
use shared::message::Role;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

/// Without a delivery for so long, what is missing does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Viewers that connect at a time.
const AT_A_TIME: usize = 50;

pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) viewers: usize,
    pub(crate) rate: u64,
    pub(crate) is_light: bool,
}

pub(crate) struct FanOutFigures {
    /// Deliveries for each second of the server's processor time.
    pub(crate) per_processor_second: f64,
    pub(crate) lost: u64,
    /// From the publisher's `write` until a viewer has it.
    pub(crate) p99_millis: f64,
}

/// What all viewers of a load share.
struct Watched {
    clock: Instant,
    /// When each event was sent, in microseconds.
    sent: Vec<AtomicU64>,
    delivered: AtomicU64,
    /// From sending to receiving, in microseconds, also of viewers that never had the last event.
    latencies: Mutex<Vec<u64>>,
}

impl Load {
    /// The figures of a server under this load; none where it is not installed.
    pub(crate) async fn on(&self, peer: Peer, options: &Options) -> anyhow::Result<Option<FanOutFigures>> {
        let folder = tempfile::TempDir::new()?;
        let Some(server) = PeerServer::start(peer, options, folder.path()).await? else { return Ok(None) };
        let total = (self.rate as f64 * options.seconds) as u64;
        let sent = (0..total).map(|_| AtomicU64::new(0)).collect();
        let watched = Arc::new(Watched {
            clock: Instant::now(),
            sent,
            delivered: AtomicU64::new(0),
            latencies: Mutex::default(),
        });
        // The relay has a run as soon as somebody publishes it; the floor takes viewers until somebody publishes.
        let early = match peer {
            Peer::Relay => Some(Connection::open(peer, &server.address, Role::Publisher).await?),
            _ => None,
        };
        let mut viewers = JoinSet::new();
        while viewers.len() < self.viewers {
            let mut connecting = JoinSet::new();
            for _ in 0..AT_A_TIME.min(self.viewers - viewers.len()) {
                let address = server.address.clone();
                connecting.spawn(async move { Connection::open(peer, &address, Role::Viewer).await });
            }
            while let Some(viewer) = connecting.join_next().await {
                viewers.spawn(watch(viewer??, peer, watched.clone()));
            }
        }
        let publisher = match early {
            Some(publisher) => publisher,
            None => Connection::open(peer, &server.address, Role::Publisher).await?,
        };
        let before = server.processor_seconds()?;
        self.publish(publisher, peer, &watched).await?;
        let mut seen = 0;
        loop {
            match tokio::time::timeout(PATIENCE, viewers.join_next()).await {
                Ok(Some(viewer)) => viewer??,
                Ok(None) => break,
                Err(_) => {
                    let delivered = watched.delivered.load(Ordering::Relaxed);
                    if delivered == seen {
                        break;
                    }
                    seen = delivered;
                }
            }
        }
        let seconds = server.processor_seconds()? - before;
        let delivered = watched.delivered.load(Ordering::Relaxed);
        let mut latencies = std::mem::take(&mut *watched.latencies.lock().unwrap_or_else(PoisonError::into_inner));
        latencies.sort_unstable();
        let p99 = latencies.get(latencies.len().saturating_sub(1) * 99 / 100);
        Ok(Some(FanOutFigures {
            per_processor_second: delivered as f64 / seconds,
            lost: total * self.viewers as u64 - delivered,
            p99_millis: p99.map_or(f64::NAN, |it| *it as f64 / 1000.0),
        }))
    }

    async fn publish(&self, publisher: Connection, peer: Peer, watched: &Watched) -> anyhow::Result<()> {
        let (mut reading, mut writing) = publisher.stream.into_split();
        // What a server answers to a publisher must not fill its buffers.
        tokio::spawn(async move {
            let mut answers = vec![0; 16 << 10];
            while let Ok(1..) = reading.read(&mut answers).await {}
        });
        let begun = tokio::time::Instant::now();
        for (number, sent) in (0..).zip(&watched.sent) {
            tokio::time::sleep_until(begun + Duration::from_secs_f64(number as f64 / self.rate as f64)).await;
            let message = published(peer, number)?;
            sent.store(watched.clock.elapsed().as_micros() as u64, Ordering::Relaxed);
            writing.write_all(&message).await?;
        }
        // A publisher that left would take its run along.
        writing.forget();
        Ok(())
    }
}

/// Takes in events until all are there, and tells how long each was under way, in microseconds.
async fn watch(mut viewer: Connection, peer: Peer, watched: Arc<Watched>) -> anyhow::Result<()> {
    let mut last = None;
    while last.is_none_or(|it: u64| it + 1 < watched.sent.len() as u64) {
        let content = viewer.next().await?;
        let now = watched.clock.elapsed().as_micros() as u64;
        let (mut delivered, mut latencies) = (0, Vec::new());
        numbers(peer, &content, |number| {
            // One that came before is none more.
            if last.is_none_or(|it| number > it) {
                last = Some(number);
                delivered += 1;
                let sent = watched.sent.get(number as usize).map_or(now, |it| it.load(Ordering::Relaxed));
                latencies.push(now.saturating_sub(sent));
            }
        })?;
        watched.delivered.fetch_add(delivered, Ordering::Relaxed);
        watched.latencies.lock().unwrap_or_else(PoisonError::into_inner).extend(latencies);
    }
    Ok(())
}
