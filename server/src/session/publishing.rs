//! Publishing: what a publisher's messages do to the runs that it hosts.

use super::complain;
use crate::access::AccessPass;
use crate::artifacts::ArtifactFault;
use crate::feed::{Feed, Gap};
use crate::hub::{Hub, NotHosted};
use crate::list::ListChange;
use crate::outbox::ConnectionOutbox;
use crate::room::Room;
use crate::sink::Sink;
use crate::state::OpenStateEntry;
use shared::artifact::ArtifactHash;
use shared::message::{ErrorCode, LogEntry, ServerMessage};
use shared::{Epoch, Offset, RunId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Epochs stay exact as numbers of `JavaScript`.
const LEAST_REFUSED_EPOCH: u64 = 1 << 53;

/// The runs that one connection hosts.
pub(super) struct Hosting<'a> {
    hub: &'a Arc<Hub>,
    outbox: &'a Arc<ConnectionOutbox>,
    pass: &'a AccessPass,
    runs: BTreeMap<RunId, (Arc<Room>, Arc<Feed>)>,
}

impl<'a> Hosting<'a> {
    pub(super) const fn new(hub: &'a Arc<Hub>, outbox: &'a Arc<ConnectionOutbox>, pass: &'a AccessPass) -> Self {
        Self { hub, outbox, pass, runs: BTreeMap::new() }
    }

    pub(super) async fn announce(&mut self, run: RunId, epoch: Epoch, started_millis: f64) {
        if epoch.0 >= LEAST_REFUSED_EPOCH || !started_millis.is_finite() {
            let message =
                "an epoch is a number below 2^53, and its beginning a finite number of milliseconds".to_owned();
            return self.complain(ErrorCode::Malformed, message, &run);
        }
        let publisher: Arc<dyn Sink> = self.outbox.clone();
        match self.hub.announce(run.clone(), epoch, started_millis, (&publisher, self.pass)).await {
            Ok((room, feed, position)) => {
                tracing::info!(%run, %epoch, offset = position.expected, "announced");
                self.runs.insert(run.clone(), (room, feed));
                let offset = Offset(position.expected);
                self.outbox.send(&ServerMessage::Resume { run: run.clone(), epoch, offset });
                // What a lost connection left unsaid: the publisher need not keep what is stored.
                self.outbox.acknowledge(&run, epoch, Offset(position.stored));
            }
            Err(NotHosted::Older { shown }) => {
                let message = format!(
                    "run {run} has epoch {} already, which is newer than {}; begin one with a greater number",
                    shown.0, epoch.0
                );
                let details = [("run", run.to_string()), ("epoch", shown.0.to_string())];
                complain(self.hub, self.outbox, ErrorCode::OutOfOrder, message, details);
            }
            Err(NotHosted::OtherRuns { scope }) => {
                let message = format!("this token is for the runs {scope}, not for {run}: give the run another name");
                self.complain(ErrorCode::Forbidden, message, &run);
            }
            Err(NotHosted::Owned { owner }) => {
                let message = format!(
                    "run {run} belongs to another publisher, the token {owner}: give this run another name, or ask \
                     whoever runs this relay to revoke that token or delete the run"
                );
                self.complain(ErrorCode::Forbidden, message, &run);
            }
            Err(NotHosted::Log(error)) => {
                let message =
                    format!("run {run} cannot be looked up ({error}); keep its entries and announce it again");
                self.complain(ErrorCode::Storage, message, &run);
            }
        }
    }

    /// Takes in log entries. Waits while the disk is slower than the publisher: that holds up this publisher alone.
    pub(super) async fn log(&self, run: &RunId, epoch: Epoch, entries: Vec<LogEntry>) {
        let Some((room, feed)) = self.hosted(run, epoch) else { return };
        if entries.iter().any(|it| !it.time_millis.is_finite()) {
            let message = "an entry's time is no finite number; none of the message was taken".to_owned();
            return self.complain(ErrorCode::Malformed, message, run);
        }
        let given = entries.len();
        let (first, judged) = (feed.position().expected, self.hub.alerts.concern(run).then(|| entries.clone()));
        let pushed = feed.push_log(entries);
        if let Err(Gap { expected, given }) = pushed {
            let message = format!("entry {given} of run {run} is not the next one, {expected}; send again from there");
            let details = [("run", run.to_string()), ("expected", expected.to_string()), ("given", given.to_string())];
            complain(self.hub, self.outbox, ErrorCode::Gap, message, details);
        }
        if let Ok(fresh) = pushed {
            self.hub.metrics.log_entries.inc_by(fresh as u64);
            self.hub.metrics.duplicates.inc_by((given - fresh) as u64);
            let has_begun = fresh > 0 && feed.position().expected == fresh as u64;
            if has_begun {
                // Its title is known now.
                self.hub.list_has_changed([run], ListChange::Told);
            }
        }
        if let Some(mut judged) = judged {
            let taken = first..feed.position().expected;
            judged.retain(|it| taken.contains(&it.offset.0));
            judged.dedup_by_key(|it| it.offset);
            self.hub.judge(run, epoch, &judged);
        }
        room.wake_viewers();
        self.hub.log.wake(feed);
        feed.room_for_more(|| self.hub.log.healthy()).await;
    }

