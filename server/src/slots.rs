//! Slots: the newest state event of every kind, of which a viewer gets what it has not seen.

use crate::state::{KNOWN, OpenStateEntry};
use crate::wire::StateMessage;
use shared::{Epoch, RunId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most kinds of one epoch: those that this relay knows, and some that later publishers may have.
const MOST_KINDS: usize = 16;

/// How many events of every kind came so far, or how many of them a viewer has seen or was spared.
pub(crate) type Counts = [u64; MOST_KINDS];

/// The newest events of one epoch. Nothing is kept per viewer but [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Slots {
    newest: [Option<Arc<OpenStateEntry>>; MOST_KINDS],
    counts: Counts,
    /// Kinds that this relay does not know, in the order in which they came.
    unknown: Vec<String>,
    last: Option<Last>,
}

/// The newest message, for all viewers that had seen everything before it.
#[derive(Clone, Debug)]
struct Last {
    before: Counts,
    message: Arc<StateMessage>,
}

/// What a viewer gets.
#[derive(Debug)]
pub(crate) enum Update {
    /// The same as every viewer that keeps up.
    Same(Arc<StateMessage>),
    /// What this viewer has not seen, and how many of each kind it was spared.
    Own(Vec<Arc<OpenStateEntry>>, BTreeMap<String, u64>),
}

/// More kinds than an epoch may have; events of this one were left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run has at most {MOST_KINDS} kinds of state; events of kind {0} are left out")]
pub(crate) struct TooManyKinds(String);

impl Slots {
    /// Takes in events and readies the message for viewers that keep up.
    pub(crate) fn push(&mut self, run: &RunId, epoch: Epoch, entries: Vec<OpenStateEntry>) -> Result<(), TooManyKinds> {
        let (before, mut result) = (self.counts, Ok(()));
        for entry in entries {
            match self.slot(&entry.kind) {
                Some(slot) => {
                    self.counts[slot] += 1;
                    self.newest[slot] = Some(Arc::new(entry));
                }
                None => result = Err(TooManyKinds(entry.kind)),
            }
        }
        if before != self.counts {
            let (entries, skipped) = self.difference(&before, &mut before.clone(), usize::MAX);
            let message = Arc::new(StateMessage::new(run.clone(), epoch, entries, skipped));
            self.last = Some(Last { before, message });
        }
        result
    }

    /// The newest event of a kind that this relay knows.
    pub(crate) fn newest(&self, kind: &str) -> Option<&Arc<OpenStateEntry>> {
        let slot = KNOWN.iter().position(|it| *it == kind)?;
        self.newest[slot].as_ref()
    }

    fn slot(&mut self, kind: &str) -> Option<usize> {
        if let Some(slot) = KNOWN.iter().position(|it| *it == kind) {
            return Some(slot);
        }
        let place = self.unknown.iter().position(|it| it == kind).or_else(|| {
            let is_room = KNOWN.len() + self.unknown.len() < MOST_KINDS;
            is_room.then(|| {
                self.unknown.push(kind.to_owned());
                self.unknown.len() - 1
            })
        });
        place.map(|it| KNOWN.len() + it)
    }

    /// What came since `seen`, which moves on; events beyond the first one that would pass `budget_bytes` stay unseen.
    pub(crate) fn since(&self, seen: &mut Counts, budget_bytes: usize) -> Option<Update> {
        if *seen == self.counts {
            return None;
        }
        if let Some(last) = self.last.as_ref().filter(|it| it.before == *seen) {
            *seen = self.counts;
            return Some(Update::Same(last.message.clone()));
        }
        let (entries, skipped) = self.difference(&seen.clone(), seen, budget_bytes);
        Some(Update::Own(entries, skipped))
    }

    /// What is newer than `from`, and the counts that come with it.
    pub(crate) fn newer(&self, from: &Counts) -> (Vec<Arc<OpenStateEntry>>, Counts) {
        let mut seen = *from;
        let (entries, _) = self.difference(from, &mut seen, usize::MAX);
        (entries, seen)
    }

    /// The newest of every kind, as far as `budget_bytes` reaches; and what that lets a viewer have seen.
    pub(crate) fn snapshot(&self, budget_bytes: usize) -> (Vec<Arc<OpenStateEntry>>, Counts) {
        let mut seen = Counts::default();
        let (entries, _) = self.difference(&Counts::default(), &mut seen, budget_bytes);
        (entries, seen)
    }

