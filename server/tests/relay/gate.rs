//! Before the greeting: nobody holds memory, connections or places for long without one.

use crate::harness::{Client, Fixture, NEVER, certified, get, hello, run_test};
use server::Token;
use shared::message::{ClientMessage, ErrorCode, Role, ServerMessage};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A plain connection from one of this machine's addresses.
async fn connect_from(source: &str, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    socket.connect(address).await.unwrap()
}

/// What comes until the relay closes the connection.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    // A reset is an end, too: what was sent before the refusal lies unread.
    tokio::time::timeout(NEVER, stream.read_to_end(&mut rest)).await.expect("the relay holds the connection").ok();
    rest
}

async fn upgraded(stream: &mut TcpStream) {
    let request = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
}

/// The head of a masked binary frame of so many bytes.
fn frame_head(bytes: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &bytes.to_be_bytes(), &[0; 4]].concat()
}

fn hurried(config: &mut server::RelayConfig) {
    config.limits.greeting_within = Duration::from_millis(300);
}

#[test]
fn silent_connections_and_half_sent_requests_are_closed() {
    run_test(async {
        let fixture = Fixture::with(hurried).await;
        let mut silent = connect_from("127.0.0.1", fixture.address()).await;
        let mut half = connect_from("127.0.0.1", fixture.address()).await;
        half.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
        let mut idle = connect_from("127.0.0.1", fixture.address()).await;
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut ungreeted = connect_from("127.0.0.1", fixture.address()).await;
        upgraded(&mut ungreeted).await;
        assert!(rest(&mut silent).await.is_empty());
        rest(&mut half).await;
        assert!(rest(&mut idle).await.starts_with(b"HTTP/1.1 200 "));
        rest(&mut ungreeted).await;
    });
}

#[test]
fn pings_do_not_put_the_greeting_off() {
    run_test(async {
        let fixture = Fixture::with(hurried).await;
        let mut client = Client::connect(fixture.address()).await;
        let (code, message) = loop {
            // As a clock would restart with each of them, this would never end.
            client.send_frame(Message::Ping(Vec::new().into())).await;
            if let Some(error) = client.error_if_any(Duration::from_millis(5)).await {
                break error;
            }
        };
        assert_eq!(code, ErrorCode::OutOfOrder);
        assert!(message.contains("no greeting came within 0.3 s"), "{message}");
        assert_eq!(client.closed().await.unwrap().code, CloseCode::Protocol);
    });
}

#[test]
fn a_giant_frame_is_refused_before_it_is_held() {
    run_test(async {
        let fixture = Fixture::new().await;
        for _ in 0..3 {
            let mut stream = connect_from("127.0.0.1", fixture.address()).await;
            upgraded(&mut stream).await;
            stream.write_all(&frame_head(15 << 20)).await.unwrap();
            let mut sent = 0;
            // The relay ends the connection long before the frame is complete: what buffers take is a few MiB.
            while sent < 15 << 20 && stream.write_all(&vec![0; 64 << 10]).await.is_ok() {
                sent += 64 << 10;
            }
            assert!(sent < 15 << 20, "all of the frame was taken");
        }
        let mut client = Client::connect(fixture.address()).await;
        client.send_frame(Message::binary(vec![0; 100_000])).await;
        let (code, message) = client.error().await;
        assert_eq!(code, ErrorCode::TooLarge);
        assert!(message.contains("more than 65536 bytes came before the greeting"), "{message}");
        // Whoever has greeted may send what a message may have.
        let mut client = fixture.client(Role::Viewer).await;
        client.send_frame(Message::binary(vec![0xc1; 100_000])).await;
        assert_eq!(client.error().await.0, ErrorCode::Malformed);
        client.settle().await;
    });
}

