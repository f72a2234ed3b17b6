//! Reading a thinned history: of every kind from the coarsest level of the ladder that has as many rungs as are wanted, so
//! that hardly more is read than is sent.

use super::damage::Damage;
use super::ladder::{self, LOWEST, RungKind};
use super::read::entries;
use super::sql::{is_corrupt, signed, unsigned};
use crate::log::Excerpt;
use crate::thin::Thinner;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::message::LogEntry;
use shared::{Epoch, RunId};

/// Bytes of the log that are read at a time.
const PAGE_BYTES: usize = 1 << 20;

/// Everything that is stored of an epoch, to be left with at most `most` bins and as many metrics. Where the ladder is damaged,
/// the log is read as a whole.
pub(super) fn thinned(
    connection: &Connection,
    run: &RunId,
    epoch: Epoch,
    most: usize,
    damage: &Damage,
) -> Result<Thinner, rusqlite::Error> {
    // All of it is of one moment, whatever is stored and thinned meanwhile.
    let moment = connection.unchecked_transaction()?;
    let find = "SELECT id, laddered FROM epochs WHERE run = ?1 AND epoch = ?2";
    let mut find = moment.prepare_cached(find)?;
    let found = find.query_row(params![run.as_str(), signed(epoch.0)], |row| Ok((row.get(0)?, unsigned(row.get(1)?))));
    let Some((row, reached)) = found.optional()? else { return Ok(Thinner::new(most)) };
    let mut thinner = match from_ladder(&moment, row, reached, most, |offset| damage.found(run, epoch, offset)) {
        Err(error) if is_corrupt(&error) => Thinner::new(most),
        thinner => thinner?,
    };
    loop {
        let excerpt = Excerpt { offsets: thinner.end()..u64::MAX, most: usize::MAX, most_bytes: PAGE_BYTES };
        let page = entries(&moment, run, epoch, &excerpt, damage)?;
        if page.is_empty() {
            return Ok(thinner);
        }
        for entry in page {
            thinner.push(entry);
        }
    }
}

