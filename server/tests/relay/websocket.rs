//! The WebSocket protocol itself (RFC 6455), frame by frame over a plain socket: what Autobahn's suite asks of a server, as far as it
//! needs no echo.

use crate::harness::{Fixture, NEVER, run_test};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const HELLO: &str = r#"{"hello": {"protocol": {"major": 1, "minor": 0}, "role": "viewer"}}"#;

/// A frame as a client sends it: `first` is the opcode with the bits before it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x11, 0x5a, 0xc3, 0x99];
    let masked = payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key);
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        long => {
            frame.push(0x80 | 0x7e);
            frame.extend((long as u16).to_be_bytes());
        }
    }
    frame.extend(KEY);
    frame.extend(masked);
    frame
}

/// A connection of which every byte is written by the test.
struct RawSocket(TcpStream);

impl RawSocket {
    async fn greeted(fixture: &Fixture) -> Self {
        let mut stream = TcpStream::connect(fixture.address()).await.unwrap();
        let request = "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 101 "), "{answer}");
        // The RFC's own example.
        assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
        let mut socket = Self(stream);
        socket.send(&frame(FIN | TEXT, HELLO.as_bytes())).await;
        assert!(socket.text().await.contains("welcome"));
        socket
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The next frame: its first byte and its payload; none at the end.
    async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let first = self.0.read_u8().await.ok()?;
            let length = match self.0.read_u8().await.ok()? {
                126 => usize::from(self.0.read_u16().await.ok()?),
                127 => usize::try_from(self.0.read_u64().await.ok()?).unwrap(),
                short => {
                    assert!(short < 126, "a server masks nothing");
                    usize::from(short)
                }
            };
            let mut payload = vec![0; length];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        };
        tokio::time::timeout(NEVER, read).await.expect("the relay says nothing")
    }

    async fn text(&mut self) -> String {
        let (first, payload) = self.next().await.expect("the relay closed");
        assert_eq!(first, FIN | TEXT, "{payload:?}");
        String::from_utf8(payload).unwrap()
    }

    /// The connection goes on.
    async fn must_live(&mut self) {
        self.send(&frame(FIN | TEXT, br#"{"ping": {"nonce": 77}}"#)).await;
        assert_eq!(self.text().await, r#"{"pong":{"nonce":77}}"#);
    }

    /// What the relay says before it closes, with its name, and the payload of its close frame; after that nothing comes.
    async fn end(&mut self) -> (Option<String>, Vec<u8>) {
        let mut said = None;
        loop {
            match self.next().await {
                Some((first, payload)) if first == FIN | TEXT => {
                    let message: Value = serde_json::from_slice(&payload).unwrap();
                    said = Some(message["error"]["code"].as_str().unwrap().to_owned());
                }
                Some((first, payload)) if first == FIN | CLOSE => {
                    assert_eq!(self.next().await, None, "something came after the close");
                    return (said, payload);
                }
                other => panic!("{other:?} in place of a close frame"),
            }
        }
    }
}

fn code(payload: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(payload.get(..2)?.try_into().unwrap()))
}

#[test]
fn messages_in_fragments_are_put_together_and_pings_between_them_answered_at_once() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut socket = RawSocket::greeted(&fixture).await;
        let message = br#"{"ping": {"nonce": 5}}"#;
        for size in [1, 2, 7, message.len() - 1] {
            let parts: Vec<&[u8]> = message.chunks(size).collect();
            for (index, part) in parts.iter().enumerate() {
                let opcode = if index == 0 { TEXT } else { CONTINUATION };
                let last = if index + 1 == parts.len() { FIN } else { 0 };
                socket.send(&frame(opcode | last, part)).await;
                if last == 0 {
                    let content = format!("{size}/{index}");
                    socket.send(&frame(FIN | PING, content.as_bytes())).await;
                    assert_eq!(socket.next().await, Some((FIN | PONG, content.into_bytes())));
                }
            }
            assert_eq!(socket.text().await, r#"{"pong":{"nonce":5}}"#);
        }
        // Empty fragments in front, between and at the end.
        for (first, part) in
            [(TEXT, &b""[..]), (CONTINUATION, &message[..9]), (CONTINUATION, b""), (CONTINUATION, &message[9..])]
        {
            socket.send(&frame(first, part)).await;
        }
        socket.send(&frame(FIN | CONTINUATION, b"")).await;
        assert_eq!(socket.text().await, r#"{"pong":{"nonce":5}}"#);
        socket.must_live().await;
    });
}

#[test]
fn frames_that_come_byte_by_byte_or_all_at_once_are_the_same_frames() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut socket = RawSocket::greeted(&fixture).await;
        socket.0.set_nodelay(true).unwrap();
        for byte in frame(FIN | TEXT, br#"{"ping": {"nonce": 1}}"#) {
            socket.send(&[byte]).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(socket.text().await, r#"{"pong":{"nonce":1}}"#);
        let many: Vec<u8> = (0..20)
            .flat_map(|nonce| frame(FIN | TEXT, format!("{{\"ping\": {{\"nonce\": {nonce}}}}}").as_bytes()))
            .collect();
        socket.send(&many).await;
        for nonce in 0..20 {
            assert_eq!(socket.text().await, format!("{{\"pong\":{{\"nonce\":{nonce}}}}}"));
        }
    });
}

