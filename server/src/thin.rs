//! Thinning: a long log as a short one, exact and in one pass.
//!
//! Neighbouring episode bins merge exactly, so every episode stays in exactly one bin. Of neighbouring metrics the
//! last one stays. Starts, recorded episodes, checkpoints and notices stay whole, and so does what would unpack to more than a bin or the
//! metrics of a run ever have: a few kilobytes may unpack to megabytes.

use shared::episode::EpisodeBin;
use shared::event::LogEvent;
use shared::message::LogEntry;
use shared::{CodecError, Payload, codec};
use std::collections::BTreeMap;

/// Most bytes, unpacked, of an event that is merged.
const MOST_UNPACKED_BYTES: usize = 2 << 20;

/// Bytes of bins in memory beyond which further ones stay whole.
pub(crate) const MOST_BIN_BYTES: usize = 64 << 20;

/// What thinning makes of an entry.
pub(crate) enum ThinnedEntry {
    /// Merged with its neighbours.
    Bin(EpisodeBin),
    /// Of neighbours the last one stays.
    Metrics { step: u64, values: BTreeMap<String, f64> },
    /// Stays.
    Whole,
}

/// What thinning makes of an entry.
pub(crate) fn part(entry: &LogEntry) -> ThinnedEntry {
    match decode(entry) {
        Some(LogEvent::Episodes(bin)) => ThinnedEntry::Bin(bin),
        Some(LogEvent::Metrics { step, values, .. }) => ThinnedEntry::Metrics { step, values },
        _ => ThinnedEntry::Whole,
    }
}

/// A log that grows and stays thin.
#[derive(Clone, Debug)]
pub(crate) struct Thinner {
    end: u64,
    bins: Ladder<EpisodeBin>,
    metrics: Ladder<LogEntry>,
    whole: Vec<LogEntry>,
}

impl Thinner {
    /// A thinner that leaves at most `most` bins and as many metrics, or fewer if asked.
    pub(crate) const fn new(most: usize) -> Self {
        Self { end: 0, bins: Ladder::new(most), metrics: Ladder::new(most), whole: Vec::new() }
    }

    /// The offset of the entry to take in next.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// What lies before an offset was taken in, merged or not.
    pub(crate) fn reach(&mut self, offset: u64) {
        self.end = self.end.max(offset);
    }

    /// Takes in the next entry.
    pub(crate) fn push(&mut self, entry: LogEntry) {
        self.end = entry.offset.next().0;
        match part(&entry) {
            ThinnedEntry::Bin(bin) if self.bins.weight < MOST_BIN_BYTES => {
                self.bins.push((entry.offset.0, entry.time_millis), bin, EpisodeBin::merge);
            }
            ThinnedEntry::Metrics { .. } => {
                self.metrics.push((entry.offset.0, entry.time_millis), entry, LogEntry::clone_from);
            }
            _ => self.whole.push(entry),
        }
    }

    /// What is left, in order, with at most `most` bins and as many metrics, and no more than it keeps. A merged bin has
    /// offset and time of its last part.
    pub(crate) fn entries(&self, most: usize) -> Result<Vec<LogEntry>, CodecError> {
        let mut entries = self.whole.clone();
        for rung in self.bins.thin(most, EpisodeBin::merge) {
            let event = packed(rung.value)?;
            entries.push(LogEntry { offset: shared::Offset(rung.offset), time_millis: rung.time_millis, event });
        }
        entries.extend(self.metrics.thin(most, LogEntry::clone_from).into_iter().map(|rung| rung.value));
        entries.sort_by_key(|it| it.offset);
        Ok(entries)
    }
}

/// A merged bin, packed. One that would be too large for a message loses what it tells of single episodes.
pub(crate) fn packed(bin: EpisodeBin) -> Result<Payload<LogEvent>, CodecError> {
    let event = LogEvent::Episodes(bin);
    match (Payload::compressed(&event), event) {
        (Err(CodecError::TooLarge { .. }), LogEvent::Episodes(bin)) => {
            Payload::compressed(&LogEvent::Episodes(EpisodeBin { each: None, ..bin }))
        }
        (packed, _) => packed,
    }
}

fn decode(entry: &LogEntry) -> Option<LogEvent> {
    let unpacked = codec::unpacked(entry.event.as_bytes(), MOST_UNPACKED_BYTES).ok()?;
    codec::from_kept(&unpacked).ok()
}

/// Something that takes memory.
pub(crate) trait MemorySize {
    /// About how many bytes.
    fn weight(&self) -> usize;
}

impl MemorySize for EpisodeBin {
    fn weight(&self) -> usize {
        let outcomes: usize = self.outcomes.keys().map(|name| name.len() + 100).sum();
        let told = self.each.as_ref().map_or(0, |it| it.returns.len() * 24);
        size_of::<Self>() + outcomes + told
    }
}

impl MemorySize for LogEntry {
    fn weight(&self) -> usize {
        self.event.as_bytes().len()
    }
}

