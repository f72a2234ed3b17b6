//! Viewers that stop reading: what the others and the relay notice of them, and what they have when they read again.

use crate::line::hello;
use crate::relay_process::RelayProcess;
use crate::{Options, crowd, memory_bytes, percentile};
use anyhow::bail;
use futures_util::{SinkExt as _, StreamExt as _};
use shared::codec;
use shared::message::{Role, ServerMessage};
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, client_async};

/// Turns without and with those who stop reading.
const TURNS: u64 = 2;

/// What the system of one who stops reading takes in for it.
const RECEIVE_BUFFER_BYTES: u32 = 16 << 10;

/// The beginning of each turn, which does not count.
const WARM_UP: Duration = Duration::from_millis(500);

/// Time between two looks at the relay's memory.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) async fn measure(options: &Options, stalled: usize) -> anyhow::Result<()> {
    let data = tempfile::TempDir::new()?;
    let relay = RelayProcess::start(options.relay.as_deref(), data.path()).await?;
    let clock = Instant::now();
    let publisher = crowd::announce(&relay.address).await?;
    let turn = Duration::from_secs(options.seconds);
    let seconds = 2 * TURNS * options.seconds + 1;
    let mut viewers = JoinSet::new();
    for viewer in crowd::watchers(&relay.address, options.viewers).await? {
        viewers.spawn(crowd::watch(viewer, options.log_rate * seconds, clock));
    }
    let (mut memory, mut spans, mut lost) = ([Vec::new(), Vec::new()], Vec::new(), 0);
    let publishing = crowd::publish(publisher, options, seconds, clock);
    let watching = async {
        for number in 0..2 * TURNS {
            let with = number % 2 == 1;
            let begun = Instant::now();
            let mut sleepers = JoinSet::new();
            for _ in 0..if with { stalled } else { 0 } {
                sleepers.spawn(stop_reading(relay.address.clone(), turn, options.log_rate, clock));
            }
            let from = clock.elapsed() + WARM_UP;
            while begun.elapsed() < turn {
                memory[usize::from(with)].push(memory_bytes(relay.id, "VmRSS")? / 1e6);
                tokio::time::sleep(LOOK_EVERY).await;
            }
            spans.push((with, from.as_secs_f64() * 1000.0..clock.elapsed().as_secs_f64() * 1000.0));
            while let Some(woken) = sleepers.join_next().await {
                lost += woken??;
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(publishing, watching)?;
    let mut latencies = [Vec::new(), Vec::new()];
    while let Some(viewer) = viewers.join_next().await {
        for (sent, latency) in viewer??.latencies_millis {
            if let Some((with, _)) = spans.iter().find(|(_, span)| span.contains(&sent)) {
                latencies[usize::from(*with)].push(latency);
            }
        }
    }
    let [without, with] = latencies.each_mut().map(|it| percentile(it, 0.99).unwrap_or(f64::NAN));
    let [least, most] = memory.each_mut().map(|it| percentile(it, 1.0).unwrap_or(f64::NAN));
    for (name, value, at_most) in [
        ("p99 of the others in ms, all read", without, None),
        ("p99 of the others in ms, one stops reading", with, None),
        ("p99 of the others, one stops reading / all read", with / without, Some(1.25)),
        ("relay, resident memory in MB, all read", least, None),
        ("relay, resident memory in MB, one stops reading", most, None),
        ("relay, what one who stops reading adds to that, in MB", most - least, Some(16.0)),
        ("one who reads again, log events that it lacks", lost as f64, Some(0.0)),
    ] {
        let row = match at_most {
            Some(most) => serde_json::json!({ "name": name, "value": value, "at_most": most }),
            None => serde_json::json!({ "name": name, "value": value }),
        };
        println!("{row}");
    }
    Ok(())
}

/// A viewer that does not read for a time, and then reads on until it has what is published after that. Tells how many log
/// events of those up to then it did not get.
async fn stop_reading(address: String, time: Duration, log_rate: u64, clock: Instant) -> anyhow::Result<u64> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    let stream = MaybeTlsStream::Plain(socket.connect(address.parse()?).await?);
    let (mut viewer, _) = client_async(format!("ws://{address}/api/v1/stream"), stream).await?;
    viewer.send(Message::binary(codec::to_bytes(&hello(Role::Viewer))?)).await?;
    crowd::subscribe(&mut viewer).await?;
    tokio::time::sleep(time).await;
    let woken_millis = clock.elapsed().as_secs_f64() * 1000.0;
    let (mut next, mut lost, mut has_newest_state) = (0, 0, false);
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(10), viewer.next()).await?;
        let Some(frame) = frame else { bail!("the relay ended the connection") };
        let Message::Binary(bytes) = frame? else { continue };
        match codec::from_bytes(&bytes)? {
            ServerMessage::Log { entries, .. } => {
                for entry in entries {
                    lost += entry.offset.0 - next;
                    next = entry.offset.0 + 1;
                    if entry.time_millis >= woken_millis - 1000.0 / log_rate as f64 && has_newest_state {
                        return Ok(lost);
                    }
                }
            }
            ServerMessage::State { entries, .. } => {
                has_newest_state |= entries.iter().any(|it| it.sequence as f64 / 1000.0 >= woken_millis - 100.0);
            }
            ServerMessage::Error { message, .. } => bail!(message),
            _ => {}
        }
    }
}
