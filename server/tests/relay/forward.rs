//! What a relay does not understand, and what unpacks to more than anybody can hold.

use crate::harness::{Client, Fixture, bin, entry, get, hello, peak_bytes, run, run_test, state};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::{Value, json};
use server::{Relay, RelayConfig};
use shared::codec;
use shared::episode::EpisodeBin;
use shared::event::{LogEvent, StateKind};
use shared::message::{ClientMessage, ErrorCode, From, LogEntry, Role, ServerMessage};
use shared::{Column, Epoch, Offset, Payload};
use std::io::Write as _;
use tokio_tungstenite::tungstenite::Message;

/// A state message whose kinds may be unknown, as a later publisher would send it.
fn any_state(kinds: &[(&str, u64)]) -> Message {
    let event = || rmpv::Value::Binary(b"\x81\xa6policy\x80".to_vec());
    let entry = |(kind, sequence): &(&str, u64)| {
        let fields = [("kind", (*kind).into()), ("sequence", (*sequence).into()), ("event", event())];
        rmpv::Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    };
    let entries = rmpv::Value::Array(kinds.iter().map(entry).collect());
    let body = [("run", run().as_str().into()), ("epoch", 1.into()), ("entries", entries)];
    let body = rmpv::Value::Map(body.into_iter().map(|(name, value)| (name.into(), value)).collect());
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &rmpv::Value::Map(vec![("state".into(), body)])).unwrap();
    Message::binary(bytes)
}

/// An entry of a kind that nobody knows yet.
fn unknown_entry(offset: u64) -> LogEntry {
    let event = Payload::from_bytes(b"\x81\xaatransition\x81\xa1n\x05".to_vec());
    LogEntry { offset: Offset(offset), time_millis: 0.0, event }
}

async fn text_viewer(fixture: &Fixture, from: Value) -> Client {
    let mut viewer = Client::connect(fixture.address()).await.in_text();
    viewer.send(&hello(Role::Viewer, None)).await;
    assert!(matches!(viewer.next().await, ServerMessage::Welcome { .. }));
    let subscribe = json!({ "subscribe": { "run": run(), "from": from } });
    viewer.send_frame(Message::text(subscribe.to_string())).await;
    viewer
}

#[test]
fn state_of_an_unknown_kind_reaches_viewers_and_outlives_a_restart() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..1).await;
        publisher.send_frame(any_state(&[("policy", 0), ("frame", 0), ("policy", 1)])).await;
        publisher.settle().await;
        let passed = |message: &Value| {
            let entries = message["subscribed"]["snapshot"].as_array().unwrap().clone();
            let found: Vec<_> = entries.iter().map(|it| (it["kind"].clone(), it["sequence"].clone())).collect();
            assert_eq!(found, [(json!("frame"), json!(0)), (json!("policy"), json!(1))]);
            let opaque = &entries[1]["event"]["opaque"];
            assert_eq!((&opaque["kind"], &opaque["bytes"]), (&json!("policy"), &json!(9)), "{entries:?}");
            assert!(opaque["reason"].as_str().unwrap().contains("policy"), "{opaque}");
        };
        let mut viewer = text_viewer(&fixture, json!("all")).await;
        passed(&viewer.next_json().await);
        // Whoever knows fewer kinds leaves it out.
        let mut old = fixture.client(Role::Viewer).await;
        let kinds: Vec<_> = old.subscribe(From::All).await.snapshot.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [StateKind::Frame]);
        publisher.send_frame(any_state(&[("policy", 2), ("policy", 3)])).await;
        let message = viewer.until_json("state").await;
        assert_eq!(message["skipped"], json!({ "policy": 1 }));
        fixture.relay.shutdown().await;

        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let fixture = Fixture { relay, data: fixture.data };
        let mut viewer = text_viewer(&fixture, json!("all")).await;
        let message = viewer.next_json().await;
        assert_eq!(message["subscribed"]["snapshot"][1]["sequence"], 3, "{message}");
    });
}

