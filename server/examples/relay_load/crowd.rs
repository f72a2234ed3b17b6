//! Many viewers that read: how soon each gets everything, and what is lost.

use crate::line::{Socket, connect, send};
use crate::relay_process::RelayProcess;
use crate::{Options, memory_bytes, percentile};
use anyhow::bail;
use futures_util::{SinkExt as _, StreamExt as _};
use shared::codec;
use shared::episode::{EpisodeBin, Stat};
use shared::event::{LogEvent, StateEvent, StateKind, Values};
use shared::message::{ClientMessage, From, LogEntry, Role, ServerMessage, StateEntry};
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

/// Time that viewers have, after the last event, to get what is under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Viewers that connect at a time, so that the relay's queue of new connections holds them.
const AT_A_TIME: usize = 64;

/// What one viewer got.
#[derive(Default)]
pub(crate) struct Received {
    log_events: u64,
    state_events: u64,
    skipped: u64,
    /// Of every event, when it was sent, and how long it was under way.
    pub(crate) latencies_millis: Vec<(f64, f64)>,
}

pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    let data = tempfile::TempDir::new()?;
    let relay = RelayProcess::start(options.relay.as_deref(), data.path()).await?;
    let clock = Instant::now();
    let publisher = announce(&relay.address).await?;
    let log_events = options.log_rate * options.seconds;
    let mut viewers = JoinSet::new();
    for viewer in watchers(&relay.address, options.viewers).await? {
        viewers.spawn(watch(viewer, log_events, clock));
    }
    publish(publisher, options, options.seconds, clock).await?;
    let relay_rss_mb = memory_bytes(relay.id, "VmHWM").ok().map(|it| (it / 1e5).round() / 10.0);

    let (mut lost, mut state_events, mut skipped, mut latencies) = (0, 0, 0, Vec::new());
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut missing = options.viewers as u64;
    while let Ok(Some(viewer)) = tokio::time::timeout_at(deadline, viewers.join_next()).await {
        let received = viewer??;
        missing -= 1;
        lost += log_events - received.log_events;
        state_events += received.state_events;
        skipped += received.skipped;
        latencies.extend(received.latencies_millis.iter().map(|(_, latency)| *latency));
    }
    // Who is not through by now has lost what it waits for.
    lost += missing * log_events;
    println!(
        "{}",
        serde_json::json!({
            "viewers": options.viewers,
            "seconds": options.seconds,
            "log_events": log_events,
            "log_events_lost": lost,
            "state_events_received": state_events,
            "state_events_skipped": skipped,
            "publish_to_receive_p50_ms": percentile(&mut latencies, 0.5),
            "p99_ms": percentile(&mut latencies, 0.99),
            "max_ms": percentile(&mut latencies, 1.0),
            "relay_rss_mb": relay_rss_mb,
        })
    );
    Ok(())
}

/// The publisher of the run.
pub(crate) async fn announce(address: &str) -> anyhow::Result<Socket> {
    let mut publisher = connect(address, Role::Publisher).await?;
    send(&mut publisher, &ClientMessage::Announce { run: run()?, epoch: Epoch(1), started_millis: 0.0 }).await?;
    until(&mut publisher, |it| matches!(it, ServerMessage::Resume { .. })).await?;
    Ok(publisher)
}

/// So many viewers of the run.
pub(crate) async fn watchers(address: &str, count: usize) -> anyhow::Result<Vec<Socket>> {
    let mut viewers = Vec::with_capacity(count);
    while viewers.len() < count {
        let mut connecting = JoinSet::new();
        for _ in 0..AT_A_TIME.min(count - viewers.len()) {
            let address = address.to_owned();
            connecting.spawn(async move {
                let mut viewer = connect(&address, Role::Viewer).await?;
                subscribe(&mut viewer).await?;
                anyhow::Ok(viewer)
            });
        }
        while let Some(viewer) = connecting.join_next().await {
            viewers.push(viewer??);
        }
    }
    Ok(viewers)
}

pub(crate) async fn subscribe(viewer: &mut Socket) -> anyhow::Result<()> {
    send(viewer, &ClientMessage::Subscribe { run: run()?, from: From::All, epoch: None }).await?;
    until(viewer, |it| matches!(it, ServerMessage::Subscribed { .. })).await
}

