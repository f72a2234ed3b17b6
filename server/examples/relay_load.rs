//! How a relay fares under load: many viewers of one run, each of which must get every log event, soon.
//!
//! ```text
//! cargo build --release -p server && cargo run --release -p server --example relay_load -- --viewers 200 --seconds 10
//! ```
//!
//! The relay runs as a process of its own on a free port with an empty data directory. Prints one line of JSON.

#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

use anyhow::{Context as _, bail};
use clap::Parser;
use futures_util::{SinkExt as _, StreamExt as _};
use shared::codec;
use shared::episode::{EpisodeBin, Stat};
use shared::event::{LogEvent, StateEvent, StateKind, Values};
use shared::message::{ClientMessage, From, Hello, LogEntry, PROTOCOL, Role, ServerMessage, StateEntry};
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Time that viewers have, after the last event, to get what is under way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures a relay under a crowd of viewers.
#[derive(Parser)]
struct Options {
    /// Viewers of the one run
    #[arg(long, default_value_t = 200)]
    viewers: usize,
    /// Length of the measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// State events a second, of about 3 kB each
    #[arg(long, default_value_t = 30)]
    state_rate: u64,
    /// Log events a second
    #[arg(long, default_value_t = 10)]
    log_rate: u64,
    /// The relay's program; by default the one built beside this one
    #[arg(long)]
    relay: Option<PathBuf>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What one viewer got.
#[derive(Default)]
struct Received {
    log_events: u64,
    state_events: u64,
    skipped: u64,
    latencies_millis: Vec<f64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let data = tempfile::TempDir::new()?;
    let (relay, address) = start(&options, data.path()).await?;
    let clock = Instant::now();
    let mut publisher = connect(&address, Role::Publisher).await?;
    send(&mut publisher, &ClientMessage::Announce { run: run()?, epoch: Epoch(1), started_millis: 0.0 }).await?;
    until(&mut publisher, |it| matches!(it, ServerMessage::Resume { .. })).await?;

    let log_events = options.log_rate * options.seconds;
    let mut viewers = JoinSet::new();
    for _ in 0..options.viewers {
        let mut viewer = connect(&address, Role::Viewer).await?;
        send(&mut viewer, &ClientMessage::Subscribe { run: run()?, from: From::All, epoch: None }).await?;
        until(&mut viewer, |it| matches!(it, ServerMessage::Subscribed { .. })).await?;
        viewers.spawn(watch(viewer, log_events, clock));
    }
    publish(publisher, &options, clock).await?;
    let relay_rss_mb = relay.id().and_then(resident_megabytes);

    let (mut lost, mut state_events, mut skipped, mut latencies) = (0, 0, 0, Vec::new());
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut missing = options.viewers as u64;
    while let Ok(Some(viewer)) = tokio::time::timeout_at(deadline, viewers.join_next()).await {
        let received = viewer??;
        missing -= 1;
        lost += log_events - received.log_events;
        state_events += received.state_events;
        skipped += received.skipped;
        latencies.extend(received.latencies_millis);
    }
    // Who is not through by now has lost what it waits for.
    lost += missing * log_events;
    latencies.sort_by(f64::total_cmp);
    let percentile = |share: f64| latencies.get(((latencies.len() - 1) as f64 * share) as usize).copied();
    println!(
        "{}",
        serde_json::json!({
            "viewers": options.viewers,
            "seconds": options.seconds,
            "log_events": log_events,
            "log_events_lost": lost,
            "state_events_received": state_events,
            "state_events_skipped": skipped,
            "publish_to_receive_p50_ms": percentile(0.5),
            "p99_ms": percentile(0.99),
            "max_ms": percentile(1.0),
            "relay_rss_mb": relay_rss_mb,
        })
    );
    Ok(())
}

async fn start(options: &Options, data: &std::path::Path) -> anyhow::Result<(Child, String)> {
    let beside = std::env::current_exe()?.parent().and_then(|it| it.parent()).map(|it| it.join("terrarium-relay"));
    let program = options.relay.clone().or(beside).context("name the relay's program with --relay")?;
    let mut relay = Command::new(&program)
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}; build it first", program.display()))?;
    let output = relay.stdout.take().context("the relay has no output")?;
    let line = BufReader::new(output).lines().next_line().await?.unwrap_or_default();
    let address = line.rsplit("http://").next().context("the relay did not say where it listens")?;
    Ok((relay, address.to_owned()))
}

async fn connect(address: &str, role: Role) -> anyhow::Result<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/stream")).await?;
    let hello = Hello { protocol: PROTOCOL, role, token: None };
    send(&mut socket, &ClientMessage::Hello(hello)).await?;
    Ok(socket)
}

async fn send(socket: &mut Socket, message: &ClientMessage) -> anyhow::Result<()> {
    Ok(socket.send(Message::binary(codec::to_bytes(message)?)).await?)
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

fn run() -> anyhow::Result<RunId> {
    Ok(RunId::new("crowded")?)
}

/// Publishes at the asked rates. Every event tells when it was sent: the log in its time, the state in its sequence.
async fn publish(publisher: Socket, options: &Options, clock: Instant) -> anyhow::Result<()> {
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
    let ticks = options.state_rate * options.log_rate * options.seconds;
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

/// Takes everything in until the whole log is there.
async fn watch(mut viewer: Socket, log_events: u64, clock: Instant) -> anyhow::Result<Received> {
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
                    received.latencies_millis.push(now_millis - entry.time_millis);
                }
            }
            ServerMessage::State { entries, skipped, .. } => {
                received.skipped += skipped.values().sum::<u64>();
                for entry in entries {
                    received.state_events += 1;
                    received.latencies_millis.push(now_millis - entry.sequence as f64 / 1000.0);
                }
            }
            ServerMessage::Error { code, message, .. } => bail!("{code:?}: {message}"),
            _ => {}
        }
    }
    Ok(received)
}

/// Resident memory of a process at its highest so far, where the system tells.
fn resident_megabytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?;
    Some((kibibytes.parse::<f64>().ok()? / 1024.0 * 10.0).round() / 10.0)
}