#[test]
fn kinds_have_proper_names_and_are_not_without_end() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.send_frame(any_state(&[("no kind", 0)])).await;
        assert_eq!(publisher.error().await.0, ErrorCode::Malformed);
        let names: Vec<_> = (0..20).map(|it| format!("kind_{it}")).collect();
        let kinds: Vec<_> = names.iter().map(|it| (it.as_str(), 0)).collect();
        publisher.send_frame(any_state(&kinds)).await;
        let (code, message) = publisher.error().await;
        assert!(code == ErrorCode::TooMany && message.contains("at most 16 kinds"), "{message}");
    });
}

#[test]
fn an_entry_of_an_unknown_kind_keeps_its_place_in_text_and_over_http() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let damaged = LogEntry { event: Payload::from_bytes(vec![0x78, 0xff]), ..unknown_entry(2) };
        let entries = vec![entry(0), unknown_entry(1), damaged, entry(3)];
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        publisher.acknowledged(4).await;
        let right = |entries: &Value| {
            let entries = entries.as_array().unwrap();
            assert_eq!(entries.iter().map(|it| it["offset"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3]);
            assert_eq!(entries[1]["event"]["opaque"]["kind"], "transition");
            assert_eq!(entries[2]["event"]["opaque"]["bytes"], 2);
            assert!(entries[3]["event"]["episodes"].is_object());
        };
        let mut viewer = text_viewer(&fixture, json!("all")).await;
        right(&viewer.until_json("log").await["entries"]);
        let (status, _, body) = get(fixture.address(), "/api/v1/runs/gridworld/log", "").await;
        assert_eq!(status, 200);
        let page: Value = serde_json::from_str(&body).unwrap();
        right(&page["entries"]);
        assert_eq!((&page["next"], &page["epoch"], &page["run"]), (&json!(4), &json!(1), &json!("gridworld")));
        // The bytes themselves reach whoever asks for them in binary.
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        assert_eq!(viewer.log_message().await[1], unknown_entry(1));
    });
}

#[test]
fn a_publisher_in_text_may_send_what_the_relay_does_not_know() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = Client::connect(fixture.address()).await.in_text();
        publisher.send(&hello(Role::Publisher, None)).await;
        assert!(matches!(publisher.next().await, ServerMessage::Welcome { .. }));
        assert_eq!(publisher.announce(1).await, 0);
        let log = json!({ "log": { "run": run(), "epoch": 1, "entries": [
            { "offset": 0, "time_millis": 0, "event": { "transition": { "n": 5 } } }] } });
        publisher.send_frame(Message::text(log.to_string())).await;
        let state = json!({ "state": { "run": run(), "epoch": 1, "entries": [
            { "kind": "policy", "sequence": 7, "event": { "policy": {} } }] } });
        publisher.send_frame(Message::text(state.to_string())).await;
        publisher.acknowledged(1).await;
        publisher.settle().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        assert_eq!(viewer.log_message().await, [unknown_entry(0)]);
        let mut viewer = text_viewer(&fixture, json!("none")).await;
        assert_eq!(viewer.next_json().await["subscribed"]["snapshot"][0]["sequence"], 7);
        let deep = format!(r#"{{"log": {{"run": "gridworld", "epoch": 1, "entries": {}1"#, "[".repeat(100));
        publisher.send_frame(Message::text(deep)).await;
        let (code, message) = publisher.error().await;
        assert!(code == ErrorCode::Malformed && message.contains("nested too deep"), "{message}");
    });
}

