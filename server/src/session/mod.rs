//! A session: one WebSocket connection from greeting to goodbye.
//!
//! One half reads and obeys, the other writes. They share an outbox, and neither waits for the other: a client that
//! does not read its messages can still be told from a dead one, and a publisher never waits for its acknowledgements.

mod faults;
mod greeting;
mod publishing;
mod reading;
mod subscription;
mod writing;

pub(crate) use greeting::Arrival;

use crate::access;
use crate::hub::Hub;
use crate::metrics::{CodeLabel, RoleLabel};
use crate::outbox::{ConnectionEnd, ConnectionOutbox};
use crate::sink::Sink as _;
use crate::wire::{MessageFrame, WireForm};
use axum::extract::ws::{CloseFrame, Message as SocketMessage, Utf8Bytes, WebSocket, close_code};
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use shared::message::{ErrorCode, PROTOCOL, ServerMessage};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Time that the other side has to read why its connection ends.
const LINGER: Duration = Duration::from_secs(1);

type SocketSink = SplitSink<WebSocket, SocketMessage>;
type SocketStream = SplitStream<WebSocket>;

/// Serves one connection until it ends.
pub(crate) async fn serve(hub: Arc<Hub>, socket: WebSocket, visitor: Arrival) {
    let (mut sink, mut stream) = socket.split();
    let greeted = tokio::select! {
        greeted = greeting::receive(&hub, &mut stream, &visitor) => greeted,
        () = hub.closing.cancelled() => Err(greeting::RefusedConnection { form: WireForm::Binary, ending: shutting_down() }),
    };
    let greeted = match greeted {
        Ok(Some(greeted)) => greeted,
        Ok(None) => return,
        Err(refused) => {
            log_ending(&hub, &visitor, &refused.ending);
            let goodbye = say_goodbye(&hub, &mut sink, refused.form, refused.ending);
            timeout(LINGER, async { tokio::join!(goodbye, drain(&mut stream)) }).await.ok();
            return;
        }
    };
    let role = access::name(greeted.role);
    let connections = hub.metrics.connections.get_or_create(&RoleLabel { role }).clone();
    connections.inc();
    let outbox = ConnectionOutbox::new(hub.number(), greeted.form, hub.config.limits.outbox_bytes);
    let outbox = Arc::new(outbox.called(greeted.name.clone()));
    tracing::debug!(connection = outbox.id(), peer = %visitor.line.peer, role, "connected");
    outbox.send(&ServerMessage::Welcome { protocol: PROTOCOL, role: greeted.role });
    hub.depends(&outbox, &greeted.pass);
    converse(&hub, &outbox, &visitor, &greeted, sink, stream).await;
    hub.depends_no_longer(&outbox);
    tracing::debug!(connection = outbox.id(), role, "disconnected");
    connections.dec();
}

async fn converse(
    hub: &Arc<Hub>,
    outbox: &Arc<ConnectionOutbox>,
    visitor: &Arrival,
    greeted: &greeting::Greeted,
    mut sink: SocketSink,
    mut stream: SocketStream,
) {
    let mut reader = reading::SessionReader::new(hub, outbox, greeted.role, (&greeted.pass, greeted.quota.as_ref()));
    let mut writer = writing::SessionWriter::new(hub, outbox, &greeted.pass);
    {
        let mut writing = pin!(writer.run(&mut sink));
        let mut written = false;
        let reading = async {
            tokio::select! {
                ending = reader.run(&mut stream) => ending,
                () = outbox.ended() => outbox.ending(),
                () = hub.closing.cancelled() => Some(shutting_down()),
            }
        };
        // It is polled only when it is woken itself: most wakes have something to write and nothing to read.
        let mut reading = FuturesUnordered::from_iter([reading]);
        let ending = tokio::select! {
            ending = reading.next() => ending.flatten(),
            () = &mut writing => {
                written = true;
                outbox.ending()
            }
        };
        drop(reading);
        reader.leave();
        if let Some(ending) = ending {
            log_ending(hub, visitor, &ending);
            outbox.end(ending);
            let rest = async {
                if !written {
                    writing.await;
                }
            };
            timeout(LINGER, async { tokio::join!(rest, drain(&mut stream)) }).await.ok();
        }
    }
    writer.leave();
}

fn shutting_down() -> ConnectionEnd {
    let message = "this relay is shutting down; what was acknowledged is stored. Connect again in a moment";
    ConnectionEnd::new(ErrorCode::ShuttingDown, message)
}

/// Tells why a connection ends, by name and by close code.
async fn say_goodbye(
    hub: &Hub,
    sink: &mut SocketSink,
    form: WireForm,
    ConnectionEnd { code, message, close }: ConnectionEnd,
) {
    count_error(hub, code);
    let reason = message.chars().take(40).collect::<String>();
    let close = CloseFrame { code: close.unwrap_or(close_code(code)), reason: reason.into() };
    if let Ok(error) = MessageFrame::new(&ServerMessage::error(code, message), form) {
        sink.feed(socket_message(error)).await.ok();
    }
    sink.send(SocketMessage::Close(Some(close))).await.ok();
}

/// Reads on until the other side closes. Closing a socket with something unread would throw away what was sent last.
async fn drain(stream: &mut SocketStream) {
    while let Some(Ok(_)) = stream.next().await {}
}

fn log_ending(hub: &Hub, visitor: &Arrival, ConnectionEnd { code, message, .. }: &ConnectionEnd) {
    if let Some(left_out) = hub.endings.pass() {
        tracing::info!(peer = %visitor.line.peer, ?code, why = message, left_out, "a connection was refused or ended");
    }
}

/// A frame as the socket takes it.
fn socket_message(frame: MessageFrame) -> SocketMessage {
    match frame.form() {
        WireForm::Binary => SocketMessage::Binary(frame.into_bytes()),
        // Its bytes were made from a text, so that none is ever left out.
        WireForm::Text => SocketMessage::Text(Utf8Bytes::try_from(frame.into_bytes()).unwrap_or_default()),
    }
}

/// Sends an error with particulars and counts it.
fn complain<'d>(
    hub: &Hub,
    outbox: &ConnectionOutbox,
    code: ErrorCode,
    message: String,
    details: impl IntoIterator<Item = (&'d str, String)>,
) {
    count_error(hub, code);
    let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    outbox.send(&ServerMessage::Error { code, message, details });
}

fn count_error(hub: &Hub, code: ErrorCode) {
    let code = serde_json::to_string(&code).unwrap_or_default().trim_matches('"').to_owned();
    hub.metrics.errors.get_or_create(&CodeLabel { code }).inc();
}

const fn close_code(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::Malformed | ErrorCode::UnknownKind => close_code::INVALID,
        ErrorCode::TooLarge => close_code::SIZE,
        ErrorCode::WrongVersion | ErrorCode::OutOfOrder | ErrorCode::Gap => close_code::PROTOCOL,
        ErrorCode::TooMany
        | ErrorCode::UnknownRun
        | ErrorCode::UnknownArtifact
        | ErrorCode::Unauthorized
        | ErrorCode::Forbidden => close_code::POLICY,
        ErrorCode::TooSlow => close_code::AGAIN,
        ErrorCode::Storage => close_code::ERROR,
        ErrorCode::ShuttingDown => close_code::AWAY,
    }
}
