//! Bad input and bounds: each breach has a name.

use crate::harness::{Fixture, NEVER, get, peak_bytes, run, run_test};
use shared::event::{LogEvent, Severity};
use shared::message::{ClientMessage, ErrorCode, LogEntry, Role, ServerMessage};
use shared::{Epoch, Offset, Payload, codec};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[test]
fn malformed_and_unknown_messages_are_named_and_the_connection_stays() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut client = fixture.client(Role::Viewer).await;
        for bytes in [vec![], vec![0xc1], vec![0x81, 0xa4], b"\x81\xa9subscribe\x80".to_vec()] {
            client.send_frame(Message::binary(bytes)).await;
            assert_eq!(client.error().await.0, ErrorCode::Malformed);
        }
        client.send_frame(Message::binary(b"\x81\xa5dance\x80".to_vec())).await;
        let (code, message) = client.error().await;
        assert!(code == ErrorCode::UnknownKind && message.contains("dance"), "{message}");
        client.send_frame(Message::text("{\"dance\": {}}")).await;
        assert_eq!(client.error().await.0, ErrorCode::UnknownKind);
        let mut extended = codec::to_bytes(&ClientMessage::Ping { nonce: 3 }).unwrap();
        extended.push(0);
        client.send_frame(Message::binary(extended)).await;
        assert_eq!(client.error().await.0, ErrorCode::Malformed);
        client.send_frame(Message::text(r#"{"ping": {"nonce": 3, "news": [1, 2]}}"#)).await;
        assert_eq!(client.next().await, ServerMessage::Pong { nonce: 3 });
    });
}

#[test]
fn an_oversized_message_is_named_then_the_connection_closes() {
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.message_bytes = 10_000).await;
        // Twice the limit is still read; what is larger is refused by its length alone.
        for bytes in [10_001, 15_000, 100_000] {
            let mut client = fixture.client(Role::Publisher).await;
            client.send_frame(Message::binary(vec![0; bytes])).await;
            assert_eq!(client.error().await.0, ErrorCode::TooLarge, "{bytes}");
            assert_eq!(client.closed().await.unwrap().code, CloseCode::Size);
        }
    });
}

#[test]
fn too_many_messages_are_named_then_the_connection_closes() {
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.messages_per_second = 10).await;
        let mut client = fixture.client(Role::Viewer).await;
        for nonce in 0..1000 {
            client.send(&ClientMessage::Ping { nonce }).await;
        }
        assert_eq!(client.error().await.0, ErrorCode::TooMany);
        assert_eq!(client.closed().await.unwrap().code, CloseCode::Policy);
    });
}

#[test]
fn who_asks_without_reading_the_answers_is_too_slow_and_gone() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.limits.messages_per_second = 10_000_000;
            it.limits.outbox_bytes = 100_000;
        })
        .await;
        let mut client = fixture.client(Role::Viewer).await;
        let _watcher = fixture.client(Role::Viewer).await;
        let ping = Message::binary(codec::to_bytes(&ClientMessage::Ping { nonce: u64::MAX }).unwrap());
        // Ends when the relay no longer takes anything: the pongs fill all buffers between here and there.
        while client.try_send_frame(ping.clone()).await {}
        let only_the_watcher = "terrarium_relay_connections{role=\"viewer\"} 1\n";
        while !get(fixture.address(), "/metrics", "").await.2.contains(only_the_watcher) {}
    });
}

#[test]
fn a_dead_peer_is_dropped() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.limits.ping_every = Duration::from_millis(100);
            it.limits.dead_after = Duration::from_secs(2);
        })
        .await;
        let mut publisher = fixture.publisher(1).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert!(viewer.runs().await[0].live);
        // The viewer reads, and so answers pings, until the publisher, which does not, is taken for dead.
        let runs = viewer.runs().await;
        assert!(runs[0].run == run() && !runs[0].live);
        publisher.send(&ClientMessage::Ping { nonce: 0 }).await;
    });
}

#[test]
fn pages_that_nobody_reads_hold_little_memory() {
    run_test(async {
        const ENTRIES: u64 = 300;
        const PAGES: usize = 60;
        let fixture = Fixture::with(|it| it.limits.taken_within = NEVER).await;
        let mut publisher = fixture.publisher(1).await;
        let notice = |offset| {
            let text = format!("{offset} ").repeat(10_000);
            let event = Payload::plain(&LogEvent::Notice { severity: Severity::Information, text }).unwrap();
            LogEntry { offset: Offset(offset), time_millis: 0.0, event }
        };
        for offset in 0..ENTRIES {
            let entries = vec![notice(offset)];
            publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        }
        publisher.acknowledged(ENTRIES).await;
        let before = peak_bytes();
        let mut pages = Vec::new();
        for _ in 0..PAGES {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(64 << 10).unwrap();
            let mut page = socket.connect(fixture.address()).await.unwrap();
            let path = "/api/v1/runs/gridworld/log?limit=10000";
            let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", fixture.address());
            page.write_all(request.as_bytes()).await.unwrap();
            // Its answer has begun, and nobody reads on.
            assert_eq!(page.read_u8().await.unwrap(), b'H');
            pages.push(page);
        }
        fixture.client(Role::Viewer).await.settle().await;
        let took = peak_bytes().saturating_sub(before);
        // Each of them is 8 MB long.
        assert!(took < 100 << 20, "{} MiB", took >> 20);
        let mut body = Vec::new();
        tokio::time::timeout(NEVER, pages[0].read_to_end(&mut body)).await.unwrap().unwrap();
        assert!(body.len() > 8_000_000 && body.ends_with(b"0\r\n\r\n"), "{} bytes", body.len());
    });
}