/// An event of a few kilobytes that unpacks to seven megabytes.
fn bomb() -> Vec<u8> {
    let told = shared::episode::Episodes {
        returns: Column(vec![0.123_456_789_012_345; 540_000]),
        lengths: Column(vec![7; 540_000]),
        outcomes: Column(vec![0; 540_000]),
        copies: Column(Vec::new()),
    };
    let event = LogEvent::Episodes(EpisodeBin { each: Some(Box::new(told)), ..bin(0) });
    let whole = codec::to_bytes(&event).unwrap();
    assert!(whole.len() > 7_000_000 && whole.len() < codec::MAX_MESSAGE_BYTES);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&whole).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_small_message_that_unpacks_to_much_takes_little_memory_whoever_reads_it() {
    run_test(async {
        const ENTRIES: u64 = 120;
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let bytes = bomb();
        let event = || Payload::from_bytes(bytes.clone());
        let entries: Vec<_> =
            (0..ENTRIES).map(|offset| LogEntry { offset: Offset(offset), time_millis: 0.0, event: event() }).collect();
        let message = ClientMessage::Log { run: run(), epoch: Epoch(1), entries };
        assert!(codec::to_bytes(&message).unwrap().len() < 2_000_000);
        publisher.send(&message).await;
        publisher.acknowledged(ENTRIES).await;
        drop(publisher);
        let before = peak_bytes();
        let mut viewer = text_viewer(&fixture, json!("all")).await;
        viewer.next_json().await;
        let mut next = 0;
        while next < ENTRIES {
            for entry in viewer.until_json("log").await["entries"].as_array().unwrap() {
                assert_eq!(entry["offset"], next);
                assert_eq!(entry["event"]["opaque"]["bytes"], bytes.len());
                next += 1;
            }
        }
        let (mut from, mut pages) = (0, 0);
        while from < ENTRIES {
            let path = format!("/api/v1/runs/gridworld/log?from={from}");
            let (status, _, body) = get(fixture.address(), &path, "").await;
            assert_eq!(status, 200);
            let page: Value = serde_json::from_str(&body).unwrap();
            from = page["next"].as_u64().unwrap();
            pages += 1;
        }
        assert_eq!(pages, 1);
        let mut viewer = text_viewer(&fixture, json!({ "thinned": 100 })).await;
        viewer.next_json().await;
        let mut thinned = 0;
        while thinned < ENTRIES {
            thinned += viewer.until_json("log").await["entries"].as_array().unwrap().len() as u64;
        }
        // All of it at once would be 840 MB, and several times as much as JSON.
        let took = peak_bytes().saturating_sub(before);
        assert!(took < 300 << 20, "{} MiB", took >> 20);
    });
}

#[test]
fn text_messages_are_cut_below_the_limit_and_miss_nothing() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        // Each of about 1.5 MB as JSON.
        let text = |letter: char| LogEvent::Notice {
            severity: shared::event::Severity::Information,
            text: letter.to_string().repeat(1_500_000),
        };
        let entries = ('a'..='p').enumerate().map(|(offset, letter)| LogEntry {
            offset: Offset(offset as u64),
            time_millis: 0.0,
            event: Payload::compressed(&text(letter)).unwrap(),
        });
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries: entries.collect() }).await;
        publisher.acknowledged(16).await;
        let mut viewer = text_viewer(&fixture, json!("all")).await;
        viewer.next_json().await;
        let mut offsets = Vec::new();
        while offsets.len() < 16 {
            let entries = viewer.until_json("log").await["entries"].clone();
            let entries = entries.as_array().unwrap();
            assert!(entries.len() <= 5, "{} entries in one message", entries.len());
            for entry in entries {
                assert_eq!(entry["event"]["notice"]["text"].as_str().unwrap().len(), 1_500_000);
                offsets.push(entry["offset"].as_u64().unwrap());
            }
        }
        assert_eq!(offsets, (0..16).collect::<Vec<_>>());
    });
}

#[test]
fn an_older_epoch_than_the_shown_one_is_refused_by_number() {
    // As of a clock: in hexadecimal digits it would be another one.
    const SHOWN: u64 = 1_796_110_957_243;
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(SHOWN).await;
        publisher.publish(SHOWN, 0..3).await;
        publisher.acknowledged(3).await;
        let mut late = fixture.client(Role::Publisher).await;
        late.send(&ClientMessage::Announce { run: run(), epoch: Epoch(SHOWN - 1), started_millis: 0.0 }).await;
        let pick = |it| match it {
            ServerMessage::Error { code, details, .. } => Some((code, details)),
            _ => None,
        };
        let (code, details) = late.until(pick).await;
        assert_eq!((code, details["epoch"].as_str()), (ErrorCode::OutOfOrder, "1796110957243"));
        publisher.publish(SHOWN, 3..4).await;
        publisher.acknowledged(4).await;
        publisher.publish_state(SHOWN, vec![state(StateKind::Frame, 0)]).await;
        publisher.settle().await;
    });
}
