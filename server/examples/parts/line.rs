//! Connections to the relay.

use futures_util::SinkExt as _;
use shared::codec;
use shared::message::{ClientMessage, Hello, PROTOCOL, Role};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects and greets.
pub(crate) async fn connect(address: &str, role: Role) -> anyhow::Result<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/api/v1/stream")).await?;
    send(&mut socket, &hello(role)).await?;
    Ok(socket)
}

pub(crate) const fn hello(role: Role) -> ClientMessage {
    ClientMessage::Hello(Hello { protocol: PROTOCOL, role, token: None, name: String::new() })
}

pub(crate) async fn send(socket: &mut Socket, message: &ClientMessage) -> anyhow::Result<()> {
    Ok(socket.send(Message::binary(codec::to_bytes(message)?)).await?)
}
