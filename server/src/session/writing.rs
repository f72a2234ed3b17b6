//! The writing half: sends what the outbox holds, then the streams, then waits for more.

use super::subscription::{Broken, ViewerSubscription};
use super::{SocketSink, count_error, say_goodbye, socket_message};
use crate::access::AccessPass;
use crate::hub::Hub;
use crate::list_parts::{ListParts, RUNS_PER_PART};
use crate::outbox::{ConnectionEnd, ConnectionOutbox, OutboxTask};
use crate::room::SpareCount;
use crate::sink::Sink as _;
use crate::wire::{self, MessageFrame};
use axum::extract::ws::Message as SocketMessage;
use bytes::Bytes;
use futures_util::SinkExt as _;
use shared::message::{ErrorCode, From, ServerMessage};
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// Most names in an answer to whoever asks for what is not there.
const MOST_NAMES: usize = 8;

/// The writing half of a session.
pub(super) struct SessionWriter<'a> {
    hub: &'a Arc<Hub>,
    outbox: &'a Arc<ConnectionOutbox>,
    pass: &'a AccessPass,
    subscriptions: BTreeMap<RunId, (ViewerSubscription, Arc<SpareCount>)>,
    list: Option<Listing>,
}

/// How the list of runs is followed.
struct Listing {
    changes: watch::Receiver<u64>,
    /// The version of the list that was sent last, where only what changed follows.
    version: Option<u64>,
    /// Whether it may come in several messages.
    in_parts: bool,
    /// What is left to send of that version.
    rest: ListParts,
}

/// The other side is gone.
struct Gone;

impl<'a> SessionWriter<'a> {
    pub(super) const fn new(hub: &'a Arc<Hub>, outbox: &'a Arc<ConnectionOutbox>, pass: &'a AccessPass) -> Self {
        Self { hub, outbox, pass, subscriptions: BTreeMap::new(), list: None }
    }

