//! Commands on their way: from a controller to the publisher of a run, and the answer back.

use crate::outbox::ConnectionOutbox;
use crate::sink::Sink;
use shared::RunId;
use shared::command::{Answer, Command};
use shared::message::ServerMessage;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// It is looked at every second who waits for too long, and an answer is promised within a time: this is how much sooner a
/// publisher is not waited for any longer.
const MARGIN: Duration = Duration::from_secs(2);

/// Commands that wait for their answers, by the relay's numbers for them.
#[derive(Debug)]
pub(crate) struct Commands {
    answered_within: Duration,
    inner: Mutex<PendingCommands>,
}

#[derive(Debug, Default)]
struct PendingCommands {
    next: u64,
    waiting: BTreeMap<u64, PendingCommand>,
}

/// Who asks, and is answered.
#[derive(Debug)]
pub(crate) enum Asker {
    /// A session, which numbers what it asks.
    Session(Arc<ConnectionOutbox>, u64),
    /// One request over HTTP.
    Request(oneshot::Sender<Answer>),
}

impl Asker {
    fn answer(self, answer: Answer) {
        match self {
            Self::Session(outbox, request) => outbox.answer(request, answer),
            // Who asked may be gone.
            Self::Request(sender) => drop(sender.send(answer)),
        }
    }

    /// Answers with a rejection.
    pub(crate) fn reject(self, reason: impl Into<String>) {
        self.answer(Answer::Rejected { reason: reason.into() });
    }
}

#[derive(Debug)]
struct PendingCommand {
    asker: Asker,
    run: RunId,
    publisher: u64,
    since: Instant,
}

impl Commands {
    /// No commands, each of which will be answered within a time.
    pub(crate) fn new(answered_within: Duration) -> Self {
        Self { answered_within, inner: Mutex::default() }
    }

    /// Passes a command on.
    pub(crate) fn pass_on(&self, run: RunId, command: Command, asker: Asker, publisher: &dyn Sink) {
        let mut inner = self.lock();
        inner.next += 1;
        let number = inner.next;
        let waiting = PendingCommand { asker, run: run.clone(), publisher: publisher.id(), since: Instant::now() };
        inner.waiting.insert(number, waiting);
        drop(inner);
        publisher.tell(&ServerMessage::Command { run, request: number, command });
    }

    /// Passes a publisher's answer back; false if nobody asked this publisher.
    pub(crate) fn answer(&self, number: u64, answer: Answer, publisher: &ConnectionOutbox) -> bool {
        let mut inner = self.lock();
        if inner.waiting.get(&number).is_none_or(|it| it.publisher != publisher.id()) {
            return false;
        }
        let waiting = inner.waiting.remove(&number);
        drop(inner);
        if let Some(PendingCommand { asker, .. }) = waiting {
            asker.answer(answer);
        }
        true
    }

    /// Rejects what a publisher that is gone was asked.
    pub(crate) fn abandon(&self, publisher: &ConnectionOutbox) {
        self.reject(
            |it| it.publisher == publisher.id(),
            "the run's host disconnected before it answered; it may or may \
            not have obeyed. Watch the run's status, and ask again when it is back",
        );
    }

    /// Rejects what a publisher was asked of a run that it hosts no longer.
    pub(crate) fn withdraw(&self, run: &RunId, publisher: &ConnectionOutbox) {
        self.reject(
            |it| it.publisher == publisher.id() && it.run == *run,
            "the run's host ended the run before it answered; it may or may not have obeyed. The run's status tells",
        );
    }

    /// Rejects what was not answered in time.
    pub(crate) fn expire(&self) {
        let reason = format!(
            "the run's host did not answer within {} s; it may obey yet. Watch the run's status",
            self.answered_within.as_secs_f64()
        );
        let patience = self.answered_within.saturating_sub(MARGIN);
        self.reject(|it| it.since.elapsed() > patience, &reason);
    }

    fn reject(&self, which: impl Fn(&PendingCommand) -> bool, reason: &str) {
        let mut inner = self.lock();
        let rejected: Vec<_> = inner.waiting.extract_if(.., |_, it| which(it)).collect();
        drop(inner);
        for (_, PendingCommand { asker, .. }) in rejected {
            asker.reject(reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingCommands> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
