//! The outbox: log entries kept until the relay has stored them, in bounded memory and then in a file.

use crate::spill::{Extent, Spill, SpillError, SpilledBlock};
use serde::{Deserialize, Serialize};
use shared::curve::Curve;
use shared::episode::EpisodeBin;
use shared::event::{LogEvent, Severity};
use shared::message::LogEntry;
use shared::{CodecError, Epoch, Offset, Payload, RunId};
use std::collections::VecDeque;
use std::path::Path;

/// Bytes of entries that wait in memory for a relay where nothing else is said; more of them wait in a file.
pub const WAITING_BYTES: usize = 8 << 20;

/// Bytes of entries that are kept, spilled and sent together.
const BLOCK_BYTES: usize = 256 << 10;

/// Bins of the episodes that a relay has, which are told again if it loses them.
const MOST_BINS: usize = 2_000;

/// What an entry costs beside its event.
const ENTRY_BYTES: usize = 64;

/// Neighbouring entries of one chapter, numbered by where they lie: their own offsets are those they were kept with.
#[derive(Debug)]
struct OutboxBlock {
    first: u64,
    end: u64,
    /// Entries of the body before the one at `first`.
    skipped: usize,
    bytes: usize,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Memory(Vec<LogEntry>),
    File(Extent),
}

/// The log of one epoch, as far as the relay has not stored it.
#[derive(Debug)]
pub struct Chapter {
    epoch: Epoch,
    started_millis: f64,
    /// The first entry says what runs; it is kept for a relay that lost everything.
    opening: Option<LogEntry>,
    stored: u64,
    next: u64,
    blocks: VecDeque<OutboxBlock>,
    /// The episodes of the entries that are stored and not kept here any longer.
    told: Curve,
}

/// What there is to know of a chapter beside its entries.
#[derive(Debug, Serialize, Deserialize)]
pub struct Prologue {
    epoch: Epoch,
    started_millis: f64,
    opening: Option<LogEntry>,
    stored: u64,
    /// When the last episode of each bin was logged, and the bins of the entries that are stored.
    #[serde(default)]
    told: Vec<(f64, EpisodeBin)>,
}

impl Chapter {
    /// Its epoch.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When it began, in milliseconds since 1970.
    pub const fn started_millis(&self) -> f64 {
        self.started_millis
    }

    /// The first offset that is still kept here.
    pub const fn first(&self) -> u64 {
        self.stored
    }

    /// The offset of the next entry.
    pub const fn end(&self) -> u64 {
        self.next
    }
}

/// Everything that the relay has not stored yet, epoch by epoch.
#[derive(Debug)]
pub struct Outbox {
    chapters: VecDeque<Chapter>,
    memory_bytes: usize,
    most_bytes: usize,
    spill: Spill,
}

impl Outbox {
    /// An empty outbox that keeps about `most_bytes` in memory and the rest where `spill` says.
    pub const fn new(most_bytes: usize, spill: Spill) -> Self {
        Self { chapters: VecDeque::new(), memory_bytes: 0, most_bytes, spill }
    }

    /// The same with a file that has the name of a run.
    #[must_use]
    pub fn of_run(self, run: RunId) -> Self {
        Self { spill: self.spill.named(run), ..self }
    }

    /// Where the file is, once there is one with a name.
    pub fn spill_path(&self) -> Option<&Path> {
        self.spill.path()
    }

    /// Removes the file: what is in it is kept elsewhere.
    pub fn discard_spill(&mut self) {
        self.spill.discard();
    }

    /// Takes in blocks of the file of a killed process, by epoch and offset. What lay in its memory behind them is lost.
    pub fn take_up(&mut self, blocks: Vec<SpilledBlock>) -> Result<(), SpillError> {
        for SpilledBlock { epoch, started_millis, opening, first, skipped, entries } in blocks {
            if self.chapters.back().is_none_or(|last| last.epoch != epoch) {
                self.resume(Prologue { epoch, started_millis, opening, stored: first, told: Vec::new() });
            }
            let next = self.chapters.back().map_or(0, Chapter::end);
            // The same entry twice was written before and after a relay had lost it.
            let known = skipped + next.saturating_sub(first) as usize;
            entries.into_iter().skip(known).try_for_each(|entry| self.push(entry))?;
        }
        Ok(())
    }