    /// Writes until the other side is gone or was told why its connection ends.
    pub(super) async fn run(&mut self, sink: &mut SocketSink) {
        let every = self.hub.config.limits.ping_every;
        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let Ok(more) = self.round(sink).await else { return };
            if let Some(ending) = self.outbox.ending() {
                return say_goodbye(self.hub, sink, self.outbox.form(), ending).await;
            }
            if more {
                continue;
            }
            tokio::select! {
                () = self.outbox.woken() => {}
                () = changed(&mut self.list) => self.renew_list(),
                _ = ping.tick() => {
                    if sink.send(SocketMessage::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// The connection is over: nothing is watched any longer.
    pub(super) fn leave(&mut self) {
        for (subscription, _) in std::mem::take(&mut self.subscriptions).into_values() {
            subscription.room().leave(self.outbox);
        }
    }

    /// Sends what there is, a bounded amount of every stream, and tells whether there is more.
    async fn round(&mut self, sink: &mut SocketSink) -> Result<bool, Gone> {
        let mut written = false;
        while let Some(task) = self.outbox.take() {
            match task {
                OutboxTask::Send(frame) => {
                    feed(self.hub, sink, frame).await?;
                    written = true;
                }
                OutboxTask::Open(run, epoch, from) => self.open(run, epoch, from).await,
                OutboxTask::Close(run) => self.close(&run),
                OutboxTask::List { changes, parts: in_parts } => {
                    let following = self.hub.list_changes();
                    let (rest, version) = self.hub.list(self.pass, None, in_parts);
                    let version = changes.then_some(version);
                    self.list = Some(Listing { changes: following, version, in_parts, rest });
                }
            }
        }
        self.send_part();
        for ((run, epoch), offset) in self.outbox.take_acknowledged() {
            self.outbox.send(&ServerMessage::Acknowledged { run, epoch, offset });
        }
        let mut more = self.list.as_ref().is_some_and(|it| !it.rest.is_over());
        for (run, subscription) in &mut self.subscriptions {
            match turn(self.hub, self.outbox, subscription, sink).await? {
                Ok(turn) => {
                    written |= turn.written;
                    more |= turn.more;
                }
                Err(broken) => give_up(self.outbox, run, &broken),
            }
        }
        if written {
            sink.flush().await.map_err(|_| Gone)?;
        }
        Ok(more)
    }

    async fn open(&mut self, run: RunId, epoch: Option<Epoch>, from: From) {
        let Some(room) = self.hub.room(&run).filter(|_| self.pass.scope.has(&run)) else {
            return self.refuse(&run, None, format!("there is no run {run} here{}", self.which_there_are()));
        };
        let feed = match epoch {
            Some(epoch) => self.hub.feed_of(&room, epoch).await,
            None => Ok(Some(room.feed())),
        };
        let feed = match feed {
            Ok(Some(feed)) => feed,
            Ok(None) => {
                let mut known = self.hub.summary(&room).earlier.into_iter().map(|it| it.epoch.0.to_string());
                let mut known = std::iter::once(room.feed().epoch.0.to_string()).chain(&mut known).collect::<Vec<_>>();
                known.truncate(MOST_NAMES);
                let asked = epoch.unwrap_or_default().0;
                let message = format!(
                    "run {run} has no epoch {asked} here (any more); the newest that it has are {}",
                    known.join(", ")
                );
                return self.refuse(&run, epoch, message);
            }
            Err(error) => return give_up(self.outbox, &run, &error.into()),
        };
        let spared = Arc::<SpareCount>::default();
        room.enter(self.outbox.clone(), spared.clone());
        match ViewerSubscription::begin(room, feed, epoch.is_some(), from, &*self.hub.log).await {
            Ok((subscription, message)) => {
                self.outbox.send_frame(wire::subscribed(&message, self.outbox.form()));
                self.subscriptions.insert(run, (subscription, spared));
            }
            Err(error) => give_up(self.outbox, &run, &error.into()),
        }
    }

    /// The names of runs, in words, of those that may be seen here.
    fn which_there_are(&self) -> String {
        let rooms = self.hub.rooms_for(self.pass);
        let names: Vec<_> = rooms.iter().take(MOST_NAMES).map(|it| it.feed().run.to_string()).collect();
        match rooms.len().saturating_sub(names.len()) {
            _ if rooms.is_empty() => ", and no other for you to see".into(),
            0 => format!("; there are {}", names.join(", ")),
            more => format!("; there are {} and {more} more", names.join(", ")),
        }
    }

    fn refuse(&self, run: &RunId, epoch: Option<Epoch>, message: String) {
        count_error(self.hub, ErrorCode::UnknownRun);
        let mut details = BTreeMap::from([("run".to_owned(), run.to_string())]);
        details.extend(epoch.map(|epoch| ("epoch".to_owned(), epoch.0.to_string())));
        self.outbox.send(&ServerMessage::Error { code: ErrorCode::UnknownRun, message, details });
    }

    fn close(&mut self, run: &RunId) {
        if let Some((subscription, _)) = self.subscriptions.remove(run) {
            subscription.room().leave(self.outbox);
        }
    }

    /// The list has changed since what was sent, all of which was sent.
    fn renew_list(&mut self) {
        let Some(list) = &mut self.list else { return };
        let (rest, version) = self.hub.list(self.pass, list.version, list.in_parts);
        list.rest = rest;
        if let Some(has) = &mut list.version {
            *has = version;
        }
    }

    /// Queues the next part of the list, if something of it is left. One a round: between them the streams have their turns, and a
    /// list waits where it takes little memory for as long as its viewer does not read.
    fn send_part(&mut self) {
        let Some(list) = &mut self.list else { return };
        let most = if list.in_parts { RUNS_PER_PART } else { usize::MAX };
        if let Some(message) = self.hub.list_part(&mut list.rest, most) {
            self.outbox.send(&message);
        }
    }
}

/// What came of one stream's turn.
struct StreamTurn {
    written: bool,
    more: bool,
}

/// Sends a bounded amount of one stream.
async fn turn(
    hub: &Hub,
    outbox: &ConnectionOutbox,
    (subscription, spare_count): &mut (ViewerSubscription, Arc<SpareCount>),
    sink: &mut SocketSink,
) -> Result<Result<StreamTurn, Broken>, Gone> {
    let log = &*hub.log;
    let form = outbox.form();
    if subscription.is_over() {
        return Ok(match subscription.renew(log).await {
            Ok(message) => {
                outbox.send_frame(wire::subscribed(&message, form));
                Ok(StreamTurn { written: false, more: true })
            }
            Err(error) => Err(error.into()),
        });
    }
    let (mut frames, more) = match subscription.turn(form, log, &hub.metrics.delivery_seconds).await {
        Ok(turn) => turn,
        Err(broken) => return Ok(Err(broken)),
    };
    match subscription.state(form) {
        Ok(Some((frame, spared))) => {
            hub.metrics.skipped.inc_by(spared);
            spare_count.add(spared);
            frames.push(frame);
        }
        Ok(None) => {}
        Err(broken) => return Ok(Err(broken)),
    }
    let written = !frames.is_empty();
    for frame in frames {
        feed(hub, sink, frame).await?;
    }
    Ok(Ok(StreamTurn { written, more }))
}

/// Ends the connection: its viewer comes again and asks for what it missed.
fn give_up(outbox: &ConnectionOutbox, run: &RunId, broken: &Broken) {
    tracing::error!(connection = outbox.id(), %run, error = %broken, "history unreadable");
    let message =
        format!("the history of run {run} cannot be read ({broken}); connect again and go on from your offset");
    outbox.end(ConnectionEnd::new(ErrorCode::Storage, message));
}

async fn feed(hub: &Hub, sink: &mut SocketSink, frame: MessageFrame) -> Result<(), Gone> {
    hub.metrics.sent_messages.inc();
    hub.metrics.sent_bytes.inc_by(frame.bytes().len() as u64);
    sink.feed(socket_message(frame)).await.map_err(|_| Gone)
}

/// Waits for a change of the list; for ever if it was not asked for.
async fn changed(list: &mut Option<Listing>) {
    match list {
        Some(list) => list.changes.changed().await.unwrap_or(()),
        None => std::future::pending().await,
    }
}
