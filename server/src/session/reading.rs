//! The reading half: decodes messages, checks what their sender may do, and does it.

use super::publishing::Hosting;
use super::{Stream, complain, faults};
use crate::access::{self, Pass};
use crate::commands::Asker;
use crate::hub::Hub;
use crate::outbox::{Ending, Outbox, Task};
use crate::sink::Sink as _;
use crate::wire::{self, Incoming};
use axum::extract::ws::Message as Frame;
use futures_util::StreamExt as _;
use shared::codec::CodecError;
use shared::message::{ClientMessage, ErrorCode, Role, ServerMessage};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// The reading half of a session.
pub(super) struct Reader<'a> {
    hub: &'a Arc<Hub>,
    outbox: &'a Arc<Outbox>,
    role: Role,
    pass: &'a Pass,
    hosting: Hosting<'a>,
    allowance: Allowance,
}

impl<'a> Reader<'a> {
    pub(super) fn new(hub: &'a Arc<Hub>, outbox: &'a Arc<Outbox>, role: Role, pass: &'a Pass) -> Self {
        let allowance = Allowance::new(hub.config.limits.messages_per_second);
        Self { hub, outbox, role, pass, hosting: Hosting::new(hub, outbox, pass), allowance }
    }

    /// Reads until the other side is gone, which gives none, or until it has to go.
    pub(super) async fn run(&mut self, stream: &mut Stream) -> Option<Ending> {
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
                return Some(Ending::new(ErrorCode::TooMany, message));
            }
            if !matches!(frame, Frame::Binary(_) | Frame::Text(_)) {
                continue;
            }
            if size(&frame) > limits.message_bytes {
                return Some(faults::too_large(limits.message_bytes));
            }
            match decode(&frame) {
                Ok(Incoming::Message(message)) => self.obey(message).await,
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
            ClientMessage::ListRuns {} => self.outbox.push(Task::List),
            ClientMessage::Subscribe { run, from, epoch } => self.outbox.push(Task::Open(run, epoch, from)),
            ClientMessage::Unsubscribe { run } => self.outbox.push(Task::Close(run)),
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
        }
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
        ClientMessage::Hello(_) | ClientMessage::Ping { .. } | ClientMessage::ListRuns {} => true,
        ClientMessage::Subscribe { .. } | ClientMessage::Unsubscribe { .. } => {
            matches!(role, Role::Viewer | Role::Controller)
        }
        ClientMessage::Command { .. } => matches!(role, Role::Controller),
        ClientMessage::Announce { .. }
        | ClientMessage::Log { .. }
        | ClientMessage::State { .. }
        | ClientMessage::Answer { .. }
        | ClientMessage::Withdraw { .. } => matches!(role, Role::Publisher),
    }
}

/// So many messages a second, and twice as many at once.
struct Allowance {
    per_second: f64,
    left: f64,
    counted_at: Instant,
}

impl Allowance {
    fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: 2.0 * per_second, counted_at: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let now = Instant::now();
        let earned = (now - self.counted_at).as_secs_f64() * self.per_second;
        self.counted_at = now;
        self.left = (self.left + earned).min(2.0 * self.per_second) - 1.0;
        self.left >= 0.0
    }
}