fn run() -> anyhow::Result<RunId> {
    Ok(RunId::new("crowded")?)
}

/// Publishes at the asked rates. Every event tells when it was sent: the log in its time, the state in its sequence.
pub(crate) async fn publish(publisher: Socket, options: &Options, seconds: u64, clock: Instant) -> anyhow::Result<()> {
    let (mut sink, mut stream) = publisher.split();
    let acknowledgements = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    let event = Payload::plain(&StateEvent::Values(Values {
        states: 100,
        actions: 4,
        q: (0..400_u16).map(f32::from).collect(),
        visits: (0..100).collect(),
        td_error: (0..100_u16).map(f32::from).collect(),
        policy: None,
        overlays: BTreeMap::new(),
    }))?;
    let ticks = options.state_rate * options.log_rate * seconds;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / (options.state_rate * options.log_rate) as u32);
    let mut offset = 0;
    for index in 0..ticks {
        tick.tick().await;
        let (run, epoch) = (run()?, Epoch(1));
        let now_micros = clock.elapsed().as_micros() as u64;
        if index % options.log_rate == 0 {
            let entry = StateEntry { kind: StateKind::Values, sequence: now_micros, event: event.clone() };
            let message = ClientMessage::State { run: run.clone(), epoch, entries: vec![entry] };
            sink.send(Message::binary(codec::to_bytes(&message)?)).await?;
        }
        if index % options.state_rate == 0 {
            let time_millis = now_micros as f64 / 1000.0;
            let event = Payload::compressed(&LogEvent::Episodes(bin(offset)))?;
            let entries = vec![LogEntry { offset: Offset(offset), time_millis, event }];
            sink.send(Message::binary(codec::to_bytes(&ClientMessage::Log { run, epoch, entries })?)).await?;
            offset += 1;
        }
    }
    acknowledgements.abort();
    Ok(())
}

fn bin(episode: u64) -> EpisodeBin {
    EpisodeBin {
        first_episode: episode,
        last_episode: episode,
        count: 1,
        step: episode * 8,
        episodic_return: Stat::of(9.3),
        length: Stat::of(8.0),
        outcomes: BTreeMap::from([("goal".to_owned(), Stat::of(1.0)), ("pit".to_owned(), Stat::of(0.0))]),
        each: None,
    }
}

/// Takes everything in until so much of the log is there.
pub(crate) async fn watch(mut viewer: Socket, log_events: u64, clock: Instant) -> anyhow::Result<Received> {
    let mut received = Received::default();
    while received.log_events < log_events {
        let Some(frame) = viewer.next().await else { bail!("the relay ended the connection") };
        let Message::Binary(bytes) = frame? else { continue };
        let now_millis = clock.elapsed().as_secs_f64() * 1000.0;
        match codec::from_bytes(&bytes)? {
            ServerMessage::Log { entries, .. } => {
                for entry in entries {
                    if entry.offset.0 != received.log_events {
                        bail!("entry {} came where {} was expected", entry.offset, received.log_events);
                    }
                    received.log_events += 1;
                    received.latencies_millis.push((entry.time_millis, now_millis - entry.time_millis));
                }
            }
            ServerMessage::State { entries, skipped, .. } => {
                received.skipped += skipped.values().sum::<u64>();
                for entry in entries {
                    received.state_events += 1;
                    let sent_millis = entry.sequence as f64 / 1000.0;
                    received.latencies_millis.push((sent_millis, now_millis - sent_millis));
                }
            }
            ServerMessage::Error { code, message, .. } => bail!("{code:?}: {message}"),
            _ => {}
        }
    }
    Ok(received)
}

/// Reads up to the message that everything else waits for.
async fn until(socket: &mut Socket, is_it: impl Fn(&ServerMessage) -> bool) -> anyhow::Result<()> {
    while let Some(frame) = socket.next().await {
        if let Message::Binary(bytes) = frame?
            && is_it(&codec::from_bytes(&bytes)?)
        {
            return Ok(());
        }
    }
    bail!("the relay ended the connection")
}
