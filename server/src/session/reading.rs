//! The reading half: decodes messages, checks what their sender may do, and does it.

use super::publishing::Hosting;
use super::{SocketStream, complain, faults};
use crate::access::{self, AccessPass};
use crate::commands::Asker;
use crate::hub::Hub;
use crate::outbox::{ConnectionEnd, ConnectionOutbox, OutboxTask};
use crate::quota::CountedConnection;
use crate::sink::Sink as _;
use crate::throttle::Allowance;
use crate::wire::{self, Incoming};
use axum::extract::ws::Message as Frame;
use futures_util::StreamExt as _;
use shared::RunId;
use shared::artifact::ArtifactHash;
use shared::codec::CodecError;
use shared::message::{ClientMessage, ErrorCode, Role, ServerMessage};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

/// The reading half of a session.
pub(super) struct SessionReader<'a> {
    hub: &'a Arc<Hub>,
    outbox: &'a Arc<ConnectionOutbox>,
    role: Role,
    pass: &'a AccessPass,
    hosting: Hosting<'a>,
    allowance: Allowance,
    /// What its token has left, where it came by one.
    quota: Option<&'a CountedConnection>,
}

impl<'a> SessionReader<'a> {
    pub(super) fn new(
        hub: &'a Arc<Hub>,
        outbox: &'a Arc<ConnectionOutbox>,
        role: Role,
        (pass, quota): (&'a AccessPass, Option<&'a CountedConnection>),
    ) -> Self {
        let allowance = Allowance::new(hub.config.limits.messages_per_second);
        Self { hub, outbox, role, pass, hosting: Hosting::new(hub, outbox, pass), allowance, quota }
    }

    /// Reads until the other side is gone, which gives none, or until it has to go.
    pub(super) async fn run(&mut self, stream: &mut SocketStream) -> Option<ConnectionEnd> {
        let limits = self.hub.config.limits;
        loop {
            let frame = match timeout_at(Instant::now() + limits.dead_after, stream.next()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return faults::ending(&error, limits.message_bytes),
                Ok(None) => return None,
                Err(_) => {
                    tracing::info!(connection = self.outbox.id(), "silent for too long, dropped");
                    return None;
                }
            };
            // Pings and pongs count as well: each is read and answered.
            if !self.allowance.take() {
                let message =
                    format!("more than {} messages a second; send fewer, larger ones", limits.messages_per_second);
                return Some(ConnectionEnd::new(ErrorCode::TooMany, message));
            }
            if self.quota.is_some_and(|it| !it.take()) {
                let most = limits.messages_per_second_per_token;
                let message = format!(
                    "more than {most} messages a second by this token, of all its connections; send fewer, larger ones, or \
                     ask whoever runs this relay for another token"
                );
                return Some(ConnectionEnd::new(ErrorCode::TooMany, message));
            }
            if !matches!(frame, Frame::Binary(_) | Frame::Text(_)) {
                continue;
            }
            self.hub.metrics.received_messages.inc();
            self.hub.metrics.received_bytes.inc_by(size(&frame) as u64);
            if size(&frame) > limits.message_bytes {
                return Some(faults::too_large(limits.message_bytes));
            }
            match decode(&frame) {
                // What is done about a message takes more room than waiting for one, which is what most connections do.
                Ok(Incoming::Message(message)) => Box::pin(self.obey(message)).await,
                Ok(Incoming::State { run, epoch, entries }) if self.role == Role::Publisher => {
                    self.hosting.state(&run, epoch, entries);
                }
                Ok(Incoming::State { .. }) => self.refuse(None),
                Err(error) => self.complain(error_code(&error), error.to_string(), []),
            }
        }
    }

    /// The connection is over: its runs live here no longer, its commands are not waited for.
    pub(super) fn leave(&mut self) {
        self.hosting.leave();
    }

