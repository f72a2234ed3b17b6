//! History: the log of a feed up to now, as short as a viewer wants it.
//!
//! What is stored is read at one moment, and what came since is taken from memory: nobody waits for another who reads.

use crate::feed::{AtCursor, Feed};
use crate::log::{Excerpt, Log, LogError};
use crate::thin::Thinner;
use shared::message::LogEntry;

/// Most bins that a viewer may ask a history to be thinned to.
pub(crate) const MOST_BINS: usize = 16_384;

/// Bytes of what was stored meanwhile that are read at a time.
const PAGE_BYTES: usize = 1 << 20;

/// A feed's log up to now with at most `most` bins and as many metrics, and the offset after it.
pub(crate) async fn thinned(feed: &Feed, most: usize, log: &dyn Log) -> Result<(Vec<LogEntry>, u64), LogError> {
    let most = most.clamp(1, MOST_BINS);
    let thinner = loop {
        if let Some(thinner) = read(feed, most, log).await? {
            break thinner;
        }
    };
    let task = tokio::task::spawn_blocking(move || {
        let entries = thinner.entries(most).map_err(|_| LogError::Interrupted)?;
        Ok((entries, thinner.end()))
    });
    task.await.map_err(|_| LogError::Interrupted)?
}

/// The log up to now; none if what is left to read was thinned meanwhile, so that parts would come twice.
async fn read(feed: &Feed, most: usize, log: &dyn Log) -> Result<Option<Thinner>, LogError> {
    let changes = feed.thinness().changes;
    let mut thinner = log.thinned(&feed.run, feed.epoch, most).await?;
    loop {
        let page = match feed.next(thinner.end()) {
            AtCursor::Batch(batch) => batch.entries_from(thinner.end()).to_vec(),
            // Memory has forgotten it while the rest was read.
            AtCursor::Stored(end) => {
                let excerpt = Excerpt { offsets: thinner.end()..end, most: usize::MAX, most_bytes: PAGE_BYTES };
                let page = log.entries(&feed.run, feed.epoch, excerpt).await?;
                let thinness = feed.thinness();
                if thinness.changes != changes && thinner.end() < thinness.until {
                    return Ok(None);
                }
                page
            }
            AtCursor::Nothing => Vec::new(),
        };
        if page.is_empty() {
            return Ok(Some(thinner));
        }
        let task = tokio::task::spawn_blocking(move || {
            for entry in page {
                thinner.push(entry);
            }
            thinner
        });
        thinner = task.await.map_err(|_| LogError::Interrupted)?;
    }
}
