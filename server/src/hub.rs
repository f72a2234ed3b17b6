//! The hub: all rooms of a relay, and what its connections share.

use crate::access::{AccessPass, Identity};
use crate::alerts::Alerts;
use crate::artifacts::Artifacts;
use crate::commands::{Asker, Commands};
use crate::config::RelayConfig;
use crate::feed::{Feed, KnownEpoch, Position};
use crate::list::{List, ListChange};
use crate::list_parts::ListParts;
use crate::log::{Excerpt, Log, LogError, Remark};
use crate::metrics::Metrics;
use crate::outbox::{ConnectionEnd, ConnectionOutbox};
use crate::quota::Quotas;
use crate::room::Room;
use crate::sink::Sink;
use crate::throttle::{Brake, Throttle};
use shared::command::Command;
use shared::message::{ErrorCode, LogEntry, RunSummary, ServerMessage};
use shared::{Epoch, RunId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes of a log that are read at a time to be judged.
const JUDGED_BYTES: usize = 1 << 20;

/// Beyond this share of the list it is sent whole.
const MOST_CHANGED_SHARE: usize = 4;

/// What all connections of a relay share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) config: RelayConfig,
    /// Where it listens, with the port resolved.
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<dyn Log>,
    /// Files that publishers left for viewers.
    pub(crate) artifacts: Arc<Artifacts>,
    pub(crate) metrics: Metrics,
    pub(crate) commands: Commands,
    pub(crate) alerts: Alerts,
    /// Cancelled when the relay shuts down.
    pub(crate) closing: CancellationToken,
    /// The open connections.
    pub(crate) sessions: TaskTracker,
    /// For lines about connections that were refused or ended.
    pub(crate) endings: Throttle,
    /// For those who guess tokens.
    pub(crate) brake: Brake,
    /// What tokens use.
    pub(crate) quotas: Quotas,
    sessions_taken: AtomicUsize,
    numbers: AtomicU64,
    /// In which order epochs were heard of.
    orders: AtomicU64,
    rooms: Mutex<BTreeMap<RunId, Arc<Room>>>,
    /// Whom runs belong to.
    owners: Mutex<BTreeMap<RunId, String>>,
    /// What people say of runs.
    remarks: Mutex<BTreeMap<RunId, Remark>>,
    /// Connections that stored tokens opened, by their numbers, with the tokens' numbers.
    keyed: Mutex<BTreeMap<u64, (String, Weak<ConnectionOutbox>)>>,
    list: List,
    announcing: tokio::sync::Mutex<()>,
}

