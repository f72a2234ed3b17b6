//! A subscription: a viewer's cursor into a run's log, and what it has seen of its state.

use crate::batch::{self, Batch};
use crate::feed::{Feed, Next};
use crate::log::{Excerpt, Log, LogError};
use crate::room::{MOST_BINS, Room};
use crate::slots::{self, Counts, Update};
use crate::wire::{Form, Frame};
use shared::message::{From, LogEntry, ServerMessage, portions};
use shared::{CodecError, Offset};
use std::sync::Arc;

/// Bytes of one message of history, and of state events for who lags.
const CHUNK_BYTES: usize = 256 << 10;

/// Bytes of log that one subscription sends before others get their turn.
const TURN_BYTES: usize = 512 << 10;

/// Why a subscription cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("entries that should be stored are missing from offset {0} on")]
    Missing(u64),
}

/// What a viewer watches.
pub(super) struct Subscription {
    room: Arc<Room>,
    feed: Arc<Feed>,
    /// It stays with this feed's epoch, whatever epochs follow.
    pinned: bool,
    from: From,
    cursor: u64,
    changes: u64,
    seen: Counts,
    thinned: Vec<LogEntry>,
}

impl Subscription {
    /// Begins at the present moment and gives the message that says so.
    pub(super) async fn begin(
        room: Arc<Room>,
        feed: Arc<Feed>,
        pinned: bool,
        from: From,
        log: &dyn Log,
    ) -> Result<(Self, ServerMessage), LogError> {
        let thinness = feed.thinness();
        let recovered = match from {
            From::Offset { epoch, offset } => epoch == feed.epoch && (offset.0 == 0 || offset.0 >= thinness.until),
            _ => false,
        };
        let asked = from;
        let from = match from {
            From::Offset { epoch, .. } if epoch == feed.epoch && !recovered => From::Thinned(MOST_BINS as u32),
            from => from,
        };
        let (thinned, thinned_end) = match from {
            From::Thinned(most) => room.thinned(&feed, most as usize, log).await?,
            _ => (Vec::new(), 0),
        };
        let (snapshot, seen, position) = feed.snapshot(CHUNK_BYTES);
        let end = position.expected;
        let first = match from {
            From::None => end,
            From::Latest => end.saturating_sub(1),
            From::Tail(count) => end.saturating_sub(count),
            From::Offset { epoch, offset } if epoch == feed.epoch => offset.0,
            From::All | From::Thinned(_) | From::Offset { .. } => 0,
        };
        let cursor = first.max(thinned_end);
        let fine = cursor.max(thinness.until.min(end));
        let coarse = if cursor < fine { log.count(&feed.run, feed.epoch, cursor..fine).await? } else { 0 };
        let message = ServerMessage::Subscribed {
            run: feed.run.clone(),
            epoch: feed.epoch,
            offset: Offset(first),
            recovered,
            history: thinned.len() as u64 + coarse + end.saturating_sub(fine),
            snapshot: snapshot.iter().map(|it| (**it).clone()).collect(),
        };
        let changes = thinness.changes;
        Ok((Self { room, feed, pinned, from: asked, cursor, changes, seen, thinned }, message))
    }

    pub(super) const fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// Whether the run shows another epoch now, or the log is thinned that this viewer is in the middle of.
    pub(super) fn is_over(&self) -> bool {
        (!self.pinned && !Arc::ptr_eq(&self.room.feed(), &self.feed)) || self.is_thinned()
    }

    fn is_thinned(&self) -> bool {
        let thinness = self.feed.thinness();
        thinness.changes != self.changes && self.cursor < thinness.until
    }

    /// Begins anew with the epoch that the run shows now, unless it stays with its own, and with all of it: whatever the
    /// viewer asked for when it came, it has seen nothing of this one.
    pub(super) async fn renew(&mut self, log: &dyn Log) -> Result<ServerMessage, LogError> {
        let feed = if self.pinned { self.feed.clone() } else { self.room.feed() };
        let same_epoch = Arc::ptr_eq(&feed, &self.feed);
        let from = match self.from {
            From::Thinned(_) => self.from,
            From::Offset { .. } if same_epoch => From::Thinned(MOST_BINS as u32),
            _ => From::All,
        };
        let (renewed, message) = Self::begin(self.room.clone(), feed, self.pinned, from, log).await?;
        *self = renewed;
        Ok(message)
    }

    /// The frames of one turn, and whether more are there.
    pub(super) async fn turn(&mut self, form: Form, log: &dyn Log) -> Result<(Vec<Frame>, bool), Broken> {
        let (mut frames, mut bytes, mut more) = (Vec::new(), 0, false);
        for chunk in portions(std::mem::take(&mut self.thinned), CHUNK_BYTES, batch::size) {
            frames.push(self.log_frame(chunk, form)?);
        }
        loop {
            if bytes >= TURN_BYTES {
                more = true;
                break;
            }
            match self.feed.next(self.cursor) {
                Next::Batch(batch) => {
                    bytes += batch.bytes();
                    frames.push(self.batch_frame(&batch, form)?);
                    self.cursor = batch.end();
                }
                Next::Stored(end) => {
                    let (run, epoch) = (&self.feed.run, self.feed.epoch);
                    let offsets = self.cursor..end;
                    let excerpt = Excerpt { offsets, most: usize::MAX, most_bytes: CHUNK_BYTES };
                    let entries = log.entries(run, epoch, excerpt).await?;
                    if self.is_thinned() {
                        more = true;
                        break;
                    }
                    let Some(last) = entries.last() else { return Err(Broken::Missing(self.cursor)) };
                    self.cursor = last.offset.next().0;
                    bytes += entries.iter().map(batch::size).sum::<usize>();
                    frames.push(self.log_frame(entries, form)?);
                }
                Next::Nothing => break,
            }
        }
        Ok((frames, more))
    }

    /// The newest state, as far as this viewer has not seen it, and how many events it was spared.
    pub(super) fn state(&mut self, form: Form) -> Result<Option<(Frame, u64)>, Broken> {
        let Some(update) = self.feed.state_since(&mut self.seen, CHUNK_BYTES) else { return Ok(None) };
        match update {
            Update::Same(message) => Ok(Some((message.frame(form)?, 0))),
            Update::Own(entries, skipped) => {
                let spared = skipped.values().sum();
                let message = slots::message(&self.feed.run, self.feed.epoch, &entries, skipped);
                Ok(Some((Frame::new(&message, form)?, spared)))
            }
        }
    }

    fn batch_frame(&self, batch: &Batch, form: Form) -> Result<Frame, Broken> {
        if self.cursor <= batch.first() {
            return Ok(batch.shared().frame(form)?);
        }
        self.log_frame(batch.entries_from(self.cursor).to_vec(), form)
    }

    fn log_frame(&self, entries: Vec<LogEntry>, form: Form) -> Result<Frame, Broken> {
        let (run, epoch) = (self.feed.run.clone(), self.feed.epoch);
        Ok(Frame::new(&ServerMessage::Log { run, epoch, entries }, form)?)
    }
}