    /// A new epoch begins; its number is above those before, whatever the clock says.
    pub fn begin(&mut self, epoch: Epoch, started_millis: f64) {
        let epoch = self.chapters.back().map_or(epoch, |last| epoch.max(Epoch(last.epoch.0 + 1)));
        let (blocks, told) = (VecDeque::new(), Curve::default());
        self.chapters.push_back(Chapter { epoch, started_millis, opening: None, stored: 0, next: 0, blocks, told });
    }

    /// Goes on with an epoch that was kept elsewhere; its entries that are not stored follow.
    pub fn resume(&mut self, Prologue { epoch, started_millis, opening, stored, told }: Prologue) {
        self.begin(epoch, started_millis);
        if let Some(chapter) = self.chapters.back_mut() {
            (chapter.opening, chapter.stored, chapter.next) = (opening, stored, stored);
            for (time_millis, bin) in told {
                chapter.told.push(time_millis, bin, MOST_BINS);
            }
        }
    }

    /// Keeps an entry of the newest epoch and numbers it. An error tells that memory is above its bound because the
    /// disk does not take more; nothing is lost.
    pub fn push(&mut self, mut entry: LogEntry) -> Result<(), SpillError> {
        let Some(chapter) = self.chapters.back_mut() else { return Ok(()) };
        entry.offset = Offset(chapter.next);
        chapter.opening.get_or_insert_with(|| entry.clone());
        self.memory_bytes += chapter.append(entry);
        if self.memory_bytes > self.most_bytes { self.spill_oldest() } else { Ok(()) }
    }

    /// The epochs that are not stored to their end, oldest first, and the newest one.
    pub const fn chapters(&self) -> &VecDeque<Chapter> {
        &self.chapters
    }

    /// An epoch, if it is still kept.
    pub fn chapter(&self, epoch: Epoch) -> Option<&Chapter> {
        self.chapters.iter().find(|it| it.epoch == epoch)
    }

    /// Entries of an epoch from an offset on: those that lie together, none at its end.
    pub fn read(&self, epoch: Epoch, offset: u64) -> Result<Vec<LogEntry>, SpillError> {
        let block = self.chapter(epoch).and_then(|chapter| {
            let index = chapter.blocks.partition_point(|it| it.end <= offset);
            chapter.blocks.get(index)
        });
        let Some(block) = block else { return Ok(Vec::new()) };
        let first = offset.max(block.first);
        let mut entries = self.load(block)?;
        entries.drain(..block.skipped + (first - block.first) as usize);
        for (offset, entry) in (first..).zip(&mut entries) {
            entry.offset = Offset(offset);
        }
        Ok(entries)
    }

    /// The relay has stored everything of an epoch below an offset: it need not be kept.
    pub fn acknowledge(&mut self, epoch: Epoch, offset: u64) {
        let Some(index) = self.chapters.iter().position(|it| it.epoch == epoch) else { return };
        let chapter = &mut self.chapters[index];
        chapter.stored = offset.clamp(chapter.stored, chapter.next);
        while let Some(block) = chapter.blocks.pop_front_if(|it| it.end <= chapter.stored) {
            match block.body {
                Body::Memory(entries) => {
                    self.memory_bytes -= block.bytes;
                    learn(&mut chapter.told, &entries[block.skipped..]);
                }
                Body::File(extent) => {
                    // What cannot be read is missing if the relay loses it, too.
                    if let Ok(entries) = self.spill.read(&extent) {
                        learn(&mut chapter.told, &entries[block.skipped..]);
                    }
                    self.spill.release(&extent);
                }
            }
        }
        let is_newest = index + 1 == self.chapters.len();
        if !is_newest && self.chapters[index].stored == self.chapters[index].next {
            self.chapters.remove(index);
        }
    }

