//! Connections of a publisher and of viewers, each past its server's greeting.

use crate::floor::{PUBLISHES, WATCHES};
use crate::framing::{TOPIC, binary, mqtt, take, websocket};
use crate::peers::Peer;
use anyhow::{Context as _, bail};
use bytes::{Bytes, BytesMut};
use shared::message::{ClientMessage, From, Hello, PROTOCOL, Role, ServerMessage};
use shared::{Epoch, RunId, codec};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes that are read at a time.
const READ_BYTES: usize = 32 << 10;

/// A connection and what of it is not looked at yet.
pub(crate) struct Connection {
    peer: Peer,
    pub(crate) stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    /// Connects; when this returns, a viewer gets what is published from now on.
    pub(crate) async fn open(peer: Peer, address: &str, role: Role) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self { peer, stream, buffer: BytesMut::new() };
        let watches = role == Role::Viewer;
        match peer {
            Peer::Floor => {
                connection.send(&[if watches { WATCHES } else { PUBLISHES }]).await?;
                connection.stream.read_u8().await?;
            }
            Peer::Relay => {
                connection.upgrade("/api/v1/stream").await?;
                let run = RunId::new(TOPIC)?;
                let wish = if watches {
                    ClientMessage::Subscribe { run, from: From::None, epoch: None }
                } else {
                    ClientMessage::Announce { run, epoch: Epoch(1), started_millis: 0.0 }
                };
                let hello = ClientMessage::Hello(Hello { protocol: PROTOCOL, role, token: None, name: String::new() });
                connection.send(&[binary(&hello)?, binary(&wish)?].concat()).await?;
                loop {
                    match codec::from_bytes(&connection.next().await?)? {
                        ServerMessage::Subscribed { .. } | ServerMessage::Resume { .. } => break,
                        ServerMessage::Error { message, .. } => bail!(message),
                        _ => {}
                    }
                }
            }
            Peer::Mosquitto => {
                let name = format!("c{}", connection.stream.local_addr()?.port());
                let head = [0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, name.len() as u8];
                connection.send(&mqtt(0x10, &[&head[..], name.as_bytes()].concat())).await?;
                connection.next().await?;
                if watches {
                    let head = [0, 1, 0, TOPIC.len() as u8];
                    connection.send(&mqtt(0x82, &[&head[..], TOPIC.as_bytes(), &[0]].concat())).await?;
                    connection.next().await?;
                }
            }
            Peer::Nats => {
                connection.next().await?;
                let wish = if watches { format!("SUB {TOPIC} 1\r\n") } else { String::new() };
                let hello = format!("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\n{wish}PING\r\n");
                connection.send(hello.as_bytes()).await?;
                connection.next().await?;
            }
            Peer::FastApi => {
                connection.upgrade(if watches { "/watch" } else { "/publish" }).await?;
                connection.next().await?;
            }
            Peer::FlaskSocketio => {
                connection.upgrade("/socket.io/?EIO=4&transport=websocket").await?;
                connection.next().await?;
                connection.send(&websocket(0x81, b"40")).await?;
                connection.next().await?;
            }
        }
        Ok(connection)
    }

    async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Begins a WebSocket.
    async fn upgrade(&mut self, path: &str) -> anyhow::Result<()> {
        let host = self.stream.peer_addr()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.send(request.as_bytes()).await?;
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let answer = self.buffer.split_to(end);
        if !answer.starts_with(b"HTTP/1.1 101 ") {
            bail!("{}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }

    /// The content of the next message.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Bytes> {
        loop {
            if let Some(content) = take(self.peer, &mut self.buffer) {
                return Ok(content);
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        self.buffer.reserve(READ_BYTES);
        let read = self.stream.read_buf(&mut self.buffer).await?;
        (read > 0).then_some(()).context("the server ended the connection")
    }
}