#[test]
fn pings_are_answered_with_what_they_hold_and_pongs_that_nobody_asked_for_are_left_out() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut socket = RawSocket::greeted(&fixture).await;
        for content in [&b""[..], b"words", &[0, 0xff, 0xfe, 0x80], &[0x5a; 125]] {
            socket.send(&frame(FIN | PONG, content)).await;
            socket.send(&frame(FIN | PING, content)).await;
            assert_eq!(socket.next().await, Some((FIN | PONG, content.to_vec())));
        }
        socket.must_live().await;
    });
}

#[test]
fn what_is_no_frame_of_the_protocol_is_named_and_closes_with_1002() {
    let long = [0x2a; 126];
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for bits in [0x40, 0x20, 0x10, 0x70] {
        for opcode in [TEXT, PING] {
            cases.push((format!("reserved bits {bits:#x} of opcode {opcode}"), frame(FIN | bits | opcode, b"{}")));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        cases.push((format!("reserved opcode {opcode}"), frame(FIN | opcode, b"")));
        let within = [frame(TEXT, b"{"), frame(FIN | opcode, b"x")].concat();
        cases.push((format!("reserved opcode {opcode} within a message"), within));
    }
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        cases.push((format!("a {name} of 126 bytes"), frame(FIN | opcode, &long)));
        cases.push((format!("a {name} in fragments"), [frame(opcode, b"a"), frame(FIN | CONTINUATION, b"b")].concat()));
    }
    for last in [0, FIN] {
        cases.push((format!("a continuation of nothing, {last}"), frame(last | CONTINUATION, b"{}")));
        let within = [frame(TEXT, b"{"), frame(last | TEXT, b"}")].concat();
        cases.push((format!("a message within another, {last}"), within));
    }
    cases.push(("a frame without a mask".into(), [&[FIN | TEXT, 2][..], b"{}"].concat()));
    cases.push(("a close of one byte".into(), frame(FIN | CLOSE, &[3])));
    run_test(async {
        let fixture = Fixture::new().await;
        for (name, bytes) in cases {
            let mut socket = RawSocket::greeted(&fixture).await;
            socket.send(&bytes).await;
            let (said, close) = socket.end().await;
            assert_eq!((said.as_deref(), code(&close)), (Some("malformed"), Some(1002)), "{name}");
        }
        // Whoever breaks the protocol costs nobody else anything.
        RawSocket::greeted(&fixture).await.must_live().await;
    });
}

#[test]
fn text_that_is_not_utf_8_is_named_and_closes_with_1007() {
    // Cut short, overlong, a surrogate, beyond the last code point, a continuation byte alone, and bytes that are none.
    let wrong: [&[u8]; 7] = [
        b"\"\xe2\x82\"",
        b"\"\xc0\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\x80\"",
        b"\"\xff\xfe\"",
        b"\"\xf0\x9f\x90",
    ];
    run_test(async {
        let fixture = Fixture::new().await;
        for text in wrong {
            let at_once = frame(FIN | TEXT, text);
            let (first, last) = text.split_at(2);
            let in_parts = [frame(TEXT, first), frame(FIN | CONTINUATION, last)].concat();
            let in_a_close = frame(FIN | CLOSE, &[&1000_u16.to_be_bytes(), text].concat());
            for (name, bytes) in [("at once", at_once), ("in parts", in_parts), ("in a close", in_a_close)] {
                let mut socket = RawSocket::greeted(&fixture).await;
                socket.send(&bytes).await;
                let (said, close) = socket.end().await;
                assert_eq!((said.as_deref(), code(&close)), (Some("malformed"), Some(1007)), "{text:?} {name}");
            }
        }
        // A character may be cut where a frame ends.
        let mut socket = RawSocket::greeted(&fixture).await;
        let text = "{\"käse\u{1f9c0}\": {}}".as_bytes();
        for (index, byte) in text.chunks(1).enumerate() {
            let opcode = if index == 0 { TEXT } else { CONTINUATION };
            socket.send(&frame(if index + 1 == text.len() { FIN | opcode } else { opcode }, byte)).await;
        }
        let said = socket.text().await;
        assert!(said.contains("unknown_kind") && said.contains("käse\u{1f9c0}"), "{said}");
        socket.must_live().await;
    });
}

#[test]
fn a_close_is_answered_with_its_code_and_one_that_nobody_may_send_with_1002() {
    run_test(async {
        let fixture = Fixture::new().await;
        let close = async |payload: &[u8]| {
            let mut socket = RawSocket::greeted(&fixture).await;
            socket.send(&frame(FIN | CLOSE, payload)).await;
            // What comes after a close is no part of the session.
            socket.0.write_all(&frame(FIN | TEXT, br#"{"ping": {"nonce": 5}}"#)).await.ok();
            socket.end().await
        };
        for allowed in [1000_u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
            for reason in ["", "words", &"x".repeat(123)] {
                let (said, answer) = close(&[&allowed.to_be_bytes(), reason.as_bytes()].concat()).await;
                assert_eq!((said, code(&answer)), (None, Some(allowed)), "{reason:?}");
            }
        }
        for never in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
            let (said, answer) = close(&never.to_be_bytes()).await;
            assert_eq!((said, code(&answer)), (None, Some(1002)), "{never}");
        }
        assert_eq!(close(b"").await, (None, Vec::new()), "a close without a code has an answer without one");
    });
}