#[test]
fn one_address_does_not_lock_others_out() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.limits.connections = 16;
            it.limits.connections_per_address = 10;
        })
        .await;
        let mut flood = Vec::new();
        for _ in 0..10 {
            let mut stream = connect_from("127.0.0.2", fixture.address()).await;
            upgraded(&mut stream).await;
            flood.push(stream);
        }
        let mut one_more = connect_from("127.0.0.2", fixture.address()).await;
        let answer = String::from_utf8(rest(&mut one_more).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("of this address"), "{answer}");
        fixture.client(Role::Viewer).await.settle().await;
        let (_, _, figures) = get(fixture.address(), "/metrics", "").await;
        assert!(figures.contains("terrarium_relay_refused_total 1\n"), "{figures}");
        // A place that is left is free again.
        drop(flood);
        loop {
            let mut stream = connect_from("127.0.0.2", fixture.address()).await;
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok();
            if rest(&mut stream).await.starts_with(b"HTTP/1.1 200 ") {
                break;
            }
        }
    });
}

#[test]
fn one_session_too_many_is_refused_before_the_upgrade_and_a_place_that_is_left_is_free_again() {
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.connections = 2).await;
        let _one = fixture.client(Role::Viewer).await;
        let two = fixture.client(Role::Viewer).await;
        let refusal = Client::try_connect(fixture.address()).await.err().unwrap();
        assert_eq!(refusal, "this relay already has its 2 sessions; try again later");
        assert_eq!(get(fixture.address(), "/healthz", "").await.0, 200);
        drop(two);
        loop {
            let Ok(mut next) = Client::try_connect(fixture.address()).await else { continue };
            next.send(&hello(Role::Viewer, None)).await;
            assert!(matches!(next.next().await, ServerMessage::Welcome { .. }));
            break;
        }
    });
}

#[test]
fn a_token_has_so_many_connections_from_whatever_addresses() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.access.viewer = Token::new("v");
            it.access.controller = Token::new("c");
            it.limits.connections_per_token = 2;
        })
        .await;
        let address = fixture.address();
        let _one = Client::with_token(address, Role::Viewer, "v").await;
        let two = Client::with_token(address, Role::Viewer, "v").await;
        let mut three = Client::connect(address).await;
        three.send(&hello(Role::Viewer, Some("v"))).await;
        let (code, message) = three.error().await;
        assert_eq!(code, ErrorCode::TooMany);
        assert!(message.contains("this token already has its 2 connections"), "{message}");
        assert_eq!(three.closed().await.unwrap().code, CloseCode::Policy);
        // Other tokens have their own, and who needs none is not counted by one.
        let _other = Client::with_token(address, Role::Controller, "c").await;
        let mut publishers = Vec::new();
        for _ in 0..4 {
            publishers.push(fixture.client(Role::Publisher).await);
        }
        drop(two);
        loop {
            let mut next = Client::connect(address).await;
            next.send(&hello(Role::Viewer, Some("v"))).await;
            if matches!(next.next().await, ServerMessage::Welcome { .. }) {
                break;
            }
        }
    });
}

#[test]
fn what_comes_by_one_token_is_counted_together() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.access.viewer = Token::new("v");
            it.access.controller = Token::new("c");
            it.limits.messages_per_second_per_token = 10;
        })
        .await;
        let address = fixture.address();
        let mut other = Client::with_token(address, Role::Controller, "c").await;
        let (mut one, mut two) = (
            Client::with_token(address, Role::Viewer, "v").await,
            Client::with_token(address, Role::Viewer, "v").await,
        );
        // Each for itself sends as many as one may at once.
        for _ in 0..20 {
            one.send(&ClientMessage::Ping { nonce: 1 }).await;
            two.send(&ClientMessage::Ping { nonce: 1 }).await;
        }
        let ended = tokio::select! {
            ended = one.error() => ended,
            ended = two.error() => ended,
        };
        assert_eq!(ended.0, ErrorCode::TooMany);
        assert!(ended.1.contains("more than 10 messages a second by this token"), "{}", ended.1);
        other.settle().await;
        // Requests count, too.
        let right = "Authorization: Bearer v\r\n";
        let refused = loop {
            let (status, _, body) = get(address, "/api/v1/runs", right).await;
            if status != 200 {
                break (status, body);
            }
        };
        assert_eq!(refused.0, 429);
        assert!(refused.1.contains("by this token"), "{}", refused.1);
    });
}