    pub(super) fn state(&self, run: &RunId, epoch: Epoch, entries: Vec<OpenStateEntry>) {
        let Some((room, feed)) = self.hosted(run, epoch) else { return };
        if entries.is_empty() {
            return;
        }
        self.hub.metrics.state_events.inc_by(entries.len() as u64);
        if let Err(refused) = feed.push_state(entries) {
            self.complain(ErrorCode::TooMany, refused.to_string(), run);
        }
        room.wake_viewers();
        if feed.states_are_due() {
            self.hub.log.wake(feed);
        }
    }

    /// Takes a part of an artifact in. Waits for the disk, which holds up this publisher alone.
    pub(super) async fn artifact(&self, run: RunId, named: (ArtifactHash, u64), offset: u64, content: Vec<u8>) {
        let Some((room, _)) = self.runs.get(&run) else {
            return self.complain(ErrorCode::UnknownRun, format!("run {run} is not hosted here"), &run);
        };
        if self.hosted(&run, room.feed().epoch).is_none() {
            return;
        }
        let (artifacts, of) = (self.hub.artifacts.clone(), run.clone());
        let (sha256, _) = named;
        let kept = spawn_blocking(move || artifacts.put(&of, named, offset, &content)).await;
        let kept = kept.unwrap_or_else(|error| Err(ArtifactFault::Storage(std::io::Error::other(error))));
        match kept {
            Ok(kept) => self.outbox.send(&ServerMessage::ArtifactKept { run, sha256, kept }),
            Err(fault) => {
                let message = format!("the artifact {sha256} of run {run} is not taken: {fault}");
                let details = [("run", run.to_string()), ("artifact", sha256.to_string())];
                complain(self.hub, self.outbox, ErrorCode::Storage, message, details);
            }
        }
    }

    pub(super) fn withdraw(&mut self, run: &RunId) {
        let Some((room, feed)) = self.runs.remove(run) else {
            return self.complain(ErrorCode::UnknownRun, format!("run {run} is not hosted here"), run);
        };
        self.hub.commands.withdraw(run, self.outbox);
        if feed.release(&**self.outbox) {
            self.hub.log.wake(&feed);
            room.wake_viewers();
            self.hub.list_has_changed([run], ListChange::Told);
        }
    }

    /// Gives up all runs.
    pub(super) fn leave(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        let mut released = Vec::new();
        for (run, (_, feed)) in &runs {
            if feed.release(&**self.outbox) {
                self.hub.log.wake(feed);
                released.push(run);
            }
        }
        self.hub.commands.abandon(self.outbox);
        if !released.is_empty() {
            self.hub.list_has_changed(released, ListChange::Told);
        }
    }

    fn hosted(&self, run: &RunId, epoch: Epoch) -> Option<&(Arc<Room>, Arc<Feed>)> {
        let Some(hosted) = self.runs.get(run).filter(|(_, feed)| feed.epoch == epoch) else {
            let message =
                format!("run {run} with epoch {} was not announced on this connection; announce it first", epoch.0);
            self.complain(ErrorCode::OutOfOrder, message, run);
            return None;
        };
        let (room, feed) = hosted;
        let mine = feed.publisher().is_some_and(|it| it.id() == self.outbox.id());
        if !mine || !Arc::ptr_eq(&room.feed(), feed) {
            let message = format!("run {run} was announced by another publisher and lives there now");
            self.complain(ErrorCode::Forbidden, message, run);
            return None;
        }
        Some(hosted)
    }

    fn complain(&self, code: ErrorCode, message: String, run: &RunId) {
        complain(self.hub, self.outbox, code, message, [("run", run.to_string())]);
    }
}
