//! A subscription: a viewer's cursor into a run's log, and what it has seen of its state.

use crate::batch::{self, LogBatch};
use crate::feed::{AtCursor, Feed};
use crate::history::{MOST_BINS, thinned};
use crate::log::{Excerpt, Log, LogError};
use crate::room::Room;
use crate::slots::{Counts, Update};
use crate::state::Subscribed;
use crate::wire::{self, MessageFrame, StateMessage, WireForm};
use prometheus_client::metrics::histogram::Histogram;
use shared::message::{From, LogEntry, ServerMessage};
use shared::{CodecError, Offset};
use std::collections::VecDeque;
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
pub(super) struct ViewerSubscription {
    room: Arc<Room>,
    feed: Arc<Feed>,
    /// It stays with this feed's epoch, whatever epochs follow.
    pinned: bool,
    from: From,
    cursor: u64,
    changes: u64,
    seen: Counts,
    thinned: VecDeque<LogEntry>,
    /// It has had everything once, so that what it gets is new.
    live: bool,
}

impl ViewerSubscription {
    /// Begins at the present moment and gives the message that says so.
    pub(super) async fn begin(
        room: Arc<Room>,
        feed: Arc<Feed>,
        pinned: bool,
        from: From,
        log: &dyn Log,
    ) -> Result<(Self, Subscribed), LogError> {
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
            From::Thinned(most) => thinned(&feed, most as usize, log).await?,
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
        let message = Subscribed {
            run: feed.run.clone(),
            epoch: feed.epoch,
            offset: Offset(first),
            recovered,
            history: thinned.len() as u64 + coarse + end.saturating_sub(fine),
            snapshot,
        };
        let (changes, thinned) = (thinness.changes, thinned.into());
        Ok((Self { room, feed, pinned, from: asked, cursor, changes, seen, thinned, live: false }, message))
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
    pub(super) async fn renew(&mut self, log: &dyn Log) -> Result<Subscribed, LogError> {
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
    pub(super) async fn turn(
        &mut self,
        form: WireForm,
        log: &dyn Log,
        delivered: &Histogram,
    ) -> Result<(Vec<MessageFrame>, bool), Broken> {
        let (mut frames, mut bytes, mut more) = (Vec::new(), 0, false);
        loop {
            if bytes >= TURN_BYTES {
                more = true;
                break;
            }
            if !self.thinned.is_empty() {
                let frame = self.thinned_frame(form)?;
                bytes += frame.bytes().len();
                frames.push(frame);
                continue;
            }
            match self.feed.next(self.cursor) {
                AtCursor::Batch(batch) => {
                    let (frame, end) = self.batch_frame(&batch, form)?;
                    if self.live {
                        delivered.observe(batch.came().elapsed().as_secs_f64());
                    }
                    bytes += frame.bytes().len();
                    frames.push(frame);
                    self.cursor = end;
                }
                AtCursor::Stored(end) => {
                    let (run, epoch) = (&self.feed.run, self.feed.epoch);
                    let offsets = self.cursor..end;
                    let excerpt = Excerpt { offsets, most: usize::MAX, most_bytes: CHUNK_BYTES };
                    let entries = log.entries(run, epoch, excerpt).await?;
                    if self.is_thinned() {
                        more = true;
                        break;
                    }
                    if entries.is_empty() {
                        return Err(Broken::Missing(self.cursor));
                    }
                    let (frame, taken) = self.log_frame(&entries, form)?;
                    bytes += frame.bytes().len();
                    frames.push(frame);
                    self.cursor = entries[taken - 1].offset.next().0;
                }
                AtCursor::Nothing => {
                    self.live = true;
                    break;
                }
            }
        }
        Ok((frames, more))
    }

    /// The newest state, as far as this viewer has not seen it, and how many events it was spared.
    pub(super) fn state(&mut self, form: WireForm) -> Result<Option<(MessageFrame, u64)>, Broken> {
        let Some(update) = self.feed.state_since(&mut self.seen, CHUNK_BYTES) else { return Ok(None) };
        match update {
            Update::Same(message) => Ok(Some((message.frame(form)?, message.spared()))),
            Update::Own(entries, skipped) => {
                let message = StateMessage::new(self.feed.run.clone(), self.feed.epoch, entries, skipped);
                Ok(Some((message.frame(form)?, message.spared())))
            }
        }
    }

    /// The next of a thinned history.
    fn thinned_frame(&mut self, form: WireForm) -> Result<MessageFrame, Broken> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        for entry in &self.thinned {
            bytes += batch::size(entry);
            if bytes > CHUNK_BYTES && !chunk.is_empty() {
                break;
            }
            chunk.push(entry.clone());
        }
        let (frame, taken) = self.log_frame(&chunk, form)?;
        self.thinned.drain(..taken);
        Ok(frame)
    }

    /// What of a batch lies from the cursor on, or the first of it, and the offset after that.
    fn batch_frame(&self, batch: &LogBatch, form: WireForm) -> Result<(MessageFrame, u64), Broken> {
        if self.cursor <= batch.first() {
            let whole = match form {
                WireForm::Binary => Some(batch.message().binary()?),
                WireForm::Text => batch.message().small_text(),
            };
            if let Some(frame) = whole {
                return Ok((frame, batch.end()));
            }
        }
        let (frame, taken) = self.log_frame(batch.entries_from(self.cursor), form)?;
        Ok((frame, self.cursor.max(batch.first()) + taken as u64))
    }

    /// A message with these entries, or the first of them, and how many those are.
    fn log_frame(&self, entries: &[LogEntry], form: WireForm) -> Result<(MessageFrame, usize), Broken> {
        let (run, epoch) = (&self.feed.run, self.feed.epoch);
        Ok(match form {
            WireForm::Binary => {
                let message = ServerMessage::Log { run: run.clone(), epoch, entries: entries.to_vec() };
                (MessageFrame::new(&message, form)?, entries.len())
            }
            WireForm::Text => wire::log_text(run, epoch, entries)?,
        })
    }
}