#[test]
fn whoever_reads_no_answer_is_given_up() {
    run_test(async {
        let page = tempfile::TempDir::new().unwrap();
        std::fs::write(page.path().join("index.html"), vec![b' '; 32 << 20]).unwrap();
        let fixture = Fixture::with(|it| {
            it.limits.connections = 0;
            it.limits.connections_per_address = 1;
            it.limits.taken_within = Duration::from_millis(300);
            it.page = Some(page.path().into());
        })
        .await;
        let mut deaf = connect_from("127.0.0.2", fixture.address()).await;
        deaf.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        // Its only place is free again when the relay has given it up, though it never closes.
        loop {
            let mut next = connect_from("127.0.0.2", fixture.address()).await;
            next.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok();
            if rest(&mut next).await.starts_with(b"HTTP/1.1 200 ") {
                break;
            }
        }
        drop(deaf);
    });
}

#[test]
fn pings_and_pongs_count_towards_the_rate() {
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.messages_per_second = 10).await;
        for frame in [Message::Ping(Vec::new().into()), Message::Pong(Vec::new().into())] {
            let mut client = fixture.client(Role::Viewer).await;
            for _ in 0..1000 {
                client.send_frame(frame.clone()).await;
            }
            assert_eq!(client.error().await.0, ErrorCode::TooMany, "{frame:?}");
            assert_eq!(client.closed().await.unwrap().code, CloseCode::Policy);
        }
    });
}

#[test]
fn what_is_no_web_socket_protocol_is_named_and_closed_with_its_code() {
    run_test(async {
        let fixture = Fixture::new().await;
        // Not masked; a reserved bit; a text that is no UTF-8; a continuation of nothing.
        for (bytes, close) in [
            (&[0x82, 0x01, 0x00][..], 1002),
            (&[0xc2, 0x80, 0, 0, 0, 0], 1002),
            (&[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
            (&[0x80, 0x80, 0, 0, 0, 0], 1002),
        ] {
            let mut stream = connect_from("127.0.0.1", fixture.address()).await;
            upgraded(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            let answer = rest(&mut stream).await;
            let close_frame = [&[0x88][..]].concat();
            let at = answer.windows(1).rposition(|it| it == close_frame).expect("no close frame");
            let code = u16::from_be_bytes([answer[at + 2], answer[at + 3]]);
            assert_eq!(code, close, "{bytes:x?}");
            assert!(answer.windows(9).any(|it| it == b"malformed"), "{bytes:x?}");
        }
    });
}

#[test]
fn half_a_tls_handshake_is_closed() {
    run_test(async {
        let folder = tempfile::TempDir::new().unwrap();
        let fixture = Fixture::with(|it| {
            hurried(it);
            it.tls = Some(certified(folder.path()));
        })
        .await;
        // Nothing; the head of a record of 512 bytes; and half of what that head announces.
        let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 250]].concat();
        for sent in [&[][..], &hello[..5], &hello] {
            let mut half = connect_from("127.0.0.1", fixture.address()).await;
            half.write_all(sent).await.unwrap();
            let answer = rest(&mut half).await;
            assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
        }
    });
}

#[test]
fn the_relay_stands_what_is_kept_of_fuzzing() {
    run_test(async {
        let fixture = Fixture::with(hurried).await;
        let mut publisher = fixture.client(Role::Publisher).await;
        let run = shared::RunId::new("r").unwrap();
        let announce = ClientMessage::Announce { run, epoch: shared::Epoch(1), started_millis: 0.0 };
        publisher.send(&announce).await;
        publisher.settle().await;
        let kept = include_str!("../../../fuzz/kept/http.hex");
        assert!(kept.lines().count() > 50);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let mut open = Vec::new();
        for line in kept.lines() {
            let input: Vec<u8> = line.as_bytes().chunks(2).map(byte).collect();
            let mut stream = connect_from("127.0.0.1", fixture.address()).await;
            // One that is refused early may be closed before all of it was sent.
            stream.write_all(&input).await.ok();
            stream.shutdown().await.ok();
            open.push(stream);
        }
        for mut stream in open {
            rest(&mut stream).await;
        }
        assert_eq!(get(fixture.address(), "/healthz", "").await.0, 200);
        publisher.settle().await;
    });
}