    /// The relay has lost entries that it had stored before. What is left goes into another epoch, which begins by
    /// saying what runs and what is missing, and tells the lost episodes again, in bins. Gives that epoch. The entries that are
    /// left are only numbered anew, and none of them is written, so that a disk which fails at this moment costs none.
    pub fn begin_anew(&mut self, epoch: Epoch, fresh: Epoch, time_millis: f64) -> Result<Epoch, CodecError> {
        let newest = self.chapters.back().map_or(0, |it| it.epoch.0);
        let fresh = fresh.max(Epoch(newest + 1));
        let Some(index) = self.chapters.iter().position(|it| it.epoch == epoch) else { return Ok(fresh) };
        let told = self.told_until_stored(&self.chapters[index]);
        let chapter = &mut self.chapters[index];
        let missing = chapter.stored;
        // A block that cannot be read is missing, too.
        let told = told.unwrap_or_else(|_| chapter.told.clone());
        chapter.told = Curve::default();
        let opening = chapter.opening.iter().filter(|_| missing > 0).cloned();
        let notice = (missing > 0).then(|| notice(missing, &told, time_millis)).transpose()?;
        let again =
            told.times().iter().zip(told.bins()).map(|(time, bin)| entry(&LogEvent::Episodes(bin.clone()), *time));
        let again = again.collect::<Result<Vec<_>, _>>()?;
        let head: Vec<_> = opening.chain(notice).chain(again).collect();
        chapter.number_anew(fresh, head.len() as u64);
        if !head.is_empty() {
            let bytes = head.iter().map(cost).sum();
            let end = head.len() as u64;
            chapter.blocks.push_front(OutboxBlock { first: 0, end, skipped: 0, bytes, body: Body::Memory(head) });
            self.memory_bytes += bytes;
        }
        // Later epochs stay later.
        let mut last = fresh;
        for chapter in self.chapters.iter_mut().skip(index + 1) {
            last = Epoch(last.0 + 1);
            chapter.epoch = last;
        }
        Ok(fresh)
    }

    /// What there is to know of a chapter beside its entries that are not stored.
    pub fn prologue(&self, chapter: &Chapter) -> Result<Prologue, SpillError> {
        let Chapter { epoch, started_millis, ref opening, stored, .. } = *chapter;
        let told = self.told_until_stored(chapter)?;
        let told = told.times().iter().copied().zip(told.bins().iter().cloned()).collect();
        Ok(Prologue { epoch, started_millis, opening: opening.clone(), stored, told })
    }

    /// What is said where a relay does not have the entries of a chapter that were stored.
    pub fn lost_of(&self, chapter: &Chapter) -> String {
        lost(chapter.stored, &self.told_until_stored(chapter).unwrap_or_default())
    }

    /// The episodes of the entries that are stored, also of those that lie in a block of which not all are.
    fn told_until_stored(&self, chapter: &Chapter) -> Result<Curve, SpillError> {
        let mut told = chapter.told.clone();
        if let Some(block) = chapter.blocks.front().filter(|it| it.first < chapter.stored) {
            let stored = (chapter.stored - block.first) as usize;
            learn(&mut told, &self.load(block)?[block.skipped..block.skipped + stored]);
        }
        Ok(told)
    }

    /// Entries that are not stored at the relay.
    pub fn unstored(&self) -> u64 {
        self.chapters.iter().map(|it| it.next - it.stored).sum()
    }

    fn load(&self, block: &OutboxBlock) -> Result<Vec<LogEntry>, SpillError> {
        match &block.body {
            Body::Memory(entries) => Ok(entries.clone()),
            Body::File(extent) => self.spill.read(extent),
        }
    }

    /// Moves the oldest blocks to the file until half the memory is free.
    fn spill_oldest(&mut self) -> Result<(), SpillError> {
        let Self { chapters, memory_bytes, most_bytes, spill } = self;
        for Chapter { epoch, started_millis, opening, blocks, .. } in chapters {
            for block in blocks {
                if *memory_bytes <= *most_bytes / 2 {
                    return Ok(());
                }
                if let Body::Memory(entries) = &block.body {
                    let spilled = SpilledBlock {
                        epoch: *epoch,
                        started_millis: *started_millis,
                        opening: opening.clone(),
                        first: block.first,
                        skipped: block.skipped,
                        entries: entries.clone(),
                    };
                    block.body = Body::File(spill.write(spilled)?);
                    *memory_bytes -= block.bytes;
                }
            }
        }
        Ok(())
    }
}

