//! What a long log takes: how quickly it is stored, the time until somebody who joins late is live, the time of answers about its
//! metrics, and bytes on disk for each byte of it.
//!
//! ```text
//! cargo build --release -p server && cargo run --release -p server --example long_log -- --entries 1000000
//! ```
//!
//! The relay runs in this process with an empty data directory. Prints a line of JSON for each measurement.

#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

#[path = "parts/line.rs"]
mod line;

use anyhow::{Context as _, bail};
use clap::Parser;
use futures_util::StreamExt as _;
use line::{connect, send};
use server::{Relay, RelayConfig};
use shared::event::{LogEvent, Severity};
use shared::message::{ClientMessage, From, LogEntry, Role, ServerMessage};
use shared::{Epoch, Offset, Payload, RunId, codec};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// Points of a curve that the page asks for.
const POINTS: u32 = 20_000;

/// Measures a relay with a long log.
#[derive(Parser)]
struct Options {
    /// Entries of metrics, eight in each
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Bytes of notices, of each size
    #[arg(long, default_value_t = 20_000_000)]
    bytes: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let data = std::env::temp_dir().join(format!("terrarium-long-log-{}", std::process::id()));
    let measured = Box::pin(measure(&options, &data)).await;
    std::fs::remove_dir_all(&data).ok();
    measured
}

async fn measure(options: &Options, data: &Path) -> anyhow::Result<()> {
    for size in [200, 1000, 4000, 64_000] {
        let folder = data.join(size.to_string());
        let relay = Relay::start(RelayConfig::local(&folder)).await?;
        let count = options.bytes / size;
        let bytes = publish(relay.local_addr(), count, |offset| notice(offset, size as usize)).await?;
        relay.shutdown().await;
        let disk = std::fs::metadata(folder.join("terrarium.db"))?.len();
        let ratio = disk as f64 / bytes as f64;
        println!(
            "{}",
            serde_json::json!({ "entry_bytes": size, "log_bytes": bytes, "disk_bytes": disk, "ratio": ratio })
        );
    }
    let folder = data.join("metrics");
    let relay = Relay::start(RelayConfig::local(&folder)).await?;
    let began = Instant::now();
    let bytes = publish(relay.local_addr(), options.entries, metrics).await?;
    let published = began.elapsed().as_secs_f64();
    let newest = options.entries - 1;
    let first_join = join(relay.local_addr(), newest).await?;
    let database = rusqlite::Connection::open(folder.join("terrarium.db"))?;
    let summed = || database.query_row("SELECT summed FROM epochs", [], |row| row.get::<_, i64>(0));
    while summed()? + 4096 < options.entries as i64 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let climbed = began.elapsed().as_secs_f64();
    println!("{}", serde_json::json!({ "entries": options.entries, "published_s": published, "summed_s": climbed }));
    let rate = options.entries as f64 / published;
    println!("{}", serde_json::json!({ "name": "recording, log events a second", "value": rate, "at_least": 20_000 }));
    let second_join = join(relay.local_addr(), newest).await?;
    for query in ["points=1000", "points=1000&from=300000&to=310000", "names=loss0&points=16384"] {
        let path = format!("/api/v1/runs/long/metrics?{query}");
        let (with, body) = timed(relay.local_addr(), &path).await?;
        println!("{}", serde_json::json!({ "query": query, "seconds": with, "answer_bytes": body }));
    }
    drop(database);
    relay.shutdown().await;
    let relay = Relay::start(RelayConfig::local(&folder)).await?;
    let address = relay.local_addr();
    let join_anew = join(address, newest).await?;
    let joins =
        tokio::try_join!(join(address, newest), join(address, newest), join(address, newest), join(address, newest))?;
    let (one, two, three, four) = joins;
    for (when, seconds) in [
        ("right after publishing", first_join),
        ("once more", second_join),
        ("after a restart", join_anew),
        ("the last of four at once", one.max(two).max(three).max(four)),
    ] {
        let name = format!("live in {} entries of 8 metrics in seconds, {when}", options.entries);
        println!("{}", serde_json::json!({ "name": name, "value": seconds, "at_most": 1 }));
    }
    // As it was before there were sums.
    rusqlite::Connection::open(folder.join("terrarium.db"))?.execute("UPDATE epochs SET summed = -1", [])?;
    let (without, body) = timed(address, "/api/v1/runs/long/metrics?points=1000").await?;
    println!("{}", serde_json::json!({ "query": "without sums", "seconds": without, "answer_bytes": body }));
    relay.shutdown().await;
    let disk = std::fs::metadata(folder.join("terrarium.db"))?.len();
    println!("{}", serde_json::json!({ "log_bytes": bytes, "disk_bytes": disk, "ratio": disk as f64 / bytes as f64 }));
    Ok(())
}

