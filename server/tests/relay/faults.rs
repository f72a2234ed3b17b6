//! Relay, publisher and viewer, each a process of its own, killed at random moments under load: `cargo xtask faults`.

use crate::harness::{Client, entry, run_test};
use shared::message::{ErrorCode, From, Role, ServerMessage};
use shared::{Epoch, Offset};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What makes this program a publisher or a viewer of a test.
const ADDRESS: &str = "TERRARIUM_FAULTS_ADDRESS";

/// Where a viewer goes on.
const SEEN: &str = "TERRARIUM_FAULTS_SEEN";

/// Entries that a publisher sends at most beyond what is stored.
const AHEAD: u64 = 2000;

/// Entries of a message: with few, a publisher would send more messages a second than a relay takes.
const MESSAGE: u64 = 100;

/// The address of the relay, where this process is a part of a test.
fn address() -> Option<SocketAddr> {
    std::env::var(ADDRESS).ok()?.parse().ok()
}

/// Tells the test, which may be gone.
fn tell(word: &str, offset: u64) {
    writeln!(std::io::stdout(), "{word} {offset}").ok();
}

/// Connects as often as it takes.
async fn greeted(address: SocketAddr, role: Role) -> Client {
    loop {
        if let Ok(mut client) = Client::try_connect(address).await {
            client.send(&crate::harness::hello(role, None)).await;
            if matches!(client.try_next(true).await, Some(ServerMessage::Welcome { .. })) {
                return client;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A publisher: its entries follow from their offsets, so that it knows all of them however often it is killed.
#[test]
fn as_publisher() {
    let Some(address) = address() else { return };
    run_test(async {
        loop {
            let mut client = greeted(address, Role::Publisher).await;
            let announce =
                shared::ClientMessage::Announce { run: crate::harness::run(), epoch: Epoch(1), started_millis: 1.0 };
            client.send(&announce).await;
            let (mut next, mut stored) = (None, 0);
            loop {
                if let Some(offset) = next.filter(|it| *it < stored + AHEAD) {
                    client.publish(1, offset..offset + MESSAGE).await;
                    next = Some(offset + MESSAGE);
                }
                let waits = next.is_none_or(|it| it >= stored + AHEAD);
                match client.try_next(waits).await {
                    Some(ServerMessage::Resume { offset, .. }) => {
                        tell("resumed", offset.0);
                        (next, stored) = (Some(offset.0), offset.0);
                    }
                    Some(ServerMessage::Acknowledged { offset, .. }) => {
                        tell("stored", offset.0);
                        stored = offset.0;
                    }
                    Some(ServerMessage::Error { message, .. }) => panic!("{message}"),
                    None if waits => break,
                    Some(_) | None => {}
                }
            }
        }
    });
}

/// A viewer: it tells how far it has seen every entry once.
#[test]
fn as_viewer() {
    let Some(address) = address() else { return };
    let mut seen: u64 = std::env::var(SEEN).unwrap().parse().unwrap();
    run_test(async {
        loop {
            let mut client = greeted(address, Role::Viewer).await;
            let from = From::Offset { epoch: Epoch(1), offset: Offset(seen) };
            client.send(&shared::ClientMessage::Subscribe { run: crate::harness::run(), from, epoch: None }).await;
            while let Some(message) = client.try_next(true).await {
                match message {
                    ServerMessage::Subscribed { recovered, .. } => assert!(recovered, "the log is cut"),
                    ServerMessage::Log { entries, .. } => {
                        for found in entries {
                            assert_eq!(found, entry(seen));
                            seen += 1;
                        }
                        tell("seen", seen);
                    }
                    // The publisher has not announced it yet.
                    ServerMessage::Error { code: ErrorCode::UnknownRun, .. } => break,
                    ServerMessage::Error { message, .. } => panic!("{message}"),
                    _ => {}
                }
            }
        }
    });
}

/// A process, and how far it says that it is.
struct Part {
    child: Child,
    reached: Arc<AtomicU64>,
}

impl Part {
    /// Begins one of the parts above; `word` is before the offsets that count.
    fn begin(test: &str, word: &'static str, address: SocketAddr, reached: Arc<AtomicU64>) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", &format!("faults::{test}"), "--nocapture", "--test-threads", "1"]);
        child.env(ADDRESS, address.to_string()).env(SEEN, reached.load(Ordering::SeqCst).to_string());
        let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
        let (lines, told) = (BufReader::new(child.stdout.take().unwrap()).lines(), reached.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                assert!(!line.contains("FAILED"), "a part of the test has failed");
                // The first line has the name of the test in front.
                if let Some(offset) = line.split_once(word).and_then(|(_, it)| it.trim().parse().ok()) {
                    told.fetch_max(offset, Ordering::SeqCst);
                }
            }
        });
        Self { child, reached }
    }

    fn must_live(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "a part of the test ended by itself");
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.must_live();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn relay(data: &std::path::Path, listen: &str) -> (Part, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
    let mut child = child.arg("--listen").arg(listen).arg("--data").arg(data).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
    (Part { child, reached: Arc::default() }, address.parse().unwrap())
}

/// `TERRARIUM_KILLS` times (9 if nobody says).
#[test]
fn three_processes_are_killed_at_random_moments_and_every_entry_arrives_once() {
    run_test(async {
        let kills = std::env::var("TERRARIUM_KILLS").map_or(9, |it| it.parse().unwrap());
        let mut chance = 1 | SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        println!("seed {chance}");
        let mut below = |most: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % most
        };
        let data = tempfile::TempDir::new().unwrap();
        let (mut process, address) = relay(data.path(), "127.0.0.1:0");
        let (stored, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let mut publisher = Part::begin("as_publisher", "stored ", address, stored.clone());
        let mut viewer = Part::begin("as_viewer", "seen ", address, seen.clone());
        for kill in 0..kills {
            // Under load: something more was stored and seen since the kill before.
            let before = (stored.load(Ordering::SeqCst), seen.load(Ordering::SeqCst));
            while stored.load(Ordering::SeqCst) <= before.0 || seen.load(Ordering::SeqCst) <= before.1 {
                for part in [&mut process, &mut publisher, &mut viewer] {
                    part.must_live();
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_micros(below(60_000))).await;
            match below(3) {
                0 => {
                    process.kill();
                    process = relay(data.path(), &address.to_string()).0;
                }
                1 => {
                    publisher.kill();
                    publisher = Part::begin("as_publisher", "stored ", address, stored.clone());
                }
                _ => {
                    viewer.kill();
                    viewer = Part::begin("as_viewer", "seen ", address, seen.clone());
                }
            }
            if kill % 50 == 49 {
                println!("{} kills, {} entries stored", kill + 1, stored.load(Ordering::SeqCst));
            }
        }
        publisher.kill();
        let acknowledged = publisher.reached.load(Ordering::SeqCst);
        let mut late = greeted(address, Role::Viewer).await;
        let history = late.subscribe(From::All).await.history;
        assert!(history >= acknowledged, "{acknowledged} entries were acknowledged, {history} are there");
        late.log(0, history).await;
        while viewer.reached.load(Ordering::SeqCst) < history {
            assert!(viewer.child.try_wait().unwrap().is_none(), "the viewer met a hole or a duplicate");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        println!("{kills} kills, {history} entries, each once");
    });
}
