//! What many runs take: bytes and time of the list that a viewer gets when it comes, of its first part, and of one change.
//!
//! ```text
//! cargo build --release -p server && cargo run --release -p server --example many_runs -- --runs 20000
//! ```
//!
//! The relay runs in this process with an empty data directory. Prints a line of JSON for each measurement.

#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

#[path = "parts/line.rs"]
mod line;

use anyhow::{Context as _, bail};
use clap::Parser;
use futures_util::StreamExt as _;
use line::{Socket, connect, send};
use server::{Relay, RelayConfig};
use shared::message::{ClientMessage, Role, ServerMessage};
use shared::{Epoch, RunId, codec};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// Measures a relay with many runs.
#[derive(Parser)]
struct Options {
    /// Runs
    #[arg(long, default_value_t = 20_000)]
    runs: u64,
    /// Times that a viewer comes, and changes, of which the median is told
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// A list as it came.
struct ListArrival {
    messages: usize,
    bytes: usize,
    largest: usize,
    first_millis: f64,
    whole_millis: f64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let data = std::env::temp_dir().join(format!("terrarium-many-runs-{}", std::process::id()));
    let measured = Box::pin(measure(&options, &data)).await;
    std::fs::remove_dir_all(&data).ok();
    measured
}

async fn measure(options: &Options, data: &Path) -> anyhow::Result<()> {
    let mut config = RelayConfig::local(data);
    config.limits.messages_per_second = 1_000_000;
    let relay = Relay::start(config).await?;
    let address = relay.local_addr();
    let mut publisher = connect(&address.to_string(), Role::Publisher).await?;
    for number in 0..options.runs {
        announce(&mut publisher, number, 1).await?;
    }
    for _ in 0..options.runs {
        next(&mut publisher, |it| matches!(it, ServerMessage::Resume { .. })).await?;
    }
    let mut epoch = 1;
    for parts in [false, true] {
        let (mut arrivals, mut changes) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            let (mut viewer, arrival) = list(address, parts).await?;
            arrivals.push(arrival);
            epoch += 1;
            let began = Instant::now();
            announce(&mut publisher, 7, epoch).await?;
            let bytes = next(&mut viewer, |it| matches!(it, ServerMessage::Runs { gone: Some(_), .. })).await?;
            changes.push((began.elapsed().as_secs_f64() * 1000.0, bytes));
        }
        let (change_millis, change_bytes) = median(&mut changes, |it| it.0);
        let change = serde_json::json!({ "bytes": change_bytes, "milliseconds": change_millis });
        let ListArrival { messages, bytes, largest, first_millis, whole_millis } =
            median(&mut arrivals, |it| it.first_millis);
        println!(
            "{}",
            serde_json::json!({
                "runs": options.runs, "in_parts": parts, "messages": messages, "bytes": bytes, "largest_message": largest,
                "first_milliseconds": first_millis, "whole_milliseconds": whole_millis, "one_change": change,
            })
        );
    }
    relay.shutdown().await;
    Ok(())
}

fn median<T>(of: &mut Vec<T>, by: impl Fn(&T) -> f64) -> T {
    of.sort_by(|a, b| by(a).total_cmp(&by(b)));
    of.swap_remove(of.len() / 2)
}

async fn announce(publisher: &mut Socket, number: u64, epoch: u64) -> anyhow::Result<()> {
    let run = RunId::new(format!("cart-pole-ppo-seed{number}"))?;
    send(publisher, &ClientMessage::Announce { run, epoch: Epoch(epoch), started_millis: 1.8e12 }).await
}

/// Waits for a message that is so, and gives its bytes.
async fn next(socket: &mut Socket, is_so: impl Fn(&ServerMessage) -> bool) -> anyhow::Result<usize> {
    loop {
        let message = socket.next().await.context("the relay has gone")??;
        let Message::Binary(bytes) = message else { continue };
        match codec::from_bytes(&bytes)? {
            ServerMessage::Error { message, .. } => bail!(message),
            message if is_so(&message) => return Ok(bytes.len()),
            _ => {}
        }
    }
}

/// Connects and asks for the list of runs; times are from before that on.
async fn list(address: SocketAddr, parts: bool) -> anyhow::Result<(Socket, ListArrival)> {
    let began = Instant::now();
    let mut socket = connect(&address.to_string(), Role::Viewer).await?;
    send(&mut socket, &ClientMessage::ListRuns { changes: true, parts }).await?;
    let mut arrival = ListArrival { messages: 0, bytes: 0, largest: 0, first_millis: 0.0, whole_millis: 0.0 };
    loop {
        let Message::Binary(bytes) = socket.next().await.context("the relay has gone")?? else { continue };
        let ServerMessage::Runs { to_come, .. } = codec::from_bytes(&bytes)? else { continue };
        arrival.messages += 1;
        arrival.bytes += bytes.len();
        arrival.largest = arrival.largest.max(bytes.len());
        arrival.whole_millis = began.elapsed().as_secs_f64() * 1000.0;
        if arrival.messages == 1 {
            arrival.first_millis = arrival.whole_millis;
        }
        if to_come == 0 {
            return Ok((socket, arrival));
        }
    }
}