impl Hub {
    /// A hub with a room for every stored run.
    pub(crate) async fn new(
        config: RelayConfig,
        address: SocketAddr,
        log: Arc<dyn Log>,
        metrics: Metrics,
    ) -> Result<Self, LogError> {
        let mut rooms = BTreeMap::new();
        for (order, it) in (0..).zip(log.runs().await?) {
            let place = (it.run.clone(), it.epoch);
            let feed = Feed::new(place, order, it.known, &config.limits);
            feed.restore_state(log.state(&it.run, it.epoch).await?);
            rooms.insert(it.run, Arc::new(Room::new(Arc::new(feed))));
        }
        for (run, epochs) in log.epochs().await? {
            if let Some(room) = rooms.get(&run) {
                room.set_epochs(epochs);
            }
        }
        let artifacts = Arc::new(Artifacts::new(&config.data, config.retention.artifact_bytes));
        if let Err(error) = artifacts.retain(&rooms.keys().cloned().collect::<BTreeSet<_>>()) {
            tracing::warn!(%error, "cannot tidy the artifacts of runs that are gone");
        }
        let (owners, remarks) = (log.owners().await?, log.remarks().await?);
        metrics.runs.set(rooms.len() as i64);
        let orders = AtomicU64::new(rooms.len() as u64);
        let kept = log.alerts().await?;
        let alerts = Alerts::new(&config.alerts, metrics.clone(), log.clone(), kept);
        for (run, room) in rooms.iter().filter(|(run, _)| alerts.concern(run)) {
            judge_stored(&alerts, run, &room.feed(), &*log).await?;
        }
        alerts.begin();
        let commands = Commands::new(config.limits.answered_within);
        Ok(Self {
            config,
            address,
            log,
            artifacts,
            metrics,
            commands,
            alerts,
            closing: CancellationToken::new(),
            sessions: TaskTracker::new(),
            endings: Throttle::default(),
            brake: Brake::default(),
            quotas: Quotas::default(),
            sessions_taken: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
            orders,
            rooms: Mutex::new(rooms),
            owners: Mutex::new(owners),
            remarks: Mutex::new(remarks),
            keyed: Mutex::default(),
            list: List::default(),
            announcing: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn room(&self, run: &RunId) -> Option<Arc<Room>> {
        self.rooms().get(run).cloned()
    }

    /// The runs that somebody may see, those that were heard of last first, whatever their publishers' clocks say.
    pub(crate) fn runs(&self, pass: &AccessPass) -> Vec<RunSummary> {
        self.rooms_for(pass).iter().map(|it| self.summary(it)).collect()
    }

    /// Their rooms, in the same order.
    pub(crate) fn rooms_for(&self, pass: &AccessPass) -> Vec<Arc<Room>> {
        let mut rooms: Vec<_> =
            self.rooms().iter().filter(|(run, _)| pass.scope.has(run)).map(|(_, room)| room.clone()).collect();
        rooms.sort_by_cached_key(|it| std::cmp::Reverse(it.feed().order));
        rooms
    }

    /// A run as it stands in the list.
    pub(crate) fn summary(&self, room: &Room) -> RunSummary {
        let summary = room.summary();
        let alerts = self.alerts.firing_for(&summary.run, summary.epoch);
        let remarks = self.remarks();
        // Its note, which may be long, is in no list.
        let (name, tags) = remarks.get(&summary.run).map(|it| (it.name.clone(), it.tags.clone())).unwrap_or_default();
        RunSummary { alerts, name, tags, ..summary }
    }

    /// Judges entries that a run's log has taken in.
    pub(crate) fn judge(&self, run: &RunId, epoch: Epoch, entries: &[LogEntry]) {
        if self.alerts.judge(run, epoch, entries) {
            self.list_has_changed([run], ListChange::Told);
        }
    }

    /// Tells of changes of the list: new runs and epochs, hosts that come and go.
    pub(crate) fn list_changes(&self) -> watch::Receiver<u64> {
        self.list.changes()
    }

    pub(crate) fn list_has_changed<'a>(&self, runs: impl IntoIterator<Item = &'a RunId>, change: ListChange) {
        self.metrics.runs.set(self.rooms().len() as i64);
        self.list.has_changed(runs, change);
    }

    /// The list for somebody who has that of a version already, or none, and the version that it is now. Who takes it in
    /// one message gets it from its beginning where much has changed, which is shorter.
    pub(crate) fn list(&self, pass: &AccessPass, has: Option<u64>, in_parts: bool) -> (ListParts, u64) {
        let most = if in_parts { usize::MAX } else { self.rooms().len() / MOST_CHANGED_SHARE + 1 };
        let Some((changed, version)) = has.and_then(|has| self.list.since(has, most)) else {
            let version = self.list.version();
            return (ListParts::whole(self.rooms_for(pass)), version);
        };
        let seen = changed.into_iter().filter(|(run, _)| pass.scope.has(run));
        let runs = seen.map(|(run, change)| {
            let room = self.room(&run);
            (run, change, room)
        });
        (ListParts::changed(runs.collect()), version)
    }

    /// The next message of a list, of at most so many runs; none where nothing is left to tell.
    pub(crate) fn list_part(&self, parts: &mut ListParts, most: usize) -> Option<ServerMessage> {
        parts.next(most, |run| self.room(run).map(|room| self.summary(&room)))
    }

    /// A run lives at this publisher now. Gives its room and feed, and where its log stands.
    pub(crate) async fn announce(
        &self,
        run: RunId,
        epoch: Epoch,
        started_millis: f64,
        (publisher, pass): (&Arc<dyn Sink>, &AccessPass),
    ) -> Result<(Arc<Room>, Arc<Feed>, Position), NotHosted> {
        let _one_at_a_time = self.announcing.lock().await;
        let room = self.room(&run);
        if let Some(shown) = room.as_ref().map(|it| it.feed().epoch).filter(|shown| *shown > epoch) {
            return Err(NotHosted::Older { shown });
        }
        self.claim(&run, pass).await?;
        let shown = room.as_ref().map(|it| it.feed()).filter(|it| it.epoch == epoch);
        let change = if shown.is_some() { ListChange::Told } else { ListChange::Moved };
        let feed = if let Some(feed) = shown {
            feed
        } else {
            let known = self.log.epoch(&run, epoch).await?;
            let known = known.unwrap_or_else(|| KnownEpoch { started_millis, ..KnownEpoch::default() });
            let state = self.log.state(&run, epoch).await?;
            let order = self.orders.fetch_add(1, Ordering::Relaxed);
            let feed = Feed::new((run.clone(), epoch), order, known, &self.config.limits);
            feed.restore_state(state);
            Arc::new(feed)
        };
        let (position, before) = feed.take_over(publisher.clone());
        let replaced = room.as_ref().and_then(|it| it.feed().publisher());
        for other in before.into_iter().chain(replaced).filter(|it| it.id() != publisher.id()) {
            let message = format!("run {run} was announced by another publisher and lives there now");
            other.tell(&ServerMessage::error(ErrorCode::Forbidden, message));
        }
        let room = if let Some(room) = room {
            if !Arc::ptr_eq(&room.feed(), &feed) {
                let most = self.config.retention.epochs_per_run.max(1) - 1;
                self.log.wake(&room.show(feed.clone(), most as usize));
            }
            room
        } else {
            let room = Arc::new(Room::new(feed.clone()));
            self.rooms().insert(run.clone(), room.clone());
            room
        };
        self.log.wake(&feed);
        self.list_has_changed([&run], change);
        Ok((room, feed, position))
    }

    /// A run belongs to whoever publishes it first, and to nobody else as long as that token opens something.
    async fn claim(&self, run: &RunId, pass: &AccessPass) -> Result<(), NotHosted> {
        if !pass.scope.has(run) {
            return Err(NotHosted::OtherRuns { scope: pass.scope.as_str().to_owned() });
        }
        // Where anybody may publish, nothing belongs to anybody.
        let Some(claimant) = pass.identity.owner() else { return Ok(()) };
        let owner = self.owners().get(run).cloned();
        if owner.as_deref() == Some(claimant) {
            return Ok(());
        }
        if let Some(owner) = owner {
            let option = Identity::Option.owner() == Some(&owner) && self.config.access.publisher.is_some();
            let note = self.log.live_tokens().await?.remove(&owner);
            if option || note.is_some() {
                let note = note.filter(|it| !it.is_empty()).map_or(String::new(), |it| format!(" ({it})"));
                return Err(NotHosted::Owned { owner: format!("{owner}{note}") });
            }
            tracing::info!(%run, before = owner, now = claimant, "a run whose token opens nothing any longer has a new one");
        }
        self.owners().insert(run.clone(), claimant.to_owned());
        self.log.own(run.clone(), claimant.to_owned());
        Ok(())
    }

    /// Passes a command on to the host of a run, or tells who asks why not.
    pub(crate) fn command(&self, pass: &AccessPass, run: RunId, command: Command, asker: Asker) {
        let Some(room) = self.room(&run).filter(|_| pass.scope.has(&run)) else {
            return asker.reject(format!("there is no run {run} here"));
        };
        let Some(publisher) = room.feed().publisher() else {
            return asker.reject(format!(
                "the host of run {run} is not connected; its history is safe. Try again when it is back"
            ));
        };
        self.metrics.commands.inc();
        self.commands.pass_on(run, command, asker, &*publisher);
    }

    /// A connection was opened by a stored token: it ends with it.
    pub(crate) fn depends(&self, outbox: &Arc<ConnectionOutbox>, pass: &AccessPass) {
        if let Identity::Token(id) = &pass.identity {
            self.keyed().insert(outbox.id(), (id.clone(), Arc::downgrade(outbox)));
        }
    }

    pub(crate) fn depends_no_longer(&self, outbox: &ConnectionOutbox) {
        self.keyed().remove(&outbox.id());
    }

    /// Ends the connections whose tokens were revoked or have expired.
    pub(crate) async fn look_for_tokens(&self) {
        if self.keyed().is_empty() {
            return;
        }
        let live = match self.log.live_tokens().await {
            Ok(live) => live,
            Err(error) => return tracing::warn!(%error, "cannot tell which tokens there are"),
        };
        for (id, outbox) in self.keyed().values() {
            if let Some(outbox) = outbox.upgrade().filter(|_| !live.contains_key(id)) {
                let message = "this token was revoked or has expired; ask whoever runs this relay for another";
                outbox.end(ConnectionEnd::new(ErrorCode::Unauthorized, message));
            }
        }
    }

    /// What people say of runs.
    pub(crate) fn remarks(&self) -> MutexGuard<'_, BTreeMap<RunId, Remark>> {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is said of a run.
    pub(crate) fn say(&self, run: RunId, remark: Remark) {
        self.remarks().insert(run.clone(), remark.clone());
        self.list_has_changed([&run], ListChange::Told);
        self.log.say(run, remark);
    }

    /// Tells of the runs that more or fewer watch than before, and of those that began, paused or ended. This is asked now and then:
    /// what comes and goes is told to all that have the list.
    pub(crate) fn look_for_news(&self) {
        let rooms = self.rooms().clone();
        let changed: Vec<_> = rooms.iter().filter(|(_, room)| room.has_news()).map(|(run, _)| run).collect();
        if !changed.is_empty() {
            self.list_has_changed(changed, ListChange::Told);
        }
    }

    /// Gives a run up that nobody publishes; its viewers are told nothing more. False if somebody does.
    pub(crate) async fn give_up(&self, run: &RunId) -> bool {
        let _nobody_announces = self.announcing.lock().await;
        let Some(room) = self.room(run) else { return true };
        if room.feed().publisher().is_some() {
            return false;
        }
        self.forget(run);
        self.list_has_changed([run], ListChange::Moved);
        true
    }

    fn forget(&self, run: &RunId) {
        self.rooms().remove(run);
        self.owners().remove(run);
        self.remarks().remove(run);
        self.alerts.forget(run);
        self.log.remove(run.clone());
        let (artifacts, run) = (self.artifacts.clone(), run.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = artifacts.remove(&run) {
                tracing::warn!(%run, %error, "its artifacts cannot be removed; the next start of this relay tries again");
            }
        });
    }

    fn owners(&self) -> MutexGuard<'_, BTreeMap<RunId, String>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keyed(&self) -> MutexGuard<'_, BTreeMap<u64, (String, Weak<ConnectionOutbox>)>> {
        self.keyed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feed of an epoch of a run, if it is there.
    pub(crate) async fn feed_of(&self, room: &Room, epoch: Epoch) -> Result<Option<Arc<Feed>>, LogError> {
        if let Some(feed) = room.feed_of(epoch) {
            return Ok(Some(feed));
        }
        let run = room.feed().run.clone();
        let Some(known) = self.log.epoch(&run, epoch).await? else { return Ok(None) };
        let state = self.log.state(&run, epoch).await?;
        // It takes no place in the list of runs.
        let feed = Arc::new(Feed::new((run, epoch), 0, known, &self.config.limits));
        feed.restore_state(state);
        room.note(&feed);
        Ok(Some(feed))
    }

    /// Finds out which earlier epochs were given up to keep the database small.
    pub(crate) async fn look_for_epochs(&self) {
        let mut epochs = match self.log.epochs().await {
            Ok(epochs) => epochs,
            Err(error) => return tracing::warn!(%error, "cannot tell which epochs there are"),
        };
        let rooms: Vec<_> = self.rooms().iter().map(|(run, room)| (run.clone(), room.clone())).collect();
        let mut is_changed = |run: &RunId, room: &Room| room.set_epochs(epochs.remove(run).unwrap_or_default());
        let changed: Vec<_> = rooms.iter().filter(|(run, room)| is_changed(run, room)).map(|(run, _)| run).collect();
        if !changed.is_empty() {
            self.list_has_changed(changed, ListChange::Told);
        }
    }

    /// Gives up what is too old, and of runs what is too much: earlier epochs, then runs that nobody publishes or watches; what is
    /// old in the longest of the others is thinned.
    pub(crate) async fn tidy(&self) {
        let retention = self.config.retention;
        if retention.age.is_none() && retention.run_bytes.is_none() {
            return;
        }
        self.log.tidy();
        let excess = match self.log.excess(retention).await {
            Ok(excess) => excess,
            Err(error) => return tracing::warn!(%error, "cannot tell which runs are old or large"),
        };
        let announcing = self.announcing.lock().await;
        let rooms = self.rooms().clone();
        for run in excess.old.iter().filter(|run| rooms.get(*run).is_some_and(|it| it.is_idle())) {
            tracing::info!(%run, "a run was given up that got nothing new for as long as is kept");
            self.forget(run);
            self.list_has_changed([run], ListChange::Moved);
        }
        drop(announcing);
        let large = excess.large.iter().filter_map(|run| rooms.get(run)).map(|room| room.feed());
        if let Some(feed) = large.max_by_key(|it| it.stored_rows()).filter(|_| !self.log.is_freeing()) {
            self.log.thin(feed);
        }
    }

    /// While the database is too large: thins the log of a run that is longer than all others together; else gives up
    /// a run that nobody publishes or watches, the oldest first, one at a time; else thins the longest log.
    pub(crate) async fn shrink(&self) {
        // Before the size is read: what is over by then is in it.
        if self.log.is_freeing() {
            return;
        }
        let most = self.config.retention.total_bytes;
        match self.log.bytes().await {
            Ok(bytes) if bytes > most => {}
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, "cannot tell the size of the database"),
        }
        let rooms = self.rooms();
        let feeds = rooms.values().map(|it| it.feed()).map(|it| (it.stored_rows(), it));
        let longest = feeds.max_by_key(|(rows, _)| *rows);
        let all: u64 = rooms.values().map(|it| it.feed().stored_rows()).sum();
        // As many can always be thinned.
        let least = 2 * self.config.retention.fine_entries;
        let outweighs = longest.as_ref().is_some_and(|(rows, _)| *rows > least.max(all / 2));
        let idle = rooms.values().filter(|room| !outweighs && room.is_idle()).map(|room| room.feed());
        let Some(run) = idle.min_by_key(|it| it.order).map(|it| it.run.clone()) else {
            drop(rooms);
            if let Some((_, feed)) = longest {
                self.log.thin(feed);
            }
            return;
        };
        drop(rooms);
        tracing::info!(%run, most, "a run was given up to keep the database small");
        self.forget(&run);
        self.list_has_changed([&run], ListChange::Moved);
    }

    /// Figures that nobody counts as they change.
    pub(crate) fn measure(&self) {
        let bytes: usize = self.rooms().values().map(|it| it.feed().unstored_bytes()).sum();
        self.metrics.unstored_bytes.set(bytes as i64);
        self.metrics.damaged_entries.set(self.log.damaged() as i64);
        self.metrics.database_replaced.set(i64::from(self.log.was_replaced()));
    }

    /// A number that no other connection has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A place among the sessions, until it is dropped; none if there are too many.
    pub(crate) fn place(self: &Arc<Self>) -> Option<SessionSlot> {
        let taken = self.sessions_taken.fetch_add(1, Ordering::AcqRel);
        let place = SessionSlot(self.clone());
        (taken < self.config.limits.connections).then_some(place)
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeMap<RunId, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a run does not live at a publisher.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotHosted {
    /// The run shows a newer epoch.
    #[error("the run has epoch {} already, which is newer", shown.0)]
    Older { shown: Epoch },
    /// Its token is for other runs.
    #[error("this token is for the runs {scope}")]
    OtherRuns { scope: String },
    /// The run belongs to another token.
    #[error("the run belongs to the token {owner}")]
    Owned { owner: String },
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A place among the sessions.
#[derive(Debug)]
pub(crate) struct SessionSlot(Arc<Hub>);

impl Drop for SessionSlot {
    fn drop(&mut self) {
        self.0.sessions_taken.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Judges what is stored of a run's log and was not judged before the relay ended.
async fn judge_stored(alerts: &Alerts, run: &RunId, feed: &Feed, log: &dyn Log) -> Result<(), LogError> {
    let end = feed.position().expected;
    let mut next = alerts.left_to_judge(run, feed.epoch, end);
    while next < end {
        let excerpt = Excerpt { offsets: next..end, most: usize::MAX, most_bytes: JUDGED_BYTES };
        let page = log.entries(run, feed.epoch, excerpt).await?;
        let Some(last) = page.last() else { break };
        next = last.offset.next().0;
        alerts.judge(run, feed.epoch, &page);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;
    use crate::store::Store;
    use crate::wire::WireForm;

    #[tokio::test]
    async fn a_database_that_is_too_large_gives_up_runs_that_nobody_needs() {
        let data = tempfile::TempDir::new().unwrap();
        let mut config = RelayConfig::local(data.path());
        config.retention.total_bytes = 1;
        let metrics = Metrics::new();
        let store = Arc::new(Store::open(data.path(), config.retention, metrics.clone()).unwrap());
        let address = config.listen;
        let hub = Hub::new(config, address, store, metrics).await.unwrap();
        let publisher: Arc<dyn Sink> = Arc::new(ConnectionOutbox::new(0, WireForm::Binary, 1 << 20));
        let anybody = AccessPass { identity: Identity::Anybody, scope: Scope::all() };
        // The clock was set back between the first two.
        for (name, started) in [("old", 3.0), ("new", 2.0), ("live", 1.0)] {
            let run = RunId::new(name).unwrap();
            let (_, feed, _) = hub.announce(run, Epoch(1), started, (&publisher, &anybody)).await.unwrap();
            if name != "live" {
                feed.release(&*publisher);
            }
        }
        for left in [vec!["live", "new"], vec!["live"], vec!["live"]] {
            hub.shrink().await;
            while hub.log.is_freeing() {
                tokio::task::yield_now().await;
            }
            assert_eq!(hub.runs(&anybody).iter().map(|it| it.run.as_str().to_owned()).collect::<Vec<_>>(), left);
        }
        hub.log.close(std::time::Duration::from_mins(1)).await;
        let stored = hub.log.runs().await.unwrap();
        assert_eq!(stored.iter().map(|it| it.run.as_str()).collect::<Vec<_>>(), ["live"]);
    }
}