    async fn obey(&mut self, message: ClientMessage) {
        if !may(self.role, &message) {
            let request = if let ClientMessage::Command { request, .. } = message { Some(request) } else { None };
            return self.refuse(request);
        }
        match message {
            ClientMessage::Hello(_) => {
                self.complain(ErrorCode::OutOfOrder, "you have greeted already; nothing changed".into(), []);
            }
            ClientMessage::Ping { nonce } => self.outbox.send(&ServerMessage::Pong { nonce }),
            ClientMessage::ListRuns { changes, parts } => self.outbox.push(OutboxTask::List { changes, parts }),
            ClientMessage::Subscribe { run, from, epoch } => self.outbox.push(OutboxTask::Open(run, epoch, from)),
            ClientMessage::Unsubscribe { run } => self.outbox.push(OutboxTask::Close(run)),
            ClientMessage::Command { run, request, command } => {
                self.hub.command(self.pass, run, command, Asker::Session(self.outbox.clone(), request));
            }
            ClientMessage::Announce { run, epoch, started_millis } => {
                self.hosting.announce(run, epoch, started_millis).await;
            }
            ClientMessage::Log { run, epoch, entries } => self.hosting.log(&run, epoch, entries).await,
            ClientMessage::State { run, epoch, entries } => {
                self.hosting.state(&run, epoch, entries.into_iter().map(Into::into).collect());
            }
            ClientMessage::Answer { request, answer } => {
                if !self.hub.commands.answer(request, answer, self.outbox) {
                    let message =
                        format!("nobody waits for an answer to {request}; it came too late or was never asked");
                    self.complain(ErrorCode::OutOfOrder, message, [("request", request.to_string())]);
                }
            }
            ClientMessage::Withdraw { run } => self.hosting.withdraw(&run),
            ClientMessage::PutArtifact { run, sha256, length, offset, content } => {
                self.hosting.artifact(run, (sha256, length), offset, content.0).await;
            }
            ClientMessage::GetArtifact { run, sha256, offset } => self.give(run, sha256, offset).await,
        }
    }

    /// Gives a part of an artifact.
    async fn give(&self, run: RunId, sha256: ArtifactHash, offset: u64) {
        let part = if self.pass.scope.has(&run) && self.hub.room(&run).is_some() {
            let (artifacts, of) = (self.hub.artifacts.clone(), run.clone());
            spawn_blocking(move || artifacts.part(&of, sha256, offset)).await.unwrap_or_else(|it| Err(it.into()))
        } else {
            Ok(None)
        };
        let (code, message) = match part {
            Ok(Some((length, content))) => {
                let content = content.into();
                return self.outbox.send(&ServerMessage::ArtifactPart { run, sha256, length, offset, content });
            }
            Ok(None) => {
                (ErrorCode::UnknownArtifact, format!("run {run} has no artifact {sha256} here, or not all of it yet"))
            }
            Err(error) => (ErrorCode::Storage, format!("the artifact {sha256} of run {run} cannot be read: {error}")),
        };
        self.complain(code, message, [("run", run.to_string()), ("artifact", sha256.to_string())]);
    }

    /// Tells that the role may not do this; a command is named by its number.
    fn refuse(&self, request: Option<u64>) {
        let role = access::name(self.role);
        let mut details = BTreeMap::from([("role", role.to_owned())]);
        details.extend(request.map(|it| ("request", it.to_string())));
        self.complain(ErrorCode::Forbidden, format!("a {role} may not send this"), details);
    }

    fn complain<'d>(&self, code: ErrorCode, message: String, details: impl IntoIterator<Item = (&'d str, String)>) {
        complain(self.hub, self.outbox, code, message, details);
    }
}

/// Decodes a frame in whichever form it came.
pub(super) fn decode(frame: &Frame) -> Result<Incoming, CodecError> {
    match frame {
        Frame::Text(text) => wire::from_text(text),
        Frame::Binary(bytes) => wire::from_bytes(bytes),
        _ => Err(CodecError::Malformed { reason: "neither a binary nor a text frame".into() }),
    }
}

/// The name of a decoding error.
pub(super) const fn error_code(error: &CodecError) -> ErrorCode {
    match error {
        CodecError::TooLarge { .. } => ErrorCode::TooLarge,
        CodecError::UnknownKind { .. } => ErrorCode::UnknownKind,
        CodecError::Malformed { .. } | CodecError::Unencodable { .. } => ErrorCode::Malformed,
    }
}

fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Who may send what.
const fn may(role: Role, message: &ClientMessage) -> bool {
    match message {
        ClientMessage::Hello(_) | ClientMessage::Ping { .. } | ClientMessage::ListRuns { .. } => true,
        ClientMessage::Subscribe { .. } | ClientMessage::Unsubscribe { .. } | ClientMessage::GetArtifact { .. } => {
            matches!(role, Role::Viewer | Role::Controller)
        }
        ClientMessage::Command { .. } => matches!(role, Role::Controller),
        ClientMessage::Announce { .. }
        | ClientMessage::Log { .. }
        | ClientMessage::State { .. }
        | ClientMessage::Answer { .. }
        | ClientMessage::Withdraw { .. }
        | ClientMessage::PutArtifact { .. } => matches!(role, Role::Publisher),
    }
}
