//! Any bytes as what comes over a connection to a relay, guided by what they reach: `cargo xtask fuzz --target http`.
//!
//! A relay with a short run runs in this process, and each input is a connection of its own. No handler may panic, and every
//! connection is answered or closed.

#![no_main]

use server::{Relay, RelayConfig};
use shared::artifact::ArtifactHash;
use shared::command::Answer;
use shared::message::{ClientMessage, Hello, LogEntry, PROTOCOL, Role, ServerMessage};
use shared::{Epoch, Offset, Payload, RunId, codec};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The relay that all inputs meet.
fn relay() -> SocketAddr {
    static RELAY: OnceLock<(Runtime, Relay)> = OnceLock::new();
    let (_, relay) = RELAY.get_or_init(|| {
        let data = std::env::temp_dir().join(format!("terrarium-fuzz-{}", std::process::id()));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        let mut config = RelayConfig::local(data);
        config.limits.greeting_within = Duration::from_millis(500);
        let relay = runtime.block_on(Relay::start(config)).expect("relay");
        runtime.block_on(publish(relay.local_addr()));
        (runtime, relay)
    });
    relay.local_addr()
}

/// A run for handlers to find, with a file. It stays hosted, so that nobody removes it, and its host obeys nothing.
async fn publish(address: SocketAddr) {
    use futures_util::{SinkExt as _, StreamExt as _};
    use shared::event::LogEvent;
    use tokio_tungstenite::tungstenite::Message;
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/stream")).await.expect("connection");
    let (run, epoch) = (RunId::new("r").expect("name"), Epoch(1));
    let file = b"0123456789".to_vec();
    let (sha256, length) = (ArtifactHash::of(&file), file.len() as u64);
    let entries = (0..50)
        .map(|offset| {
            let values = [("loss".to_owned(), offset as f64)].into();
            let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: Default::default() };
            LogEntry { offset: Offset(offset), time_millis: 0.0, event: Payload::plain(&event).expect("event") }
        })
        .collect();
    for message in [
        ClientMessage::Hello(Hello { protocol: PROTOCOL, role: Role::Publisher, token: None, name: String::new() }),
        ClientMessage::Announce { run: run.clone(), epoch, started_millis: 0.0 },
        ClientMessage::Log { run: run.clone(), epoch, entries },
        ClientMessage::PutArtifact { run, sha256, length, offset: 0, content: file.into() },
        ClientMessage::Ping { nonce: 1 },
    ] {
        let bytes = codec::to_bytes(&message).expect("message");
        socket.send(Message::binary(bytes)).await.expect("sent");
    }
    while let Some(Ok(message)) = socket.next().await {
        if matches!(&message, Message::Binary(bytes) if bytes.windows(4).any(|it| it == b"pong")) {
            break;
        }
    }
    tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Binary(bytes) = message else { continue };
            let Ok(ServerMessage::Command { request, .. }) = codec::from_bytes(&bytes) else { continue };
            let answer = Answer::Rejected { reason: "no".into() };
            let bytes = codec::to_bytes(&ClientMessage::Answer { request, answer }).expect("message");
            socket.send(Message::binary(bytes)).await.expect("sent");
        }
    });
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(mut socket) = TcpStream::connect(relay()) else { return };
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    // A relay that has answered already may have closed.
    socket.write_all(bytes).ok();
    socket.shutdown(Shutdown::Write).ok();
    let mut answer = [0; 4096];
    loop {
        match socket.read(&mut answer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the relay holds the connection"),
            Err(_) => return,
        }
    }
});