/// About how much memory an entry takes.
fn cost(entry: &LogEntry) -> usize {
    ENTRY_BYTES + entry.event.as_bytes().len()
}

impl Chapter {
    /// Lets what is not stored begin at this offset of another epoch, of which nothing is stored.
    fn number_anew(&mut self, epoch: Epoch, begin: u64) {
        let missing = std::mem::take(&mut self.stored);
        let moved = |offset: u64| offset - missing + begin;
        for block in &mut self.blocks {
            block.skipped += missing.saturating_sub(block.first) as usize;
            (block.first, block.end) = (moved(block.first.max(missing)), moved(block.end));
        }
        self.next = moved(self.next);
        self.epoch = epoch;
    }

    /// Puts an entry at the end; gives its bytes.
    fn append(&mut self, entry: LogEntry) -> usize {
        let bytes = cost(&entry);
        self.next += 1;
        match self.blocks.back_mut() {
            Some(OutboxBlock { end, bytes: taken, body: Body::Memory(entries), .. })
                if *taken + bytes <= BLOCK_BYTES =>
            {
                entries.push(entry);
                *taken += bytes;
                *end = self.next;
            }
            _ => {
                let body = Body::Memory(vec![entry]);
                self.blocks.push_back(OutboxBlock { first: self.next - 1, end: self.next, skipped: 0, bytes, body });
            }
        }
        bytes
    }
}

/// Takes the episodes of entries into a curve.
fn learn(told: &mut Curve, entries: &[LogEntry]) {
    for entry in entries {
        if let Ok(LogEvent::Episodes(bin)) = entry.event.decode() {
            told.push(entry.time_millis, EpisodeBin { each: None, ..bin }, MOST_BINS);
        }
    }
}

/// What is said of entries that a relay has lost.
fn lost(missing: u64, told: &Curve) -> String {
    let told = match told.bins().first().map(|it| it.first_episode) {
        Some(0) => {
            "its episodes up to there are told again here, in bins, and its metrics and notices are missing".into()
        }
        Some(first) => format!("the {first} episodes before those told here, and its metrics and notices, are missing"),
        None => "this log goes on without them".into(),
    };
    format!(
        "The relay does not have the first {missing} entries of this run's log, which were stored at a relay before; {told}."
    )
}

fn notice(missing: u64, told: &Curve, time_millis: f64) -> Result<LogEntry, CodecError> {
    let text = lost(missing, told);
    entry(&LogEvent::Notice { severity: Severity::Warning, text }, time_millis)
}

