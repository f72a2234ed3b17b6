//! Alerts: webhooks that answer, that fail and that hang, over real sockets.

use crate::harness::{Fixture, NEVER, certified, get, run, run_test};
use server::{AlertRule, Relay, RelayConfig};
use shared::alert::AlertComparison;
use shared::event::LogEvent;
use shared::message::{ClientMessage, From, LogEntry, Role};
use shared::{Epoch, Offset, Payload};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

fn rule(name: &str, metric: &str, webhook: Option<String>) -> AlertRule {
    let webhook = webhook.map_or(String::new(), |it| format!("webhook = {it:?}\n"));
    let text = format!("name = {name:?}\nruns = \"grid*\"\nmetric = {metric:?}\nis = \"above\"\nvalue = 2\n{webhook}");
    AlertRule::from_table(text.parse().unwrap()).unwrap()
}

/// A server that answers every request with a status in turn, and passes their bodies on.
async fn answering(statuses: &'static [u16]) -> (String, mpsc::UnboundedReceiver<serde_json::Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hooks/a?key=b", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for status in statuses.iter().cycle() {
            let (mut socket, _) = listener.accept().await.unwrap();
            let body = request(&mut socket).await;
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
            sender.send(body).ok();
        }
    });
    (address, receiver)
}

/// The body of a request, whose head has to be right.
async fn request(socket: &mut TcpStream) -> serde_json::Value {
    let mut bytes = Vec::new();
    loop {
        let mut more = [0; 4096];
        let count = socket.read(&mut more).await.unwrap();
        assert!(count > 0, "a request was cut off");
        bytes.extend_from_slice(&more[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /hooks/a?key=b HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
        if let Ok(body) = serde_json::from_str(body) {
            return body;
        }
    }
}

async fn news(receiver: &mut mpsc::UnboundedReceiver<serde_json::Value>) -> serde_json::Value {
    tokio::time::timeout(NEVER, receiver.recv()).await.expect("no news").unwrap()
}

#[test]
fn a_webhook_is_told_once_and_what_fires_is_told_to_everybody() {
    run_test(async {
        let (address, mut receiver) = answering(&[500, 204]).await;
        let fixture = Fixture::with(|it| it.alerts = vec![rule("high", "return", Some(address))]).await;
        let mut publisher = fixture.publisher(1).await;
        // The episode of an entry has a return of the entry's offset less 1.
        publisher.publish(1, 0..4).await;
        publisher.settle().await;
        let (_, _, nothing) = get(fixture.address(), "/api/v1/alerts", "").await;
        assert_eq!(nothing, "[]");
        publisher.publish(1, 4..7).await;
        // Again and beyond what is known: neither is judged.
        publisher.publish(1, 2..7).await;
        publisher.settle().await;
        let refused = news(&mut receiver).await;
        assert_eq!(refused, news(&mut receiver).await, "what failed is tried again");
        assert_eq!(refused["state"], "firing");
        assert_eq!((&refused["alert"], &refused["run"]), (&"high".into(), &"gridworld".into()));
        assert_eq!((&refused["value"], &refused["threshold"]), (&3.0.into(), &2.0.into()));
        assert!(refused["text"].as_str().unwrap().contains("is above 2: 3 at step 24"), "{refused}");
        let (_, _, firing) = get(fixture.address(), "/api/v1/alerts", "").await;
        let firing: serde_json::Value = serde_json::from_str(&firing).unwrap();
        assert_eq!((firing.as_array().unwrap().len(), &firing[0]["step"]), (1, &24.into()));
        let delivered = loop {
            let (_, _, text) = get(fixture.address(), "/metrics", "").await;
            if text.contains("terrarium_relay_webhooks_total{alert=\"high\",outcome=\"delivered\"} 1\n") {
                break text;
            }
        };
        assert!(delivered.contains("terrarium_relay_alerts_firing{alert=\"high\"} 1\n"), "{delivered}");
        assert!(delivered.contains("terrarium_relay_alerts_fired_total{alert=\"high\"} 1\n"), "{delivered}");
    });
}

#[test]
fn webhooks_that_hang_or_are_not_there_hold_up_nobody() {
    run_test(async {
        let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hangs = format!("http://{}/hooks/a?key=b", hanging.local_addr().unwrap());
        let (works, mut receiver) = answering(&[200]).await;
        let connected = Arc::new(AtomicUsize::new(0));
        let counter = connected.clone();
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                held.push(hanging.accept().await.unwrap());
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        let nowhere = "http://127.0.0.1:1/".to_owned();
        let rules = [("hangs", Some(hangs)), ("nowhere", Some(nowhere)), ("works", Some(works)), ("silent", None)];
        let fixture =
            Fixture::with(|it| it.alerts = rules.map(|(name, hook)| rule(name, "return", hook)).to_vec()).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let mut publisher = fixture.publisher(1).await;
        viewer.subscribe(From::All).await;
        publisher.publish(1, 0..50).await;
        publisher.acknowledged(50).await;
        viewer.log(0, 50).await;
        assert_eq!(news(&mut receiver).await["alert"], "works");
        while connected.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(get(fixture.address(), "/healthz", "").await.0, 200);
        let (_, _, text) = get(fixture.address(), "/metrics", "").await;
        for name in ["hangs", "nowhere", "works", "silent"] {
            assert!(text.contains(&format!("alerts_firing{{alert=\"{name}\"}} 1\n")), "{text}");
        }
    });
}

#[test]
fn pages_are_told_in_the_list_of_runs_what_fires() {
    run_test(async {
        let fixture =
            Fixture::with(|it| it.alerts = vec![rule("high", "loss", None), rule("low", "other", None)]).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: true, parts: false }).await;
        assert!(viewer.runs().await.is_empty());
        let mut publisher = fixture.publisher(1).await;
        let log = |epoch, entries| ClientMessage::Log { run: run(), epoch: Epoch(epoch), entries };
        publisher.send(&log(1, vec![loss(0, 1.0), loss(1, 3.0), loss(2, 4.0)])).await;
        let fires = viewer.until_listed(|it| !it.alerts.is_empty()).await;
        let [alert] = &fires.alerts[..] else { panic!("one rule fires") };
        assert_eq!((alert.alert.as_str(), alert.metric.as_str(), alert.is), ("high", "loss", AlertComparison::Above));
        assert_eq!((alert.threshold, alert.value, alert.step), (2.0, Some(3.0), 1));
        // Whoever comes now is told, too, and by HTTP.
        let mut late = fixture.client(Role::Viewer).await;
        late.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(late.runs().await[0].alerts, fires.alerts);
        let (_, _, shown) = get(fixture.address(), "/api/v1/runs/gridworld", "").await;
        assert!(shown.contains(r#""alert":"high""#), "{shown}");
        publisher.send(&log(1, vec![loss(3, 0.0)])).await;
        viewer.until_listed(|it| it.alerts.is_empty()).await;
        // What an earlier epoch told is not said of a later one.
        publisher.send(&log(1, vec![loss(4, 5.0)])).await;
        viewer.until_listed(|it| !it.alerts.is_empty()).await;
        publisher.announce(2).await;
        let begun = viewer.until_listed(|it| it.epoch == Epoch(2)).await;
        assert_eq!(begun.alerts, []);
    });
}

async fn again(fixture: Fixture, rules: Vec<AlertRule>) -> Fixture {
    fixture.relay.shutdown().await;
    let config = RelayConfig { alerts: rules, ..RelayConfig::local(fixture.data.path()) };
    Fixture { relay: Relay::start(config).await.unwrap(), data: fixture.data }
}

/// A metric at an offset.
fn loss(offset: u64, value: f64) -> LogEntry {
    let values = [("loss".to_owned(), value)].into();
    let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: BTreeMap::new() };
    LogEntry { offset: Offset(offset), time_millis: 0.0, event: Payload::plain(&event).unwrap() }
}

#[test]
fn after_a_restart_what_fires_still_fires_and_is_told_no_second_time() {
    run_test(async {
        let (address, mut receiver) = answering(&[204]).await;
        let rules = vec![rule("high", "loss", Some(address))];
        let fixture = Fixture::with(|it| it.alerts = rules.clone()).await;
        let mut publisher = fixture.publisher(1).await;
        let log = |entries| ClientMessage::Log { run: run(), epoch: Epoch(1), entries };
        publisher.send(&log(vec![loss(0, 1.0), loss(1, 3.0)])).await;
        let told = news(&mut receiver).await;
        assert_eq!((&told["state"], &told["step"]), (&"firing".into(), &1.into()));
        publisher.acknowledged(2).await;
        drop(publisher);

        let fixture = again(fixture, rules.clone()).await;
        let (_, _, text) = get(fixture.address(), "/metrics", "").await;
        assert!(text.contains("terrarium_relay_alerts_firing{alert=\"high\"} 1\n"), "{text}");
        let (_, _, firing) = get(fixture.address(), "/api/v1/alerts", "").await;
        assert!(firing.contains("\"step\":1"), "{firing}");
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, 2);
        publisher.send(&log(vec![loss(2, 4.0)])).await;
        publisher.acknowledged(3).await;
        drop(publisher);

        let fixture = again(fixture, rules.clone()).await;
        let mut publisher = fixture.client(Role::Publisher).await;
        publisher.announce(1).await;
        publisher.send(&log(vec![loss(3, 0.0), loss(4, 5.0)])).await;
        let (clear, second) = (news(&mut receiver).await, news(&mut receiver).await);
        assert_eq!((&clear["state"], &clear["step"]), (&"clear".into(), &3.into()));
        assert_eq!((&second["state"], &second["step"]), (&"firing".into(), &4.into()));
        let id = |news: &serde_json::Value| news["id"].as_str().unwrap().to_owned();
        assert_eq!(id(&told), "high/gridworld/1/1");
        assert_eq!((id(&clear), id(&second)), ("high/gridworld/1/3".into(), "high/gridworld/1/4".into()));
        publisher.acknowledged(5).await;
        drop(publisher);

        // A rule that was away begins anew, and not with what is stored.
        let other = rules[0].clone();
        let fixture = again(fixture, Vec::new()).await;
        let fixture = again(fixture, vec![other]).await;
        assert_eq!(get(fixture.address(), "/api/v1/alerts", "").await.2, "[]");
        assert!(receiver.try_recv().is_err());
    });
}

