//! An outbox: what one connection has to be told, beside the streams that it watches.

use crate::sink::Sink;
use crate::wire::{MessageFrame, WireForm};
use shared::command::Answer;
use shared::message::{ErrorCode, From, ServerMessage};
use shared::{CodecError, Epoch, Offset, RunId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Something for a connection's writer to do, in order.
#[derive(Debug)]
pub(crate) enum OutboxTask {
    /// Send this.
    Send(MessageFrame),
    /// Watch a run: this epoch of it, or the shown one.
    Open(RunId, Option<Epoch>, From),
    /// Watch it no longer.
    Close(RunId),
    /// Send the list of runs, now and whenever it changes; after the first one, if so asked, only what changed; and in parts
    /// where it may come so.
    List { changes: bool, parts: bool },
}

/// Why a connection ends, as its other side is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionEnd {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// The code of the close frame, where it is not that of the error.
    pub(crate) close: Option<u16>,
}

impl ConnectionEnd {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), close: None }
    }
}

/// What one connection has to be told. Anybody may put something in, only the connection's writer takes it out.
#[derive(Debug)]
pub(crate) struct ConnectionOutbox {
    id: u64,
    name: String,
    form: WireForm,
    most_bytes: usize,
    wake: Notify,
    ended: CancellationToken,
    inner: Mutex<OutboxState>,
}

#[derive(Debug, Default)]
struct OutboxState {
    tasks: VecDeque<OutboxTask>,
    bytes: usize,
    acknowledged: BTreeMap<(RunId, Epoch), Offset>,
    ending: Option<ConnectionEnd>,
}

impl ConnectionOutbox {
    pub(crate) fn new(id: u64, form: WireForm, most_bytes: usize) -> Self {
        let (name, wake, ended) = (String::new(), Notify::new(), CancellationToken::new());
        Self { id, name, form, most_bytes, wake, ended, inner: Mutex::default() }
    }

    /// The same of a side that calls itself so.
    #[must_use]
    pub(crate) fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    pub(crate) const fn form(&self) -> WireForm {
        self.form
    }

    /// Queues a message. A connection that lets too many bytes of them lie is ended.
    pub(crate) fn send(&self, message: &ServerMessage) {
        self.send_frame(MessageFrame::new(message, self.form));
    }

    /// Queues a message that is encoded already.
    pub(crate) fn send_frame(&self, frame: Result<MessageFrame, CodecError>) {
        match frame {
            Ok(frame) => self.push(OutboxTask::Send(frame)),
            Err(error) => tracing::error!(connection = self.id, %error, "a message was not encodable"),
        }
    }

    /// Queues what became of a command. An answer that is too large in this connection's form is rejected by name.
    pub(crate) fn answer(&self, request: u64, answer: Answer) {
        let whole =
            MessageFrame::new(&ServerMessage::Answer { request, answer }, self.form).and_then(MessageFrame::fitting);
        match whole {
            Ok(frame) => self.push(OutboxTask::Send(frame)),
            Err(error) => {
                let reason = format!("the answer cannot be sent: {error}. Binary messages take less than text");
                self.send(&ServerMessage::Answer { request, answer: Answer::Rejected { reason } });
            }
        }
    }

    /// Queues something to do.
    pub(crate) fn push(&self, task: OutboxTask) {
        let mut inner = self.lock();
        let bytes = inner.bytes + cost(&task);
        if bytes > self.most_bytes {
            let message = format!(
                "more than {} bytes of answers wait to be read here; connect again and go on from your offset",
                self.most_bytes
            );
            drop(inner);
            self.end(ConnectionEnd::new(ErrorCode::TooSlow, message));
        } else {
            inner.bytes = bytes;
            inner.tasks.push_back(task);
            drop(inner);
            self.wake();
        }
    }

    /// Ends the connection after telling why. The first reason counts.
    pub(crate) fn end(&self, ending: ConnectionEnd) {
        self.lock().ending.get_or_insert(ending);
        self.ended.cancel();
        self.wake();
    }

    /// Waits until the connection is to end.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Makes the writer look again, at the outbox and at the streams.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until there is something to look at.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The next thing to do.
    pub(crate) fn take(&self) -> Option<OutboxTask> {
        let mut inner = self.lock();
        let task = inner.tasks.pop_front()?;
        inner.bytes -= cost(&task);
        Some(task)
    }

    /// How far runs are stored, once each.
    pub(crate) fn take_acknowledged(&self) -> BTreeMap<(RunId, Epoch), Offset> {
        std::mem::take(&mut self.lock().acknowledged)
    }

    pub(crate) fn ending(&self) -> Option<ConnectionEnd> {
        self.lock().ending.clone()
    }

    fn lock(&self) -> MutexGuard<'_, OutboxState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for ConnectionOutbox {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tell(&self, message: &ServerMessage) {
        self.send(message);
    }

    fn acknowledge(&self, run: &RunId, epoch: Epoch, offset: Offset) {
        self.lock().acknowledged.insert((run.clone(), epoch), offset);
        self.wake();
    }
}

fn cost(task: &OutboxTask) -> usize {
    const TASK_BYTES: usize = 128;
    TASK_BYTES
        + match task {
            OutboxTask::Send(frame) => frame.bytes().len(),
            _ => 0,
        }
}