fn entry(event: &LogEvent, time_millis: f64) -> Result<LogEntry, CodecError> {
    Ok(LogEntry { offset: Offset(0), time_millis, event: Payload::plain(event)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::episode::Stat;
    use std::collections::BTreeMap;

    fn entry(number: u64, bytes: usize) -> LogEntry {
        let mut event = number.to_le_bytes().to_vec();
        event.resize(8 + bytes, 0);
        LogEntry { offset: Offset(0), time_millis: number as f64, event: Payload::from_bytes(event) }
    }

    fn outbox(most_bytes: usize) -> (Outbox, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::new(most_bytes, Spill::new(folder.path().to_owned()));
        outbox.begin(Epoch(1), 1.0);
        (outbox, folder)
    }

    /// Numbers and offsets of everything that is kept of an epoch.
    fn kept(outbox: &Outbox, epoch: Epoch) -> Vec<(u64, u64)> {
        let mut offset = outbox.chapter(epoch).map_or(0, Chapter::first);
        let mut found = Vec::new();
        loop {
            let entries = outbox.read(epoch, offset).unwrap();
            let Some(last) = entries.last() else { return found };
            offset = last.offset.next().0;
            found.extend(entries.iter().map(|it| (it.offset.0, it.time_millis as u64)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_not_stored_is_kept_in_order_and_memory_is_bounded(
            actions in prop::collection::vec((0_usize..200_000, 0_u64..40), 1..120),
        ) {
            const MOST: usize = 1 << 20;
            let (mut outbox, _folder) = outbox(MOST);
            for (number, (bytes, stored)) in actions.iter().enumerate() {
                outbox.push(entry(number as u64, *bytes)).unwrap();
                if stored % 4 == 0 {
                    outbox.acknowledge(Epoch(1), *stored);
                }
                prop_assert!(outbox.memory_bytes <= MOST, "{}", outbox.memory_bytes);
            }
            let stored = outbox.chapters[0].stored;
            let expected: Vec<_> = (stored..actions.len() as u64).map(|it| (it, it)).collect();
            prop_assert_eq!(kept(&outbox, Epoch(1)), expected);
            outbox.acknowledge(Epoch(1), u64::MAX);
            prop_assert_eq!((outbox.unstored(), outbox.memory_bytes, outbox.spill.bytes()), (0, 0, 0));
        }
    }

    #[test]
    fn an_older_epoch_is_kept_until_it_is_stored() {
        let (mut outbox, _folder) = outbox(1000);
        outbox.push(entry(0, 0)).unwrap();
        outbox.begin(Epoch(1), 2.0);
        let newer = outbox.chapters()[1].epoch();
        assert!(newer > Epoch(1), "epochs differ even if the clock does not");
        outbox.push(entry(1, 0)).unwrap();
        assert_eq!((kept(&outbox, Epoch(1)), kept(&outbox, newer)), (vec![(0, 0)], vec![(0, 1)]));
        outbox.acknowledge(Epoch(1), 1);
        outbox.acknowledge(newer, 1);
        assert_eq!(outbox.chapters().len(), 1);
        assert_eq!(outbox.chapters()[0].epoch(), newer);
    }

    #[test]
    fn a_relay_that_lost_what_it_stored_gets_another_epoch_with_what_is_left() {
        let (mut outbox, _folder) = outbox(1 << 20);
        for number in 0..30 {
            outbox.push(entry(number, 100_000)).unwrap();
        }
        outbox.acknowledge(Epoch(1), 7);
        let fresh = outbox.begin_anew(Epoch(1), Epoch(0), 5e3).unwrap();
        assert!(fresh > Epoch(1));
        let numbers: Vec<_> = std::iter::once(0).chain([5000]).chain(7..30).collect();
        let expected: Vec<_> = numbers.into_iter().enumerate().map(|(offset, it)| (offset as u64, it)).collect();
        assert_eq!(kept(&outbox, fresh), expected);
        outbox.push(entry(30, 0)).unwrap();
        assert_eq!(kept(&outbox, fresh).last(), Some(&(25, 30)));
    }

    #[test]
    fn the_episodes_that_a_relay_lost_are_told_again_once_each_however_often_it_loses_them() {
        for most_bytes in [1 << 20, 2_000] {
            let (mut outbox, _folder) = outbox(most_bytes);
            let bin = |episode: u64| EpisodeBin {
                first_episode: 2 * episode,
                last_episode: 2 * episode + 1,
                count: 2,
                step: 20 * (episode + 1),
                episodic_return: Stat { sum: episode as f64, ..Stat::of(1.0) },
                length: Stat::of(10.0),
                outcomes: BTreeMap::new(),
                each: None,
            };
            outbox
                .push(super::entry(&LogEvent::Notice { severity: Severity::Warning, text: "x".into() }, 0.0).unwrap())
                .unwrap();
            for number in 0..60 {
                outbox.push(super::entry(&LogEvent::Episodes(bin(number)), number as f64).unwrap()).unwrap();
            }
            let told = |outbox: &Outbox, epoch: Epoch| {
                let (mut offset, mut bins) = (0, Vec::new());
                loop {
                    let entries = outbox.read(epoch, offset).unwrap();
                    let Some(last) = entries.last() else { return bins };
                    offset = last.offset.next().0;
                    let events = entries.iter().map(|it| it.event.decode().unwrap());
                    bins.extend(
                        events.filter_map(|it| if let LogEvent::Episodes(bin) = it { Some(bin) } else { None }),
                    );
                }
            };
            // In the middle of a block, twice, and with more told after that.
            outbox.acknowledge(Epoch(1), 31);
            let fresh = outbox.begin_anew(Epoch(1), Epoch(0), 5e3).unwrap();
            assert_eq!(told(&outbox, fresh), (0..60).map(bin).collect::<Vec<_>>());
            let LogEvent::Notice { text, .. } = outbox.read(fresh, 1).unwrap()[0].event.decode().unwrap() else {
                panic!()
            };
            assert!(
                text.contains("the first 31 entries") && text.contains("episodes up to there are told again"),
                "{text}"
            );
            outbox.acknowledge(fresh, 50);
            outbox.push(super::entry(&LogEvent::Episodes(bin(60)), 60.0).unwrap()).unwrap();
            let again = outbox.begin_anew(fresh, Epoch(0), 6e3).unwrap();
            assert_eq!(told(&outbox, again), (0..61).map(bin).collect::<Vec<_>>());
            // All of it was stored, and is lost.
            let end = outbox.chapter(again).unwrap().end();
            outbox.acknowledge(again, end);
            assert_eq!(outbox.unstored(), 0);
            let last = outbox.begin_anew(again, Epoch(0), 7e3).unwrap();
            assert_eq!(told(&outbox, last), (0..61).map(bin).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_relay_that_forgets_while_the_spill_file_fails_costs_nothing() {
        let (mut outbox, folder) = outbox(400_000);
        for number in 0..30 {
            outbox.push(entry(number, 50_000)).unwrap();
        }
        outbox.acknowledge(Epoch(1), 7);
        let unstored = outbox.unstored();
        let file = spill_file(folder.path());
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, "").unwrap();
        let fresh = outbox.begin_anew(Epoch(1), Epoch(0), 5e3).unwrap();
        let lost = outbox.read(fresh, 2).unwrap_err();
        assert!(lost.to_string().contains(&folder.path().display().to_string()), "{lost}");
        assert_eq!(outbox.unstored(), unstored + 2);
        std::fs::write(&file, whole).unwrap();
        let numbers: Vec<_> = std::iter::once(0).chain([5000]).chain(7..30).collect();
        assert_eq!(kept(&outbox, fresh), (0..).zip(numbers).collect::<Vec<_>>());
        // It forgets once more, in the middle of a block.
        outbox.acknowledge(fresh, 4);
        let again = outbox.begin_anew(fresh, Epoch(0), 6e3).unwrap();
        let numbers: Vec<_> = std::iter::once(0).chain([6000]).chain(9..30).collect();
        assert_eq!(kept(&outbox, again), (0..).zip(numbers).collect::<Vec<_>>());
        outbox.acknowledge(again, u64::MAX);
        assert_eq!((outbox.unstored(), outbox.memory_bytes, outbox.spill.bytes()), (0, 0, 0));
    }

    /// The file without a name that this process has open in a folder.
    fn spill_file(folder: &std::path::Path) -> std::path::PathBuf {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().map(|it| it.unwrap().path());
        open.into_iter().find(|it| std::fs::read_link(it).is_ok_and(|to| to.starts_with(folder))).unwrap()
    }

    #[test]
    fn a_relay_that_knows_more_than_there_is_gets_everything_anew() {
        let (mut outbox, _folder) = outbox(1 << 20);
        outbox.push(entry(0, 0)).unwrap();
        outbox.push(entry(1, 0)).unwrap();
        let fresh = outbox.begin_anew(Epoch(1), Epoch(0), 5e3).unwrap();
        assert_eq!(kept(&outbox, fresh), [(0, 0), (1, 1)]);
    }

    #[test]
    fn a_disk_that_takes_nothing_is_named_and_nothing_is_lost() {
        let mut outbox = Outbox::new(1000, Spill::new("/dev/null/nowhere".into()));
        outbox.begin(Epoch(1), 1.0);
        let failed = (0..20).filter_map(|number| outbox.push(entry(number, 100)).err()).last().unwrap();
        assert!(failed.to_string().contains("/dev/null/nowhere"), "{failed}");
        assert_eq!(kept(&outbox, Epoch(1)).len(), 20);
    }
}