#[test]
fn what_a_webhook_was_not_told_before_the_end_is_told_after_the_restart() {
    run_test(async {
        // Somebody takes the connection and never answers.
        let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hangs = format!("http://{}/hooks/a?key=b", hanging.local_addr().unwrap());
        let fixture = Fixture::with(|it| it.alerts = vec![rule("high", "loss", Some(hangs))]).await;
        let mut publisher = fixture.publisher(1).await;
        let entries = vec![loss(0, 3.0), loss(1, 0.0)];
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        publisher.acknowledged(2).await;
        let _held = hanging.accept().await.unwrap();
        drop(publisher);
        let (address, mut receiver) = answering(&[204]).await;
        let fixture = again(fixture, vec![rule("high", "loss", Some(address.clone()))]).await;
        assert_eq!(news(&mut receiver).await["state"], "firing");
        assert_eq!(news(&mut receiver).await["state"], "clear");
        let fixture = again(fixture, vec![rule("high", "loss", Some(address))]).await;
        assert_eq!(get(fixture.address(), "/api/v1/alerts", "").await.2, "[]");
        assert!(receiver.try_recv().is_err(), "told once");
    });
}

#[test]
fn what_was_stored_and_not_judged_before_a_kill_is_judged_at_the_next_start() {
    run_test(async {
        let (address, mut receiver) = answering(&[204]).await;
        let files = tempfile::TempDir::new().unwrap();
        let (options, data) = (files.path().join("relay.toml"), files.path().join("data"));
        let text = format!(
            "listen = \"127.0.0.1:0\"\n[[alert]]\nname = \"high\"\nmetric = \"loss\"\nis = \"above\"\nvalue = 2\n\
             points = 4\nwebhook = {address:?}\n"
        );
        std::fs::write(&options, text).unwrap();
        let start = || {
            let mut relay = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
            relay.arg("--config").arg(&options).arg("--data").arg(&data).stdout(Stdio::piped());
            let mut relay = relay.spawn().unwrap();
            let (mut line, stdout) = (String::new(), relay.stdout.take().unwrap());
            std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
            (relay, line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap())
        };
        let mut steps = Vec::new();
        for round in 0..4u64 {
            let (mut relay, address) = start();
            let mut publisher = crate::harness::Client::greeted(address, Role::Publisher).await;
            assert_eq!(publisher.announce(1).await, 2 * round);
            // Of four in a row two come before a kill.
            let entries = (2 * round..2 * round + 2).map(|offset| loss(offset, if offset == 5 { 0.0 } else { 3.0 }));
            publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries: entries.collect() }).await;
            publisher.acknowledged(2 * round + 2).await;
            if round == 1 || round == 2 {
                steps.push(news(&mut receiver).await["step"].as_u64().unwrap());
                let database = rusqlite::Connection::open(data.join("terrarium.db")).unwrap();
                let left = || -> i64 { database.query_row("SELECT count(*) FROM news", [], |row| row.get(0)).unwrap() };
                while left() > 0 {
                    tokio::task::yield_now().await;
                }
            }
            relay.kill().unwrap();
            relay.wait().unwrap();
        }
        assert_eq!(steps, [3, 5], "fires at the fourth, and is clear at the sixth");
    });
}