/// Seconds from connecting until somebody who asks as the page does has the newest entry.
async fn join(address: SocketAddr, newest: u64) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut socket = connect(&address.to_string(), Role::Viewer).await?;
    let subscribe = ClientMessage::Subscribe { run: RunId::new("long")?, from: From::Thinned(POINTS), epoch: None };
    send(&mut socket, &subscribe).await?;
    while let Some(message) = socket.next().await {
        let Message::Binary(message) = message? else { continue };
        match codec::from_bytes(&message)? {
            ServerMessage::Log { entries, .. } if entries.iter().any(|it| it.offset.0 >= newest) => {
                return Ok(began.elapsed().as_secs_f64());
            }
            ServerMessage::Error { message, .. } => bail!(message),
            _ => {}
        }
    }
    bail!("the relay ended the connection")
}

/// A text that no compressor makes shorter.
fn notice(offset: u64, size: usize) -> LogEvent {
    let mut chance = offset.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        char::from(b' ' + (chance % 94) as u8)
    };
    LogEvent::Notice { severity: Severity::Information, text: (0..size - 50).map(letter).collect() }
}

fn metrics(offset: u64) -> LogEvent {
    let value = |it: u64| ((offset * 7919 * (it + 1)) % 1009) as f64 / 1009.0;
    let values = (0..8).map(|it| (format!("loss{it}"), value(it))).collect();
    LogEvent::Metrics { step: offset, episode: offset / 100, values, statistics: [].into() }
}

/// Publishes a log, and tells its bytes once all of it is stored.
async fn publish(address: SocketAddr, count: u64, event: impl Fn(u64) -> LogEvent) -> anyhow::Result<u64> {
    let mut socket = connect(&address.to_string(), Role::Publisher).await?;
    let (run, epoch) = (RunId::new("long")?, Epoch(1));
    send(&mut socket, &ClientMessage::Announce { run: run.clone(), epoch, started_millis: 0.0 }).await?;
    let (mut next, mut stored, mut bytes) = (0, 0, 0);
    while stored < count {
        if next < count && next < stored + 20_000 {
            let end = count.min(next + 100);
            let entry = |offset| -> anyhow::Result<LogEntry> {
                let event = Payload::plain(&event(offset))?;
                Ok(LogEntry { offset: Offset(offset), time_millis: offset as f64, event })
            };
            let entries = (next..end).map(entry).collect::<anyhow::Result<Vec<_>>>()?;
            bytes += entries.iter().map(|it| it.event.as_bytes().len() as u64).sum::<u64>();
            let log = ClientMessage::Log { run: run.clone(), epoch, entries };
            send(&mut socket, &log).await?;
            next = end;
        }
        let wait = if next < count && next < stored + 20_000 { Duration::ZERO } else { Duration::from_mins(1) };
        let Ok(message) = tokio::time::timeout(wait, socket.next()).await else { continue };
        if let Message::Binary(message) = message.context("the relay has gone")?? {
            match codec::from_bytes(&message)? {
                ServerMessage::Acknowledged { offset, .. } => stored = offset.0,
                ServerMessage::Error { message, .. } => bail!(message),
                _ => {}
            }
        }
    }
    Ok(bytes)
}

/// Seconds until a whole answer is there, and its bytes.
async fn timed(address: SocketAddr, path: &str) -> anyhow::Result<(f64, usize)> {
    let began = Instant::now();
    let mut socket = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        bail!("{path}: {}", String::from_utf8_lossy(&answer[..answer.len().min(300)]));
    }
    Ok((began.elapsed().as_secs_f64(), answer.len()))
}