fn from_ladder(
    connection: &Connection,
    row: i64,
    reached: u64,
    most: usize,
    lost: impl Fn(u64) -> LogEntry,
) -> Result<Thinner, rusqlite::Error> {
    let mut found = Vec::new();
    let mut take = |offset, entry: Option<LogEntry>, _| found.push(entry.unwrap_or_else(|| lost(offset)));
    let top = reached.checked_ilog2().unwrap_or_default();
    for kind in [RungKind::Whole, RungKind::Metrics, RungKind::Bins] {
        let mut level = 0;
        if kind != RungKind::Whole {
            for coarser in (LOWEST..=top).rev() {
                if ladder::has(connection, row, kind, coarser, most)? {
                    level = coarser;
                    break;
                }
            }
        }
        let mut next = 0;
        // Whole blocks, and behind them ever smaller ones.
        while next < reached {
            let end = reached >> level << level;
            ladder::read(connection, row, (kind, level), next..end, &mut take)?;
            next = end;
            level = if level > LOWEST { level - 1 } else { 0 };
        }
    }
    found.sort_by_key(|it| it.offset);
    let mut thinner = Thinner::new(most);
    for entry in found {
        thinner.push(entry);
    }
    thinner.reach(reached);
    Ok(thinner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Limits, Retention};
    use crate::feed::{Feed, KnownEpoch};
    use crate::store::sql::INSERT;
    use crate::store::thinning::ThinningPass;
    use crate::store::{damage, schema};
    use proptest::prelude::*;
    use shared::episode::{EpisodeBin, Stat};
    use shared::event::{LogEvent, Severity};
    use shared::{Offset, Payload};
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::Arc;

    /// Small, so that short logs have ladders.
    const PIECE: u32 = 3;

    /// A log in a database, and all that was ever put into it.
    struct Stored {
        directory: tempfile::TempDir,
        connection: Connection,
        feed: Arc<Feed>,
        put: Vec<LogEntry>,
        episodes: u64,
    }

    fn run() -> RunId {
        RunId::new("run").unwrap()
    }

    fn open(directory: &Path) -> Connection {
        schema::open_unchecked(&directory.join("terrarium.db")).unwrap()
    }

    fn bin(episode: u64) -> EpisodeBin {
        EpisodeBin {
            first_episode: episode,
            last_episode: episode,
            count: 1,
            step: 8 * episode,
            episodic_return: Stat::of(episode as f64),
            length: Stat::of(8.0),
            outcomes: BTreeMap::from([("goal".to_owned(), Stat::of((episode % 2) as f64))]),
            each: None,
        }
    }

    impl Stored {
        fn new() -> Self {
            let directory = tempfile::TempDir::new().unwrap();
            let connection = open(directory.path());
            let insert = "INSERT INTO epochs (run, epoch, started_millis, announced) VALUES ('run', 1, 0, 1)";
            connection.execute(insert, []).unwrap();
            let feed = Arc::new(Feed::new((run(), Epoch(1)), 0, KnownEpoch::default(), &Limits::default()));
            Self { directory, connection, feed, put: Vec::new(), episodes: 0 }
        }

        /// Stores entries: a notice, something that cannot be decoded, metrics, and otherwise a bin.
        fn grow(&mut self, kinds: &[u8]) {
            let transaction = self.connection.transaction().unwrap();
            for kind in kinds {
                let index = self.put.len() as u64;
                let event = match kind {
                    0 => LogEvent::Notice { severity: Severity::Information, text: index.to_string() },
                    1..=4 => LogEvent::Metrics {
                        step: index,
                        episode: self.episodes,
                        values: BTreeMap::from([("loss".to_owned(), index as f64)]),
                        statistics: BTreeMap::new(),
                    },
                    _ => LogEvent::Episodes(bin(self.episodes)),
                };
                self.episodes += u64::from(matches!(event, LogEvent::Episodes(_)));
                let event = if *kind == 9 { Payload::from_bytes(vec![0xc1]) } else { Payload::plain(&event).unwrap() };
                self.episodes -= u64::from(*kind == 9);
                let entry = LogEntry { offset: Offset(index), time_millis: index as f64, event };
                let bytes = entry.event.as_bytes();
                let values = params![1, signed(index), entry.time_millis, bytes, damage::checksum(bytes)];
                transaction.execute(INSERT, values).unwrap();
                self.put.push(entry);
            }
            let end = signed(self.put.len() as u64);
            transaction.execute("UPDATE epochs SET entries = ?1", [end]).unwrap();
            transaction.commit().unwrap();
        }

        fn climb(&mut self, pieces: usize) -> bool {
            ladder::climb(&mut self.connection, 1, PIECE, pieces).unwrap()
        }

        /// A pass through what is old, if one is due.
        fn thin(&mut self) {
            let retention = Retention { total_bytes: 0, fine_entries: 16, ..Retention::default() };
            let Some(mut pass) = ThinningPass::plan(&self.connection, self.feed.clone(), &retention).unwrap() else {
                return;
            };
            while !pass.step(&mut self.connection, &retention).unwrap() {}
        }

        fn restart(&mut self) {
            self.connection = open(self.directory.path());
        }

        fn thinned(&self, most: usize) -> Vec<LogEntry> {
            let damage = Damage::default();
            let thinner = thinned(&self.connection, &run(), Epoch(1), most, &damage).unwrap();
            assert_eq!(thinner.end(), self.put.len() as u64);
            assert_eq!(damage.count(), 0);
            thinner.entries(most).unwrap()
        }

        /// What the log has now, thinned in memory as a whole.
        fn thinned_as_a_whole(&self, most: usize) -> (Thinner, Parts) {
            let mut thinner = Thinner::new(most);
            let all = Excerpt { offsets: 0..u64::MAX, most: usize::MAX, most_bytes: usize::MAX };
            let log = entries(&self.connection, &run(), Epoch(1), &all, &Damage::default()).unwrap();
            for entry in &log {
                thinner.push(entry.clone());
            }
            (thinner, Parts::of(&log))
        }

        /// Whether a thinned history is exact.
        fn check(&self, most: usize) {
            let found = self.thinned(most);
            assert!(found.windows(2).all(|pair| pair[0].offset < pair[1].offset));
            let (whole, log) = self.thinned_as_a_whole(most);
            let (found, whole, put) =
                (Parts::of(&found), Parts::of(&whole.entries(most).unwrap()), Parts::of(&self.put));
            assert_eq!(found.whole, put.whole, "what stays whole stays");
            assert!(found.bins.len() <= most && found.metrics.len() <= most);
            assert!(2 * found.bins.len() >= most.min(log.bins.len()), "thinner than needed");
            assert!(2 * found.metrics.len() >= most.min(log.metrics.len()), "thinner than needed");
            assert!(found.metrics.iter().all(|it| put.metrics.contains(it)));
            assert_eq!(found.metrics.last(), put.metrics.last());
            assert_eq!(found.metrics.last(), whole.metrics.last());
            let mut next = 0;
            for (offset, found) in &found.bins {
                assert_eq!(found.first_episode, next);
                next = found.last_episode + 1;
                let parts = &put.bins[found.first_episode as usize..next as usize];
                assert_same(found, &merged(parts));
                assert_eq!(*offset, parts.last().unwrap().0);
            }
            assert_eq!(next, self.episodes);
            assert_eq!(found.bins.is_empty(), whole.bins.is_empty());
            if !found.bins.is_empty() {
                assert_same(&merged(&found.bins), &merged(&whole.bins));
            }
        }
    }

    /// Equal but for how squared distances round, which depends on the order in which bins are merged.
    #[track_caller]
    fn assert_same(found: &EpisodeBin, expected: &EpisodeBin) {
        let stats = |bin: &EpisodeBin| {
            let all = [bin.episodic_return, bin.length].into_iter().chain(bin.outcomes.values().copied());
            all.collect::<Vec<_>>()
        };
        let count = found.count;
        for (found, expected) in stats(found).iter().zip(stats(expected)) {
            let (found, expected) = (found.m2(count), expected.m2(count));
            assert!((found - expected).abs() <= 1e-9 * expected.max(1.0), "{found} {expected}");
        }
        let without = |bin: &EpisodeBin| {
            let mut bin = bin.clone();
            let all = [&mut bin.episodic_return, &mut bin.length].into_iter().chain(bin.outcomes.values_mut());
            all.for_each(|stat| stat.m2 = None);
            bin
        };
        assert_eq!(without(found), without(expected));
    }

    fn merged(bins: &[(u64, EpisodeBin)]) -> EpisodeBin {
        let mut merged = bins[0].1.clone();
        for (_, later) in &bins[1..] {
            merged.merge(later);
        }
        merged
    }

    #[derive(Default)]
    struct Parts {
        bins: Vec<(u64, EpisodeBin)>,
        metrics: Vec<LogEntry>,
        whole: Vec<LogEntry>,
    }

    impl Parts {
        fn of(entries: &[LogEntry]) -> Self {
            let mut parts = Self::default();
            for entry in entries {
                match entry.event.decode() {
                    Ok(LogEvent::Episodes(bin)) => parts.bins.push((entry.offset.0, bin)),
                    Ok(LogEvent::Metrics { .. }) => parts.metrics.push(entry.clone()),
                    _ => parts.whole.push(entry.clone()),
                }
            }
            parts
        }
    }

    #[derive(Clone, Debug)]
    enum Deed {
        Grow(Vec<u8>),
        Climb(usize),
        Thin,
        Restart,
        Look(usize),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            // Some stretches have one kind only.
            3 => prop_oneof![
                prop::collection::vec(0u8..10, 0..150),
                (0u8..10, 0usize..150).prop_map(|(kind, count)| vec![kind; count]),
            ].prop_map(Deed::Grow),
            3 => (0usize..40).prop_map(Deed::Climb),
            1 => Just(Deed::Thin),
            1 => Just(Deed::Restart),
            3 => (1usize..70).prop_map(Deed::Look),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_history_from_the_ladder_is_as_exact_as_one_of_the_whole_log(
            deeds in prop::collection::vec(deed(), 1..20),
            most in 1usize..100,
        ) {
            let mut stored = Stored::new();
            for deed in deeds {
                match deed {
                    Deed::Grow(kinds) => stored.grow(&kinds),
                    Deed::Climb(pieces) => { stored.climb(pieces); }
                    Deed::Thin => stored.thin(),
                    Deed::Restart => stored.restart(),
                    Deed::Look(most) => stored.check(most),
                }
            }
            stored.check(most);
            while stored.climb(100) {}
            stored.check(most);
        }
    }

    /// A long log with a ladder as high as it gets.
    fn long(kinds: impl Iterator<Item = u8>) -> Stored {
        let mut stored = Stored::new();
        stored.grow(&kinds.collect::<Vec<_>>());
        while stored.climb(1000) {}
        stored
    }

    #[test]
    fn hardly_more_is_read_than_is_sent() {
        let many = 10_000;
        let stored = long((0..many).map(|it| if it % 1000 == 0 { 0 } else { 1 + 4 * u8::from(it % 10 == 0) }));
        let most = 50;
        let whole = Parts::of(&stored.thinned(most));
        // What is read is missed once it is gone.
        let gone = "DELETE FROM entries WHERE offset < 9984 AND offset % 1000 <> 0";
        assert_eq!(stored.connection.execute(gone, []).unwrap(), 9974);
        let damage = Damage::default();
        let thinner = thinned(&stored.connection, &run(), Epoch(1), most, &damage).unwrap();
        assert!(damage.count() <= 2 * most, "{} of {many} entries were read", damage.count());
        let found = Parts::of(&thinner.entries(most).unwrap());
        assert_eq!(found.bins, whole.bins, "merged bins are in the ladder");
        let rungs = |with: &str| -> u64 {
            let query = format!("SELECT ifnull(sum(length(event)), 0) FROM {with}");
            stored.connection.query_row(&query, [], |row| row.get(0)).map(unsigned).unwrap()
        };
        assert!(rungs("rungs") < put_bytes(&stored), "the ladder is smaller than the log");
    }

    fn put_bytes(stored: &Stored) -> u64 {
        stored.put.iter().map(|it| it.event.as_bytes().len() as u64).sum()
    }

    #[test]
    fn what_is_rare_is_found_and_what_is_damaged_is_read_from_the_log() {
        let stored = long((0..5000).map(|it| if it % 500 == 7 { 5 } else { 1 }));
        stored.check(100);
        let whole = Parts::of(&stored.thinned(3));
        stored.connection.execute("UPDATE rungs SET event = x'00' WHERE event IS NOT NULL", []).unwrap();
        assert_eq!(Parts::of(&stored.thinned(100)).bins.len(), 10);
        let log = Parts::of(&stored.thinned(3));
        assert_eq!(merged(&log.bins), merged(&whole.bins));
        stored.check(3);
    }
}