#[test]
fn a_webhook_behind_tls_is_told_where_the_system_trusts_it() {
    run_test(async {
        let files = tempfile::TempDir::new().unwrap();
        let tls = certified(files.path());
        let certificate = tls.certificate.clone();
        // Another relay stands for the server of the webhook: it answers with 405, and counts the request.
        let other = Fixture::with(|it| it.tls = Some(tls)).await;
        let options = files.path().join("relay.toml");
        let port = other.address().port();
        let text = format!(
            "listen = \"127.0.0.1:0\"\n[[alert]]\nname = \"high\"\nmetric = \"return\"\nis = \"above\"\nvalue = 2\n\
             webhook = \"https://localhost:{port}/healthz\"\n"
        );
        std::fs::write(&options, text).unwrap();
        let mut relay = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
        relay.arg("--config").arg(&options).arg("--data").arg(files.path().join("data"));
        relay.env("SSL_CERT_FILE", &certificate).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut relay = relay.spawn().unwrap();
        let (mut line, stdout) = (String::new(), relay.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        let mut publisher = crate::harness::Client::greeted(address, Role::Publisher).await;
        publisher.announce(1).await;
        publisher.publish(1, 0..9).await;
        publisher.acknowledged(9).await;
        let mut said = String::new();
        let mut errors = std::io::BufReader::new(relay.stderr.take().unwrap());
        let said = tokio::task::spawn_blocking(move || {
            while !said.contains("was not told of an alert") {
                assert!(std::io::BufRead::read_line(&mut errors, &mut said).unwrap() > 0, "{said}");
            }
            said
        });
        let said = tokio::time::timeout(NEVER, said).await.expect("it said nothing").unwrap();
        relay.kill().unwrap();
        relay.wait().unwrap();
        assert!(said.contains("405"), "{said}");
    });
}