    fn difference(
        &self,
        from: &Counts,
        seen: &mut Counts,
        budget_bytes: usize,
    ) -> (Vec<Arc<OpenStateEntry>>, BTreeMap<String, u64>) {
        let (mut entries, mut skipped, mut bytes) = (Vec::new(), BTreeMap::new(), 0);
        for (slot, newest) in self.newest.iter().enumerate() {
            let Some(entry) = newest.as_ref().filter(|_| self.counts[slot] != from[slot]) else { continue };
            bytes += entry.event.as_bytes().len();
            if bytes > budget_bytes && !entries.is_empty() {
                break;
            }
            let missed = self.counts[slot] - from[slot] - 1;
            if missed > 0 {
                skipped.insert(entry.kind.clone(), missed);
            }
            seen[slot] = self.counts[slot];
            entries.push(entry.clone());
        }
        (entries, skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Payload;

    fn entry(kind: &str, sequence: u64) -> OpenStateEntry {
        OpenStateEntry { kind: kind.to_owned(), sequence, event: Payload::from_bytes(vec![0x80; 100]) }
    }

    fn push(slots: &mut Slots, entries: Vec<OpenStateEntry>) {
        slots.push(&RunId::new("run").unwrap(), Epoch(1), entries).unwrap();
    }

    #[test]
    fn who_keeps_up_shares_one_message_and_who_lags_is_told_what_it_missed() {
        let (mut slots, mut quick, mut slow) = (Slots::default(), Counts::default(), Counts::default());
        for sequence in 0..5 {
            push(&mut slots, vec![entry("frame", sequence)]);
            assert!(matches!(slots.since(&mut quick, 1000), Some(Update::Same(_))));
            assert!(slots.since(&mut quick, 1000).is_none());
        }
        push(&mut slots, vec![entry("status", 0)]);
        let Some(Update::Own(entries, skipped)) = slots.since(&mut slow, 1000) else { panic!("nothing came") };
        assert_eq!(
            entries.iter().map(|it| (it.kind.as_str(), it.sequence)).collect::<Vec<_>>(),
            [("status", 0), ("frame", 4)]
        );
        assert_eq!(skipped, BTreeMap::from([("frame".to_owned(), 4)]));
        assert!(slots.since(&mut slow, 1000).is_none());
    }

    #[test]
    fn two_events_of_a_kind_in_one_message_conflate_too() {
        let (mut slots, mut seen) = (Slots::default(), Counts::default());
        push(&mut slots, vec![entry("frame", 0), entry("frame", 1)]);
        let Some(Update::Same(shared)) = slots.since(&mut seen, 1000) else { panic!("not shared") };
        let (entries, skipped) = shared.parts();
        assert_eq!(entries.len(), 1);
        assert_eq!(skipped, &BTreeMap::from([("frame".to_owned(), 1)]));
    }

    #[test]
    fn what_does_not_fit_comes_next() {
        let mut slots = Slots::default();
        push(&mut slots, vec![entry("frame", 0), entry("values", 0), entry("optimal_solution", 0)]);
        let (entries, mut seen) = slots.snapshot(250);
        assert_eq!(entries.len(), 2);
        let Some(Update::Own(rest, _)) = slots.since(&mut seen, 250) else { panic!("nothing left") };
        assert_eq!(rest[0].kind, "optimal_solution");
    }

    #[test]
    fn unknown_kinds_have_slots_too_but_not_without_end() {
        let mut slots = Slots::default();
        for sequence in 0..3 {
            push(&mut slots, vec![entry("policy", sequence), entry("frame", sequence)]);
        }
        let (entries, _) = slots.snapshot(1000);
        let found: Vec<_> = entries.iter().map(|it| (it.kind.as_str(), it.sequence)).collect();
        assert_eq!(found, [("frame", 2), ("policy", 2)]);
        let many = (0..20).map(|it| entry(&format!("kind_{it}"), 0)).collect();
        let refused = slots.push(&RunId::new("run").unwrap(), Epoch(1), many).unwrap_err();
        assert!(refused.to_string().contains("at most 16 kinds"), "{refused}");
        // One of the known kinds came.
        assert_eq!(slots.snapshot(usize::MAX).0.len(), 1 + MOST_KINDS - KNOWN.len());
    }
}