/// At most `2 * most` values of equal weight; when one more comes, neighbours merge and weights double.
#[derive(Clone, Debug)]
pub(crate) struct Ladder<T> {
    most: usize,
    parts_per_rung: u64,
    rungs: Vec<MergedRung<T>>,
    weight: usize,
}

#[derive(Clone, Debug)]
struct MergedRung<T> {
    value: T,
    parts: u64,
    offset: u64,
    time_millis: f64,
}

impl<T: Clone + MemorySize> Ladder<T> {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, parts_per_rung: 1, rungs: Vec::new(), weight: 0 }
    }

    pub(crate) fn push(&mut self, (offset, time_millis): (u64, f64), value: T, merge: impl Fn(&mut T, &T) + Copy) {
        self.weight += value.weight();
        let rung = MergedRung { value, parts: 1, offset, time_millis };
        match self.rungs.last_mut() {
            Some(last) if last.parts < self.parts_per_rung => last.merge(&rung, merge),
            _ => self.rungs.push(rung),
        }
        if self.rungs.len() > 2 * self.most {
            self.rungs = halve(&self.rungs, merge);
            self.parts_per_rung *= 2;
            self.weight = self.rungs.iter().map(|it| it.value.weight()).sum();
        }
    }

    /// At most `most` values, merged where there are more.
    pub(crate) fn values(&self, most: usize, merge: impl Fn(&mut T, &T) + Copy) -> Vec<T> {
        self.thin(most, merge).into_iter().map(|it| it.value).collect()
    }

    /// At most `most` values.
    fn thin(&self, most: usize, merge: impl Fn(&mut T, &T) + Copy) -> Vec<MergedRung<T>> {
        let mut rungs = self.rungs.clone();
        while rungs.len() > most.min(self.most) && rungs.len() > 1 {
            rungs = halve(&rungs, merge);
        }
        rungs
    }
}

impl<T> MergedRung<T> {
    fn merge(&mut self, later: &Self, merge: impl Fn(&mut T, &T)) {
        merge(&mut self.value, &later.value);
        self.parts += later.parts;
        self.offset = later.offset;
        self.time_millis = later.time_millis;
    }
}

fn halve<T: Clone>(rungs: &[MergedRung<T>], merge: impl Fn(&mut T, &T) + Copy) -> Vec<MergedRung<T>> {
    rungs
        .chunks(2)
        .map(|pair| {
            let mut merged = pair[0].clone();
            for later in &pair[1..] {
                merged.merge(later, merge);
            }
            merged
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::Offset;
    use shared::episode::Stat;
    use shared::event::Severity;

    fn event(kind: u8, index: u64) -> LogEvent {
        match kind {
            0 => LogEvent::Notice { severity: Severity::Information, text: index.to_string() },
            1 => {
                LogEvent::Metrics { step: index, episode: index, values: BTreeMap::new(), statistics: BTreeMap::new() }
            }
            _ => LogEvent::Episodes(EpisodeBin {
                first_episode: index,
                last_episode: index,
                count: 1,
                step: index,
                episodic_return: Stat::of(index as f64),
                length: Stat::of(1.0),
                outcomes: BTreeMap::new(),
                each: None,
            }),
        }
    }

    proptest! {
        #[test]
        fn a_thin_log_misses_nothing(kinds in prop::collection::vec(0u8..6, 0..400), most in 1usize..40, asked in 1usize..60) {
            let mut thinner = Thinner::new(most);
            let (mut episodes, mut notices) = (0, 0);
            for (index, kind) in kinds.iter().enumerate() {
                let event = event(*kind, if *kind > 1 { episodes } else { index as u64 });
                episodes += u64::from(*kind > 1);
                notices += usize::from(*kind == 0);
                let event = Payload::plain(&event).unwrap();
                thinner.push(LogEntry { offset: Offset(index as u64), time_millis: 0.0, event });
            }
            prop_assert_eq!(thinner.end(), kinds.len() as u64);
            // A coarser history is made of a finer one.
            let entries = thinner.entries(asked).unwrap();
            let most = most.min(asked);
            prop_assert!(entries.windows(2).all(|pair| pair[0].offset < pair[1].offset));
            let events: Vec<_> = entries.iter().map(|it| it.event.decode().unwrap()).collect();
            let bins: Vec<_> =
                events.iter().filter_map(|it| if let LogEvent::Episodes(bin) = it { Some(bin) } else { None }).collect();
            prop_assert!(bins.len() <= most);
            prop_assert!(bins.len() * 2 >= most.min(episodes as usize), "thinner than needed");
            prop_assert_eq!(bins.iter().map(|it| it.count).sum::<u64>(), episodes);
            prop_assert!(bins.windows(2).all(|pair| pair[0].last_episode + 1 == pair[1].first_episode));
            let metrics = events.iter().filter(|it| matches!(it, LogEvent::Metrics { .. })).count();
            prop_assert!(metrics <= most);
            prop_assert_eq!(events.iter().filter(|it| matches!(it, LogEvent::Notice { .. })).count(), notices);
        }
    }
}
