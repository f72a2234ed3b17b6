//! The greeting: the first message, and whether its sender may come in.

use super::SocketStream;
use crate::access::{AccessPass, AccessRefusal};
use crate::admit::admit;
use crate::hub::{Hub, SessionSlot};
use crate::listening::ClientConnection;
use crate::outbox::ConnectionEnd;
use crate::quota::CountedConnection;
use crate::wire::Incoming;
use crate::wire::WireForm;
use axum::extract::ws::Message as Frame;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use shared::codec::{self, CodecError};
use shared::message::{ClientMessage, ErrorCode, Hello, PROTOCOL, ProtocolVersion, Role};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// What the HTTP request told about who connects.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) line: Arc<ClientConnection>,
    /// The address of whoever connects, which a proxy may know better.
    pub(crate) address: IpAddr,
    /// When it must have greeted.
    pub(crate) greeting_due: Instant,
    /// The page that connects, where it may not.
    pub(crate) foreign_origin: Option<String>,
    /// Its place among the sessions.
    pub(crate) _place: SessionSlot,
}

/// Most characters of what a side calls itself.
const MOST_NAME_CHARACTERS: usize = 64;

/// Somebody who may come in.
pub(super) struct Greeted {
    pub(super) form: WireForm,
    /// What it calls itself.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) pass: AccessPass,
    pub(super) quota: Option<CountedConnection>,
}

/// Somebody who may not.
pub(super) struct RefusedConnection {
    pub(super) form: WireForm,
    pub(super) ending: ConnectionEnd,
}

/// The version alone, which even a greeting of another major version has.
#[derive(Serialize, Deserialize)]
struct AnyHello {
    hello: AnyVersion,
}

#[derive(Serialize, Deserialize)]
struct AnyVersion {
    protocol: ProtocolVersion,
}

impl codec::Message for AnyHello {
    const KINDS: &'static [&'static str] = &["hello"];
}

/// Waits for the greeting and judges it; none if the other side is gone.
pub(super) async fn receive(
    hub: &Hub,
    stream: &mut SocketStream,
    visitor: &Arrival,
) -> Result<Option<Greeted>, RefusedConnection> {
    let frame = loop {
        match timeout_at(visitor.greeting_due, stream.next()).await {
            Ok(Some(Ok(Frame::Ping(_) | Frame::Pong(_)))) => {}
            Ok(Some(Ok(frame @ (Frame::Binary(_) | Frame::Text(_))))) => break frame,
            Ok(Some(Err(error))) => {
                let most = hub.config.limits.greeting_bytes;
                let ending = super::faults::ending(&error, most);
                return ending.map_or(Ok(None), |ending| Err(RefusedConnection { form: WireForm::Binary, ending }));
            }
            Ok(Some(Ok(Frame::Close(_))) | None) => return Ok(None),
            Err(_) => {
                let within = hub.config.limits.greeting_within.as_secs_f64();
                let message = format!("no greeting came within {within} s; send hello first");
                return Err(refused(WireForm::Binary, ErrorCode::OutOfOrder, message));
            }
        }
    };
    let form = if matches!(frame, Frame::Text(_)) { WireForm::Text } else { WireForm::Binary };
    visitor.line.guard.greeted();
    judge(hub, &frame, visitor)
        .await
        .map(|greeted| Some(Greeted { form, ..greeted }))
        .map_err(|(code, message)| refused(form, code, message))
}

async fn judge(hub: &Hub, frame: &Frame, visitor: &Arrival) -> Result<Greeted, (ErrorCode, String)> {
    check_version(frame)?;
    let hello = match super::reading::decode(frame) {
        Ok(Incoming::Message(ClientMessage::Hello(hello))) => hello,
        Ok(_) => return Err((ErrorCode::OutOfOrder, "the first message must be hello".into())),
        Err(error @ CodecError::UnknownKind { .. }) => {
            return Err((ErrorCode::OutOfOrder, format!("the first message must be hello, and this is an {error}")));
        }
        Err(error) => return Err((super::reading::error_code(&error), error.to_string())),
    };
    let Hello { role, token, name, .. } = hello;
    if let Some(origin) = &visitor.foreign_origin {
        let message = format!(
            "pages of {origin} may not connect to this relay; whoever runs it can start it with --allow-origin {origin}"
        );
        return Err((ErrorCode::Forbidden, message));
    }
    let admitted = admit(hub, role, token.as_deref(), visitor.address).await;
    let pass = admitted.map_err(|refusal| {
        let code = match refusal {
            AccessRefusal::Guessing(_) => ErrorCode::TooMany,
            AccessRefusal::Unknown(_) => ErrorCode::Storage,
            _ => ErrorCode::Unauthorized,
        };
        (code, refusal.to_string())
    })?;
    let most = hub.config.limits.connections_per_token;
    let quota = match hub.quotas.of(&pass, role, &hub.config.limits) {
        None => None,
        Some(quota) => Some(quota.connect(most).ok_or_else(|| {
            let message = format!("this token already has its {most} connections; close some, or try again later");
            (ErrorCode::TooMany, message)
        })?),
    };
    // It stands on cards and in terminals, so nothing in it may mean anything to those.
    let name = name.chars().filter(|it| !it.is_control()).take(MOST_NAME_CHARACTERS).collect();
    Ok(Greeted { form: WireForm::Binary, name, role, pass, quota })
}

fn check_version(frame: &Frame) -> Result<(), (ErrorCode, String)> {
    let hello: Result<AnyHello, _> = match frame {
        Frame::Binary(bytes) => codec::from_bytes(bytes),
        Frame::Text(text) => codec::from_text(text),
        _ => return Ok(()),
    };
    let Ok(AnyHello { hello: AnyVersion { protocol } }) = hello else { return Ok(()) };
    if protocol.major == PROTOCOL.major {
        return Ok(());
    }
    let older = if protocol.major > PROTOCOL.major { "the relay" } else { "the other side" };
    let message = format!(
        "you speak protocol {}.{}, this relay {}.{}: update {older}",
        protocol.major, protocol.minor, PROTOCOL.major, PROTOCOL.minor
    );
    Err((ErrorCode::WrongVersion, message))
}

fn refused(form: WireForm, code: ErrorCode, message: impl Into<String>) -> RefusedConnection {
    RefusedConnection { form, ending: ConnectionEnd::new(code, message) }
}
